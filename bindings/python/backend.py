"""Makes wheels and source archives of this package: PEP 517 and 660, with nothing but Python.

SPDX-License-Identifier: MIT"""
import base64
import hashlib
import io
import pathlib
import re
import tarfile
import zipfile

HERE = pathlib.Path(__file__).resolve().parent
VERSION = re.search(r'__version__ = "(.*)"', (HERE / "selfattn" / "__init__.py").read_text(encoding="utf-8")).group(1)
NAME = f"selfattn-{VERSION}"
WHEEL = f"{NAME}-py3-none-any.whl"
METADATA = f"""Metadata-Version: 2.1
Name: selfattn
Version: {VERSION}
Summary: Self-attention and trained transformers on CPUs: bindings of libselfattn
License: MIT
Requires-Python: >=3.8
Provides-Extra: numpy
Requires-Dist: numpy; extra == "numpy"
Description-Content-Type: text/markdown

"""
TAGS = "Wheel-Version: 1.0\nGenerator: selfattn\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
SOURCES = ["README.md", "backend.py", "pyproject.toml", "selfattn/py.typed"]


def _metadata():
    return METADATA + (HERE / "README.md").read_text(encoding="utf-8")


def _package():
    """Names and contents of the package's files; a library beside them goes along."""
    for path in sorted((HERE / "selfattn").iterdir()):
        if path.suffix == ".py" or path.name == "py.typed" or ".so" in path.suffixes:
            yield f"selfattn/{path.name}", path.read_bytes()


def _write_wheel(folder, files):
    info = f"{NAME}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = _metadata().encode()
    files[f"{info}/WHEEL"] = TAGS.encode()
    record = ""
    with zipfile.ZipFile(pathlib.Path(folder) / WHEEL, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, content in files.items():
            # The earliest time that the format has: the same files make the same wheel.
            wheel.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
            record += f"{name},sha256={digest},{len(content)}\n"
        wheel.writestr(zipfile.ZipInfo(f"{info}/RECORD", (1980, 1, 1, 0, 0, 0)), record + f"{info}/RECORD,,\n")
    return WHEEL


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, _package())


def build_editable(wheel_directory, config_settings=None, metadata_directory=None):
    return _write_wheel(wheel_directory, {"selfattn.pth": f"{HERE}\n".encode()})


def build_sdist(sdist_directory, config_settings=None):
    files = dict(_package(), **{name: (HERE / name).read_bytes() for name in SOURCES})
    files["PKG-INFO"] = _metadata().encode()
    with tarfile.open(pathlib.Path(sdist_directory) / f"{NAME}.tar.gz", "w:gz", format=tarfile.PAX_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(f"{NAME}/{name}")
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return f"{NAME}.tar.gz"
