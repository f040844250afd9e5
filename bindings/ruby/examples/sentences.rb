# Says how close two sentences are in meaning: ruby sentences.rb MODEL SENTENCE SENTENCE
# SPDX-License-Identifier: MIT
require 'selfattn'

path, *texts = ARGV
ctx = SelfAttn::Context.new
model, tokenizer = SelfAttn::Model.new(ctx, path), SelfAttn::Tokenizer.new(ctx, path)
ids = texts.map { |text| tokenizer.encode(ctx, text) }
embeddings = model.encode(ctx, ids)[:embedding].each_slice(model.get(:EMBEDDING_WIDTH)).to_a

def dot(a, b)
  a.zip(b).sum { |x, y| x * y }
end

a, b = embeddings
puts format('"%s" and "%s": %.3f', *texts, dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b)))
