"""The 3,000 texts, and lists of numbers, that small tokenizers are compared on, drawn as tests/text/kinds.c draws them;
and digests of what becomes of them. SPDX-License-Identifier: MIT"""
import json
import pathlib

HERE = pathlib.Path(__file__).parent
FRAGMENTS = json.loads((HERE / "fragments.json").read_text(encoding="utf-8"))
COUNT, GROUP, MASK = 3000, 50, 2**64 - 1


def drawn(state, below):
    """Lists of up to twelve numbers, by a linear congruential generator."""
    def number(most):
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) & MASK
        return (state >> 33) % most

    for _ in range(COUNT):
        yield [number(below) for _ in range(number(13))]


def texts():
    for numbers in drawn(1, len(FRAGMENTS)):
        yield "".join(FRAGMENTS[n] for n in numbers)


def digest(hash_, data):
    for byte in data:
        hash_ = ((hash_ ^ byte) * 0x100000001B3) & MASK
    return hash_
