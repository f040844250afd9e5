#!/bin/sh
# The shared library exports exactly the names in exported.txt, and with models those in exported_models.txt, and needs
# only what is declared; the static one defines only names of ours. Each header declares the names of its list.
# SPDX-License-Identifier: MIT
set -eu
shared=$PREFIX/$LIBDIR/libselfattn.so.0 static=$PREFIX/$LIBDIR/libselfattn.a lists=$SOURCE/tests/package
core=$lists/exported.txt more=$lists/exported_models.txt needed='libgomp|libm|libc|libdl|libpthread|ld-linux.*'

# compare LIST FOUND WHAT
compare() {
    diff "$1" "$2" || { echo "$3; if that is meant, run scripts/update-abi" && exit 1; }
}

nm -D --defined-only "$shared" | awk '$2 != "A" {print $3}' | LC_ALL=C sort >exported.txt
LC_ALL=C sort "$core" >meant.txt
if [ "$MODELS" = ON ]; then
    LC_ALL=C sort "$core" "$more" >meant.txt
    needed="$needed|libjansson|libutf8proc"
    [ "$FFTW" = OFF ] || needed="$needed|libfftw3"
    needed="$needed$(echo "$OPTIONAL" | tr ' ' '|')"
fi
[ "$BLAS_LINK" = OFF ] || needed="$needed|libopenblas|libblis|libblas"
compare meant.txt exported.txt "other symbols are exported"
# declares HEADER LIST: names without versions.
declares() {
    sed 's/@.*//' "$2" | LC_ALL=C sort >names.txt
    sed -n 's/^SA_API [^(]*\(sa_[a-z0-9_]*\)(.*/\1/p' "$SOURCE/include/$1" | LC_ALL=C sort >declared.txt
    compare names.txt declared.txt "$1 declares others"
}
declares selfattn.h "$core"
declares selfattn_models.h "$more"

soname=$(readelf -d "$shared" | sed -n 's/.*soname: \[\(.*\)\]/\1/p')
[ "$soname" = libselfattn.so.0 ] || { echo "the soname is $soname" && exit 1; }
if readelf -d "$shared" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' | grep -Ev "^($needed)\.so\.[0-9]+\$"; then
    echo "the shared library needs the above, which selfattn.pc does not declare"
    exit 1
fi
if ldd -r "$shared" 2>&1 | grep -E 'undefined|not found'; then exit 1; fi

if nm -g --defined-only "$static" | awk 'NF == 3 && $3 !~ /^sa_/ {print $3}' | grep .; then
    echo "the static library defines the above"
    exit 1
fi
