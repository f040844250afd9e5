#!/usr/bin/env python3
"""A model of context parallelism: what a sequence over N machines costs, and from how many tokens on that pays. The
formulas are those of docs/context-parallelism.md, whose tables this prints. Times are for one layer.

SPDX-License-Identifier: MIT"""
import argparse
import math

# name, bytes per second, seconds from one process to another
NETWORKS = [("1 Gbit/s Ethernet", 0.118e9, 50e-6), ("10 Gbit/s Ethernet", 1.18e9, 25e-6),
            ("100 Gbit/s InfiniBand", 12e9, 2e-6)]
RANKS = [2, 8, 64, 1000]


def ring_message(a, tokens, ranks):
    """Bytes of a message: keys and values of a shard."""
    return a.key_heads * tokens / ranks * 2 * a.head_size * a.bytes


def ring_seconds(a, tokens, ranks, bandwidth, latency):
    """Causal attention by zigzag shards: in each of N steps the slower of computing and sending counts."""
    step = a.heads * (tokens / ranks) ** 2 * 2 * a.head_size / a.flops
    if ranks == 1:
        return step
    sending = latency + ring_message(a, tokens, ranks) / bandwidth
    agreeing = math.ceil(math.log2(ranks)) * latency
    return agreeing + (ranks - 1) * max(step, sending) + step


def state_bytes(a):
    """Bytes of a message of sharded attention: sums of one query."""
    return a.heads * (2 * a.head_size + 5) * 8


def joins(ranks):
    """How many messages follow one another: recursive doubling, and one more before and behind for other numbers."""
    power = ranks.bit_length() - 1
    return power + (2 if ranks != 1 << power else 0)


def decoding_seconds(a, tokens, ranks, bandwidth, latency):
    """A step of one sequence reads all keys and values of its shard once."""
    reading = ring_message(a, tokens, ranks) / a.memory
    if ranks == 1:
        return reading
    return reading + math.ceil(math.log2(ranks)) * latency + joins(ranks) * (latency + state_bytes(a) / bandwidth)


def least_tokens(seconds, a, ranks, bandwidth, latency, efficiency):
    """The smallest power of two from which N machines are efficiency * N times as fast as one."""
    for power in range(0, 41):
        tokens = 2 ** power
        if tokens < ranks:
            continue
        alone = seconds(a, tokens, 1, bandwidth, latency)
        if alone >= efficiency * ranks * seconds(a, tokens, ranks, bandwidth, latency):
            return tokens
    return None


def table(title, seconds, a):
    print(f"\n{title}\n")
    print("| network | " + " | ".join(f"N = {n}" for n in RANKS) + " |")
    print("|---|" + "---|" * len(RANKS))
    for name, bandwidth, latency in NETWORKS:
        cells = []
        for ranks in RANKS:
            once = least_tokens(seconds, a, ranks, bandwidth, latency, 1 / ranks)
            most = least_tokens(seconds, a, ranks, bandwidth, latency, 0.9)
            cells.append(f"{once:,} / {most:,}")
        print(f"| {name} | " + " | ".join(cells) + " |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n", maxsplit=1)[0])
    parser.add_argument("--heads", type=int, default=32, help="H, query heads (%(default)s)")
    parser.add_argument("--key-heads", type=int, default=8, help="K (%(default)s)")
    parser.add_argument("--head-size", type=int, default=128, help="D, and Dv (%(default)s)")
    parser.add_argument("--bytes", type=int, default=2, help="of an element of keys and values (%(default)s)")
    parser.add_argument("--flops", type=float, default=1e12, help="of attention on one machine (%(default)g)")
    parser.add_argument("--memory", type=float, default=100e9, help="bytes per second of its memory (%(default)g)")
    a = parser.parse_args()
    table("Prompts (sa_ring_attention, causal, zigzag): tokens from which N machines are faster than one / 0.9 N times "
          "as fast", ring_seconds, a)
    table("Decoding (sa_sharded_attention, one query): the same", decoding_seconds, a)


if __name__ == "__main__":
    main()
