#!/bin/sh
# The first C example in README.md, as printed, builds against the installed library and runs.
# SPDX-License-Identifier: MIT
set -eu
if [ ! -e "$SOURCE/README.md" ]; then
    echo "SKIPPED: no README.md"
    exit 77
fi
awk '/^```c$/ {inside = 1; next} /^```$/ && inside {exit} inside' "$SOURCE/README.md" >example.c
[ -s example.c ] || { echo "README.md has no C example" && exit 1; }
export PKG_CONFIG_PATH="$PREFIX/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
# shellcheck disable=SC2046
"${CC:-cc}" -std=c11 -Wall -Wextra -Werror example.c -o example $(pkg-config --cflags --libs selfattn) -lm
LD_LIBRARY_PATH=$PREFIX/$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH} ./example
