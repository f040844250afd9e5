-- A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
-- normalised. SPDX-License-Identifier: MIT
local sa = require("selfattn")

local T, E, INNER = 5, 64, 128

local function numbers(count)
  local list = {}
  for i = 0, count - 1 do list[i + 1] = (i * 7 % 31 - 15) / 160 end
  return list
end

--- Adds `more` to x; then each row gets mean 0 and variance 1. Both are arrays of C.
local function add_and_norm(x, more)
  for t = 0, T - 1 do
    local mean, variance = 0, 0
    for i = t * E, t * E + E - 1 do
      x[i] = x[i] + more[i]
      mean = mean + x[i] / E
    end
    for i = t * E, t * E + E - 1 do variance = variance + (x[i] - mean) ^ 2 / E end
    for i = t * E, t * E + E - 1 do x[i] = (x[i] - mean) / math.sqrt(variance + 1e-5) end
  end
end

--- Rows times a matrix [out][in].
local function linear(x, weight, inputs, outputs)
  local y = sa.floats(T * outputs)
  for t = 0, T - 1 do
    for o = 0, outputs - 1 do
      for i = 0, inputs - 1 do
        y[t * outputs + o] = y[t * outputs + o] + x[t * inputs + i] * weight[o * inputs + i + 1]
      end
    end
  end
  return y
end

local x, matrix = sa.floats(T * E), numbers(E * E)
for i = 0, T * E - 1 do x[i] = i * i % 13 / 13 end

local ctx = sa.context()
local layer = sa.layer(ctx, {
  model_width = E, query_heads = 4, weight_q = matrix, weight_k = matrix, weight_v = matrix, weight_o = matrix,
})
local y = layer:forward(ctx, sa.tensor(x, { 1, 1, T, E })).y -- batch, heads, tokens, width

add_and_norm(x, y.data)
local inner = linear(x, numbers(INNER * E), E, INNER)
for i = 0, T * INNER - 1 do inner[i] = math.max(inner[i], 0) end
add_and_norm(x, linear(inner, numbers(E * INNER), INNER, E))
print(("%.4f %.4f %.4f %.4f"):format(x[0], x[1], x[2], x[3]))
