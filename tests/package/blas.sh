#!/bin/sh
# The core is configured with every BLAS that is installed, and without any. With SELFATTN_TEST_LONG set, it is also
# built: the shared and the static library find the BLAS and say which one it is, and the core's own tests pass.
# SPDX-License-Identifier: MIT
set -eu
rm -rf build prefix
long=${SELFATTN_TEST_LONG-}

# quietly LOG COMMAND...: shows what it said only if it fails.
quietly() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }
}

# One folder for all: only what knows the BLAS is compiled again.
build() {
    quietly configure.log cmake -S "$SOURCE" -B build -DSELFATTN_MODELS=OFF -DSELFATTN_BUILD_TESTS="${long:+ON}" \
        -DSELFATTN_BUILD_EXAMPLES=OFF -DSELFATTN_WERROR=ON -DCMAKE_INSTALL_LIBDIR="$LIBDIR" -DSELFATTN_MPI=OFF \
        -DSELFATTN_BLAS="$1"
    grep -q "BLAS  *$1" configure.log || { cat configure.log && exit 1; }
    [ "$long" ] || return 0
    quietly build.log cmake --build build -j2
    rm -rf prefix
    quietly install.log cmake --install build --prefix "$PWD/prefix"
}

# check WORDS: programs by pkg-config, with both libraries.
check() {
    [ "$long" ] || return 0
    flags="-std=c11 -Wall -Wextra -Werror $SOURCE/tests/package/blas.c"
    PKG_CONFIG_PATH=$PWD/prefix/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046,SC2086
    "${CC:-cc}" $flags -o shared $(pkg-config --cflags --libs selfattn) -lm
    mkdir -p archive && cp "prefix/$LIBDIR/libselfattn.a" archive/
    # shellcheck disable=SC2046,SC2086
    "${CC:-cc}" $flags -o static -Larchive $(pkg-config --static --cflags --libs selfattn |
        sed 's/-lselfattn/-l:libselfattn.a/')
    for program in ./shared ./static; do
        LD_LIBRARY_PATH=$PWD/prefix/$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} $program "$1" || {
            echo "$program is not of \"$1\""
            exit 1
        }
    done
    cmake -S "$SOURCE/tests/package/consumer" -B consumer -DCONSUMER_LANGUAGE=C -DCONSUMER_COMPONENTS="shared;static" \
        -Dselfattn_DIR="$PWD/prefix/$LIBDIR/cmake/selfattn" >consumer.log 2>&1 && cmake --build consumer \
        >>consumer.log 2>&1 && ./consumer/static || { cat consumer.log && exit 1; }
}

run_tests() {
    [ "$long" ] || return 0
    SELFATTN_TEST_LONG='' SELFATTN_TEST_SAMPLES=200 SELFATTN_TEST_BLAS=$1 ctest --test-dir build -j2 \
        --output-on-failure -E '^(package|binding)'
}

build none
check "BLAS none"
run_tests ""
if pkg-config --exists openblas; then
    build openblas
    check "OpenBLAS"
    run_tests "OpenBLAS"
else
    echo "SKIPPED openblas: not installed (Debian: libopenblas-dev)"
fi
if ls /usr/lib/*/libblis.so >/dev/null 2>&1 || pkg-config --exists blis; then
    build blis
    check "BLIS"
    run_tests "BLIS"
else
    echo "SKIPPED blis: not installed (Debian: libblis-dev)"
fi
if ! pkg-config --exists cblas && ! pkg-config --exists blas; then
    echo "SKIPPED generic: no BLAS of the system (Debian: libblas-dev)"
    exit 0
fi
build generic
check "BLAS "
# Debian's reference BLAS is beside the one that the administrator has chosen.
for reference in /usr/lib/*/blas; do
    if [ ! -e "$reference/libblas.so.3" ]; then
        echo "SKIPPED reference BLAS: not installed (Debian: libblas3)"
        continue
    fi
    LD_LIBRARY_PATH=$reference${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
    export LD_LIBRARY_PATH
    check "a CBLAS"
    run_tests "a CBLAS"
done
