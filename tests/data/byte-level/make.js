// Writes tokenizer.json, a small byte-level tokenizer, and cases.json: texts, the token numbers that Hugging Face's tokenizers give them
// and what those decode to, for variants of it.
//   npm install @anush008/tokenizers@0.6.0 (the Rust library tokenizers 0.22.2); node make.js
// SPDX-License-Identifier: MIT
const fs = require('fs');
const os = require('os');
const path = require('path');
const {Tokenizer} = require('@anush008/tokenizers');

// The character that stands for each byte.
const visible = b => (b > 32 && b < 127) || (b > 160 && b !== 173);
let next = 256;
const alphabet = Array.from({length: 256}, (_, b) => String.fromCodePoint(visible(b) ? b : next++));
const spell = text => [...Buffer.from(text)].map(b => alphabet[b]);

const corpus = `the cat sat on the mat. the cats' toys weren't there; I'll say it's what they've got, I'm sure he'd agree, we're done
    unbelievable unbelieving believe believer there then than this that these those
int main(void) {\n    return 0;\n}\n\n\nif (x == 10) {\n\tprintf("%d", 2024);\n}\r\n 100 2000 12345 1999 007 3.14159 1,000,000 50%
caf\u00e9 na\u00efve \u00fcber Stra\u00dfe \u00e9t\u00e9 \u4f60\u597d\uff0c\u4e16\u754c\u3002\u4f60\u597d \u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440 \u0baa \u0947 \ud55c\uad6d\uc5b4 \u{1f600}\u{1f44d}\u{1f3fd} -- ... !!! ??? :) <- -> == != <|x|>
HELLO World IT'S THEY'RE don't can't 'tis  double  spaces   here \u00a0 hard \u3000 wide \u2028 line\n\n  indented\n    more\n`;

