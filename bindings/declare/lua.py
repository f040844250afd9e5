"""Declarations for LuaJIT: those of C, without comments. SPDX-License-Identifier: MIT"""

import textwrap


def type_of(field):
    return field.type + " *" * bool(field.pointers) + "*" * (field.pointers - 1) + f"[{field.elements}]" * bool(
        field.elements)


def write(header):
    lines = ["return {", "  constants = {"]
    lines += [f"    {name} = {value}," for name, value in header.constants.items()]
    lines += ["  },", "  fields = {"]
    for struct, fields in header.structs.items():
        lines += [f"    {struct} = {{"]
        lines += [f"      {{ \"{f.name}\", \"{type_of(f)}\" }}," for f in fields] + ["    },"]
    lines += ["  },", "  cdef = [[", "typedef int32_t sa_status;"]
    for statement in header.statements:
        lines += textwrap.wrap(statement, 120, subsequent_indent="    ")
    return lines + ["]],", "}"]
