// Handles of C, and when they are freed.
// SPDX-License-Identifier: MIT
import { c, constants, SelfAttnError } from './library.js';

const abandoned = new FinalizationRegistry((handle) => handle.release());

/**
 * A handle of C, freed once its owner and everything that uses it have let go: calls that run, and handles that need it
 * (a session needs its model).
 */
export class Handle {
  constructor(owner, pointer, destroy, parent = null) {
    Object.assign(this, { pointer, destroy, parent: parent?.retain() ?? null, users: 1, open: true });
    abandoned.register(owner, this, this);
  }

  check() {
    if (!this.open) throw new SelfAttnError(constants.SA_ERR_NULL, 'this object has been closed');
  }

  retain() {
    this.check();
    this.users++;
    return this;
  }

  release() {
    if (--this.users > 0) return;
    c(this.destroy)(BigUint64Array.of(this.pointer));
    this.parent?.release();
  }

  /** What close() of the owner does; a second time nothing. */
  close() {
    if (!this.open) return;
    this.open = false;
    abandoned.unregister(this);
    this.release();
  }
}

/** Where the function of a call that makes a handle writes it. */
export class Out {
  constructor() {
    this.cell = new BigUint64Array(1);
  }

  get pointer() {
    return this.cell[0];
  }
}
