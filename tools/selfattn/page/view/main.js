// The page: what is chosen, and the panels that show it.
// SPDX-License-Identifier: MIT
import { Panel } from './panel.js';
import { StoredReading } from './reading.js';
import { onTheme } from './scale.js';

const data = JSON.parse(document.querySelector('#data').textContent);
const find = (selector) => document.querySelector(selector);
const readings = data.readings.map((reading) => new StoredReading(reading, data));
const state = { look: { kind: 'head', layer: data.layer, head: data.head }, grid: 'map', special: false };

/** The word of another sentence that is the same, or one that stands at its place among the same words. */
function sameWord(from, word, to) {
  const { words } = from.looks.reading;
  if (word < 0) return -1;
  const before = words.slice(0, word).filter((other) => other === words[word]).length;
  const same = to.looks.reading.words.map((other, i) => (other === words[word] ? i : -1)).filter((i) => i >= 0);
  return same[Math.min(before, same.length - 1)] ?? -1;
}

const panels = [];
const on = {
  pick(layer, head) {
    Object.assign(state.look, { kind: 'head', layer, head });
    draw();
  },
  look(panel, word) {
    for (const other of panels) if (other !== panel) other.look(sameWord(panel, word, other), false);
  },
};

function draw() {
  for (const name of ['kind', 'layer', 'head']) find(`#${name}`).value = state.look[name];
  find('#head').disabled = state.look.kind !== 'head';
  panels.forEach((panel) => panel.draw());
}

function addPanel(number) {
  const panel = new Panel(state, on);
  const choice = panel.element.querySelector('.text');
  choice.replaceChildren(...readings.map(({ text }, i) => new Option(text, i)));
  choice.value = number;
  panel.element.querySelector('.choice').hidden = readings.length === 1;
  choice.addEventListener('change', () => panel.set(readings[choice.value]));
  panels.push(panel);
  find('#panels').append(panel.element);
  panel.set(readings[number], number === 0 ? data.word : -1);
  const [first] = panels;
  if (panel !== first && first.word >= 0) panel.keep(sameWord(first, first.word, panel));
}

function setBeside(beside) {
  while (panels.length > 1) panels.pop().element.remove();
  if (beside) addPanel(Math.min(1, readings.length - 1));
}

find('#about').textContent = `${data.model}: ${data.layers} layers of ${data.heads} heads. ${
  readings.length === 1 ? 'One sentence' : `${readings.length} sentences`}, without the model.`;
for (const [name, count] of [['layer', data.layers], ['head', data.heads]]) {
  find(`#${name}`).replaceChildren(...Array.from({ length: count }, (_, i) => new Option(i, i)));
}
find('#controls').addEventListener('change', ({ target: { id, value, checked } }) => {
  if (id === 'beside') setBeside(checked);
  else if (id === 'special') state.special = checked;
  else if (id === 'grid') state.grid = value;
  else state.look[id] = id === 'kind' ? value : Number(value);
  draw();
});
find('#controls').addEventListener('submit', (event) => event.preventDefault());
addPanel(0);
if (readings.length > 1) {
  find('#beside').checked = true;
  setBeside(true);
}
draw();
onTheme(draw);
