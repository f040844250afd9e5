#!/usr/bin/env python3
"""Changes the library at one place, as a slip would, and looks whether a test notices: what the tests are worth.

usage: mutate.py BUILD [--count N] [--seed S] [--place FILE:LINE:COLUMN:TEXT] [FOLDER ...]

BUILD is a built preset, as build/release. Folders are those of src, by default flow, plan, kernel/ref, base and
file. Sources and BUILD are not touched: a changed copy is compiled alone, linked with the other objects into copies of
the test programs, and these run until one fails. A mutant whose object has the same bytes is no mutant and is not
counted. The same seed makes the same mutants of the same sources. --place repeats one of them.

Each mutant is a line: caught, by which program, or SURVIVED. The last line is the score. CPU time of a test process is
limited to a minute: a mutant that runs on is caught.
SPDX-License-Identifier: MIT"""
import argparse
import json
import os
import pathlib
import random
import re
import resource
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
FOLDERS = ["flow", "plan", "kernel/ref", "base", "file"]
CPU_SECONDS = 60

# Which programs test a source, the quick ones first. The first beginning that fits holds.
TESTS = [
    ("flow/ring", ["ring"]),
    ("flow/backward/layer", ["layer", "api"]),
    ("flow/backward/norm", ["layer", "train"]),
    ("flow/backward/product", ["layer", "train"]),
    ("flow/backward", ["attention", "train"]),
    ("flow/project", ["fuzz_forward", "layer", "stack", "model"]),
    ("flow/merge", ["linear", "attention"]),
    ("flow", ["fuzz_attention", "fuzz_cache", "fuzz_forward", "layer", "attention", "api"]),
    ("plan/cache", ["fuzz_cache", "fuzz_session", "attention", "api", "layer", "generate"]),
    ("plan/linear", ["linear", "api"]),
    ("plan/rows", ["linear", "api"]),
    ("plan/shards", ["ring", "api"]),
    ("plan", ["fuzz_attention", "fuzz_cache", "fuzz_forward", "layer", "attention", "api", "stack"]),
    ("kernel", ["kernel", "attention"]),
    ("base/quant", ["file", "kernel"]),
    ("base/checksum", ["base", "generate"]),
    ("base", ["base", "api", "file", "kernel", "fuzz_attention"]),
    ("file/quant", ["file", "model"]),
    ("file", ["file", "fuzz_model", "text", "model", "describe"]),
]

SWAPS = {"<": ["<=", ">="], "<=": ["<", ">"], ">": [">=", "<="], ">=": [">", "<"], "==": ["!="], "!=": ["=="],
         "+": ["-"], "-": ["+"], "*": ["+"], "/": ["*"], "%": ["*"], "&&": ["||"], "||": ["&&"], "|": ["&"], "&": ["|"],
         "<<": [">>"], ">>": ["<<"], "+=": ["-="], "-=": ["+="], "min_i64": ["max_i64"], "max_i64": ["min_i64"]}
TOKEN = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'|\.?\d[\w.]*(?:(?<=[eEpP])[+-]\d+)?|"
                   r"\w+|<<=|>>=|->|\+\+|--|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^]=|\S", re.S)


def tokens(text):
    """The tokens of C with their places, without comments and lines of the preprocessor."""
    text = re.sub(r"^[ \t]*#(?:\\\n|[^\n])*", lambda line: re.sub(r"[^\n]", " ", line.group()), text, flags=re.M)
    return [(match.group(), match.start()) for match in TOKEN.finditer(text)
            if not match.group().startswith(("//", "/*"))]


def is_operand(token):
    """Whether a binary operator may stand behind this token. (A type before a * is not told from a factor: what then
    does not compile is not counted.)"""
    return bool(re.match(r"[\w.)\]]", token[-1:])) and token not in ("return", "case", "sizeof", "const")


def changes(text):
    """All places that can be changed: offset, old and new text."""
    found, list_ = [], tokens(text)
    for i, (token, at) in enumerate(list_):
        before = list_[i - 1][0] if i else ""
        if token in SWAPS and (token[0].isalpha() or is_operand(before)):
            found += [(at, token, new) for new in SWAPS[token]]
        elif token == "!" and not is_operand(before):
            found.append((at, token, ""))
        elif re.fullmatch(r"\d+", token) and before not in ("[", "#"):
            found += [(at, token, str(int(token) + 1))] + ([(at, token, str(int(token) - 1))] if int(token) else [])
        elif token == "if" and i + 1 < len(list_) and list_[i + 1][0] == "(":
            found.append((list_[i + 1][1], "(", "(!"))
    return found


