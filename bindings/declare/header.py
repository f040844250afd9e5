"""Reads the public headers: constants, structs, callbacks and functions, in their order.

A type is the C name without "const" and "*", beside the number of "*". SPDX-License-Identifier: MIT
"""

import collections
import re

Field = collections.namedtuple("Field", "name type constant pointers elements")  # elements of an array; 0: no array
# The result is described as a field is.
Function = collections.namedtuple("Function", "name type constant pointers parameters elements", defaults=[0])
# statements: the same in C, in the header's order.
Header = collections.namedtuple("Header", "constants handles structs callbacks functions statements")


def declarator(constant, base, text, default):
    """One name with its stars and its array: "*cosines", "size[4]"."""
    match = re.fullmatch(r"\s*((?:\*|\bconst\b|\s)*)(\w*)\s*(?:\[(\d*)\])?\s*", text)
    stars = match[1].count("*") + (match[3] == "")
    return Field(match[2] or default, base, constant, stars, int(match[3] or 0))


def fields(text, default=""):
    """The names of a declaration: "const float *cosines, *sines"."""
    match = re.fullmatch(r"\s*(const\s+)?(?:struct\s+)?(\w+)\b(.*)", text, re.S)
    return [declarator(bool(match[1]), match[2], part, default) for part in match[3].split(",")]


def parameters(text):
    if text.strip() == "void":
        return []
    return [fields(part, f"argument{i}")[0] for i, part in enumerate(text.split(","))]


def function(text):
    """ "const char *sa_status_string(sa_status status)" """
    match = re.fullmatch(r"\s*(.*?)\(\s*(?:\*\s*(\w+)\s*\)\s*\()?(.*)\)\s*", text, re.S)
    head = match[1] + (match[2] or "")
    result = fields(head)[0] if not match[2] else fields(match[1] + " " + match[2])[0]
    return Function(result.name, result.type, result.constant, result.pointers, parameters(match[3]))


def evaluate(text, constants):
    """The value of a constant: a number, or a formula of constants that come before it."""
    return int(eval(text, {"__builtins__": {}}, dict(constants)))  # the project's own header


def read(paths):
    """Every declaration of these headers."""
    text = "\n".join(path.read_text() for path in paths)
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    header = Header({}, [], {}, {}, [], [])
    for name, value in re.findall(r"^#define (SA_\w+) +(\S.*?) *$", text, re.M):
        if not re.match(r"SA_(API|MUST_CHECK)\b", name):
            header.constants[name] = evaluate(value, header.constants)
    text = re.sub(r"^#(.*\\\n)*.*$", "", text, flags=re.M)
    statement = re.compile(r"typedef struct (\w+) \{(.*?)\} \w+;|typedef struct (\w+) \w+;|typedef ([^;{]*\)\s*);"
                           r"|SA_API ([^;]*?)(?:\s+SA_MUST_CHECK)?;", re.S)
    for match in statement.finditer(text):
        struct, body, handle, callback, declared = match.groups()
        header.statements.append(re.sub(r"SA_API |\s+SA_MUST_CHECK", "", " ".join(match[0].split())))
        if struct:
            header.structs[struct] = [f for part in body.split(";") if part.strip() for f in fields(part)]
        elif handle:
            header.handles.append(handle)
        elif callback:
            made = function(callback)
            header.callbacks[made.name] = made
        else:
            header.functions.append(function(declared))
    return header
