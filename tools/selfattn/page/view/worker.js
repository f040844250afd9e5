// The engine's worker: opens the model, then reads one sentence after the other. It stands behind selfattn.js, which
// defines selfattn(bytes), in one script.
// SPDX-License-Identifier: MIT
import { featuresOf, pixelsOf } from './picture.js';

const FOLDER = '/model';
const MOST_WRITTEN = 256; // tokens for a text, as selfattn translate has it
const tools = {};

async function open({ module, files, most, part, side: image_size }) {
  const { constants, Context, Model, Session, storeFile, Tokenizer } = await selfattn(module);
  for (const [name, bytes] of Object.entries(files)) storeFile(`${FOLDER}/${name}`, bytes);
  const context = new Context();
  const model = await Model.open(context, FOLDER, { weights: constants.SA_F32, part, image_size });
  Object.assign(tools, { context, model, most, Session });
  if (model.get('VOCABULARY') === 0) return {}; // it takes pictures
  // Models that translate may have a list of tokens for each side.
  const [list, other] = ['source_vocabulary.txt', 'target_vocabulary.txt'].map((name) => (name in files ? name : ''));
  const tokenizer = await Tokenizer.open(context, `${FOLDER}/${list}`);
  const written = other ? await Tokenizer.open(context, `${FOLDER}/${other}`) : tokenizer;
  Object.assign(tools, { tokenizer, written });
  return {};
}

/** The tokens of a text that the model can read; language: the token that tells it the text's. */
function tokensOf(text, language = -1) {
  const ids = [...tools.tokenizer.encode(text, 0, language)];
  if (!ids.length) throw new Error('There is nothing to read yet.');
  if (ids.length > tools.most) throw new Error(`This is ${ids.length} tokens; the page reads at most ${tools.most}.`);
  return ids;
}

/** Where words look: the weights, or what they are computed from. */
async function read({ text, weighed }) {
  const ids = tokensOf(text);
  const wanted = weighed ? { attention: true } : { queries: true, keys: true };
  return { ...named(ids), text, ...await tools.model.encode(tools.context, [ids], wanted) };
}

/** Token numbers of a text that was read: their words, and which of them the tokenizer adds to every text. */
function named(ids, language = -1) {
  const added = new Set(tools.tokenizer.encode('', 0, language));
  return { words: ids.map((id) => tools.tokenizer.token(id)), special: ids.map((id) => Number(added.has(id))) };
}

/** What sentences mean. */
async function embed({ texts }) {
  const all = texts.map((text) => tokensOf(text));
  const { embedding } = await tools.model.encode(tools.context, all, { embedding: true });
  const width = embedding.length / texts.length;
  return {
    tokens: all.reduce((sum, ids) => sum + ids.length, 0), texts,
    embeddings: texts.map((_, i) => embedding.slice(i * width, (i + 1) * width)),
  };
}

/** Goes on with a text, by the most probable tokens. */
async function write({ begin, count }) {
  const ids = tokensOf(begin);
  const maxTokens = Math.min(count, tools.most - ids.length);
  if (maxTokens < 1) throw new Error(`The text has ${ids.length} tokens; the page reads no more.`);
  tools.session ??= new tools.Session(tools.model);
  tools.session.truncate(0);
  const [{ tokens }] = await tools.session.generate(tools.context, [ids], { maxTokens });
  const before = tools.tokenizer.decodeBytes(ids).length;
  const written = tools.tokenizer.decodeBytes([...ids, ...tokens]).subarray(before);
  if (!written.length) throw new Error('The model ends the text here.');
  return { tokens: tokens.length, text: begin + new TextDecoder().decode(written) };
}

/** What the decoder is given first; told: the token of a language, or -1. */
function beginningOf({ told, replacesStart }) {
  const start = replacesStart && told >= 0 ? -1 : tools.model.get('START_TOKEN');
  return [start, told >= 0 ? told : tools.model.get('FORCED_FIRST_TOKEN')].filter((id) => id >= 0);
}

/** Writes a text for a text, by the most probable tokens, and says where both look. */
async function rewrite({ source, around, ...language }) {
  const { model, context, written: tokenizer } = tools;
  const ids = tokensOf(source, around);
  const begin = beginningOf(language);
  const all = [];
  tools.session ??= new tools.Session(model);
  await tools.session.encode(context, [ids]);
  const [{ end }] = await tools.session.generate(context, [begin], {
    maxTokens: Math.min(MOST_WRITTEN, tools.most - begin.length), modelRules: true,
    onToken: (_, token) => {
      all.push(token);
      postMessage({ written: tokenizer.decode(all) });
    },
  });
  // A token was written where the one in front of it looked.
  const targets = [...begin, ...all.slice(0, -1)];
  const { attention, crossAttention } = await model.encode(context, [ids], { attention: true, crossAttention: true },
    { targets: [targets] });
  const text = end === 'token' ? all.slice(0, -1) : all;
  return {
    source: named(ids, around), tokens: ids.length + all.length, attention, crossAttention, targets: targets.length,
    words: all.map((id) => tokenizer.token(id) || '?'), special: all.map((_, i) => Number(i >= text.length)),
    text: tokenizer.decode(text),
  };
}

/** Where patches of a picture look. */
async function see({ picture, rules }) {
  const bitmap = await createImageBitmap(picture, { colorSpaceConversion: 'none' }).catch(() => {
    throw new Error(`${picture.name} is no picture that this browser reads.`);
  });
  const { features, part } = featuresOf(pixelsOf(bitmap), rules);
  const wanted = { attention: true, logits: tools.model.get('OUTPUTS') > 0 };
  return { bitmap, part, ...await tools.model.encode(tools.context, [features], wanted) };
}

// By what a question has in it.
const tasks = { module: open, text: read, texts: embed, begin: write, source: rewrite, picture: see };

/** What need not be copied. */
const moved = (answer) => Object.values(answer)
  .map((value) => (ArrayBuffer.isView(value) ? value.buffer : value))
  .filter((value) => value instanceof ArrayBuffer || value instanceof ImageBitmap);

onmessage = async ({ data }) => {
  try {
    const [task] = Object.keys(tasks).filter((key) => key in data);
    const answer = await tasks[task](data);
    postMessage(answer, moved(answer));
  } catch (error) {
    postMessage({ failure: error.message });
  }
};
