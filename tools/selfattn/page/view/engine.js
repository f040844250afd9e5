// The library as WebAssembly with its model, in a worker, so that the page never waits.
// SPDX-License-Identifier: MIT
import { openParts } from './letters.js';

export const PRIVATE = 'The model and what runs it are in this page: nothing that is given to it leaves it.';

/**
 * files: names of the model's files, which are parts of the page; tokens: most of a text; part: of a file with several
 * models; image: how pictures become what the model takes. #state says what the engine is doing, or what it cannot do.
 */
export class Engine {
  #worker;
  #waiting = [];
  #parts = openParts();
  #asked = null;
  #isOpen = false;
  #state = document.querySelector('#state');

  constructor({ files, tokens, part, image }) {
    const model = { most: tokens, part, side: image?.rules.taken[0] };
    this.#start(files, model).catch((error) => this.#say(`The engine cannot begin: ${error.message}`));
  }

  #say(sentence) {
    this.#state.textContent = sentence;
  }

  /** Resolves to the bytes of a part of the page, which is no longer there afterwards. */
  async part(id) {
    return (await this.#parts)(id);
  }

  async #start(names, model) {
    const take = await this.#parts;
    this.#say('The model is being opened \u2026');
    const script = URL.createObjectURL(new Blob([take('engine')], { type: 'text/javascript' }));
    this.#worker = new Worker(script);
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => this.#say(`The engine has failed: ${event.message}`);
    this.#worker.onmessageerror = () => this.#say('The engine said something that cannot be read.');
    const module = take('module');
    const files = Object.fromEntries(names.map((name) => [name, take(name)]));
    const moved = [module, ...Object.values(files)].map(({ buffer }) => buffer);
    this.#worker.postMessage({ module, files, ...model }, moved);
  }

  /** Asks the worker, and calls done(answer). Of the questions of one asker that wait only the last is asked. */
  ask(asker, question, done) {
    this.#waiting = this.#waiting.filter((other) => other.asker !== asker);
    this.#waiting.push({ asker, question, done });
    this.#next();
  }

  #next() {
    if (!this.#isOpen || this.#asked || !this.#waiting.length) return;
    this.#asked = { ...this.#waiting.shift(), began: performance.now() };
    this.#worker.postMessage(this.#asked.question);
  }

  #hear(answer) {
    if ('written' in answer) {
      this.#say(answer.written);
      return;
    }
    const asked = this.#asked;
    this.#asked = null;
    if (answer.failure) this.#say(answer.failure);
    else if (!asked) this.#isOpen = true;
    else {
      this.#say(`${answer.tokens} tokens in ${Math.round(performance.now() - asked.began)} ms.`);
      asked.done(answer);
    }
    this.#next();
  }
}
