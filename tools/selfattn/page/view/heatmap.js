// The map of one look: a row for each word that looks, a column for each word looked at.
// SPDX-License-Identifier: MIT
import { scale, step } from './scale.js';
import { lookedAt, looking, shown } from './reading.js';

const LABELLED = 48; // words: above, there is no room for their names

/** canvas: where it is drawn. point(from, to) is called when the user points at a cell, with -1 and -1 outside. */
export class HeatMap {
  #canvas;
  #rows = [];
  #columns = [];
  #looks = null;
  #look = null;
  #image = null;
  #room = 0;
  #cell = 1;

  constructor(canvas, point, pick) {
    this.#canvas = canvas;
    canvas.addEventListener('pointermove', (event) => point(...this.#at(event)));
    canvas.addEventListener('pointerleave', () => point(-1, -1));
    canvas.addEventListener('click', (event) => pick(...this.#at(event)));
    new ResizeObserver(() => this.#paint(-1)).observe(canvas);
  }

  #at(event) {
    const box = this.#canvas.getBoundingClientRect();
    const part = (at, size) => Math.floor((at * this.#canvas.width / size - this.#room) / this.#cell);
    const to = this.#columns[part(event.clientX - box.left, box.width)];
    const from = this.#rows[part(event.clientY - box.top, box.width)];
    return from === undefined || to === undefined ? [-1, -1] : [from, to];
  }

  draw(looks, look, isShown) {
    [this.#looks, this.#look] = [looks, look];
    this.#rows = looking(looks.reading).filter(isShown);
    this.#columns = lookedAt(looks.reading).filter(isShown);
    const width = Math.max(this.#columns.length, 1);
    const { pixels } = scale();
    this.#image = new ImageData(width, Math.max(this.#rows.length, 1));
    const colours = new Uint32Array(this.#image.data.buffer);
    const row = new Float32Array(looks.reading.count);
    this.#rows.forEach((from, y) => {
      looks.row(look, from, row);
      this.#columns.forEach((to, x) => { colours[y * width + x] = pixels[step(row[to])]; });
    });
    this.#paint(-1);
  }

  /** Draws the map with names of words, and marks the row of a word; -1: none. */
  #paint(word) {
    if (!this.#image) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.#canvas.clientWidth * ratio) || 1;
    const { width: across, height: down } = this.#image;
    const named = Math.max(across, down) <= LABELLED;
    this.#room = named ? Math.round(Math.min(width / 4, 84 * ratio)) : 0;
    this.#cell = (width - this.#room) / Math.max(across, down);
    const height = Math.round(this.#room + down * this.#cell);
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== height) this.#canvas.height = height;
    const context = this.#canvas.getContext('2d');
    context.clearRect(0, 0, width, height);
    const small = new OffscreenCanvas(across, down);
    small.getContext('2d').putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, this.#room, this.#room, across * this.#cell, down * this.#cell);
    if (named) this.#names(context, ratio, word);
  }

  #names(context, ratio, word) {
    const style = getComputedStyle(this.#canvas);
    const size = Math.min(13 * ratio, Math.max(this.#cell * 0.8, 7 * ratio));
    context.textBaseline = 'middle';
    context.fillStyle = style.color;
    const name = (place) => {
      context.font = `${place === word ? 'bold ' : ''}${size}px system-ui, sans-serif`;
      return shown(this.#looks.reading.words[place]);
    };
    const middle = (i) => this.#room + (i + 0.5) * this.#cell;
    context.textAlign = 'right';
    this.#rows.forEach((place, i) => {
      context.fillText(name(place), this.#room - 4 * ratio, middle(i), this.#room - 5 * ratio);
    });
    context.textAlign = 'left';
    this.#columns.forEach((place, i) => {
      context.save();
      context.translate(middle(i), this.#room - 4 * ratio);
      context.rotate(-Math.PI / 2);
      context.fillText(name(place), 0, 0, this.#room - 5 * ratio);
      context.restore();
    });
  }
}
