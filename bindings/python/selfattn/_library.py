"""Finds, loads and declares libselfattn.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes
import glob
import os
import re
import sys

from . import _declarations
from ._errors import LibraryNotFound, UnsupportedError, error

VARIABLE = "SELFATTN_LIBRARY"
NAME = "libselfattn.0.dylib" if sys.platform == "darwin" else "libselfattn.so.0"


def candidates() -> list[str]:
    """Where to look: the path in the environment alone; else beside this package, in a build folder of the source tree
    that it lies in, where the system's loader looks, and where `cmake --install` puts it."""
    chosen = os.environ.get(VARIABLE)
    if chosen:
        return [chosen]
    here = os.path.dirname(os.path.abspath(__file__))
    paths = [os.path.join(here, NAME)]
    root = os.path.dirname(os.path.dirname(os.path.dirname(here)))
    if os.path.exists(os.path.join(root, "include", "selfattn.h")):
        usual = os.path.join(root, "build", "src", NAME)
        others = glob.glob(os.path.join(root, "build*", "src", NAME)) + glob.glob(
            os.path.join(root, "build*", "*", "src", NAME))
        paths += [usual] + sorted(path for path in others if path != usual)
    paths.append(NAME)
    return paths + [os.path.join(prefix, "lib", NAME) for prefix in dict.fromkeys([sys.prefix, "/usr/local"])]


def version_text(number: int) -> str:
    return f"{number // 1000000}.{number // 1000 % 1000}.{number % 1000}"


def told(path: str, reason: str) -> str:
    """What the system said of a path, which it often begins with the path itself."""
    reason = reason[len(path) + 2:] if reason.startswith(path + ": ") else reason
    missing = re.match(r"(lib\S+): cannot open shared object file", reason)
    if missing and os.path.exists(path):
        return f"{path}: it needs {missing.group(1)}, which is missing ({reason})"
    return f"{path}: {reason}"


def load() -> ctypes.CDLL:
    looked = []
    for path in candidates():
        try:
            library = ctypes.CDLL(path)
            break
        except OSError as reason:
            looked.append("  " + told(path, str(reason)))
    else:
        raise LibraryNotFound(
            "libselfattn could not be loaded. Looked at:\n" + "\n".join(looked) + "\nBuild it in its source tree "
            "(cmake -S . -B build && cmake --build build), install it (cmake --install build), or set "
            f"{VARIABLE} to its path.")
    declare(library, path)
    return library


def declare(library: ctypes.CDLL, path: str) -> None:
    """Gives each function its types. An older library lacks some."""
    needed = version_text(_declarations.NEEDED_VERSION)
    try:
        library.sa_version.restype = ctypes.c_int32
        found = library.sa_version()
    except AttributeError:
        raise LibraryNotFound(f"{path} is not libselfattn: it has no function sa_version") from None
    hint = f"Install a newer library, or set {VARIABLE} to the path of one."
    if found < _declarations.NEEDED_VERSION:
        raise LibraryNotFound(f"{path} is libselfattn {version_text(found)}; this package needs {needed} or newer. "
                              f"{hint}")
    whole = hasattr(library, "sa_model_open")  # a library without models lacks them all
    for name, result, arguments in _declarations.functions():
        function = getattr(library, name, None)
        if function is not None:
            function.restype, function.argtypes = result, arguments
        elif whole or name in ("sa_build_info", "sa_ctx_create", "sa_attention", "sa_forward"):
            raise LibraryNotFound(f"{path} is libselfattn {version_text(found)} and has no {name}(); this package "
                                  f"needs {needed} or newer. {hint}")


class _Library:
    """The loaded library. A function of models that it lacks says so when it is used."""

    def __init__(self):
        self.loaded = load()

    def __getattr__(self, name):
        function = getattr(self.loaded, name, None)
        if function is None:
            built = self.loaded.sa_build_info().decode()
            raise UnsupportedError(f"this libselfattn has no {name}(): {built}",
                                   _declarations.constants["SA_ERR_UNSUPPORTED"])
        setattr(self, name, function)
        return function


lib = _Library()


def check(status: int, context: int | None = None) -> None:
    """Raises what a call without a context of its own, or with this one, failed with."""
    if status:
        raise failure(status, context)


def failure(status: int, context: int | None) -> Exception:
    busy = status == _declarations.constants["SA_ERR_BUSY"]
    sentence = lib.sa_ctx_last_error(None if busy else context).decode("utf-8", "replace")
    return error(status, sentence or lib.sa_status_string(status).decode())


def version() -> str:
    """The version of the loaded library."""
    return lib.sa_version_string().decode()


def build_info() -> str:
    """How the library was built and what it found: one line for reports of bugs."""
    return lib.sa_build_info().decode()
