"""Trained transformers: whole inputs, sessions, generation.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import json
import os
import weakref
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Sequence, Union

from ._arrays import F32, NAMES, contiguous, integers, new, view
from ._context import Context, Handle, current, number
from ._declarations import ProgressCallback, constants, structs
from ._library import check, lib
from ._generation import Generation, Sampling
from ._tokenizer import Tokenizer

Text = Union[str, Sequence[int]]
Progress = Callable[[int, int], Any]


class TokenAttention(NamedTuple):
    """tokens: their texts in the vocabulary; ids: their numbers; weights [L,H,T,T]: where each token (row) looks."""

    tokens: List[Optional[str]]
    ids: List[int]
    weights: Any


class Model(Handle):
    """A trained transformer. Immutable: any number of threads may share it.

    path       a folder with config.json, safetensors and tokenizer.json; a GGUF file; llama2.c's .bin
    part       of a file with several models (CLIP, SigLIP): "text" or "vision"
    weights    None: as the file has them; else they become "f32", "bf16", "f16" or "q8_0", "q4_k" ... while opening
    image_size pixels of a side of images, for which positions are stretched; 0: as the file says (DINOv2: 518)
    progress   called with (bytes done, all bytes) while a model is converted
    tokenizer  a Tokenizer or its path; None: what stands beside the weights
    """

    _destroy = "sa_model_destroy"

    def __init__(self, path: Union[str, os.PathLike], *, part: Optional[str] = None, weights: Optional[str] = None,
                 image_size: int = 0, progress: Optional[Progress] = None,
                 tokenizer: Union[Tokenizer, str, os.PathLike, None] = None, context: Optional[Context] = None):
        self.path = os.fspath(path)
        options = structs["sa_model_options"]()
        if weights is not None:
            options.convert, options.weights = 1, number("dtype", weights)
        options.image_size = image_size
        name = None if part is None else ctypes.create_string_buffer(part.encode())
        if name is not None:
            options.part = ctypes.cast(name, ctypes.c_void_p)
        caught: List[BaseException] = []

        def told(_user, done, whole):
            if not caught:
                try:
                    progress(done, whole)
                except BaseException as reason:  # it must not cross the library
                    caught.append(reason)

        if progress is not None:
            callback = ProgressCallback(told)
            options.progress = ctypes.cast(callback, ctypes.c_void_p)
        value = ctypes.c_void_p()
        current(context).call(lib.sa_model_open_with, os.fsencode(path), ctypes.byref(options), ctypes.byref(value))
        super().__init__(value)
        if caught:
            self.close()
            raise caught[0]
        self._sessions: "weakref.WeakSet[Session]" = weakref.WeakSet()
        self._tokenizer: Optional[Tokenizer] = tokenizer if isinstance(tokenizer, Tokenizer) else None
        self._tokenizer_path = None if isinstance(tokenizer, Tokenizer) else tokenizer

    def close(self) -> None:
        """Frees the model, and its sessions before."""
        for session in list(getattr(self, "_sessions", ())):
            session.close()
        super().close()

    @property
    def tokenizer(self) -> Tokenizer:
        if self._tokenizer is None:
            path = self._tokenizer_path
            if path is None:
                whole = os.path.isdir(self.path) or self.path.endswith(".gguf")
                path = self.path if whole else os.path.dirname(self.path) or "."
            self._tokenizer = Tokenizer(path)
        return self._tokenizer

    def get(self, what: str) -> int:
        """A number about the model: "layers", "width", "query_heads", "vocabulary", ... those of SA_MODEL_."""
        name = "SA_MODEL_" + what.upper()
        if name not in constants:
            known = sorted(n[9:].lower() for n in constants if n.startswith("SA_MODEL_"))
            raise ValueError(f"{what!r} is none of {', '.join(known)}")
        return lib.sa_model_get(self.handle, constants[name])

    @property
    def type(self) -> str:
        return lib.sa_model_type(self.handle).decode()

    @property
    def is_decoder(self) -> bool:
        return bool(self.get("decoder"))

    @property
    def end_tokens(self) -> List[int]:
        return _numbers(lambda ids, room: lib.sa_model_end_tokens(self.handle, ids, room))

    def suppressed_tokens(self, first_only: bool = False) -> List[int]:
        """Tokens that the model's makers never let come, or not as the first."""
        return _numbers(lambda ids, room: lib.sa_model_suppressed_tokens(self.handle, int(first_only), ids, room))

    @property
    def prompts(self) -> Dict[str, str]:
        """What the model wants in front of texts, by kind ("query", "document")."""
        found: Dict[str, str] = {}
        index = 0
        while True:
            name = lib.sa_model_prompt_name(self.handle, index)
            if name is None:
                return found
            found[name.decode()] = lib.sa_model_prompt(self.handle, name).decode("utf-8", "replace")
            index += 1

    @property
    def default_prompt(self) -> str:
        text = lib.sa_model_prompt(self.handle, None)
        return "" if text is None else text.decode("utf-8", "replace")

    def max_tokens(self) -> int:
        """Tokens of the longest input that is taken: what sentence_bert_config.json says, else the positions of the
        model; 0: no limit is known."""
        limits = [self.get("max_positions")]
        folder = self.path if os.path.isdir(self.path) else os.path.dirname(self.path)
        try:
            with open(os.path.join(folder, "sentence_bert_config.json"), encoding="utf-8") as file:
                limits.append(json.load(file).get("max_seq_length") or 0)
        except (OSError, ValueError):
            pass
        return min((limit for limit in limits if limit > 0), default=0)

    def ids(self, text: Text, limit: int = 0) -> List[int]:
        """The tokens of a text (or the given numbers), cut to `limit`; what stands around a text stays."""
        if not isinstance(text, str):
            return [int(token) for token in text]
        whole = self.tokenizer.encode(text)
        if not limit or len(whole) <= limit:
            return whole
        inner = self.tokenizer.encode(text, template=False)
        around = len(whole) - len(inner)
        start = next((i for i in range(around + 1) if whole[i:i + len(inner)] == inner), 0)
        kept = max(limit - around, 0)
        return (whole[:start] + inner[:kept] + whole[start + len(inner):])[:limit]

    def encode(self, texts: Union[str, Sequence[Text]], *, batch_size: int = 32, prompt: str = "",
               progress: Optional[Progress] = None, context: Optional[Context] = None):
        """Embeddings [texts, E] of texts or lists of token numbers, or [E] of one text: pooled as the model's files
        say, or the mean over the tokens, scaled to length 1. Texts are cut to the model's longest.

        progress   called with (texts done, all texts)
        """
        one = isinstance(texts, str) or (len(texts) > 0 and isinstance(texts[0], int))
        batch: List[Any] = [texts] if one else list(texts)
        limit = self.max_tokens()
        ids = [self.ids(prompt + text if isinstance(text, str) else text, limit) for text in batch]
        width = self.get("embedding_width")
        result = new((len(ids), width))
        place = view(result, "embeddings", True).address
        order = sorted(range(len(ids)), key=lambda i: -len(ids[i]))
        rows = (ctypes.c_float * max(batch_size * width, 1))()
        done = 0
        for begin in range(0, len(order), batch_size):
            chosen = order[begin:begin + batch_size]
            args, kept = _inputs([ids[i] for i in chosen])
            args.embedding = ctypes.addressof(rows)
            current(context).call(lib.sa_model_encode, self.handle, ctypes.byref(args))
            for row, i in enumerate(chosen):
                ctypes.memmove(place + 4 * width * i, ctypes.addressof(rows) + 4 * width * row, 4 * width)
            done += len(chosen)
            if progress is not None:
                progress(done, len(order))
        return result[0] if one else result

    def run(self, text: Text, *outputs: str, context: Optional[Context] = None) -> Dict[str, Any]:
        """Runs the model over one text. Outputs, by name: "hidden" [T,E], "hidden_all" [L+1,T,E], "attention"
        [L,H,T,T], "embedding" [E], "pooled" [pooled width], "logits" [T,V] or [V]. Returns these and "ids"."""
        ids = self.ids(text)
        args, _kept = _inputs([ids])
        return {"ids": ids, **self._run(args, len(ids), outputs, context)}

    def run_pair(self, first: str, second: str, *outputs: str, limit: int = 0,
                 context: Optional[Context] = None) -> Dict[str, Any]:
        """The same over two texts as one input, for models that compare texts. The longer one is cut to what the model
        reads, or to `limit` tokens of both."""
        ids, types = self.tokenizer.encode_pair(first, second, most=limit or self.max_tokens(), context=context)
        args, _kept = _inputs([ids])
        kinds = integers(types, ctypes.c_int32)
        if self.get("token_types") > 1:
            args.types = ctypes.addressof(kinds)
        return {"ids": ids, **self._run(args, len(ids), outputs, context)}

    def run_features(self, features: Any, *outputs: str, context: Optional[Context] = None) -> Dict[str, Any]:
        """The same over an image [C,height,width] of the model's size, or over sound [C,frames]: float32 numbers as the
        model's processor makes them. There are no "ids"; T is that of the rows which come out."""
        given = view(features, "features")
        channels, height, width = (self.get("feature_" + side) for side in ("channels", "height", "width"))
        wanted = (channels, height, width or given.shape[-1]) if height > 1 else (channels, width or given.shape[-1])
        if not channels:
            raise ValueError("the model takes texts: run() is for those")
        if given.dtype != F32 or given.shape != wanted or given.strides != contiguous(wanted):
            raise ValueError(f"features are {NAMES[given.dtype]} numbers {list(given.shape)} with strides of "
                             f"{list(given.strides)}, must be contiguous float32 numbers {list(wanted)}")
        tokens = lib.sa_model_feature_tokens(self.handle, wanted[-1])
        args = structs["sa_encode_args"](batch=1, features=given.address, feature_width=0 if width else wanted[-1])
        return self._run(args, tokens, outputs, context)

    def _run(self, args, tokens: int, outputs: Sequence[str], context: Optional[Context]) -> Dict[str, Any]:
        layers, width, heads, size = (self.get(what) for what in ("layers", "width", "query_heads", "outputs"))
        shapes = {"hidden": (tokens, width), "hidden_all": (layers + 1, tokens, width),
                  "attention": (layers, heads, tokens, tokens), "embedding": (self.get("embedding_width"),),
                  "pooled": (self.get("pooled_width"),),
                  "logits": (tokens, size) if self.get("token_logits") else (size,)}
        found: Dict[str, Any] = {}
        for name in outputs:
            if name not in shapes:
                raise ValueError(f"{name!r} is none of {', '.join(shapes)}")
            found[name] = new(shapes[name])
            setattr(args, name, view(found[name], name, True).address)
        current(context).call(lib.sa_model_encode, self.handle, ctypes.byref(args))
        return found

    def attention(self, text: Text, context: Optional[Context] = None) -> TokenAttention:
        """Where the tokens of a text look, in each layer and head."""
        found = self.run(text, "attention", context=context)
        return TokenAttention(self.tokenizer.tokens(found["ids"]), found["ids"], found["attention"])

    def session(self, batch: int = 1, **options) -> "Session":
        return Session(self, batch, **options)

    def generate(self, prompt: Text, max_tokens: int = 0, **options) -> Generation:
        """An iterator over the pieces of a text that goes on after the prompt (an encoder-decoder: of the text that it
        writes for the prompt). Greedily, or with sampling: temperature, top_k, top_p, min_p, repetition_penalty,
        presence_penalty, frequency_penalty, seed. stop: texts at which it ends; they are not part of it. max_tokens 0:
        what the model's files say, or 256. model_rules: what its makers forbid and force holds (suppress_tokens,
        no_repeat_ngram_size, ...). language: of what is written, by a model that translates. list(...) or
        "".join(...) takes it at once; break ends it.
        """
        session = Session(self)
        return session.generate(prompt, max_tokens, **options)


