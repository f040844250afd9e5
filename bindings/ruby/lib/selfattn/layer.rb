# Attention without projections, and a layer with them. SPDX-License-Identifier: MIT
module SelfAttn
  # Scaled dot-product attention of tensors [B,H,T,D], [B,K,S,D] and [B,K,S,Dv]. lse and weights: true, if they are
  # wanted, too. Returns a hash of tensors: output, lse, weights.
  def self.attention(ctx, query, key, value, masking: nil, scale: 0.0, softcap: 0.0, alibi_slopes: nil, output: nil,
                     lse: false, weights: false)
    batch, heads, tokens = query.shape
    if alibi_slopes && alibi_slopes.size != heads
      raise Error.new(C::SA_ERR_SHAPE, "there are #{alibi_slopes.size} slopes for #{heads} heads")
    end
    slopes = array(:float, alibi_slopes)
    rules = slopes && struct(C::ScoreRules, alibi_slopes: slopes)
    raw, lengths = masking(masking, batch)
    got = { output: output || Tensor.made(batch, heads, tokens, value.shape[3]) }
    got[:lse] = Tensor.made(batch, heads, tokens, 1) if lse
    got[:weights] = Tensor.made(batch, heads, tokens, key.shape[2]) if weights
    args = struct(C::AttentionArgs, scale: scale || 0.0, softcap: softcap || 0.0, masking: raw, rules: rules)
    { query: query, key: key, value: value }.merge(got).each { |name, tensor| tensor.fill(args[name]) }
    ctx.call(:sa_attention, args)
    [slopes, rules, raw, lengths].clear # they live until here
    got
  end

  # One layer of attention. Immutable: any number of threads may share one.
  class Layer < Owner
    SIZES = %i[model_width context_width output_width query_heads kv_heads head_size value_head_size].freeze

    # config: fields of sa_layer_config; weights [out,in] and biases are arrays of numbers. rope_theta rotates (0:
    # 10000).
    def initialize(ctx, rope_theta: nil, scale: 0.0, **config)
      super()
      sizes = config.slice(*SIZES).compact
      arrays = (config.keys - SIZES).to_h { |name| [name, SelfAttn.array(:float, config[name])] }.compact
      expected(sizes).each { |name, size| fits(name, config[name], size) }
      rope = rope_theta && SelfAttn.struct(C::Rope, theta: rope_theta.to_f)
      raw = SelfAttn.struct(C::LayerConfig, scale: scale, rope: rope, **sizes, **arrays)
      own('sa_layer') { |out| ctx.call(:sa_layer_create, raw, out) }
      @heads = sizes[:query_heads]
      @width = @handle.use { |layer| C.sa_layer_output_width(layer) }
      arrays.clear # they live until here
    end

    # x is [B,1,T,model width]; context [B,1,S,context width] is for cross-attention. Returns a hash of tensors: y, and
    # weights if they are wanted.
    def forward(ctx, x, masking: nil, context: nil, weights: false)
      batch, _, tokens = x.shape
      raw, lengths = SelfAttn.masking(masking, batch)
      got = { y: Tensor.made(batch, 1, tokens, @width) }
      got[:weights] = Tensor.made(batch, @heads, tokens, (context || x).shape[2]) if weights
      args = SelfAttn.struct(C::ForwardArgs, masking: raw)
      { x: x, context: context }.compact.merge(got).each { |name, tensor| tensor.fill(args[name]) }
      @handle.use { |layer| ctx.call(:sa_forward, layer, args) }
      [raw, lengths].clear # they live until here
      got
    end

    private

    # How many numbers each array has. Heads that do not divide the width are refused by the library, before it looks at
    # arrays.
    def expected(sizes)
      width, heads = sizes.values_at(:model_width, :query_heads)
      head = sizes[:head_size] || (width % heads).zero? && width / heads
      return {} unless head

      kv, value = sizes.fetch(:kv_heads, heads), sizes.fetch(:value_head_size, head)
      context, out = sizes.fetch(:context_width, width), sizes.fetch(:output_width, width)
      { weight_q: heads * head * width, weight_k: kv * head * context, weight_v: kv * value * context,
        weight_o: out * heads * value, bias_q: heads * head, bias_k: kv * head, bias_v: kv * value, bias_o: out }
    end

    def fits(name, data, size)
      has = data.is_a?(FFI::Pointer) ? data.size / 4 : data&.size
      return if has.nil? || has == size

      raise Error.new(C::SA_ERR_SHAPE, "#{name} has #{has} numbers, and the sizes ask for #{size}")
    end
  end
end
