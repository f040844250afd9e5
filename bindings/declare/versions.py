"""The version of the headers in the files that describe packages. SPDX-License-Identifier: MIT"""

import re

# Expressions whose second group is a version.
STATED = {
    "python/selfattn/__init__.py": r'(?m)(^__version__ = ")([^"]*)',
    "rust/selfattn-sys/Cargo.toml": r'(?m)(^version = ")([^"]*)',
    "rust/selfattn/Cargo.toml": r'((?<!-)version = ")([^"]*)',
    "rust/Cargo.lock": r'(name = "selfattn(?:-sys)?"\nversion = ")([^"]*)',
    "node/package.json": r'("version": ")([^"]*)',
    "wasm/package.json": r'("version": ")([^"]*)',
    "ruby/selfattn.gemspec": r"(spec\.version = ')([^']*)",
}


def write(folder, constants):
    """What each file has to say."""
    version = ".".join(str(constants[f"SA_VERSION_{part}"]) for part in ("MAJOR", "MINOR", "PATCH"))
    for name, expression in STATED.items():
        text, count = re.subn(expression, rf"\g<1>{version}", (folder / name).read_text())
        if not count:
            raise SystemExit(f"{name} states no version")
        yield name, text
