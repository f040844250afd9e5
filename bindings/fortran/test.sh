#!/bin/sh
# Compiles the modules, runs their tests and examples. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
libs=$(pkg-config --libs selfattn)
# gfortran takes arrays that an assignment allocates for uninitialised.
fortran() {
    gfortran -std=f2018 -Wall -Wextra -Wno-unused-dummy-argument -Wno-compare-reals -Wno-uninitialized \
        -Wno-maybe-uninitialized -Werror -O1 -g -fcheck=all -fopenmp "$@"
}
# The table of declarations is compiled once; its test is long, and needs no optimisation.
fortran -O0 -c "$here/selfattn_declarations.f90"
fortran -c "$here/selfattn.f90"
if [ "${SELFATTN_MODELS:?}" = OFF ]; then
    for name in attention encoder threads; do
        # shellcheck disable=SC2086 # several words
        fortran "$here/examples/$name.f90" selfattn.o selfattn_declarations.o -o "$name" $libs
        example "$name" "./$name"
    done
    echo "SKIPPED: the tests need a library with models"
    exit 77
fi
fortran -c "$here/selfattn_models.f90"
objects="selfattn_declarations.o selfattn.o selfattn_models.o"
# shellcheck disable=SC2086 # several words
for source in "$here"/examples/*.f90; do
    fortran "$source" $objects -o "$(basename "$source" .f90)" $libs
done
# shellcheck disable=SC2086
fortran "$here/test/table.f90" "$here/test/binding.f90" $objects -o binding $libs
./binding
example attention ./attention
example encoder ./encoder
example threads ./threads
sentences ./sentences
streaming ./streaming
old ./encoder
readme "$here"/examples/*.f90
