"""A replacement for sentence_transformers.CrossEncoder: models that read two texts together.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import json
import math
import os
from typing import Any, Callable, Dict, List, Optional, Sequence, Tuple, Union

from . import _hub
from ._arrays import array
from ._models import Model
from ._sentences import converted, refuse, show_bar

Pair = Union[Tuple[str, str], List[str]]


def _sigmoid(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def _softmax(row: Sequence[float]) -> List[float]:
    most = max(row)
    parts = [math.exp(x - most) for x in row]
    return [part / sum(parts) for part in parts]


class CrossEncoder:
    """Scores of pairs of texts, with the arguments of sentence_transformers.CrossEncoder:

        from selfattn import CrossEncoder  # instead of: from sentence_transformers import CrossEncoder
        model = CrossEncoder("folder")
        scores = model.predict([("how tall is the tower?", "It is 330 m high."), ("how tall?", "A cat.")])
        best = model.rank("how tall is the tower?", ["It is 330 m high.", "A cat."])

    The model is a folder of a classifier, or the name of one in the caches of Hugging Face or PyTorch. With one label a
    score is the sigmoid of the logit, unless config.json names another function; with several it is a row of logits.
    activation_fn: a function of the logits in place of it. Any number of threads may share it.
    """

    def __init__(self, model_name_or_path: Union[str, os.PathLike], num_labels: Optional[int] = None, *,
                 max_length: Optional[int] = None, device: Optional[str] = None,
                 activation_fn: Optional[Callable] = None, default_activation_function: Optional[Callable] = None,
                 cache_folder: Union[str, os.PathLike, None] = None, revision: Optional[str] = None, **others):
        refuse("CrossEncoder", others)
        if device not in (None, "cpu"):
            raise ValueError(f"device is {device!r}: this library computes on CPUs")
        self.model = Model(_hub.find(model_name_or_path, cache_folder, revision))
        labels = self.model.get("outputs")
        if labels < 1 or self.model.get("token_logits"):
            raise ValueError(f"{self.model.path}: this {self.model.type} model is no classifier of texts")
        if num_labels not in (None, labels):
            raise ValueError(f"num_labels is {num_labels}: the model has {labels}")
        self.num_labels: int = labels
        self.max_length: Optional[int] = max_length or self.model.max_tokens() or None
        self.config: Dict[str, Any] = self._read_config()
        self.activation_fn = activation_fn or default_activation_function
        self._takes_sigmoid = self._default_is_sigmoid()

    def _read_config(self) -> Dict[str, Any]:
        folder = self.model.path if os.path.isdir(self.model.path) else os.path.dirname(self.model.path)
        try:
            with open(os.path.join(folder, "config.json"), encoding="utf-8") as file:
                return json.load(file)
        except (OSError, ValueError):
            return {}

    def _default_is_sigmoid(self) -> bool:
        named = (self.config.get("sentence_transformers") or {}).get("activation_fn")
        named = named or self.config.get("sbert_ce_default_activation_function")
        if not named:
            return self.num_labels == 1
        short = str(named).rsplit(".", 1)[-1]
        if short not in ("Sigmoid", "Identity") and self.activation_fn is None:
            raise ValueError(f"config.json: the activation {named!r} is neither Sigmoid nor Identity: give "
                                   "activation_fn")
        return short == "Sigmoid"

    def _logits(self, pair: Pair) -> List[float]:
        first, second = pair
        return self.model.run_pair(first, second, "logits", limit=self.max_length or 0)["logits"].tolist()

    def predict(self, sentences: Union[Pair, Sequence[Pair]], batch_size: int = 32,
                show_progress_bar: Optional[bool] = None, activation_fn: Optional[Callable] = None,
                apply_softmax: Optional[bool] = False, convert_to_numpy: bool = True, convert_to_tensor: bool = False,
                **others):
        """Scores [pairs], or [pairs, labels] of a model with several labels; of one pair a number, or [labels]."""
        activation_fn = activation_fn or others.pop("activation_fct", None) or self.activation_fn
        refuse("predict", others)
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}: it must be at least 1")
        one = len(sentences) == 2 and isinstance(sentences[0], str)
        pairs: List[Any] = [sentences] if one else list(sentences)
        rows = []
        for pair in pairs:
            rows.append(self._logits(pair))
            if show_progress_bar:
                show_bar(len(rows), len(pairs))
        if activation_fn is None and self._takes_sigmoid:
            rows = [[_sigmoid(x) for x in row] for row in rows]
        if activation_fn is not None:
            rows = [activation_fn(converted(array(row), convert_to_tensor)).tolist() for row in rows]
        if apply_softmax and self.num_labels > 1:
            rows = [_softmax(row) for row in rows]
        found: List[Any] = [row[0] for row in rows] if self.num_labels == 1 else rows
        if not convert_to_numpy and not convert_to_tensor:
            return found[0] if one else found
        result = converted(array(found), convert_to_tensor)
        return result[0] if one else result

    def rank(self, query: str, documents: Sequence[str], top_k: Optional[int] = None, return_documents: bool = False,
             batch_size: int = 32, show_progress_bar: Optional[bool] = None,
             activation_fn: Optional[Callable] = None, **others) -> List[Dict[str, Any]]:
        """The documents, the best answer first: dictionaries of "corpus_id", "score" and, if wanted, "text"."""
        refuse("rank", others)
        if self.num_labels != 1:
            raise ValueError(f"rank() needs a model with one label, and this one has {self.num_labels}")
        scores = self.predict([(query, text) for text in documents], batch_size, show_progress_bar, activation_fn,
                              convert_to_numpy=False)
        order = sorted(range(len(scores)), key=lambda i: -scores[i])
        found: List[Dict[str, Any]] = [{"corpus_id": i, "score": scores[i]} for i in order[:top_k]]
        for entry in found if return_documents else []:
            entry["text"] = documents[entry["corpus_id"]]
        return found
