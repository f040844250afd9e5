// Texts that are typed, and what the model writes for each: a translation, or whatever it has learned.
// SPDX-License-Identifier: MIT
import { Engine, PRIVATE } from './engine.js';
import { Languages } from './languages.js';
import { keptIn, WeighedReading } from './reading.js';

export class Rewritten {
  #data;
  #engine;
  #languages;
  #shown = []; // { panel, read, readings } of each panel
  which = 'cross'; // whose weights are seen: these, or those of the "encoder"

  constructor(data) {
    this.#data = data;
    this.beside = data.texts.length > 1;
    this.#languages = new Languages(data.languages, () => {
      this.#shown.filter(({ panel }) => panel.element.isConnected).forEach(({ read }) => read());
    });
    this.#engine = new Engine(data);
  }

  get about() {
    const { layers, heads, decoder } = this.#data;
    return `${layers} layers of ${heads} heads read a text, ${decoder.layers} of ${decoder.heads} write another. ${
      PRIVATE}`;
  }

  /** Layers and heads of what is shown. */
  get sizes() {
    return this.which === 'cross' ? this.#data.decoder : this.#data;
  }

  begin() {
    document.querySelector('#which').closest('label').hidden = false;
    document.querySelector('#kind [value="rollout"]').remove(); // it follows one text through its layers
  }

  /** Shows what was read before, where something else was chosen. */
  show() {
    this.#shown.forEach((one) => this.#set(one));
  }

  #set({ panel, readings }) {
    if (!readings) return;
    const reading = readings[this.which];
    panel.set(reading, keptIn(panel, reading, this.#data.word));
  }

  #readings({ source, words, special, text, targets, attention, crossAttention }) {
    const [columns, rows] = [source.words.length, words.length];
    const { layers, heads, decoder } = this.#data;
    // The rows of what was written are the last of the decoder's: its first are of the tokens that it begins with.
    const crossed = lastRows(crossAttention, decoder.layers * decoder.heads, targets, rows, columns);
    const both = (name, more) => [...source[name], ...more];
    return {
      cross: new WeighedReading({ text, words: both('words', words), special: both('special', special),
        weights: crossed, rows, columns }, decoder),
      encoder: new WeighedReading({ text, ...source, weights: attention, rows: columns, columns }, { layers, heads }),
    };
  }

  /** Gives panel `number` a field to type in. */
  attach(panel, number) {
    const { texts } = this.#data;
    const field = panel.element.querySelector('.typed');
    const text = field.querySelector('textarea');
    const written = panel.element.querySelector('.written');
    const one = this.#shown[number] = { panel };
    const ask = (done) => this.#engine.ask(panel, { source: text.value, ...this.#languages.told }, done);
    const read = one.read = () => ask((answer) => {
      written.querySelector('output').textContent = answer.text;
      one.readings = this.#readings(answer);
      this.#set(one);
    });
    field.hidden = written.hidden = false;
    text.value = texts[Math.min(number, texts.length - 1)];
    text.addEventListener('input', read);
    read();
  }
}

/** Of maps [count][all][columns] the last `rows` rows each. */
function lastRows(maps, count, all, rows, columns) {
  const some = new Float32Array(count * rows * columns);
  for (let i = 0; i < count; i++) {
    some.set(maps.subarray((i * all + all - rows) * columns, (i + 1) * all * columns), i * rows * columns);
  }
  return some;
}
