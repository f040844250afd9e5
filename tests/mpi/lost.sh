#!/bin/sh
# A rank is killed, and the others live on: each of them gets SA_ERR_EXCHANGE with a sentence within the timeout, and
# says so.
# SPDX-License-Identifier: MIT
set -u
timeout 120 "$@" >said.txt 2>&1
status=$?
cat said.txt
[ $status -ne 124 ] || { echo "it hangs" && exit 1; }
[ "$(grep -c 'noticed: .*no answer within 3 seconds' said.txt)" -ge 1 ] || { echo "no timeout is reported" && exit 1; }
[ "$(grep -c 'noticed: ' said.txt)" -eq 3 ] || { echo "not all three ranks have noticed" && exit 1; }
