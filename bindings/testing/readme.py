"""Checks that every piece of code of a README is, line for line, in one of some files. What stands in sh, toml, json
and xml is how to install, and is not looked at.

usage: readme.py README FILE...
SPDX-License-Identifier: MIT"""
import pathlib
import re
import sys
import textwrap

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def main():
    readme, files = sys.argv[1], [pathlib.Path(name).read_text(encoding="utf-8") for name in sys.argv[2:]]
    lines = "\n".join(line.strip() for text in files for line in text.splitlines())
    blocks = [code for kind, code in BLOCK.findall(pathlib.Path(readme).read_text(encoding="utf-8"))
              if kind not in {"sh", "toml", "json", "xml"}]
    strange = [code for code in blocks if "\n".join(line.strip() for line in code.splitlines()) not in lines]
    for code in strange:
        print("in no example:\n" + textwrap.indent(code, "  "))
    print(f"{len(blocks)} pieces of code in {readme}, {len(strange)} in no example")
    return 1 if strange or not blocks else 0


sys.exit(main())
