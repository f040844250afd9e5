"""A block of a transformer's encoder, made of a layer: attention, then a feed-forward net, each added to its input and
normalised.

SPDX-License-Identifier: MIT"""
import numpy

import selfattn

TOKENS, WIDTH, INNER = 5, 64, 128


def numbers(*shape):
    return ((numpy.arange(numpy.prod(shape)) * 7 % 31 - 15) / 160).astype("float32").reshape(shape)


def norm(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5)


x = (numpy.arange(TOKENS * WIDTH) ** 2 % 13 / 13).astype("float32").reshape(1, TOKENS, WIDTH)
matrix, up, down = numbers(WIDTH, WIDTH), numbers(INNER, WIDTH), numbers(WIDTH, INNER)
layer = selfattn.Layer(4, weight_q=matrix, weight_k=matrix, weight_v=matrix, weight_o=matrix)

x = norm(x + layer(x))
x = norm(x + numpy.maximum(x @ up.T, 0) @ down.T)
print(" ".join(f"{number:.4f}" for number in x[0, 0, :4]))
