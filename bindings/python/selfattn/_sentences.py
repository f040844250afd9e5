"""A replacement for sentence_transformers.SentenceTransformer, for embeddings.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import os
import sys
import warnings
from typing import Any, Dict, List, Optional, Sequence, Union

from . import _hub
from ._arrays import array, is_numpy
from ._models import Model

# Arguments of sentence_transformers that change nothing here: nothing is downloaded, and no code of others runs.
NO_EFFECT = {"SentenceTransformer": ("trust_remote_code", "local_files_only", "token", "use_auth_token", "model_kwargs",
                                     "tokenizer_kwargs", "processor_kwargs", "config_kwargs", "model_card_data",
                                     "backend"),
             "encode": ("pool", "chunk_size"),
             "CrossEncoder": ("trust_remote_code", "local_files_only", "token", "model_kwargs", "tokenizer_kwargs",
                              "config_kwargs", "model_card_data", "backend", "automodel_args", "tokenizer_args"),
             "predict": ("num_workers",), "rank": ("num_workers",)}


def refuse(call: str, others: Dict[str, Any]) -> None:
    """Arguments that are not known are errors; of those without an effect a warning tells, if they ask for
    something."""
    known = NO_EFFECT[call]
    strange = [name for name in others if name not in known]
    if strange:
        raise TypeError(f"{call}() knows no argument {', '.join(strange)}")
    # Whether local files are enough is no question here, and "torch" is what is replaced.
    asked = [name for name, value in others.items() if value and name != "local_files_only" and value != "torch"]
    if asked:
        warnings.warn(f"{call}(): {', '.join(asked)} has no effect in selfattn", stacklevel=3)


def _width(truncate_dim: Optional[int]) -> Optional[int]:
    if truncate_dim is not None and truncate_dim < 1:
        raise ValueError(f"truncate_dim is {truncate_dim}: it must be at least 1")
    return truncate_dim


class SentenceTransformer:
    """Embeddings of sentences, with the arguments of sentence_transformers.SentenceTransformer:

        from selfattn import SentenceTransformer  # instead of: from sentence_transformers import SentenceTransformer
        model = SentenceTransformer("folder")
        embeddings = model.encode(["The bank of the river.", "The bank raised its rate."])

    The model is a folder with config.json, safetensors and tokenizer.json; modules.json beside them says how tokens are
    pooled, without it their mean is scaled to length 1. It may be the name of a model ("all-MiniLM-L6-v2") that another
    program has downloaded into the caches of Hugging Face or PyTorch. prompts replace those of the model's files, name
    by name. Any number of threads may share it.
    """

    def __init__(self, model_name_or_path: Union[str, os.PathLike], *, device: Optional[str] = None,
                 prompts: Optional[Dict[str, str]] = None, default_prompt_name: Optional[str] = None,
                 similarity_fn_name: Optional[str] = None, cache_folder: Union[str, os.PathLike, None] = None,
                 revision: Optional[str] = None, truncate_dim: Optional[int] = None, **others):
        refuse("SentenceTransformer", others)
        if device not in (None, "cpu"):
            raise ValueError(f"device is {device!r}: this library computes on CPUs")
        if similarity_fn_name not in (None, "cosine"):
            raise ValueError(f"similarity_fn_name is {similarity_fn_name!r}: similarity() is the cosine")
        self.model = Model(_hub.find(model_name_or_path, cache_folder, revision))
        self.prompts: Dict[str, str] = {**self.model.prompts, **(prompts or {})}
        if default_prompt_name is not None and default_prompt_name not in self.prompts:
            raise ValueError(f"default_prompt_name {default_prompt_name!r} is none of "
                             f"{', '.join(self.prompts) or 'the model has no prompts'}")
        self.default_prompt_name = default_prompt_name or self._name_of_default()
        self.truncate_dim = _width(truncate_dim)
        self.max_seq_length: Optional[int] = self.model.max_tokens() or None

    def _name_of_default(self) -> Optional[str]:
        text = self.model.default_prompt
        return next((name for name, other in self.model.prompts.items() if text and other == text), None)

    @property
    def device(self) -> str:
        return "cpu"

    def get_sentence_embedding_dimension(self) -> int:
        width = self.model.get("embedding_width")
        return min(width, self.truncate_dim) if self.truncate_dim else width

    def get_max_seq_length(self) -> Optional[int]:
        return self.max_seq_length

    def eval(self) -> "SentenceTransformer":
        return self

    def to(self, device: Any = "cpu") -> "SentenceTransformer":
        if str(device) != "cpu":
            raise ValueError(f"device is {device!r}: this library computes on CPUs")
        return self

    def encode(self, sentences: Union[str, Sequence[str]], prompt_name: Optional[str] = None,
               prompt: Optional[str] = None, batch_size: int = 32, show_progress_bar: Optional[bool] = None,
               output_value: Optional[str] = "sentence_embedding", precision: str = "float32",
               convert_to_numpy: bool = True, convert_to_tensor: bool = False, device: Optional[str] = None,
               normalize_embeddings: bool = False, truncate_dim: Optional[int] = None, **others):
        """Embeddings [sentences, E], or [E] of one sentence; NumPy's where it is installed, PyTorch's with
        convert_to_tensor. output_value "token_embeddings": the last hidden states of each sentence. truncate_dim: the
        first dimensions alone, as many; without it those of the constructor."""
        refuse("encode", others)
        width = self.truncate_dim if truncate_dim is None else _width(truncate_dim)
        if device not in (None, "cpu"):
            raise ValueError(f"device is {device!r}: this library computes on CPUs")
        if precision != "float32":
            raise ValueError(f"precision is {precision!r}: embeddings are float32")
        front = self._prompt(prompt_name, prompt)
        one = isinstance(sentences, str)
        batch: List[str] = [sentences] if isinstance(sentences, str) else list(sentences)
        limit = self.max_seq_length or 0
        ids = [self.model.ids((front + text).strip(), limit) for text in batch]
        if output_value == "token_embeddings":
            found: List[Any] = [converted(self.model.run(row, "hidden")["hidden"], convert_to_tensor) for row in ids]
            return found[0] if one else found
        if output_value != "sentence_embedding":
            raise ValueError(f"output_value is {output_value!r}: sentence_embedding or token_embeddings")
        bar = show_bar if show_progress_bar else None
        result = self.model.encode(ids, batch_size=batch_size, progress=bar)
        if width or normalize_embeddings:
            result = _shaped(result, width, normalize_embeddings)
        result = converted(result, convert_to_tensor)
        if not convert_to_numpy and not convert_to_tensor:
            return result[0] if one else [row for row in result]
        return result[0] if one else result

    def encode_query(self, sentences, **options):
        return self.encode(sentences, prompt_name=options.pop("prompt_name", self._kind("query")), **options)

    def encode_document(self, sentences, **options):
        kind = options.pop("prompt_name", self._kind("document", "passage", "corpus"))
        return self.encode(sentences, prompt_name=kind, **options)

    def _kind(self, *names: str) -> Optional[str]:
        return next((name for name in names if name in self.prompts), None)

    def _prompt(self, name: Optional[str], text: Optional[str]) -> str:
        if text is not None:
            return text
        name = name or self.default_prompt_name
        if name is None:
            return ""
        if name not in self.prompts:
            raise ValueError(f"prompt_name {name!r} is none of {', '.join(self.prompts) or 'the model has no prompts'}")
        return self.prompts[name]

    def similarity(self, first, second):
        """Cosines of all pairs, [rows of first, rows of second]."""
        a, b = (_rows(x) for x in (first, second))
        if is_numpy(first) and is_numpy(second):
            return _unit(first) @ _unit(second).T
        return [[_cosine(x, y) for y in b] for x in a]


def _rows(x):
    rows = x.tolist() if hasattr(x, "tolist") else list(x)
    return rows if rows and isinstance(rows[0], list) else [rows]


def _unit(x):
    x = x if x.ndim == 2 else x[None]
    return x / (x * x).sum(1, keepdims=True) ** 0.5


def _cosine(x, y) -> float:
    length = (sum(a * a for a in x) * sum(b * b for b in y)) ** 0.5
    return sum(a * b for a, b in zip(x, y)) / length if length else 0.0


def _shaped(result, width, normalize):
    """Fewer dimensions, length 1."""
    if is_numpy(result):
        result = result[:, :width] if width else result
        if normalize:
            length = (result * result).sum(1, keepdims=True) ** 0.5
            length[length == 0] = 1
            result = result / length
        return result
    rows = [row[:width] if width else row for row in result.tolist()]
    if normalize:
        rows = [[x / (sum(y * y for y in row) ** 0.5 or 1) for x in row] for row in rows]
    return array(rows)


def converted(result, to_tensor: bool):
    if not to_tensor:
        return result
    import torch  # type: ignore
    return torch.from_numpy(result) if is_numpy(result) else torch.from_dlpack(result)


def show_bar(done: int, whole: int) -> None:
    filled = 30 * done // whole if whole else 30
    sys.stderr.write(f"\r[{'=' * filled}{' ' * (30 - filled)}] {done}/{whole}")
    sys.stderr.write("\n" if done == whole else "")
    sys.stderr.flush()
