// Sentences that are typed: the engine reads them as they change.
// SPDX-License-Identifier: MIT
import { ComputedReading } from './computed.js';
import { Engine } from './engine.js';
import { sameWord, shown } from './reading.js';

export class Typed {
  about = 'The model and what runs it are in this page: nothing that is typed leaves it.';
  #data;
  #engine;

  constructor(data) {
    this.#data = data;
    this.beside = data.texts.length > 1;
    const state = document.querySelector('#state');
    this.#engine = new Engine(data.tokens, (sentence) => { state.textContent = sentence; });
  }

  /** Gives panel `number` a field to type in. */
  attach(panel, number) {
    const { texts, word } = this.#data;
    const field = panel.element.querySelector('.typed');
    const text = field.querySelector('textarea');
    const read = () => this.#engine.read(panel, text.value, (answer) => {
      const before = panel.looks?.reading;
      const reading = new ComputedReading(answer, this.#data);
      const kept = before ? sameWord(before.words, panel.kept, reading.words)
        : reading.words.findIndex((token) => shown(token).text === word);
      panel.set(reading, kept);
    });
    field.hidden = false;
    text.value = texts[Math.min(number, texts.length - 1)];
    text.addEventListener('input', read);
    read();
  }
}
