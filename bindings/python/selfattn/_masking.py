"""Options of attention that several calls share: masks, windows, lengths, rules of position.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
from typing import Any, Optional, Sequence, Tuple

from ._arrays import BF16, BOOL, F16, F32, View, integers, view
from ._context import number
from ._declarations import constants, structs


def floats(values) -> Optional[ctypes.Array]:
    return None if values is None else (ctypes.c_float * len(values))(*values)


def address(memory) -> Optional[int]:
    return None if memory is None else ctypes.addressof(memory)


def scale_of(scale: Optional[float]) -> float:
    """The library takes 0 for the default. So small a number gives the weights of 0: all exponentials are 1."""
    return 0.0 if scale is None else scale or 1e-38


def mask_view(mask, axes: int = 4) -> View:
    """A mask that broadcasts, with axes of size 1 before its own."""
    seen = view(mask, "the mask")
    missing = axes - len(seen.shape)
    return seen._replace(shape=(1,) * missing + seen.shape, strides=(0,) * missing + seen.strides)


class Masking:
    """sa_masking and sa_score_rules of keyword arguments, with the memory that they point to. What the library would
    read of a bare pointer is as long as the number of sequences or heads says."""

    def __init__(self, batch: int, heads: int, causal: bool = False, align: str = "default", offset: Any = None,
                 window: Optional[Tuple[int, int]] = None, keep_first: int = 0,
                 key_lengths: Optional[Sequence[int]] = None, mask=None, alibi_slopes=None, relative_bias=None,
                 sink_logits=None):
        fields = {"causal": int(causal), "align": number("align", align), "keep_first": keep_first}
        self._kept = []
        if key_lengths is not None:
            fields["key_lengths"] = self._numbers(key_lengths, batch, "key_lengths")
        if offset is not None:
            fields["align"] = constants["SA_ALIGN_OFFSET"]
            if isinstance(offset, int):
                fields["offset"] = offset
            else:
                fields["offsets"] = self._numbers(offset, batch, "offset")
        if window is not None:
            fields["window"], (fields["window_left"], fields["window_right"]) = 1, window
        if mask is not None:
            seen = mask if isinstance(mask, View) else mask_view(mask)
            self._kept.append(seen)
            fields["mask"], fields["mask_keys"] = seen.tensor(), constants["SA_MASK_KEYS_REPEATED"]
            if seen.dtype not in (BOOL, F32, BF16, F16):
                raise TypeError("a mask has elements of bool or of a float type")
        self.masking = structs["sa_masking"](**fields)
        self.rules = None
        if any(rule is not None for rule in (alibi_slopes, relative_bias, sink_logits)):
            self.rules = self._rules(heads, alibi_slopes, relative_bias, sink_logits)

    def _numbers(self, values, batch, what):
        made = integers(values, ctypes.c_int64)
        if len(values) != batch:
            raise ValueError(f"{what} has {len(values)} numbers for {batch} sequences")
        return self._keep(made)

    def _keep(self, memory):
        self._kept.append(memory)
        return ctypes.addressof(memory)

    def _rules(self, heads, slopes, bias, sinks):
        fields = {}
        if bias is not None:
            table = view(bias, "relative_bias")
            right = len(table.shape) == 2 and table.shape[0] == heads and table.shape[1] % 2
            if table.dtype != F32 or not right or not table.is_contiguous:
                raise ValueError(f"relative_bias is a contiguous float32 array [{heads}, 2 reach + 1], not "
                                 f"{table.shape}")
            self._kept.append(table)
            fields.update(relative_bias=table.address, relative_reach=table.shape[1] // 2)
        for name, values in (("alibi_slopes", slopes), ("sink_logits", sinks)):
            if values is not None and len(values) != heads:
                raise ValueError(f"{name} has {len(values)} numbers for {heads} heads")
            if values is not None:
                fields[name] = self._keep(floats(values))
        return structs["sa_score_rules"](**fields)

    def put_in(self, arguments) -> None:
        arguments.masking = ctypes.addressof(self.masking)
        if self.rules is not None:
            arguments.rules = ctypes.addressof(self.rules)
