/* Writes pairs.json: what Hugging Face's tokenizers make of 1,500 pairs of the texts of hostile.mjs, each cut to a
 * drawn number of tokens (an even one without those beside the texts: releases differ in which text keeps an odd one)
 * or not at all, with tokenizers of kinds.json and what may stand beside two texts: a digest of token numbers and types
 * per 50 pairs.
 *    tokenizers 0.23.2 (npm install tokenizers); node make_pairs.mjs [NAME: prints each pair with its numbers]
 * SPDX-License-Identifier: MIT */
import { createRequire } from 'node:module'
import { readFileSync, writeFileSync } from 'node:fs'
import { GROUP, NO_DIGEST, digestNumbers, drawn, texts, written } from './hostile.mjs'

const { Tokenizer } = createRequire(process.cwd() + '/')('tokenizers')
const here = new URL('.', import.meta.url)
const kinds = JSON.parse(readFileSync(new URL('kinds.json', here), 'utf8'))

/* "<s>:0 $A:0": special tokens and texts, each with its type. */
function pieces(text) {
  return text.split(' ').map(piece => {
    const [id, type] = piece.split(':')
    const type_id = Number(type)
    return id[0] === '$' ? { Sequence: { id: id[1], type_id } } : { SpecialToken: { id, type_id } }
  })
}

function template(single, pair, tokens) {
  const special_tokens = {}
  for (const [id, ids] of Object.entries(tokens)) special_tokens[id] = { id, ids, tokens: ids.map(String) }
  return { type: 'TemplateProcessing', single: pieces(single), pair: pieces(pair), special_tokens }
}

const WORDS = { '<s>': [313], '</s>': [314] }
const byte_level = { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true }
/* The kind, and its post_processor. */
const FRAMES = {
  bert: ['word_piece', { type: 'BertProcessing', sep: ['</s>', 314], cls: ['<s>', 313] }],
  bert_template: ['word_piece', template('<s>:0 $A:0 </s>:0', '<s>:0 $A:0 </s>:0 $B:1 </s>:1', WORDS)],
  roberta: ['clip', { type: 'RobertaProcessing', sep: ['<|endoftext|>', 0], cls: ['<|startoftext|>', 700],
    trim_offsets: false, add_prefix_space: false }],
  xlm_roberta: ['xlm_roberta', template('<s>:0 $A:0 </s>:0', '<s>:0 $A:0 </s>:0 </s>:0 $B:0 </s>:0',
    { '<s>': [121], '</s>': [149] })],
  t5: ['t5', template('$A:0 </s>:0', '$A:0 </s>:0 $B:0 </s>:0', { '</s>': [151] })],
  llama: ['llama2', template('<s>:0 $A:0', '<s>:0 $A:0 <s>:1 $B:1', { '<s>': [556] })],
  bytes: ['gpt2', byte_level],
  bytes_and_template: ['gpt2', { type: 'Sequence', processors: [byte_level,
    template('<|endoftext|>:0 $A:0', '$A:3 <|endoftext|>:2 $B:1 <|endoftext|>:7',
      { '<|endoftext|>': [420, 5, 420] })] }],
  nothing: ['gemma', null]
}

async function digests(name, tokenizer) {
  const next = drawn(2n), list = [], [...all] = texts(), beside = (await tokenizer.encode('', '')).getIds().length
  let hash = NO_DIGEST
  for (let i = 0; i < all.length; i += 2) {
    const most = next() % 3 ? beside + 2 + 2 * (next() % 30) : 0
    if (most) await tokenizer.setTruncation(most, { strategy: 'LongestFirst' })
    else await tokenizer.disableTruncation()
    const encoding = await tokenizer.encode(all[i], all[i + 1]), ids = encoding.getIds(), types = encoding.getTypeIds()
    if (process.argv[2] === name) console.log(JSON.stringify([all[i], all[i + 1], most, ids, types]))
    hash = digestNumbers(digestNumbers(hash, ids), types)
    if ((i / 2 + 1) % GROUP === 0) list.push(written(hash))
  }
  return list
}

const lines = []
for (const [name, [kind, post_processor]] of Object.entries(FRAMES)) {
  const tokenizer = Tokenizer.fromString(JSON.stringify({ ...kinds[kind].tokenizer, post_processor }))
  const entry = { kind, post_processor, digests: await digests(name, tokenizer) }
  lines.push(JSON.stringify(name) + ':' + JSON.stringify(entry))
}
if (process.argv.length < 3)
  writeFileSync(new URL('pairs.json', here), '{\n' + lines.join(',\n') + '\n}\n')
