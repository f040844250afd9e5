// Pictures that are dropped or chosen: the engine looks at them, and says what it takes them for.
// SPDX-License-Identifier: MIT
import { Engine, PRIVATE } from './engine.js';
import { Patches } from './patches.js';
import { keptIn, WeighedReading } from './reading.js';

const CLASSES = 5; // that are said
const LOST = ['class token', 'second token', 'third token']; // those in front of the patches

/** A picture as a model sees it: tokens that stand for nothing of it, then patches, row by row. */
class PictureReading extends WeighedReading {
  #at;

  constructor({ tokens, attention, bitmap, part }, { layers, heads, image: { patches } }) {
    const [rows, columns] = patches;
    const first = tokens - rows * columns;
    const at = (i) => [Math.floor((i - first) / columns), (i - first) % columns];
    const words = Array.from({ length: tokens }, (_, i) => (i < first ? LOST[i] ?? `token ${i}`
      : `patch ${at(i).join('\u00b7')}`));
    super({ words, special: words.map(() => 0), weights: attention, rows: tokens, columns: tokens }, { layers, heads });
    Object.assign(this, { bitmap, part, patches, first });
    this.#at = at;
  }

  /** How many patches away; nothing is away from a token that is none. */
  distance(from, to) {
    if (Math.min(from, to) < this.first) return 0;
    const [[row, column], [otherRow, otherColumn]] = [from, to].map(this.#at);
    return Math.hypot(row - otherRow, column - otherColumn);
  }
}

export class Seen {
  View = Patches;
  title = 'Where a model looks';
  grid = 'gaze';
  #data;
  #engine;
  #files = {}; // promises of those that stand in the page

  constructor(data) {
    this.#data = data;
    this.beside = data.pictures.length > 1;
    this.about = `${data.layers} layers of ${data.heads} heads. ${PRIVATE}`;
    this.#engine = new Engine(data);
  }

  begin() {
    document.querySelector('#special').closest('label').hidden = true;
    // What is dropped beside a panel must not replace the page.
    for (const name of ['dragover', 'drop']) document.addEventListener(name, (event) => event.preventDefault());
  }

  /** Gives panel `number` a place to drop pictures in. */
  attach(panel, number) {
    const place = panel.element.querySelector('.picked');
    const input = place.querySelector('input');
    const { pictures } = this.#data;
    const see = (picture) => picture && this.#see(panel, picture);
    place.hidden = false;
    input.addEventListener('change', () => see(input.files[0]));
    panel.element.addEventListener('drop', (event) => see(event.dataTransfer.files[0]));
    const name = pictures[Math.min(number, pictures.length - 1)];
    if (!name) return;
    this.#files[name] ??= this.#engine.part(name).then((bytes) => new File([bytes], name));
    this.#files[name].then(see);
  }

  #see(panel, picture) {
    this.#engine.ask(panel, { picture, rules: this.#data.image.rules }, (answer) => {
      const reading = new PictureReading(answer, this.#data);
      const kept = keptIn(panel, reading, this.#data.word);
      panel.set(reading, panel.looks ? kept : Math.max(0, kept));
      const classes = panel.element.querySelector('.classes');
      classes.hidden = !answer.logits;
      if (answer.logits) classes.textContent = `The model takes it for: ${this.#classes(answer.logits)}.`;
    });
  }

  #classes(logits) {
    const { labels, each } = this.#data.image;
    const most = Math.max(...logits);
    const raised = Array.from(logits, (logit) => Math.exp(logit - most));
    const sum = raised.reduce((all, one) => all + one, 0);
    const probabilities = each ? Array.from(logits, (logit) => 1 / (1 + Math.exp(-logit))) : raised.map((x) => x / sum);
    return probabilities.map((_, i) => i).sort((a, b) => probabilities[b] - probabilities[a]).slice(0, CLASSES)
      .map((i) => `${labels[i] ?? i} ${Math.round(100 * probabilities[i])}\u00a0%`).join(', ');
  }
}
