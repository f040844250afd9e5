// Writes cases.json: texts, the token numbers that Hugging Face's tokenizers give them and what those decode to, for variants of
// tokenizer.json here and, with a second argument, for all-MiniLM-L6-v2's tokenizer.json (written to ../minilm/tokens.json).
//   npm install @anush008/tokenizers@0.6.0 (the Rust library tokenizers 0.22.2); node make.js [path/to/tokenizer.json]
// SPDX-License-Identifier: MIT
const fs = require('fs');
const os = require('os');
const path = require('path');
const {Tokenizer} = require('@anush008/tokenizers');

const letters = [...'abcdefghijklmnopqrstuvwxyzABCDEÉÜéüßσΣςıİɑɐ0123456789', '\u0301', '\u0307', '\u302e', '\u302f', '\u1100', '\u1161',
  '\uac00', '\u4e2d', '\u6587', '\u8c48', '\uf900', '\u0391', '\u03b1', '\u03ac', '\u0430', '\u0416', '\u0436', '\ufffd', '\u200b', '\u0938',
  '\u093f', '\u{1d165}', '\u{1f600}', '\ue000', '\u0378', '\u{2b820}', '\u{2b920}'];
const symbols = [...'!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~\u2014\u3002\u00bf\u00ab\u00a7\u20ac\u2026\u30fb\u2212'];
const words = ['the', 'cat', '##s', '##at', 'un', '##believ', '##able', 'unbeliev', '##ab', 'it', 'ca', '##t!'];

function base() {
  const vocab = {};
  const specials = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
  for (const token of [...specials, ...letters, ...letters.map(c => '##' + c), ...symbols, ...words])
    if (!(token in vocab)) vocab[token] = Object.keys(vocab).length;
  const added = (content, id, special, normalized, lstrip = false, rstrip = false) =>
    ({id, content, single_word: false, lstrip, rstrip, normalized, special});
  const next = Object.keys(vocab).length;
  const piece = id => ({SpecialToken: {id, type_id: 0}}), special = id => ({id, ids: [vocab[id]], tokens: [id]});
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: [...specials.map(t => added(t, vocab[t], true, false)), added('[LEFT]', next, true, false, true),
      added('[BOTH]', next + 1, true, false, true, true), added('New York', next + 2, false, true),
      added('New', next + 3, false, true), added('<right>', next + 4, false, true, false, true)],
    normalizer: {type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true},
    pre_tokenizer: {type: 'BertPreTokenizer'},
    post_processor: {type: 'TemplateProcessing', single: [piece('[CLS]'), {Sequence: {id: 'A', type_id: 0}}, piece('[SEP]')],
      pair: [piece('[CLS]'), {Sequence: {id: 'A', type_id: 0}}, piece('[SEP]'), {Sequence: {id: 'B', type_id: 1}}, piece('[SEP]')],
      special_tokens: {'[CLS]': special('[CLS]'), '[SEP]': special('[SEP]')}},
    decoder: {type: 'WordPiece', prefix: '##', cleanup: true},
    model: {type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 20, vocab},
  };
}

