// ONNX Runtime as a rival: see README.md for what is said here. f32 alone: its CPU attention has no bf16.
// SPDX-License-Identifier: MIT
'use strict';

const fs = require('fs');
const readline = require('readline');
const {model} = require('./onnx_model.js');

const say = (answer) => process.stdout.write(JSON.stringify(answer) + '\n');

// A benchmark has nobody to report to.
process.env.ORT_DISABLE_TELEMETRY = '1';

let ort;
try {
  ort = require('onnxruntime-node');
} catch (error) {
  say({absent: error.message.split('\n')[0]});
  process.exit(0);
}

const OPSET = 23; // the first with Attention
const product = (sizes) => sizes.reduce((a, b) => a * b, 1);

// [B][A][C][D] from [B][C][A][D]: heads and tokens change places.
function swapMiddle(x, B, C, A, D) {
  const y = new Float32Array(x.length);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < C; c++)
      for (let a = 0; a < A; a++) {
        const from = ((b * C + c) * A + a) * D;
        y.set(x.subarray(from, from + D), ((b * A + a) * C + c) * D);
      }
  return y;
}

// A row per input instead of a row per output.
function transposed(weights, rows, columns) {
  const y = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) y[c * rows + r] = weights[r * columns + c];
  return y;
}

// The operator of the standard, on heads as they lie.
function standardAttention(s, {q, k, v}) {
  const {B, H, K, T, S, D} = s;
  const inputs = {q: [B, H, T, D], k: [B, K, S, D], v: [B, K, S, D]};
  const nodes = [{op: 'Attention', inputs: ['q', 'k', 'v'], outputs: ['o'], attributes: {is_causal: s.causal}}];
  return {how: 'Attention', inputs, nodes, arrays: {q, k, v}, output: [B, H, T, D], restore: (o) => o};
}

// ONNX Runtime's own operator, on heads side by side in a row.
function multiHeadAttention(s, {q, k, v}) {
  const {B, H, K, T, S, D} = s;
  if (H !== K) return null;
  const inputs = {q: [B, T, H * D], k: [B, S, H * D], v: [B, S, H * D]};
  const arrays = {q: swapMiddle(q, B, H, T, D), k: swapMiddle(k, B, H, S, D), v: swapMiddle(v, B, H, S, D)};
  const nodes = [{op: 'MultiHeadAttention', domain: 'com.microsoft', inputs: ['q', 'k', 'v'], outputs: ['o'],
                  attributes: {num_heads: H, unidirectional: s.causal}}];
  const restore = (o) => swapMiddle(o, B, T, H, D);
  return {how: 'MultiHeadAttention', inputs, nodes, arrays, output: [B, T, H * D], restore};
}

// Its operator for query heads that share keys; it is causal always, and returns the keys as the start of a cache.
function groupQueryAttention(s, {q, k, v}) {
  const {B, H, K, T, S, D} = s;
  if (!s.causal || T !== S) return null;
  const inputs = {q: [B, T, H * D], k: [B, S, K * D], v: [B, S, K * D]};
  const arrays = {q: swapMiddle(q, B, H, T, D), k: swapMiddle(k, B, K, S, D), v: swapMiddle(v, B, K, S, D)};
  const nodes = [{op: 'GroupQueryAttention', domain: 'com.microsoft',
                  inputs: ['q', 'k', 'v', '', '', 'last', 'total'], outputs: ['o', 'past_k', 'past_v'],
                  attributes: {num_heads: H, kv_num_heads: K}}];
  const constants = {last: [new Int32Array(B).fill(T - 1), [B]], total: [Int32Array.of(T), []]};
  const restore = (o) => swapMiddle(o, B, T, H, D);
  return {how: 'GroupQueryAttention', inputs, nodes, constants, arrays, output: [B, T, H * D], restore};
}

// One product for queries, keys and values, attention, one product for the output; weights are constants, so that they
// can be packed beforehand.
function layer(s, {x, weights}, attention, how) {
  const {B, H, K, T, D} = s, E = H * D, row = (H + 2 * K) * D;
  const constants = {
    into: [transposed(weights.subarray(0, row * E), row, E), [E, row]],
    out: [transposed(weights.subarray(row * E), E, E), [E, E]],
  };
  const nodes = [...attention(constants, E, row), {op: 'MatMul', inputs: ['joined', 'out'], outputs: ['o']}];
  const inputs = {x: [B, T, E]};
  return {how, inputs, nodes, constants, arrays: {x}, output: [B, T, E], restore: (o) => o};
}

