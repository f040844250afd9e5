-- The cases that all bindings share, and whether the declarations are those of the library.
-- SPDX-License-Identifier: MIT
local ffi = require("ffi")
local sa = require("selfattn")
local declared = require("selfattn_declarations")

local folder = os.getenv("SELFATTN_VECTORS") .. "/"
local models = os.getenv("SELFATTN_MODELS") ~= "OFF"
local ctx = sa.context()

-- vectors.json as lines "path kind count values".
local lines = {}
for line in io.lines(os.getenv("SELFATTN_VECTOR_LINES")) do
  local path, kind, count, rest = line:match("^(%S+) (%S+) (%S+) ?(.*)$")
  lines[path] = { kind = kind, count = tonumber(count), rest = rest }
end

local function count(path) return lines[path].count end

local function text(path) return lines[path] and lines[path].rest end

local function numbers(path)
  if not lines[path] then return nil end
  local list = {}
  for word in lines[path].rest:gmatch("%S+") do
    list[#list + 1] = word == "-inf" and -math.huge or tonumber(word)
  end
  return list
end

local function number(path) return lines[path] and numbers(path)[1] end

local tolerance = number("tolerance")

local function near(path, got)
  local expected = numbers(path)
  assert(ffi.sizeof(got) / 4 >= #expected, path)
  for i, want in ipairs(expected) do
    local have = got[i - 1]
    if not (have == want or math.abs(have - want) <= tolerance) then
      error(("%s[%d]: %g instead of %g"):format(path, i - 1, have, want))
    end
  end
end

local function tensor(path)
  local shape, kind = numbers(path .. ".shape"), text(path .. ".dtype")
  if #shape == 3 then table.insert(shape, 2, 1) end
  return sa.tensor(numbers(path .. ".data"), shape, { type = kind == "SA_BOOL" and "bool" or "f32" })
end

local function masking(path)
  return { causal = number(path .. ".causal") == 1, window = numbers(path .. ".window"),
    key_lengths = numbers(path .. ".key_lengths"), align = sa.constants[text(path .. ".align") or "SA_ALIGN_DEFAULT"],
    mask = lines[path .. ".mask.shape"] and tensor(path .. ".mask") }
end

local function fails(call, ...)
  local ok, failure = pcall(call, ...)
  assert(not ok, "worked, but should have failed")
  return failure
end

local function declarations()
  local names, known = {}, 0
  for name, value in pairs(declared.constants) do names[name] = value end
  for struct, fields in pairs(declared.fields) do
    names["sizeof(" .. struct .. ")"] = ffi.sizeof(struct)
    for _, field in ipairs(fields) do
      names[struct .. "." .. field[1]] = ffi.offsetof(struct, field[1])
      names[("sizeof(%s.%s)"):format(struct, field[1])] = ffi.sizeof(field[2])
    end
  end
  for name, value in pairs(names) do
    local ok, found = pcall(sa.constant, name)
    -- A newer library has a newer version, and longer structs.
    local grows = name:match("^SA_VERSION") or name:match("^sizeof%([%w_]+%)$")
    if ok and found ~= value and not (grows and found > value) or not ok and models then
      error(("%s: %s here, %s in the library"):format(name, value, found))
    end
    known = known + 1
  end
  print(known .. " names are declared as the library has them")
end

local function attentions()
  for case = 0, count("attention") - 1 do
    local path = "attention." .. case
    local got = sa.attention(ctx, tensor(path .. ".query"), tensor(path .. ".key"), tensor(path .. ".value"), {
      masking = masking(path .. ".options"), scale = number(path .. ".options.scale"), lse = true, weights = true,
      softcap = number(path .. ".options.softcap"), alibi_slopes = numbers(path .. ".options.alibi_slopes"),
    })
    for name, output in pairs(got) do near(path .. "." .. name .. ".data", output.data) end
  end
end

local function layers()
  for case = 0, count("layer") - 1 do
    local path = "layer." .. case
    local config = {}
    for _, name in ipairs({ "model_width", "context_width", "output_width", "query_heads", "kv_heads", "head_size" }) do
      config[name] = number(path .. ".config." .. name)
    end
    for _, part in ipairs({ "q", "k", "v", "o" }) do
      for _, kind in ipairs({ "weight_", "bias_" }) do
        config[kind .. part] = numbers(path .. ".weights." .. kind .. part .. ".data")
      end
    end
    if number(path .. ".config.rope") then config.rope_theta = 0 end
    local layer = sa.layer(ctx, config)
    local got = layer:forward(ctx, tensor(path .. ".x"), { masking = masking(path .. ".options"), weights = true,
      context = lines[path .. ".context.shape"] and tensor(path .. ".context") })
    near(path .. ".y.data", got.y.data)
    near(path .. ".attention.data", got.weights.data)
    layer:close()
    assert(tostring(fails(layer.forward, layer, ctx, tensor(path .. ".x"))):find("closed"))
  end
end

local function same(path, got)
  assert(table.concat(got, " ") == table.concat(numbers(path), " "), path)
end

local function encoders()
  local name = folder .. text("encode.model")
  local model, tokenizer = sa.model(ctx, name), sa.tokenizer(ctx, name)
  local rows = {}
  for i = 0, count("encode.texts") - 1 do
    rows[i + 1] = tokenizer:encode(ctx, text("encode.texts." .. i))
    same("encode.ids." .. i, rows[i + 1])
  end
  local pair, types = tokenizer:encode_pair(ctx, text("encode.texts.0"), text("encode.texts.1"))
  assert(#pair == #rows[1] + #rows[2] - 1 and #types == #pair)
  for i = 1, #pair do
    local behind = i > #rows[1]
    assert(pair[i] == (behind and rows[2][i - #rows[1] + 1] or rows[1][i]) and types[i] == (behind and 1 or 0))
  end
  assert(#tokenizer:encode_pair(ctx, "the cat", "the cat", 4) == 4)
  near("encode.embeddings.data", model:encode(ctx, rows).embedding)
  local first = model:encode(ctx, { rows[1] }, { hidden = true, attention = true })
  near("encode.hidden.data", first.hidden)
  near("encode.attention.data", first.attention)
end

local function offsets()
  for i = 0, count("offsets") - 1 do
    local path = "offsets." .. i
    local ids, places = sa.tokenizer(ctx, folder .. text(path .. ".model")):encode_offsets(ctx, text(path .. ".text"))
    same(path .. ".ids", ids)
    local bytes = {}
    for _, place in ipairs(places) do
      bytes[#bytes + 1] = place[1] - 1
      bytes[#bytes + 1] = place[2]
    end
    same(path .. ".bytes", bytes)
  end
  local tokenizer, bare = sa.tokenizer(ctx, folder .. "encoder"), sa.constants.SA_ENCODE_NO_TEMPLATE
  local given = "the naïve fox"
  local _, places = tokenizer:encode_offsets(ctx, given, bare)
  for i, word in ipairs({ "the", "naïve", "fox" }) do assert(given:sub(unpack(places[i])) == word) end
  local ids, none = tokenizer:encode_offsets(ctx, "", bare)
  assert(#places == 3 and #ids == 0 and #none == 0)
end

local function decoders()
  local name, prompt, most = folder .. text("generate.model"), text("generate.prompt"), number("generate.max_tokens")
  local model, tokenizer = sa.model(ctx, name), sa.tokenizer(ctx, name)
  local ids = tokenizer:encode(ctx, prompt)
  same("generate.prompt_ids", ids)
  near("generate.attention.data", model:encode(ctx, { ids }, { attention = true }).attention)
  local session = sa.session(ctx, model)
  local two = sa.session(ctx, model, { batch = 2 })
  model:close() -- the sessions keep it
  local logs = {}
  local got = session:generate(ctx, { ids }, { max_tokens = most,
    on_token = function(_, _, log) logs[#logs + 1] = log end })[1]
  same("generate.tokens", got)
  assert(got.ending == "token")
  near("generate.log_probabilities.data", ffi.new("float[?]", #logs, logs))

  -- A batch with prompts of two lengths: the sentence goes on wherever it is.
  local both = two:generate(ctx, { ids, { ids[1], ids[2] } }, { max_tokens = most })
  same("generate.tokens", both[1])
  local sentence = table.concat(ids, " ", 3) .. " " .. table.concat(got, " ")
  assert(table.concat(both[2], " ") == sentence, "another sentence of the batch")

  local function again(on_text, options)
    session:truncate(0)
    options.max_tokens = most
    return session:stream(ctx, tokenizer, prompt, on_text, options)
  end
  local pieces = {}
  local written = again(function(piece) pieces[#pieces + 1] = piece end, {})
  assert(written == text("generate.text") and table.concat(pieces) == written)
  local calls = 0
  again(function() calls = calls + 1 return false end, {})
  assert(calls == 1)
  assert(tostring(fails(again, function() error("through C") end, {})):find("through C"))
  session:close()
  assert(tostring(fails(session.length, session)):find("closed"))
end

--- Texts in several calls of one session, and stop strings.
local function streams()
  local name = folder .. text("generate.model")
  local model, tokenizer = sa.model(ctx, name), sa.tokenizer(ctx, name)
  for case = 0, count("stream") - 1 do
    local session = sa.session(ctx, model)
    for call = 0, count("stream." .. case .. ".calls") - 1 do
      local path = ("stream.%d.calls.%d"):format(case, call)
      local stop, pieces = {}, {}
      for i = 1, count(path .. ".stop") do stop[i] = text(path .. ".stop." .. (i - 1)) end
      local options = { max_tokens = number(path .. ".max_tokens"), stop = stop,
        model_rules = number(path .. ".model_rules") == 1 }
      local written = session:stream(ctx, tokenizer, text(path .. ".prompt"), function(piece)
        pieces[#pieces + 1] = piece
      end, options)
      assert(written == text(path .. ".text") and table.concat(pieces) == written, path .. ": " .. written)
      assert(session:length() == number(path .. ".length"), path .. ": " .. session:length() .. " tokens")
    end
  end
end

local function zeros(path)
  local shape = numbers(path)
  return sa.tensor(sa.floats(shape[1] * shape[2] * shape[3] * shape[4]), shape)
end

local calls = {
  attention = function(path)
    return sa.attention(ctx, zeros(path .. ".query"), zeros(path .. ".key"), zeros(path .. ".value"),
      { softcap = number(path .. ".options.softcap") })
  end,
  layer = function(path)
    local width = number(path .. ".config.model_width")
    local matrix = sa.floats(width * width)
    return sa.layer(ctx, { model_width = width, query_heads = number(path .. ".config.query_heads"), weight_q = matrix,
      weight_k = matrix, weight_v = matrix })
  end,
  model_open = function(path) return sa.model(ctx, text(path .. ".path")) end,
  constant = function(path) return sa.constant(text(path .. ".constant")) end,
}

local function errors()
  for case = 0, count("errors") - 1 do
    local path = "errors." .. case
    local call = text(path .. ".call")
    if models or call ~= "model_open" then
      local failure = fails(calls[call], path)
      assert(failure.status == sa.constants[text(path .. ".status")], tostring(failure))
      for i = 0, count(path .. ".says") - 1 do
        assert(tostring(failure):find(text(path .. ".says." .. i), 1, true), tostring(failure))
      end
    end
  end
  assert(tostring(fails(sa.tensor, sa.floats(5), { 1, 1, 2, 3 })):find("5"))
  fails(sa.tensor, sa.floats(5), { 1, 1, 2, 3 }, { strides = { 0, 0, -1, 1 } })
end

-- What is dropped is freed, a session before its model, in whatever order they are collected.
local function dropped()
  for _ = 1, 30 do sa.session(ctx, sa.model(ctx, folder .. text("generate.model"))) end
  collectgarbage()
  collectgarbage()
  local maps = io.open("/proc/self/maps")
  local _, open = (maps and maps:read("*a") or ""):gsub(text("generate.model") .. "/", "")
  assert(open < 15, open .. " models are still open")
end

declarations()
attentions()
layers()
if models then encoders() end
if models then offsets() end
if models then decoders() end
if models then streams() end
if models then dropped() end
errors()
collectgarbage()
print("all cases of the shared vectors agree")
