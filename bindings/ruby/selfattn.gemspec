# SPDX-License-Identifier: MIT
Gem::Specification.new do |spec|
  spec.name = 'selfattn'
  spec.version = '0.1.0'
  spec.summary = 'Exact self-attention for CPUs: layers, transformers, generation'
  spec.authors = ['the authors of libselfattn']
  spec.license = 'MIT'
  spec.files = Dir['lib/**/*.rb', 'README.md']
  spec.required_ruby_version = '>= 2.7'
  spec.add_dependency 'ffi', '~> 1.15'
end
