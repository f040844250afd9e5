"""scripts/learn-text and scripts/learn-numbers with fewer updates: a language model from nothing but a text, and an
encoder with a decoder from pairs, reach what docs/training.md says.

SPDX-License-Identifier: MIT"""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "scripts"


def learn(script, updates):
    """What the script says, and the loss of what was not learned."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([SCRIPTS / script, folder], env=dict(os.environ, UPDATES=str(updates)), text=True,
                              capture_output=True, timeout=1500, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, float(re.search(rf"{updates} updates, loss \S+, test (\S+)", done.stdout).group(1))


class Learn(unittest.TestCase):
    @unittest.skipUnless(shutil.which("bible"), "needs bible (Debian: bible-kjv)")
    def test_a_text(self):
        said, loss = learn("learn-text", 100)
        # 7.6 is what knows nothing has, 5.7 what knows how frequent each token is.
        self.assertLess(loss, 5.2)
        self.assertIn("And the LORD said unto", said)

    def test_numbers_in_two_languages(self):
        said, loss = learn("learn-numbers", 300)
        self.assertLess(loss, 0.1)
        self.assertGreaterEqual(int(re.search(r"(\d+) of 500 are right", said).group(1)), 450)


if __name__ == "__main__":
    unittest.main()
