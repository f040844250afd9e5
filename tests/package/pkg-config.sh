#!/bin/sh
# A C and a C++ program are built by pkg-config against the shared and the static library, and run.
# SPDX-License-Identifier: MIT
set -eu
consumer=$SOURCE/tests/package/consumer

# build_and_run NAME TREE PKG_CONFIG_OPTIONS...: both programs against the library installed in TREE.
build_and_run() {
    name=$1 tree=$2
    shift 2
    PKG_CONFIG_PATH=$tree/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export PKG_CONFIG_PATH
    flags=$(pkg-config "$@" --cflags --libs selfattn)
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror "$consumer/consumer.c" -o "$name-c" $flags
    # shellcheck disable=SC2086
    "${CXX:-c++}" -std=c++11 -Wall -Wextra -Werror "$consumer/consumer.cpp" -o "$name-c++" $flags
    for program in "$name-c" "$name-c++"; do
        LD_LIBRARY_PATH=$tree/$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} "./$program"
    done
}

build_and_run shared "$PREFIX"
ldd shared-c | grep -q libselfattn.so.0

# Another prefix without the shared library: the tree may be moved, and the linker has to take libselfattn.a.
rm -rf moved
cp -R "$PREFIX" moved
rm moved/"$LIBDIR"/libselfattn.so*
build_and_run static "$PWD/moved" --static
if ldd static-c | grep libselfattn; then
    echo "the static program needs the shared library"
    exit 1
fi

# What the static library has to be linked with follows the build.
answer=no requires=$BLAS_MODULE
if [ "$MODELS" = ON ]; then
    answer=yes requires="${BLAS_MODULE:+$BLAS_MODULE }jansson libutf8proc$OPTIONAL"
    [ "$FFTW" = OFF ] || requires="$requires fftw3"
fi
[ "$(pkg-config --variable=models selfattn)" = $answer ]
[ "$(pkg-config --print-requires-private selfattn | tr '\n' ' ' | sed 's/ $//')" = "$requires" ]

# Absolute directories stand in selfattn.pc as they were given.
cmake -S "$SOURCE" -B absolute -DSELFATTN_MODELS="$MODELS" -DCMAKE_INSTALL_PREFIX=/opt/one \
    -DCMAKE_INSTALL_LIBDIR=/opt/two/lib -DCMAKE_INSTALL_INCLUDEDIR=/opt/three/include >absolute.log 2>&1 ||
    { cat absolute.log && exit 1; }
for variable in prefix=/opt/one libdir=/opt/two/lib includedir=/opt/three/include; do
    found=$(pkg-config --variable="${variable%%=*}" absolute/selfattn.pc)
    [ "$found" = "${variable#*=}" ] || { echo "${variable%%=*} is $found instead of ${variable#*=}" && exit 1; }
done
