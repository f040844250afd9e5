// One sentence with everything that is shown of it.
// SPDX-License-Identifier: MIT
import { Heads } from './heads.js';
import { HeatMap } from './heatmap.js';
import { headsThatLink, isOther, isReached, lookedAt, looking, Looks, measure, shown, strongest } from './reading.js';

const FOUND = 8;
const SAID = 5;

const percent = (weight) => `${Math.round(100 * weight)}\u00a0%`;

/** A token within a sentence: what is written from right to left does not turn what stands around it. */
function quoted(token) {
  const word = shown(token);
  return /[\u0590-\u08ff\ufb1d-\ufefc]/.test(word) ? `\u2068${word}\u2069` : word;
}

/** What a look is called. */
export function nameOf({ kind, layer, head }) {
  if (kind === 'mean') return `Layer ${layer}, mean of its heads`;
  return kind === 'rollout' ? `Rollout up to layer ${layer}` : `Layer ${layer}, head ${head}`;
}

/** state: what all panels show. on: { pick(layer, head), look(panel, word) }. */
export class Panel {
  #state;
  #on;
  #words;
  #what;
  #heads;
  #map;
  #kept = -1;
  #word = -1;
  #row = null;
  #soon = null;
  looks = null;

  /** View: Words, or what shows something else that looks. */
  constructor(state, on, View) {
    this.#state = state;
    this.#on = on;
    this.element = document.querySelector('#panel').content.firstElementChild.cloneNode(true);
    this.#what = View.what;
    this.#find(View.place).hidden = false;
    this.#words = new View(this.#find(View.place), {
      look: (word) => this.look(word),
      keep: (word) => this.keep(word === this.#kept ? -1 : word),
      leave: () => this.look(this.#kept),
      resize: () => this.#show(),
    });
    this.#heads = new Heads(this.#find('.heads'), on.pick);
    this.#map = new HeatMap(this.#find('.map'), (from, to) => this.#point(from, to), (from) => this.keep(from));
    for (const name of ['.from', '.to']) this.#find(name).addEventListener('change', () => this.#link());
    this.#find('.found').addEventListener('click', (event) => {
      const found = event.target.closest('button');
      if (!found) return;
      const [from] = this.#pair();
      if (from !== this.#kept) this.#keepOnly(from);
      on.pick(Number(found.dataset.layer), Number(found.dataset.head));
    });
  }

  #find(selector) {
    return this.element.querySelector(selector);
  }

  isShown = (word) => this.#state.special || !this.looks.reading.special[word];

  get word() {
    return this.#word;
  }

  get kept() {
    return this.#kept;
  }

  set(reading, kept = -1) {
    this.element.classList.remove('empty');
    this.looks = new Looks(reading);
    this.#row = new Float32Array(reading.count);
    this.#kept = this.#word = kept;
    this.#words.set(reading);
    for (const [name, places] of [['.from', looking], ['.to', lookedAt]]) {
      const options = places(reading).map((i) => new Option(`${shown(reading.words[i])} (${i})`, i));
      this.#find(name).replaceChildren(...options);
    }
    this.#suggest(Math.max(looking(reading)[0], kept));
    this.draw();
  }

  /** The link to search for, if nobody chooses another: from a word to the one it looks at most. */
  #suggest(word) {
    const { reading } = this.looks;
    const row = this.looks.row({ ...this.#state.look, kind: 'head' }, word);
    const [best = 0] = strongest(row, (to) => !reading.special[to] && to !== word && isReached(reading, word, to), 1);
    const link = isOther(reading, word) ? [best, word] : [word, best];
    [this.#find('.from').value, this.#find('.to').value] = link;
  }

  /** Draws everything again, if there is something. */
  draw() {
    if (!this.looks) return;
    const { look, shifted } = this.#state;
    this.looks.shifted = shifted;
    this.#words.mark(this.isShown, this.#kept);
    this.#find('.title').textContent = nameOf(look);
    const { entropy, distance } = measure(this.looks, look);
    const { reading } = this.looks;
    const most = Math.log2(Math.max(1, lookedAt(reading).length));
    this.#find('.measures').textContent = `Entropy ${entropy.toFixed(2)} of at most ${
      most.toFixed(2)} bits; looks ${distance.toFixed(1)} ${reading.patches ? 'patches' : 'words'} away.`;
    this.#map.draw(this.looks, look, this.isShown);
    this.#find('.map').setAttribute('aria-label', `Weights of ${nameOf(look)}: rows look at columns`);
    this.#drawHeads();
    this.#heads.select(look);
    this.#found();
    this.#show();
  }

  #drawHeads() {
    this.drawn = this.#heads.draw(this.looks, this.#state.grid, this.isShown, this.#pair(), Math.max(0, this.#word));
  }

  /** The same in the next frame, once. */
  #drawSoon() {
    this.#soon ??= requestAnimationFrame(() => {
      this.#soon = null;
      this.#drawHeads();
    });
  }

  /** Shows where a word looks until another is looked at; -1: none. */
  look(word, tell = true) {
    if (word === this.#word) return;
    this.#word = word;
    this.#show();
    if (this.#state.grid === 'gaze') this.#drawSoon();
    if (tell) this.#on.look(this, word);
  }

  /** The same, also when the pointer is gone. */
  keep(word) {
    if (word >= 0) {
      this.#suggest(word);
      this.#link();
    }
    this.#keepOnly(word);
  }

  #keepOnly(word) {
    this.#kept = word;
    this.#words.mark(this.isShown, word);
    this.look(word);
  }

  #show() {
    if (!this.looks) return;
    const row = this.#word < 0 ? null : this.looks.row(this.#state.look, this.#word, this.#row);
    const { reading } = this.looks;
    const isShown = (to) => this.isShown(to) && isReached(reading, this.#word, to);
    this.#words.show(this.#word, row, isShown);
    this.#find('.said').textContent = row ? this.#say(row, isShown) : `Point at ${this.#what} to see where it looks.`;
  }

  #say(row, isShown) {
    const { words } = this.looks.reading;
    const said = strongest(row, isShown, SAID).map((to) => `${quoted(words[to])} ${percent(row[to])}`);
    return `${nameOf(this.#state.look)}: \u201c${quoted(words[this.#word])}\u201d ${this.#verb()} ${said.join(', ')}.`;
  }

  #verb() {
    if (isOther(this.looks.reading, this.#word)) return 'is looked at by';
    return this.looks.shifted ? 'was written from' : 'looks at';
  }

  #point(from, to) {
    if (!this.looks) return;
    const { words } = this.looks.reading;
    this.#find('.place').textContent = from < 0 ? ''
      : `${shown(words[from])} \u2192 ${shown(words[to])}: ${
        this.looks.row(this.#state.look, from)[to].toFixed(3)}`;
    this.look(from < 0 ? this.#kept : from);
  }

  #pair() {
    return [Number(this.#find('.from').value), Number(this.#find('.to').value)];
  }

  #link() {
    this.#found();
    if (this.#state.grid === 'link') this.#drawHeads();
  }

  #found() {
    this.#find('.found').replaceChildren(...headsThatLink(this.looks, ...this.#pair()).slice(0, FOUND)
      .map(({ layer, head, weight }) => {
        const button = document.createElement('button');
        button.type = 'button';
        Object.assign(button.dataset, { layer, head });
        button.style.setProperty('--part', `${100 * weight}%`);
        button.textContent = `layer ${layer}, head ${head}: ${percent(weight)}`;
        const item = document.createElement('li');
        item.append(button);
        return item;
      }));
  }
}
