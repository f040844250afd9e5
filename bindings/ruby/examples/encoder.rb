# A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
# normalised. SPDX-License-Identifier: MIT
require 'selfattn'

T, E, INNER = 5, 64, 128

def numbers(count)
  Array.new(count) { |i| (i * 7 % 31 - 15) / 160.0 }
end

# The sum of both; then each row gets mean 0 and variance 1.
def add_and_norm(x, more)
  x.zip(more).map(&:sum).each_slice(E).flat_map do |row|
    mean = row.sum / E
    variance = row.sum { |a| (a - mean)**2 } / E
    row.map { |a| (a - mean) / Math.sqrt(variance + 1e-5) }
  end
end

# Rows times a matrix [out][in].
def linear(x, weight, inputs)
  x.each_slice(inputs).flat_map { |row| weight.each_slice(inputs).map { |w| row.zip(w).sum { |a, b| a * b } } }
end

x = Array.new(T * E) { |i| i * i % 13 / 13.0 }
matrix = numbers(E * E)

ctx = SelfAttn::Context.new
layer = SelfAttn::Layer.new(ctx, model_width: E, query_heads: 4, weight_q: matrix, weight_k: matrix,
                                 weight_v: matrix, weight_o: matrix)
y = layer.forward(ctx, SelfAttn::Tensor.new(x, [1, 1, T, E]))[:y] # batch, heads, tokens, width

x = add_and_norm(x, y.to_a)
inner = linear(x, numbers(INNER * E), E).map { |a| [a, 0].max }
x = add_and_norm(x, linear(inner, numbers(E * INNER), INNER))
puts x.first(4).map { |a| format('%.4f', a) }.join(' ')
