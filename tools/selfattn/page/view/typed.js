// Sentences that are typed: the engine reads them as they change.
// SPDX-License-Identifier: MIT
import { ComputedReading } from './computed.js';
import { Engine, PRIVATE } from './engine.js';
import { Meanings } from './meanings.js';
import { keptIn, WeighedReading } from './reading.js';

const WRITTEN = 8; // tokens at a time

export class Typed {
  #data;
  #engine;
  #meanings = null;

  constructor(data) {
    this.#data = data;
    this.about = `${data.layers} layers of ${data.heads} heads. ${PRIVATE}`;
    this.beside = data.texts.length > 1;
    this.#engine = new Engine(data);
  }

  /** A decoder goes on with the text. */
  #writer(panel, text) {
    const place = panel.element.querySelector('.writing');
    place.hidden = false;
    place.firstChild.addEventListener('click', () => {
      this.#engine.ask(place, { begin: text.value, count: WRITTEN }, (answer) => {
        text.value = answer.text;
        text.dispatchEvent(new Event('input'));
      });
    });
  }

  /** What else there is, after the panels. */
  begin() {
    document.querySelector('#decoder').hidden = !this.#data.causal;
    if (this.#data.causal) return; // what a decoder makes of a text is no picture of its meaning
    this.#meanings = new Meanings(document.querySelector('#meanings'), this.#data.texts, (texts, done) => {
      this.#engine.ask('meanings', { texts }, (answer) => done(answer.texts, answer.embeddings));
    });
  }

  /** Gives panel `number` a field to type in. */
  attach(panel, number) {
    const { texts, word } = this.#data;
    const field = panel.element.querySelector('.typed');
    const text = field.querySelector('textarea');
    const { weighed } = this.#data;
    const read = () => this.#engine.ask(panel, { text: text.value, weighed }, (answer) => {
      const { attention: weights, tokens } = answer;
      const reading = weighed ? new WeighedReading({ ...answer, weights, rows: tokens, columns: tokens }, this.#data)
        : new ComputedReading(answer, this.#data);
      panel.set(reading, keptIn(panel, reading, word));
    });
    field.hidden = false;
    if (this.#data.writes) this.#writer(panel, text);
    text.value = texts[Math.min(number, texts.length - 1)];
    text.addEventListener('input', read);
    read();
  }

  /** Colours have changed. */
  draw() {
    this.#meanings?.draw();
  }
}
