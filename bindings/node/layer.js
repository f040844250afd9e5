// A layer of attention with its projections.
// SPDX-License-Identifier: MIT
import { main } from './context.js';
import { Handle, Out } from './handle.js';
import { c, constants, SelfAttnError, zeroed } from './library.js';
import { made, raw, rawMasking } from './tensor.js';

const MATRICES = {
  weightQ: 'weight_q', weightK: 'weight_k', weightV: 'weight_v', weightO: 'weight_o',
  biasQ: 'bias_q', biasK: 'bias_k', biasV: 'bias_v', biasO: 'bias_o',
};

/** The struct of C. */
function rawConfig(config) {
  const { modelWidth: width, queryHeads: heads, headSize = width / heads } = config;
  const { kvHeads = heads, valueHeadSize = headSize, contextWidth = width, outputWidth = width } = config;
  const sizes = {
    weightQ: heads * headSize * width, weightK: kvHeads * headSize * contextWidth, biasQ: heads * headSize,
    weightV: kvHeads * valueHeadSize * contextWidth, weightO: outputWidth * heads * valueHeadSize,
    biasK: kvHeads * headSize, biasV: kvHeads * valueHeadSize, biasO: outputWidth,
  };
  const fields = {
    model_width: width, context_width: config.contextWidth ?? 0, output_width: config.outputWidth ?? 0,
    query_heads: heads, kv_heads: config.kvHeads ?? 0, head_size: config.headSize ?? 0,
    value_head_size: config.valueHeadSize ?? 0, scale: config.scale ?? 0,
  };
  // The library refuses other heads with its own sentence, before it looks at matrices.
  const known = Number.isSafeInteger(headSize) && Number.isSafeInteger(valueHeadSize);
  for (const [name, field] of Object.entries(MATRICES)) {
    const data = config[name];
    if (!data) continue;
    if (!(data instanceof Float32Array) || (known && data.length !== sizes[name])) {
      throw new SelfAttnError(constants.SA_ERR_SHAPE,
        `${name} has to be a Float32Array of ${sizes[name]} numbers, and has ${data.length}`);
    }
    fields[field] = data;
  }
  if (config.ropeTheta !== undefined) fields.rope = zeroed('sa_rope', { theta: config.ropeTheta });
  return zeroed('sa_layer_config', fields);
}

/** One layer of attention. Immutable: calls of several contexts may use it at once. */
export class Layer {
  #handle;
  #width;
  #heads;

  /**
   * config: modelWidth, queryHeads, and perhaps contextWidth, outputWidth, kvHeads, headSize, valueHeadSize, scale,
   * ropeTheta; weightQ, weightK, weightV and perhaps weightO, biasQ, biasK, biasV, biasO: Float32Arrays [out,in]. The
   * weights are copied now; Layer.create() does that off the event loop.
   */
  constructor(config, pointer) {
    if (pointer === undefined) {
      const out = new Out();
      main().callNow('sa_layer_create', rawConfig(config), out.cell);
      pointer = out.pointer;
    }
    this.#heads = config.queryHeads;
    this.#width = Number(c('sa_layer_output_width')(pointer));
    this.#handle = new Handle(this, pointer, 'sa_layer_destroy');
  }

  /** The same as a promise. */
  static async create(ctx, config) {
    const out = new Out();
    await ctx.call('sa_layer_create', [], rawConfig(config), out.cell);
    return new Layer(config, out.pointer);
  }

  /**
   * x is a tensor [B,1,T,model width]. options: masking, context (a tensor, for cross-attention), weights (true: they
   * are returned). Returns { y, weights }: arrays [B,1,T,output width] and [B,H,T,S].
   */
  async forward(ctx, x, { masking, context, weights: wanted } = {}) {
    const [batch, , tokens] = x.shape;
    const y = made(batch, 1, tokens, this.#width);
    const weights = wanted ? made(batch, this.#heads, tokens, (context ?? x).shape[2]) : null;
    await ctx.call('sa_forward', [this.#handle], this.#handle.pointer, zeroed('sa_forward_args', {
      x: raw(x), context: raw(context), y: raw(y), weights: raw(weights), masking: rawMasking(masking, batch),
    }));
    return { y: y.data, weights: weights?.data };
  }

  close() {
    this.#handle.close();
  }
}
