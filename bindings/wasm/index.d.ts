// SPDX-License-Identifier: MIT
export * from './classes.js';
export function storeFile(path: string, bytes: Uint8Array): void;
