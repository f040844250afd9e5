/* Writes ways.json: a small byte-level tokenizer whose merges cross all words, and what Hugging Face's tokenizers make of
 * the texts of hostile.py when words are cut as the models behind names of GGUF ("tokenizer.ggml.pre") do: a digest of token
 * numbers and decoded texts per 50 texts.
 *    tokenizers 0.23.2 (npm install tokenizers); node make_ways.mjs
 * SPDX-License-Identifier: MIT */
import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
import { GROUP, NO_DIGEST, digest, digestNumbers, fragments, texts, written } from './hostile.mjs'

const { Tokenizer } = createRequire(process.cwd() + '/')('tokenizers')
const here = new URL('.', import.meta.url)
const MERGES = 330

/* GPT-2's alphabet of bytes. */
function alphabet() {
  const shown = [...Array(256).keys()].filter(b => (b > 32 && b < 127) || (b > 160 && b !== 173))
  let more = 0
  return [...Array(256).keys()].map(b => String.fromCodePoint(shown.includes(b) ? b : 256 + more++))
}

/* Byte-pair encoding of whole texts: the most frequent pair of neighbours becomes a token. Of tokens that are as frequent,
 * the one that comes first in the order of JavaScript's strings. */
function train() {
  const letters = alphabet()
  const own = ['12 123 1234 12345 123456 1234567', "they'll don't CATs Cats", '  a   b    c', 'one\n\n two\r\n three']
  const sequences = [...[...texts()].slice(0, 300), ...fragments, ...own, ...own]
    .map(text => [...Buffer.from(text)].map(byte => letters[byte]))
  const merges = []
  while (merges.length < MERGES) {
    const counts = new Map()
    for (const s of sequences)
      for (let i = 1; i < s.length; i++) {
        const pair = s[i - 1] + ' ' + s[i]
        counts.set(pair, (counts.get(pair) ?? 0) + 1)
      }
    const [best] = [...counts].reduce((a, b) => (b[1] > a[1] || (b[1] === a[1] && b[0] < a[0]) ? b : a))
    const [left, right] = best.split(' ')
    merges.push([left, right])
    for (const s of sequences)
      for (let i = 1; i < s.length; i++)
        if (s[i - 1] === left && s[i] === right) s.splice(i - 1, 2, left + right)
  }
  const tokens = [...new Set([...letters, ...merges.map(([left, right]) => left + right)])]
  return { type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
    fuse_unk: false, byte_fallback: false, ignore_merges: false,
    vocab: Object.fromEntries(tokens.map((token, id) => [token, id])), merges }
}

