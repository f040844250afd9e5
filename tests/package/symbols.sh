#!/bin/sh
# The shared library exports exactly the names in exported.txt and needs only what is declared; the static one defines only names of ours.
# SPDX-License-Identifier: MIT
set -eu
shared=$PREFIX/$LIBDIR/libselfattn.so.0 static=$PREFIX/$LIBDIR/libselfattn.a

nm -D --defined-only "$shared" | awk '$2 != "A" {print $3}' | LC_ALL=C sort >exported.txt
diff "$SOURCE/tests/package/exported.txt" exported.txt || {
    echo "other symbols are exported; if that is meant, run scripts/update-abi"
    exit 1
}

soname=$(readelf -d "$shared" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')
[ "$soname" = libselfattn.so.0 ] || { echo "the soname is $soname" && exit 1; }
if readelf -d "$shared" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' |
    grep -Ev '^(libopenblas|libjansson|libutf8proc|libgomp|libm|libc|libpthread|ld-linux.*)\.so\.[0-9]+$'; then
    echo "the shared library needs the above, which selfattn.pc does not declare"
    exit 1
fi
if ldd -r "$shared" 2>&1 | grep -E 'undefined|not found'; then exit 1; fi

if nm -g --defined-only "$static" | awk 'NF == 3 && $3 !~ /^sa_/ {print $3}' | grep .; then
    echo "the static library defines the above"
    exit 1
fi
