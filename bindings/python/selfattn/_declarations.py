"""The public headers for ctypes: numbers, structs and functions, of what _declared.py says. tests/test_declarations.py
compares all of it with the library.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import ctypes

from ._declared import CONSTANTS, FUNCTIONS, STRUCTS

TYPES = {"int32": ctypes.c_int32, "int64": ctypes.c_int64, "uint64": ctypes.c_uint64, "size": ctypes.c_size_t,
         "float": ctypes.c_float, "double": ctypes.c_double, "pointer": ctypes.c_void_p, "string": ctypes.c_char_p,
         "nothing": None}


def _type(name):
    name, _, count = name.partition("*")
    return TYPES[name] * int(count) if count else TYPES[name]


class Argument(ctypes.Structure):
    """A struct that begins with its size: Argument(field=value) sets it."""

    def __init__(self, **fields):
        super().__init__(struct_size=ctypes.sizeof(self), **fields)


def _structs():
    made = {}
    for line in STRUCTS.replace("\n    ", " ").strip().splitlines():
        name, _, runs = line.partition(": ")
        fields = []
        for run in runs.split(", "):
            kind, *names = run.split()
            fields += [(field, _type(kind)) for field in names]
        base = Argument if fields[0][0] == "struct_size" else ctypes.Structure
        TYPES[name] = made[name] = type(name, (base,), {"_fields_": fields})
    return made


def functions():
    """Yields name, type of the result and types of the arguments."""
    for line in FUNCTIONS.strip().splitlines():
        head, _, arguments = line.partition(":")
        name, result = head.split()
        yield name, TYPES[result], [TYPES[argument] for argument in arguments.split()]


constants = {name: int(value) for name, value in (pair.split("=") for pair in CONSTANTS.split())}
NEEDED_VERSION = constants["SA_VERSION"]  # the oldest library that has all of this
structs = _structs()

# int32_t on_token(void *user, int64_t sequence, int32_t token, float log_probability), and so on.
TokenCallback = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int32, ctypes.c_float)
LogitsCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_void_p, ctypes.c_int64)
ProgressCallback = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64)
