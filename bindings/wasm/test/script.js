// The package as one classic script, in Node: node script.js PACKAGE VECTORS
// SPDX-License-Identifier: MIT
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import vm from 'node:vm';

const [folder, vectors] = process.argv.slice(2);
globalThis.require = createRequire(import.meta.url);
vm.runInThisContext(readFileSync(join(folder, 'selfattn.js'), 'utf8'));
const bytes = readFileSync(join(folder, 'selfattn.wasm'));
const { Context, Model, SelfAttnError, storeFile, Tokenizer } = await selfattn(bytes);
const { encode, tolerance } = JSON.parse(readFileSync(join(vectors, 'vectors.json'), 'utf8'));
for (const name of ['config.json', 'model.safetensors', 'tokenizer.json']) {
  storeFile(`/model/${name}`, readFileSync(join(vectors, encode.model, name)));
}
const ctx = new Context();
const [model, tokenizer] = [await Model.open(ctx, '/model'), await Tokenizer.open(ctx, '/model')];
const { embedding } = await model.encode(ctx, encode.texts.map((text) => tokenizer.encode(text)));
const worst = Math.max(...encode.embeddings.data.map((x, i) => Math.abs(x - embedding[i])));
assert(worst <= tolerance, `off by ${worst}`);
await assert.rejects(Model.open(ctx, '/none'), SelfAttnError);
console.log(`As a script: ${embedding.length} numbers agree`);
