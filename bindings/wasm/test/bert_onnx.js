// A sentence encoder (BERT, mean of the tokens, length 1) as an ONNX model of float weights, with the fused operators
// of ONNX Runtime, made from a folder with config.json and a file of safetensors.
// SPDX-License-Identifier: MIT
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import onnx from '../../../bench/rivals/onnx_model.js';

const OPSET = 18; // the first whose ReduceMean reads its axes as an input

function floatOfHalf(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = bits >> 10 & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 25) * (1024 + fraction) : 2 ** -24 * fraction);
}

// {name: {data: Float32Array, shape}} of those of F32 and F16.
function readTensors(path) {
  const file = readFileSync(path);
  const start = 8 + Number(file.readBigUInt64LE(0));
  const tensors = {};
  for (const [name, { dtype, shape, data_offsets: at }] of Object.entries(JSON.parse(file.subarray(8, start)))) {
    if (dtype !== 'F32' && dtype !== 'F16') continue;
    const bytes = Uint8Array.from(file.subarray(start + at[0], start + at[1])).buffer;
    const data = dtype === 'F32' ? new Float32Array(bytes) : Float32Array.from(new Uint16Array(bytes), floatOfHalf);
    tensors[name] = { data, shape };
  }
  return tensors;
}

// Matrices of [out, in] side by side as [in, all outs].
function transposed(matrices) {
  const [outs, ins] = [matrices.reduce((sum, { shape }) => sum + shape[0], 0), matrices[0].shape[1]];
  const data = new Float32Array(outs * ins);
  let first = 0;
  for (const matrix of matrices) {
    for (let o = 0; o < matrix.shape[0]; o++) {
      for (let i = 0; i < ins; i++) data[i * outs + first + o] = matrix.data[o * ins + i];
    }
    first += matrix.shape[0];
  }
  return [data, [ins, outs]];
}

/** The bytes of the model: ids, 32-bit integers [1, tokens], become embedding [1, width]. */
export function bertAsOnnx(folder) {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const file = readdirSync(folder).find((name) => name.endsWith('.safetensors'));
  const tensors = readTensors(join(folder, file));
  const { hidden_size: width, layer_norm_eps: epsilon } = config;
  const constants = {};
  const nodes = [];
  const keep = (name) => {
    constants[name] = [tensors[name].data, tensors[name].shape];
    return name;
  };
  const matrix = (name, ...parts) => {
    constants[name] = transposed(parts.map((part) => tensors[`${part}.weight`]));
    return name;
  };
  const add = (op, inputs, output, attributes = {}, domain = 'com.microsoft') => {
    nodes.push({ op, inputs, outputs: [output].flat(), attributes, domain });
    return [output].flat()[0];
  };

  // All tokens are of type 0, whose row is added to the positions.
  const types = tensors['embeddings.token_type_embeddings.weight'].data.subarray(0, width);
  const positions = keep('embeddings.position_embeddings.weight');
  constants[positions][0] = constants[positions][0].map((x, i) => x + types[i % width]);
  let x = add('EmbedLayerNormalization', ['ids', '', keep('embeddings.word_embeddings.weight'), positions, '',
    keep('embeddings.LayerNorm.weight'), keep('embeddings.LayerNorm.bias')], ['x', 'hidden'], { epsilon });
  for (let l = 0; l < config.num_hidden_layers; l++) {
    const at = `encoder.layer.${l}`;
    const heads = ['query', 'key', 'value'].map((name) => `${at}.attention.self.${name}`);
    const biases = heads.flatMap((name) => [...tensors[`${name}.bias`].data]);
    const plus = (name, sum) => add('SkipLayerNormalization',
      [x, sum, keep(`${name}.LayerNorm.weight`), keep(`${name}.LayerNorm.bias`), keep(`${name}.dense.bias`)],
      `${name}.x`, { epsilon });
    const times = (name, input) => add('MatMul', [input, matrix(`${name}.weight`, name)], `${name}.y`, {}, '');
    constants[`${at}.biases`] = [Float32Array.from(biases), [3 * width]];
    const joined = add('Attention', [x, matrix(`${at}.heads`, ...heads), `${at}.biases`], `${at}.joined`,
      { num_heads: config.num_attention_heads });
    x = plus(`${at}.attention.output`, times(`${at}.attention.output.dense`, joined));
    const inner = add('BiasGelu', [times(`${at}.intermediate.dense`, x), keep(`${at}.intermediate.dense.bias`)],
      `${at}.inner`);
    x = plus(`${at}.output`, times(`${at}.output.dense`, inner));
  }
  constants.axes = [BigInt64Array.of(1n), [1]];
  const mean = add('ReduceMean', [x, 'axes'], 'mean', { keepdims: 0 }, '');
  add('LpNormalization', [mean], 'embedding', { axis: 1, p: 2 }, '');
  return onnx.model({ opset: OPSET, nodes, integers: { ids: [1, 'tokens'] }, outputs: { embedding: [1, width] },
    constants });
}