def _numbers(function) -> List[int]:
    count = function(None, 0)
    ids = (ctypes.c_int32 * max(count, 1))()
    function(ids, count)
    return ids[:count]


def _inputs(rows: Sequence[Sequence[int]]):
    """sa_encode_args of token numbers, and the memory that it points to."""
    longest = max((len(row) for row in rows), default=0)
    if any(len(row) == 0 for row in rows):
        raise ValueError("a text without any token cannot be encoded")
    ids = integers([number for row in rows for number in list(row) + [0] * (longest - len(row))], ctypes.c_int32)
    lengths = integers([len(row) for row in rows], ctypes.c_int64)
    args = structs["sa_encode_args"](batch=len(rows), tokens=max(longest, 1), ids=ctypes.addressof(ids),
                                     lengths=ctypes.addressof(lengths))
    return args, (ids, lengths)


class Session(Handle):
    """A decoder that runs on `batch` sequences, and remembers all tokens so far. One caller at a time.

    capacity   most tokens per sequence, allocated at once; 0: memory grows
    window     only so many last tokens, and the first keep_first, are remembered; 0: all
    dtype      how they are stored: "f32", "bf16", "f16" or "i8"
    """

    _destroy = "sa_session_destroy"

    def __init__(self, model: Model, batch: int = 1, *, capacity: int = 0, window: int = 0, keep_first: int = 0,
                 dtype: str = "f32", context: Optional[Context] = None):
        config = structs["sa_session_config"](batch=batch, capacity=capacity, window=window, keep_first=keep_first,
                                              cache_dtype=number("dtype", dtype))
        value = ctypes.c_void_p()
        current(context).call(lib.sa_session_create, model.handle, ctypes.byref(config), ctypes.byref(value))
        self._begin(value, model, batch)

    def _begin(self, value: ctypes.c_void_p, model: Model, batch: int) -> None:
        super().__init__(value)
        self.model, self.batch = model, batch  # the model lives as long as the session
        self.pending: List[int] = []  # the last token that was generated, which has not been run
        self._work: Any = None  # a generation that is going on
        model._sessions.add(self)

    def close(self) -> None:
        """Frees the session; a generation that is going on ends before."""
        work, self._work = getattr(self, "_work", None), None
        if work is not None:
            work.end()
        super().close()

    def encode(self, text: Text, context: Optional[Context] = None) -> None:
        """Only for models with an encoder: what the decoder will attend to. Empties the sequences."""
        ids = self.model.ids(text)
        args, kept = _inputs([ids] * self.batch)
        self.pending = []
        current(context).call(lib.sa_session_encode, self.handle, ctypes.byref(args))

    def run(self, ids, *, lengths: Optional[Sequence[int]] = None, every: bool = False,
            context: Optional[Context] = None):
        """Appends tokens [B,T] (or [T] for one sequence) and returns the logits after the last one: [B,V]; every True:
        after each, [B,T,V]."""
        rows = ids.tolist() if hasattr(ids, "tolist") else list(ids)
        rows = rows if rows and isinstance(rows[0], (list, tuple)) else [rows]
        tokens = len(rows[0])
        if len(rows) != self.batch or any(len(row) != tokens for row in rows):
            raise ValueError(f"{[len(row) for row in rows]} tokens: {self.batch} rows of equal length are needed")
        if lengths is not None and len(lengths) != self.batch:
            raise ValueError(f"{len(lengths)} lengths for {self.batch} sequences")
        numbers = integers(rows, ctypes.c_int32)
        counts = None if lengths is None else integers(lengths, ctypes.c_int64)
        self.pending = []
        vocabulary = self.model.get("outputs")
        logits = new((self.batch, tokens, vocabulary) if every else (self.batch, vocabulary))
        args = structs["sa_session_args"](tokens=tokens, ids=ctypes.addressof(numbers))
        if counts is not None:
            args.lengths = ctypes.addressof(counts)
        setattr(args, "logits_all" if every else "logits", view(logits, "logits", True).address)
        current(context).call(lib.sa_session_run, self.handle, ctypes.byref(args))
        return logits

    def generate(self, prompt: Text = (), max_tokens: int = 0, **options) -> Generation:
        """As Model.generate(): appends a prompt, and goes on. Only with one sequence. The last token of the text before
        is run first; a call of run(), truncate() or others in between drops it."""
        if self.batch != 1:
            raise ValueError(f"generate() is for one sequence, and this session has {self.batch}")
        sampling = {name: options.pop(name) for name in list(options) if name in Sampling.NAMES}
        return Generation(self, prompt, max_tokens or self.model.get("max_new_tokens") or 256, Sampling(**sampling),
                          **options)

    def save(self, path: Union[str, os.PathLike], note: bytes = b"", context: Optional[Context] = None) -> None:
        """Writes the keys and values of all tokens so far to a file, with a note of the caller's: a session does not
        know the numbers of its tokens."""
        current(context).call(lib.sa_session_save, self.handle, os.fsencode(path), note, len(note))

    @classmethod
    def load(cls, model: Model, path: Union[str, os.PathLike], *, capacity: int = 0,
             context: Optional[Context] = None) -> "Session":
        """The session that save() has written, with the same model; it goes on with the same bits."""
        value = ctypes.c_void_p()
        current(context).call(lib.sa_session_load, model.handle, os.fsencode(path), capacity, ctypes.byref(value))
        made = cls.__new__(cls)
        made._begin(value, model, lib.sa_session_batch(value))
        return made

    @property
    def note(self) -> bytes:
        """The note of the file that the session was loaded from."""
        size = ctypes.c_int64()
        place = lib.sa_session_note(self.handle, ctypes.byref(size))
        return ctypes.string_at(place, size.value) if place else b""

    def length(self, sequence: int = 0) -> int:
        found = lib.sa_session_length(self.handle, sequence)
        if found < 0:
            raise IndexError(f"there is no sequence {sequence}")
        return found

    @property
    def bytes(self) -> int:
        return lib.sa_session_bytes(self.handle)

    def truncate(self, length: int, sequence: int = -1) -> None:
        """Removes the tokens from number `length` on; sequence -1: of all."""
        self.pending = []
        check(lib.sa_session_truncate(self.handle, sequence, length))

    def fork(self, source: int, target: int) -> None:
        """Makes sequence `target` equal to `source` without copying."""
        self.pending = []
        check(lib.sa_session_fork(self.handle, source, target))

    def reorder(self, sources: Sequence[int]) -> None:
        """Makes each sequence b what sequence sources[b] was."""
        if len(sources) != self.batch:
            raise ValueError(f"{len(sources)} numbers for {self.batch} sequences")
        self.pending = []
        check(lib.sa_session_reorder(self.handle, integers(sources, ctypes.c_int64)))
