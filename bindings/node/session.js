// Generation.
// SPDX-License-Identifier: MIT
import { padded, some } from './arrays.js';
import { main } from './context.js';
import { Handle, Out } from './handle.js';
import { c, check, constants, SelfAttnError, zeroed } from './library.js';

const ENDS = ['none', 'max-tokens', 'token', 'string', 'caller', 'full'];

/** A decoder with the keys and values of all tokens so far. It keeps its model; one call at a time. */
export class Session {
  #handle;
  #batch;

  /** options: batch, capacity, window, keep_first, cache_dtype, as sa_session_config has them. */
  constructor(model, options = {}) {
    const out = new Out();
    model.handle.check();
    main().callNow('sa_session_create', model.handle.pointer, zeroed('sa_session_config', options), out.cell);
    this.#handle = new Handle(this, out.pointer, 'sa_session_destroy', model.handle);
    this.#batch = options.batch || 1;
  }

  length(sequence = 0) {
    this.#handle.check();
    return Number(c('sa_session_length')(this.#handle.pointer, sequence));
  }

  /** Removes the tokens of all sequences from number `length` on. */
  truncate(length) {
    this.#handle.check();
    check(c('sa_session_truncate')(this.#handle.pointer, -1, length));
  }

  /** For models with an encoder, before generate(): reads a text for each sequence, and empties the sequences. */
  async encode(ctx, sources) {
    const { batch, tokens, ids, lengths } = padded(sources);
    await ctx.call('sa_session_encode', [this.#handle], this.#handle.pointer,
      zeroed('sa_encode_args', { batch, tokens, ids: some(ids), lengths: some(lengths) }));
  }

  /**
   * Appends a prompt (token numbers) to each sequence and generates. options: maxTokens, sampling (temperature, top_k,
   * top_p, min_p, seed ..., as in sa_sampling), stop and tokenizer (stop strings), modelRules (what the model's makers
   * forbid and force), onToken(sequence, token, logProbability), which ends its sequence by returning false. Returns
   * { tokens, end } for each sequence.
   */
  async generate(ctx, prompts, { maxTokens = 128, sampling, stop = [], tokenizer, modelRules, onToken } = {}) {
    if (prompts.length !== this.#batch) {
      throw new SelfAttnError(constants.SA_ERR_SHAPE, `${prompts.length} prompts for ${this.#batch} sequences`);
    }
    const { tokens, ids, lengths } = padded(prompts);
    const generated = new Int32Array(this.#batch * maxTokens);
    const counts = new BigInt64Array(this.#batch);
    const endings = new Int32Array(this.#batch);
    let thrown;
    const listen = (user, sequence, token, logProbability) => {
      try {
        return onToken(Number(sequence), token, logProbability) === false ? 1 : 0;
      } catch (error) {
        thrown = { error };
        return 1;
      }
    };
    const held = stop.length && tokenizer ? [tokenizer.handle] : [];
    await ctx.call('sa_generate', [this.#handle, ...held], this.#handle.pointer, zeroed('sa_generate_args', {
      tokens, ids: tokens ? ids : null, lengths: tokens ? lengths : null, max_tokens: maxTokens,
      sampling: sampling ? zeroed('sa_sampling', sampling) : null, generated: some(generated), counts, endings,
      stop_strings: stop.length ? stop : null, stop_string_count: stop.length, tokenizer: held[0]?.pointer ?? null,
      on_token: onToken ? listen : null, model_rules: modelRules ? 1 : 0,
    }));
    if (thrown) throw thrown.error;
    return prompts.map((_, b) => ({
      tokens: generated.slice(b * maxTokens, b * maxTokens + Number(counts[b])), end: ENDS[endings[b]],
    }));
  }

  /** Goes on with a text, in a session of one sequence: yields pieces of whole characters as they come. */
  async* stream(ctx, tokenizer, prompt, options = {}) {
    const ids = tokenizer.encode(prompt);
    // The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
    const all = [...ids.slice(-1)];
    let shown = all.length ? tokenizer.decodeBytes(all).length : 0;
    const characters = new TextDecoder('utf-8', { ignoreBOM: true });
    const pieces = [];
    let wake = () => {};
    let stopped = false;
    const done = this.generate(ctx, [ids], {
      ...options, tokenizer,
      onToken: (sequence, token) => {
        all.push(token);
        const bytes = tokenizer.decodeBytes(all);
        pieces.push(characters.decode(bytes.subarray(shown), { stream: true }));
        shown = bytes.length;
        wake();
        return !stopped;
      },
    }).finally(() => { stopped = true; wake(); });
    try {
      while (pieces.length || !stopped) {
        const next = pieces.shift();
        if (next) yield next;
        if (!pieces.length && !stopped) await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      stopped = true;
      await done;
    }
  }

  close() {
    this.#handle.close();
  }
}
