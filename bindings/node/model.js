// Trained transformers, and their tokenizers.
// SPDX-License-Identifier: MIT
import { joined, padded, room, some } from './arrays.js';
import { main } from './context.js';
import { Handle, Out } from './handle.js';
import { c, constants, zeroed } from './library.js';
import { placed } from './text.js';

async function open(ctx, name, path, ...options) {
  const out = new Out();
  await ctx.call(name, [], String(path), ...options, out.cell);
  return out.pointer;
}

/** Turns text into token numbers and back, now. Immutable, as a model is. */
export class Tokenizer {
  #handle;

  constructor(pointer) {
    this.#handle = new Handle(this, pointer, 'sa_tokenizer_destroy');
  }

  static async open(ctx, path) {
    return new Tokenizer(await open(ctx, 'sa_tokenizer_open', path));
  }

  get handle() {
    return this.#handle;
  }

  /** An Int32Array. flags: SA_ENCODE_...; language: the token of the text's language, for models that translate. */
  encode(text, flags = 0, language = -1) {
    this.#handle.check();
    const bytes = new TextEncoder().encode(text);
    const count = new BigInt64Array(1);
    let ids = new Int32Array(0);
    for (let pass = 0; pass < 2; pass++) {
      main().callNow('sa_tokenizer_encode_language', this.#handle.pointer, bytes, bytes.length, flags, language,
        ids.length ? ids : null, ids.length, count);
      if (ids.length === 0) ids = new Int32Array(Number(count[0]));
    }
    return ids;
  }

  /** An Int32Array `ids`, and `offsets`: for each token [first, last], in UTF-16 units, so that text.slice(first, last)
   * is what it stands for. A token of some bytes of a character has the whole character. */
  encodeOffsets(text, { flags = 0 } = {}) {
    this.#handle.check();
    const bytes = new TextEncoder().encode(text);
    const count = new BigInt64Array(1);
    let [ids, ranges] = [new Int32Array(0), new BigInt64Array(0)];
    for (let pass = 0; pass < 2; pass++) {
      main().callNow('sa_tokenizer_encode_offsets', this.#handle.pointer, bytes, bytes.length, flags,
        ids.length ? ids : null, ids.length ? ranges : null, ids.length, count);
      if (ids.length === 0) {
        [ids, ranges] = [new Int32Array(Number(count[0])), new BigInt64Array(2 * Number(count[0]))];
      }
    }
    return { ids, offsets: placed(bytes, ranges) };
  }

  /** Two texts as one input, for models that compare texts: Int32Arrays `ids` and `types`. most: the longer text is cut
   * until so many tokens are left; 0: none is cut. */
  encodePair(first, second, { flags = 0, most = 0 } = {}) {
    this.#handle.check();
    const texts = [first, second].map((text) => new TextEncoder().encode(text));
    const words = texts.flatMap((bytes) => [bytes, bytes.length]);
    const count = new BigInt64Array(1);
    let [ids, types] = [new Int32Array(0), new Int32Array(0)];
    for (let pass = 0; pass < 2; pass++) {
      main().callNow('sa_tokenizer_encode_pair', this.#handle.pointer, ...words, flags, most, ids.length ? ids : null,
        ids.length ? types : null, ids.length, count);
      if (ids.length === 0) [ids, types] = [0, 1].map(() => new Int32Array(Number(count[0])));
    }
    return { ids, types };
  }

  /** Bytes of UTF-8; the last token may end inside of a character. */
  decodeBytes(ids) {
    this.#handle.check();
    const numbers = Int32Array.from(ids);
    const count = new BigInt64Array(1);
    let bytes = new Uint8Array(0);
    for (let pass = 0; pass < 2; pass++) {
      main().callNow('sa_tokenizer_decode', this.#handle.pointer, numbers, numbers.length,
        bytes.length ? bytes : null, bytes.length, count);
      if (bytes.length === 0) bytes = new Uint8Array(Number(count[0]));
    }
    return bytes;
  }

