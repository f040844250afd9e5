// Views of typed arrays with four axes: batch, heads, sequence, head size. SPDX-License-Identifier: MIT
import { room } from './arrays.js';
import { constants, SelfAttnError, zeroed } from './library.js';

const ORDERS = { bhsd: [0, 1, 2, 3], bshd: [0, 2, 1, 3] };
const TYPES = new Map([[Float32Array, constants.SA_F32], [Uint8Array, constants.SA_BOOL]]);
const HALVES = { bf16: constants.SA_BF16, f16: constants.SA_F16 };

export function refuse(message) {
  throw new SelfAttnError(constants.SA_ERR_SHAPE, message);
}

function contiguous(shape, order) {
  const strides = [0, 0, 0, 0];
  let step = 1;
  for (const axis of [...order].reverse()) {
    strides[axis] = step;
    step *= shape[axis];
  }
  return strides;
}

function typeOf(data, type) {
  if (data instanceof Uint16Array && type in HALVES) return HALVES[type];
  return TYPES.get(data?.constructor)
    ?? refuse("a tensor is a Float32Array, a Uint8Array (a mask), or a Uint16Array with type 'bf16' or 'f16'");
}

/**
 * shape: [batch, heads, sequence, head size]. options: layout 'bhsd' (default) or 'bshd' for contiguous arrays, or
 * strides and offset in elements; type 'bf16' or 'f16' for a Uint16Array.
 */
export function tensor(data, shape, { layout = 'bhsd', strides, offset = 0, type } = {}) {
  if (shape.length !== 4) refuse(`a tensor has 4 axes, and the shape ${JSON.stringify(shape)} has ${shape.length}`);
  const dtype = typeOf(data, type);
  strides ??= contiguous(shape, ORDERS[layout] ?? refuse(`the layout ${layout} is neither bhsd nor bshd`));
  let [first, last] = [offset, offset];
  shape.forEach((size, axis) => {
    const reach = Math.max(size - 1, 0) * strides[axis];
    if (reach < 0) first += reach;
    else last += reach;
  });
  const numbers = [...shape, ...strides, offset];
  if (!numbers.every(Number.isSafeInteger) || !(shape.includes(0) || (first >= 0 && last < data.length))) {
    refuse(`the shape ${shape} with strides ${strides} reaches elements ${first} to ${last} of ${data.length}`);
  }
  return { data, view: data.subarray(offset), dtype, shape, strides };
}

/** A new tensor of these sizes. */
export function made(...shape) {
  return tensor(room(...shape), shape);
}

/** As the library reads it; absent without a tensor. */
export function raw(given) {
  if (!given) return zeroed('sa_tensor');
  const { view, dtype, shape, strides } = given;
  return zeroed('sa_tensor', { data: view, dtype, size: shape, stride: strides });
}

const ALIGNS = {
  'top-left': constants.SA_ALIGN_TOP_LEFT, 'bottom-right': constants.SA_ALIGN_BOTTOM_RIGHT,
};

/** masking: causal, keyLengths, window [left, right], align 'top-left', 'bottom-right' or a number, mask (a tensor). */
export function rawMasking(masking, batch) {
  if (!masking) return null;
  const { causal = false, keyLengths, window, align, mask } = masking;
  if (keyLengths && keyLengths.length !== batch) {
    refuse(`there are ${keyLengths.length} lengths of keys for ${batch} sequences`);
  }
  const offset = typeof align === 'number';
  return zeroed('sa_masking', {
    causal: causal ? 1 : 0,
    key_lengths: keyLengths ? BigInt64Array.from(keyLengths, BigInt) : null,
    align: offset ? constants.SA_ALIGN_OFFSET : align ? ALIGNS[align] ?? refuse(`align ${align}`) : 0,
    offset: offset ? align : 0,
    window: window ? 1 : 0,
    window_left: window?.[0] ?? 0,
    window_right: window?.[1] ?? 0,
    mask: raw(mask),
    mask_keys: mask ? constants.SA_MASK_KEYS_REPEATED : 0,
  });
}
