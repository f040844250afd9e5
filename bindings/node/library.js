// Finds and loads libselfattn, and calls it: koffi runs long calls on threads of its own.
// SPDX-License-Identifier: MIT
import koffi from 'koffi';
import { callbacks, constants, functions, handles, structs } from './declarations.js';

export { constants } from './declarations.js';

const FILES = { linux: 'libselfattn.so.0', darwin: 'libselfattn.0.dylib', win32: 'selfattn.dll' };

/** Why a call failed: a status of the header and a sentence with the actual values. */
export class SelfAttnError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'SelfAttnError';
    this.status = status;
  }
}

function candidates() {
  if (process.env.SELFATTN_LIBRARY) return [process.env.SELFATTN_LIBRARY];
  const file = FILES[process.platform] ?? FILES.linux;
  return [file, `/usr/local/lib/${file}`];
}

function version(number) {
  return `${Math.floor(number / 1000000)}.${Math.floor(number / 1000) % 1000}.${number % 1000}`;
}

/** The first library that can be loaded and is new enough; else an error that names all that were tried. */
function find() {
  const tried = [];
  for (const path of candidates()) {
    try {
      const library = koffi.load(path);
      const found = library.func('int32_t sa_version()')();
      if (found >= constants.SA_VERSION) return library;
      tried.push(`${path} is libselfattn ${version(found)}`);
    } catch (error) {
      tried.push(`${path}: ${error.message.split('\n')[0]}`);
    }
  }
  throw new SelfAttnError(constants.SA_ERR_FILE, `libselfattn ${version(constants.SA_VERSION)} or newer was not found. `
    + `Looked at: ${tried.join('; ')}. The environment variable SELFATTN_LIBRARY names the file to load.`);
}

function declare() {
  for (const name of [...handles, ...Object.keys(structs)]) koffi.opaque(name);
  for (const prototype of Object.values(callbacks)) koffi.proto(prototype);
  for (const [name, fields] of Object.entries(structs)) koffi.struct(koffi.type(name), fields);
}

declare();
const library = find();
const loaded = {};

/** A function of C. A library without models does not have all of them, so each is looked up when it is first used. */
export function c(name) {
  return loaded[name] ??= library.func(functions[name]);
}

export const sizeOf = (struct) => koffi.sizeof(struct);
export const offsetOf = (struct, field) => koffi.offsetof(struct, field);

function empty(type) {
  if (type.includes('*')) return null;
  if (type.includes('[')) return Array(Number(type.match(/\d+(?=\])/)[0])).fill(0);
  return structs[type] ? zeroed(type) : 0;
}

/** A struct of zeros with its size, and these fields. */
export function zeroed(struct, fields = {}) {
  const made = {};
  for (const [name, type] of Object.entries(structs[struct])) made[name] = empty(type);
  if ('struct_size' in made) made.struct_size = sizeOf(struct);
  return Object.assign(made, fields);
}

/** Throws the error of a failed call. The sentence stands at the context; without one, at the calling thread. */
export function check(status, ctx = null) {
  if (status === constants.SA_OK) return;
  const sentence = status === constants.SA_ERR_BUSY ? '' : c('sa_ctx_last_error')(ctx);
  throw new SelfAttnError(status, sentence || c('sa_status_string')(status));
}

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
