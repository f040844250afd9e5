# Exact self-attention for CPUs: libselfattn for Ruby. Ruby's lock is released during calls.
# SPDX-License-Identifier: MIT
require 'selfattn/library'
require 'selfattn/tensor'
require 'selfattn/layer'
require 'selfattn/model'
require 'selfattn/text_stream'
require 'selfattn/session'
