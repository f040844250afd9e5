// The library as a module of WebAssembly, called as bindings/node/library.js calls the shared one. Arguments are copied
// into the module's memory, and arrays back. Where fields of structs lie, the library says itself: sa_constant().
// SPDX-License-Identifier: MIT
import { callbacks, constants, functions, structs } from './declarations.js';
import { addWorker, openModule } from './platform.js';

export { constants } from './declarations.js';

/** Why a call failed: a status of the header and a sentence with the actual values. */
export class SelfAttnError extends Error {
  constructor(status, message) {
    super(message);
    this.name = 'SelfAttnError';
    this.status = status;
  }
}

const module = await openModule();
export const files = module.FS;

/** The memory as it is now. It grows; shared, also from other threads, of which HEAPU8 is not told. */
const heap = () => (module.wasmMemory ? new Uint8Array(module.wasmMemory.buffer) : module.HEAPU8);

/** What a declared parameter is: 'int64_t', 'sa_tensor *' ... */
function parse(declaration) {
  const [, result, name, list] = declaration.match(/^(.*?) ?(\w+)\((.*)\)$/);
  const types = list === 'void' ? [] : list.split(', ').map((parameter) => parameter.replace(/ ?\w+$/, '').trim());
  return { result: result.trim(), name, types };
}

/** Memory of one call, with the arrays that are copied back when it has returned. */
class Scope {
  #pieces = [];
  #outputs = [];
  #functions = [];

  room(bytes) {
    const at = module._malloc(Math.max(bytes, 1));
    if (!at) throw new SelfAttnError(constants.SA_ERR_MEMORY, `${bytes} bytes for arguments could not be allocated`);
    this.#pieces.push(at);
    return at;
  }

  array(data) {
    const at = this.room(data.byteLength);
    heap().set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    this.#outputs.push([at, data]);
    return at;
  }

  text(string) {
    const bytes = new TextEncoder().encode(`${string}\0`);
    const at = this.room(bytes.length);
    heap().set(bytes, at);
    return at;
  }

  texts(strings) {
    const texts = strings.map((string) => this.text(string));
    const at = this.room(4 * strings.length);
    new Uint32Array(heap().buffer, at, strings.length).set(texts);
    return at;
  }

  struct(name, fields) {
    const at = this.room(sizeOf(name));
    heap().fill(0, at, at + sizeOf(name));
    this.write(name, fields, at);
    return at;
  }

  write(name, fields, at) {
    for (const [field, type] of Object.entries(structs[name])) {
      if (field in fields) this.field(type, fields[field], at + offsetOf(name, field));
    }
  }

  field(type, value, at) {
    const memory = new DataView(heap().buffer);
    const [, element, count] = type.match(/^(\w+) \[(\d+)\]$/) ?? [];
    if (count) value.forEach((one, i) => this.field(element, one, at + i * SIZES[element]));
    else if (type.endsWith('*')) {
      const pointer = this.pointer(type, value); // may move the memory
      new DataView(heap().buffer).setUint32(at, pointer, true);
    } else if (structs[type]) this.write(type, value, at);
    else WRITERS[type](memory, at, value);
  }

  pointer(type, value) {
    if (value === null || value === undefined) return 0;
    if (typeof value === 'number' || typeof value === 'bigint') return Number(value);
    if (typeof value === 'string') return this.text(value);
    if (typeof value === 'function') return this.function(callbacks[type.replace(' *', '')], value);
    if (ArrayBuffer.isView(value)) return this.array(value);
    return Array.isArray(value) ? this.texts(value) : this.struct(type.replace(' *', ''), value);
  }

  function(declaration, callback) {
    const { result, types } = parse(declaration);
    const at = module.addFunction(callback, [result, ...types].map(letter).join(''));
    this.#functions.push(at);
    return at;
  }

  argument(type, value) {
    if (type.endsWith('*')) return this.pointer(type, value);
    return letter(type) === 'j' ? BigInt(value) : Number(value);
  }

