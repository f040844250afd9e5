"""A block of a transformer's encoder: y = x + attention(norm(x)); z = y + feed_forward(norm(y)).

SPDX-License-Identifier: MIT"""
import numpy

import selfattn

TOKENS, WIDTH, HEADS, INNER = 6, 32, 4, 64
rng = numpy.random.default_rng(1)


def weights(*shape):
    return (rng.standard_normal(shape) / shape[-1] ** 0.5).astype("float32")


def norm(x):
    centred = x - x.mean(-1, keepdims=True)
    return centred / numpy.sqrt((centred ** 2).mean(-1, keepdims=True) + 1e-5)


attention = selfattn.Layer(HEADS, **{f"weight_{name}": weights(WIDTH, WIDTH) for name in "qkvo"})
up, down = weights(INNER, WIDTH), weights(WIDTH, INNER)

x = weights(1, TOKENS, WIDTH)
looked = attention(norm(x), return_weights=True)
y = x + looked.y
z = y + numpy.maximum(norm(y) @ up.T, 0) @ down.T

print("out", z.shape, "finite" if numpy.isfinite(z).all() else "not finite")
for head in range(HEADS):
    print(f"head {head}: token 0 looks at token", looked.weights[0, head, 0].argmax())
