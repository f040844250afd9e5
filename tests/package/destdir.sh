#!/bin/sh
# With DESTDIR all that is installed lies below it, with the paths that it has without, and works from there.
# SPDX-License-Identifier: MIT
set -eu
rm -rf staged plain
prefix=/nowhere/selfattn
DESTDIR=$PWD/staged cmake --install "$BUILD" --prefix $prefix >/dev/null
cmake --install "$BUILD" --prefix "$PWD/plain" >/dev/null
[ ! -e /nowhere ] || { echo "/nowhere was written to" && exit 1; }
(cd plain && find . -type f -o -type l) | LC_ALL=C sort >plain.txt
(cd staged$prefix && find . -type f -o -type l) | LC_ALL=C sort | diff plain.txt -
[ "$(cd staged && find . -mindepth 1 -maxdepth 2)" = "$(printf './nowhere\n./nowhere/selfattn')" ]
if [ -e staged$prefix/bin/selfattn ]; then
    staged$prefix/bin/selfattn --version
    for file in man/man1/selfattn.1 bash-completion/completions/selfattn fish/vendor_completions.d/selfattn.fish; do
        grep -qx "./share/$file" plain.txt || { echo "there is no $file" && exit 1; }
    done
fi
PKG_CONFIG_PATH=$PWD/staged$prefix/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 "$SOURCE/tests/package/consumer/consumer.c" -o consumer $(pkg-config --cflags --libs selfattn)
LD_LIBRARY_PATH=$PWD/staged$prefix/$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ./consumer
# Files do not say where they were staged.
if grep -rlF "$PWD/staged" staged; then exit 1; fi
