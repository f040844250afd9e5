#!/bin/sh
# compare.sh EXPECTED PROGRAM ARGUMENTS...: runs an example; what it prints has to be what the file EXPECTED says.
# SPDX-License-Identifier: MIT
set -eu
expected=$1
shift
printed=$("$@")
printf '%s\n' "$printed" | diff "$expected" -
