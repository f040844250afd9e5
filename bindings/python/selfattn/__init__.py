"""Self-attention for CPUs: the Python of libselfattn.

    import numpy, selfattn
    q, k, v = (numpy.random.rand(1, 4, 5, 16).astype("float32") for _ in range(3))
    y = selfattn.scaled_dot_product_attention(q, k, v, is_causal=True)

    model = selfattn.Model("folder")
    for piece in model.generate("Once upon a time"):
        print(piece, end="", flush=True)

SPDX-License-Identifier: MIT"""
from ._arrays import Array, array
from ._cache import Cache
from ._context import Context, set_defaults
from ._errors import (ArgumentError, BusyError, CancelledError, Error, FileError, FormatError, LibraryNotFound,
                      OutOfMemoryError, ShapeError, SizeError, TextError, UnsupportedError)
from ._library import build_info, version
from ._attention import AttentionResult, attention, scaled_dot_product_attention
from ._cross_encoder import CrossEncoder
from ._generation import Generation
from ._layer import Layer, LayerResult, Rope
from ._models import Model, Session, TokenAttention
from ._multihead import MultiheadAttention
from ._sentences import SentenceTransformer
from ._tokenizer import Tokenizer

__version__ = "0.1.0"
__all__ = [
    "ArgumentError", "Array", "AttentionResult", "BusyError", "Cache", "CancelledError", "Context", "CrossEncoder",
    "Error", "FileError", "FormatError", "Generation", "Layer", "LayerResult", "LibraryNotFound", "Model",
    "MultiheadAttention", "OutOfMemoryError", "Rope", "SentenceTransformer", "Session", "ShapeError", "SizeError",
    "TextError", "TokenAttention", "Tokenizer", "UnsupportedError", "array", "attention", "build_info",
    "scaled_dot_product_attention", "set_defaults", "version",
]
