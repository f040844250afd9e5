#!/bin/sh
# The functions and public types of the shared library are those in selfattn.abi. With --update, writes them there.
# SPDX-License-Identifier: MIT
set -eu
dump=$SOURCE/tests/package/selfattn.abi
if ! command -v abidw >/dev/null; then
    echo "SKIPPED: no abidw (Debian: abigail-tools)"
    exit 77
fi
if [ "$MODELS" != ON ]; then
    echo "SKIPPED: the dump is of the whole library, this one has no models"
    exit 77
fi
# The types come from debug information, which a release build lacks; paths in it would tell machines apart, and ccache
# would rewrite them before they are compared with the one to be replaced.
export CCACHE_BASEDIR=
# Kernels take minutes to compile, and no public name or type is among them.
cmake -S "$SOURCE" -B build -DCMAKE_BUILD_TYPE=Debug -DCMAKE_C_FLAGS="-ffile-prefix-map=$SOURCE/=" \
    -DSELFATTN_HAVE_avx2=OFF -DSELFATTN_HAVE_avx512=OFF -DSELFATTN_HAVE_avx512_bf16=OFF -DSELFATTN_HAVE_amx=OFF \
    >build.log 2>&1 || { cat build.log && exit 1; }
cmake --build build --target selfattn >>build.log 2>&1 || { cat build.log && exit 1; }
abidw --headers-dir "$SOURCE/include" --drop-private-types --exported-interfaces-only --drop-undefined-syms \
    --type-id-style hash --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed \
    build/src/libselfattn.so >selfattn.abi
if [ "${1-}" = --update ]; then
    cp selfattn.abi "$dump"
elif ! abidiff "$dump" selfattn.abi; then
    echo "the ABI is another one; if that is meant, run scripts/update-abi"
    exit 1
fi
