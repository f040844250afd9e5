#!/usr/bin/env python3
"""Checks that every piece of code in docs/getting-started.md and docs/bindings.md is, line for line, in an example of
its language. How far lines are indented is not compared. (The tests of bindings/python run the pieces of Python.)

usage: check_docs.py [ROOT]
SPDX-License-Identifier: MIT"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = ["docs/getting-started.md", "docs/bindings.md"]
# How to install and to call is not compared.
SHELL = {"sh", "toml", "xml", "python"}
EXAMPLES = {"c": "examples/*.c", "cpp": "bindings/cpp/examples/*.cpp", "rust": "bindings/rust/selfattn/examples/*.rs",
            "go": "bindings/go/examples/**/*.go", "js": "bindings/node/examples/*.js",
            "java": "bindings/java/examples/**/*.java", "lua": "bindings/luajit/examples/*.lua",
            "ruby": "bindings/ruby/examples/*.rb", "fortran": "bindings/fortran/examples/*.f90"}


def lines(text):
    return "\n".join(line.strip() for line in text.splitlines()) + "\n"


def strange(root, page):
    """The pieces that are in no example, and how many pieces there are."""
    pieces = [(kind, code) for kind, code in BLOCK.findall((root / page).read_text(encoding="utf-8"))
              if kind not in SHELL]
    found = []
    for kind, code in pieces:
        if kind not in EXAMPLES:
            found.append(f"{page} has code in {kind}, of which there are no examples")
            continue
        programs = (path.read_text(encoding="utf-8") for path in sorted(root.glob(EXAMPLES[kind])))
        if not any(lines(code) in lines(program) for program in programs):
            found.append(f"{page}: in no example:\n{code}")
    return found, len(pieces)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for page in PAGES:
        found, count = strange(root, page)
        print("\n".join(found + [f"{page}: {count} pieces of code, {len(found)} in no example"]))
        failed = failed or found or not count
    return 1 if failed else 0


sys.exit(main())