const split = Regex => ({ type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false })
const gpt2 = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true }
const digits = { type: 'Digits', individual_digits: true }
const SHORT = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
const SPACES = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+'
const CAPITAL = '\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}'
const SMALL = '\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}'
const HAN = '[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+'
const SYMBOL = '[!"#$%&\'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+'
/* Letters with two cases, of DeepSeek LLM. */
const CASED = [
  'A-Za-z\\x{b5}\\x{c0}-\\x{d6}\\x{d8}-\\x{f6}\\x{f8}-\\x{1ba}\\x{1bc}-\\x{1bf}\\x{1c4}-\\x{293}',
  '\\x{295}-\\x{2af}\\x{370}-\\x{373}\\x{376}\\x{377}\\x{37b}-\\x{37d}\\x{37f}\\x{386}\\x{388}-\\x{38a}',
  '\\x{38c}\\x{38e}-\\x{3a1}\\x{3a3}-\\x{3f5}\\x{3f7}-\\x{481}\\x{48a}-\\x{52f}\\x{531}-\\x{556}',
  '\\x{10a0}-\\x{10c5}\\x{13a0}-\\x{13f5}\\x{13f8}-\\x{13fd}\\x{1c90}-\\x{1cba}\\x{1cbd}-\\x{1cbf}',
  '\\x{1d00}-\\x{1d2b}\\x{1d6b}-\\x{1d77}\\x{1d79}-\\x{1d9a}\\x{1e00}-\\x{1f15}\\x{1f18}-\\x{1f1d}',
  '\\x{1f20}-\\x{1f45}\\x{1f48}-\\x{1f4d}\\x{1f50}-\\x{1f57}\\x{1f59}\\x{1f5b}\\x{1f5d}\\x{1f5f}-\\x{1f7d}',
  '\\x{1f80}-\\x{1fb4}\\x{1fb6}-\\x{1fbc}\\x{1fbe}\\x{1fc2}-\\x{1fc4}\\x{1fc6}-\\x{1fcc}\\x{1fd0}-\\x{1fd3}',
  '\\x{1fd6}-\\x{1fdb}\\x{1fe0}-\\x{1fec}\\x{1ff2}-\\x{1ff4}\\x{1ff6}-\\x{1ffc}\\x{2102}\\x{2107}',
  '\\x{210a}-\\x{2113}\\x{2115}\\x{2119}-\\x{211d}\\x{2124}\\x{2126}\\x{2128}\\x{212a}-\\x{212d}',
  '\\x{212f}-\\x{2134}\\x{2139}\\x{213c}-\\x{213f}\\x{2145}-\\x{2149}\\x{214e}\\x{2183}\\x{2184}',
  '\\x{2c00}-\\x{2c7b}\\x{2c7e}-\\x{2ce4}\\x{2ceb}-\\x{2cee}\\x{2cf2}\\x{2cf3}\\x{a640}-\\x{a66d}',
  '\\x{a680}-\\x{a69b}\\x{a722}-\\x{a76f}\\x{a771}-\\x{a787}\\x{a78b}-\\x{a78e}\\x{ab70}-\\x{abbf}',
  '\\x{fb00}-\\x{fb06}\\x{fb13}-\\x{fb17}\\x{ff21}-\\x{ff3a}\\x{ff41}-\\x{ff5a}\\x{10400}-\\x{1044f}',
  '\\x{104b0}-\\x{104d3}\\x{104d8}-\\x{104fb}\\x{10c80}-\\x{10cb2}\\x{10cc0}-\\x{10cf2}\\x{118a0}-\\x{118df}',
  '\\x{1e900}-\\x{1e943}'
].join('')
const words = (capital, small) => {
  const before = '[^\\r\\n\\p{L}\\p{N}]?'
  return `${before}[${capital}]*[${small}]+${SHORT}?|${before}[${capital}]+[${small}]*${SHORT}?`
}

