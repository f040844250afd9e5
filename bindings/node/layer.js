// A layer of attention with its projections.
// SPDX-License-Identifier: MIT
import { room } from './arrays.js';
import { main } from './context.js';
import { c, constants, Handle, Out, SelfAttnError, zeroed } from './library.js';
import { raw, rawMasking, tensor } from './tensor.js';

const MATRICES = {
  weightQ: 'weight_q', weightK: 'weight_k', weightV: 'weight_v', weightO: 'weight_o',
  biasQ: 'bias_q', biasK: 'bias_k', biasV: 'bias_v', biasO: 'bias_o',
};

/** One layer of attention. Immutable: calls of several contexts may use it at once. */
export class Layer {
  #handle;
  #width;

  /**
   * config: modelWidth, queryHeads, and perhaps contextWidth, outputWidth, kvHeads, headSize, valueHeadSize, scale,
   * ropeTheta; weightQ, weightK, weightV and perhaps weightO, biasQ, biasK, biasV, biasO: Float32Arrays [out,in].
   */
  constructor(config) {
    const { modelWidth: width, queryHeads: heads, headSize = Math.floor(width / heads) } = config;
    const { kvHeads = heads, valueHeadSize = headSize, contextWidth = width, outputWidth = width } = config;
    const sizes = {
      weightQ: heads * headSize * width, weightK: kvHeads * headSize * contextWidth, biasQ: heads * headSize,
      weightV: kvHeads * valueHeadSize * contextWidth, weightO: outputWidth * heads * valueHeadSize,
      biasK: kvHeads * headSize, biasV: kvHeads * valueHeadSize, biasO: outputWidth,
    };
    const fields = {
      model_width: width, context_width: contextWidth, output_width: outputWidth, query_heads: heads, kv_heads: kvHeads,
      head_size: headSize, value_head_size: valueHeadSize, scale: config.scale ?? 0,
    };
    for (const [name, field] of Object.entries(MATRICES)) {
      const data = config[name];
      if (!data) continue;
      if (!(data instanceof Float32Array) || data.length !== sizes[name]) {
        throw new SelfAttnError(constants.SA_ERR_SHAPE,
          `${name} has to be a Float32Array of ${sizes[name]} numbers, and has ${data.length}`);
      }
      fields[field] = data;
    }
    if (config.ropeTheta) fields.rope = zeroed('sa_rope', { theta: config.ropeTheta });
    if (!config.weightO) fields.output_width = 0;
    const out = new Out();
    main().callNow('sa_layer_create', zeroed('sa_layer_config', fields), out.cell);
    this.#width = Number(c('sa_layer_output_width')(out.pointer));
    this.#handle = new Handle(this, out.pointer, 'sa_layer_destroy');
  }

  /** x is a tensor [B,1,T,model width]. options: masking, context (cross-attention). Returns [B,1,T,output width]. */
  async forward(ctx, x, { masking, context } = {}) {
    const [batch, , tokens] = x.shape;
    const y = tensor(room(batch, tokens, this.#width), [batch, 1, tokens, this.#width]);
    await ctx.call('sa_forward', [this.#handle], this.#handle.pointer, zeroed('sa_forward_args', {
      x: raw(x), context: raw(context), y: raw(y), masking: rawMasking(masking, batch),
    }));
    return y.data;
  }

  close() {
    this.#handle.close();
  }
}
