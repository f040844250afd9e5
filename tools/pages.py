"""The pages of the documentation: what a reader of the repository may open.

SPDX-License-Identifier: MIT"""

PATTERNS = ["*.md", "docs/*.md", "bindings/README.md", "bindings/*/README.md", "packaging/README.md", "bench/README.md",
            "bench/*/README.md", "examples/README.md"]


def pages(root):
    """Their names, from the root of the repository."""
    return sorted(str(path.relative_to(root)) for pattern in PATTERNS for path in root.glob(pattern))
