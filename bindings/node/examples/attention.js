// Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
// SPDX-License-Identifier: MIT
import { Context, attention, tensor } from 'selfattn';

const [HEADS, TOKENS, SIZE] = [2, 5, 8];
const numbers = (step) => Float32Array.from({ length: HEADS * TOKENS * SIZE }, (_, i) => (i * step % 13) / 13);

const ctx = new Context();
const [q, k, v] = [3, 5, 7].map((step) => tensor(numbers(step), [1, HEADS, TOKENS, SIZE]));
const { output } = await attention(ctx, q, k, v, { masking: { causal: true } });

console.log([...output.slice(-4)].map((number) => number.toFixed(4)).join(' '));
