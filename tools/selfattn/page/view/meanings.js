// Sentences by meaning: a map of their embeddings, and how similar they are to the one that is chosen.
// SPDX-License-Identifier: MIT
import { dot, pointsOf } from './plane.js';
import { scale, step } from './scale.js';
import { svg } from './svg.js';

const MOST = 50; // sentences
const SPREAD = 85; // of the map, whose window is 200 wide
const RADIUS = 7;

/** element: the #meanings. read(texts, done) calls done(texts, embeddings). */
export class Meanings {
  #map;
  #list;
  #texts = [];
  #vectors = [];
  #chosen = 0;

  constructor(element, texts, read) {
    this.#map = element.querySelector('svg');
    this.#list = element.querySelector('ol');
    const field = element.querySelector('textarea');
    const ask = () => {
      const lines = field.value.split('\n').map((line) => line.trim()).filter(Boolean).slice(0, MOST);
      if (lines.length) read(lines, (...answer) => this.#set(...answer));
      else this.#set([], []);
    };
    field.value = texts.join('\n');
    field.addEventListener('input', ask);
    for (const [part, event] of [[this.#map, 'pointerover'], [this.#map, 'click'], [this.#list, 'click']]) {
      part.addEventListener(event, ({ target }) => {
        const one = target.closest('[data-number]');
        if (one) this.#choose(Number(one.dataset.number));
      });
    }
    element.hidden = false;
    ask();
  }

  #set(texts, vectors) {
    [this.#texts, this.#vectors] = [texts, vectors];
    const points = vectors.length ? pointsOf(vectors, 2.2 * RADIUS / SPREAD) : [];
    this.#map.replaceChildren(...points.map(([x, y], i) => {
      const one = svg('g', { transform: `translate(${SPREAD * x} ${SPREAD * y})`, 'data-number': i });
      const name = svg('text', {});
      name.textContent = i + 1;
      one.append(svg('circle', { r: RADIUS }), name);
      return one;
    }));
    this.#list.replaceChildren(...texts.map((text, i) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      button.type = 'button';
      button.dataset.number = i;
      button.append(document.createElement('span'), ` ${text}`);
      item.append(button);
      return item;
    }));
    this.#choose(Math.min(this.#chosen, texts.length - 1));
  }

  #choose(number) {
    this.#chosen = Math.max(number, 0);
    const cosines = this.#vectors.map((vector) => dot(vector, this.#vectors[this.#chosen]));
    cosines.forEach((cosine, i) => {
      const [button, one] = [this.#list.children[i].firstChild, this.#map.children[i]];
      const { background, ink } = scale().styles[step(Math.max(0, cosine) ** 2)];
      button.firstChild.textContent = cosine.toFixed(2);
      button.style.setProperty('--part', `${100 * Math.max(0, cosine)}%`);
      button.setAttribute('aria-pressed', String(i === this.#chosen));
      one.classList.toggle('chosen', i === this.#chosen);
      one.firstChild.style.fill = background;
      one.lastChild.style.fill = ink;
    });
    this.#map.setAttribute('aria-label', `Map of ${this.#texts.length} sentences: those of like meaning are near`);
  }

  /** Colours have changed. */
  draw() {
    this.#choose(this.#chosen);
  }
}