  end() {
    for (const [at, data] of this.#outputs) {
      new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
        .set(heap().subarray(at, at + data.byteLength));
    }
    this.#pieces.forEach((piece) => module._free(piece));
    this.#functions.forEach((at) => module.removeFunction(at));
  }
}

const SIZES = { int32_t: 4, int64_t: 8, uint64_t: 8, float: 4, double: 8 };
const WRITERS = {
  int32_t: (memory, at, value) => memory.setInt32(at, value, true),
  int64_t: (memory, at, value) => memory.setBigInt64(at, BigInt(value), true),
  uint64_t: (memory, at, value) => memory.setBigUint64(at, BigInt(value), true),
  size_t: (memory, at, value) => memory.setUint32(at, Number(value), true),
  float: (memory, at, value) => memory.setFloat32(at, value, true),
  double: (memory, at, value) => memory.setFloat64(at, value, true),
};

/** The letter of a type in a signature of WebAssembly. */
function letter(type) {
  return { void: 'v', int64_t: 'j', uint64_t: 'j', float: 'f', double: 'd' }[type] ?? 'i';
}

function call(name, declared, values) {
  const scope = new Scope();
  try {
    const result = module[`_${name}`](...declared.types.map((type, i) => scope.argument(type, values[i])));
    return declared.result === 'char *' ? module.UTF8ToString(result) : result;
  } finally {
    scope.end();
  }
}

let workers = Promise.resolve(0); // how many are loaded, or cannot be

/** Loads workers for the threads of a context, before a call: while it runs, none can be. */
function prepareThreads(ctx) {
  if (!module.PThread) return null;
  const wanted = module._sa_ctx_threads(Number(ctx)) - 1;
  workers = workers.then(async (loaded) => {
    await Promise.all(Array.from({ length: Math.max(wanted - loaded, 0) }, () => addWorker(module)));
    return Math.max(wanted, loaded);
  });
  return workers;
}

/** How many threads beside the caller's run, or wait for work. */
export function runningThreads() {
  return module.PThread?.runningWorkers.length ?? 0;
}

const later = globalThis.setImmediate ?? ((run) => setTimeout(run));
const made = {};

/** A function of C. Its form `async` runs after the events that wait: on this thread, and those of its context. */
export function c(name) {
  return made[name] ??= look(name);
}

function look(name) {
  const declared = parse(functions[name]);
  const one = (...values) => call(name, declared, values);
  one.async = (...values) => {
    const done = values.pop();
    const ready = declared.types[0] === 'sa_ctx *' ? prepareThreads(values[0]) : null;
    later(async () => {
      await ready;
      let result;
      try {
        result = one(...values);
      } catch (error) {
        done(error);
        return;
      }
      done(null, result);
    });
  };
  return one;
}

/** A constant of the module by its name: 'SA_F32', 'sizeof(sa_tensor)', 'sa_tensor.data'. */
export function constant(name) {
  const value = new BigInt64Array(1);
  check(c('sa_constant')(name, value));
  return Number(value[0]);
}

const places = {};
const place = (name) => places[name] ??= constant(name);
export const sizeOf = (struct) => place(`sizeof(${struct})`);
export const offsetOf = (struct, field) => place(`${struct}.${field}`);

/** A struct of zeros with its size, and these fields. */
export function zeroed(struct, fields = {}) {
  const size = 'struct_size' in structs[struct] ? { struct_size: sizeOf(struct) } : {};
  return { ...size, ...fields };
}

/** Throws the error of a failed call. The sentence stands at the context; without one, at the calling thread. */
export function check(status, ctx = null) {
  if (status === constants.SA_OK) return;
  const sentence = status === constants.SA_ERR_BUSY ? '' : c('sa_ctx_last_error')(ctx);
  throw new SelfAttnError(status, sentence || c('sa_status_string')(status));
}
