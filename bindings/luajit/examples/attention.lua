-- Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.
-- SPDX-License-Identifier: MIT
local sa = require("selfattn")

local HEADS, TOKENS, SIZE = 2, 5, 8

local function numbers(step)
  local list = {}
  for i = 0, HEADS * TOKENS * SIZE - 1 do list[i + 1] = i * step % 13 / 13 end
  return sa.tensor(list, { 1, HEADS, TOKENS, SIZE })
end

local ctx = sa.context()
local q, k, v = numbers(3), numbers(5), numbers(7)
local y = sa.attention(ctx, q, k, v, { masking = { causal = true } }).output

local last = HEADS * TOKENS * SIZE - 4
print(("%.4f %.4f %.4f %.4f"):format(y.data[last], y.data[last + 1], y.data[last + 2], y.data[last + 3]))
