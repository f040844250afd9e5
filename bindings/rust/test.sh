#!/bin/sh
# Builds the crates without a network, runs their tests and examples. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
CARGO_TARGET_DIR=$PWD/target
RUSTFLAGS='-D warnings'
export CARGO_TARGET_DIR RUSTFLAGS
# What pkg-config says, as a user has it.
unset SELFATTN_LIBRARY
manifest=$here/Cargo.toml
if [ "${SELFATTN_MODELS:?}" = OFF ]; then
    cargo --offline --quiet build --manifest-path "$here/selfattn/Cargo.toml" --no-default-features --examples
    example attention target/debug/examples/attention
    example encoder target/debug/examples/encoder
    example threads target/debug/examples/threads
    echo "SKIPPED: the tests need a library with models"
    exit 77
fi
cargo --offline --quiet test --manifest-path "$manifest"
cargo --offline --quiet build --manifest-path "$manifest" --examples
example attention target/debug/examples/attention
example encoder target/debug/examples/encoder
example threads target/debug/examples/threads
sentences target/debug/examples/sentences
streaming target/debug/examples/streaming
old target/debug/examples/encoder
missing cargo --offline --quiet build --manifest-path "$manifest" --target-dir missing
readme "$here"/selfattn/examples/*.rs
