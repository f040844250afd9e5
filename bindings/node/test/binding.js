// The cases that all bindings share, and whether the declarations are those of the library.
// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import koffi from 'koffi';
import * as selfattn from 'selfattn';
import { attention, constant, constants, Context, Layer, Model, Session, tensor, Tokenizer } from 'selfattn';

const folder = process.env.SELFATTN_VECTORS;
const models = process.env.SELFATTN_MODELS !== 'OFF';
const table = JSON.parse(readFileSync(join(folder, 'vectors.json'), 'utf8'));
const ctx = new Context();

function near(name, got, { data }) {
  assert.equal(got.length, data.length, name);
  data.forEach((number, i) => {
    const expected = number ?? -Infinity;
    assert.ok(got[i] === expected || Math.abs(got[i] - expected) <= table.tolerance,
      `${name}[${i}]: ${got[i]} instead of ${expected}`);
  });
}

function given({ shape, data, dtype }) {
  const four = shape.length === 3 ? [shape[0], 1, shape[1], shape[2]] : shape;
  const numbers = data.map((x) => x ?? -Infinity);
  return tensor(dtype === 'SA_BOOL' ? Uint8Array.from(numbers) : Float32Array.from(numbers), four);
}

const ALIGN = { SA_ALIGN_TOP_LEFT: 'top-left', SA_ALIGN_BOTTOM_RIGHT: 'bottom-right' };

function maskingOf({ causal, align, window, key_lengths: keyLengths, mask }) {
  return { causal, align: ALIGN[align], window, keyLengths, mask: mask && given(mask) };
}

function declarations(structs) {
  const declared = Object.entries(constants);
  for (const struct of Object.keys(structs)) {
    declared.push([`sizeof(${struct})`, koffi.sizeof(struct)]);
    for (const [name, { offset, type }] of Object.entries(koffi.type(struct).members)) {
      declared.push([`${struct}.${name}`, offset], [`sizeof(${struct}.${name})`, type.size]);
    }
  }
  for (const [name, value] of declared) {
    // A newer library has a newer version, and longer structs.
    const grows = name.startsWith('SA_VERSION') || /^sizeof\(\w+\)$/.test(name);
    let found;
    try {
      found = constant(name);
    } catch (error) {
      if (models) throw error;
      continue;
    }
    assert.ok(found === value || (grows && found > value), `${name}: ${value} here, ${found} in the library`);
  }
  console.log(`${declared.length} names are declared as the library has them`);
}

async function attentions() {
  for (const { name, query, key, value, options, ...expected } of table.attention) {
    const got = await attention(ctx, given(query), given(key), given(value), {
      scale: options.scale, softcap: options.softcap, alibiSlopes: options.alibi_slopes, lse: true, weights: true,
      masking: maskingOf(options),
    });
    for (const output of ['output', 'lse', 'weights']) near(`${name}: ${output}`, got[output], expected[output]);
  }
}

const camel = (name) => name.replace(/_(\w)/g, (_, letter) => letter.toUpperCase());

function layerOf(config, weights) {
  const fields = Object.entries(config).map(([name, value]) => [camel(name), value]);
  const data = Object.entries(weights).map(([name, matrix]) => [camel(name), Float32Array.from(matrix.data)]);
  return Layer.create(ctx, { ...Object.fromEntries([...fields, ...data]), ropeTheta: config.rope ? 0 : undefined });
}

async function layers() {
  for (const { name, config, weights, x, context, options, y, attention: looked } of table.layer) {
    const layer = await layerOf(config, weights);
    const got = await layer.forward(ctx, given(x), {
      context: context && given(context), masking: maskingOf(options), weights: true,
    });
    near(`${name}: y`, got.y, y);
    near(`${name}: weights`, got.weights, looked);
    layer.close();
    await assert.rejects(layer.forward(ctx, given(x)), /closed/);
  }
}

async function open(name) {
  const path = join(folder, name);
  return [await Model.open(ctx, path), await Tokenizer.open(ctx, path)];
}

