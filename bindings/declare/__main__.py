"""Writes what the bindings declare, from the public headers: python3 bindings/declare. With --check it only compares,
and names what is out of date. SPDX-License-Identifier: MIT
"""

import pathlib
import sys

import fortran
import go
import header
import java
import javascript
import lua
import python
import ruby
import rust

BINDINGS = pathlib.Path(__file__).resolve().parent.parent
HEADERS = [BINDINGS.parent / "include" / name for name in ("selfattn.h", "selfattn_models.h")]
WRITTEN = {
    "python/selfattn/_declared.py": (python, "#"),
    "rust/selfattn-sys/src/declarations.rs": (rust, "//"),
    "node/declarations.js": (javascript, "//"),
    "go/declared.go": (go, "//"),
    "luajit/selfattn_declarations.lua": (lua, "--"),
    "ruby/lib/selfattn/declarations.rb": (ruby, "#"),
    "java/src/selfattn/Declarations.java": (java, "//"),
    "fortran/selfattn_declarations.f90": (fortran, "!"),
}


def main():
    check = sys.argv[1:] == ["--check"]
    read = header.read(HEADERS)
    old = []
    for name, (language, comment) in WRITTEN.items():
        path = BINDINGS / name
        begin = [f"{comment} Written by bindings/declare from the public headers, which are the manual.",
                 f"{comment} SPDX-License-Identifier: MIT"]
        text = "\n".join(begin + language.write(read)) + "\n"
        if check and (not path.exists() or path.read_text() != text):
            old.append(name)
        elif not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
    if old:
        sys.exit("The public headers say something else than: " + ", ".join(old) + ". Run python3 bindings/declare")


main()
