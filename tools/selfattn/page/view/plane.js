// Vectors as points of a plane, which keeps as much of their distances as a plane can: principal components.
// SPDX-License-Identifier: MIT
const ROUNDS = 200;
const PARTINGS = 20;

export function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** The products of vectors after their mean was taken from each. */
function centred(vectors) {
  const products = vectors.map((a) => vectors.map((b) => dot(a, b)));
  const means = products.map((row) => row.reduce((sum, x) => sum + x, 0) / row.length);
  const all = means.reduce((sum, x) => sum + x, 0) / means.length;
  return products.map((row, i) => row.map((x, j) => x - means[i] - means[j] + all));
}

/** The strongest direction of a symmetric matrix without negative ones, by powers of it: { value, vector }. */
function strongestOf(matrix) {
  let vector = matrix.map((_, i) => Math.cos(i + 1)); // any vector that is not at right angles to it
  let value = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const next = matrix.map((row) => dot(row, vector));
    value = Math.sqrt(dot(next, next));
    if (value < 1e-12) return { value: 0, vector: vector.map(() => 0) };
    vector = next.map((x) => x / value);
  }
  return { value, vector };
}

/** Moves points that are nearer than `least` away from each other, a little at a time. */
function part(points, least) {
  for (let round = 0; round < PARTINGS; round++) {
    points.forEach((a, i) => points.slice(0, i).forEach((b) => {
      const [x, y] = [a[0] - b[0], a[1] - b[1]];
      const distance = Math.hypot(x, y);
      if (distance >= least) return;
      const move = (least - distance) / 2;
      const [right, down] = distance > 0 ? [x / distance, y / distance] : [0, 1];
      a[0] += right * move;
      a[1] += down * move;
      b[0] -= right * move;
      b[1] -= down * move;
    }));
  }
}

/**
 * vectors: arrays of one length. Returns a point [x, y] for each. The furthest is 1 away from the middle; those nearer
 * to each other than `least` are moved apart.
 */
export function pointsOf(vectors, least) {
  let products = centred(vectors);
  const axes = [0, 1].map(() => {
    const { value, vector } = strongestOf(products);
    products = products.map((row, i) => row.map((x, j) => x - value * vector[i] * vector[j]));
    return vector.map((x) => x * Math.sqrt(value));
  });
  const points = vectors.map((_, i) => axes.map((axis) => axis[i]));
  const furthest = Math.max(...points.map(([x, y]) => Math.hypot(x, y))) || 1;
  const scaled = points.map((point) => point.map((x) => x / furthest));
  part(scaled, least);
  return scaled;
}
