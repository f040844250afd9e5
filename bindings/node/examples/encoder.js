// A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
// normalised. SPDX-License-Identifier: MIT
import { Context, Layer, tensor } from 'selfattn';

const [T, E, INNER] = [5, 64, 128];
const numbers = (count) => Float32Array.from({ length: count }, (_, i) => ((i * 7) % 31 - 15) / 160);

/** Adds `more` to x; then each row gets mean 0 and variance 1. */
function addAndNorm(x, more) {
  x.forEach((_, i) => { x[i] += more[i]; });
  for (let t = 0; t < T; t++) {
    const row = x.subarray(t * E, (t + 1) * E);
    const mean = row.reduce((sum, a) => sum + a, 0) / E;
    const variance = row.reduce((sum, a) => sum + (a - mean) ** 2, 0) / E;
    row.forEach((a, i) => { row[i] = (a - mean) / Math.sqrt(variance + 1e-5); });
  }
}

/** Rows times a matrix [out][in]. */
function linear(x, weight, inputs, outputs) {
  return Float32Array.from({ length: x.length / inputs * outputs }, (_, i) => {
    const [row, out] = [Math.floor(i / outputs) * inputs, i % outputs * inputs];
    let sum = 0;
    for (let j = 0; j < inputs; j++) sum += x[row + j] * weight[out + j];
    return sum;
  });
}

const matrix = numbers(E * E);
const x = Float32Array.from({ length: T * E }, (_, i) => (i * i % 13) / 13);

const ctx = new Context();
const layer = new Layer({
  modelWidth: E, queryHeads: 4, weightQ: matrix, weightK: matrix, weightV: matrix, weightO: matrix,
});
const { y } = await layer.forward(ctx, tensor(x, [1, 1, T, E])); // batch, heads, tokens, width

addAndNorm(x, y);
const inner = linear(x, numbers(INNER * E), E, INNER).map((a) => Math.max(a, 0));
addAndNorm(x, linear(inner, numbers(E * INNER), INNER, E));
console.log([...x.slice(0, 4)].map((a) => a.toFixed(4)).join(' '));
