// SPDX-License-Identifier: MIT
export const constants: Readonly<Record<string, number>>;
export function constant(name: string): number;
export function version(): string;

export class SelfAttnError extends Error {
  readonly status: number;
}

export type Shape = [batch: number, heads: number, sequence: number, headSize: number];
export interface Tensor {
  readonly data: Float32Array | Uint16Array | Uint8Array;
  readonly shape: Shape;
  readonly strides: Shape;
}
export interface TensorOptions {
  layout?: 'bhsd' | 'bshd';
  strides?: Shape;
  offset?: number;
  type?: 'bf16' | 'f16';
}
export function tensor(data: Tensor['data'], shape: Shape, options?: TensorOptions): Tensor;

export interface Masking {
  causal?: boolean;
  keyLengths?: number[];
  window?: [left: number, right: number];
  align?: 'top-left' | 'bottom-right' | number;
  mask?: Tensor;
}

export interface ContextOptions {
  threads?: number;
  parallel?: number;
  path?: number;
  isa?: number;
  precision?: number;
}
export class Context {
  constructor(options?: ContextOptions);
  readonly threads: number;
  close(): void;
}

export interface AttentionOptions {
  masking?: Masking;
  scale?: number;
  softcap?: number;
  alibiSlopes?: ArrayLike<number>;
  output?: Tensor;
  lse?: boolean;
  weights?: boolean;
}
export function attention(ctx: Context, query: Tensor, key: Tensor, value: Tensor, options?: AttentionOptions):
  Promise<{ output: Tensor['data']; lse?: Float32Array; weights?: Float32Array }>;

export interface LayerConfig {
  modelWidth: number;
  queryHeads: number;
  contextWidth?: number;
  outputWidth?: number;
  kvHeads?: number;
  headSize?: number;
  valueHeadSize?: number;
  scale?: number;
  ropeTheta?: number;
  weightQ: Float32Array;
  weightK: Float32Array;
  weightV: Float32Array;
  weightO?: Float32Array;
  biasQ?: Float32Array;
  biasK?: Float32Array;
  biasV?: Float32Array;
  biasO?: Float32Array;
}
export class Layer {
  constructor(config: LayerConfig);
  static create(ctx: Context, config: LayerConfig): Promise<Layer>;
  forward(ctx: Context, x: Tensor, options?: { masking?: Masking; context?: Tensor; weights?: boolean }):
    Promise<{ y: Float32Array; weights?: Float32Array }>;
  close(): void;
}

export class Tokenizer {
  static open(ctx: Context, path: string): Promise<Tokenizer>;
  encode(text: string, flags?: number, language?: number): Int32Array;
  encodeOffsets(text: string, options?: { flags?: number }): { ids: Int32Array; offsets: [number, number][] };
  encodePair(first: string, second: string, options?: { flags?: number; most?: number }):
    { ids: Int32Array; types: Int32Array };
  language(code: string): number;
  decode(ids: ArrayLike<number>): string;
  token(id: number): string;
  decodeBytes(ids: ArrayLike<number>): Uint8Array;
  close(): void;
}

export class Model {
  static open(ctx: Context, path: string, options?: { weights?: number; part?: string; image_size?: number }):
    Promise<Model>;
  get(what: string): number;
  encode(ctx: Context, inputs: ArrayLike<number>[],
    wanted?: { embedding?: boolean; hidden?: boolean; attention?: boolean; logits?: boolean; queries?: boolean;
      keys?: boolean; targetAttention?: boolean; crossAttention?: boolean },
    options?: { targets?: ArrayLike<number>[] }):
    Promise<{ tokens: number; embedding?: Float32Array; hidden?: Float32Array; attention?: Float32Array;
      logits?: Float32Array; queries?: Float32Array; keys?: Float32Array; targetAttention?: Float32Array;
      crossAttention?: Float32Array }>;
  close(): void;
}

export interface GenerateOptions {
  maxTokens?: number;
  sampling?: Record<string, number | bigint>;
  stop?: string[];
  tokenizer?: Tokenizer;
  modelRules?: boolean;
  onToken?: (sequence: number, token: number, logProbability: number) => boolean | void;
}
export class Session {
  constructor(model: Model, options?: Record<string, number>);
  length(sequence?: number): number;
  truncate(length: number): void;
  encode(ctx: Context, sources: ArrayLike<number>[]): Promise<void>;
  generate(ctx: Context, prompts: ArrayLike<number>[], options?: GenerateOptions):
    Promise<{ tokens: Int32Array; end: 'none' | 'max-tokens' | 'token' | 'string' | 'caller' | 'full' }[]>;
  stream(ctx: Context, tokenizer: Tokenizer, prompt: string, options?: GenerateOptions): AsyncGenerator<string>;
  close(): void;
}
