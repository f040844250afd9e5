// Attention without projections.
// SPDX-License-Identifier: MIT
import { room } from './arrays.js';
import { zeroed } from './library.js';
import { raw, rawMasking, tensor } from './tensor.js';

/**
 * Scaled dot-product attention. query [B,H,T,D], key [B,K,S,D] and value [B,K,S,Dv] are tensors. options: masking,
 * scale, softcap, output (a tensor), weights (true: probabilities are returned, too). Returns { output, weights }:
 * arrays [B,H,T,Dv] and [B,H,T,S].
 */
export async function attention(ctx, query, key, value, options = {}) {
  const { masking, scale = 0, softcap = 0 } = options;
  const [batch, heads, tokens] = query.shape;
  const shape = [batch, heads, tokens, value.shape[3]];
  const output = options.output ?? tensor(room(...shape), shape);
  const sizes = [batch, heads, tokens, key.shape[2]];
  const weights = options.weights ? tensor(room(...sizes), sizes) : null;
  await ctx.call('sa_attention', [], zeroed('sa_attention_args', {
    query: raw(query), key: raw(key), value: raw(value), output: raw(output), weights: raw(weights), scale, softcap,
    masking: rawMasking(masking, batch),
  }));
  return { output: output.data, weights: weights?.data };
}
