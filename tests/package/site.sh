#!/bin/sh
# The site is made without a warning, no link in it is dead, and its search finds functions and words.
# SPDX-License-Identifier: MIT
set -eu
for program in pandoc doxygen python3; do
    if ! command -v $program >/dev/null; then
        echo "SKIPPED: needs $program"
        exit 77
    fi
done
rm -rf site
python3 "$SOURCE/tools/site/site.py" site
if ! command -v node >/dev/null; then
    echo "the search was not tried: no node"
    exit 0
fi
cat >search.js <<'END'
const { find, extract } = require("./site/search.js"), fs = require("fs"), assert = require("assert");
const places = new Function(fs.readFileSync("site/places.js", "utf8") + "return PLACES")();
const first = (typed) => find(places, typed)[0];
assert.match(first("sa_forward").place.url, /^api\/selfattn_8h.html#/);
assert.equal(first("sa_forward").place.heading, "sa_forward");
assert.match(first("fork() context").place.url, /^threads-and-blas.html#/);
assert.match(extract(first("SELFATTN_BLAS generic")), /BLAS/i);
assert.deepEqual(find(places, "  "), []);
assert.deepEqual(find(places, "sa_forward nosuchword"), []);
END
node search.js
