// Contexts: where work runs. SPDX-License-Identifier: MIT
import { Handle, Out } from './handle.js';
import { c, check, constants, zeroed } from './library.js';

/** The result of a function that hands it to a callback. */
function promised(start, ...rest) {
  return new Promise((resolve, reject) => {
    start(...rest, (error, result) => (error ? reject(error) : resolve(result)));
  });
}

/** A context for short calls on the event loop's own thread, such as those of tokenizers. */
let own;
export function main() {
  return own ??= new Context({ threads: 1, parallel: constants.SA_PARALLEL_SERIAL });
}

/**
 * Threads and scratch memory. A context has one caller at a time; calls that are given to it while one runs wait for
 * their turn. For calls at the same time make several contexts: layers, models and tokenizers can be shared.
 */
export class Context {
  #handle;
  #last = Promise.resolve();

  /** options: threads, parallel, path, isa, precision, as sa_ctx_options has them; 0 is the default. */
  constructor(options = {}) {
    const out = new Out();
    check(c('sa_ctx_create')(zeroed('sa_ctx_options', options), out.cell));
    this.#handle = new Handle(this, out.pointer, 'sa_ctx_destroy');
  }

  get threads() {
    return this.#sync('sa_ctx_threads');
  }

  #sync(name, ...rest) {
    this.#handle.retain();
    try {
      return c(name)(this.#handle.pointer, ...rest);
    } finally {
      this.#handle.release();
    }
  }

  /** Calls now, on this thread; no other call may be running. */
  callNow(name, ...rest) {
    check(this.#sync(name, ...rest), this.#handle.pointer);
  }

  /** Calls off the event loop, after the calls before it. The handles are kept until it returns. */
  call(name, handles, ...rest) {
    const held = [this.#handle, ...handles];
    held.forEach((handle) => handle.check());
    held.forEach((handle) => handle.retain());
    const run = async () => {
      try {
        check(await promised(c(name).async, this.#handle.pointer, ...rest), this.#handle.pointer);
      } finally {
        held.forEach((handle) => handle.release());
      }
    };
    const turn = this.#last.then(run);
    this.#last = turn.catch(() => {});
    return turn;
  }

  /** Frees it, after the calls that wait. */
  close() {
    this.#handle.close();
  }
}
