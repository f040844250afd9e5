#!/bin/sh
# A C and a C++ project find the installed, then moved package by CMake, link both libraries, and run.
# SPDX-License-Identifier: MIT
set -eu
rm -rf moved build
cp -R "$PREFIX" moved
components='shared;static'
[ "$MODELS" = OFF ] || components="$components;models"
for language in C CXX; do
    cmake -S "$SOURCE/tests/package/consumer" -B build/$language -DCONSUMER_LANGUAGE=$language \
        -DCMAKE_BUILD_TYPE=Release -DCONSUMER_COMPONENTS="$components" \
        -Dselfattn_DIR="$PWD/moved/$LIBDIR/cmake/selfattn"
    cmake --build build/$language
    ./build/$language/shared
    ./build/$language/static
done
# refuse NAME OPTIONS...: configuring the consumer has to fail.
refuse() {
    name=$1
    shift
    if cmake -S "$SOURCE/tests/package/consumer" -B "build/$name" -DCONSUMER_LANGUAGE=C "$@" >"$name.log" 2>&1; then
        echo "the package was found with $*"
        exit 1
    fi
}
# Where the package were found elsewhere too, the above would prove nothing.
refuse elsewhere -DCONSUMER_COMPONENTS=shared -Dselfattn_DIR=/nonexistent
refuse unknown -DCONSUMER_COMPONENTS=other -Dselfattn_DIR="$PWD/moved/$LIBDIR/cmake/selfattn"
[ "$MODELS" = ON ] || refuse models -DCONSUMER_COMPONENTS=models -Dselfattn_DIR="$PWD/moved/$LIBDIR/cmake/selfattn"
