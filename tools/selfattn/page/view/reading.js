// A sentence as a model read it: its words, and the weights of each head. What is computed from weights.
// SPDX-License-Identifier: MIT

export function fromBase64(text) {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = letters.charCodeAt(i);
  return bytes;
}

/** Weights that stand in the page: a byte is 255 times the square root of a weight. */
export class StoredReading {
  #weights;

  constructor({ text, words, special, weights }, { layers, heads }) {
    Object.assign(this, { text, words, special, layers, heads, count: words.length });
    this.#weights = fromBase64(weights);
  }

  /** Writes how much word `from` looks at each word. */
  row(layer, head, from, out) {
    const start = ((layer * this.heads + head) * this.count + from) * this.count;
    for (let to = 0; to < this.count; to++) out[to] = (this.#weights[start + to] / 255) ** 2;
    return out;
  }
}

/**
 * Weights as the engine computed them, [L,H,rows,columns]: of the last `rows` words to the first `columns`. Where these
 * are two texts, a word that is looked at has a row, too: how much each of the others looks at it.
 */
export class WeighedReading {
  #weights;

  constructor({ text, words, special, weights, rows, columns }, { layers, heads }) {
    Object.assign(this, { text, words, special, layers, heads, rows, columns, count: words.length });
    this.#weights = weights;
  }

  row(layer, head, from, out) {
    const { count, rows, columns } = this;
    const first = count - rows;
    const start = (layer * this.heads + head) * rows * columns;
    out.fill(0);
    if (from < first) for (let i = 0; i < rows; i++) out[first + i] = this.#weights[start + i * columns + from];
    else for (let to = 0; to < columns; to++) out[to] = this.#weights[start + (from - first) * columns + to];
    return out;
  }

  /** How many words away, in texts that begin together. */
  distance(from, to) {
    return Math.abs(from - (this.count - this.rows) - to);
  }
}

const range = (begin, end) => Array.from({ length: end - begin }, (_, i) => begin + i);

/** The words that look, and those that are looked at: all, unless there are two texts. */
export const looking = ({ count, rows = count }) => range(count - rows, count);
export const lookedAt = ({ count, columns = count }) => range(0, columns);

/** Whether a reading is of two texts, and `word` stands in the one that is looked at. */
export const isOther = ({ count, rows = count }, word) => word < count - rows;

/** Whether a word can look at another, or where there are two texts be looked at by it. */
export const isReached = (reading, word, other) => !isOther(reading, 0)
  || isOther(reading, word) !== isOther(reading, other);

/**
 * What a look shows: one head, the mean of a layer's heads, or the rollout of all layers up to it. shifted: a word
 * looks where the one in front of it does; from there a decoder has written it.
 */
export class Looks {
  shifted = false;
  #means = [];
  #one;

  constructor(reading) {
    this.reading = reading;
    this.#one = new Float32Array(reading.count);
  }

  row({ kind, layer, head }, from, out = new Float32Array(this.reading.count)) {
    if (this.shifted) from--;
    if (from < 0) return out.fill(0);
    if (kind === 'head') return this.reading.row(layer, head, from, out);
    return kind === 'mean' ? this.#mean(layer, from, out) : this.#rollout(layer, from, out);
  }

  #mean(layer, from, out) {
    const { heads } = this.reading;
    out.fill(0);
    for (let head = 0; head < heads; head++) {
      this.reading.row(layer, head, from, this.#one);
      for (let to = 0; to < out.length; to++) out[to] += this.#one[to] / heads;
    }
    return out;
  }

  /** The means of all words in a layer: the rollout alone needs them, and keeps them. */
  #means_of(layer) {
    const { count } = this.reading;
    if (!this.#means[layer]) {
      const all = new Float32Array(count * count);
      for (let from = 0; from < count; from++) this.#mean(layer, from, all.subarray(from * count, (from + 1) * count));
      this.#means[layer] = all;
    }
    return this.#means[layer];
  }

