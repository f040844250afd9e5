// The grid of all heads: small maps, or a number of each.
// SPDX-License-Identifier: MIT
import { scale, step } from './scale.js';
import { lookedAt, looking, measure, spread } from './reading.js';

const SIDE = 48; // cells of a small map; of long texts it shows the strongest of some words
const SLICE = 8; // milliseconds of work between two frames

/** element: the .heads. pick(layer, head) is called when the user chooses. */
export class Heads {
  #element;
  #cells = [];
  #run = 0;
  #layers = 0;
  #heads = 0;

  constructor(element, pick) {
    this.#element = element;
    element.addEventListener('click', (event) => {
      const cell = event.target.closest('.cell');
      if (cell) pick(Number(cell.dataset.layer), Number(cell.dataset.head));
    });
    element.addEventListener('keydown', (event) => this.#key(event, pick));
  }

  #key(event, pick) {
    const cell = event.target.closest('.cell');
    const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
    if (!cell || !step) return;
    event.preventDefault();
    const layer = Math.max(0, Math.min(this.#layers - 1, Number(cell.dataset.layer) + step[0]));
    const head = Math.max(0, Math.min(this.#heads - 1, Number(cell.dataset.head) + step[1]));
    pick(layer, head);
    this.#cells[layer * this.#heads + head].focus();
  }

  #make(layers, heads) {
    [this.#layers, this.#heads] = [layers, heads];
    this.#element.style.gridTemplateColumns = `1.2rem repeat(${heads}, minmax(0, 4rem))`;
    const name = (text, role) => {
      const element = document.createElement('span');
      element.className = 'name';
      element.textContent = text;
      element.setAttribute('role', role);
      return element;
    };
    const row = (children) => {
      const element = document.createElement('div');
      element.setAttribute('role', 'row');
      element.append(...children);
      return element;
    };
    const numbers = (count) => Array.from({ length: count }, (_, i) => i);
    this.#cells = [];
    const rows = numbers(layers).map((layer) => row([name(layer, 'rowheader'), ...numbers(heads).map((head) => {
      const cell = document.createElement('button');
      cell.type = 'button';
      cell.className = 'cell';
      cell.setAttribute('role', 'gridcell');
      Object.assign(cell.dataset, { layer, head });
      cell.append(document.createElement('canvas'), document.createElement('span'));
      this.#cells.push(cell);
      return cell;
    })]));
    this.#element.replaceChildren(row(['', ...numbers(heads)].map((text) => name(text, 'columnheader'))), ...rows);
  }

  select({ kind, layer, head }) {
    this.#cells.forEach((cell) => {
      const chosen = Number(cell.dataset.layer) === layer && (kind !== 'head' || Number(cell.dataset.head) === head);
      cell.setAttribute('aria-selected', String(chosen));
      cell.tabIndex = Number(cell.dataset.layer) === layer && Number(cell.dataset.head) === head ? 0 : -1;
    });
  }

  /**
   * Draws all heads, a slice of them between two frames. link: [from, to] for mode "link". token: what looks, in mode
   * "gaze". Resolves when done.
   */
  async draw(looks, mode, isShown, link, token) {
    const { layers, heads, count } = looks.reading;
    if (layers !== this.#layers || heads !== this.#heads) this.#make(layers, heads);
    const run = ++this.#run;
    const [rows, columns] = [looking, lookedAt].map((places) => places(looks.reading).filter(isShown));
    const furthest = { entropy: Math.log2(Math.max(2, count)), distance: Math.max(1, count / 2) };
    let began = performance.now();
    for (const cell of this.#cells) {
      if (performance.now() - began > SLICE) {
        await new Promise(requestAnimationFrame);
        if (run !== this.#run) return;
        began = performance.now();
      }
      const look = { kind: 'head', layer: Number(cell.dataset.layer), head: Number(cell.dataset.head) };
      let said = '';
      if (mode === 'gaze') drawGaze(cell, looks, look, token);
      else if (mode === 'map') drawMap(cell, looks, look, rows, columns);
      else {
        const value = mode === 'link' ? looks.row(look, link[0])[link[1]] : measure(looks, look)[mode];
        said = mode === 'link' ? String(Math.round(100 * value)) : value.toFixed(value < 10 ? 1 : 0);
        fill(cell, value / (furthest[mode] ?? 1));
      }
      cell.lastChild.textContent = said;
      cell.setAttribute('aria-label', `layer ${look.layer}, head ${look.head}${said && `: ${mode} ${said}`}`);
    }
  }
}

function fill(cell, part) {
  const { styles } = scale();
  const { background, ink } = styles[step(part ** 2)]; // its root makes steps of the number equal
  const canvas = cell.firstChild;
  canvas.width = canvas.height = 1;
  const context = canvas.getContext('2d');
  context.fillStyle = background;
  context.fillRect(0, 0, 1, 1);
  cell.lastChild.style.color = ink;
}

/** Where a token of a picture looks in it; the patch with the largest weight has the strongest colour. */
function drawGaze(cell, looks, look, token) {
  const { patches: [height, width], first } = looks.reading;
  const weights = looks.row(look, token).subarray(first);
  const most = Math.max(...weights) || 1;
  paint(cell.firstChild, width, height, (colours, pixels) => {
    weights.forEach((weight, i) => { colours[i] = pixels[step(weight / most)]; });
  });
}

/** Fills a canvas of this many pixels by draw(colours, pixels of the scale). */
function paint(canvas, width, height, draw) {
  [canvas.width, canvas.height] = [Math.max(1, width), Math.max(1, height)];
  const image = new ImageData(canvas.width, canvas.height);
  draw(new Uint32Array(image.data.buffer), scale().pixels);
  canvas.getContext('2d').putImageData(image, 0, 0);
}

function drawMap(cell, looks, look, rows, columns) {
  const [width, height] = [columns, rows].map((places) => Math.min(places.length, SIDE));
  const row = new Float32Array(looks.reading.count);
  paint(cell.firstChild, width, height, (colours, pixels) => spread(rows.length, height).forEach((place, y) => {
    looks.row(look, rows[place], row);
    const most = new Float32Array(width);
    columns.forEach((to, i) => {
      const x = Math.floor(i * width / columns.length);
      most[x] = Math.max(most[x], row[to]);
    });
    most.forEach((weight, x) => { colours[y * width + x] = pixels[step(weight)]; });
  }));
}
