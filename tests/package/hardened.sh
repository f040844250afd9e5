#!/bin/sh
# What is installed is hardened as Debian hardens programs: no stack that can be executed, no segment that can be
# written and executed, addresses that are resolved and closed before the program begins, checks of the stack and of
# copies.
# SPDX-License-Identifier: MIT
set -eu

die() {
    echo "$*"
    exit 1
}

# imports FILE PATTERN: whether the file calls such a function of the C library.
imports() {
    readelf -W --dyn-syms "$1" | awk '$7 == "UND" {print $8}' | grep -q "$2"
}

checked=0
for file in "$PREFIX/$LIBDIR"/lib*.so "$PREFIX"/bin/*; do
    if ! readelf -h "$file" >/dev/null 2>&1; then continue; fi
    readelf -lW "$file" >segments.txt
    grep -q 'GNU_STACK.* RW  *0x' segments.txt || die "$file: the stack can be executed"
    grep -q 'GNU_RELRO' segments.txt || die "$file: tables of addresses stay writable (no RELRO)"
    if grep ' RWE ' segments.txt; then die "$file: the segment above can be written and executed"; fi
    readelf -dW "$file" >dynamic.txt
    grep -Eq 'BIND_NOW|FLAGS.* NOW' dynamic.txt || die "$file: addresses are resolved while it runs (no -z now)"
    if grep -q TEXTREL dynamic.txt; then die "$file: code is changed when it is loaded (TEXTREL)"; fi
    readelf -hW "$file" | grep -q 'Type: *DYN' || die "$file: stands at a fixed address"
    imports "$file" '^__stack_chk_fail@' || die "$file: the stack is not checked"
    case $file in
    # It copies nothing by the C library.
    */libselfattn-mpi.so) ;;
    *) imports "$file" '_chk@' || die "$file: copies are not checked (no _FORTIFY_SOURCE)" ;;
    esac
    checked=$((checked + 1))
done
[ $checked -ge 1 ] || die "nothing is installed"
# What is linked with the archive gets its hardening from its own flags, but for the stack.
readelf -SW "$PREFIX/$LIBDIR/libselfattn.a" >sections.txt
grep -q '\.note\.GNU-stack' sections.txt || die "libselfattn.a: makes stacks of programs executable"
if grep '\.note\.GNU-stack.* X' sections.txt; then die "libselfattn.a: makes stacks of programs executable"; fi
