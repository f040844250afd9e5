"""Checks that every piece of code of a README, and every piece in the same language of docs/bindings.md, is, line for
line, in one of some files. What stands in sh, toml, json and xml is how to install, and is not looked at.

usage: readme.py README FILE...
SPDX-License-Identifier: MIT"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
INSTALLING = {"sh", "toml", "json", "xml"}
PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "bindings.md"


def pieces(path):
    return BLOCK.findall(pathlib.Path(path).read_text(encoding="utf-8"))


def unindented(text):
    return "\n".join(line.strip() for line in text.splitlines())


def main():
    own = [(kind, code) for kind, code in pieces(sys.argv[1]) if kind not in INSTALLING]
    kinds = {kind for kind, _ in own}
    codes = [code for kind, code in own + [piece for piece in pieces(PAGE) if piece[0] in kinds]]
    files = "\n".join(unindented(pathlib.Path(name).read_text(encoding="utf-8")) for name in sys.argv[2:])
    strange = [code for code in codes if unindented(code) not in files]
    for code in strange:
        print("in no example:\n" + textwrap.indent(code, "  "))
    print(f"{len(codes)} pieces of code in {sys.argv[1]} and {PAGE.name}, {len(strange)} in no example")
    return 1 if strange or not own else 0


sys.exit(main())
