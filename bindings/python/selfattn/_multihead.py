"""torch.nn.MultiheadAttention, and its masks.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
from typing import Optional

from ._arrays import BOOL, F16, F32, SIZES, Array, View, array, is_numpy, is_torch, like, new, view
from ._context import current
from ._declarations import structs
from ._layer import Layer
from ._library import lib
from ._masking import Masking


class MultiheadAttention:
    """torch.nn.MultiheadAttention in evaluation, from its state_dict(): the same arguments, the same meaning.

        theirs = torch.nn.MultiheadAttention(64, 4, batch_first=True).eval()
        ours = selfattn.MultiheadAttention(theirs.state_dict(), num_heads=4, batch_first=True)
        output, weights = ours(x, x, x)

    `prefix` is put in front of names in the state_dict ("encoder.layers.0.self_attn."). Values may be tensors of
    PyTorch or arrays of NumPy. Any number of threads may share it.
    """

    def __init__(self, state_dict, num_heads: int, batch_first: bool = False, prefix: str = ""):
        get = {name[len(prefix):]: x for name, x in state_dict.items() if name.startswith(prefix)}
        for name in ("bias_k", "bias_v"):
            if get.get(name) is not None:
                raise NotImplementedError(f"{prefix}{name}: keys and values that are added to all are not supported")
        if get.get("out_proj.weight") is None:
            raise KeyError(f"the state_dict has no {prefix}out_proj.weight")
        weights = {"weight_o": get["out_proj.weight"], "bias_o": get.get("out_proj.bias")}
        for i, name in enumerate("qkv"):
            whole, bias = get.get("in_proj_weight"), get.get("in_proj_bias")
            own = get.get(f"{name}_proj_weight")
            if whole is None and own is None:
                raise KeyError(f"the state_dict has neither {prefix}in_proj_weight nor {prefix}{name}_proj_weight")
            weights["weight_" + name] = _third(view(whole, "in_proj_weight"), i) if own is None else own
            weights["bias_" + name] = None if bias is None else _third(view(bias, "in_proj_bias"), i)
        self._layer = Layer(num_heads, **weights)
        self.num_heads, self.batch_first, self.embed_dim = num_heads, batch_first, self._layer.model_width

    def __call__(self, query, key=None, value=None, key_padding_mask=None, need_weights: bool = True, attn_mask=None,
                 average_attn_weights: bool = True, is_causal: bool = False):
        """Returns the output and the weights, averaged over the heads unless average_attn_weights is False; None
        without need_weights. As in PyTorch, True in a boolean mask hides a key, and is_causal is a hint about
        attn_mask that needs one; key and value have to be the same array."""
        key = query if key is None else key
        if value is not None and value is not key:
            raise NotImplementedError("key and value have to be the same array")
        if is_causal and attn_mask is None:
            raise ValueError("is_causal needs attn_mask, as in PyTorch")
        x, own = view(query, "query"), key is query
        y = like(query, x.shape)
        out = self._batched(view(y, "output", True))
        x = self._batched(x)
        memory = x if own else self._batched(view(key, "key"))
        keys = memory.shape[1]
        mask = _torch_mask(attn_mask, key_padding_mask, x.shape[0], self.num_heads, x.shape[1], keys)
        weights = like(query, (x.shape[0], self.num_heads, x.shape[1], keys), F32) if need_weights else None
        args = structs["sa_forward_args"](x=x.tensor("BSD"), y=out.tensor("BSD"))
        if not own:
            args.context = memory.tensor("BSD")
        if weights is not None:
            args.weights = view(weights, "weights", True).tensor()
        rules = Masking(x.shape[0], self.num_heads, mask=mask)
        args.masking = ctypes.addressof(rules.masking)
        current().call(lib.sa_forward, self._layer.handle, ctypes.byref(args))
        if weights is not None:
            weights = _mean_of_heads(weights) if average_attn_weights else weights
            if len(view(query, "query").shape) == 2:
                weights = weights[0]
        return y, weights

    def _batched(self, seen: View) -> View:
        """[T,E], [B,T,E] or [T,B,E] as [B,T,E]."""
        if len(seen.shape) == 2:
            return seen._replace(shape=(1,) + seen.shape, strides=(0,) + seen.strides)
        if len(seen.shape) != 3:
            raise ValueError(f"query and key have two or three axes, not {seen.shape}")
        order = (0, 1, 2) if self.batch_first else (1, 0, 2)
        return seen._replace(shape=tuple(seen.shape[i] for i in order), strides=tuple(seen.strides[i] for i in order))


def _third(whole: View, i: int) -> View:
    """The queries', keys' or values' part of a matrix or a bias for all three."""
    rows = whole.shape[0] // 3
    return whole._replace(address=whole.address + i * rows * whole.strides[0] * SIZES[whole.dtype],
                          shape=(rows,) + whole.shape[1:])


