"""Four threads share one layer; each has a context of its own, of which one sees nothing.

SPDX-License-Identifier: MIT"""
from concurrent.futures import ThreadPoolExecutor

import selfattn

TOKENS, WIDTH = 5, 64
x = selfattn.array([[[(t * WIDTH + e) ** 2 % 13 / 13 for e in range(WIDTH)] for t in range(TOKENS)]])
q, k, v, o = (selfattn.array([[(((n * WIDTH + i) * WIDTH + j) * 7 % 31 - 15) / 160 for j in range(WIDTH)]
                              for i in range(WIDTH)]) for n in range(4))
layer = selfattn.Layer(4, weight_q=q, weight_k=k, weight_v=v, weight_o=o)

with ThreadPoolExecutor(4) as pool:
    results = [y.tolist() for y in pool.map(lambda _: layer(x, causal=True), range(4))]
assert all(y == results[0] for y in results)
print(f"4 threads, the same bits, y[0] = {results[0][0][0][0]:.4f}")
