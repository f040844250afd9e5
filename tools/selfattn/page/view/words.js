// A sentence whose words show where the one in focus looks.
// SPDX-License-Identifier: MIT
import { Places } from './places.js';
import { scale, step } from './scale.js';
import { pieces, shown, strongest } from './reading.js';
import { svg } from './svg.js';

const ARCS = 12;
const WEAKEST = 0.02; // an arc of less only clutters
const MANY = 60; // words: then lines are closer

/** element: the .sentence. on: { look(word), keep(word), leave() }, called with what the user does. */
export class Words {
  #words;
  #arcs;
  #list;
  #places = null;
  #numbered = [];
  #first = 0;

  static place = '.sentence';
  static what = 'a word';

  constructor(element, on) {
    this.#words = element.querySelector('.words');
    this.#arcs = element.querySelector('.arcs');
    this.#list = new Places(this.#words, on);
    new ResizeObserver(() => {
      this.#places = null;
      on.resize();
    }).observe(element);
  }

  get #spans() {
    return this.#list.spans;
  }

  set({ words, special, count, rows = count }) {
    this.#places = null;
    this.#numbered = [];
    this.#first = count - rows;
    this.#words.classList.toggle('many', count > MANY);
    const glued = pieces(words, special);
    this.#list.make(words, 'word');
    this.#spans.forEach((span, i) => {
      span.classList.toggle('glued', glued[i]);
      span.classList.toggle('special', special[i] === 1);
      span.textContent = shown(words[i]);
    });
    this.#words.replaceChildren(...this.#spans);
    if (rows < count) this.#spans[count - rows].before(breakOf());
    this.#arcs.replaceChildren();
  }

  /** Which words are seen, and which is kept. */
  mark(isShown, kept) {
    this.#places = null;
    this.#list.mark(isShown, kept);
  }

  /** Shows the weights [count] of a word's look; word -1: of none. */
  show(word, row, isShown) {
    const { styles } = scale();
    for (let i = 0; i < this.#spans.length; i++) {
      const { style } = this.#spans[i];
      const colour = row ? styles[step(row[i])] : null;
      style.backgroundColor = colour ? colour.background : '';
      style.color = colour ? colour.ink : '';
    }
    this.#list.point(word);
    const best = row ? strongest(row, isShown, ARCS).filter((i) => row[i] >= WEAKEST) : [];
    this.#number(best, row);
    this.#draw(word, best, row);
  }

  #number(best, row) {
    this.#numbered.forEach((i) => { delete this.#spans[i].dataset.weight; });
    best.forEach((i) => { this.#spans[i].dataset.weight = Math.round(100 * row[i]); });
    this.#numbered = best;
  }

  #draw(word, best, row) {
    this.#places ??= this.#spans.map(({ hidden, offsetLeft, offsetTop, offsetWidth, offsetHeight }) => (hidden ? null
      : { x: offsetLeft + offsetWidth / 2, y: offsetTop, below: offsetTop + offsetHeight }));
    const from = this.#places[word];
    const line = this.#first ? across : arc;
    const paths = best.filter(() => from).map((i) => svg('path', {
      d: line(from, this.#places[i]), 'stroke-width': Math.max(1, 9 * row[i]), 'stroke-opacity': 0.25 + 0.6 * row[i],
    }));
    this.#arcs.replaceChildren(...paths);
  }
}

/** What two texts stand on both sides of. */
function breakOf() {
  const element = document.createElement('span');
  element.className = 'break';
  element.setAttribute('role', 'presentation');
  return element;
}

/** From a word of one text to one of the other, which stands above or below. */
function across(from, to) {
  const [upper, lower] = from.y < to.y ? [from, to] : [to, from];
  const middle = (upper.below + lower.y) / 2;
  return `M${upper.x} ${upper.below} C${upper.x} ${middle} ${lower.x} ${middle} ${lower.x} ${lower.y}`;
}

/** From the upper edge of one word to that of another; around itself a loop. */
function arc(from, to) {
  if (from === to) return `M${from.x - 7} ${from.y} c-9 -26 23 -26 14 0`;
  const rise = Math.min(34, 12 + Math.abs(from.x - to.x) / 8);
  return `M${from.x} ${from.y} C${from.x} ${from.y - rise} ${to.x} ${to.y - rise} ${to.x} ${to.y}`;
}