const texts = [
  '', ' ', '  \t\n\r ', 'the cat sat', 'The CATS!', 'unbelievable', 'unbelieving', 'unbelievab', 'xyzzy', 'q\u00e9', 'caf\u00e9 \u00dc\u00df \u00c9a',
  'e\u0301\u0301 n\u0303', 'a\u0301b', '\u0130stanbul \u0131', '\u03a3\u03c3\u03c2 \u0391\u03ac', '\u0416\u0436', 'a\u0000b', 'a\u0001b\u007fc', 'a\u000bb a\u000cb a\u0085b',
  'a\tb\nc\rd', 'a\u00a0b\u2003c\u3000d\u2028e\u2029f\u202fg\u205fh\u1680i', 'a\u200bb\u200db\ufeffc\u2060d', 'a\ufffdb', 'a\ue000b', 'a\u0378b',
  '\u4e2d\u6587abc\u4e2d', 'a\uf900b', 'a\u8c48b', 'a\u{2b820}b\u{2b920}c', '\uac00\u1100\u1161', '\u302f\u302ea', 'a\u{1d165}\u302e\u302fb',
  'a\u302f\u0301\u302eb', 'a\u302f\u0300b\u302e', '\u0938\u093f\u0938', '\u{1f600}', 'a\u{1f600}b', "it's (un)believable: 3.14, $5 & 50%!", 'a\u2014b\u3002c\u00bfd\u00ab e\u00a7f\u20acg',
  'x\u2212y\u30fbz\u2026', '[MASK]', 'the [MASK] sat.', 'the[MASK]cat', '[mask]', '[ MASK ]', '[CLS] a [SEP] [PAD] [UNK]', '[MASK', '[[MASK]]', 'a [LEFT] b', 'a \t\n[LEFT]b',
  '[LEFT][LEFT]', 'a  [BOTH]  b', 'a\u3000[BOTH]\u2003 [BOTH] b', '[BOTH]', ' [BOTH] ', 'I like New York', 'new york', 'NEW\tYORK new  york', 'NEWER', 'New', 'a<RIGHT>  b', '<right><Right> ',
  'N\u00e9w Y\u00f6rk', 'aaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaaaaa\u00e9', 'a'.repeat(200) + ' b', 'a\u0301'.repeat(20), 'cat!', "can't", '##s ##at', '# #s',
  '1234567890', 'a_b-c', '"quoted"', 'A\u030a \u212b \u00c5', '\u1e9e', 'b\u{10ffff}b',
];

const variants = [
  {}, {normalizer: {lowercase: false}}, {normalizer: {strip_accents: false}}, {normalizer: {strip_accents: true, lowercase: false}},
  {normalizer: {clean_text: false}}, {normalizer: {handle_chinese_chars: false}},
  {normalizer: {clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false}},
  {model: {continuing_subword_prefix: ''}}, {model: {max_input_chars_per_word: 3}}, {decoder: {cleanup: false}}, {decoder: {prefix: '#'}},
];

async function encode(tokenizer, list) {
  const cases = [];
  for (const text of list) {
    const ids = (await tokenizer.encode(text)).getIds();
    cases.push({text, ids, decoded: await tokenizer.decode(ids, true)});
  }
  return cases;
}

const json = cases => '[\n' + cases.map(c => JSON.stringify(c).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'))).join(',\n') + '\n]\n';

(async () => {
  const file = path.join(os.tmpdir(), 'tokenizer-variant.json'), all = [];
  fs.writeFileSync(path.join(__dirname, 'tokenizer.json'), JSON.stringify(base(), null, 1) + '\n');
  for (const changes of variants) {
    const variant = base();
    for (const section in changes) Object.assign(variant[section], changes[section]);
    fs.writeFileSync(file, JSON.stringify(variant));
    all.push({changes, cases: await encode(Tokenizer.fromFile(file), texts)});
  }
  fs.writeFileSync(path.join(__dirname, 'cases.json'), json(all));
  if (!process.argv[2]) return;
  const real = JSON.parse(fs.readFileSync(process.argv[2]));
  real.truncation = real.padding = null;
  fs.writeFileSync(file, JSON.stringify(real));
  const more = ['Attention is all you need.', 'Zażółć gęślą jaźń', 'Привет, мир!', 'こんにちは世界', '안녕하세요', 'مرحبا بالعالم', 'नमस्ते दुनिया', 'Ελλάς ΣΊΣΥΦΟΣ',
    'http://example.com/a?b=c&d=e#f', 'x = y**2 + 3*z; // comment', 'antidisestablishmentarianism', '😀👍🏽', 'naïve façade—coöperate', 'İstanbul’da ılık'];
  fs.writeFileSync(path.join(__dirname, '../minilm/tokens.json'), json(await encode(Tokenizer.fromFile(file), [...texts, ...more])));
})();
