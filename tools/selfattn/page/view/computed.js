// A sentence that the engine has read: a row of weights is computed from queries and keys when somebody asks for it.
// SPDX-License-Identifier: MIT

/** queries [L,H,T,D], with their scale, and keys [L,K,T,D]: H / K heads in a row share keys. */
export class ComputedReading {
  #queries;
  #keys;
  #size;
  #shared;
  #causal;

  constructor({ text, words, special, queries, keys }, { layers, heads, keyHeads, headSize, causal }) {
    Object.assign(this, { text, words, special, layers, heads, count: words.length });
    [this.#queries, this.#keys, this.#size] = [queries, keys, headSize];
    [this.#shared, this.#causal] = [heads / keyHeads, causal];
  }

  /** Writes how much word `from` looks at each word: softmax(q k), with causal of itself and those before it. */
  row(layer, head, from, out) {
    const { count, heads } = this;
    const [size, keys, seen] = [this.#size, this.#keys, this.#causal ? from + 1 : count];
    const query = this.#queries.subarray(((layer * heads + head) * count + from) * size).subarray(0, size);
    let key = Math.floor((layer * heads + head) / this.#shared) * count * size;
    let most = -Infinity;
    for (let to = 0; to < seen; to++) {
      let score = 0;
      for (let i = 0; i < size; i++) score += query[i] * keys[key++];
      out[to] = score;
      if (score > most) most = score;
    }
    let sum = 0;
    for (let to = 0; to < seen; to++) sum += (out[to] = Math.exp(out[to] - most));
    for (let to = 0; to < seen; to++) out[to] /= sum;
    out.fill(0, seen);
    return out;
  }
}
