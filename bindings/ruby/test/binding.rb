# The cases that all bindings share, and whether the declarations are those of the library.
# SPDX-License-Identifier: MIT
require 'json'
require 'selfattn'

FOLDER = ENV.fetch('SELFATTN_VECTORS')
MODELS = ENV['SELFATTN_MODELS'] != 'OFF'
TABLE = JSON.parse(File.read(File.join(FOLDER, 'vectors.json')), symbolize_names: true)
CTX = SelfAttn::Context.new

def expect(that, message)
  raise message unless that
end

def near(name, got, expected)
  got = got.to_a
  expect(got.size == expected[:data].size, "#{name}: #{got.size} numbers")
  got.zip(expected[:data]).each_with_index do |(have, want), i|
    want ||= -Float::INFINITY
    expect(have == want || (have - want).abs <= TABLE[:tolerance], "#{name}[#{i}]: #{have} instead of #{want}")
  end
end

def tensor(given)
  shape = given[:shape].size == 3 ? given[:shape].dup.insert(1, 1) : given[:shape]
  type = given[:dtype] == 'SA_BOOL' ? :bool : :f32
  SelfAttn::Tensor.new(given[:data].map { |x| x || -Float::INFINITY }, shape, type: type)
end

def masking(options)
  { causal: options[:causal], window: options[:window], key_lengths: options[:key_lengths],
    align: options[:align] && SelfAttn::C.const_get(options[:align]), mask: options[:mask] && tensor(options[:mask]) }
end

def fails
  yield
  raise 'worked, but should have failed'
rescue SelfAttn::Error => e
  e
end

def declarations
  names = SelfAttn::C::CONSTANTS.transform_keys(&:to_s)
  SelfAttn::C::STRUCTS.each do |name, struct|
    names["sizeof(#{name})"] = struct.size
    struct.new.layout.fields.each do |field|
      names["#{name}.#{field.name}"] = field.offset
      names["sizeof(#{name}.#{field.name})"] = field.size
    end
  end
  names.each do |name, value|
    found = SelfAttn.constant(name)
    # A newer library has a newer version, and longer structs.
    grows = name.match?(/\ASA_VERSION|\Asizeof\(\w+\)\z/)
    expect(found == value || grows && found > value, "#{name}: #{value} here, #{found} in the library")
  rescue SelfAttn::Error
    raise if MODELS
  end
  puts "#{names.size} names are declared as the library has them"
end

def attentions
  TABLE[:attention].each do |c|
    options = c[:options]
    got = SelfAttn.attention(CTX, tensor(c[:query]), tensor(c[:key]), tensor(c[:value]), masking: masking(options),
                             scale: options[:scale], softcap: options[:softcap], lse: true, weights: true,
                             alibi_slopes: options[:alibi_slopes])
    got.each { |name, output| near("#{c[:name]}: #{name}", output, c[name]) }
  end
end

def layers
  TABLE[:layer].each do |c|
    config = c[:config].slice(*SelfAttn::Layer::SIZES).merge(c[:weights].transform_values { |w| w[:data] })
    layer = SelfAttn::Layer.new(CTX, rope_theta: c[:config][:rope] && 0, **config)
    got = layer.forward(CTX, tensor(c[:x]), masking: masking(c[:options]), weights: true,
                                            context: c[:context] && tensor(c[:context]))
    near("#{c[:name]}: y", got[:y], c[:y])
    near("#{c[:name]}: weights", got[:weights], c[:attention])
    layer.close
    expect(fails { layer.forward(CTX, tensor(c[:x])) }.message.include?('closed'), 'a closed layer works')
  end
end

def open(name)
  path = File.join(FOLDER, name)
  [SelfAttn::Model.new(CTX, path), SelfAttn::Tokenizer.new(CTX, path)]
end

def encoders
  c = TABLE[:encode]
  model, tokenizer = open(c[:model])
  ids = c[:texts].map { |text| tokenizer.encode(CTX, text) }
  expect(ids == c[:ids], ids)
  pair, types = tokenizer.encode_pair(CTX, *c[:texts].first(2))
  expect(pair == ids[0] + ids[1].drop(1), pair)
  expect(types == ids[0].map { 0 } + ids[1].drop(1).map { 1 }, types)
  expect(tokenizer.encode_pair(CTX, *c[:texts].first(2), most: 5)[0].size == 5, 'a pair that is cut')
  near('embeddings', model.encode(CTX, ids)[:embedding], c[:embeddings])
  first = model.encode(CTX, ids.first(1), :hidden, :attention)
  %i[hidden attention].each { |name| near(name, first[name], c[name]) }
end

def offsets
  TABLE[:offsets].each do |c|
    ids, ranges = SelfAttn::Tokenizer.new(CTX, File.join(FOLDER, c[:model])).encode_offsets(CTX, c[:text])
    expect(ids == c[:ids], ids)
    places = ranges.flat_map { |range| [range.begin, range.end] }
    expect(places == c[:characters] && ranges.all?(&:exclude_end?), places)
  end
  tokenizer = SelfAttn::Tokenizer.new(CTX, File.join(FOLDER, 'encoder'))
  bare = SelfAttn::C::SA_ENCODE_NO_TEMPLATE
  text = "the na\u00efve fox"
  [text, text.encode(Encoding::ISO_8859_1)].each do |given|
    words = tokenizer.encode_offsets(CTX, given, bare).last.map { |range| given[range] }
    expect(words == given.split, words)
  end
  expect(tokenizer.encode_offsets(CTX, '', bare) == [[], []], 'a text without tokens')
end

def again(session, tokenizer, &block)
  prompt, max_tokens = TABLE[:generate].values_at(:prompt, :max_tokens)
  session.truncate(0)
  session.stream(CTX, tokenizer, prompt, max_tokens: max_tokens, &block)
