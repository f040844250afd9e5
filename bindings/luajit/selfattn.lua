--- Exact self-attention for CPUs: libselfattn for LuaJIT. Tensors are views of cdata arrays. A call reads and writes
--- them while it runs, and keeps nothing. Lua has no threads, so nothing here is locked.
-- SPDX-License-Identifier: MIT
local ffi = require("ffi")
local declared = require("selfattn_declarations")
ffi.cdef(declared.cdef)
local K = declared.constants

local FILES = { OSX = "libselfattn.0.dylib", Windows = "selfattn.dll" }

local function version(number)
  return ("%d.%d.%d"):format(math.floor(number / 1000000), math.floor(number / 1000) % 1000, number % 1000)
end

local function refuse(why, ...)
  error(why:format(...) .. ("\nInstall libselfattn %s or newer (cmake --install build), or name its file in the "
    .. "environment variable SELFATTN_LIBRARY."):format(version(K.SA_VERSION)), 0)
end

--- What the system said of a path.
local function told(path, reason)
  if reason:sub(1, #path + 2) == path .. ": " then reason = reason:sub(#path + 3) end
  local missing = reason:match("^(lib%S+): cannot open shared object file")
  return ("  %s: %s"):format(path, missing and ("it needs %s, which is missing"):format(missing) or reason)
end

--- Loads the library that SELFATTN_LIBRARY names; else one that the system's loader finds, or an installed one.
local function load()
  local chosen, name = os.getenv("SELFATTN_LIBRARY"), FILES[ffi.os] or "libselfattn.so.0"
  local looked = {}
  for _, path in ipairs(chosen and { chosen } or { name, "/usr/local/lib/" .. name }) do
    local found, library = pcall(ffi.load, path)
    if found then return path, library end
    looked[#looked + 1] = told(path, library)
  end
  refuse("libselfattn could not be loaded. Looked at:\n%s", table.concat(looked, "\n"))
end

local path, library = load()
local is_one, number = pcall(function() return library.sa_version() end)
if not is_one then refuse("%s is not libselfattn: it has no function sa_version.", path) end
if number < K.SA_VERSION then refuse("%s is libselfattn %s.", path, version(number)) end

--- Functions of C. A library without models does not have all of them.
local C = setmetatable({}, {
  __index = function(loaded, name)
    local found, call = pcall(function() return library[name] end)
    if not found then
      error(("the library has no %s: %s"):format(name, ffi.string(library.sa_build_info())), 0)
    end
    loaded[name] = call
    return call
  end,
})

local Error = {}
Error.__index = Error
Error.__tostring = function(self) return self.message end

local function fail(status, message, ...)
  error(setmetatable({ status = status, message = message:format(...) }, Error), 0)
end

local function text(pointer)
  return pointer ~= nil and ffi.string(pointer) or nil
end

--- Throws the error of a failed call. The sentence stands at the context; without one, at the thread.
local function check(status, ctx)
  if status == K.SA_OK then return end
  local sentence = status ~= K.SA_ERR_BUSY and text(C.sa_ctx_last_error(ctx)) or ""
  if sentence == "" then sentence = text(C.sa_status_string(status)) end
  fail(status, "%s", sentence)
end

--- A handle of C. It is freed once its owner and everything that needs it (a session its model) have let go.
local Handle = {}
Handle.__index = Handle

local function new_handle(kind, pointer, parent)
  local handle = setmetatable({ kind = kind, pointer = pointer, users = 1, parent = parent }, Handle)
  if parent then parent.users = parent.users + 1 end
  -- The sentinel's finaliser holds the handle, not the owner, who holds the sentinel.
  return handle, ffi.gc(ffi.new("char[1]"), function() handle:close() end)
end

function Handle:release()
  self.users = self.users - 1
  if self.users > 0 then return end
  C[self.kind .. "_destroy"](ffi.new(self.kind .. " *[1]", self.pointer))
  if self.parent then self.parent:release() end
end

function Handle:close()
  if not self.closed then
    self.closed = true
    self:release()
  end
end

function Handle:get()
  if self.closed then fail(K.SA_ERR_NULL, "this object has been closed") end
  return self.pointer
end

--- A class whose objects own a handle.
local function class(kind)
  local methods = {}
  methods.__index = methods
  function methods.close(self) self.handle:close() end
  function methods.own(out, parent, fields)
    local self = setmetatable(fields or {}, methods)
    self.handle, self.sentinel = new_handle(kind, out[0], parent)
    return self
  end
  return methods
end

--- A struct with its size and these fields.
local function struct(kind, fields)
  local made = ffi.new(kind)
  made.struct_size = ffi.sizeof(kind)
  for name, value in pairs(fields or {}) do made[name] = value end
  return made
end

--- Uses its arguments: what they hold is alive until here.
local function touch(...) return select("#", ...) end

-- ------------------------------------------------------------------------------------------------------- tensors

local TYPES = { f32 = { "float", K.SA_F32 }, bf16 = { "uint16_t", K.SA_BF16 }, f16 = { "uint16_t", K.SA_F16 },
  bool = { "uint8_t", K.SA_BOOL } }
local ORDERS = { bhsd = { 4, 3, 2, 1 }, bshd = { 4, 2, 3, 1 } }

--- Numbers as an array of C: floats{1, 2, 3} or floats(count).
local function array(kind, numbers)
  if type(numbers) == "cdata" then return numbers end
  if type(numbers) == "number" then return ffi.new(kind .. "[?]", math.max(numbers, 1)) end
  return ffi.new(kind .. "[?]", math.max(#numbers, 1), numbers)
end

local function floats(numbers) return array("float", numbers) end

local function elements(data)
  return type(data) == "table" and #data or nil
end

--- A view of four axes: batch, heads, sequence, head size. data: a table, which is copied, or an array of C, used in
--- place. options: layout ("bhsd", "bshd"), or strides and offset in elements; type ("f32", "bf16", "f16", "bool").
local function tensor(data, shape, options)
  options = options or {}
  local kind = TYPES[options.type or "f32"] or fail(K.SA_ERR_VALUE, "there is no type %s", options.type)
  local strides, step = options.strides, 1
  if not strides then
    strides = {}
    for _, axis in ipairs(ORDERS[options.layout or "bhsd"] or fail(K.SA_ERR_VALUE, "no layout %s", options.layout)) do
      strides[axis] = step
      step = step * shape[axis]
    end
  end
  local first, empty = options.offset or 0, false
  local last = first
  for axis = 1, 4 do
    local reach = math.max(shape[axis] - 1, 0) * strides[axis]
    if reach < 0 then first = first + reach else last = last + reach end
    empty = empty or shape[axis] == 0
  end
  local size = elements(data) or math.floor(ffi.sizeof(data) / ffi.sizeof(kind[1]))
  if not empty and (first < 0 or last >= size) then
    fail(K.SA_ERR_SHAPE, "the shape %s reaches elements %d to %d of %d", table.concat(shape, " x "), first, last, size)
  end
  data = array(kind[1], data)
  local raw = ffi.new("sa_tensor", { data = data + (options.offset or 0), dtype = kind[2], size = shape,
    stride = strides })
  return { data = data, raw = raw, shape = shape }
end

local function made(...)
  local shape, count = { ... }, 1
  for _, size in ipairs(shape) do count = count * size end
  return tensor(floats(count), shape)
end

local function masking_of(m, batch)
  if not m then return nil end
  if m.key_lengths and #m.key_lengths ~= batch then
    fail(K.SA_ERR_SHAPE, "there are %d lengths of keys for %d sequences", #m.key_lengths, batch)
  end
  local lengths = m.key_lengths and array("int64_t", m.key_lengths)
  local raw = struct("sa_masking", { causal = m.causal and 1 or 0, key_lengths = lengths, align = m.align or 0,
    offset = m.offset or 0 })
  if m.window then raw.window, raw.window_left, raw.window_right = 1, m.window[1], m.window[2] end
  if m.mask then raw.mask, raw.mask_keys = m.mask.raw, K.SA_MASK_KEYS_REPEATED end
  return raw, lengths
end

-- ------------------------------------------------------------------------------------- contexts, attention, layers

local Context = class("sa_ctx")

--- options: threads, parallel, path, isa, precision, as in sa_ctx_options.
local function context(options)
  local out = ffi.new("sa_ctx *[1]")
  check(C.sa_ctx_create(struct("sa_ctx_options", options), out), nil)
  return Context.own(out)
end

function Context:call(name, ...)
  local ctx = self.handle:get()
  check(C[name](ctx, ...), ctx)
end

function Context:threads() return C.sa_ctx_threads(self.handle:get()) end

--- Scaled dot-product attention of tensors. options: masking, scale, softcap, alibi_slopes, output, lse and weights
--- (true: they are returned). Returns a table of tensors: output, lse, weights.
local function attention(ctx, query, key, value, options)
  options = options or {}
  local b, h, t = unpack(query.shape)
  local slopes = options.alibi_slopes
  if slopes and #slopes ~= h then fail(K.SA_ERR_SHAPE, "there are %d slopes for %d heads", #slopes, h) end
  slopes = slopes and floats(slopes)
  local rules = slopes and struct("sa_score_rules", { alibi_slopes = slopes })
  local masking, lengths = masking_of(options.masking, b)
  local got = { output = options.output or made(b, h, t, value.shape[4]), lse = options.lse and made(b, h, t, 1),
    weights = options.weights and made(b, h, t, key.shape[3]) }
  local args = struct("sa_attention_args", { query = query.raw, key = key.raw, value = value.raw, rules = rules,
    output = got.output.raw, masking = masking, scale = options.scale or 0, softcap = options.softcap or 0 })
  if got.lse then args.lse = got.lse.raw end
  if got.weights then args.weights = got.weights.raw end
  ctx:call("sa_attention", args)
  touch(slopes, rules, masking, lengths, query, key, value)
  return got
end

local Layer = class("sa_layer")
local SIZES = { "model_width", "context_width", "output_width", "query_heads", "kv_heads", "head_size",
  "value_head_size", "scale" }

--- config: fields of sa_layer_config; weights and biases are tables, rope_theta rotates (0: 10000).
local function layer(ctx, config)
  local fields, keep = {}, {}
  for _, name in ipairs(SIZES) do fields[name] = config[name] end
  local width, heads = config.model_width, config.query_heads
  local d = config.head_size or width / heads
  local kv, context_width = config.kv_heads or heads, config.context_width or width
  local dv, out = config.value_head_size or d, config.output_width or width
  local rows = { q = heads * d, k = kv * d, v = kv * dv, o = out }
  local columns = { q = width, k = context_width, v = context_width, o = heads * dv }
  for part, count in pairs(rows) do
    for name, size in pairs({ ["weight_" .. part] = count * columns[part], ["bias_" .. part] = count }) do
      local data = config[name]
      local has = data and (elements(data) or ffi.sizeof(data) / 4)
      -- The library refuses heads that do not divide the width, before it looks at matrices.
      if has and d % 1 == 0 and has ~= size then fail(K.SA_ERR_SHAPE, "%s has %d numbers, not %d", name, has, size) end
      keep[name] = data and floats(data)
      fields[name] = keep[name]
    end
  end
  if config.rope_theta then
    keep.rope = struct("sa_rope", { theta = config.rope_theta })
    fields.rope = keep.rope
  end
  local handle = ffi.new("sa_layer *[1]")
  ctx:call("sa_layer_create", struct("sa_layer_config", fields), handle)
  touch(keep)
  return Layer.own(handle, nil, { width = tonumber(C.sa_layer_output_width(handle[0])), heads = heads })
end

--- x is [B,1,T,model width]. options: masking, context, weights (true: returned). Returns a table: y, weights.
function Layer:forward(ctx, x, options)
  options = options or {}
  local masking, lengths = masking_of(options.masking, x.shape[1])
  local got = { y = made(x.shape[1], 1, x.shape[3], self.width), weights = options.weights and
    made(x.shape[1], self.heads, x.shape[3], (options.context or x).shape[3]) }
  local args = struct("sa_forward_args", { x = x.raw, y = got.y.raw, masking = masking })
  if options.context then args.context = options.context.raw end
  if got.weights then args.weights = got.weights.raw end
  ctx:call("sa_forward", self.handle:get(), args)
  touch(masking, lengths, x, options)
  return got
end

--- A constant of the loaded library by its name: "SA_F32", "sizeof(sa_tensor)", "sa_tensor.data".
local function constant(name)
  local value = ffi.new("int64_t[1]")
  check(C.sa_constant(name, value), nil)
  return tonumber(value[0])
end

local M = { constants = K, constant = constant, context = context, tensor = tensor, floats = floats, layer = layer,
  attention = attention, version = function() return text(C.sa_version_string()) end }

-- What selfattn_models.lua needs.
M.inner = { C = C, K = K, class = class, struct = struct, fail = fail, check = check, array = array, touch = touch,
  constant = constant }
return require("selfattn_models")(M)
