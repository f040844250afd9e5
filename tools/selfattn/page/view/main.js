// The page: what is chosen, and the panels that show it.
// SPDX-License-Identifier: MIT
import { Panel } from './panel.js';
import { sameWord } from './reading.js';
import { Rewritten } from './rewritten.js';
import { onTheme } from './scale.js';
import { Seen } from './seen.js';
import { Stored } from './stored.js';
import { Typed } from './typed.js';
import { Words } from './words.js';

const data = JSON.parse(document.querySelector('#data').textContent);
const find = (selector) => document.querySelector(selector);
const Source = (data.readings && Stored) || (data.decoder && Rewritten) || (data.image && Seen) || Typed;
const source = new Source(data);
const state = { look: { kind: 'head', layer: data.layer, head: data.head }, grid: source.grid ?? 'map', special: false,
  shifted: false };

const panels = [];
const on = {
  pick(layer, head) {
    Object.assign(state.look, { kind: 'head', layer, head });
    draw();
  },
  look(panel, word) {
    const others = panels.filter((other) => other !== panel && other.looks);
    others.forEach((other) => other.look(sameWord(panel.looks.reading, word, other.looks.reading), false));
  },
};

function draw() {
  for (const name of ['kind', 'layer', 'head']) find(`#${name}`).value = state.look[name];
  find('#grid').value = state.grid;
  find('#head').disabled = state.look.kind !== 'head';
  panels.forEach((panel) => panel.draw());
}

function addPanel(number) {
  const panel = new Panel(state, on, source.View ?? Words);
  panels.push(panel);
  find('#panels').append(panel.element);
  source.attach(panel, number);
  const [first] = panels;
  if (panel === first || !first.looks || !panel.looks || first.word < 0) return;
  panel.keep(sameWord(first.looks.reading, first.word, panel.looks.reading));
}

function setBeside(beside) {
  while (panels.length > 1) panels.pop().element.remove();
  if (beside) addPanel(1);
}

/** Another map has other layers and heads. */
function setSizes() {
  const sizes = source.sizes ?? data;
  for (const [name, count] of [['layer', sizes.layers], ['head', sizes.heads]]) {
    find(`#${name}`).replaceChildren(...Array.from({ length: count }, (_, i) => new Option(i, i)));
    state.look[name] = Math.min(state.look[name], count - 1);
  }
}

if (!source.grid) find('#grid [value="gaze"]').remove(); // a picture's
if (source.title) document.title = find('h1').textContent = source.title;
find('#about').textContent = `${data.model}: ${source.about}`;
setSizes();
find('#controls').addEventListener('change', ({ target: { id, value, checked } }) => {
  if (id === 'beside') setBeside(checked);
  else if (id === 'which') {
    source.which = value;
    setSizes();
    source.show();
  } else if (id === 'special' || id === 'shifted') state[id] = checked;
  else if (id === 'grid') state.grid = value;
  else if (id in state.look) state.look[id] = id === 'kind' ? value : Number(value);
  draw();
});
find('#controls').addEventListener('submit', (event) => event.preventDefault());
if (data.notice) { // of what the engine is linked from
  const place = find('#licences .engine');
  place.textContent = data.notice;
  place.hidden = false;
}
addPanel(0);
if (source.beside) {
  find('#beside').checked = true;
  setBeside(true);
}
draw();
source.begin?.();
onTheme(() => {
  draw();
  source.draw?.();
});
