// Generation.
// SPDX-License-Identifier: MIT
import { padded, some } from './arrays.js';
import { main } from './context.js';
import { Handle, Out } from './handle.js';
import { c, check, constants, SelfAttnError, zeroed } from './library.js';
import { TextStream } from './text.js';

const ENDS = ['none', 'max-tokens', 'token', 'string', 'caller', 'full'];

/** A decoder with the keys and values of all tokens so far. It keeps its model; one call at a time. */
export class Session {
  #handle;
  #batch;
  #pending = []; // the last token of the text before, which has not been run: the next one begins with it

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
    this.#pending = [];
    check(c('sa_session_truncate')(this.#handle.pointer, -1, length));
  }

  /** For models with an encoder, before generate(): reads a text for each sequence, and empties the sequences. */
  async encode(ctx, sources) {
    this.#pending = [];
    const { batch, tokens, ids, lengths } = padded(sources);
    await ctx.call('sa_session_encode', [this.#handle], this.#handle.pointer,
      zeroed('sa_encode_args', { batch, tokens, ids: some(ids), lengths: some(lengths) }));
  }

  /**
   * Appends a prompt (token numbers) to each sequence and generates. options: maxTokens, sampling (temperature, top_k,
   * top_p, min_p, seed ..., as in sa_sampling), stop and tokenizer (stop strings), modelRules (what the model's makers
   * forbid and force), onToken(sequence, token, logProbability), which ends its sequence by returning false. Returns
   * { tokens, end } for each sequence. Afterwards a sequence has its prompt and all new tokens but the last one, which
   * has not been run: begin the next prompt with it.
   */
  async generate(ctx, prompts, { maxTokens = 128, sampling, stop = [], tokenizer, modelRules, onToken } = {}) {
    if (prompts.length !== this.#batch) {
      throw new SelfAttnError(constants.SA_ERR_SHAPE, `${prompts.length} prompts for ${this.#batch} sequences`);
    }
    this.#pending = [];
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

  /**
   * Goes on with a text, in a session of one sequence: yields pieces of whole characters as they come. The text ends
   * before the first of the stop strings. The next call goes on behind the last piece that was taken, with a prompt
   * that may be empty.
   */
  async* stream(ctx, tokenizer, prompt, options = {}) {
    const before = this.length();
    const goesOn = this.#pending.length > 0 || before > 0;
    const ids = [...this.#pending, ...tokenizer.encode(prompt, goesOn ? constants.SA_ENCODE_NO_TEMPLATE : 0)];
    const text = new TextStream(tokenizer, ids, options.stop);
    const pieces = []; // one for each token, and the rest
    let [taken, stopped, over] = [0, false, false];
    let wake = () => {};
    const onToken = (sequence, token) => {
      pieces.push(text.add(token));
      wake();
      return !stopped && !text.ended;
    };
    const done = this.generate(ctx, [ids], { ...options, stop: [], onToken })
      .then(([{ tokens }]) => { pieces.push(text.rest()); return tokens; })
      .finally(() => { text.close(); over = true; wake(); });
    done.catch(() => {}); // it is thrown below, when the pieces are taken
    try {
      while (pieces.length || !over) {
        if (pieces.length) {
          taken++;
          const next = pieces.shift();
          if (next) yield next;
        } else await new Promise((resolve) => { wake = resolve; });
      }
    } finally {
      stopped = true;
      this.#keep(before + ids.length, (await done).slice(0, taken));
    }
  }

  /** The session has what stands before the new tokens, and these but for the last one. */
  #keep(before, tokens) {
    if (!this.#handle.open) return; // closed meanwhile
    const length = before + Math.max(tokens.length - 1, 0);
    if (this.length() > length) this.truncate(length);
    this.#pending = [...tokens.slice(-1)];
  }

  close() {
    this.#handle.close();
  }
}
