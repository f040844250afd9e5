// Arrays that the library reads and writes.
// SPDX-License-Identifier: MIT

/** A new array of these sizes. */
export function room(...sizes) {
  return new Float32Array(sizes.reduce((all, size) => all * size, 1));
}

/** Arrays of floats one behind the other. */
export function joined(arrays) {
  const all = room(arrays.length, arrays[0].length);
  arrays.forEach((array, i) => all.set(array, i * arrays[0].length));
  return all;
}

/** Sequences of any lengths as one array [B,T], and their lengths. */
export function padded(sequences) {
  const tokens = Math.max(0, ...sequences.map((row) => row.length));
  const ids = new Int32Array(tokens * sequences.length);
  sequences.forEach((row, b) => ids.set(row, b * tokens));
  return { batch: sequences.length, tokens, ids, lengths: BigInt64Array.from(sequences, (row) => BigInt(row.length)) };
}

/** An array that a pointer can stand for: a wanted output without elements must not look unwanted. */
export function some(data) {
  return data.length ? data : new data.constructor(1);
}