end

def decoders
  c = TABLE[:generate]
  model, tokenizer = open(c[:model])
  ids = tokenizer.encode(CTX, c[:prompt])
  expect(ids == c[:prompt_ids], ids)
  near('attention', model.encode(CTX, [ids], :attention)[:attention], c[:attention])
  session = SelfAttn::Session.new(CTX, model)
  two = SelfAttn::Session.new(CTX, model, batch: 2)
  model.close # the sessions keep it
  logs = []
  got = session.generate(CTX, [ids], max_tokens: c[:max_tokens]) { |_, _, log| logs << log }.first
  expect(got.tokens == c[:tokens] && got.end == :token, got)
  near('log probabilities', logs, c[:log_probabilities])
  # A batch with prompts of two lengths: the sentence goes on wherever it is.
  both = two.generate(CTX, [ids, ids.first(2)], max_tokens: c[:max_tokens])
  expect(both.map(&:tokens) == [c[:tokens], (ids + c[:tokens]).drop(2)], both)
  streams(session, tokenizer, c)
  session.close
  expect(fails { session.length }.message.include?('closed'), 'a closed session works')
end

def streams(session, tokenizer, expected)
  pieces = []
  text = again(session, tokenizer) { |piece| pieces << piece }
  expect(text == expected[:text] && pieces.join == text && pieces.all?(&:valid_encoding?), pieces)
  calls = 0
  again(session, tokenizer) do
    calls += 1
    throw :stop
  end
  expect(calls == 1, "#{calls} calls after the end")
  begin
    again(session, tokenizer) { raise 'through C' }
  rescue RuntimeError => e
    expect(e.message == 'through C', e)
  else
    raise 'an exception was lost'
  end
end

# Texts in several calls of one session, and stop strings.
def conversations
  model, tokenizer = open(TABLE[:generate][:model])
  TABLE[:stream].each do |c|
    session = SelfAttn::Session.new(CTX, model)
    c[:calls].each do |call|
      pieces = +''
      options = call.slice(:max_tokens, :stop, :model_rules)
      text = session.stream(CTX, tokenizer, call[:prompt], **options) { |piece| pieces << piece }
      expect(text == call[:text] && pieces == text, "#{c[:name]}: #{text}")
      expect(session.length == call[:length], "#{c[:name]}: #{session.length} tokens")
    end
  end
end

def zeros(shape)
  SelfAttn::Tensor.made(*shape)
end

CALLS = {
  attention: lambda do |c|
    SelfAttn.attention(CTX, zeros(c[:query]), zeros(c[:key]), zeros(c[:value]), softcap: c[:options][:softcap])
  end,
  layer: lambda do |c|
    matrix = [0.0] * c[:config][:model_width]**2
    SelfAttn::Layer.new(CTX, weight_q: matrix, weight_k: matrix, weight_v: matrix, **c[:config])
  end,
  model_open: ->(c) { SelfAttn::Model.new(CTX, c[:path]) },
  constant: ->(c) { SelfAttn.constant(c[:constant]) }
}.freeze

def errors
  TABLE[:errors].each do |c|
    next if c[:call] == 'model_open' && !MODELS

    error = fails { CALLS.fetch(c[:call].to_sym).call(c) }
    expect(error.status == SelfAttn::C.const_get(c[:status]), "#{c[:name]}: #{error}")
    c[:says].each { |word| expect(error.message.include?(word), "#{c[:name]}: #{word} is not in #{error}") }
  end
  fails { SelfAttn::Tensor.new([0.0] * 5, [1, 1, 2, 3]) }
  fails { SelfAttn::Tensor.new([0.0] * 5, [1, 1, 2, 3], strides: [0, 0, -1, 1]) }
end

# Other threads run during a call, and threads that share a context wait for their turn.
def threads
  q = zeros([1, 8, 512, 64])
  ticks = 0
  ticker = Thread.new { loop { ticks += 1 and sleep 0.0001 } }
  Array.new(3) { Thread.new { SelfAttn.attention(CTX, q, q, q) } }.each(&:join)
  ticker.kill
  expect(ticks > 1, "Ruby's lock was held")
end

# A layer is made of large matrices: other threads run meanwhile, nearly each time.
def layers_beside_threads
  width = 1024
  matrix = FFI::MemoryPointer.new(:float, width * width)
  config = SelfAttn.struct(SelfAttn::C::LayerConfig, model_width: width, query_heads: 8, weight_q: matrix,
                           weight_k: matrix, weight_v: matrix, weight_o: matrix)
  ticks = 0
  ticker = Thread.new { loop { ticks += 1 and sleep 0.0001 } }
  out = FFI::MemoryPointer.new(:pointer)
  beside = Array.new(10) do
    before = ticks
    CTX.call(:sa_layer_create, config, out)
    during = ticks - before
    SelfAttn::C.sa_layer_destroy(out)
    during
  end
  ticker.kill
  expect(beside.count(&:positive?) > 5, "Ruby's lock was held while layers were made: #{beside}")
end

# What is dropped is freed, a session before its model, in whatever order they are collected.
def dropped
  maps = -> { File.read('/proc/self/maps').scan("#{TABLE[:generate][:model]}/").size }
  30.times { SelfAttn::Session.new(CTX, open(TABLE[:generate][:model]).first) }
  GC.start
  expect(maps.call < 15, "#{maps.call} models are still open") if File.exist?('/proc/self/maps')
end

declarations
attentions
layers
encoders if MODELS
offsets if MODELS
decoders if MODELS
conversations if MODELS
dropped if MODELS
errors
threads
layers_beside_threads
puts 'all cases of the shared vectors agree'
