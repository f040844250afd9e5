"""The package installs without network and compiler.

SPDX-License-Identifier: MIT"""
import importlib.util
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

from support import PACKAGE, selfattn


def backend():
    spec = importlib.util.spec_from_file_location("backend", PACKAGE / "backend.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)

    def test_wheel(self):
        name = backend().build_wheel(self.folder)
        with zipfile.ZipFile(self.folder / name) as wheel:
            names = wheel.namelist()
            self.assertEqual(wheel.testzip(), None)
            record = wheel.read([n for n in names if n.endswith("RECORD")][0]).decode()
        for path in (PACKAGE / "selfattn").glob("*.py"):
            self.assertIn(f"selfattn/{path.name}", names)
        self.assertIn("selfattn/py.typed", names)
        self.assertEqual(len(record.splitlines()), len(names))
        self.assertIn(selfattn.__version__, name)

    def test_the_same_files_make_the_same_wheel(self):
        name = backend().build_wheel(self.folder)
        first = (self.folder / name).read_bytes()
        backend().build_wheel(self.folder)
        self.assertEqual((self.folder / name).read_bytes(), first)

    def test_source_archive(self):
        name = backend().build_sdist(self.folder)
        with tarfile.open(self.folder / name) as archive:
            names = {pathlib.PurePath(n).name for n in archive.getnames()}
        self.assertLessEqual({"pyproject.toml", "backend.py", "README.md", "__init__.py", "PKG-INFO"}, names)

    def pip(self, *arguments):
        if importlib.util.find_spec("pip") is None:
            self.skipTest("SKIPPED: no pip")
        environment = dict(os.environ, PIP_NO_INDEX="1", PIP_DISABLE_PIP_VERSION_CHECK="1", PIP_NO_CACHE_DIR="1")
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--target", self.folder / "site", *arguments],
                              env=environment, capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        environment.update(PYTHONPATH=str(self.folder / "site"), SELFATTN_LIBRARY=selfattn._library.lib.loaded._name)
        code = "import selfattn; x = selfattn.array([[[[1, 2]]]]); print(selfattn.attention(x, x, x).tolist())"
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True,
                              check=False, cwd=self.folder)
        self.assertEqual(done.stdout, "[[[[1.0, 2.0]]]]\n", done.stderr)

    def test_pip(self):
        self.pip(PACKAGE)

    def test_pip_without_isolation(self):
        self.pip("--no-build-isolation", PACKAGE)


if __name__ == "__main__":
    unittest.main()
