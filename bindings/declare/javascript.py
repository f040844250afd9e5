"""Declarations for JavaScript, as data for koffi. SPDX-License-Identifier: MIT"""

PLAIN = {"sa_status": "int32_t"}


def type_of(field):
    """koffi wants to be told that a callback is a pointer."""
    stars = field.pointers + field.type.endswith("_fn")
    return PLAIN.get(field.type, field.type) + " *" * bool(stars) + "*" * (stars - 1)


def prototype(function):
    inner = ", ".join(f"{type_of(p)} {p.name}" for p in function.parameters) or "void"
    return f"'{type_of(function)} {function.name}({inner})'"


def table(kind, lines):
    return ["", f"export const {kind} = {{"] + lines + ["};"]


def write(header):
    callbacks = []
    for callback in header.callbacks.values():
        callbacks += split(callback)
    structs = []
    for struct, fields in header.structs.items():
        inner = [f"    {f.name}: '{type_of(f)}{f' [{f.elements}]' if f.elements else ''}'," for f in fields]
        structs += [f"  {struct}: {{"] + inner + ["  },"]
    functions = []
    for function in header.functions:
        line = f"  {function.name}: {prototype(function)},"
        functions += [line] if len(line) <= 120 else split(function)
    return (table("constants", [f"  {name}: {value}," for name, value in header.constants.items()])
            + ["", "export const handles = ["] + [f"  '{handle}'," for handle in header.handles] + ["];"]
            + table("callbacks", callbacks) + table("structs", structs) + table("functions", functions))


def split(function):
    """A prototype below its name, in as many pieces as lines need."""
    lines, text = [f"  {function.name}:"], prototype(function)
    while len(text) > (115 if len(lines) == 1 else 113):
        middle = text.rfind(", ", 0, 110) + 2
        lines.append(f"    {'+ ' * (len(lines) > 1)}{text[:middle]}'")
        text = "'" + text[middle:]
    return lines + [f"    {'+ ' * (len(lines) > 1)}{text},"]
