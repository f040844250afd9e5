"""What the selfattn program says to command lines that are wrong, or ask for help.

SPDX-License-Identifier: MIT"""
import subprocess
import tempfile
import unittest

from run import PROGRAM, run

# Command lines that make no sense, each with what has to be in the message.
MISTAKES = [
    ([], "a command is missing"),
    (["fly"], 'there is no command "fly"'),
    (["attend"], "an argument is missing"),
    (["attend", "m"], "an argument is missing"),
    (["attend", "m", "a", "b"], '"b" is one argument too many'),
    (["attend", "m", "a", "--wings"], "--wings: unknown option"),
    (["attend", "m", "a", "--layer"], "--layer: missing argument"),
    (["attend", "m", "a", "--layer", "x"], "x: invalid numeric value"),
    (["attend", "m", "a", "--top", "0"], "--top is 0"),
    (["attend", "m", "a", "--nth", "2"], "--nth needs --word"),
    (["attend", "m", "a", "--word", "a", "--nth", "0"], "--nth is 0"),
    (["attend", "m", "a", "--heatmap", "x.png"], "--heatmap needs --layer and --head"),
    (["attend", "m", "a", "--layer", "1", "--arcs", "x.png"], "--arcs needs --layer and --word"),
    (["attend", "m", "a", "--layer", "1", "--head", "1", "--heatmap", "x.gif"], '"x.gif" ends neither in .png'),
    (["search", "m", "a"], "--query is missing"),
    (["search", "m", "a", "--query", "q", "--top", "-1"], "--top is -1"),
    (["tokens", "m"], "an argument is missing"),
    (["info"], "an argument is missing"),
]


class Usage(unittest.TestCase):
    def test_mistakes_are_named_with_status_2(self):
        for arguments, message in MISTAKES:
            with self.subTest(arguments=arguments):
                self.assertIn(message, run(*arguments, status=2))

    def test_help(self):
        for command in [["--help"], ["attend", "--help"], ["search", "--help"], ["tokens", "--help"], ["info", "--help"]]:
            with self.subTest(command=command):
                self.assertIn("Usage: selfattn", run(*command))

    def test_version(self):
        self.assertRegex(run("--version"), r"^selfattn \d+\.\d+\.\d+\n")

    def test_a_model_that_is_absent_is_named_with_status_1(self):
        with tempfile.TemporaryDirectory() as empty:
            for command in [["attend", empty, "a"], ["search", empty, "--query", "a", "b"], ["tokens", empty, "a"], ["info", empty]]:
                with self.subTest(command=command):
                    self.assertIn(empty, run(*command, status=1))

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
