#!/usr/bin/env python3
"""Finds the polynomials of src/kernel/body/math.inc and prints them with their errors.

Each is the minimax polynomial of its degree for the relative error of its function (Remez exchange, in double
precision). Coefficients are rounded to binary32 one by one, from the lowest up: after each rounding, the remaining ones
are fitted again, so that they reduce the rounding error. Errors are then measured on a dense grid, with the binary32
roundings of an evaluation with fused multiply-adds; for the exponentials also over the whole range of arguments,
reduction included, in units of the last place (tests/kernel/exp_range.c measures the kernels themselves).

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


def fma(a, b, c):
    """A fused multiply-add, except for a double rounding: the product of two binary32 is exact in double precision."""
    return f32(a * b + c)


def polynomial(coefficients, x):
    """From the highest power down."""
    p = coefficients[0]
    for c in coefficients[1:]:
        p = fma(p, x, c)
    return p


LOG2E, LN2_HIGH, LN2_LOW = (float.fromhex(h) for h in ("0x1.715476p+0", "0x1.62e400p-1", "0x1.7f7d1cp-20"))
MAGIC = 1.5 * 2**23 + 127
LEAST = float.fromhex("-0x1.5d589ep+6")  # exp of it is the smallest normal number


def exp_by_rows(coefficients, x):
    """exp_vf() in math.inc."""
    n = float(round(f32(x * LOG2E)))
    r = fma(n, -LN2_LOW, fma(n, -LN2_HIGH, x))
    return math.ldexp(polynomial(coefficients, r), int(n))


def exp_by_lanes(coefficients, x):
    """exp_fast_vf() in math.inc."""
    n = fma(x, LOG2E, MAGIC) - MAGIC
    return math.ldexp(polynomial(coefficients, fma(x, LOG2E, -n)), int(n))


def exp_in_one_part(coefficients, x):
    """exp_parts() in amx.inc."""
    t = f32(x * LOG2E)
    return math.ldexp(polynomial(coefficients, t - math.floor(t)), math.floor(t))


def arguments(step=1009):
    """Floats from -2^-12 down to LEAST; nearer to 0 the errors are not larger."""
    first, last = (struct.unpack("I", struct.pack("f", x))[0] for x in (-(2**-12), LEAST))
    return [struct.unpack("f", struct.pack("I", bits))[0] for bits in [*range(first, last, step), last]]


def show_range(name, function, coefficients):
    worst, relative, at = 0.0, 0.0, 0.0
    for x in arguments():
        exact = math.exp(x)
        off = abs(function(coefficients, x) - exact)
        ulps = off / math.ldexp(1, math.frexp(exact)[1] - 24)
        relative = max(relative, off / exact)
        if ulps > worst:
            worst, at = ulps, x
    print(f"/* exp {name}, {LEAST:.7g} <= x <= 0: at most {worst:.3g} ULP off (at {at:.7g}),"
          f" relative error {relative:.3g} */")


def main():
    half = math.log(2) / 2 * 1.0001
    c = fit(lambda r: math.exp(r) - 1 - r, lambda r: 1 / math.exp(r), [2, 3, 4, 5, 6], -half, half)
    show("EXP", c)
    by_rows = [c[6], c[5], c[4], c[3], c[2], 1.0, 1.0]
    worst = 0.0
    for i in range(200001):
        r = f32(-half + 2 * half * i / 200000)
        worst = max(worst, abs(polynomial(by_rows, r) - math.exp(r)) / math.exp(r))
    print(f"/* exp(r), |r| <= ln(2)/2: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")
    show_range("by rows", exp_by_rows, by_rows)

    half = 0.5 * 1.0001
    # 2^f = 1 + f q(f): so that the weight of a row's largest score is exactly 1. The error of q counts as much as f /
    # 2^f.
    log2 = math.log(2)
    c = fit(lambda f: math.expm1(f * log2) / f if f else log2, lambda f: abs(f) * 2**-f, [0, 1, 2, 3, 4], -half, half)
    c = {power + 1: value for power, value in c.items()}
    show("EXP2", c)
    by_lanes = [c[5], c[4], c[3], c[2], c[1], 1.0]
    worst = 0.0
    for i in range(200001):
        f = f32(-half + 2 * half * i / 200000)
        worst = max(worst, abs(polynomial(by_lanes, f) - 2**f) / 2**f)
    print(f"/* 2^f, |f| <= 1/2: largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")
    show_range("by lanes", exp_by_lanes, by_lanes)

    c = fit(lambda f: 2**f, lambda f: 2**-f, [0, 1, 2, 3], 0.0, 1.0)
    show("EXP2_ROUGH", c)
    worst = max(abs(sum(k * f**p for p, k in c.items()) / 2**f - 1) for f in (i / 5000 for i in range(5001)))
    print(f"/* 2^f, 0 <= f < 1: largest relative error {worst:.3g} = {worst * 2**9:.3f} * 2^-9 */")
    show_range("in one part, before rounding to bf16", exp_in_one_part, [c[power] for power in (3, 2, 1, 0)])

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
        t = fma(f32(polynomial([c[9], c[7], c[5], c[3]], s) * s), y, y)
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
    print(f"/* erfc(z) exp(z^2) / t, 0 <= z <= 9.3: "
          f"largest relative error {worst:.3g} = {worst * 2**24:.2f} * 2^-24 */")


main()