// Byte-pair encoding as it was published: the most frequent pair first, of equal ones the first that was seen.
function train(count) {
  const words = new Map(), merges = [];
  for (const match of corpus.matchAll(/'(?:[stmd]|re|ve|ll)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu)) {
    const word = spell(match[0]).join('\u0000');
    words.set(word, (words.get(word) || 0) + 1);
  }
  let list = [...words].map(([w, n]) => [w.split('\u0000'), n]);
  while (merges.length < count) {
    const pairs = new Map();
    for (const [w, n] of list)
      for (let i = 0; i + 1 < w.length; i++) pairs.set(w[i] + '\u0000' + w[i + 1], (pairs.get(w[i] + '\u0000' + w[i + 1]) || 0) + n);
    const best = [...pairs].reduce((a, b) => (b[1] > a[1] ? b : a), ['', 0]);
    if (!best[1]) break;
    const [left, right] = best[0].split('\u0000');
    merges.push([left, right]);
    for (const entry of list) {
      const w = [];
      for (const s of entry[0])
        if (w.length && w[w.length - 1] === left && s === right && !w.merged) w[w.length - 1] += s, (w.merged = true);
        else w.push(s), (w.merged = false);
      entry[0] = [...w];
    }
  }
  return merges;
}

const gpt2 = {type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true};
const bytes = {type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: false};
const split = regex => ({type: 'Sequence', pretokenizers: [{type: 'Split', pattern: {Regex: regex}, behavior: 'Isolated', invert: false}, bytes]});
const llama3 = digits => "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + digits +
  '| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
const gpt4 = "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+";

function base() {
  const specials = ['<|endoftext|>', '<|begin|>', '<|im_start|>', '<|im_end|>'], vocab = {}, merges = train(330);
  for (const token of [...specials, ...alphabet, ...merges.map(m => m.join(''))])
    if (!(token in vocab)) vocab[token] = Object.keys(vocab).length;
  // A word that no merge leads to, for ignore_merges.
  vocab['\u0120xyzzy'] = Object.keys(vocab).length;
  const added = (content, id, special, normalized, lstrip = false, rstrip = false) =>
    ({id, content, single_word: false, lstrip, rstrip, normalized, special});
  const n = Object.keys(vocab).length;
  return {
    version: '1.0', truncation: null, padding: null,
    added_tokens: [...specials.map(t => added(t, vocab[t], true, false)), added('<think>', n, false, false),
      added('  two spaces', n + 1, false, false), added('caf\u00e9 au lait', n + 2, false, true), added('[MASK]', n + 3, true, false, true, true)],
    normalizer: null, pre_tokenizer: gpt2, post_processor: null, decoder: {type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true},
    model: {type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null, fuse_unk: false,
      byte_fallback: false, ignore_merges: false, vocab, merges: merges.map(m => m.join(' '))},
  };
}

const template = {type: 'TemplateProcessing', single: [{SpecialToken: {id: '<|begin|>', type_id: 0}}, {Sequence: {id: 'A', type_id: 0}}],
  pair: [{Sequence: {id: 'A', type_id: 0}}, {Sequence: {id: 'B', type_id: 1}}],
  special_tokens: {'<|begin|>': {id: '<|begin|>', ids: [1], tokens: ['<|begin|>']}}};
const all = [
  {}, {pre_tokenizer: {...gpt2, add_prefix_space: true}}, {pre_tokenizer: bytes}, {pre_tokenizer: split(llama3('{1,3}')), model: {ignore_merges: true}},
  {pre_tokenizer: split(llama3('')), normalizer: {type: 'NFC'}}, {pre_tokenizer: split(gpt4)},
  {pre_tokenizer: {type: 'Sequence', pretokenizers: [{type: 'Digits', individual_digits: true}, gpt2]}},
  {pre_tokenizer: {type: 'Sequence', pretokenizers: [{type: 'Split', pattern: {Regex: llama3('')}, behavior: 'Removed', invert: true}, bytes]},
    post_processor: {type: 'Sequence', processors: [{type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true}, template]}},
];

const texts = [
  '', ' ', '  ', '   ', '\n', '\n\n', ' \n', '\n ', '  \n  \n  x', 'x \n', 'x  \n\n y', '\r\n\r\n', 'a\r\nb', '\t\tx', ' \t x', 'the cat sat', ' the cat', '  the cat', 'the cat ', 'the cat  ',
  "it's IT'S It'S they'Re we'LL i'M he'D can'T 've 'VE 'll", "'sx 'tis 'ttt 'lll 'rex 'vex", "'\u017f '\u017fa \u017f's", "''s '' '", 'unbelievable!', 'HELLO World', 'x1y22z333 4444 55555',
  '1 12 123 1234 12345', '\u0661\u0662\u0663\u0664 \u00bd\u00b2 \u2167', 'a.b,c;d', ' .. ... !!!\n\n??? \n', '(x)=={y}\n\tz', 'caf\u00e9 cafe\u0301 na\u00efve nai\u0308ve', 'caf\u00e9 au lait', 'cafe\u0301 au lait',
  '\u4f60\u597d\uff0c\u4e16\u754c\u3002', '\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440', '\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab \uac00\u11a8', '\u{1f600}\u{1f44d}\u{1f3fd}\u200d\u{1f468}', '\u0baa\u0bcd \u09c7\u09be \u0947\u093c', '\u212b \u2126 \uf900 \u0958',
  'a\u0301\u0323 a\u0323\u0301 \u0344 \u1e9b\u0323', '\u0301', ' \u0301x', '\u00a0x \u00a0 x\u3000\u3000y\u2028z\u0085w', '\u200b\ufeff\u00ad', 'a\u0000b\u0001\u007f', '<|im_start|>user\nhi<|im_end|>\n', '<|im_start', '<|begin|><|endoftext|>',
  '<think>the</think>', 'a  two spaces b', 'the [MASK]  cat', '[MASK]', 'x\n[MASK]\ny', ' xyzzy xyzzy', '\u0378 \ue000 \u{10ffff}', 'x'.repeat(40) + ' ' + '12'.repeat(20), '\u01c5\u02b0\u2160 \u0e01\u0e31\u0e01',
];

// More, put together at random from pieces that touch each other's rules.
let state = 12345;
const random = n => ((state = (state * 1103515245 + 12345) % 2147483648), Math.floor((state / 2147483648) * n));
const pieces = [' ', '  ', '\n', '\r\n', '\t', '\u00a0', '\u3000', "'s", "'T", "'", 'a', 'the', 'Cat', '\u00e9', 'e\u0301', '\u4f60', '\u{1f600}', '7', '42', '\u0663', '.', '!?', '(', '\u2014', '\u0301', '\uac00', '\u11a8', '<think>', '<|im_end|>', '[MASK]'];
for (let i = 0; i < 60; i++) texts.push(Array.from({length: 1 + random(9)}, () => pieces[random(pieces.length)]).join(''));

const ascii = value => JSON.stringify(value).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));

(async () => {
  const file = path.join(os.tmpdir(), 'tokenizer-variant.json'), results = [];
  fs.writeFileSync(path.join(__dirname, 'tokenizer.json'), ascii(base()).replace('"vocab"', '\n"vocab"').replace('"merges"', '\n"merges"') + '\n');
  for (const changes of all) {
    const variant = base(), cases = [];
    for (const section in changes)
      variant[section] = section === 'model' ? {...variant.model, ...changes.model} : changes[section];
    fs.writeFileSync(file, JSON.stringify(variant));
    const tokenizer = Tokenizer.fromFile(file);
    for (const text of texts) {
      const ids = (await tokenizer.encode(text)).getIds();
      cases.push({text, ids, decoded: await tokenizer.decode(ids, true)});
    }
    results.push({changes, cases});
  }
  fs.writeFileSync(path.join(__dirname, 'cases.json'),
    '[\n' + results.map(r => '{"changes":' + ascii(r.changes) + ',"cases":[\n' + r.cases.map(ascii).join(',\n') + ']}').join(',\n') + '\n]\n');
})();
