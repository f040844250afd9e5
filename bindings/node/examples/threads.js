// Four calls share one layer at once; each has a context of its own, and runs on a thread of koffi's.
// SPDX-License-Identifier: MIT
import assert from 'node:assert';
import { Context, Layer, tensor } from 'selfattn';

const [T, E] = [5, 64];
const x = Float32Array.from({ length: T * E }, (_, i) => (i * i % 13) / 13);
const matrix = (n) => Float32Array.from({ length: E * E }, (_, i) => ((i + n * E * E) * 7 % 31 - 15) / 160);
const layer = new Layer({
  modelWidth: E, queryHeads: 4, weightQ: matrix(0), weightK: matrix(1), weightV: matrix(2), weightO: matrix(3),
});
const results = await Promise.all([0, 1, 2, 3].map(() => layer.forward(
  new Context({ threads: 1 }), tensor(x, [1, 1, T, E]), { masking: { causal: true } })));
results.forEach(({ y }) => assert.deepEqual(y, results[0].y));
console.log(`4 threads, the same bits, y[0] = ${results[0].y[0].toFixed(4)}`);
