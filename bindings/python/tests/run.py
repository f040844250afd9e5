"""Runs all tests, and says by name what was skipped.

SPDX-License-Identifier: MIT"""
import pathlib
import sys
import unittest

from support import numpy, selfattn


def main():
    print(f"Python {sys.version.split()[0]}, {'NumPy ' + numpy.__version__ if numpy else 'no NumPy'}; "
          f"{selfattn.build_info()}")
    suite = unittest.defaultTestLoader.discover(str(pathlib.Path(__file__).parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=1).run(suite)
    for test, why in result.skipped:
        print(f"{test.id()}: {why}")
    if not result.wasSuccessful():
        return 1
    return 77 if len(result.skipped) == result.testsRun else 0


if __name__ == "__main__":
    sys.exit(main())
