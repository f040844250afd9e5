// Exact self-attention for CPUs: libselfattn as a module of WebAssembly, for Node and pages. The classes are those of
// the package for Node. A call keeps the thread busy that makes it: in a page, put it in a worker.
// SPDX-License-Identifier: MIT
import { files } from './library.js';

export * from './classes.js';

/** Puts a file where Model.open() and Tokenizer.open() find it: in a page there are no others. */
export function storeFile(path, bytes) {
  files.mkdirTree(path.replace(/\/[^/]*$/, '') || '/');
  files.writeFile(path, bytes);
}
