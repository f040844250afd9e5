// From a picture to what a vision model takes: tools/selfattn/picture/preprocess.c and resample.c have the same rules.
// SPDX-License-Identifier: MIT
const MOST_EDGE = 32767;

const sinc = (x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** Keys, "Cubic Convolution Interpolation", 1981, with a = -1/2. */
function cubic(x) {
  if (x < 1) return (1.5 * x - 2.5) * x * x + 1;
  return x < 2 ? ((-0.5 * x + 2.5) * x - 4) * x + 2 : 0;
}

// By their numbers in preprocessor_config.json, but for 0: the nearest pixel.
const FILTERS = [null,
  { reach: 3, value: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) }, // Lanczos
  { reach: 1, value: (x) => Math.max(1 - Math.abs(x), 0) }, // bilinear
  { reach: 2, value: (x) => cubic(Math.abs(x)) },
  { reach: 0.5, value: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) }, // box
  { reach: 1, value: (x) => (Math.abs(x) < 1 ? sinc(x) * (0.54 + 0.46 * Math.cos(Math.PI * x)) : 0) }, // Hamming
];

/** What one new pixel takes of the old ones: weights of those from `first` on. */
function mixture(pixel, from, to, { reach, value }) {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  const centre = (pixel + 0.5) * scale;
  const first = Math.floor(Math.max(centre - reach * stretch + 0.5, 0));
  const end = Math.floor(Math.min(centre + reach * stretch + 0.5, from));
  const weights = Float64Array.from({ length: end - first }, (_, i) => value((first + i - centre + 0.5) / stretch));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

/** An image [lines][from] of pixels, seen along one axis, as one of `to` pixels. step and line: bytes between them. */
function scaleAxis(source, target, lines, filter) {
  for (let pixel = 0; pixel < target.pixels; pixel++) {
    const { first, weights } = mixture(pixel, source.pixels, target.pixels, filter);
    for (let i = 0; i < 3 * lines; i++) {
      const [line, colour] = [Math.floor(i / 3), i % 3];
      let from = line * source.line + colour + first * source.step;
      let sum = 0;
      for (let k = 0; k < weights.length; k++, from += source.step) sum += weights[k] * source.rgb[from];
      target.rgb[line * target.line + colour + pixel * target.step] = Math.max(0, Math.min(255, Math.floor(sum + 0.5)));
    }
  }
}

/** image: { width, height, rgb }. */
function resample(image, width, height, number) {
  const made = { width, height, rgb: new Uint8Array(3 * width * height) };
  if (number === 0) {
    for (let i = 0; i < width * height; i++) {
      const row = Math.floor((Math.floor(i / width) + 0.5) * image.height / height);
      const from = 3 * (row * image.width + Math.floor((i % width + 0.5) * image.width / width));
      made.rgb.set(image.rgb.subarray(from, from + 3), 3 * i);
    }
    return made;
  }
  const narrow = new Uint8Array(3 * width * image.height);
  scaleAxis({ rgb: image.rgb, pixels: image.width, step: 3, line: 3 * image.width },
    { rgb: narrow, pixels: width, step: 3, line: 3 * width }, image.height, FILTERS[number]);
  scaleAxis({ rgb: narrow, pixels: image.height, step: 3 * width, line: 3 },
    { rgb: made.rgb, pixels: height, step: 3 * width, line: 3 }, width, FILTERS[number]);
  return made;
}

/** The size of the whole image as it is before cropping. */
function sizeOf(image, { resize, width, height, shortest, longest }) {
  if (!resize) return [image.width, image.height];
  if (!shortest) return [width, height];
  const shorter = Math.min(image.width, image.height);
  const sizes = [image.width, image.height].map((edge) => Math.floor(shortest * edge / shorter));
  const longer = Math.max(...sizes);
  if (!longest || longer <= longest) return sizes;
  return sizes.map((edge) => (edge === longer ? longest : Math.floor(longest * shortest / longer)));
}

/**
 * What a model takes of an image { width, height, rgb }: features [3][height][width], and the part { x, y, width,
 * height } of the image that this is, in its pixels. rules: what the page's data have of struct preprocessing, and the
 * model's `taken` width and height.
 */
export function featuresOf(image, rules) {
  const [across, down] = rules.taken;
  const [width, height] = sizeOf(image, rules);
  const fits = rules.crop ? width >= across && height >= down : width === across && height === down;
  if (!fits || Math.min(width, height) < 1 || Math.max(width, height) > MOST_EDGE) {
    throw new Error(`This picture of ${image.width} \u00d7 ${image.height} pixels becomes one of ${width} \u00d7 ${
      height}${rules.crop ? ', which is cropped' : ''}; the model takes ${across} \u00d7 ${down}.`);
  }
  const small = resample(image, width, height, rules.filter);
  const [left, top] = [Math.floor((width - across) / 2), Math.floor((height - down) / 2)];
  const features = new Float32Array(3 * across * down);
  for (let colour = 0; colour < 3; colour++) {
    for (let i = 0; i < across * down; i++) {
      const byte = small.rgb[3 * ((top + Math.floor(i / across)) * width + left + i % across) + colour];
      features[colour * across * down + i] = (byte * rules.factor - rules.mean[colour]) / rules.deviation[colour];
    }
  }
  const [wide, high] = [image.width / width, image.height / height];
  return { features, part: { x: left * wide, y: top * high, width: across * wide, height: down * high } };
}

/** The pixels of a picture as a browser reads it; what is transparent stands on white. */
export function pixelsOf(bitmap) {
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext('2d');
  context.fillStyle = '#ffffff';
  context.fillRect(0, 0, width, height);
  context.drawImage(bitmap, 0, 0);
  const { data } = context.getImageData(0, 0, width, height);
  const rgb = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) {
    for (let colour = 0; colour < 3; colour++) rgb[3 * i + colour] = data[4 * i + colour];
  }
  return { width, height, rgb };
}
