#!/bin/sh
# Prints the version that the public header has. SPDX-License-Identifier: MIT
set -eu
header=$(dirname "$0")/../../include/selfattn.h
part() {
    sed -n "s/^#define SA_VERSION_$1 //p" "$header"
}
echo "$(part MAJOR).$(part MINOR).$(part PATCH)"
