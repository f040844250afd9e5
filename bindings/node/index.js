// Exact self-attention for CPUs: a form of libselfattn for Node. Long calls return promises and run off the event loop;
// arrays that are given to them must not be changed until they are done.
// SPDX-License-Identifier: MIT
import { c } from './library.js';

export { attention } from './attention.js';
export { Context } from './context.js';
export { Layer } from './layer.js';
export { constant, constants, SelfAttnError } from './library.js';
export { Model, Tokenizer } from './model.js';
export { Session } from './session.js';
export { tensor } from './tensor.js';

/** The version of the loaded library. */
export const version = () => c('sa_version_string')();
