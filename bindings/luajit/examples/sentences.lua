-- Says how close two sentences are in meaning: luajit sentences.lua MODEL SENTENCE SENTENCE
-- SPDX-License-Identifier: MIT
local sa = require("selfattn")

local path, first, second = ...
local ctx = sa.context()
local model, tokenizer = sa.model(ctx, path), sa.tokenizer(ctx, path)
local ids = { tokenizer:encode(ctx, first), tokenizer:encode(ctx, second) }
local embedding = model:encode(ctx, ids).embedding -- the vectors lie one behind the other

local width = model:get("EMBEDDING_WIDTH")
local function dot(from, to)
  local sum = 0
  for i = 0, width - 1 do sum = sum + embedding[from + i] * embedding[to + i] end
  return sum
end
print(('"%s" and "%s": %.3f'):format(first, second, dot(0, width) / math.sqrt(dot(0, 0) * dot(width, width))))
