"""Exceptions: each has the library's sentence, and its status.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

from ._declarations import constants


class LibraryNotFound(ImportError):
    """libselfattn could not be loaded, or is too old."""


class Error(Exception):
    """A call failed. `status` is the number that it returned, an SA_ERR_ constant."""

    status = 0

    def __init__(self, sentence: str, status: int):
        super().__init__(sentence)
        self.status = status


class ArgumentError(Error, ValueError):
    """SA_ERR_VALUE and others: a number or an option is outside its range."""


class ShapeError(Error, ValueError):
    """SA_ERR_SHAPE: sizes that have to agree do not."""


class TextError(Error, ValueError):
    """SA_ERR_TEXT: a text cannot be turned into tokens."""


class FormatError(Error, ValueError):
    """SA_ERR_FORMAT: a file's content is malformed."""


class FileError(Error, OSError):
    """SA_ERR_FILE: a file cannot be opened or read."""


class UnsupportedError(Error, NotImplementedError):
    """SA_ERR_UNSUPPORTED: well-formed, but this version or build does not have it."""


class SizeError(Error, OverflowError):
    """SA_ERR_OVERFLOW: a size does not fit."""


class OutOfMemoryError(Error, MemoryError):
    """SA_ERR_MEMORY: no memory, or the capacity of a cache is reached."""


class BusyError(Error, RuntimeError):
    """SA_ERR_BUSY: another call is using the same context or session."""


class CancelledError(Error, RuntimeError):
    """SA_ERR_CANCELLED: sa_ctx_cancel() has ended the call before it was complete."""


_KINDS = {"SA_ERR_NULL": ArgumentError, "SA_ERR_STRUCT_SIZE": ArgumentError, "SA_ERR_VALUE": ArgumentError,
          "SA_ERR_SHAPE": ShapeError, "SA_ERR_OVERFLOW": SizeError, "SA_ERR_UNSUPPORTED": UnsupportedError,
          "SA_ERR_MEMORY": OutOfMemoryError, "SA_ERR_BUSY": BusyError,
          "SA_ERR_CANCELLED": CancelledError, "SA_ERR_FILE": FileError,
          "SA_ERR_FORMAT": FormatError, "SA_ERR_TEXT": TextError}
_BY_STATUS = {constants[name]: kind for name, kind in _KINDS.items()}


def error(status: int, sentence: str) -> Error:
    return _BY_STATUS.get(status, Error)(sentence, status)
