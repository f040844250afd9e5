"""Declarations for Ruby's ffi. SPDX-License-Identifier: MIT"""

import textwrap

PLAIN = {"void": ":void", "float": ":float", "double": ":double", "int32_t": ":int32", "int64_t": ":int64",
         "uint64_t": ":uint64", "size_t": ":size_t", "sa_status": ":int32"}


def struct_name(name):
    return "".join(part.capitalize() for part in name.removeprefix("sa_").split("_"))


def type_of(field, structs):
    if field.pointers:
        return ":pointer"
    made = PLAIN.get(field.type) or (struct_name(field.type) if field.type in structs else f":{field.type}")
    return f"[{made}, {field.elements}]" if field.elements else made


def result_of(function, structs):
    return ":string" if (function.type, function.pointers) == ("char", 1) else type_of(function, structs)


def wrapped(text, indent):
    return textwrap.wrap(text, 118, initial_indent=indent, subsequent_indent=indent + "  ", break_long_words=False)


def works(function):
    """Whether it works in a context, and so may be long; what only asks or changes the context is not."""
    asks = function.name.startswith("sa_ctx_") or function.name.endswith("_workspace_size")
    return bool(function.parameters) and function.parameters[0].type == "sa_ctx" and not asks


def write(header):
    structs = header.structs
    lines = ["require 'ffi'", "", "module SelfAttn", "  # The calls of C, as the headers declare them.", "  module C",
             "    extend FFI::Library", "", "    CONSTANTS = {"]
    lines += [f"      {name}: {value}," for name, value in header.constants.items()]
    lines += ["    }.freeze", "    CONSTANTS.each { |name, value| const_set(name, value) }", ""]
    for callback in header.callbacks.values():
        inner = ", ".join(type_of(p, structs) for p in callback.parameters)
        lines += wrapped(f"callback :{callback.name}, [{inner}], {type_of(callback, structs)}", "    ")
    for struct, fields in structs.items():
        inner = ", ".join(f"{f.name}: {type_of(f, structs)}" for f in fields)
        lines += ["", f"    class {struct_name(struct)} < FFI::Struct"]
        lines += wrapped(f"layout({inner})", "      ") + ["    end"]
    lines += ["", "    STRUCTS = {"] + [f"      {s}: {struct_name(s)}," for s in structs] + ["    }.freeze"]
    lines += ["", "    FUNCTIONS = {"]
    for function in header.functions:
        inner = ", ".join(type_of(p, structs) for p in function.parameters)
        lines += wrapped(f"{function.name}: [[{inner}], {result_of(function, structs)}],", "      ")
    lines += ["    }.freeze", "", "    # What works in a context, and so may be long.", "    LONG = %i["]
    lines += [line.replace("        ", "      ") for line in
              wrapped(" ".join(function.name for function in header.functions if works(function)), "      ")]
    return lines + ["    ].freeze", "  end", "end"]
