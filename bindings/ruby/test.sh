#!/bin/sh
# Runs the tests and examples. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
if ! ruby -e 'require "ffi"' 2>/dev/null; then
    echo "SKIPPED: Ruby has no ffi (Debian: ruby-ffi)"
    exit 77
fi
RUBYLIB=$here/lib${RUBYLIB:+:$RUBYLIB}
export RUBYLIB
ruby -w "$here/test/binding.rb"
example attention ruby "$here/examples/attention.rb"
example encoder ruby "$here/examples/encoder.rb"
example threads ruby "$here/examples/threads.rb"
sentences ruby "$here/examples/sentences.rb"
streaming ruby "$here/examples/streaming.rb"
old ruby "$here/examples/encoder.rb"
unloadable ruby "$here/examples/encoder.rb"
readme "$here"/examples/*.rb
