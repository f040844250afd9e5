"""Scaled dot-product attention of arrays.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import itertools
from typing import Any, NamedTuple, Optional

from ._arrays import F32, View, like, view
from ._cache import Cache, locked
from ._context import Context, current
from ._declarations import constants, structs
from ._library import lib
from ._masking import Masking, mask_view, scale_of


class AttentionResult(NamedTuple):
    """output [B,H,T,Dv]; lse [B,H,T] and weights [B,H,T,S] if they were asked for."""

    output: Any
    lse: Any
    weights: Any


def attention(query, key=None, value=None, *, scale: Optional[float] = None, softcap: float = 0.0, out=None,
              return_lse: bool = False, return_weights: bool = False, cache: Optional[Cache] = None,
              cache_layer: int = 0, context: Optional[Context] = None, **masking):
    """softmax(query key^T * scale) value, by head.

    query [B,H,T,D], key [B,K,S,D], value [B,K,S,Dv]: float32, float16 or bfloat16 with any strides, of NumPy, PyTorch
    or anything with DLPack or the buffer protocol; nothing is copied. K divides H: grouped heads. With a cache, keys
    and values come from it. The result [B,H,T,Dv] is of the same kind and type as query, or is written to `out`.

    Which keys a query sees (all rules hold together):
      causal, align     keys up to the query's own place; align is "top_left", "bottom_right" or "default"
      offset            query t stands at key t + offset; one number, or one per sequence
      window            (left, right): so many keys before and after the query's own place; -1: all
      keep_first        so many first keys that a window never hides
      key_lengths       [B]: the other keys are padding
      mask              broadcasts to [B,H,T,S]; bool (True: may be seen) or float (added to the score)
    What is added to scores by distance:
      alibi_slopes [H], relative_bias [H, 2 reach + 1], sink_logits [H]

    Returns the output alone, or an AttentionResult with return_lse or return_weights (which takes T x S memory).
    """
    with locked(cache):
        return _attention(query, key, value, scale, softcap, out, return_lse, return_weights, cache, cache_layer,
                          context, masking)


def _attention(query, key, value, scale, softcap, out, return_lse, return_weights, cache, cache_layer, context,
               masking):
    q = view(query, "query")
    _want_axes(q, "query", 4)
    args = structs["sa_attention_args"](query=q.tensor(), scale=scale_of(scale), softcap=softcap)
    if cache is None:
        if key is None or value is None:
            raise ValueError("key and value are needed where there is no cache")
        k, v = view(key, "key"), view(value, "value")
        _want_axes(k, "key", 4)
        _want_axes(v, "value", 4)
        args.key, args.value = k.tensor(), v.tensor()
        keys, width = k.shape[2], v.shape[3]
    else:
        if key is not None or value is not None:
            raise ValueError("keys and values come from the cache: append them to it")
        args.cache, args.cache_layer = cache.handle, cache_layer
        keys = max((cache.length(b, cache_layer) for b in range(cache.batch)), default=0)
        width = cache.value_size
    rows = q.shape[:3]
    output = like(query, rows + (width,)) if out is None else out
    args.output = view(output, "out", True).tensor()
    lse = like(query, rows, F32) if return_lse else None
    weights = like(query, rows + (keys,), F32) if return_weights else None
    if lse is not None:
        seen = view(lse, "lse", True)
        args.lse = seen._replace(shape=seen.shape + (1,), strides=seen.strides + (1,)).tensor()
    if weights is not None:
        args.weights = view(weights, "weights", True).tensor()
    rules = Masking(q.shape[0], q.shape[1], **masking)
    rules.put_in(args)
    current(context).call(lib.sa_attention, ctypes.byref(args))
    return AttentionResult(output, lse, weights) if return_lse or return_weights else output


def _want_axes(seen: View, what: str, axes: int) -> None:
    if len(seen.shape) != axes:
        raise ValueError(f"{what} has the shape {seen.shape}: {axes} axes are needed")


def scaled_dot_product_attention(query, key, value, attn_mask=None, dropout_p: float = 0.0, is_causal: bool = False,
                                 scale: Optional[float] = None, enable_gqa: bool = False):
    """torch.nn.functional.scaled_dot_product_attention: the same names, the same meaning.

    query (..., L, E), key (..., S, E), value (..., S, Ev): any number of axes before the last two, which broadcast.
    attn_mask broadcasts to (..., L, S): bool (True: takes part) or float (added). is_causal hides keys behind the
    query's own number. enable_gqa allows fewer heads (axis -3) in key and value. Dropout is refused.
    """
    if dropout_p:
        raise ValueError(f"dropout_p is {dropout_p}: there is no dropout here")
    if attn_mask is not None and is_causal:
        raise ValueError("attn_mask and is_causal cannot both be given")
    views = [view(x, name) for x, name in ((query, "query"), (key, "key"), (value, "value"))]
    for seen, name in zip(views, ("query", "key", "value")):
        if len(seen.shape) < 2:
            raise ValueError(f"{name} has the shape {seen.shape}: at least two axes are needed")
    if attn_mask is None and _is_plain(views, enable_gqa):
        return _plain(query, views, is_causal, scale)
    axes = max(max(len(seen.shape) for seen in views), 4)
    q, k, v = (_widened(seen, axes) for seen in views)
    lead = _broadcast([q.shape[:-3], k.shape[:-3], v.shape[:-3]])
    if enable_gqa:
        heads = q.shape[-3]
    else:
        (heads,) = _broadcast([q.shape[-3:-2], k.shape[-3:-2], v.shape[-3:-2]])
        q, k, v = (_repeated(seen, axes - 3, heads) for seen in (q, k, v))
    shape = lead + (heads, q.shape[-2], v.shape[-1])
    output = like(query, shape[axes - max(len(seen.shape) for seen in views):])
    target = _widened(view(output, "output", True), axes)
    mask = None
    if attn_mask is not None:
        mask = mask_view(attn_mask, axes)
        _check_mask(mask, lead + (heads, q.shape[-2], k.shape[-2]))
    context = current()
    for index in itertools.product(*(range(size) for size in lead[:-1])):
        q4, k4, v4 = (_repeated(seen.at(index), 0, lead[-1]) for seen in (q, k, v))
        args = structs["sa_attention_args"](query=q4.tensor(), key=k4.tensor(), value=v4.tensor(),
                                            output=target.at(index).tensor(), scale=scale_of(scale))
        if is_causal or mask is not None:
            rules = Masking(q4.shape[0], q4.shape[1], causal=is_causal, align="top_left",
                            mask=None if mask is None else mask.at(index))
            rules.put_in(args)
        context.call(lib.sa_attention, ctypes.byref(args))
    return output


def _is_plain(views, grouped: bool) -> bool:
    """Four axes, of which none has to be repeated."""
    q, k, v = views
    return (len(q.shape) == len(k.shape) == len(v.shape) == 4 and q.shape[0] == k.shape[0] == v.shape[0]
            and (grouped or q.shape[1] == k.shape[1] == v.shape[1]))


def _plain(query, views, is_causal: bool, scale: Optional[float]):
    """What most calls are, in few steps: a small call takes longer in Python than in the library."""
    q, k, v = views
    output = like(query, q.shape[:3] + v.shape[3:])
    args = structs["sa_attention_args"](query=q.tensor(), key=k.tensor(), value=v.tensor(), scale=scale_of(scale),
                                        output=view(output, "output", True).tensor())
    if is_causal:
        args.masking = ctypes.addressof(_CAUSAL)
    current().call(lib.sa_attention, ctypes.byref(args))
    return output


_CAUSAL = structs["sa_masking"](causal=1, align=constants["SA_ALIGN_TOP_LEFT"])


def _widened(seen: View, axes: int) -> View:
    missing = axes - len(seen.shape)
    return seen._replace(shape=(1,) * missing + seen.shape, strides=(0,) * missing + seen.strides)


def _repeated(seen: View, axis: int, size: int) -> View:
    """An axis of size 1 becomes one of any size that repeats it."""
    if seen.shape[axis] == size or seen.shape[axis] != 1:
        return seen
    return seen._replace(shape=seen.shape[:axis] + (size,) + seen.shape[axis + 1:],
                         strides=seen.strides[:axis] + (0,) + seen.strides[axis + 1:])


def _broadcast(shapes) -> tuple:
    sizes = []
    for axis in zip(*shapes):
        wide = {size for size in axis if size != 1} or {1}
        if len(wide) > 1:
            names = ", ".join(str(shape) for shape in shapes)
            raise ValueError(f"the leading axes of query, key and value do not broadcast: {names}. With fewer heads in "
                             "key and value pass enable_gqa=True")
        sizes.append(wide.pop())
    return tuple(sizes)


def _check_mask(mask: View, shape: tuple) -> None:
    if any(size not in (1, want) for size, want in zip(mask.shape, shape)):
        raise ValueError(f"attn_mask with the shape {mask.shape} does not broadcast to {shape}")