async function encoders() {
  const { model: name, texts, ids, embeddings, hidden, attention: looked } = table.encode;
  const [model, tokenizer] = await open(name);
  const rows = texts.map((text) => tokenizer.encode(text));
  assert.deepEqual(rows.map((row) => [...row]), ids);
  assert.deepEqual([...tokenizer.encode(texts[0], 0, 3)], [3, ...ids[0]]); // its own template has no language
  const pair = tokenizer.encodePair(texts[0], texts[1]);
  assert.deepEqual([...pair.ids], [...ids[0], ...ids[1].slice(1)]);
  assert.deepEqual([...pair.types], [...ids[0].map(() => 0), ...ids[1].slice(1).map(() => 1)]);
  assert.equal(tokenizer.encodePair(texts[0], texts[1], { most: 5 }).ids.length, 5);
  assert.equal(tokenizer.language('the'), tokenizer.encode('the')[1]);
  assert.equal(tokenizer.language('xx'), -1);
  near('embeddings', (await model.encode(ctx, rows)).embedding, embeddings);
  const first = await model.encode(ctx, rows.slice(0, 1), { hidden: true, attention: true });
  near('hidden', first.hidden, hidden);
  near('attention', first.attention, looked);
}

async function offsets() {
  for (const { name, model, text, ids, utf16 } of table.offsets) {
    const got = (await Tokenizer.open(ctx, join(folder, model))).encodeOffsets(text);
    assert.deepEqual([[...got.ids], got.offsets.flat()], [ids, utf16], name);
  }
  const tokenizer = await Tokenizer.open(ctx, join(folder, 'encoder'));
  const [text, bare] = ['the na\u00efve \ud83d\ude42 fox', { flags: constants.SA_ENCODE_NO_TEMPLATE }];
  const words = tokenizer.encodeOffsets(text, bare).offsets.map(([first, last]) => text.slice(first, last));
  assert.deepEqual(words, ['the', 'na\u00efve', '\ud83d\ude42', 'fox']);
  assert.deepEqual(tokenizer.encodeOffsets('', bare), { ids: new Int32Array(0), offsets: [] });
  const half = tokenizer.encodeOffsets('\ud83d fox', bare).offsets; // half of a character is one unit
  assert.deepEqual(half.at(-1), [2, 5]);
}

async function decoders() {
  const { model: name, prompt, prompt_ids: ids, max_tokens: maxTokens, tokens, text, ...expected } = table.generate;
  const [model, tokenizer] = await open(name);
  assert.deepEqual([...tokenizer.encode(prompt)], ids);
  near('attention', (await model.encode(ctx, [ids], { attention: true })).attention, expected.attention);
  const session = new Session(model);
  const two = new Session(model, { batch: 2 });
  model.close(); // the sessions keep it
  const logs = [];
  const [got] = await session.generate(ctx, [ids], { maxTokens, onToken: (b, token, log) => { logs.push(log); } });
  assert.deepEqual([...got.tokens], tokens);
  assert.equal(got.end, 'token');
  near('log probabilities', logs, expected.log_probabilities);

  // A batch with prompts of two lengths: the sentence goes on wherever it is.
  const both = await two.generate(ctx, [ids, ids.slice(0, 2)], { maxTokens });
  assert.deepEqual(both.map((row) => [...row.tokens]), [tokens, [...ids, ...tokens].slice(2)]);

  session.truncate(0);
  const pieces = [];
  for await (const piece of session.stream(ctx, tokenizer, prompt, { maxTokens })) pieces.push(piece);
  assert.equal(pieces.join(''), text);
  assert.ok(pieces.length > 5 && pieces.every((piece) => !piece.includes('\ufffd')));
  const [word] = text.trim().split(' ').slice(1);
  session.truncate(0);
  const [stopped] = await session.generate(ctx, [ids], { maxTokens, stop: [word], tokenizer });
  assert.equal(stopped.end, 'string');
  session.truncate(0);
  for await (const piece of session.stream(ctx, tokenizer, prompt, { maxTokens })) if (piece === pieces[1]) break;
  assert.equal(session.length(), ids.length + 1); // what was taken, but for its last token
  const others = [];
  for await (const piece of session.stream(ctx, tokenizer, '', { maxTokens })) others.push(piece);
  assert.equal(others.join(''), pieces.slice(2).join(''));
  await assert.rejects(session.generate(ctx, [ids], { onToken: () => { throw new Error('through C'); } }), /through C/);
  session.close();
  assert.throws(() => session.length(), /closed/);
}

