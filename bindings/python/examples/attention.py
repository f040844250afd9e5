"""Attention of queries, keys and values: a batch of 1, 2 heads of 8, 5 tokens that see no later one.

SPDX-License-Identifier: MIT"""
import selfattn

HEADS, TOKENS, SIZE = 2, 5, 8


def numbers(step):
    return selfattn.array([[[[((h * TOKENS + t) * SIZE + d) * step % 13 / 13 for d in range(SIZE)]
                             for t in range(TOKENS)] for h in range(HEADS)]])


q, k, v = numbers(3), numbers(5), numbers(7)
y = selfattn.scaled_dot_product_attention(q, k, v, is_causal=True)

print(" ".join(f"{number:.4f}" for number in y.tolist()[0][-1][-1][-4:]))
