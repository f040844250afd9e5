#!/bin/sh
# The library may be opened, used and closed again and again: reload.c.
# SPDX-License-Identifier: MIT
set -eu
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror -I"$PREFIX/include" "$SOURCE/tests/package/reload.c" -o reload -ldl
for threads in 1 2 4; do
    ./reload "$PREFIX/$LIBDIR/libselfattn.so.0" $threads
done
