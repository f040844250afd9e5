#!/bin/sh
# One CTest of conformance cases: run.sh NAME PROGRAM SOURCE_DIR published OPTIONS...   the cases as they are
#                                 run.sh NAME PROGRAM SOURCE_DIR stress OUT COUNT SEED  random ones, made first
# Ends with 77 (skipped) where there is nothing to run.
# SPDX-License-Identifier: MIT
set -eu
name=$1 program=$2 cases=${SELFATTN_CONFORMANCE:-$3/../shared/conformance} kind=$4
shift 4

skip() {
    echo "SKIPPED $name: $1"
    exit 77
}

published() {
    [ -n "$(find "$cases" -name meta.json | head -n 1)" ] || skip "$cases has no cases"
    "$program" "$@" "$cases"
}

# The first Python that has numpy; the system's own may hide behind another one in PATH.
find_python() {
    for python in python3 "$(command -p -v python3 || true)"; do
        if [ -n "$python" ] && "$python" -c 'import numpy' 2>/dev/null; then
            echo "$python"
            return
        fi
    done
}

# Every way of computing has to pass; one that this CPU lacks is named.
stress() {
    python=$(find_python)
    [ -f "$cases/make_stress.py" ] || skip "$cases/make_stress.py is absent"
    [ -n "$python" ] || skip "no python3 with numpy"
    rm -rf "$1"
    "$python" "$cases/make_stress.py" "$1" "$2" "$3"
    failed=0
    for way in 'plain --isa portable' 'blas --isa portable' 'blas --isa avx2' 'blas --isa avx512' \
        'fused --isa portable' 'fused --isa avx2' 'fused --isa avx512' 'fused --isa amx' \
        'fused --isa amx --precision high --norm 2e-5' 'fused --isa amx --precision medium --norm 5e-3'; do
        status=0
        echo "$way"
        # shellcheck disable=SC2086 # several words
        "$program" --quiet --widen --path $way "$1" || status=$?
        [ $status -eq 0 ] || [ $status -eq 77 ] || failed=1
    done
    [ $failed -eq 1 ] || rm -rf "$1"
    return $failed
}

[ -d "$cases" ] || skip "$cases is absent; set SELFATTN_CONFORMANCE"
"$kind" "$@"
