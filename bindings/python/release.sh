#!/bin/sh
# The package of the last release, as it was, passes its own tests with today's library. SELFATTN_RELEASE names another
# commit than the last tag v*.
# SPDX-License-Identifier: MIT
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
release=${SELFATTN_RELEASE:-$(git -C "$root" describe --tags --abbrev=0 --match 'v*' 2>/dev/null || true)}
if [ -z "$release" ]; then
    echo "SKIPPED: there is no release yet"
    exit 77
fi
rm -rf release
mkdir release
git -C "$root" archive "$release" bindings include docs README.md tests/data | tar -xf - -C release
echo "bindings/python of $release"
unset SELFATTN_VECTORS SELFATTN_VECTOR_LINES
python3 release/bindings/python/tests/run.py
