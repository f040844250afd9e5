"""Contexts: threads, kernels and scratch memory of calls.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import os
import threading
from typing import Optional

from ._declarations import constants, structs
from ._library import check, failure, lib

CHOICES = {
    "path": "SA_PATH_", "isa": "SA_ISA_", "precision": "SA_PRECISION_", "parallel": "SA_PARALLEL_",
    "align": "SA_ALIGN_", "dtype": "SA_", "style": "SA_ROPE_",
}


def number(kind: str, word: str) -> int:
    """The constant that a word stands for: number("precision", "medium")."""
    prefix = CHOICES[kind]
    value = constants.get(prefix + str(word).upper())
    if value is None:
        others = sorted(name[len(prefix):].lower() for name in constants if name.startswith(prefix))
        raise ValueError(f"{kind} {word!r} is none of {', '.join(others)}")
    return value


class Handle:
    """Something of the library that is freed once, with the object or by close()."""

    _destroy = ""
    _value: Optional[int] = None

    def __init__(self, value: ctypes.c_void_p):
        self._value = value.value
        self._free = getattr(lib, self._destroy)

    @property
    def handle(self) -> int:
        if self._value is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._value

    def close(self) -> None:
        value, self._value = self._value, None
        if value is not None:
            self._free(ctypes.byref(ctypes.c_void_p(value)))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def __del__(self):
        self.close()


class Context(Handle):
    """Threads, kernels and scratch memory. One call at a time: calls from several Python threads wait for each other.
    Usually none is needed: every Python thread has one of its own.

    threads    most threads of a call; 0: as many as this process has CPUs
    precision  "highest", "high" or "medium"
    isa        "auto", "portable", "avx2", "avx512", "avx512_bf16" or "amx": an upper limit
    path       "auto", "plain", "blas" or "fused"
    parallel   "default", "pool", "openmp" or "serial"
    """

    _destroy = "sa_ctx_destroy"

    def __init__(self, threads: int = 0, precision: str = "highest", isa: str = "auto", path: str = "auto",
                 parallel: str = "default"):
        options = structs["sa_ctx_options"](threads=threads, precision=number("precision", precision),
                                            isa=number("isa", isa), path=number("path", path),
                                            parallel=number("parallel", parallel))
        value = ctypes.c_void_p()
        check(lib.sa_ctx_create(ctypes.byref(options), ctypes.byref(value)))
        super().__init__(value)
        self._lock = threading.RLock()
        self._process = _process[0]

    @property
    def threads(self) -> int:
        return lib.sa_ctx_threads(self.handle)

    @property
    def scratch_bytes(self) -> int:
        return lib.sa_ctx_scratch_bytes(self.handle)

    def close(self) -> None:
        if self._value is not None and self._process != _process[0]:
            self._value = None  # it is the parent's
        super().close()

    def call(self, function, *arguments) -> None:
        """function(context, *arguments); what it fails with is raised."""
        if self._process != _process[0]:
            raise RuntimeError("this context was made before a fork and belongs to the parent process: make another")
        with self._lock:
            status = function(self.handle, *arguments)
            if status:
                raise failure(status, self.handle)


_own = threading.local()
_defaults: dict = {}
_process = [0]  # how many forks lie between this process and the one that loaded the library


def _forked() -> None:
    """A child makes contexts of its own; those from before the fork are the parent's."""
    _process[0] += 1
    _own.__dict__.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


def set_defaults(**options) -> None:
    """Options of the contexts that Python threads get from now on: those of Context, as set_defaults(threads=2)."""
    Context(**options).close()  # refuses what is wrong
    _defaults.clear()
    _defaults.update(options)
    _own.__dict__.clear()


def current(context: Optional[Context] = None) -> Context:
    """The given context, or that of this thread."""
    if context is not None:
        return context
    found = getattr(_own, "context", None)
    if found is None or _own.options != _defaults:
        found, _own.options = Context(**_defaults), dict(_defaults)
        _own.context = found
    return found
