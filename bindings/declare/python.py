"""Declarations for Python's ctypes, as texts that selfattn/_declarations.py makes types of.
SPDX-License-Identifier: MIT
"""

import itertools
import textwrap

PLAIN = {"void": "nothing", "float": "float", "double": "double", "int32_t": "int32", "int64_t": "int64",
         "uint64_t": "uint64", "size_t": "size", "sa_status": "int32"}


def type_of(field, header):
    if field.pointers or field.type in header.callbacks:
        return "string" if (field.type, field.pointers) == ("char", 1) else "pointer"
    return PLAIN.get(field.type, field.type) + f"*{field.elements}" * bool(field.elements)


def struct(name, fields, header):
    """A type stands once before its neighbours: "int32 dtype reserved, int64*4 size stride"."""
    runs = itertools.groupby(fields, lambda field: type_of(field, header))
    text = f"{name}: " + ", ".join(" ".join([kind] + [f.name for f in run]) for kind, run in runs)
    return textwrap.wrap(text, 118, subsequent_indent="    ")


def function(made, header):
    kinds = [type_of(parameter, header) for parameter in made.parameters]
    return " ".join([made.name, type_of(made, header) + ":"] + kinds)


def write(header):
    pairs = " ".join(f"{name}={value}" for name, value in header.constants.items())
    lines = ['CONSTANTS = """'] + textwrap.wrap(pairs, 118, break_on_hyphens=False) + ['"""', "", 'STRUCTS = """']
    for name, fields in header.structs.items():
        lines += struct(name, fields, header)
    lines += ['"""', "", "# Name, type of the result, types of the arguments.", 'FUNCTIONS = """']
    return lines + [function(made, header) for made in header.functions] + ['"""']