function layerOfMultiHeadAttention(s, arrays) {
  const {H, K, D} = s;
  if (H !== K) return null;
  const attention = (constants) => {
    constants.sizes = [BigInt64Array.of(BigInt(H * D), BigInt(K * D), BigInt(K * D)), [3]];
    return [{op: 'MatMul', inputs: ['x', 'into'], outputs: ['qkv']},
            {op: 'Split', inputs: ['qkv', 'sizes'], outputs: ['q', 'k', 'v'], attributes: {axis: 2}},
            {op: 'MultiHeadAttention', domain: 'com.microsoft', inputs: ['q', 'k', 'v'], outputs: ['joined'],
             attributes: {num_heads: H, unidirectional: s.causal}}];
  };
  return layer(s, arrays, attention, 'MatMul, MultiHeadAttention');
}

function layerOfAttention(s, arrays) {
  const {H, K} = s;
  if (H !== K) return null;
  const attention = (constants, E, row) => {
    constants.bias = [new Float32Array(row), [row]];
    return [{op: 'Attention', domain: 'com.microsoft', inputs: ['x', 'into', 'bias'], outputs: ['joined'],
             attributes: {num_heads: H, unidirectional: s.causal}}];
  };
  return layer(s, arrays, attention, 'Attention with projections');
}

const ATTENTION_WAYS = [standardAttention, multiHeadAttention, groupQueryAttention];
const LAYER_WAYS = [layerOfMultiHeadAttention, layerOfAttention];

function readArrays(s) {
  const {B, H, K, T, S, D} = s, E = H * D, keys = B * K * S * D;
  const counts = s.layer ? {x: B * T * E, weights: 2 * (H + K) * D * E} : {q: B * H * T * D, k: keys, v: keys};
  const bytes = fs.readFileSync(s.file);
  const arrays = {};
  let offset = 0;
  for (const [name, count] of Object.entries(counts)) {
    const first = bytes.byteOffset + offset;
    arrays[name] = new Float32Array(bytes.buffer.slice(first, first + 4 * count));
    offset += 4 * count;
  }
  return arrays;
}

// A session for one way, ready to run into the same output again and again.
async function prepare(way, s) {
  const {how, inputs, nodes, constants, arrays, output, restore} = way;
  const bytes = model({opset: OPSET, nodes, inputs, outputs: {o: output}, constants});
  const options = {intraOpNumThreads: s.threads, interOpNumThreads: 1, logSeverityLevel: 3};
  const session = await ort.InferenceSession.create(bytes, options);
  const feeds = {};
  for (const [name, sizes] of Object.entries(inputs)) feeds[name] = new ort.Tensor('float32', arrays[name], sizes);
  const result = new Float32Array(product(output));
  const fetches = {o: new ort.Tensor('float32', result, output)};
  const run = async () => {
    const start = process.hrtime.bigint();
    await session.run(feeds, fetches);
    return Number(process.hrtime.bigint() - start) / 1e6;
  };
  return {how, run, output: () => restore(result), release: () => session.release()};
}

// The fastest of the ways that this release can run.
async function fastest(s) {
  if (s.dtype !== 'f32') return {absent: `no ${s.dtype} on CPUs`};
  const arrays = readArrays(s);
  let best = {absent: 'no operator for this shape', ms: Infinity};
  for (const make of s.layer ? LAYER_WAYS : ATTENTION_WAYS) {
    try {
      const way = make(s, arrays);
      if (!way) continue;
      const prepared = await prepare(way, s);
      await prepared.run();
      prepared.ms = await prepared.run();
      const loser = prepared.ms < best.ms ? best : prepared;
      if (loser !== prepared) best = prepared;
      if (loser.release) await loser.release();
    } catch (error) {
      if (!best.run) best.absent = error.message.split('\n')[0];
    }
  }
  return best;
}

async function open(s) {
  const way = await fastest(s);
  if (!way.run) {
    say({absent: way.absent});
    return null;
  }
  const output = way.output();
  fs.appendFileSync(s.file, Buffer.from(output.buffer, output.byteOffset, output.byteLength));
  say({how: way.how});
  return way;
}

async function main() {
  say({name: `ONNX Runtime ${require('onnxruntime-node/package.json').version}`});
  let way = null;
  for await (const line of readline.createInterface({input: process.stdin})) {
    const request = JSON.parse(line);
    if (request.do === 'run') {
      say({ms: await way.run()});
      continue;
    }
    if (way) await way.release();
    way = await open(request);
  }
}

main();
