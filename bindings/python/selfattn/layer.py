"""Whole layers: projections, attention, output projection.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
from typing import Any, Dict, NamedTuple, Optional, Sequence

from ._arrays import BF16, BOOL, F16, F32, View, array, integers, is_numpy, is_torch, like, new, view
from ._cache import Cache
from ._context import Context, Handle, current, number
from ._declarations import constants, structs
from ._library import lib
from ._masking import Masking


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
        fields = {}
        if inverse_frequency is not None:
            self._frequencies = (ctypes.c_double * len(inverse_frequency))(*inverse_frequency)
            fields["inverse_frequency"] = ctypes.addressof(self._frequencies)
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
        rules = Masking(alibi_slopes=alibi_slopes, relative_bias=relative_bias, sink_logits=sink_logits).rules
        for name, norm in (("query_norm", query_norm), ("key_norm", key_norm)):
            if norm is not None:
                kept[name] = view(norm, name)
        fields = {name: seen.address for name, seen in kept.items()}
        config = structs["sa_layer_config"](
            model_width=model_width, context_width=context_width, output_width=output_width, query_heads=query_heads,
            kv_heads=kv_heads, head_size=head_size, value_head_size=value_head_size, scale=scale or 0.0,
            softcap=softcap, weight_order=constants["SA_IN_OUT" if in_out else "SA_OUT_IN"],
            weight_dtype=first.dtype if first else F32, norm_epsilon=norm_epsilon, norm_all_heads=int(norm_all_heads),
            rope=ctypes.addressof(rope.struct) if rope else None,
            rules=ctypes.addressof(rules) if rules is not None else None, **fields)
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
        for name, values in (("lengths", lengths), ("positions", positions)):
            if values is not None:
                kept.append(integers(values, ctypes.c_int64))
                setattr(args, name, ctypes.addressof(kept[-1]))
        shape = (seen.shape[0], self.query_heads, seen.shape[1])
        lse = like(x, shape, F32) if return_lse else None
        weights = like(x, shape + (keys,), F32) if return_weights else None
        if lse is not None:
            table = view(lse, "lse", True)
            args.lse = table._replace(shape=table.shape + (1,), strides=table.strides + (1,)).tensor()
        if weights is not None:
            args.weights = view(weights, "weights", True).tensor()
        rules = Masking(**masking)
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
        bias = get.get("in_proj_bias")
        if get.get("in_proj_weight") is not None:
            weights.update(weight_qkv=get["in_proj_weight"], bias_qkv=bias)
        else:
            for i, name in enumerate("qkv"):
                weights["weight_" + name] = get[f"{name}_proj_weight"]
                if bias is not None:
                    part = len(bias) // 3
                    weights["bias_" + name] = bias[i * part:(i + 1) * part]
        self._layer = Layer(num_heads, **weights)
        self._cross: Optional[Layer] = None
        if "weight_qkv" in weights:
            width = self._layer.model_width
            whole = weights.pop("weight_qkv")
            bias = weights.pop("bias_qkv")
            for i, name in enumerate("qkv"):
                weights["weight_" + name] = whole[i * width:(i + 1) * width]
                weights["bias_" + name] = None if bias is None else bias[i * width:(i + 1) * width]
            self._cross = Layer(num_heads, **weights)
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
        memory = None if own else view(key, "key")
        y = like(query, x.shape)
        out = view(y, "output", True)
        x, memory, out = (self._batched(seen) for seen in (x, memory, out))
        keys = x.shape[1] if own else memory.shape[1]
        mask = _torch_mask(attn_mask, key_padding_mask, x.shape[0], self.num_heads, x.shape[1], keys)
        weights = like(query, (x.shape[0], self.num_heads, x.shape[1], keys), F32) if need_weights else None
        layer = self._layer if own or self._cross is None else self._cross
        args = structs["sa_forward_args"](x=x.tensor("BSD"), y=out.tensor("BSD"))
        if memory is not None:
            args.context = memory.tensor("BSD")
        if weights is not None:
            args.weights = view(weights, "weights", True).tensor()
        rules = Masking(mask=mask)
        args.masking = ctypes.addressof(rules.masking)
        current(None).call(lib.sa_forward, layer.handle, ctypes.byref(args))
        if weights is not None:
            weights = _mean_of_heads(weights) if average_attn_weights else weights
            if len(view(query, "query").shape) == 2:
                weights = weights[0]
        return y, weights

    def _batched(self, seen: Optional[View]) -> Optional[View]:
        """[T,E], [B,T,E] or [T,B,E] as [B,T,E]."""
        if seen is None:
            return None
        if len(seen.shape) == 2:
            return seen._replace(shape=(1,) + seen.shape, strides=(0,) + seen.strides)
        if len(seen.shape) != 3:
            raise ValueError(f"query and key have two or three axes, not {seen.shape}")
        order = (0, 1, 2) if self.batch_first else (1, 0, 2)
        return seen._replace(shape=tuple(seen.shape[i] for i in order), strides=tuple(seen.strides[i] for i in order))


def _mean_of_heads(weights):
    if is_torch(weights):
        return weights.mean(1)
    if is_numpy(weights):
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
    try:
        import numpy
    except ImportError:
        numpy = None
    total = new(shape)
    if numpy is not None:
        total[...] = 0
        for seen in given:
            total += _as_numpy(numpy, seen)
        return view(total, "mask")
    from ._arrays import Array
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
    size = {F32: 4, F16: 2, BOOL: 1}[seen.dtype]
    span = 1 + sum((n - 1) * step for n, step in zip(seen.shape, seen.strides)) if all(seen.shape) else 0
    if any(step < 0 for step in seen.strides):
        raise ValueError("a mask beside another mask cannot run backwards")
    raw = numpy.frombuffer((ctypes.c_char * (span * size)).from_address(seen.address), kinds[seen.dtype])
    found = numpy.lib.stride_tricks.as_strided(raw, seen.shape, tuple(step * size for step in seen.strides))
    return numpy.where(found, numpy.float32(-numpy.inf), numpy.float32(0)) if seen.dtype == BOOL else found
