// The scale of weights: lightness runs one way all along, so that it can be read without colours, and in print.
// SPDX-License-Identifier: MIT
const STOPS = {
  light: [[255, 255, 255], [198, 219, 239], [66, 146, 198], [8, 48, 107]],
  dark: [[20, 23, 28], [36, 72, 112], [86, 160, 211], [232, 245, 255]],
};
const STEPS = 256;

function between(stops, part) {
  const place = part * (stops.length - 1);
  const step = Math.min(Math.floor(place), stops.length - 2);
  return stops[step].map((from, i) => Math.round(from + (place - step) * (stops[step + 1][i] - from)));
}

/** The colours of a theme for weights 0 to 1: a table for pixels, and one for styles with the ink that is readable. */
function makeScale(theme) {
  const pixels = new Uint32Array(STEPS);
  const styles = [];
  const bytes = new Uint8Array(pixels.buffer);
  for (let i = 0; i < STEPS; i++) {
    // Small weights are many: the square root tells them apart.
    const [red, green, blue] = between(STOPS[theme], Math.sqrt(i / (STEPS - 1)));
    bytes.set([red, green, blue, 255], 4 * i);
    const dark = 0.2126 * red + 0.7152 * green + 0.0722 * blue < 140;
    styles.push({ background: `rgb(${red} ${green} ${blue})`, ink: dark ? '#ffffff' : '#000000' });
  }
  return { pixels, styles };
}

const scales = { light: makeScale('light'), dark: makeScale('dark') };
const darkness = matchMedia('(prefers-color-scheme: dark)');
const printing = matchMedia('print');

export function scale() {
  return darkness.matches && !printing.matches ? scales.dark : scales.light;
}

/** Calls `draw` whenever colours change. */
export function onTheme(draw) {
  darkness.addEventListener('change', draw);
  printing.addEventListener('change', draw);
}

export function step(weight) {
  return Math.max(0, Math.min(STEPS - 1, Math.round(weight * (STEPS - 1))));
}
