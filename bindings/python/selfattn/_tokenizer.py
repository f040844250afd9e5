"""Text to numbers of tokens and back.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import itertools
import os
from typing import List, Optional, Sequence, Tuple, Union

from ._arrays import integers
from ._context import Context, Handle, current
from ._declarations import constants
from ._errors import ArgumentError
from ._library import lib


def _utf8(text: str) -> bytes:
    if not isinstance(text, str):
        raise TypeError(f"a text is a str, not {type(text).__name__}")
    return text.encode("utf-8", "surrogatepass")  # lone surrogates are refused by the library, with their place


def _flags(template: bool, special: bool) -> int:
    return (0 if template else constants["SA_ENCODE_NO_TEMPLATE"]) + (
        0 if special else constants["SA_ENCODE_NO_SPECIAL"])


def _characters(raw: bytes, ranges: Sequence[int]) -> List[Tuple[int, int]]:
    """Ranges of bytes of UTF-8, one behind the other, as ranges of whole characters."""
    begins = [byte & 0xC0 != 0x80 for byte in raw] + [True]
    ends = list(itertools.accumulate(begins, initial=0))  # [b]: how many characters begin before byte b
    return [(ends[first] - (not begins[first]), ends[last]) for first, last in zip(ranges[::2], ranges[1::2])]


class Tokenizer(Handle):
    """Turns text into token numbers and back. Immutable: any number of threads may share it. `path` is a folder with
    tokenizer.json, SentencePiece's or older files, such a file, or a GGUF file."""

    _destroy = "sa_tokenizer_destroy"

    def __init__(self, path: Union[str, os.PathLike], context: Optional[Context] = None):
        value = ctypes.c_void_p()
        current(context).call(lib.sa_tokenizer_open, os.fsencode(path), ctypes.byref(value))
        super().__init__(value)

    def encode(self, text: str, *, template: bool = True, special: bool = True, language: Optional[str] = None,
               context: Optional[Context] = None) -> List[int]:
        """Token numbers. template False: without what stands around a text ([CLS] ... [SEP]). special False: special
        tokens in the text are ordinary text. language: a code ("deu_Latn") for models that translate."""
        raw = _utf8(text)
        flags = _flags(template, special)
        code = -1 if language is None else self.language(language)
        count = ctypes.c_int64()
        room = len(raw) + 16
        ids = (ctypes.c_int32 * room)()
        run = current(context)
        with run._lock:
            run.call(lib.sa_tokenizer_encode_language, self.handle, raw, len(raw), flags, code, None, 0,
                     ctypes.byref(count))
            if count.value > room:
                ids = (ctypes.c_int32 * count.value)()
            if count.value:
                run.call(lib.sa_tokenizer_encode_language, self.handle, raw, len(raw), flags, code, ids, len(ids),
                         ctypes.byref(count))
        return ids[:count.value]

    def encode_offsets(self, text: str, *, template: bool = True, special: bool = True,
                       context: Optional[Context] = None) -> Tuple[List[int], List[Tuple[int, int]]]:
        """Token numbers, and for each token the range of the text's characters that it stands for: text[first:last]. A
        token of some bytes of a character has the whole character; (0, 0): a token that stands around the text."""
        raw = _utf8(text)
        words = self.handle, raw, len(raw), _flags(template, special)
        count = ctypes.c_int64()
        run = current(context)
        with run._lock:
            run.call(lib.sa_tokenizer_encode_offsets, *words, None, None, 0, ctypes.byref(count))
            ids, ranges = (ctypes.c_int32 * count.value)(), (ctypes.c_int64 * (2 * count.value))()
            if count.value:
                run.call(lib.sa_tokenizer_encode_offsets, *words, ids, ranges, count.value, ctypes.byref(count))
        return ids[:], _characters(raw, ranges)

    def encode_pair(self, first: str, second: str, *, most: int = 0, special: bool = True,
                    context: Optional[Context] = None) -> Tuple[List[int], List[int]]:
        """Token numbers of two texts as one input ([CLS] first [SEP] second [SEP]) and their types, for models that
        compare texts. most: the longer text is cut until so many tokens are left; 0: none is cut."""
        texts = [_utf8(text) for text in (first, second)]
        words = [word for raw in texts for word in (raw, len(raw))]
        flags = _flags(True, special)
        count = ctypes.c_int64()
        run = current(context)
        with run._lock:
            run.call(lib.sa_tokenizer_encode_pair, self.handle, *words, flags, most, None, None, 0, ctypes.byref(count))
            ids, types = ((ctypes.c_int32 * count.value)() for _ in range(2))
            if count.value:
                run.call(lib.sa_tokenizer_encode_pair, self.handle, *words, flags, most, ids, types, count.value,
                         ctypes.byref(count))
        return ids[:], types[:]

    def decode_bytes(self, ids: Sequence[int], context: Optional[Context] = None) -> bytes:
        """The text of tokens, without special ones; it may end inside of a character."""
        numbers = integers(ids, ctypes.c_int32)
        amount = len(ids)
        size = ctypes.c_int64()
        run = current(context)
        room = 16 * amount + 64
        text = ctypes.create_string_buffer(room)
        with run._lock:
            run.call(lib.sa_tokenizer_decode, self.handle, numbers, amount, None, 0, ctypes.byref(size))
            if size.value > room:
                text = ctypes.create_string_buffer(size.value)
            if size.value:
                run.call(lib.sa_tokenizer_decode, self.handle, numbers, amount, text, len(text), ctypes.byref(size))
        return text.raw[:size.value]

    def decode(self, ids: Sequence[int], context: Optional[Context] = None) -> str:
        return self.decode_bytes(ids, context).decode("utf-8", "replace")

    def token(self, number: int) -> Optional[str]:
        """A token's text in the vocabulary ("##ing")."""
        text = lib.sa_tokenizer_token(self.handle, number)
        return None if text is None else text.decode("utf-8", "replace")

    def tokens(self, ids: Sequence[int]) -> List[Optional[str]]:
        return [self.token(number) for number in ids]

    def find(self, text: str) -> Optional[int]:
        """The number of the token with this text in the vocabulary."""
        return self._look_up(lib.sa_tokenizer_find, text)

    def language(self, code: str) -> int:
        """The token of a language, for models that translate."""
        found = self._look_up(lib.sa_tokenizer_language, code)
        if found is None:
            raise ArgumentError(f"the tokenizer knows no language {code!r}", constants["SA_ERR_VALUE"])
        return found

    def _look_up(self, function, text):
        number = ctypes.c_int32()
        failed = function(self.handle, text.encode(), ctypes.byref(number))
        return None if failed else number.value

    @property
    def size(self) -> int:
        """One more than the highest token number."""
        return lib.sa_tokenizer_size(self.handle)

    @property
    def chat_template(self) -> Optional[str]:
        text = lib.sa_tokenizer_chat_template(self.handle)
        return None if text is None else text.decode("utf-8", "replace")


