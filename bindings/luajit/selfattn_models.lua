--- Models, tokenizers and generation for selfattn.lua.
-- SPDX-License-Identifier: MIT
local ffi = require("ffi")

return function(M)
  local inner = M.inner
  M.inner = nil
  local C, K, class, struct, fail, touch = inner.C, inner.K, inner.class, inner.struct, inner.fail, inner.touch
  local array = inner.array

  local Tokenizer, Model, Session = class("sa_tokenizer"), class("sa_model"), class("sa_session")
  local TextStream = class("sa_text_stream")

  --- Reads a file, or the first one that a folder has.
  function M.tokenizer(ctx, path)
    local out = ffi.new("sa_tokenizer *[1]")
    ctx:call("sa_tokenizer_open", path, out)
    return Tokenizer.own(out)
  end

  --- Calls twice: without room, to ask for the size, and with it.
  local function sized(kind, call)
    local count = ffi.new("int64_t[1]")
    call(nil, 0, count)
    local room = tonumber(count[0])
    local out = ffi.new(kind .. "[?]", math.max(room, 1))
    if room > 0 then call(out, room, count) end
    return out, room
  end

  --- Token numbers as a table, with those that the tokenizer puts around a text. flags: the sum of
  --- constants.SA_ENCODE_NO_TEMPLATE, ...
  function Tokenizer:encode(ctx, text, flags)
    local ids, count = sized("int32_t", function(...)
      ctx:call("sa_tokenizer_encode_with", self.handle:get(), text, #text, flags or 0, ...)
    end)
    local list = {}
    for i = 1, count do list[i] = ids[i - 1] end
    return list
  end

  --- Token numbers, and for each token the places of the first and the last byte that it stands for: token i is
  --- text:sub(places[i][1], places[i][2]). A token of some bytes of a character has those alone.
  function Tokenizer:encode_offsets(ctx, text, flags)
    local ranges
    local ids, count = sized("int32_t", function(out, room, count)
      ranges = ffi.new("int64_t[?]", math.max(2 * room, 1))
      ctx:call("sa_tokenizer_encode_offsets", self.handle:get(), text, #text, flags or 0, out, ranges, room, count)
    end)
    local list, places = {}, {}
    for i = 1, count do
      list[i] = ids[i - 1]
      places[i] = { tonumber(ranges[2 * i - 2]) + 1, tonumber(ranges[2 * i - 1]) }
    end
    return list, places
  end

  --- Two texts as one input, for models that compare texts: token numbers, and their types. most: the longer text is
  --- cut until so many tokens are left; 0 or nil: none is cut.
  function Tokenizer:encode_pair(ctx, first, second, most)
    local types
    local ids, count = sized("int32_t", function(out, room, count)
      types = ffi.new("int32_t[?]", math.max(room, 1))
      ctx:call("sa_tokenizer_encode_pair", self.handle:get(), first, #first, second, #second, 0, most or 0, out, types,
        room, count)
    end)
    local list, kinds = {}, {}
    for i = 1, count do list[i], kinds[i] = ids[i - 1], types[i - 1] end
    return list, kinds
  end

  --- The text of tokens; the last one may end inside of a character.
  function Tokenizer:decode(ctx, ids)
    local numbers = array("int32_t", ids)
    local bytes, count = sized("char", function(...)
      ctx:call("sa_tokenizer_decode", self.handle:get(), numbers, #ids, ...)
    end)
    return ffi.string(bytes, count)
  end

  --- Reads weights and config: a folder or a file.
  function M.model(ctx, path)
    local out = ffi.new("sa_model *[1]")
    ctx:call("sa_model_open", path, out)
    return Model.own(out)
  end

  --- A number about it: get("LAYERS") is SA_MODEL_LAYERS.
  function Model:get(what)
    return tonumber(C.sa_model_get(self.handle:get(), K["SA_MODEL_" .. what] or -1))
  end

  --- Sequences of any lengths as one array [B,T], and their lengths.
  local function padded(sequences)
    local longest = 0
    for _, row in ipairs(sequences) do longest = math.max(longest, #row) end
    local ids = ffi.new("int32_t[?]", math.max(longest * #sequences, 1))
    local lengths = ffi.new("int64_t[?]", math.max(#sequences, 1))
    for b, row in ipairs(sequences) do
      lengths[b - 1] = #row
      for t, id in ipairs(row) do ids[(b - 1) * longest + t - 1] = id end
    end
    return ids, lengths, longest
  end

  --- Runs it over tables of token numbers. wanted: embedding, hidden, attention, logits (true each). Returns a table of
  --- those as arrays of floats: [B, embedding width], [B,T,E], [L,B,H,T,T], [B,V] or [B,T,V]; and tokens, T.
  function Model:encode(ctx, sequences, wanted)
    local ids, lengths, tokens = padded(sequences)
    local batch = #sequences
    local sizes = {
      embedding = batch * self:get("EMBEDDING_WIDTH"), hidden = batch * tokens * self:get("WIDTH"),
      attention = self:get("LAYERS") * batch * self:get("QUERY_HEADS") * tokens * tokens,
      logits = batch * (self:get("TOKEN_LOGITS") == 1 and tokens or 1) * self:get("OUTPUTS"),
    }
    local got = { tokens = tokens }
    local args = struct("sa_encode_args", { batch = batch, tokens = tokens, ids = ids, lengths = lengths })
    for name in pairs(wanted or { embedding = true }) do
      got[name] = M.floats(sizes[name] or fail(K.SA_ERR_VALUE, "there is no output %s", name))
      args[name] = got[name]
    end
    ctx:call("sa_model_encode", self.handle:get(), args)
    touch(ids, lengths)
    return got
  end

  --- A decoder with the keys and values of all tokens so far. It keeps its model. options: batch, capacity, window,
  --- keep_first, cache_dtype, as in sa_session_config.
  function M.session(ctx, model, options)
    local out = ffi.new("sa_session *[1]")
    ctx:call("sa_session_create", model.handle:get(), struct("sa_session_config", options), out)
    -- pending: the last token of the text before, which has not been run: the next one begins with it.
    return Session.own(out, model.handle, { batch = options and options.batch or 1, pending = {} })
  end

  function Session:length(sequence)
    return tonumber(C.sa_session_length(self.handle:get(), sequence or 0))
  end

  --- Removes the tokens of all sequences from number `length` on.
  function Session:truncate(length)
    self.pending = {}
    inner.check(C.sa_session_truncate(self.handle:get(), -1, length), nil)
  end

  local ENDS = { [0] = "none", "max_tokens", "token", "string", "caller", "full" }

  --- A callback of C, and what it threw. on_token ends its sequence by returning false.
  local function listener(on_token)
    local thrown = {}
    local function tell(_, sequence, token, log)
      local ok, go_on = pcall(on_token, tonumber(sequence), token, log)
      if not ok then thrown.error = go_on end
      return (not ok or go_on == false) and 1 or 0
    end
    return ffi.cast("sa_token_fn", tell), thrown
  end

  -- A call that calls back must not be compiled.
  local function generate(ctx, session, args)
    inner.check(C.sa_generate(ctx, session, args), ctx)
  end
  jit.off(generate)

  --- Appends a prompt (a table of token numbers) to each sequence and generates. options: max_tokens, sampling (fields
  --- of sa_sampling), stop and tokenizer (stop strings), model_rules (what the model's makers forbid and force holds),
  --- on_token(sequence, token, log_probability). Returns for each sequence a table of tokens, with its field `ending`.
  --- Afterwards a sequence has its prompt and all new tokens but the last one, which has not been run: begin the next
  --- prompt with it.
  function Session:generate(ctx, prompts, options)
    if #prompts ~= self.batch then
      fail(K.SA_ERR_SHAPE, "there are %d prompts for %d sequences", #prompts, self.batch)
    end
    options = options or {}
    self.pending = {}
    local ids, lengths, tokens = padded(prompts)
    local most = options.max_tokens or 128
    local out = { ids = array("int32_t", self.batch * most), counts = array("int64_t", self.batch),
      endings = array("int32_t", self.batch) }
    local sampling = options.sampling and struct("sa_sampling", options.sampling)
    local args = struct("sa_generate_args", { tokens = tokens, max_tokens = most, sampling = sampling,
      model_rules = options.model_rules and 1 or 0, generated = out.ids, counts = out.counts, endings = out.endings })
    if tokens > 0 then args.ids, args.lengths = ids, lengths end
    local stop = options.stop and ffi.new("const char *[?]", #options.stop, options.stop)
    if stop then
      args.stop_strings, args.stop_string_count = stop, #options.stop
      args.tokenizer = options.tokenizer and options.tokenizer.handle:get()
    end
    local callback, thrown
    if options.on_token then
      callback, thrown = listener(options.on_token)
      args.on_token = callback
    end
    local ok, failure = pcall(generate, ctx.handle:get(), self.handle:get(), args)
    if callback then callback:free() end
    touch(ids, lengths, sampling, stop, options)
    if thrown and thrown.error then error(thrown.error, 0) end
    if not ok then error(failure, 0) end
    local all = {}
    for b = 1, self.batch do
      all[b] = { ending = ENDS[out.endings[b - 1]] }
      for i = 1, tonumber(out.counts[b - 1]) do all[b][i] = out.ids[(b - 1) * most + i - 1] end
    end
    return all
  end

  --- The text of tokens that come one by one, in whole characters. What might become a stop string is held back. The
  --- last token of the prompt stands in front: a decoder may drop a space at the beginning of a text.
  local function text_stream(ctx, tokenizer, prompt, stop)
    local out = ffi.new("sa_text_stream *[1]")
    local texts = stop and ffi.new("const char *[?]", #stop, stop)
    ctx:call("sa_text_stream_create", tokenizer.handle:get(), prompt[#prompt] or -1, texts, stop and #stop or 0, out)
    touch(texts, stop)
    local self = TextStream.own(out, tokenizer.handle)
    self.ctx, self.room = ctx, tonumber(C.sa_text_stream_room(self.handle:get()))
    self.text, self.count = ffi.new("char[?]", self.room), ffi.new("int64_t[1]")
    return self
  end

  --- What is new and whole with this token.
  function TextStream:add(token)
    self.ctx:call("sa_text_stream_add", self.handle:get(), token, self.text, self.room, self.count)
    return ffi.string(self.text, self.count[0])
  end

  --- What was held back, when no more tokens come.
  function TextStream:rest()
    self.ctx:call("sa_text_stream_rest", self.handle:get(), self.text, self.room, self.count)
    return ffi.string(self.text, self.count[0])
  end

  --- A stop string came: the text ends before it.
  function TextStream:ended()
    return C.sa_text_stream_ended(self.handle:get()) == 1
  end

  --- Goes on with a text, in a session of one sequence: on_text gets pieces of whole characters as they come, and false
  --- from it ends the text. options: those of generate(). The text ends before the first of the stop strings. The next
  --- call goes on behind it, with a prompt that may be empty. Returns the new text.
  function Session:stream(ctx, tokenizer, prompt, on_text, options)
    local goes_on = #self.pending > 0 or self:length() > 0
    local ids = self.pending
    for _, id in ipairs(tokenizer:encode(ctx, prompt, goes_on and K.SA_ENCODE_NO_TEMPLATE or 0)) do
      table.insert(ids, id)
    end
    local text = text_stream(ctx, tokenizer, ids, options and options.stop)
    local written, left = {}, false
    local function show(piece)
      written[#written + 1] = piece
      if piece ~= "" and on_text(piece) == false then left = true end
    end
    local given = {}
    for name, value in pairs(options or {}) do given[name] = value end
    given.stop = nil
    function given.on_token(_, token)
      show(text:add(token))
      return not left and not text:ended()
    end
    local tokens = self:generate(ctx, { ids }, given)[1]
    self.pending = { tokens[#tokens] }
    if not left then show(text:rest()) end
    text:close()
    return table.concat(written)
  end

  return M
end
