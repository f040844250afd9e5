#!/bin/sh
# Runs the tests and examples. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
LUA_PATH="$here/?.lua;;"
export LUA_PATH
luajit "$here/test.lua"
luajit -joff "$here/test.lua"
example attention luajit "$here/examples/attention.lua"
example encoder luajit "$here/examples/encoder.lua"
sentences luajit "$here/examples/sentences.lua"
streaming luajit "$here/examples/streaming.lua"
old luajit "$here/examples/encoder.lua"
unloadable luajit "$here/examples/encoder.lua"
readme "$here"/examples/*.lua