class TextStream(Handle):
    """The text of tokens that come one by one: add() returns what is new and whole. What might become a stop string is
    held back; `ended` says that one came, and the text ends before it. `before`: the prompt, whose last token stands in
    front of the text."""

    _destroy = "sa_text_stream_destroy"

    def __init__(self, tokenizer: Tokenizer, before: Sequence[int] = (), stop: Sequence[str] = (),
                 context: Optional[Context] = None):
        value = ctypes.c_void_p()
        texts = (ctypes.c_char_p * len(stop))(*(text.encode() for text in stop))
        current(context).call(lib.sa_text_stream_create, tokenizer.handle, before[-1] if len(before) else -1,
                              texts if stop else None, len(stop), ctypes.byref(value))
        super().__init__(value)
        self._tokenizer, self._context = tokenizer, context
        self._room = ctypes.create_string_buffer(lib.sa_text_stream_room(value))

    def add(self, token: int) -> str:
        return self._write(lib.sa_text_stream_add, token)

    def rest(self) -> str:
        """What was held back, when no more tokens come."""
        return self._write(lib.sa_text_stream_rest)

    @property
    def ended(self) -> bool:
        return lib.sa_text_stream_ended(self.handle) == 1

    def _write(self, function, *token) -> str:
        size = ctypes.c_int64()
        current(self._context).call(function, self.handle, *token, self._room, len(self._room), ctypes.byref(size))
        return self._room.raw[:size.value].decode()
