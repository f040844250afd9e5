#!/bin/sh
# A C and a C++ project find the installed, then moved package by CMake, link both libraries, and run.
# SPDX-License-Identifier: MIT
set -eu
rm -rf moved build
cp -R "$PREFIX" moved
for language in C CXX; do
    cmake -S "$SOURCE/tests/package/consumer" -B build/$language -DCONSUMER_LANGUAGE=$language -DCMAKE_BUILD_TYPE=Release \
        -Dselfattn_DIR="$PWD/moved/$LIBDIR/cmake/selfattn"
    cmake --build build/$language
    ./build/$language/shared
    ./build/$language/static
done
if cmake -S "$SOURCE/tests/package/consumer" -B build/other -DCONSUMER_LANGUAGE=C -Dselfattn_DIR=/nonexistent >other.log 2>&1; then
    echo "the package was found elsewhere: this test proves nothing"
    exit 1
fi
