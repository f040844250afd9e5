# Four threads share one layer; each has a context of its own. SPDX-License-Identifier: MIT
require 'selfattn'

T, E = 5, 64
x = Array.new(T * E) { |i| i * i % 13 / 13.0 }
q, k, v, o = Array.new(4 * E * E) { |i| (i * 7 % 31 - 15) / 160.0 }.each_slice(E * E).to_a
layer = SelfAttn::Layer.new(SelfAttn::Context.new, model_width: E, query_heads: 4, weight_q: q, weight_k: k,
                                                   weight_v: v, weight_o: o)
threads = Array.new(4) do
  Thread.new do
    ctx = SelfAttn::Context.new(threads: 1)
    layer.forward(ctx, SelfAttn::Tensor.new(x, [1, 1, T, E]), masking: { causal: true })[:y].to_a
  end
end
results = threads.map(&:value)
raise 'the bits differ' unless results.uniq.size == 1

puts format('4 threads, the same bits, y[0] = %.4f', results[0][0])
