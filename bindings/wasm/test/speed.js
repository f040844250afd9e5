// Measures how fast packages turn sentences into vectors, in turns, on one thread:
//   node speed.js MODEL SECONDS PACKAGE...
// MODEL is a folder with a BERT of safetensors, such as MiniLM; a PACKAGE the folder of selfattn-wasm, of which there
// may be several builds, or of onnxruntime-web. All have the same weights as floats. A call's time is what the process
// computes meanwhile, so that other processes take none of it; printed is each package's best.
// SPDX-License-Identifier: MIT
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';

import { bertAsOnnx } from './bert_onnx.js';

const TOKENS = [4, 8, 12, 16, 17, 32, 64, 128, 256];
const CALLS = 3; // one behind the other, so that the last finds the caches as a loop of its own would leave them
const TOLERANCE = 1e-5;
const [CLS, SEP] = [101, 102];

const load = (path) => import(pathToFileURL(resolve(path)));

async function openOurs(package_, folder) {
  const { Context, Model, constants } = await load(join(package_, 'index.js'));
  const ctx = new Context({ threads: 1 });
  const model = await Model.open(ctx, folder, { weights: constants.SA_F32 });
  return async (ids) => (await model.encode(ctx, [ids])).embedding;
}

async function openRuntime(package_, folder) {
  const ort = await load(join(package_, 'dist/ort.node.min.mjs'));
  ort.env.wasm.numThreads = 1;
  const session = await ort.InferenceSession.create(bertAsOnnx(folder), { executionProviders: ['wasm'] });
  return async (ids) => {
    const { embedding } = await session.run({ ids: new ort.Tensor('int32', ids, [1, ids.length]) });
    return embedding.data;
  };
}

async function open(package_, folder) {
  const { name, version } = JSON.parse(readFileSync(join(package_, 'package.json'), 'utf8'));
  const encode = await (name === 'onnxruntime-web' ? openRuntime : openOurs)(package_, folder);
  return { name: `${name} ${version}`, encode, best: TOKENS.map(() => Infinity) };
}

function sentence(tokens) {
  const ids = Int32Array.from({ length: tokens }, (_, i) => 2000 + (i * 7919) % 20000);
  [ids[0], ids[tokens - 1]] = [CLS, SEP];
  return ids;
}

async function check(entrants, ids) {
  const vectors = [];
  for (const { encode } of entrants) vectors.push(await encode(ids));
  for (const [e, { name }] of entrants.entries()) {
    const off = Math.max(...vectors[e].map((x, i) => Math.abs(x - vectors[0][i])));
    assert(off <= TOLERANCE, `${name} and ${entrants[0].name} differ by ${off} with ${ids.length} tokens`);
  }
}

async function milliseconds(encode, ids) {
  const start = process.cpuUsage();
  await encode(ids);
  const { user, system } = process.cpuUsage(start);
  return (user + system) / 1000;
}

async function turn(entrants, sentences) {
  for (const [s, ids] of sentences.entries()) {
    for (const { encode, best } of entrants) {
      for (let i = 0; i < CALLS; i++) best[s] = Math.min(best[s], await milliseconds(encode, ids));
    }
  }
}

function print(entrants) {
  const [first, ...others] = entrants;
  console.log(`${cpus()[0].model}, Node ${process.versions.node}, milliseconds of CPU time, best of all turns\n`);
  const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);
  row('tokens', ...entrants.map(({ name }) => name), ...others.map(({ name }) => `${name} : ${first.name}`));
  console.log(`|${'---|'.repeat(1 + entrants.length + others.length)}`);
  for (const [s, tokens] of TOKENS.entries()) {
    row(tokens, ...entrants.map(({ best }) => best[s].toFixed(1)),
      ...others.map(({ best }) => (best[s] / first.best[s]).toFixed(2)));
  }
}

const [folder, seconds, ...packages] = process.argv.slice(2);
if (packages.length === 0 || !(Number(seconds) > 0)) {
  console.error('use: node speed.js MODEL SECONDS PACKAGE...');
  process.exit(1);
}
const entrants = [];
for (const package_ of packages) entrants.push(await open(package_, folder));
const sentences = TOKENS.map(sentence);
for (const ids of sentences) await check(entrants, ids);
const end = Date.now() + 1000 * Number(seconds);
do await turn(entrants, sentences); while (Date.now() < end);
print(entrants);
process.exit(0);
