"""Keys and values of earlier tokens.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import threading
from contextlib import nullcontext
from typing import ContextManager, Optional, Sequence

from ._arrays import integers, view
from ._context import Context, Handle, current, number
from ._declarations import structs
from ._library import check, lib


def locked(cache: Optional["Cache"]) -> ContextManager:
    """A cache has one caller at a time."""
    if cache is None:
        return nullcontext()
    return cache.lock


class Cache(Handle):
    """Keys and values for decoding: a number of layers and sequences, in pages that sequences can share. Calls
    from several Python threads wait for each other.

    dtype        how they are stored: "f32", "bf16", "f16" or "i8"
    capacity     most tokens per sequence, allocated at once; 0: it grows
    window       only so many last tokens, and the first keep_first, are surely held; 0: all
    """

    _destroy = "sa_cache_destroy"

    def __init__(self, batch: int, kv_heads: int, head_size: int, *, layers: int = 1, value_head_size: int = 0,
                 dtype: str = "f32", capacity: int = 0, window: int = 0, keep_first: int = 0,
                 context: Optional[Context] = None):
        config = structs["sa_cache_config"](layers=layers, batch=batch, kv_heads=kv_heads, head_size=head_size,
                                            value_head_size=value_head_size, dtype=number("dtype", dtype),
                                            capacity=capacity, window=window, keep_first=keep_first)
        value = ctypes.c_void_p()
        current(context).call(lib.sa_cache_create, ctypes.byref(config), ctypes.byref(value))
        super().__init__(value)
        self.batch, self.layers, self.value_size = batch, layers, value_head_size or head_size
        self.lock = threading.RLock()

    def append(self, key, value, *, layer: int = 0, lengths: Optional[Sequence[int]] = None,
               context: Optional[Context] = None) -> None:
        """Adds key [B,K,T,D] and value [B,K,T,Dv]; of sequence b only the first lengths[b] tokens."""
        tensors = [view(x, name).tensor() for x, name in ((key, "key"), (value, "value"))]
        counts = None
        if lengths is not None:
            counts = integers(lengths, ctypes.c_int64)
            if len(lengths) != self.batch:
                raise ValueError(f"{len(lengths)} lengths for {self.batch} sequences")
        with self.lock:
            current(context).call(lib.sa_cache_append, self.handle, layer, *(ctypes.byref(t) for t in tensors), counts)

    def length(self, sequence: int = 0, layer: int = 0) -> int:
        """Tokens that a sequence has seen."""
        with self.lock:
            found = lib.sa_cache_length(self.handle, layer, sequence)
        if found < 0:
            raise IndexError(f"there is no sequence {sequence} of layer {layer}")
        return found

    @property
    def bytes(self) -> int:
        return lib.sa_cache_bytes(self.handle)

    def truncate(self, length: int, sequence: int = -1) -> None:
        """Removes the tokens from number `length` on; sequence -1: of all."""
        with self.lock:
            check(lib.sa_cache_truncate(self.handle, sequence, length))

    def fork(self, source: int, target: int) -> None:
        """Makes sequence `target` equal to `source` without copying."""
        with self.lock:
            check(lib.sa_cache_fork(self.handle, source, target))

    def reorder(self, sources: Sequence[int]) -> None:
        """Makes each sequence b what sequence sources[b] was."""
        if len(sources) != self.batch:
            raise ValueError(f"{len(sources)} numbers for {self.batch} sequences")
        with self.lock:
            check(lib.sa_cache_reorder(self.handle, integers(sources, ctypes.c_int64)))
