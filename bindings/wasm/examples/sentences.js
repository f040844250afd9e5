// Says how close two sentences are in meaning: node sentences.js MODEL SENTENCE SENTENCE
// SPDX-License-Identifier: MIT
import { Context, Model, Tokenizer, constants } from 'selfattn-wasm';

const [path, ...texts] = process.argv.slice(2);
const ctx = new Context();
const model = await Model.open(ctx, path, { weights: constants.SA_F32 });
const tokenizer = await Tokenizer.open(ctx, path);
const { embedding } = await model.encode(ctx, texts.map((text) => tokenizer.encode(text)));
const width = embedding.length / texts.length;
const [a, b] = [embedding.subarray(0, width), embedding.subarray(width)];
const cosine = a.reduce((sum, x, i) => sum + x * b[i], 0) / Math.hypot(...a) / Math.hypot(...b);
console.log(`"${texts[0]}" and "${texts[1]}": ${cosine.toFixed(3)}`);
