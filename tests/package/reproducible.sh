#!/bin/sh
# Two builds of the core in folders of other names give the same libselfattn.so, byte for byte. With SELFATTN_TEST_LONG
# set alone, since kernels take minutes to compile.
# SPDX-License-Identifier: MIT
set -eu
if [ -z "${SELFATTN_TEST_LONG-}" ]; then
    echo "SKIPPED: takes many minutes, so with SELFATTN_TEST_LONG alone"
    exit 77
fi
rm -rf first second-and-longer
# The compiler itself has to do the work twice, and what machines differ by must not show.
export CCACHE_DISABLE=1
for folder in first second-and-longer; do
    mkdir $folder
    cp -R "$SOURCE/CMakeLists.txt" "$SOURCE/LICENSE" "$SOURCE/cmake" "$SOURCE/include" "$SOURCE/src" \
        "$SOURCE/bindings" "$SOURCE/selfattn.pc.in" $folder/
    { cmake -S $folder -B $folder/build -DSELFATTN_MODELS=OFF -DSELFATTN_MPI=OFF -DCMAKE_INSTALL_LIBDIR="$LIBDIR" &&
        cmake --build $folder/build -j2 --target selfattn; } >$folder.log 2>&1 || { tail -n 20 $folder.log && exit 1; }
done
cmp first/build/src/libselfattn.so.0 second-and-longer/build/src/libselfattn.so.0
if strings -a first/build/src/libselfattn.so.0 | grep -F "$PWD"; then
    echo "libselfattn.so: the paths above are of the machine that built it"
    exit 1
fi
rm -rf first second-and-longer
