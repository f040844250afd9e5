# Goes on with a text, and shows it as it is written: ruby streaming.rb MODEL PROMPT
# SPDX-License-Identifier: MIT
require 'selfattn'

path, prompt = ARGV
ctx = SelfAttn::Context.new
model, tokenizer = SelfAttn::Model.new(ctx, path), SelfAttn::Tokenizer.new(ctx, path)
session = SelfAttn::Session.new(ctx, model)
$stdout.sync = true
print prompt
session.stream(ctx, tokenizer, prompt, max_tokens: 40) { |piece| print piece }
puts
