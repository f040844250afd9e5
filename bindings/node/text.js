// Text that comes token by token. SPDX-License-Identifier: MIT

/** The text of tokens that come one by one. What might become a stop string is held back. */
export class Growing {
  /** A stop string came: the text ends before it. */
  ended = false;
  #tokenizer;
  #stop;
  #ids;
  #seen;
  #held = '';
  #characters = new TextDecoder('utf-8', { ignoreBOM: true });

  /** The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text. */
  constructor(tokenizer, prompt, stop = []) {
    this.#tokenizer = tokenizer;
    this.#stop = stop.filter((string) => string);
    this.#ids = prompt.slice(-1);
    this.#seen = this.#ids.length ? tokenizer.decodeBytes(this.#ids).length : 0;
  }

  /** What is new and whole with this token. */
  add(token) {
    this.#ids.push(token);
    const bytes = this.#tokenizer.decodeBytes(this.#ids);
    const text = this.#held + this.#characters.decode(bytes.subarray(this.#seen), { stream: true });
    this.#seen = bytes.length;
    const begins = this.#stop.map((string) => text.indexOf(string)).filter((at) => at >= 0);
    this.ended = begins.length > 0;
    const end = this.ended ? Math.min(...begins) : text.length - this.#suspicious(text);
    this.#held = text.slice(end);
    return text.slice(0, end);
  }

  /** What was held back, when no more tokens come. */
  rest() {
    return this.ended ? '' : this.#held + this.#characters.decode();
  }

  /** How long the longest end is with which a stop string begins. */
  #suspicious(text) {
    let most = 0;
    for (const string of this.#stop) {
      for (let n = string.length - 1; n > most; n--) if (text.endsWith(string.slice(0, n))) most = n;
    }
    return most;
  }
}
