"""Writes what the bindings declare, and their versions, from the public headers: python3 bindings/declare. With --check
it only compares, and names what is out of date. SPDX-License-Identifier: MIT
"""

import pathlib
import sys

import cpp
import fortran
import go
import header
import java
import javascript
import lua
import python
import ruby
import rust
import versions

BINDINGS = pathlib.Path(__file__).resolve().parent.parent
HEADERS = [BINDINGS.parent / "include" / name for name in ("selfattn.h", "selfattn_models.h")]
WRITTEN = {
    "python/selfattn/_declared.py": (python, "#"),
    "cpp/tests/declared.hpp": (cpp, "//"),
    "rust/selfattn-sys/src/declarations.rs": (rust, "//"),
    "node/declarations.js": (javascript, "//"),
    "go/declared.go": (go, "//"),
    "luajit/selfattn_declarations.lua": (lua, "--"),
    "ruby/lib/selfattn/declarations.rb": (ruby, "#"),
    "java/src/selfattn/Declarations.java": (java, "//"),
    "fortran/selfattn_declarations.f90": (fortran, "!"),
}


def pages(read):
    """The name and the text of each file."""
    for name, (language, comment) in WRITTEN.items():
        begin = [f"{comment} Written by bindings/declare from the public headers, which are the manual.",
                 f"{comment} SPDX-License-Identifier: MIT"]
        yield name, "\n".join(begin + language.write(read)) + "\n"
    yield from versions.write(BINDINGS, read.constants)


def main():
    check = sys.argv[1:] == ["--check"]
    old = []
    for name, text in pages(header.read(HEADERS)):
        path = BINDINGS / name
        if check and (not path.exists() or path.read_text() != text):
            old.append(name)
        elif not check:
            path.write_text(text)
    if old:
        sys.exit("The public headers say something else than: " + ", ".join(old) + ". Run python3 bindings/declare")


main()
