#!/bin/sh
# Builds the package, installs what npm packs of it, and runs the tests of the package for Node with it, in Node, and
# its encoder in headless Chromium. SPDX-License-Identifier: MIT
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../testing/lib.sh"
libraries=${SELFATTN_WASM_ROOT:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/selfattn/wasm}
if [ ! -e "$libraries" ]; then
    echo "SKIPPED: the libraries for WebAssembly are not in $libraries (scripts/wasm-root makes them)"
    exit 77
fi
"$here/../../scripts/wasm"
package=$here/../../build/wasm/package
for module in selfattn selfattn-threads; do
    size=$(wc -c <"$package/$module.wasm")
    echo "$module.wasm has $size bytes"
    [ "$size" -lt 1500000 ]
done

rm -rf ./*
packed=$(npm pack --silent "$package")
npm install --silent --no-audit --no-fund --offline "./$packed"
# The licences of what is linked into the module go where it goes.
[ -s node_modules/selfattn-wasm/NOTICE.md ] && [ -s node_modules/selfattn-wasm/LICENSE ]
mkdir node_modules/koffi
cp "$here/test/koffi.js" node_modules/koffi/index.mjs
echo '{"name": "koffi", "exports": "./index.mjs"}' >node_modules/koffi/package.json
for file in test/binding examples/attention examples/encoder examples/streaming; do
    sed "s/'selfattn'/'selfattn-wasm'/" "$here/../node/$file.js" >"$(basename "$file").mjs"
done
SELFATTN_MODELS=ON node --expose-gc binding.mjs
example attention node attention.mjs
example encoder node encoder.mjs
node "$here/test/threads.js" node_modules/selfattn-wasm "$SELFATTN_VECTORS"
node "$here/test/script.js" node_modules/selfattn-wasm "$SELFATTN_VECTORS"
SELFATTN_MODELS=ON
streaming node streaming.mjs
cp "$here/examples/sentences.js" sentences.mjs
sentences node sentences.mjs

chromium=$(command -v chromium || true)
if [ -n "$chromium" ]; then
    for sharing in alone isolated; do
        node "$here/test/serve.js" "$chromium" node_modules/selfattn-wasm "$SELFATTN_VECTORS" "$sharing"
    done
else
    echo "SKIPPED in a page: needs chromium"
fi
