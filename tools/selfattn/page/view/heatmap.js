// The map of one look: a row for each word that looks, a column for each word looked at.
// SPDX-License-Identifier: MIT
import { scale, step } from './scale.js';
import { shown } from './reading.js';

const LABELLED = 48; // words: above, there is no room for their names

/** canvas: where it is drawn. point(from, to) is called when the user points at a cell, with -1 and -1 outside. */
export class HeatMap {
  #canvas;
  #places = [];
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
    const to = this.#places[part(event.clientX - box.left, box.width)];
    const from = this.#places[part(event.clientY - box.top, box.width)];
    return from === undefined || to === undefined ? [-1, -1] : [from, to];
  }

  draw(looks, look, isShown) {
    const { count } = looks.reading;
    [this.#looks, this.#look] = [looks, look];
    this.#places = Array.from({ length: count }, (_, i) => i).filter(isShown);
    const side = this.#places.length;
    const { pixels } = scale();
    this.#image = new ImageData(Math.max(side, 1), Math.max(side, 1));
    const colours = new Uint32Array(this.#image.data.buffer);
    const row = new Float32Array(count);
    this.#places.forEach((from, y) => {
      looks.row(look, from, row);
      this.#places.forEach((to, x) => { colours[y * side + x] = pixels[step(row[to])]; });
    });
    this.#paint(-1);
  }

  /** Draws the map with names of words, and marks the row of a word; -1: none. */
  #paint(word) {
    if (!this.#image) return;
    const ratio = window.devicePixelRatio || 1;
    const width = Math.round(this.#canvas.clientWidth * ratio) || 1;
    const side = Math.max(this.#places.length, 1);
    const named = side <= LABELLED;
    this.#room = named ? Math.round(Math.min(width / 4, 84 * ratio)) : 0;
    this.#cell = (width - this.#room) / side;
    if (this.#canvas.width !== width) this.#canvas.width = width;
    if (this.#canvas.height !== width) this.#canvas.height = width;
    const context = this.#canvas.getContext('2d');
    context.clearRect(0, 0, width, width);
    const small = new OffscreenCanvas(side, side);
    small.getContext('2d').putImageData(this.#image, 0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(small, this.#room, this.#room, width - this.#room, width - this.#room);
    if (named) this.#names(context, ratio, word);
  }

  #names(context, ratio, word) {
    const style = getComputedStyle(this.#canvas);
    const size = Math.min(13 * ratio, Math.max(this.#cell * 0.8, 7 * ratio));
    context.textBaseline = 'middle';
    context.fillStyle = style.color;
    this.#places.forEach((place, i) => {
      const text = shown(this.#looks.reading.words[place]);
      const middle = this.#room + (i + 0.5) * this.#cell;
      context.font = `${place === word ? 'bold ' : ''}${size}px system-ui, sans-serif`;
      context.textAlign = 'right';
      context.fillText(text, this.#room - 4 * ratio, middle, this.#room - 5 * ratio);
      context.save();
      context.translate(middle, this.#room - 4 * ratio);
      context.rotate(-Math.PI / 2);
      context.textAlign = 'left';
      context.fillText(text, 0, 0, this.#room - 5 * ratio);
      context.restore();
    });
  }
}
