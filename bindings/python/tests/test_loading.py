"""Loading that fails says what was looked at and what to do.

SPDX-License-Identifier: MIT"""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from support import MODELS, PACKAGE, selfattn


def load(library, path=PACKAGE):
    """What `import selfattn` says with this value of SELFATTN_LIBRARY (None: unset)."""
    environment = dict(os.environ, PYTHONPATH=str(path), PYTHONDONTWRITEBYTECODE="1", LD_LIBRARY_PATH="")
    environment.pop("SELFATTN_LIBRARY", None)
    if library is not None:
        environment["SELFATTN_LIBRARY"] = str(library)
    done = subprocess.run([sys.executable, "-c", "import selfattn"], env=environment, capture_output=True, text=True,
                          check=False, cwd=path)
    return done.stderr


class Loading(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def compile(self, source, *options):
        compiler = os.environ.get("CC") or shutil.which("cc")
        if compiler is None:
            self.skipTest("SKIPPED: no C compiler, which makes libraries that cannot be used")
        (self.folder / "other.c").write_text(source)
        made = self.folder / "libother.so"
        subprocess.run([compiler, "-shared", "-fPIC", "-o", made, self.folder / "other.c", *options], check=True)
        return made

    def test_the_path_in_the_environment_is_the_only_one(self):
        said = load("/no/such/library.so")
        for part in ("LibraryNotFound", "/no/such/library.so", "SELFATTN_LIBRARY", "No such file"):
            self.assertIn(part, said)
        self.assertNotIn("/usr/local", said)

    def test_every_path_is_named(self):
        shutil.copytree(PACKAGE / "selfattn", self.folder / "selfattn")
        said = load(None, self.folder)
        if not said:
            self.skipTest("SKIPPED: the system's loader finds an installed library")
        for part in (str(self.folder / "selfattn"), "libselfattn.so.0", "/usr/local/lib", "cmake --install",
                     "SELFATTN_LIBRARY"):
            self.assertIn(part, said)

    def test_another_library(self):
        self.assertIn("is not libselfattn", load(self.compile("int nothing;")))

    def test_an_older_library(self):
        said = load(self.compile("int sa_version(void) { return 9; }"))
        self.assertIn(f"is libselfattn 0.0.9; this package needs {selfattn.__version__}", said)

    def test_a_missing_function(self):
        said = load(self.compile("int sa_version(void) { return 2000000; }"))
        self.assertIn("is libselfattn 2.0.0 and has no sa_", said)

    @unittest.skipIf(MODELS, "the library has models")
    def test_a_library_without_models(self):
        for work in (selfattn.Model, selfattn.Tokenizer):
            with self.assertRaisesRegex(selfattn.UnsupportedError, "has no sa_.*models no"):
                work("anything")

    def test_a_missing_dependency(self):
        dependency = self.compile("int dependency;", "-Wl,-soname,libdependency.so.7")
        moved = dependency.rename(self.folder / "libmoved.so")
        said = load(self.compile("extern int dependency; int *use(void) { return &dependency; }", str(moved)))
        self.assertIn("it needs libdependency.so.7, which is missing", said)


if __name__ == "__main__":
    unittest.main()
