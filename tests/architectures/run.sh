#!/bin/sh
# One CTest of models with references: run.sh NAME PROGRAM DIR OPTIONS... Ends with 77 (skipped) where there is nothing
# to run.
# SPDX-License-Identifier: MIT
set -eu
name=$1 program=$2 models=$3
shift 3
if [ ! -d "$models" ]; then
    echo "SKIPPED $name: $models is absent; set SELFATTN_ARCHITECTURES, or SELFATTN_QUANTISED for quantised ones"
    exit 77
fi
"$program" "$models" "$@"
