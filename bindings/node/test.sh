#!/bin/sh
# Runs the tests and examples on the package as npm installs it. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
koffi=${SELFATTN_KOFFI:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/selfattn/koffi}
if [ ! -e "$koffi/node_modules/koffi" ]; then
    echo "SKIPPED: koffi is not in $koffi (scripts/test fetches it from npm; SELFATTN_KOFFI names another folder)"
    exit 77
fi
rm -rf node_modules
mkdir -p node_modules/selfattn
ln -s "$koffi"/node_modules/koffi "$koffi"/node_modules/@koromix node_modules/
cp -r "$here"/*.js "$here"/package.json "$here"/examples "$here"/test node_modules/selfattn/
# Inside of a package its own name means itself; from outside, that of node_modules.
cp node_modules/selfattn/test/binding.js binding.mjs
for name in attention encoder threads sentences streaming; do
    cp "node_modules/selfattn/examples/$name.js" "$name.mjs"
done
node --expose-gc binding.mjs
example attention node attention.mjs
example encoder node encoder.mjs
example threads node threads.mjs
sentences node sentences.mjs
streaming node streaming.mjs
old node encoder.mjs
unloadable node encoder.mjs
readme "$here"/examples/*.js
