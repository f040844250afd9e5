"""The sound that the models of this folder have heard. SPDX-License-Identifier: MIT"""
import math


def sound(count):
    """A rising tone and noise at 16,000 samples per second, which are not around 0: multiples of 2^-15."""
    samples, drawn = [], 1
    for i in range(count):
        drawn = (drawn * 1103515245 + 12345) % 2**31
        samples.append((150 + round(8000 * math.sin(0.02 * i + 1e-5 * i * i)) + (drawn >> 16) % 601 - 300) / 32768)
    return samples