  #rollout(layer, from, out) {
    const { count } = this.reading;
    let part = new Float32Array(count);
    part[from] = 1;
    for (let below = layer; below >= 0; below--) {
      const means = this.#means_of(below);
      const next = part.map((value) => value / 2);
      for (let word = 0; word < count; word++) {
        const half = part[word] / 2;
        if (half > 0) for (let to = 0; to < count; to++) next[to] += half * means[word * count + to];
      }
      part = next;
    }
    out.set(part);
    return out;
  }
}

/** Up to `most` places, spread evenly over 0 .. count - 1. */
export function spread(count, most) {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.floor((i + 0.5) * count / most));
}

const MEASURED = 64;

/** Of a head: the mean entropy of its rows in bits, and how many words away it looks. Of long texts some rows. */
export function measure(looks, look) {
  const { reading } = looks;
  const row = new Float32Array(reading.count);
  const places = looking(reading);
  const some = spread(places.length, MEASURED).map((place) => places[place]);
  const away = (from, to) => reading.distance?.(from, to) ?? Math.abs(to - from);
  let [entropy, distance] = [0, 0];
  for (const from of some) {
    looks.row(look, from, row);
    for (let to = 0; to < row.length; to++) {
      if (row[to] > 0) entropy -= row[to] * Math.log2(row[to]);
      distance += row[to] * away(from, to);
    }
  }
  return { entropy: entropy / some.length, distance: distance / some.length };
}

/** All heads, the one in which `from` looks most at `to` first. */
export function headsThatLink(looks, from, to) {
  const { reading } = looks;
  const row = new Float32Array(reading.count);
  const found = [];
  for (let layer = 0; layer < reading.layers; layer++) {
    for (let head = 0; head < reading.heads; head++) {
      found.push({ layer, head, weight: looks.row({ kind: 'head', layer, head }, from, row)[to] });
    }
  }
  return found.sort((a, b) => b.weight - a.weight);
}

/** The words in order of their weights, without those that are left out. */
export function strongest(row, isShown, most) {
  const places = [];
  for (let to = 0; to < row.length; to++) if (isShown(to)) places.push(to);
  return places.sort((a, b) => row[b] - row[a]).slice(0, most);
}

/**
 * The place of a word of one reading in another: where it stands again, in the same one of two texts, and as often as
 * before it if it does so often; or -1.
 */
export function sameWord(reading, word, other) {
  if (word < 0) return -1;
  const [token, isAbove] = [reading.words[word], isOther(reading, word)];
  const isSame = (one, place) => one.words[place] === token && isOther(one, place) === isAbove;
  const before = range(0, word).filter((place) => isSame(reading, place)).length;
  const same = range(0, other.count).filter((place) => isSame(other, place));
  return same[Math.min(before, same.length - 1)] ?? -1;
}

/** Where the word that a panel keeps stands in another reading; in its first one, where `word` does. -1: nowhere. */
export function keptIn(panel, reading, word) {
  const before = panel.looks?.reading;
  return before ? sameWord(before, panel.kept, reading) : reading.words.findIndex((token) => shown(token) === word);
}

const SPACED = /^[\u0120\u2581]./; // marks of a space in front, of byte-level vocabularies and of SentencePiece
const LINE_END = '\u010a'; // of byte-level vocabularies

/** How a token is shown: without the marks that vocabularies have for spaces and pieces. */
export function shown(token) {
  if (/^##./.test(token)) return token.slice(2);
  if (token === LINE_END) return '\u21b5';
  return SPACED.test(token) ? token.slice(1) : token;
}

/** Whether each token goes on with the word in front of it. */
export function pieces(words, special) {
  const isSpaced = words.some((token) => SPACED.test(token));
  const isWord = words.map((token, i) => !special[i] && token !== LINE_END);
  return words.map((token, i) => {
    if (!isSpaced) return /^##./.test(token);
    return i > 0 && isWord[i] && isWord[i - 1] && !SPACED.test(token) && /^\p{L}/u.test(token);
  });
}
