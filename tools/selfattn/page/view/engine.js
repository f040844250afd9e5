// The library as WebAssembly with its model, in a worker, so that the page never waits.
// SPDX-License-Identifier: MIT
import { openParts } from './letters.js';

/** most: tokens of a text. say(sentence) is called with what the engine is doing, or what it cannot do. */
export class Engine {
  #worker;
  #waiting = [];
  #asked = null;
  #isOpen = false;
  #say;

  constructor(most, say) {
    this.#say = say;
    this.#start(most).catch((error) => say(`The engine cannot begin: ${error.message}`));
  }

  async #start(most) {
    const take = await openParts();
    this.#say('The model is being opened \u2026');
    const script = URL.createObjectURL(new Blob([take('engine')], { type: 'text/javascript' }));
    this.#worker = new Worker(script);
    this.#worker.onmessage = ({ data }) => this.#hear(data);
    this.#worker.onerror = (event) => this.#say(`The engine has failed: ${event.message}`);
    this.#worker.onmessageerror = () => this.#say('The engine said something that cannot be read.');
    const [module, model] = [take('module'), take('model')];
    this.#worker.postMessage({ module, model, most }, [module.buffer, model.buffer]);
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