/* As llama.cpp's llama-vocab.cpp (2026) and the models' own tokenizers have them. */
const WAYS = {
  'deepseek-llm': [split('[\r\n]'), split(`\\s?[${CASED}]+`),
    split('\\s?[!-/:-~\uff01-\uff0f\uff1a-\uff5e\u2018-\u201f\u3000-\u3002]+'), split('\\s+$'),
    split('[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7ff]+'), digits],
  spark2_5: [split('\\p{N}{1,3}'), split(HAN), split(SYMBOL + '|[\r\n]|\\s+(?!\\S)|\\s+'), digits],
  afmoe: [split('\\p{N}{1,3}(?=(?:\\p{N}{3})*(?!\\p{N}))'),
    split('[\u4e00-\u9fff\u3400-\u4dbf\uf900-\ufaff\u3040-\u309f\u30a0-\u30ff\uff65-\uff9f\u2f00-\u2fdf\u0e40-\u0e7f' +
      '\u0e80-\u0eff\u1780-\u17ff\u1000-\u109f\uaa60-\uaa7f\ua9e0-\ua9ff\uac00-\ud7af\u1100-\u11ff]+'),
    split(SYMBOL + '[\\r\\n]*|' + SPACES)],
  tiny_aya: [split('\\d{1,3}(?=(?:\\d{3})*\\b)'),
    split(words(CAPITAL, SMALL) + '|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|' + SPACES)],
  superbpe: [split('\\p{N}+'), split('(?=(\\d{3})+(?!\\d))')],
  'kimi-k2': [split('[\\p{Han}]+|' + words(CAPITAL + '&&[^\\p{Han}]', SMALL + '&&[^\\p{Han}]') +
    '|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|' + SPACES)],
  youtu: [split('[\uac00-\ud7a3\u3131-\u318e]+|[\uff01\u2026\u201c\u201d\u2018\u2019\u2014\uff1a\uff1b\uff0c\u3001-\u303f' +
      '\ufe30-\ufe4f]+|[\u3105-\u312f]+|' + HAN),
    split(words(CAPITAL, SMALL) + '|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|' + SPACES)],
  chameleon: [split('<sentinel:[0-9]+>'), split('(IMGIMG)((A|B|C|D|E|F|G|H|I){1,4})Z'), split('([\\t\\n]|    |  )'),
    digits, { type: 'Punctuation', behavior: 'Isolated' }, gpt2],
  qwen2: [split(SHORT + '|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|' + SPACES)],
  qwen35: [split(SHORT + '|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*|' + SPACES)],
  mpt: [gpt2],
  'command-r': [digits, gpt2],
  'exaone-moe': [split(SHORT + '|[^\\r\\n\\p{L}\\p{N}]?(?:\\p{L}\\p{M}*(?: \\p{L}\\p{M}*)*)+|\\p{N}' +
    '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]?|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+')],
  'jais-2': [split(SHORT + '|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+' +
    '|\\s{512}(?!\\S)|\\s{256}(?!\\S)|\\s{128}(?!\\S)|\\s{64}(?!\\S)|\\s{32}(?!\\S)|\\s{16}(?!\\S)|\\s{8}(?!\\S)' +
    '|\\s{4}(?!\\S)|\\s{1,2}(?!\\S)|\\s{1}')],
  bailingmoe: [split("'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*" +
    '|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+')],
  'seed-coder': [split(SHORT + '|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1}| ?[^\\s\\p{L}\\p{N}\\r\\n]+|' + SPACES)],
  ufakzeka: [split('[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|' + SPACES)]
}
/* Those whose tokenizers compose characters first. */
const COMPOSED = ['tiny_aya', 'qwen2', 'qwen35', 'mpt', 'command-r']

async function digests(model, name) {
  const bytes = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false }
  const steps = [...WAYS[name]]
  if (steps.at(-1).type !== 'ByteLevel') steps.push(bytes)
  const tokenizer = Tokenizer.fromString(JSON.stringify({ version: '1.0', truncation: null, padding: null,
    added_tokens: [], normalizer: COMPOSED.includes(name) ? { type: 'NFC' } : null, pre_tokenizer: { type: 'Sequence', pretokenizers: steps }, post_processor: null,
    decoder: bytes, model: { ...model, ignore_merges: name === 'youtu' } }))
  const list = []
  let hash = NO_DIGEST, i = 0
  for (const text of texts()) {
    const ids = (await tokenizer.encode(text)).getIds()
    const back = await tokenizer.decode(ids, true)
    if (process.argv[2] === name) console.log(JSON.stringify([text, ids, back]))
    hash = digestNumbers(hash, ids)
    hash = digest(hash, Buffer.from((back.includes('\ufffd') ? '' : back) + '\n'))
    if (++i % GROUP === 0) list.push(written(hash))
  }
  return list
}

const model = train()
const result = { tokenizer: { model: { vocab: model.vocab, merges: model.merges } }, ways: {} }
for (const name of Object.keys(WAYS)) result.ways[name] = await digests(model, name)
const ways = Object.entries(result.ways).map(([name, list]) => JSON.stringify(name) + ':' + JSON.stringify(list))
if (process.argv.length < 3)
  writeFileSync(new URL('ways.json', here), '{"tokenizer":' + JSON.stringify(result.tokenizer) + ',\n"ways":{\n' +
    ways.join(',\n') + '\n}}\n')
