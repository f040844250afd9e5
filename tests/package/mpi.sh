#!/bin/sh
# libselfattn-mpi as it is installed: its header in every language version, what it exports, and that nothing of MPI is
# in libselfattn.
# SPDX-License-Identifier: MIT
set -eu
export PKG_CONFIG_PATH="$PREFIX/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
if readelf -d "$PREFIX/$LIBDIR/libselfattn.so.0" | grep -i 'NEEDED.*mpi'; then exit 1; fi
if ! pkg-config --exists selfattn-mpi; then
    echo "SKIPPED: there is no libselfattn-mpi"
    exit 77
fi
# MPI's own header is not for our warnings.
flags=$(pkg-config --cflags selfattn-mpi | sed "s| -I/usr| -isystem/usr|g")
echo '#include <selfattn_mpi.h>' >header.c
cp header.c header.cpp
for standard in c99 c11 c17; do
    # shellcheck disable=SC2086
    "${CC:-cc}" -std=$standard -pedantic-errors -Wall -Wextra -Werror -fsyntax-only $flags header.c
done
for standard in c++11 c++17; do
    # shellcheck disable=SC2086
    "${CXX:-c++}" -std=$standard -Wall -Wextra -Werror -fsyntax-only -DOMPI_SKIP_MPICXX $flags header.cpp
done

printf '%s\n' sa_mpi_create sa_mpi_destroy sa_mpi_exchange sa_mpi_last_error >meant.txt
nm -D --defined-only "$PREFIX/$LIBDIR/libselfattn-mpi.so.0" | awk '$2 != "A" {sub(/@.*/, "", $3); print $3}' |
    LC_ALL=C sort | diff meant.txt -
