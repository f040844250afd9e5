-- Goes on with a text, and shows it as it is written: luajit streaming.lua MODEL PROMPT
-- SPDX-License-Identifier: MIT
local sa = require("selfattn")

local path, prompt = ...
local ctx = sa.context()
local model, tokenizer = sa.model(ctx, path), sa.tokenizer(ctx, path)
local session = sa.session(ctx, model)
io.write(prompt)
session:stream(ctx, tokenizer, prompt, function(piece)
  io.write(piece)
  io.flush()
end, { max_tokens = 40 })
print()
