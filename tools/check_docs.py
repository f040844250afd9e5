#!/usr/bin/env python3
"""Checks that every piece of C in docs/getting-started.md is, line for line, in one of the examples.

usage: check_docs.py [ROOT]
SPDX-License-Identifier: MIT"""
import pathlib
import re
import sys

BLOCK = re.compile(r"^```c\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    programs = [path.read_text(encoding="utf-8") for path in sorted((root / "examples").glob("*.c"))]
    blocks = BLOCK.findall((root / "docs" / "getting-started.md").read_text(encoding="utf-8"))
    strange = [block for block in blocks if not any(block in program for program in programs)]
    for block in strange:
        print("in no example:\n" + block)
    print(f"{len(blocks)} pieces of code, {len(strange)} in no example")
    return 1 if strange or not blocks else 0


sys.exit(main())
