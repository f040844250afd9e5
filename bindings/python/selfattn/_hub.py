"""Where programs of Hugging Face and PyTorch keep the models that they downloaded. Nothing is downloaded here.

SPDX-License-Identifier: MIT"""
from __future__ import annotations

import os
from typing import Iterator, List, Optional, Union


def _first(*names: str) -> Optional[str]:
    """The first of these variables of the environment that is set."""
    return next((os.environ[name] for name in names if os.environ.get(name)), None)


def roots(cache_folder: Union[str, os.PathLike, None] = None) -> List[str]:
    """The folders with caches; cache_folder alone, if it is given."""
    chosen = os.fspath(cache_folder) if cache_folder else _first("SENTENCE_TRANSFORMERS_HOME")
    if chosen:
        return [os.path.expanduser(chosen)]
    cache = _first("XDG_CACHE_HOME") or "~/.cache"
    hub = _first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") or os.path.join(
        _first("HF_HOME") or os.path.join(cache, "huggingface"), "hub")
    torch = os.path.join(_first("TORCH_HOME") or os.path.join(cache, "torch"), "sentence_transformers")
    return [os.path.expanduser(hub), os.path.expanduser(torch)]


def places(name: str, cache_folder=None, revision: Optional[str] = None) -> Iterator[str]:
    """Where the model could be, by the layouts of huggingface_hub and of older sentence-transformers. A name without an
    organisation is one of sentence-transformers first."""
    names = [name] if "/" in name else ["sentence-transformers/" + name, name]
    for root in roots(cache_folder):
        for whole in names:
            folder = os.path.join(root, "models--" + whole.replace("/", "--"))
            yield os.path.join(folder, "snapshots", _commit(folder, revision or "main"))
            yield os.path.join(root, whole.replace("/", "_"))


def _commit(folder: str, revision: str) -> str:
    """The commit that a branch or tag had when it was downloaded; a commit is itself."""
    try:
        with open(os.path.join(folder, "refs", revision), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return revision


def find(name: Union[str, os.PathLike], cache_folder=None, revision: Optional[str] = None) -> str:
    """The path of a model: a file or folder, or a name on the hub that is in a cache."""
    path = os.fspath(name)
    if os.path.exists(path):
        return path
    looked = list(places(path, cache_folder, revision))
    found = next((place for place in looked if os.path.isfile(os.path.join(place, "config.json"))), None)
    if found is None:
        raise FileNotFoundError(
            f"{path} is no file or folder, and no cache has it. Looked at:\n" + "\n".join("  " + p for p in looked)
            + "\nNothing is downloaded: give the folder of a model or a cache (cache_folder, HF_HUB_CACHE, HF_HOME)")
    return found
