#!/usr/bin/env python3
"""Checks the pieces of code in README.md, docs/*.md and the README.md of the bindings. In PAGES every piece is, line
for line, in an example of its language; how far lines are indented is not compared. (The tests of bindings/python run
the pieces of Python.) In all other pages C compiles, and JSON is JSON. What commands and options of the program stand
in a page, tests/program/manual.py checks.

usage: check_docs.py [ROOT]
SPDX-License-Identifier: MIT"""
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
BINDINGS = ["cpp", "fortran", "go", "java", "luajit", "node", "ruby", "rust", "wasm"]
PAGES = ["docs/getting-started.md", "docs/bindings.md"] + [f"bindings/{name}/README.md" for name in BINDINGS]
# How to install and to call is not compared.
SHELL = {"sh", "toml", "xml", "python"}
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
    "docs/speech.md": """static sa_ctx *ctx; static const sa_model *model; static const char *path;
        static const float *samples; static int64_t count; static sa_segment_fn show;""",
    "docs/tokenizers.md": "static sa_ctx *ctx; static const char *text; static int64_t bytes;",
    "docs/training.md": """enum { B = 1, T = 8, E = 4 };
        static const sa_layer *layer; static sa_forward_args args; static float *dWq, *dWo, *dx, *dy;
        static sa_ctx *ctx; static int32_t ids[B * T]; static int64_t steps;
        static void fill(int32_t *to) { *to = 0; }""",
}
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-Wno-unused", "-Wno-missing-field-initializers"]


def lines(text):
    return "\n".join(line.strip() for line in text.splitlines()) + "\n"


def pieces_of(root, page):
    return BLOCK.findall((root / page).read_text(encoding="utf-8"))


def strange(root, page):
    """The pieces that are in no example, and how many pieces there are."""
    pieces = [(kind, code) for kind, code in pieces_of(root, page) if kind not in SHELL]
    found = []
    for kind, code in pieces:
        if kind not in EXAMPLES:
            found.append(f"{page} has code in {kind}, of which there are no examples")
            continue
        programs = (path.read_text(encoding="utf-8") for path in sorted(root.glob(EXAMPLES[kind])))
        if not any(lines(code) in lines(program) for program in programs):
            found.append(f"{page}: in no example:\n{code}")
    return found, len(pieces)


def compile_piece(root, page, code):
    """What the compiler says of a piece, or None. A piece without main() is the inside of a function."""
    granted = GRANTED.get(page, "")
    compiler = "mpicc" if "mpi.h" in granted else os.environ.get("CC", "cc")
    if not shutil.which(compiler.split()[0]):
        print(f"SKIPPED a piece of {page}: needs {compiler}")
        return None
    if "int main(" not in code:
        code = (f"#include <selfattn_models.h>\n#include <stdio.h>\n{granted}\nvoid piece(void);\nvoid piece(void) {{\n"
                f"{code}}}\n")
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "piece.c"
        file.write_text(code, encoding="utf-8")
        ran = subprocess.run([*compiler.split(), "-std=c11", "-fsyntax-only", *WARNINGS, f"-I{root}/include",
                              f"-I{root}/mpi", str(file)], capture_output=True, text=True)
        return f"{page}: does not compile:\n{ran.stderr}" if ran.returncode else None


def wrong(root, page):
    """Pieces of C that do not compile and of JSON that are none, and how many pieces there are."""
    pieces = [(kind, code) for kind, code in pieces_of(root, page) if kind in {"c", "json"}]
    found = []
    for kind, code in pieces:
        if kind == "c":
            found.append(compile_piece(root, page, code))
            continue
        try:
            json.loads(code)
        except ValueError as reason:
            found.append(f"{page}: {reason} in\n{code}")
    return [text for text in found if text], len(pieces)


def main():
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parent.parent
    failed = False
    for page in PAGES:
        found, count = strange(root, page)
        print("\n".join(found + [f"{page}: {count} pieces of code, {len(found)} in no example"]))
        failed = failed or found or not count
    for path in [root / "README.md", *sorted(root.glob("docs/*.md"))]:
        page = str(path.relative_to(root))
        found, count = ([], 0) if page in PAGES else wrong(root, page)
        if count:
            print("\n".join(found + [f"{page}: {count} pieces of C and JSON, {len(found)} are wrong"]))
        failed = failed or found
    return 1 if failed else 0


sys.exit(main())