  /** A token as the vocabulary spells it. */
  token(id) {
    this.#handle.check();
    return c('sa_tokenizer_token')(this.#handle.pointer, id);
  }

  /** The token of a language ('deu_Latn', 'de'), for models that translate; -1: there is none. */
  language(code) {
    this.#handle.check();
    const id = new Int32Array(1);
    return c('sa_tokenizer_language')(this.#handle.pointer, code, id) === constants.SA_OK ? id[0] : -1;
  }

  decode(ids) {
    return new TextDecoder().decode(this.decodeBytes(ids));
  }

  close() {
    this.#handle.close();
  }
}

const FIELDS = { targetAttention: 'target_attention', crossAttention: 'cross_attention' }; // where names differ

/** A trained transformer. Immutable: calls of several contexts may use it at once. */
export class Model {
  #handle;

  constructor(pointer) {
    this.#handle = new Handle(this, pointer, 'sa_model_destroy');
  }

  /**
   * options: weights, the number of a type that matrices become: constants.SA_F32 ...; part, of a file with several
   * models: 'text' or 'vision'; image_size, pixels of a side of images, for which positions are stretched.
   */
  static async open(ctx, path, { weights, part, image_size = 0 } = {}) {
    const converted = weights === undefined ? {} : { convert: 1, weights };
    const wanted = zeroed('sa_model_options', { ...converted, part, image_size });
    return new Model(await open(ctx, 'sa_model_open_with', path, wanted));
  }

  get handle() {
    return this.#handle;
  }

  /** A number about it: get('LAYERS') is SA_MODEL_LAYERS. */
  get(what) {
    this.#handle.check();
    return Number(c('sa_model_get')(this.#handle.pointer, constants[`SA_MODEL_${what}`] ?? -1));
  }

  /**
   * Runs it over arrays of token numbers, or over Float32Arrays of features: images [C, height, width]. targets: what
   * the decoder behind an encoder reads, arrays of token numbers. wanted: embedding, hidden, attention, logits,
   * queries, keys, and with targets targetAttention, crossAttention (true each). Returns those as Float32Arrays
   * [B, embedding width], [B,T,E], [L,B,H,T,T], [B,V] or [B,T,V] or with targets [B,U,V], [L,B,H,T,D], [L,B,K,T,D],
   * [L,B,H,U,U], [L,B,H,U,T], and tokens, the T of the longest.
   */
  async encode(ctx, inputs, wanted = { embedding: true }, { targets = [] } = {}) {
    const { tokens, ...given } = this.#inputs(inputs);
    const batch = inputs.length;
    const { tokens: most, ids: targetIds, lengths: targetLengths } = padded(targets);
    const width = this.get('WIDTH');
    const rows = this.get('TOKEN_LOGITS') === 1 ? most || tokens : 1;
    const sizes = {
      embedding: [batch, this.get('EMBEDDING_WIDTH')], hidden: [batch, tokens, width],
      attention: [this.get('LAYERS'), batch, this.get('QUERY_HEADS'), tokens, tokens],
      logits: [batch, rows, this.get('OUTPUTS')],
      queries: [this.get('LAYERS'), batch, this.get('QUERY_HEADS'), tokens, this.get('HEAD_SIZE')],
      keys: [this.get('LAYERS'), batch, this.get('KV_HEADS'), tokens, this.get('HEAD_SIZE')],
      targetAttention: [this.get('DECODER_LAYERS'), batch, this.get('DECODER_QUERY_HEADS'), most, most],
      crossAttention: [this.get('DECODER_LAYERS'), batch, this.get('DECODER_QUERY_HEADS'), most, tokens],
    };
    const outputs = {};
    for (const name of Object.keys(sizes)) if (wanted[name]) outputs[name] = room(...sizes[name]);
    const pointers = Object.fromEntries(Object.entries(outputs)
      .map(([name, data]) => [FIELDS[name] ?? name, some(data)]));
    if (most) Object.assign(pointers, { targets: most, target_ids: targetIds, target_lengths: targetLengths });
    await ctx.call('sa_model_encode', [this.#handle], this.#handle.pointer,
      zeroed('sa_encode_args', { batch, tokens, ...given, ...pointers }));
    return { tokens, ...outputs };
  }

  #inputs(inputs) {
    if (inputs[0] instanceof Float32Array) return { tokens: this.get('FEATURE_TOKENS'), features: joined(inputs) };
    const { tokens, ids, lengths } = padded(inputs);
    return { tokens, ids: some(ids), lengths: some(lengths) };
  }

  close() {
    this.#handle.close();
  }
}
