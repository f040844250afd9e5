#!/usr/bin/env python3
"""Checks the pieces of code and the tables in all pages of the documentation. Every piece has a language, and every
language a check:

- In COMPARED every piece of C, C++, Rust and so on is, line for line, in an example of its language; how far lines are
  indented is not compared. Elsewhere C compiles.
- JSON and TOML are parsed, Python is compiled. (The tests of bindings/python run those of its README, README.md,
  docs/bindings.md and docs/concepts.md.)
- What is for a shell is parsed; the files, presets and CMake options of the repository that it names exist. It is not
  run: it installs, builds, or takes models and files of the reader's own. The commands and options of selfattn and
  sa-bench, tests/program/manual.py checks.
- `text` is a drawing or what a program prints.

usage: check_docs.py [ROOT]
SPDX-License-Identifier: MIT"""
import collections
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

from pages import pages

BINDINGS = ["cpp", "fortran", "go", "java", "luajit", "node", "ruby", "rust", "wasm"]
COMPARED = {"docs/getting-started.md", "docs/bindings.md", *(f"bindings/{name}/README.md" for name in BINDINGS)}
EXAMPLES = {"c": "examples/*.c", "cpp": "bindings/cpp/examples/*.cpp", "rust": "bindings/rust/selfattn/examples/*.rs",
            "go": "bindings/go/examples/**/*.go", "js": "bindings/*/examples/*.js",
            "java": "bindings/java/examples/**/*.java", "lua": "bindings/luajit/examples/*.lua",
            "ruby": "bindings/ruby/examples/*.rb", "fortran": "bindings/fortran/examples/*.f90"}
# What the pieces of C in a page take for granted.
GRANTED = {
    "README.md": """static sa_ctx *ctx; static const sa_model *model; static int32_t *ids;
        static int64_t count, written; static const int32_t *prompt; static sa_token_fn show;""",
    "docs/context-parallelism.md": """#include <mpi.h>
        #include <selfattn_mpi.h>
        static sa_ctx *ctx; static sa_ring_args args; static sa_mpi *mpi;""",
    "docs/debugging.md": "static sa_ctx *ctx; static sa_attention_args args;",
    "docs/masks-and-positions.md": """enum { H = 4, T = 6, S = 6, W = 3, E = 64, R = 32 };
        static sa_ctx *ctx; static sa_attention_args args; static sa_layer_config config; static sa_rope rope;
        static uint8_t allowed[T * S]; static float table[32 * H], positions[T * E];""",
    "docs/speech.md": """static sa_ctx *ctx; static const sa_model *model; static const char *path;
        static const float *samples; static int64_t count; static sa_segment_fn show;""",
    "docs/threads-and-blas.md": "static sa_ctx *ctx; static sa_parallel_for_fn my_parallel_for; static void *pool;",
    "docs/tokenizers.md": "static sa_ctx *ctx; static const char *text; static int64_t bytes;",
    "docs/training.md": """enum { B = 1, T = 8, E = 4 };
        static const sa_layer *layer; static sa_forward_args args; static float *dWq, *dWo, *dx, *dy;
        static sa_ctx *ctx; static int32_t ids[B * T]; static int64_t steps;
        static void fill(int32_t *to) { *to = 0; }""",
}
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Wno-missing-field-initializers"]


DELIMITER = re.compile(r"\|( *:?-+:? *\|)+")
# What a shell is told of the repository; objects are there only once they are built.
NAMED = re.compile(r"(?<![\w/.$~-])((?:scripts|tools|tests|bindings|docs|examples|packaging)/[\w./*-]*\w)\b(?<!\.o)")
PRESET = re.compile(r"--preset[ =](\w+)")
OPTION = re.compile(r"-D(SELFATTN_\w+)")


Piece = collections.namedtuple("Piece", "place kind code")


def read(root, page):
    """The pieces of code of a page, and its other lines, empty ones in place of the pieces."""
    pieces, others, begun = [], [], None
    for number, line in enumerate((root / page).read_text(encoding="utf-8").splitlines(), 1):
        fence = line.lstrip().startswith("```")
        if fence and begun is None:
            begun = (f"{page}:{number}", line.strip().removeprefix("```"))
            code = []
        elif fence:
            pieces.append(Piece(*begun, "".join(code)))
            begun = None
        elif begun:
            code.append(line + "\n")
        others.append("" if fence or begun else line)
    if begun:
        pieces.append(Piece(begun[0], "", ""))
    return pieces, others