class Build:
    """Compiles and links as BUILD does."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder).resolve()
        commands = json.loads((self.folder / "compile_commands.json").read_text())
        self.commands = {command["file"]: command for command in commands}
        self.unchanged = {}

    def compile(self, source, text, to):
        """The object's bytes, or None if the compiler refuses. The source keeps its name, which messages may hold."""
        command = self.commands[str(source)]
        words = [word for word in shlex.split(command["command"]) if word != "-Werror" and "ccache" not in word]
        words = (["cc"] if "ccache" in command["command"].split()[0] else []) + words
        words[words.index("-o") + 1] = str(to)
        words[-1] = "-"
        words[1:1] = ["-x", "c", "-w"]
        numbered = f'#line 1 "{source}"\n{text}'
        done = subprocess.run(words, cwd=command["directory"], input=numbered.encode(),
                              capture_output=True, check=False)
        return to.read_bytes() if done.returncode == 0 else None

    def compile_unchanged(self, source, to):
        if source not in self.unchanged:
            self.unchanged[source] = self.compile(source, source.read_text(), to)
        return self.unchanged[source]

    def object_of(self, source):
        """The object file as the link commands name it."""
        words = shlex.split(self.commands[str(source)]["command"])
        return (pathlib.Path(self.commands[str(source)]["directory"]) / words[words.index("-o") + 1]).resolve()

    def link(self, program, source, changed, to):
        folder = self.folder / "tests" / ("fuzz" if program.startswith("fuzz_") else program)
        name = program if program.startswith("fuzz_") else f"test_{program}"
        words = shlex.split((folder / "CMakeFiles" / f"{name}.dir" / "link.txt").read_text())
        words = ["cc"] + [word for word in words[1:] if "ccache" not in word]
        old = self.object_of(source)
        words = [str(changed) if word.endswith(".o") and (folder / word).resolve() == old else word for word in words]
        words[words.index("-o") + 1] = str(to)
        subprocess.run(words, cwd=folder, check=True)
        return folder


def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def fails(program, executable, folder):
    corpus = ROOT / "tests" / "fuzz" / "corpus" / f"{program[5:]}.txt"
    words = [executable, corpus] if program.startswith("fuzz_") else [executable, "-j1", "--fail-fast"]
    environment = {**os.environ, "SELFATTN_TEST_SAMPLES": os.environ.get("SELFATTN_TEST_SAMPLES", "60")}
    done = subprocess.run(words, cwd=folder, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          preexec_fn=limit, check=False)
    return done.returncode != 0


def programs_of(source):
    name = str(source.relative_to(ROOT / "src"))
    return next(programs for beginning, programs in TESTS if name.startswith(beginning))


def judge(build, mutant, scratch):
    """"same", "refused", the program that failed, or None."""
    source, at, old, new = mutant
    text = source.read_text()
    was = build.compile_unchanged(source, scratch / "was.o")
    now = build.compile(source, text[:at] + new + text[at + len(old):], scratch / "now.o")
    if now is None or was is None:
        return "refused"
    if now == was:
        return "same"
    for program in programs_of(source):
        folder = build.link(program, source, scratch / "now.o", scratch / "program")
        if fails(program, scratch / "program", folder):
            return program
    return None


def place_of(mutant):
    source, at, old, new = mutant
    text = source.read_text()
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return f"{source.relative_to(ROOT)}:{line}:{column}", f"{old} -> {new or '(nothing)'}", \
        text.splitlines()[line - 1].strip()


def all_mutants(build, folders):
    sources = sorted(source for folder in folders for source in (ROOT / "src" / folder).rglob("*.c")
                     if str(source) in build.commands)
    return [(source, *change) for source in sources for change in changes(source.read_text())]


def chosen(build, options):
    if options.place:
        name, line, column, new = options.place.split(":", 3)
        source = ROOT / name
        lines = source.read_text().splitlines(keepends=True)
        at = sum(map(len, lines[:int(line) - 1])) + int(column) - 1
        return [(source, *change) for change in changes(source.read_text()) if change[0] == at and change[2] == new]
    mutants = all_mutants(build, options.folders or FOLDERS)
    random.Random(options.seed).shuffle(mutants)
    return mutants


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build")
    parser.add_argument("--count", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", help="FILE:LINE:COLUMN:TEXT")
    parser.add_argument("folders", nargs="*")
    options = parser.parse_intermixed_args()
    build = Build(options.build)
    caught = counted = 0
    with tempfile.TemporaryDirectory() as scratch:
        for mutant in chosen(build, options):
            if counted == options.count:
                break
            verdict = judge(build, mutant, pathlib.Path(scratch))
            if verdict in ("same", "refused"):
                continue
            counted += 1
            caught += verdict is not None
            place, change, line = place_of(mutant)
            print(f"{'caught by ' + verdict if verdict else 'SURVIVED'}: {place}: {change}: {line}", flush=True)
    print(f"{caught} of {counted} mutants were caught", flush=True)
    return 0


sys.exit(main())
