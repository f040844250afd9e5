#!/bin/sh
# Runs the tests and examples, without a network. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
if ! go version | grep -qE 'go1\.(19|[2-9][0-9])|go[2-9]'; then
    echo "SKIPPED: needs Go 1.19, found $(go version)"
    exit 77
fi
export GOPROXY=off GOFLAGS=-mod=mod GOTOOLCHAIN=local
bin=$PWD
cd "$here"
if [ "${SELFATTN_MODELS:?}" = OFF ]; then
    go vet -tags selfattn_core .
    go build -tags selfattn_core -o "$bin/" ./examples/attention ./examples/encoder ./examples/threads
    cd "$bin"
    example attention ./attention
    example encoder ./encoder
    example threads ./threads
    echo "SKIPPED: the tests need a library with models"
    exit 77
fi
go vet ./...
go test -count=1 .
for name in attention encoder threads sentences streaming; do
    go build -o "$bin/$name" "./examples/$name"
done
cd "$bin"
example attention ./attention
example encoder ./encoder
example threads ./threads
sentences ./sentences
streaming ./streaming
old ./encoder
readme "$here"/examples/*/main.go
