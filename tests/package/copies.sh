#!/bin/sh
# Three copies of the library in one process: copies.c.
# SPDX-License-Identifier: MIT
set -eu
PKG_CONFIG_PATH=$PREFIX/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
export PKG_CONFIG_PATH
mkdir -p archive
cp "$PREFIX/$LIBDIR/libselfattn.a" archive/
cp -L "$PREFIX/$LIBDIR/libselfattn.so.0" other.so
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -DSELFATTN_STATIC "$SOURCE/tests/package/copies.c" -o copies -pthread \
    -Larchive $(pkg-config --static --cflags --libs selfattn | sed 's/-lselfattn/-l:libselfattn.a/') -ldl
./copies "$PREFIX/$LIBDIR/libselfattn.so.0" ./other.so
