#!/bin/sh
# Each header alone compiles in every language version that it promises, without a warning.
# SPDX-License-Identifier: MIT
set -eu
flags="-pedantic-errors -Wall -Wextra -Werror -fsyntax-only"
for header in selfattn.h selfattn_models.h; do
    echo "#include <$header>" >header.c
    cp header.c header.cpp
    for standard in c99 c11 c17; do
        # shellcheck disable=SC2086
        "${CC:-cc}" -std=$standard $flags -I"$SOURCE/include" header.c
    done
    for standard in c++11 c++17; do
        # shellcheck disable=SC2086
        "${CXX:-c++}" -std=$standard $flags -I"$SOURCE/include" header.cpp
    done
done

# The header for C++ alone, too.
echo "#include <selfattn.hpp>" >header.cpp
for standard in c++17 c++20; do
    # shellcheck disable=SC2086
    "${CXX:-c++}" -std=$standard $flags -Wshadow -Wconversion -I"$SOURCE/include" -I"$SOURCE/bindings/cpp" header.cpp
done

# expect PATTERN OPTIONS...: how sa_version() is declared with these options.
expect() {
    pattern=$1
    shift
    echo '#include <selfattn.h>' | "${CC:-cc}" -E "$@" -I"$SOURCE/include" - |
        grep -q "^ *$pattern int32_t sa_version(void);" ||
        { echo "with $*: not $pattern" && exit 1; }
}
expect '__attribute__((visibility("default")))'
expect '' -DSELFATTN_STATIC
expect '__declspec(dllimport)' -D_WIN32 -U__declspec
expect '__declspec(dllexport)' -D_WIN32 -U__declspec -DSELFATTN_BUILDING
