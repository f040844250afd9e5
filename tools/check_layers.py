#!/usr/bin/env python3
"""Checks that the includes of src/ point one way, as docs/architecture.md draws it, and that BLAS stays in one folder.

SPDX-License-Identifier: MIT"""
import pathlib
import re
import sys

# A folder may include itself, the public header and every folder of a lower rank.
RANK = {
    "base": 0, "cpu": 1, "blas": 1, "parallel": 1, "kernel": 2, "file": 2, "plan": 3, "describe": 3, "flow": 4,
    "linear": 4, "api": 5, "text": 6, "sound": 6, "model": 6, "stack": 7, "write": 7, "generate": 8, "train": 8,
    "speech": 9,
}
# Built only with SELFATTN_MODELS: the core includes none of these, whatever their rank, nor their header, except in the
# table of constants ...
MODELS = {"file", "describe", "text", "sound", "model", "stack", "write", "generate", "speech", "train"}
# ... and those that only read files and texts include no arithmetic.
READERS = {"file", "describe", "text"}
ARITHMETIC = {"kernel", "plan", "flow"}
ONLY_IN = {"cblas.h": "blas", "lapacke.h": "blas"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def fault(path, folder, quote, target):
    """What is wrong with an include of `target` in the file `path` of `folder`, or None."""
    if ONLY_IN.get(target, folder) != folder:
        return f"<{target}> belongs to src/{ONLY_IN[target]}"
    if quote == "<" or target == "selfattn.h":
        return None
    if target == "selfattn_models.h":
        known = folder in MODELS or path.name == "constants.c"
        return None if known else f'"{target}": {folder} must not know models'
    to = target.split("/")[0]
    if "/" not in target or to not in RANK:
        return f'"{target}" names none of the folders {", ".join(RANK)}'
    below = RANK[to] < RANK[folder]
    forbidden = to in MODELS and folder not in MODELS or to in ARITHMETIC and folder in READERS
    if to != folder and (not below or forbidden):
        return f'"{target}": {folder} must not know {to}'
    return None


def faults(root):
    for path in sorted((root / "src").rglob("*.*")):
        if path.suffix not in {".c", ".h", ".inc"}:
            continue
        folder = path.relative_to(root / "src").parts[0]
        if folder not in RANK:
            yield f"{path}: src/ has no folder {folder}"
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            why = match and fault(path, folder, *match.groups())
            if why:
                yield f"{path.relative_to(root)}:{number}: {why}"


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    found = list(faults(root))
    print("\n".join(found) or "includes point one way")
    return 1 if found else 0


sys.exit(main())
