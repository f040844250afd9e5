"""Every example runs, and so does every piece of Python in the READMEs, docs/bindings.md and
docs/concepts.md.

SPDX-License-Identifier: MIT"""
import contextlib
import importlib.util
import io
import os
import pathlib
import re
import subprocess
import sys
import unittest

from support import MODELS, PACKAGE, ROOT, TABLE, VECTORS, numpy, selfattn

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def missing(code):
    """A module that the code imports and this Python lacks, or None."""
    for name in re.findall(r"^(?:import|from) (\w+)", code, re.MULTILINE):
        if name == "numpy" and numpy is None or importlib.util.find_spec(name) is None:
            return name
    return None


class Documents(unittest.TestCase):
    def run_page(self, page):
        space, skipped = {}, []
        before = os.getcwd()
        os.chdir(ROOT)
        self.addCleanup(os.chdir, before)
        blocks = BLOCK.findall(page.read_text(encoding="utf-8"))
        for block in blocks:
            lacking = missing(block)
            if lacking is None:
                try:
                    with contextlib.redirect_stdout(io.StringIO()):
                        exec(compile(block, str(page), "exec"), space)  # pylint: disable=exec-used
                except NameError:
                    # It goes on from a block that was skipped.
                    if not skipped:
                        raise
            else:
                skipped.append(lacking)
        return len(blocks), skipped

    @unittest.skipUnless(MODELS, "SKIPPED: the library has no models")
    def test_pages(self):
        docs = ROOT / "docs"
        for page in (PACKAGE / "README.md", ROOT / "README.md", docs / "bindings.md", docs / "concepts.md"):
            if not page.exists():
                continue
            with self.subTest(page.name):
                blocks, skipped = self.run_page(page)
                self.assertGreater(blocks, 0)
                for name in sorted(set(skipped)):
                    print(f"SKIPPED: {skipped.count(name)} of {blocks} pieces of {page.name}: no {name}")

    def example(self, name, *arguments):
        path = PACKAGE / "examples" / name
        lacking = missing(path.read_text(encoding="utf-8"))
        if lacking:
            self.skipTest(f"SKIPPED: {name} needs {lacking}")
        environment = dict(os.environ, PYTHONPATH=str(PACKAGE), PYTHONIOENCODING="utf-8",
                           SELFATTN_LIBRARY=selfattn._library.lib.loaded._name)
        done = subprocess.run([sys.executable, "-B", path, *arguments], env=environment, capture_output=True,
                              encoding="utf-8", check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def expect(self, name, *arguments):
        want = (ROOT / "bindings" / "testing" / "expected" / f"{name}.txt").read_text(encoding="utf-8")
        self.assertEqual(self.example(f"{name}.py", *arguments), want)

    def test_attention(self):
        self.expect("attention")

    def test_encoder(self):
        self.expect("encoder")

    def test_threads(self):
        self.expect("threads")

    @unittest.skipUnless(MODELS, "SKIPPED: the library has no models")
    def test_streaming(self):
        self.expect("streaming", str(VECTORS / "decoder"), TABLE["generate"]["prompt"])

    @unittest.skipUnless(MODELS, "SKIPPED: the library has no models")
    def test_sentences(self):
        said = self.example("sentences.py", str(VECTORS / "encoder"), "the bank", "the bank", "we sat by the water")
        self.assertTrue(said.startswith(" 1.0000  the bank\n"), said)

    def test_every_example_has_a_test(self):
        for path in (PACKAGE / "examples").glob("*.py"):
            self.assertTrue(hasattr(self, "test_" + pathlib.Path(path).stem), path)


if __name__ == "__main__":
    unittest.main()
