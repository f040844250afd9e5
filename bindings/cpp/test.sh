#!/bin/sh
# Builds the test and the examples as a user of the installed library does, in C++17 and C++20, and runs them.
# SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
# compile STANDARD SOURCE PROGRAM
compile() {
    # shellcheck disable=SC2046
    "${CXX:-c++}" "-std=$1" -Wall -Wextra -Wshadow -Werror "$2" -o "$3" $(pkg-config --cflags --libs selfattn) -pthread
}
for standard in c++17 c++20; do
    compile "$standard" "$here/tests/binding.cpp" "binding-$standard"
    "./binding-$standard"
done
names="attention encoder threads"
[ "${SELFATTN_MODELS:?}" = OFF ] || names="$names sentences streaming"
for name in $names; do
    compile c++17 "$here/examples/$name.cpp" "$name"
done
example attention ./attention
example encoder ./encoder
example threads ./threads
sentences ./sentences
streaming ./streaming
old ./encoder
readme "$here"/examples/*.cpp
