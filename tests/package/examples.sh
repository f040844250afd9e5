#!/bin/sh
# Every program in examples/ builds against the installed library by pkg-config and prints what it must.
# SPDX-License-Identifier: MIT
set -eu
export PKG_CONFIG_PATH="$PREFIX/$LIBDIR/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
export LD_LIBRARY_PATH="$PREFIX/$LIBDIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
for file in "$SOURCE"/examples/*.c; do
    name=$(basename "$file" .c)
    arguments='' module=selfattn start=''
    llama="$SOURCE/tests/data/architectures/llama" prompt="93 51 32 50 77 29 19 32 74"
    case $name in
    04_model) arguments="$llama $prompt" ;;
    06_prefix) arguments="$llama prefix.session $prompt" ;;
    09_protein) arguments="$SOURCE/tests/data/architectures/esm MKTAYIA<mask>QRQISFVK<mask>" ;;
    22_text) arguments="$SOURCE/bindings/vectors/decoder Once" ;;
    14_ring)
        if ! pkg-config --exists selfattn-mpi || ! command -v mpirun >/dev/null; then
            echo "SKIPPED $name: there is no libselfattn-mpi, or no mpirun"
            continue
        fi
        module=selfattn-mpi start="mpirun -n 2"
        ;;
    esac
    if [ "$arguments" ] && [ "$MODELS" = OFF ]; then
        echo "SKIPPED $name: the library has no models"
        continue
    fi
    # shellcheck disable=SC2046
    "${CC:-cc}" -std=c11 -Wall -Wextra -Werror "$file" -o "$name" $(pkg-config --cflags --libs "$module") -pthread -lm
    # shellcheck disable=SC2086 # several words
    sh "$SOURCE/examples/compare.sh" "$SOURCE/examples/expected/$name.txt" $start "./$name" $arguments
done