def _mean_of_heads(weights):
    if is_torch(weights) or is_numpy(weights):
        return weights.mean(1)
    heads = weights.shape[1]
    return array([[[sum(head[t][j] for head in sequence) / heads for j in range(weights.shape[3])]
                   for t in range(weights.shape[2])] for sequence in weights.tolist()])


def _torch_mask(attn_mask, padding, batch: int, heads: int, queries: int, keys: int) -> Optional[View]:
    """Both masks of PyTorch as one that is added: float [B or 1, H or 1, T or 1, S]; True hides."""
    if attn_mask is None and padding is None:
        return None
    first = None if attn_mask is None else view(attn_mask, "attn_mask")
    second = None if padding is None else view(padding, "key_padding_mask")
    if first is not None:
        shapes = {2: (queries, keys), 3: (batch * heads, queries, keys)}
        if first.shape != shapes.get(len(first.shape)):
            raise ValueError(f"attn_mask has the shape {first.shape}: {shapes[2]} or {shapes[3]} is needed")
        if len(first.shape) == 3:
            step = first.strides[0]
            first = first._replace(shape=(batch, heads, queries, keys),
                                   strides=(heads * step, step) + first.strides[1:])
        else:
            first = first._replace(shape=(1, 1) + first.shape, strides=(0, 0) + first.strides)
        if second is None and first.dtype != BOOL:
            return first
    if second is not None:
        if second.shape not in ((batch, keys), (keys,) if batch == 1 else ()):
            raise ValueError(f"key_padding_mask has the shape {second.shape}: {(batch, keys)} is needed")
        step = second.strides[0] if len(second.shape) == 2 else 0
        second = second._replace(shape=(batch, 1, 1, keys), strides=(step, 0, 0, second.strides[-1]))
    return _added(first, second)


def _added(first: Optional[View], second: Optional[View]) -> View:
    """The sum of masks that broadcast, with -infinity where True hides."""
    given = [seen for seen in (first, second) if seen is not None]
    shape = tuple(max(sizes) for sizes in zip(*(seen.shape for seen in given)))
    total = new(shape)
    if is_numpy(total):
        import numpy
        total[...] = 0
        for seen in given:
            total += _as_numpy(numpy, seen)
        return view(total, "mask")
    cells = (ctypes.c_float * max(len(total.memory.tobytes()) // 4, 1)).from_address(view(total, "mask").address)
    parts = [(Array((), _view=seen), seen) for seen in given]
    place = 0
    for b in range(shape[0]):
        for h in range(shape[1]):
            for t in range(shape[2]):
                for j in range(shape[3]):
                    cells[place] = sum(_term(part, seen, (b, h, t, j)) for part, seen in parts)
                    place += 1
    return view(total, "mask")


def _term(part, seen: View, index) -> float:
    value = part[tuple(i if size > 1 else 0 for i, size in zip(index, seen.shape))]
    return (-float("inf") if value else 0.0) if seen.dtype == BOOL else value


def _as_numpy(numpy, seen: View):
    """A view for NumPy; True becomes -infinity."""
    kinds = {F32: "f4", F16: "f2", BOOL: "?"}
    if seen.dtype not in kinds:
        raise TypeError("a mask beside another mask is bool, float32 or float16")
    size = SIZES[seen.dtype]
    span = 1 + sum((n - 1) * step for n, step in zip(seen.shape, seen.strides)) if all(seen.shape) else 0
    if any(step < 0 for step in seen.strides):
        raise ValueError("a mask beside another mask cannot run backwards")
    raw = numpy.frombuffer((ctypes.c_char * (span * size)).from_address(seen.address), kinds[seen.dtype])
    found = numpy.lib.stride_tricks.as_strided(raw, seen.shape, tuple(step * size for step in seen.strides))
    return numpy.where(found, numpy.float32(-numpy.inf), numpy.float32(0)) if seen.dtype == BOOL else found
