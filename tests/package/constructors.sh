#!/bin/sh
# To load the library does no work, but that the file on OpenMP asks to be told of forks (docs/reliability.md says why):
# the archive has no constructor beside that one and no destructor, and the shared library has the compiler's own
# besides.
# SPDX-License-Identifier: MIT
set -eu

# count FILE LIST: how many functions stand in the list.
count() {
    readelf -SW "$1" | sed 's/^ *\[ *[0-9]*\] //' | awk -v list="$2" -v pointer="$pointer" \
        '$1 == list {bytes = 0; for (i = 1; i <= length($5); i++)
            bytes = 16 * bytes + index("0123456789abcdef", substr($5, i, 1)) - 1; print bytes / pointer}'
}

# most FILE LIST NUMBER
most() {
    number=$(count "$1" "$2")
    if [ "${number:-0}" -gt "$3" ]; then
        echo "$1: $number functions in $2, at most $3 are expected"
        exit 1
    fi
}

shared=$PREFIX/$LIBDIR/libselfattn.so.0 static=$PREFIX/$LIBDIR/libselfattn.a
pointer=$(readelf -hW "$shared" | awk '/Class:/ {print $2 == "ELF64" ? 8 : 4}')
[ "$(count "$shared" .init_array)" -ge 1 ] || { echo "the compiler's own constructor is not found" && exit 1; }
most "$static" .init_array 1
most "$static" .fini_array 0
most "$static" .preinit_array 0
most "$shared" .init_array 2
most "$shared" .fini_array 1
if readelf -SW "$static" | grep -E '\.(init|fini|[cd]tors)([ .]|$)'; then
    echo "$static: the sections above run when a program begins or ends"
    exit 1
fi
if [ "$(count "$static" .init_array)" ] && ! nm "$static" | grep -q ' t watch_forks$'; then
    echo "$static: has another constructor than watch_forks()"
    exit 1
fi
