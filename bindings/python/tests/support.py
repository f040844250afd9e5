"""What the tests share: the vectors, and comparison.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
PACKAGE = HERE.parent
ROOT = PACKAGE.parent.parent
VECTORS = pathlib.Path(os.environ.get("SELFATTN_VECTORS", ROOT / "bindings" / "vectors"))
if os.environ.get("SELFATTN_WITHOUT_NUMPY"):
    sys.modules["numpy"] = None
sys.path.insert(0, str(PACKAGE))

import selfattn  # noqa: E402  (the path has to be set first)

TABLE = json.loads((VECTORS / "vectors.json").read_text(encoding="utf-8"))
MODELS = "models yes" in selfattn.build_info()
assert MODELS or os.environ.get("SELFATTN_MODELS") != "ON", "this library was built without models"

try:
    import numpy
except ImportError:
    numpy = None


def nested(entry):
    """{"shape", "data"} as nested lists; null is -infinity."""
    data = iter(entry["data"])

    def part(shape):
        if not shape:
            value = next(data)
            return -math.inf if value is None else value
        return [part(shape[1:]) for _ in range(shape[0])]

    return part(entry["shape"])


def flat(x):
    x = x.tolist() if hasattr(x, "tolist") else x
    return [y for part in x for y in flat(part)] if isinstance(x, (list, tuple)) else [x]


def shape_of(x):
    return list(x.shape)


def make(entry, dtype="float32"):
    """An array of the kind that this Python has."""
    made = selfattn.array(nested(entry), dtype)
    return numpy.array(made) if numpy else made


def same(test, found, entry, tolerance=TABLE["tolerance"]):
    """Compares an array with an entry of the table."""
    test.assertEqual(shape_of(found), entry["shape"])
    for i, (got, want) in enumerate(zip(flat(found), entry["data"])):
        want = -math.inf if want is None else want
        test.assertTrue(got == want or abs(got - want) <= tolerance, f"number {i} is {got}, want {want}")