/** Texts in several calls of one session, and stop strings. */
async function streams() {
  for (const { name, calls } of table.stream) {
    const [model, tokenizer] = await open(table.generate.model);
    const session = new Session(model);
    for (const { prompt, max_tokens: maxTokens, stop, model_rules: modelRules, text, length } of calls) {
      let written = '';
      for await (const piece of session.stream(ctx, tokenizer, prompt, { maxTokens, stop, modelRules })) {
        written += piece;
      }
      assert.deepEqual([written, session.length()], [text, length], name);
    }
  }
}

const zeros = (shape) => tensor(new Float32Array(shape.reduce((a, b) => a * b)), shape);
const CALLS = {
  attention: ({ query, key, value, options }) => attention(ctx, zeros(query), zeros(key), zeros(value), options),
  layer: async ({ config }) => {
    const matrix = new Float32Array(config.model_width ** 2);
    return new Layer({ modelWidth: config.model_width, queryHeads: config.query_heads, weightQ: matrix, weightK: matrix,
      weightV: matrix });
  },
  model_open: ({ path }) => Model.open(ctx, path),
  constant: async ({ constant: name }) => constant(name),
};

async function errors() {
  for (const { name, call, status, says, ...rest } of table.errors) {
    if (call === 'model_open' && !models) continue;
    await assert.rejects(CALLS[call](rest), (error) => {
      assert.equal(error.status, constants[status], `${name}: ${error}`);
      for (const word of says) assert.ok(error.message.includes(word), `${name}: ${word} is not in ${error}`);
      return true;
    });
  }
  assert.throws(() => tensor(new Float32Array(5), [1, 1, 2, 3]), /5/);
  assert.throws(() => tensor(new Float32Array(5), [1, 1, 2, 3], { strides: [0, 0, -1, 1] }), /-1/);
}

/** Calls on one context wait for their turn, and the event loop goes on. */
async function turns() {
  const size = [1, 8, 512, 64];
  const [q, k] = [zeros(size), zeros(size)];
  let ticks = 0;
  const timer = setInterval(() => ticks++, 0);
  const all = await Promise.all([1, 2, 3, 4].map(() => attention(ctx, q, k, k)));
  clearInterval(timer);
  assert.ok(all.every(({ output }) => output.length === q.data.length));
  assert.ok(ticks > 0, 'the event loop stood still');
}

/** What is dropped is freed, a session before its model, in whatever order they are collected. */
async function dropped() {
  for (let i = 0; i < 30; i++) new Session((await open(table.generate.model))[0]);
  for (let i = 0; i < 4; i++) {
    globalThis.gc();
    await new Promise((resolve) => { setTimeout(resolve, 10); });
  }
  if (!existsSync('/proc/self/maps')) return;
  const maps = readFileSync('/proc/self/maps', 'utf8').split(`${table.generate.model}/`).length - 1;
  assert.ok(maps < 15, `${maps} models are still open`);
}

const { structs } = await import(new URL('declarations.js', import.meta.resolve('selfattn')));
assert.equal(selfattn.version().split('.').length, 3);
declarations(structs);
await attentions();
await layers();
if (models) await encoders();
if (models) await offsets();
if (models) await decoders();
if (models) await streams();
if (models) await dropped();
await errors();
await turns();
console.log('all cases of the shared vectors agree');
