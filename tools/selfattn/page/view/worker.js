// The engine's worker: opens the model, then reads one sentence after the other. It stands behind selfattn.js, which
// defines selfattn(bytes), in one script.
// SPDX-License-Identifier: MIT
const tools = {};

async function open({ module, model, most }) {
  const { constants, Context, Model, storeFile, Tokenizer } = await selfattn(module);
  storeFile('/model.gguf', model);
  tools.context = new Context();
  tools.model = await Model.open(tools.context, '/model.gguf', { weights: constants.SA_F32 });
  tools.tokenizer = await Tokenizer.open(tools.context, '/model.gguf');
  tools.most = most;
  tools.added = new Set(tools.tokenizer.encode('')); // what the tokenizer adds to every text
  return {};
}

async function read({ text }) {
  const ids = [...tools.tokenizer.encode(text)];
  if (!ids.length) throw new Error('There is nothing to read yet.');
  if (ids.length > tools.most) throw new Error(`This is ${ids.length} tokens; the page reads at most ${tools.most}.`);
  const { queries, keys } = await tools.model.encode(tools.context, [ids], { queries: true, keys: true });
  return {
    words: ids.map((id) => tools.tokenizer.token(id)),
    special: ids.map((id) => Number(tools.added.has(id))),
    queries, keys,
  };
}

onmessage = async ({ data }) => {
  try {
    const answer = await (data.module ? open(data) : read(data));
    postMessage(answer, [answer.queries, answer.keys].filter(Boolean).map((array) => array.buffer));
  } catch (error) {
    postMessage({ failure: error.message });
  }
};
