#!/bin/sh
# A rank is killed: mpirun ends the others, with an error, and nothing hangs.
# SPDX-License-Identifier: MIT
set -u
timeout 120 "$@" >said.txt 2>&1
status=$?
cat said.txt
[ $status -ne 0 ] && [ $status -ne 124 ] || { echo "mpirun ended with $status" && exit 1; }
if grep 'the status is' said.txt; then exit 1; fi
