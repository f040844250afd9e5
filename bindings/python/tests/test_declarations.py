"""The declarations are those of the library.

SPDX-License-Identifier: MIT"""
import ctypes
import unittest

from support import MODELS, selfattn
from selfattn import _declarations
from selfattn._library import lib, version_text


def ask(name):
    value = ctypes.c_int64()
    status = lib.sa_constant(name.encode(), ctypes.byref(value))
    return None if status else value.value


class Declarations(unittest.TestCase):
    def expect(self, name, value):
        found = ask(name)
        if found is None and not MODELS:
            return
        self.assertEqual(found, value, name)

    def test_constants(self):
        for name, value in _declarations.constants.items():
            if not name.startswith("SA_VERSION"):  # the library may be newer
                self.expect(name, value)
        self.assertEqual(selfattn.__version__, version_text(_declarations.NEEDED_VERSION))

    def test_structs(self):
        for name, made in _declarations.structs.items():
            # The library's may be longer: it is newer.
            size = ask(f"sizeof({name})")
            if size is None and not MODELS:
                continue
            self.assertLessEqual(ctypes.sizeof(made), size, name)
            for field, _ in made._fields_:
                place = getattr(made, field)
                self.expect(f"{name}.{field}", place.offset)
                self.expect(f"sizeof({name}.{field})", place.size)

    def test_what_is_unknown_comes_at_the_end(self):
        """Names that only the library has are new; a field of a known struct stands behind those that are known."""
        index = 0
        while True:
            name = lib.sa_constant_name(index)
            if name is None:
                break
            name, index = name.decode(), index + 1
            struct, _, field = name.partition(".")
            known = _declarations.structs.get(struct)
            if known is not None and field and not hasattr(known, field):
                self.assertGreaterEqual(ask(name), ctypes.sizeof(known), name)
        self.assertGreater(index, 300)

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_functions(self):
        for name, _, _ in _declarations.functions():
            self.assertIsNotNone(getattr(lib, name))


if __name__ == "__main__":
    unittest.main()
