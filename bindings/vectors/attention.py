"""Attention and layers in plain Python, in double precision: what the bindings' tests compare the library with. Written
from the formulas in selfattn.h, without a line of the library.

Tensors are nested lists [B][H][T][D].

SPDX-License-Identifier: MIT"""
import math

HIDDEN = -math.inf


def dot(a, b):
    return math.fsum(x * y for x, y in zip(a, b))


def shape_of(nested):
    sizes = []
    while isinstance(nested, list):
        sizes.append(len(nested))
        nested = nested[0] if nested else None
    return sizes


def masked(mask, place):
    """The element of a mask that broadcasts, at a place [b, h, t, j]."""
    for index, size in zip(place, shape_of(mask)):
        mask = mask[index if size > 1 else 0]
    return mask


def seen(t, j, queries, keys, options):
    """Whether query t sees key j by causal, window and length; keys is the sequence's own number of keys."""
    if j >= keys:
        return False
    align = options.get("align", "SA_ALIGN_BOTTOM_RIGHT" if "key_lengths" in options else "SA_ALIGN_TOP_LEFT")
    place = t + (keys - queries if align == "SA_ALIGN_BOTTOM_RIGHT" else 0)
    if options.get("causal") and j > place:
        return False
    left, right = options.get("window", [-1, -1])
    return (left < 0 or j >= place - left) and (right < 0 or j <= place + right)


def score(query, key, scale, softcap):
    value = scale * dot(query, key)
    return softcap * math.tanh(value / softcap) if softcap else value


def attention(query, key, value, options):
    """Returns output [B,H,T,Dv], log-sum-exp [B,H,T] and weights [B,H,T,S]."""
    batch, heads, queries, size = shape_of(query)
    key_heads, keys = len(key[0]), len(key[0][0])
    scale, softcap = options.get("scale") or 1 / math.sqrt(size), options.get("softcap", 0)
    output, lse, weights = [], [], []
    for b in range(batch):
        length = options["key_lengths"][b] if "key_lengths" in options else keys
        rows = [[attend(query[b][h][t], key[b][h * key_heads // heads], value[b][h * key_heads // heads],
                        [extra(b, h, t, j, queries, length, options) for j in range(keys)], scale, softcap)
                 for t in range(queries)] for h in range(heads)]
        for results, part in zip((output, lse, weights), range(3)):
            results.append([[row[part] for row in head] for head in rows])
    return output, lse, weights


def extra(b, h, t, j, queries, length, options):
    """What masks and rules add to a score."""
    if not seen(t, j, queries, length, options):
        return HIDDEN
    added = 0.0
    if "mask" in options:
        element = masked(options["mask"], [b, h, t, j])
        if element is False:
            return HIDDEN
        added += 0 if element is True else element
    if "alibi_slopes" in options:
        added += options["alibi_slopes"][h] * (j - t)
    return added


def attend(query, keys, values, added, scale, softcap):
    scores = [score(query, key, scale, softcap) + more for key, more in zip(keys, added)]
    top = max(scores)
    if top == HIDDEN:
        return [0.0] * len(values[0]), HIDDEN, [0.0] * len(keys)
    powers = [math.exp(s - top) for s in scores]
    total = math.fsum(powers)
    weights = [p / total for p in powers]
    return [dot(weights, column) for column in zip(*values)], top + math.log(total), weights


def linear(rows, weight, bias=None):
    """weight [out][in], as PyTorch's nn.Linear."""
    return [[dot(row, w) + (bias[o] if bias else 0) for o, w in enumerate(weight)] for row in rows]


def split(rows, heads):
    """[T][heads * D] to [heads][T][D]."""
    size = len(rows[0]) // heads
    return [[row[h * size:(h + 1) * size] for row in rows] for h in range(heads)]


def join(heads):
    return [[x for head in heads for x in head[t]] for t in range(len(heads[0]))]


def rotate(rows, theta=10000.0):
    """Rotary positions, style SA_ROPE_HALF: row t stands at t."""
    half = len(rows[0]) // 2
    out = []
    for t, row in enumerate(rows):
        angles = [t * theta ** (-i / half) for i in range(half)]
        out.append([row[i] * math.cos(a) - row[i + half] * math.sin(a) for i, a in enumerate(angles)] +
                   [row[i] * math.sin(a) + row[i + half] * math.cos(a) for i, a in enumerate(angles)])
    return out


def layer(x, context, config, weights, options):
    """x [B][T][E], context the same or None: returns y [B][T][out] and the attention weights."""
    heads = config["query_heads"]
    key_heads = config.get("kv_heads", heads)

    def project(name, rows, count, turn):
        parts = [split(linear(r, weights["weight_" + name], weights.get("bias_" + name)), count) for r in rows]
        return [[rotate(head) for head in part] for part in parts] if turn and config.get("rope") else parts

    source = context or x
    out, _, probabilities = attention(project("q", x, heads, True), project("k", source, key_heads, True),
                                      project("v", source, key_heads, False), options)
    return [linear(join(o), weights["weight_o"], weights.get("bias_o")) for o in out], probabilities
