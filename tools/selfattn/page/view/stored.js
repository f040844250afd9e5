// Sentences whose weights stand in the page: one chooses among them.
// SPDX-License-Identifier: MIT
import { StoredReading } from './reading.js';

export class Stored {
  #readings;
  #word;

  constructor(data) {
    this.#readings = data.readings.map((reading) => new StoredReading(reading, data));
    this.#word = data.word;
    const { length } = this.#readings;
    const sentences = length === 1 ? 'One sentence' : `${length} sentences`;
    this.about = `${data.layers} layers of ${data.heads} heads. ${sentences}, without the model.`;
    this.beside = length > 1;
  }

  /** Fills panel `number` with one of the sentences. */
  attach(panel, number) {
    const readings = this.#readings;
    const choice = panel.element.querySelector('.text');
    choice.replaceChildren(...readings.map(({ text }, i) => new Option(text, i)));
    choice.value = Math.min(number, readings.length - 1);
    panel.element.querySelector('.choice').hidden = readings.length === 1;
    choice.addEventListener('change', () => panel.set(readings[choice.value]));
    panel.set(readings[choice.value], number === 0 ? this.#word : -1);
  }
}
