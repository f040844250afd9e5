#!/usr/bin/env python3
"""Finds the polynomials of src/kernel/body/math.inc and prints them with their errors.

Each is the minimax polynomial of its degree for the relative error of the function it stands for (Remez exchange, in
double precision), rounded to binary32 coefficient by coefficient, from the lowest up: after each rounding the remaining
ones are fitted again, so that they absorb part of the rounding error. Errors are then measured in exact rational steps of
binary32 evaluation with fused multiply-adds on a dense grid.

usage: tools/fit_coefficients.py        (needs Python 3 alone)
"""
import math
import struct


def f32(x):
    return struct.unpack("f", struct.pack("f", x))[0]


def solve(matrix, right):
    """Gaussian elimination with partial pivoting."""
    n = len(right)
    rows = [list(r) + [b] for r, b in zip(matrix, right)]
    for i in range(n):
        pivot = max(range(i, n), key=lambda r: abs(rows[r][i]))
        rows[i], rows[pivot] = rows[pivot], rows[i]
        for r in range(i + 1, n):
            factor = rows[r][i] / rows[i][i]
            for c in range(i, n + 1):
                rows[r][c] -= factor * rows[i][c]
    x = [0.0] * n
    for i in reversed(range(n)):
        x[i] = (rows[i][n] - sum(rows[i][c] * x[c] for c in range(i + 1, n))) / rows[i][i]
    return x


def remez(target, weight, powers, low, high, rounds=30, grid=4000):
    """Coefficients c minimising max |weight(x) * (target(x) - sum c_i x^powers_i)| on [low, high]."""
    n = len(powers)
    points = [low + (high - low) * (1 - math.cos(math.pi * i / n)) / 2 for i in range(n + 1)]
    xs = [low + (high - low) * (1 - math.cos(math.pi * i / grid)) / 2 for i in range(grid + 1)]
    for _ in range(rounds):
        matrix = [[x**p for p in powers] + [(-1) ** i / weight(x)] for i, x in enumerate(points)]
        c = solve(matrix, [target(x) for x in points])[:n]
        error = [weight(x) * (target(x) - sum(k * x**p for k, p in zip(c, powers))) for x in xs]
        extrema, start = [], 0
        for i in range(1, grid + 2):  # one extremum per run of equal sign
            if i == grid + 1 or (error[i] > 0) != (error[start] > 0):
                extrema.append(max(range(start, i), key=lambda j: abs(error[j])))
                start = i
        while len(extrema) > n + 1:
            extrema.pop(0 if abs(error[extrema[0]]) < abs(error[extrema[-1]]) else -1)
        if len(extrema) < n + 1:
            break
        points = [xs[i] for i in extrema]
    return c


def fit(target, weight, powers, low, high):
    """remez(), rounded to binary32 from the lowest power up."""
    rounded, rest = {}, list(powers)
    while rest:
        known = dict(rounded)
        c = remez(lambda x: target(x) - sum(k * x**p for p, k in known.items()), weight, rest, low, high)
        rounded[rest[0]] = f32(c[0])
        rest = rest[1:]
    return rounded


def show(prefix, coefficients):
    for power, value in coefficients.items():
        digits, exponent = float.hex(value).split("p")
        print(f"#define {prefix}_C{power} {digits.rstrip('0')}p{exponent}f")


def main():
    half = math.log(2) / 2 * 1.0001
    c = fit(lambda r: math.exp(r) - 1 - r, lambda r: 1 / math.exp(r), [2, 3, 4, 5, 6], -half, half)
    show("EXP", c)
    worst = 0.0
    for i in range(200001):
        r = f32(-half + 2 * half * i / 200000)
        p = c[6]
        for k in (c[5], c[4], c[3], c[2], 1.0, 1.0):
            p = f32(p * r + k)  # the double product is exact, so this is a fused multiply-add but for a double rounding
        worst = max(worst, abs(p - math.exp(r)) / math.exp(r))
    print(f"/* exp(r), |r| <= ln(2)/2: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")

    half = 0.5 * 1.0001
    c = fit(lambda f: 2**f, lambda f: 2**-f, [0, 1, 2, 3, 4, 5], -half, half)
    show("EXP2", c)
    worst = 0.0
    for i in range(200001):
        f = f32(-half + 2 * half * i / 200000)
        p = c[5]
        for k in (c[4], c[3], c[2], c[1], c[0]):
            p = f32(p * f + k)
        worst = max(worst, abs(p - 2**f) / 2**f)
    print(f"/* 2^f, |f| <= 1/2: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")

    c = fit(lambda f: 2**f, lambda f: 2**-f, [0, 1, 2, 3], -half, half)
    show("EXP2_ROUGH", c)
    worst = max(abs(sum(k * f**p for p, k in c.items()) / 2**f - 1) for f in (half * i / 5000 for i in range(-5000, 5001)))
    print(f"/* 2^f, |f| <= 1/2: largest relative error {worst:.3g} = {worst * 2**9:.3f} * 2^-9 */")

    # tanh(y) = y + y^3 q(y^2): the error of q counts as much as y^3 / tanh(y) lets it
    def q(square):
        if square < 1e-4:
            return -1 / 3 + square * (2 / 15 - square * (17 / 315 - square * 62 / 2835))
        y = math.sqrt(square)
        return (math.tanh(y) - y) / (y * square)

    c = fit(q, lambda s: s if s > 0 else 1e-9, [0, 1, 2, 3], 0.0, 0.625**2)
    c = {2 * power + 3: value for power, value in c.items()}
    show("TANH", c)
    worst = 0.0
    for i in range(1, 200001):
        y = f32(0.625 * i / 200000)
        s = f32(y * y)
        p = c[9]
        for k in (c[7], c[5], c[3]):
            p = f32(p * s + k)
        t = f32(f32(p * s) * y + y)
        worst = max(worst, abs(t - math.tanh(y)) / math.tanh(y))
    print(f"/* tanh(y), 0 < y <= 0.625: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")

    # erfc(z) = exp(-z^2) t Q(t), t = 1 / (1 + z / 2), as far as exp(-z^2) is a normal number
    def scaled(t):
        z = max(2 / t - 2, 0.0)
        return math.erfc(z) * math.exp(z * z) / t

    c = fit(scaled, lambda t: 1 / scaled(t), [0, 1, 2, 3, 4, 5, 6, 7, 8], 1 / (1 + 9.35 / 2), 1.0)
    show("ERFC", c)
    worst = 0.0
    for i in range(200001):
        z = 9.3 * i / 200000
        t = f32(1 / (1 + z / 2))
        p = c[8]
        for k in (c[7], c[6], c[5], c[4], c[3], c[2], c[1], c[0]):
            p = f32(p * t + k)
        worst = max(worst, abs(p / scaled(t) - 1))
    print(f"/* erfc(z) exp(z^2) / t, 0 <= z <= 9.3: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")


main()
