// A picture over which the patch in focus, or the class token, shows where it looks: what it sees is bright.
// SPDX-License-Identifier: MIT
import { Places } from './places.js';
import { scale, step } from './scale.js';

const NIGHT = '8 13 31'; // what is not looked at lies under this
const DARKEST = 0.86;
const WIDEST = 1200; // pixels of the picture that is shown

/** element: the .picture. on: { look(token), keep(token), leave() }, called with what the user does. */
export class Patches {
  static place = '.picture';
  static what = 'a patch, or the class token';
  #canvas;
  #tokens;
  #patches;
  #places;
  #columns = 1;

  constructor(element, on) {
    [this.#canvas, this.#tokens, this.#patches] = ['canvas', '.tokens', '.patches']
      .map((name) => element.querySelector(name));
    this.#places = new Places(element.querySelector('[role="listbox"]'), on, () => this.#columns);
  }

  set({ words, bitmap, part, patches, first }) {
    this.#columns = patches[1];
    this.#places.make(words, 'patch');
    this.#places.spans.forEach((span, i) => {
      if (i < first) span.textContent = words[i];
      else span.setAttribute('aria-label', words[i]);
    });
    this.#tokens.replaceChildren(...this.#places.spans.slice(0, first));
    this.#patches.replaceChildren(...this.#places.spans.slice(first));
    this.#patches.style.gridTemplate = `repeat(${patches[0]}, 1fr) / repeat(${patches[1]}, 1fr)`;
    const { width, height } = bitmap;
    Object.assign(this.#patches.style, {
      left: `${100 * part.x / width}%`, width: `${100 * part.width / width}%`,
      top: `${100 * part.y / height}%`, height: `${100 * part.height / height}%`,
    });
    const smaller = Math.min(1, WIDEST / Math.max(width, height));
    [this.#canvas.width, this.#canvas.height] = [width, height].map((edge) => Math.max(1, Math.round(edge * smaller)));
    this.#canvas.getContext('2d').drawImage(bitmap, 0, 0, this.#canvas.width, this.#canvas.height);
  }

  mark(isShown, kept) {
    this.#places.mark(isShown, kept);
  }

  /** Shows the weights of a token's look; -1: of none. */
  show(token, row) {
    const { spans } = this.#places;
    const first = this.#tokens.children.length;
    const most = row ? Math.max(...row.subarray(first)) : 0;
    spans.forEach((span, i) => {
      const { style } = span;
      if (i < first) {
        const colour = row ? scale().styles[step(row[i])] : null;
        [style.backgroundColor, style.color] = colour ? [colour.background, colour.ink] : ['', ''];
      } else {
        const dark = most > 0 ? DARKEST * (1 - Math.sqrt(row[i] / most)) : 0;
        style.backgroundColor = `rgb(${NIGHT} / ${dark.toFixed(3)})`;
      }
    });
    this.#places.point(token);
  }
}
