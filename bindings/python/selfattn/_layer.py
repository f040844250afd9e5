"""Whole layers: projections, attention, output projection.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
from typing import Any, Dict, NamedTuple, Optional, Sequence

from ._arrays import BF16, F16, F32, View, integers, like, view
from ._cache import Cache, locked
from ._context import Context, Handle, current, number
from ._declarations import constants, structs
from ._library import lib
from ._masking import Masking, scale_of


class LayerResult(NamedTuple):
    """y [B,T,output_width]; lse [B,H,T] and weights [B,H,T,S] if they were asked for."""

    y: Any
    lse: Any
    weights: Any


class Rope:
    """Rotary positions: style "half" or "interleaved", `rotary` elements of a head (0: all), base theta (0: 10000)."""

    def __init__(self, style: str = "half", rotary: int = 0, theta: float = 0.0, attention_factor: float = 0.0,
                 inverse_frequency: Optional[Sequence[float]] = None):
        if style not in ("half", "interleaved"):
            raise ValueError(f"style {style!r} is neither half nor interleaved")
        fields, self.frequencies = {}, None
        if inverse_frequency is not None:
            self.frequencies = (ctypes.c_double * len(inverse_frequency))(*inverse_frequency)
            fields["inverse_frequency"] = ctypes.addressof(self.frequencies)
        self.struct = structs["sa_rope"](style=number("style", style), rotary=rotary, theta=theta,
                                         attention_factor=attention_factor, **fields)


class Layer(Handle):
    """One multi-head attention layer. Immutable: any number of threads may share it.

    Matrices are contiguous and [out, in] as PyTorch's nn.Linear, or [in, out] with in_out=True; all of one type. Give
    weight_q, weight_k and weight_v, or weight_qkv. They are copied.
    """

    _destroy = "sa_layer_destroy"

    def __init__(self, query_heads: int, *, model_width: int = 0, weight_q=None, weight_k=None, weight_v=None,
                 weight_qkv=None, weight_o=None, bias_q=None, bias_k=None, bias_v=None, bias_qkv=None, bias_o=None,
                 kv_heads: int = 0, head_size: int = 0, value_head_size: int = 0, context_width: int = 0,
                 output_width: int = 0, in_out: bool = False, scale: Optional[float] = None, softcap: float = 0.0,
                 rope: Optional[Rope] = None, alibi_slopes=None, relative_bias=None, sink_logits=None,
                 query_norm=None, key_norm=None, norm_epsilon: float = 0.0, norm_all_heads: bool = False,
                 context: Optional[Context] = None):
        arrays = {"weight_q": weight_q, "weight_k": weight_k, "weight_v": weight_v, "weight_qkv": weight_qkv,
                  "weight_o": weight_o, "bias_q": bias_q, "bias_k": bias_k, "bias_v": bias_v, "bias_qkv": bias_qkv,
                  "bias_o": bias_o}
        kept = {name: view(x, name) for name, x in arrays.items() if x is not None}
        axis = 0 if in_out else 1
        first = kept.get("weight_q", kept.get("weight_qkv"))
        if first is not None and len(first.shape) == 2:
            model_width = model_width or first.shape[axis]
        if "weight_k" in kept and len(kept["weight_k"].shape) == 2:
            context_width = context_width or kept["weight_k"].shape[axis]
        if "weight_o" in kept and len(kept["weight_o"].shape) == 2:
            output_width = output_width or kept["weight_o"].shape[1 - axis]
        sizes = _Sizes(query_heads, kv_heads, model_width, context_width, output_width, head_size, value_head_size)
        sizes.check(kept, in_out)
        masking = Masking(0, query_heads, alibi_slopes=alibi_slopes, relative_bias=relative_bias,
                          sink_logits=sink_logits)
        norms = {name: view(x, name) for name, x in (("query_norm", query_norm), ("key_norm", key_norm))
                 if x is not None}
        sizes.check_norms(norms, norm_all_heads)
        sizes.check_rope(rope)
        kept.update(norms)
        fields = {name: seen.address for name, seen in kept.items()}
        config = structs["sa_layer_config"](
            model_width=model_width, context_width=context_width, output_width=output_width, query_heads=query_heads,
            kv_heads=kv_heads, head_size=head_size, value_head_size=value_head_size, scale=scale_of(scale),
            softcap=softcap, weight_order=constants["SA_IN_OUT" if in_out else "SA_OUT_IN"],
            weight_dtype=first.dtype if first else F32, norm_epsilon=norm_epsilon, norm_all_heads=int(norm_all_heads),
            rope=ctypes.addressof(rope.struct) if rope else None,
            rules=ctypes.addressof(masking.rules) if masking.rules is not None else None, **fields)
        value = ctypes.c_void_p()
        current(context).call(lib.sa_layer_create, ctypes.byref(config), ctypes.byref(value))
        super().__init__(value)
        self.model_width, self.context_width, self.output_width, self.query_heads, self.kv_heads, self.head_size = (
            getattr(lib, "sa_layer_" + name)(self.handle) for name in
            ("model_width", "context_width", "output_width", "query_heads", "kv_heads", "head_size"))

    def __call__(self, x, context=None, *, out=None, cache: Optional[Cache] = None, cache_layer: int = 0,
                 cache_read: bool = False, lengths: Optional[Sequence[int]] = None, positions=None,
                 return_lse: bool = False, return_weights: bool = False, run: Optional[Context] = None, **masking):
        """y [B,T,output_width] of x [B,T,model_width], and of a context [B,S,context_width] in cross-attention. With a
        cache, the new keys and values are added to it (cache_read: none are), and x sees all that it holds. `masking`
        are those of attention(). `run` is the Context that computes. Returns y alone, or a LayerResult with return_lse
        or return_weights.
        """
        with locked(cache):
            return self._run(x, context, out, cache, cache_layer, cache_read, lengths, positions, return_lse,
                             return_weights, run, masking)

    def _run(self, x, context, out, cache, cache_layer, cache_read, lengths, positions, return_lse, return_weights, run,
             masking):
        seen = view(x, "x")
        if len(seen.shape) != 3:
            raise ValueError(f"x has the shape {seen.shape}: [B,T,{self.model_width}] is needed")
        y = like(x, seen.shape[:2] + (self.output_width,)) if out is None else out
        args = structs["sa_forward_args"](x=seen.tensor("BSD"), y=view(y, "out", True).tensor("BSD"))
        keys = seen.shape[1]
        if context is not None:
            other = view(context, "context")
            if len(other.shape) != 3:
                raise ValueError(f"context has the shape {other.shape}: [B,S,{self.context_width}] is needed")
            args.context, keys = other.tensor("BSD"), other.shape[1]
        kept = []
        if cache is not None:
            args.cache, args.cache_layer, args.cache_use = cache.handle, cache_layer, int(cache_read)
            held = [cache.length(b, cache_layer) for b in range(cache.batch)]
            added = [0] * cache.batch if cache_read else list(lengths) if lengths is not None else [keys] * cache.batch
            keys = max((a + b for a, b in zip(held, added)), default=0)
        for name, values, count in (("lengths", lengths, seen.shape[0]),
                                    ("positions", positions, seen.shape[0] * seen.shape[1])):
            if values is not None:
                kept.append(integers(values, ctypes.c_int64))
                if len(kept[-1]) != count:
                    raise ValueError(f"{name} has {len(kept[-1])} numbers: {count} are needed")
                setattr(args, name, ctypes.addressof(kept[-1]))
        shape = (seen.shape[0], self.query_heads, seen.shape[1])
        lse = like(x, shape, F32) if return_lse else None
        weights = like(x, shape + (keys,), F32) if return_weights else None
        if lse is not None:
            table = view(lse, "lse", True)
            args.lse = table._replace(shape=table.shape + (1,), strides=table.strides + (1,)).tensor()
        if weights is not None:
            args.weights = view(weights, "weights", True).tensor()
        rules = Masking(seen.shape[0], self.query_heads, **masking)
        if rules.rules is not None:
            raise ValueError("rules of distance belong to the layer: give them when it is made")
        args.masking = ctypes.addressof(rules.masking)
        current(run).call(lib.sa_forward, self.handle, ctypes.byref(args))
        return LayerResult(y, lse, weights) if return_lse or return_weights else y


class _Sizes:
    """What the library cannot see of a bare pointer: that arrays have as many numbers as it will read."""

    def __init__(self, heads, kv_heads, width, context, output, size, value_size):
        size = size or (width // heads if heads > 0 else 0)
        value_size, kv_heads = value_size or size, kv_heads or heads
        q, k, v = heads * size, kv_heads * size, kv_heads * value_size
        context = context or width
        output = output or width
        self.matrices = {"weight_q": (q, width), "weight_k": (k, context), "weight_v": (v, context),
                         "weight_qkv": (q + k + v, width), "weight_o": (output, heads * value_size)}
        self.size, self.q, self.k = size, q, k
        self.vectors = {"bias_q": q, "bias_k": k, "bias_v": v, "bias_qkv": q + k + v, "bias_o": output}

    def check(self, kept: Dict[str, View], in_out: bool) -> None:
        dtypes = {seen.dtype for seen in kept.values()}
        if len(dtypes) > 1 or not dtypes <= {F32, BF16, F16}:
            raise TypeError("the matrices and biases of a layer are all float32, all bfloat16 or all float16")
        for name, seen in kept.items():
            want = self.matrices[name] if name in self.matrices else (self.vectors[name],)
            want = want[::-1] if in_out else want
            if seen.shape != want:
                raise ValueError(f"{name} has the shape {seen.shape}: {want} is needed")
            if not seen.is_contiguous:
                raise ValueError(f"{name} is not contiguous")

    def check_norms(self, norms: Dict[str, View], all_heads: bool) -> None:
        wanted = {"query_norm": self.q if all_heads else self.size, "key_norm": self.k if all_heads else self.size}
        for name, seen in norms.items():
            if seen.shape != (wanted[name],) or seen.dtype != F32 or not seen.is_contiguous:
                raise ValueError(f"{name} is a contiguous float32 array of {wanted[name]} numbers, not {seen.shape}")

    def check_rope(self, rope: Optional[Rope]) -> None:
        if rope is None or rope.frequencies is None:
            return
        wanted = (rope.struct.rotary or self.size) // 2
        if len(rope.frequencies) != wanted:
            raise ValueError(f"inverse_frequency has {len(rope.frequencies)} numbers: {wanted} are needed")
