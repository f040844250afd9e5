// Texts as vectors, and how near each is to the first: node encode.js MODEL TEXT TEXT...
// SPDX-License-Identifier: MIT
import { Context, Model, Tokenizer } from 'selfattn';

const [path, ...texts] = process.argv.slice(2);
const ctx = new Context();
const [model, tokenizer] = [await Model.open(ctx, path), await Tokenizer.open(ctx, path)];
const { embedding } = await model.encode(ctx, texts.map((text) => tokenizer.encode(text)));
const width = embedding.length / texts.length;
texts.forEach((text, row) => {
  let near = 0;
  for (let i = 0; i < width; i++) near += embedding[i] * embedding[row * width + i];
  console.log(`${near.toFixed(3)}  ${text}`);
});
