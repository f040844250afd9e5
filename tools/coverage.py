#!/usr/bin/env python3
"""Which branches of the library the tests take, by folder.

usage: coverage.py BUILD [FOLDER ...]

BUILD is a built and tested preset, as build/coverage. Prints a table of lines and branches for each folder of src.
With folders, prints instead each branch in them that no test took: file, line and its text, and how many of the
line's branches were missed. Needs gcovr (Debian: gcovr).
SPDX-License-Identifier: MIT"""
import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# Of the kernels only the plain C and what is shared are counted: see SELFATTN_COVERAGE in src/CMakeLists.txt.
COLUMNS = "| folder | lines | covered | branches | covered |\n|---|---|---|---|---|"


def measure(build):
    """gcovr's records of all sources of the library."""
    done = subprocess.run(["gcovr", "--root", ROOT, "--filter", str(ROOT / "src") + "/", "--object-directory", build,
                           "--gcov-ignore-parse-errors", "--json", "-", build],
                          cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)["files"]


def counted_lines(record):
    return [line for line in record["lines"] if not line.get("gcovr/noncode")]


def branches_of(line):
    return [branch for branch in line["branches"] if not branch.get("throw")]


def row(name, totals):
    lines, lines_taken, branches, branches_taken = totals
    return (f"| {name} | {lines} | {100 * lines_taken / max(lines, 1):.1f} % | {branches} | "
            f"{100 * branches_taken / max(branches, 1):.1f} % |")


def print_table(files):
    folders = collections.defaultdict(lambda: [0, 0, 0, 0])
    for record in files:
        totals = folders[pathlib.PurePath(record["file"]).parts[1]]
        for line in counted_lines(record):
            taken = [branch["count"] > 0 for branch in branches_of(line)]
            for i, more in enumerate([1, line["count"] > 0, len(taken), sum(taken)]):
                totals[i] += more
    print(COLUMNS)
    for name in sorted(folders):
        print(row(name, folders[name]))
    print(row("all", [sum(column) for column in zip(*folders.values())]))


def print_missed(files, folders):
    for record in files:
        if not any(record["file"].startswith(f"src/{folder}") for folder in folders):
            continue
        text = (ROOT / record["file"]).read_text().splitlines()
        for line in counted_lines(record):
            branches = branches_of(line)
            missed = sum(branch["count"] == 0 for branch in branches)
            if missed:
                print(f"{record['file']}:{line['line_number']}: {missed} of {len(branches)}: "
                      f"{text[line['line_number'] - 1].strip()}")


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__.split("\n\n")[1])
    files = measure(pathlib.Path(sys.argv[1]).resolve())
    if sys.argv[2:]:
        print_missed(files, sys.argv[2:])
    else:
        print_table(files)


if __name__ == "__main__":
    main()
