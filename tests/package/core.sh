#!/bin/sh
# A library without models and MPI builds where neither jansson nor utf8proc can be found, exports and installs the core
# alone, and a program runs with it. With SELFATTN_TEST_LONG set, its own tests are built and run too, and so are the
# kernels, which take minutes to compile: without it, the compiler is one that lacks the instruction sets' flags.
# SPDX-License-Identifier: MIT
set -eu
rm -rf build prefix packages
mkdir packages

# give PACKAGE: lets pkg-config find it and what it requires.
give() {
    if [ -e "packages/$1.pc" ] || ! pkg-config --exists "$1"; then return; fi
    ln -s "$(pkg-config --variable=pcfiledir "$1")/$1.pc" packages/
    for required in $(pkg-config --print-requires --print-requires-private "$1" | cut -d ' ' -f 1); do
        give "$required"
    done
}

give openblas
give criterion
export PKG_CONFIG_LIBDIR="$PWD/packages" PKG_CONFIG_PATH=
for package in jansson libutf8proc; do
    if pkg-config --exists $package; then
        echo "$package is found: this test proves nothing"
        exit 1
    fi
done

# quietly LOG COMMAND...: shows what it said only if it fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }
}

tests=OFF
units="-DSELFATTN_HAVE_avx2=OFF -DSELFATTN_HAVE_avx512=OFF -DSELFATTN_HAVE_avx512_bf16=OFF -DSELFATTN_HAVE_amx=OFF"
[ -z "${SELFATTN_TEST_LONG-}" ] || { tests=ON && units=; }
# shellcheck disable=SC2086
quietly configure.log cmake -S "$SOURCE" -B build $units -DSELFATTN_MODELS=OFF -DSELFATTN_MPI=OFF \
    -DSELFATTN_BUILD_TESTS=$tests -DSELFATTN_WERROR=ON -DSELFATTN_BUILD_EXAMPLES=ON \
    -DCMAKE_INSTALL_LIBDIR="$LIBDIR"
grep -q 'models *off' configure.log || { cat configure.log && exit 1; }
quietly build.log cmake --build build -j2
quietly install.log cmake --install build --prefix "$PWD/prefix"

MODELS=OFF BLAS_LINK=OFF PREFIX=$PWD/prefix sh "$SOURCE/tests/package/symbols.sh"
installed=$(cd prefix/include && echo *)
[ "$installed" = "selfattn.h selfattn.hpp" ] || { echo "installed headers: $installed" && exit 1; }
mkdir -p pkg-config find-package
(cd pkg-config && MODELS=OFF PREFIX=$PWD/../prefix sh "$SOURCE/tests/package/pkg-config.sh")
(cd find-package && MODELS=OFF PREFIX=$PWD/../prefix sh "$SOURCE/tests/package/find-package.sh")

# refuse SENTENCE OPTIONS...: the configuration has to fail and say that.
refuse() {
    sentence=$1
    shift
    rm -rf refused
    if cmake -S "$SOURCE" -B refused "$@" >refused.log 2>&1; then
        echo "$* was accepted"
        exit 1
    fi
    grep -q "$sentence" refused.log || { cat refused.log && exit 1; }
}
refuse 'SELFATTN_BUILD_TOOLS is ON' -DSELFATTN_MODELS=OFF -DSELFATTN_BUILD_TOOLS=ON
refuse 'SELFATTN_BUILD_BENCH is ON' -DSELFATTN_MODELS=OFF -DSELFATTN_BUILD_BENCH=ON
refuse 'models need jansson and libutf8proc' -DSELFATTN_MODELS=ON

if [ $tests = ON ]; then
    SELFATTN_TEST_LONG='' SELFATTN_TEST_SAMPLES=200 ctest --test-dir build -j2 --output-on-failure \
        -E '^(package|binding)'
fi