def broken_tables(page, lines):
    """What is wrong with tables: rows that belong to none, and rows with more or fewer cells than the first."""
    before, rows = "", 0
    for number, line in enumerate([*lines, ""], 1):
        rows = rows + 1 if line.startswith("|") else 0
        if rows == 1 and not DELIMITER.fullmatch(lines[number] if number < len(lines) else ""):
            yield f"{page}:{number}: a row that is in no table"
        if rows > 1 and cells(line) != cells(before):
            yield f"{page}:{number}: {cells(line)} cells below {cells(before)}"
        before = line


def cells(row):
    return len(re.findall(r"(?<!\\)\|", row)) - 1


def unindented(text):
    return "\n".join(line.strip() for line in text.splitlines()) + "\n"


def wrong_compared(root, piece):
    programs = (path.read_text(encoding="utf-8") for path in sorted(root.glob(EXAMPLES[piece.kind])))
    return None if any(unindented(piece.code) in unindented(program) for program in programs) else "is in no example"


def wrong_c(root, piece):
    """A piece without main() is the inside of a function."""
    granted = GRANTED.get(piece.place.split(":")[0], "")
    compiler = "mpicc" if "mpi.h" in granted else os.environ.get("CC", "cc")
    if not shutil.which(compiler.split()[0]):
        print(f"SKIPPED {piece.place}: needs {compiler}")
        return None
    code = piece.code
    if "int main(" not in code:
        code = (f"#include <selfattn_models.h>\n#include <stdio.h>\n{granted}\nvoid piece(void);\nvoid piece(void) {{\n"
                f"{code}}}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "piece.c"
        file.write_text(code, encoding="utf-8")
        ran = subprocess.run([*compiler.split(), "-std=c11", "-fsyntax-only", *WARNINGS, f"-I{root}/include",
                              f"-I{root}/mpi", str(file)], capture_output=True, text=True)
        return f"does not compile:\n{ran.stderr}" if ran.returncode else None


def parsed_by(parse):
    def wrong(_, piece):
        try:
            parse(piece.code)
            return None
        except (ValueError, SyntaxError) as reason:
            return f"{reason}"
    return wrong


def wrong_shell(root, piece):
    ran = subprocess.run(["sh", "-n"], input=piece.code, capture_output=True, text=True)
    if ran.returncode:
        return ran.stderr
    presets = json.loads((root / "CMakePresets.json").read_text(encoding="utf-8"))
    presets = {preset["name"] for kind in ("configure", "build", "test") for preset in presets[f"{kind}Presets"]}
    build = "".join(path.read_text(encoding="utf-8") for path in [root / "CMakeLists.txt", *root.glob("cmake/*.cmake")])
    missing = [name for name in NAMED.findall(piece.code) if not any(root.glob(name))]
    missing += [name for name in PRESET.findall(piece.code) if name not in presets]
    missing += [name for name in OPTION.findall(piece.code) if not re.search(rf"\b{name}\b", build)]
    return f"names what does not exist: {', '.join(missing)}" if missing else None


CHECKS = {"c": wrong_c, "json": parsed_by(json.loads), "toml": parsed_by(tomllib.loads), "sh": wrong_shell,
          "python": parsed_by(lambda code: compile(code, "piece", "exec")), "text": lambda root, piece: None}


def wrong(root, page, piece):
    """What is wrong with a piece, or None."""
    if page in COMPARED and piece.kind in EXAMPLES:
        return wrong_compared(root, piece)
    if not piece.kind:
        return "has no language, or no end"
    if piece.kind not in CHECKS:
        return f"is in {piece.kind}, which nothing checks here"
    return CHECKS[piece.kind](root, piece)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for page in pages(root):
        pieces, lines = read(root, page)
        found = [(piece, wrong(root, page, piece)) for piece in pieces]
        found = [f"{piece.place}: {reason}\n{piece.code}" for piece, reason in found if reason]
        found += broken_tables(page, lines)
        kinds = collections.Counter(piece.kind for piece in pieces)
        counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(kinds.items()))
        print("\n".join(found + [f"{page}: {len(found)} wrong; pieces of code: {counts or 'none'}"]))
        failed = failed or found or (page in COMPARED and not kinds.keys() & EXAMPLES.keys())
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
