"""Four threads use one layer at once. A layer is immutable, and every Python thread has its own context, so nothing has
to be locked. Results do not depend on the threads.

SPDX-License-Identifier: MIT"""
from concurrent.futures import ThreadPoolExecutor

import selfattn

WIDTH, TOKENS = 16, 8
matrix = selfattn.array([[(i * WIDTH + j) * 7 % 31 / 32 - 15 / 32 for j in range(WIDTH)] for i in range(WIDTH)])
layer = selfattn.Layer(4, weight_q=matrix, weight_k=matrix, weight_v=matrix, weight_o=matrix)
inputs = [selfattn.array([[[(t * WIDTH + e + n) * 5 % 9 / 4 - 1 for e in range(WIDTH)] for t in range(TOKENS)]])
          for n in range(4)]

with ThreadPoolExecutor(4) as pool:
    together = list(pool.map(layer, inputs))
for n, x in enumerate(inputs):
    same = layer(x).tolist() == together[n].tolist()
    print(f"thread {n}: {'the same bits as' if same else 'not as'} alone")
