#!/bin/sh
# scripts/release in a clone: what it refuses. With SELFATTN_TEST_LONG set, it prepares another version and makes the
# release, whose archive has to build by itself.
# SPDX-License-Identifier: MIT
set -eu
if ! git -C "$SOURCE" rev-parse HEAD >/dev/null 2>&1; then
    echo "SKIPPED: needs git and a clone of it"
    exit 77
fi
rm -rf clone released
git clone -q "$SOURCE" clone
cd clone
git config user.name Releaser
git config user.email releaser@selfattn.org

# refuse SENTENCE ARGUMENTS...
refuse() {
    sentence=$1
    shift
    if scripts/release "$@" >../refused.log 2>&1; then
        echo "scripts/release $* worked"
        exit 1
    fi
    grep -qF "$sentence" ../refused.log || { cat ../refused.log && exit 1; }
}
refuse '"9.8" is not MAJOR.MINOR.PATCH' --prepare 9.8
refuse 'no line "## 9.8.7 (not yet released)"' --prepare 9.8.7
sed -i '0,/^## /s//## 9.8.7 (not yet released)\n\nWhat is new.\n\n## /' CHANGELOG.md
refuse 'not committed' ../released
[ "${SELFATTN_TEST_LONG-}" ] || exit 0
if ! command -v abidw >/dev/null; then
    echo "SKIPPED the release itself: needs abidw (Debian: abigail-tools)"
    exit 0
fi

# run LOG COMMAND...: shows what it said only if it fails.
run() {
    log=$1
    shift
    "$@" >"$log" 2>&1 || { cat "$log" && exit 1; }
}
run ../prepare.log scripts/release --prepare 9.8.7
git commit -qam "Version 9.8.7"
python3 bindings/declare --check
run ../release.log scripts/release ../released
[ -z "$(git status --porcelain)" ]
cd ../released
sha256sum --quiet -c SHA256SUMS
tar -xzOf libselfattn-9.8.7.tar.gz libselfattn-9.8.7/include/selfattn.h | grep -q 'SA_VERSION_MAJOR 9$'
grep -q 'What is new' libselfattn-9.8.7.changes.md
grep -q 'soname=.libselfattn' libselfattn-9.8.7.abi
if grep '@[A-Z]' libselfattn.rb; then exit 1; fi
