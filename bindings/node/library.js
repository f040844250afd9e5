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

function version(number) {
  return `${Math.floor(number / 1000000)}.${Math.floor(number / 1000) % 1000}.${number % 1000}`;
}

function refuse(why) {
  const needed = version(constants.SA_VERSION);
  throw new SelfAttnError(constants.SA_ERR_FILE, `${why}\nInstall libselfattn ${needed} or newer `
    + '(cmake --install build), or name its file in the environment variable SELFATTN_LIBRARY.');
}

/** What the system said of a path. */
function told(path, { message }) {
  const [, missing] = message.match(/(lib\S+): cannot open shared object file/) ?? [];
  return missing ? `${path}: it needs ${missing}, which is missing` : `${path}: ${message}`;
}

/** Loads the library that SELFATTN_LIBRARY names; else one that the system's loader finds, or an installed one. */
function load() {
  const name = FILES[process.platform] ?? FILES.linux;
  const chosen = process.env.SELFATTN_LIBRARY;
  const looked = [];
  for (const path of chosen ? [chosen] : [name, `/usr/local/lib/${name}`]) {
    try {
      return [path, koffi.load(path)];
    } catch (error) {
      looked.push(`  ${told(path, error)}`);
    }
  }
  return refuse(`libselfattn could not be loaded. Looked at:\n${looked.join('\n')}`);
}

function find() {
  const [path, library] = load();
  let call;
  try {
    call = library.func(functions.sa_version);
  } catch {
    refuse(`${path} is not libselfattn: it has no function sa_version.`);
  }
  if (call() < constants.SA_VERSION) refuse(`${path} is libselfattn ${version(call())}.`);
  return library;
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
  loaded[name] ??= look(name);
  return loaded[name];
}

function look(name) {
  try {
    return library.func(functions[name]);
  } catch {
    throw new SelfAttnError(constants.SA_ERR_UNSUPPORTED, `the library has no ${name}: ${c('sa_build_info')()}`);
  }
}

/** A constant of the loaded library by its name: 'SA_F32', 'sizeof(sa_tensor)', 'sa_tensor.data'. */
export function constant(name) {
  const value = new BigInt64Array(1);
  check(c('sa_constant')(name, value));
  return Number(value[0]);
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
