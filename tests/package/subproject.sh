#!/bin/sh
# Another project has the library as a part of itself, by FetchContent, and installs nothing of it. With
# SELFATTN_TEST_LONG set, also by add_subdirectory(), and it is built, and its programs run.
# SPDX-License-Identifier: MIT
set -eu
rm -rf build prefix

# quietly LOG COMMAND...: shows what it said only if it fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }
}

for fetch in ON ${SELFATTN_TEST_LONG:+OFF}; do
    quietly configure.log cmake -S "$SOURCE/tests/package/subproject" -B "build/$fetch" -DSOURCE="$SOURCE" \
        -DFETCH="$fetch"
    quietly install.log cmake --install "build/$fetch" --prefix "$PWD/prefix"
    [ ! -e prefix ] || { find prefix && exit 1; }
    [ "${SELFATTN_TEST_LONG-}" ] || continue
    quietly build.log cmake --build "build/$fetch" -j2
    "./build/$fetch/owner_selfattn"
    "./build/$fetch/owner_selfattn_static"
done
