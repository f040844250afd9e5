// Says how close two sentences are in meaning: node sentences.js MODEL SENTENCE SENTENCE
// SPDX-License-Identifier: MIT
import { Context, Model, Tokenizer } from 'selfattn';

const [path, ...texts] = process.argv.slice(2);
const ctx = new Context();
const [model, tokenizer] = [await Model.open(ctx, path), await Tokenizer.open(ctx, path)];
const { embedding } = await model.encode(ctx, texts.map((text) => tokenizer.encode(text)));
const width = embedding.length / texts.length; // the vectors lie one behind the other

const [a, b] = [embedding.subarray(0, width), embedding.subarray(width)];
const cosine = a.reduce((sum, x, i) => sum + x * b[i], 0) / Math.hypot(...a) / Math.hypot(...b);
console.log(`"${texts[0]}" and "${texts[1]}": ${cosine.toFixed(3)}`);
