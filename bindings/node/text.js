// Text that comes token by token. SPDX-License-Identifier: MIT
import { main } from './context.js';
import { Handle, Out } from './handle.js';
import { c } from './library.js';

/** Ranges of bytes of UTF-8, one behind the other, as pairs of places in the string: whole characters. */
export function placed(bytes, ranges) {
  const isInside = (at) => (bytes[at] & 0xc0) === 0x80;
  const units = new Int32Array(bytes.length + 1); // [b]: those of UTF-16 of the characters that begin before byte b
  bytes.forEach((byte, b) => { units[b + 1] = units[b] + (isInside(b) ? 0 : byte < 0xf0 ? 1 : 2); });
  return Array.from({ length: ranges.length / 2 }, (_, i) => {
    let first = Number(ranges[2 * i]);
    while (isInside(first)) first--;
    return [units[first], units[Number(ranges[2 * i + 1])]];
  });
}

/** The text of tokens that come one by one, in whole characters. What might become a stop string is held back. */
export class TextStream {
  #handle;
  #room;

  /** The last token of the prompt stands in front: a decoder may drop a space at the beginning of a text. */
  constructor(tokenizer, prompt, stop = []) {
    const out = new Out();
    tokenizer.handle.check();
    main().callNow('sa_text_stream_create', tokenizer.handle.pointer, prompt.at(-1) ?? -1, stop.length ? stop : null,
      stop.length, out.cell);
    this.#handle = new Handle(this, out.pointer, 'sa_text_stream_destroy', tokenizer.handle);
    this.#room = new Uint8Array(Number(c('sa_text_stream_room')(out.pointer)));
  }

  /** A stop string came: the text ends before it. */
  get ended() {
    return c('sa_text_stream_ended')(this.#handle.pointer) === 1;
  }

  /** What is new and whole with this token. */
  add(token) {
    return this.#write('sa_text_stream_add', token);
  }

  /** What was held back, when no more tokens come. */
  rest() {
    return this.#write('sa_text_stream_rest');
  }

  #write(name, ...token) {
    const count = new BigInt64Array(1);
    this.#handle.check();
    main().callNow(name, this.#handle.pointer, ...token, this.#room, this.#room.length, count);
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(this.#room.subarray(0, Number(count[0])));
  }

  close() {
    this.#handle.close();
  }
}
