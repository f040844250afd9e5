// The engine's worker: opens the model, then reads one sentence after the other. It stands behind selfattn.js, which
// defines selfattn(bytes), in one script.
// SPDX-License-Identifier: MIT
const tools = {};

async function open({ module, model, most }) {
  const { constants, Context, Model, Session, storeFile, Tokenizer } = await selfattn(module);
  storeFile('/model.gguf', model);
  tools.context = new Context();
  tools.model = await Model.open(tools.context, '/model.gguf', { weights: constants.SA_F32 });
  tools.tokenizer = await Tokenizer.open(tools.context, '/model.gguf');
  Object.assign(tools, { most, Session });
  tools.added = new Set(tools.tokenizer.encode('')); // what the tokenizer adds to every text
  return {};
}

/** The tokens of a text that the model can read. */
function tokensOf(text) {
  const ids = [...tools.tokenizer.encode(text)];
  if (!ids.length) throw new Error('There is nothing to read yet.');
  if (ids.length > tools.most) throw new Error(`This is ${ids.length} tokens; the page reads at most ${tools.most}.`);
  return ids;
}

/** Where words look: what weights are computed from. */
async function read({ text }) {
  const ids = tokensOf(text);
  const { queries, keys } = await tools.model.encode(tools.context, [ids], { queries: true, keys: true });
  return {
    words: ids.map((id) => tools.tokenizer.token(id)),
    special: ids.map((id) => Number(tools.added.has(id))),
    tokens: ids.length, text, queries, keys,
  };
}

/** What sentences mean. */
async function embed({ texts }) {
  const all = texts.map(tokensOf);
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

const tasks = { module: open, text: read, texts: embed, begin: write }; // by what a question has in it

onmessage = async ({ data }) => {
  try {
    const [task] = Object.keys(tasks).filter((key) => key in data);
    const answer = await tasks[task](data);
    postMessage(answer, [answer.queries, answer.keys].filter(Boolean).map((array) => array.buffer));
  } catch (error) {
    postMessage({ failure: error.message });
  }
};
