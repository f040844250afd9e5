# Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
# SPDX-License-Identifier: MIT
require 'selfattn'

HEADS, TOKENS, SIZE = 2, 5, 8

ctx = SelfAttn::Context.new
q, k, v = [3, 5, 7].map do |step|
  numbers = Array.new(HEADS * TOKENS * SIZE) { |i| i * step % 13 / 13.0 }
  SelfAttn::Tensor.new(numbers, [1, HEADS, TOKENS, SIZE])
end
y = SelfAttn.attention(ctx, q, k, v, masking: { causal: true })[:output].to_a

puts y.last(4).map { |number| format('%.4f', number) }.join(' ')
