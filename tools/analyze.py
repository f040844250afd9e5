#!/usr/bin/env python3
"""Runs GCC's analyzer (-fanalyzer) over the library, as a build's compile_commands.json compiles it: analyze.py BUILD.
Not over the kernels, whose unrolled loops take it many minutes. Exits with 1 if it finds something.
SPDX-License-Identifier: MIT
"""
import concurrent.futures
import json
import os
import pathlib
import shlex
import subprocess
import sys

SOURCES = pathlib.Path(__file__).resolve().parent.parent / "src"


def analyze(command):
    words = shlex.split(command["command"])
    compiler = next(i for i, word in enumerate(words) if pathlib.Path(word).name != "ccache")
    if "-o" in words:
        at = words.index("-o")
        del words[at:at + 2]
    run = subprocess.run([words[compiler], "-fanalyzer", "-o", os.devnull, *words[compiler + 1:]],
                         cwd=command["directory"], capture_output=True, text=True)
    return run.stderr


def main():
    commands = json.loads((pathlib.Path(sys.argv[1]) / "compile_commands.json").read_text())
    ours = {command["file"]: command for command in commands if SOURCES in pathlib.Path(command["file"]).parents
            and SOURCES / "kernel" not in pathlib.Path(command["file"]).parents}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        found = [text for text in pool.map(analyze, ours.values()) if text]
    print("".join(found), end="")
    print(f"{len(ours)} files, findings in {len(found)}")
    return int(bool(found) or not ours)


sys.exit(main())
