// Attention without projections.
// SPDX-License-Identifier: MIT
import { zeroed } from './library.js';
import { made, raw, rawMasking, refuse } from './tensor.js';

/**
 * Scaled dot-product attention. query [B,H,T,D], key [B,K,S,D] and value [B,K,S,Dv] are tensors. options: masking,
 * scale, softcap, alibiSlopes [H], output (a tensor, else a new one), lse and weights (true: they are returned).
 * Returns { output, lse, weights }: arrays [B,H,T,Dv], [B,H,T] and [B,H,T,S].
 */
export async function attention(ctx, query, key, value, options = {}) {
  const { masking, scale = 0, softcap = 0, alibiSlopes } = options;
  const [batch, heads, tokens] = query.shape;
  if (alibiSlopes && alibiSlopes.length !== heads) refuse(`${alibiSlopes.length} slopes for ${heads} heads`);
  const output = options.output ?? made(batch, heads, tokens, value.shape[3]);
  const lse = options.lse ? made(batch, heads, tokens, 1) : null;
  const weights = options.weights ? made(batch, heads, tokens, key.shape[2]) : null;
  await ctx.call('sa_attention', [], zeroed('sa_attention_args', {
    query: raw(query), key: raw(key), value: raw(value), output: raw(output), lse: raw(lse), weights: raw(weights),
    scale, softcap, masking: rawMasking(masking, batch),
    rules: alibiSlopes ? zeroed('sa_score_rules', { alibi_slopes: Float32Array.from(alibiSlopes) }) : null,
  }));
  return { output: output.data, lse: lse?.data, weights: weights?.data };
}
