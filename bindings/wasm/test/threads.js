// The same bits on any number of threads, and the threads are there: node threads.js PACKAGE VECTORS
// SPDX-License-Identifier: MIT
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [folder, vectors] = process.argv.slice(2);
const { Context, Model, Tokenizer } = await import(resolve(folder, 'index.js'));
const { runningThreads } = await import(resolve(folder, 'library.js'));
const { encode } = JSON.parse(readFileSync(join(vectors, 'vectors.json'), 'utf8'));
const path = join(vectors, encode.model);
const one = new Context({ threads: 1 });
const tokenizer = await Tokenizer.open(one, path);
const ids = encode.texts.map((text) => tokenizer.encode(text));

async function embed(ctx) {
  const model = await Model.open(ctx, path);
  const { embedding } = await model.encode(ctx, ids);
  return embedding;
}

const alone = await embed(one);
assert.equal(runningThreads(), 0);
const contexts = [2, 3, 5].map((threads) => new Context({ threads }));
for (const embedding of await Promise.all(contexts.map(embed))) assert.deepEqual(embedding, alone);
assert.equal(contexts[2].threads, 5);
console.log(`Threads: ${runningThreads()} beside the caller's, the same bits`);
assert.equal(runningThreads(), 4);
[one, ...contexts].forEach((ctx) => ctx.close()); // the last context ends the threads
assert.equal(runningThreads(), 0);
assert.deepEqual(await embed(new Context({ threads: 2 })), alone);
