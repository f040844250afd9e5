#!/usr/bin/env python3
"""Checks that no line of a text file under version control is longer than 120 columns. Test data, pictures, the ABI
dump and rows of Markdown tables, which cannot be broken, are exempt.

SPDX-License-Identifier: MIT"""
import pathlib
import shutil
import subprocess
import sys

COLUMNS = 120
EXEMPT_FOLDER = "tests/data/"
EXEMPT_SUFFIXES = {".svg", ".abi"}


def tracked(root):
    """The files under version control, or None outside of a working copy, or without git."""
    if not shutil.which("git"):
        return None
    listing = subprocess.run(["git", "-C", root, "ls-files", "-z"], capture_output=True, check=False)
    return listing.stdout.decode().split("\0")[:-1] if listing.returncode == 0 else None


def long_lines(root, name):
    path = pathlib.Path(root) / name
    if name.startswith(EXEMPT_FOLDER) or path.suffix in EXEMPT_SUFFIXES or not path.is_file():
        return
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:  # not a text
        return
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS and not (path.suffix == ".md" and line.startswith("|")):
            yield f"{name}:{number}: {len(line)} columns"


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    names = tracked(root)
    if names is None:
        print("SKIPPED: not a git working copy, or no git")
        return 77
    found = [line for name in names for line in long_lines(root, name)]
    print("\n".join(found) or f"no line is longer than {COLUMNS} columns")
    return 1 if found else 0


sys.exit(main())
