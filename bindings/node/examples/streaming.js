// Goes on with a text, and shows it as it is written: node streaming.js MODEL PROMPT [TOKENS]
// SPDX-License-Identifier: MIT
import { Context, Model, Session, Tokenizer } from 'selfattn';

const [path, prompt, maxTokens = 40] = process.argv.slice(2);
const ctx = new Context();
const [model, tokenizer] = [await Model.open(ctx, path), await Tokenizer.open(ctx, path)];
process.stdout.write(prompt);
for await (const piece of new Session(model).stream(ctx, tokenizer, prompt, { maxTokens: Number(maxTokens) })) {
  process.stdout.write(piece);
}
console.log();
