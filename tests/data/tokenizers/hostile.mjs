/* The hostile texts that tokenizers are compared on, drawn as hostile.py and tests/text/kinds.c draw them, and digests
 * of what becomes of them.
 * SPDX-License-Identifier: MIT */
import { readFileSync } from 'node:fs'

const fragments = JSON.parse(readFileSync(new URL('fragments.json', import.meta.url), 'utf8'))
const [COUNT, MASK] = [3000, (1n << 64n) - 1n]
export const GROUP = 50
export { fragments }

/* Draws numbers below 2^31. */
export function drawn(state) {
  return () => {
    state = (state * 6364136223846793005n + 1442695040888963407n) & MASK
    return Number(state >> 33n)
  }
}

export function* texts() {
  const next = drawn(1n)
  for (let i = 0; i < COUNT; i++) {
    let text = ''
    for (let parts = next() % 13; parts > 0; parts--) text += fragments[next() % fragments.length]
    yield text
  }
}

export const NO_DIGEST = 0xcbf29ce484222325n

export function digest(hash, bytes) {
  for (const byte of bytes) hash = ((hash ^ BigInt(byte)) * 0x100000001b3n) & MASK
  return hash
}

export function digestNumbers(hash, numbers) {
  return digest(hash, new Uint8Array(new Int32Array(numbers).buffer))
}

export function written(hash) {
  return hash.toString(16).padStart(16, '0')
}
