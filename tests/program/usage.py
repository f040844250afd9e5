"""What the selfattn program says to command lines that are wrong, or ask for help.

SPDX-License-Identifier: MIT"""
import os
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
    (["page"], "an argument is missing"),
    (["page", "m", "--layer", "x"], "x: invalid numeric value"),
    (["search", "m", "a"], "--query is missing"),
    (["search", "m", "a", "--query", "q", "--top", "-1"], "--top is -1"),
    (["search", "m", "--folder", "d"], "need --index"),
    (["search", "m", "a", "--index", "i", "--query", "q"], "not sentences"),
    (["search", "m", "--index", "i", "--query", "q", "--int8"], "--int8 needs --folder"),
    (["tokens", "m"], "an argument is missing"),
    (["info"], "an argument is missing"),
    (["info", "m", "--precision", "exact"], '--precision is "exact"'),
    (["generate", "m"], "an argument is missing"),
    (["generate", "m", "a", "--max-tokens", "0"], "--max-tokens is 0"),
    (["generate", "m", "a", "--top-k", "-1"], "--top-k is -1"),
    (["generate", "m", "a", "--stop", ""], "--stop is empty"),
    (["generate", "m", "a", "--beams", "-2"], "--beams is -2"),
    (["generate", "m", "a", "--beams", "100000"], "--beams is 100000, must be 1 to 256"),
    (["generate", "m", "a", "--temperature", "-1"], "--temperature is -1, must be 0 or more"),
    (["generate", "m", "a", "--temperature", "nan"], "--temperature is nan"),
    (["generate", "m", "a", "--top-p", "1.5"], "--top-p is 1.5, must be 0 to 1"),
    (["generate", "m", "a", "--min-p", "-0.5"], "--min-p is -0.5"),
    (["generate", "m", "a", "--weights", "q3"], '--weights is "q3", must be f32, f16, bf16, q8_0'),
    (["quantize", "m", "a", "--to", "q9"], '--to is "q9", must be f32, f16, bf16, q8_0'),
    (["quantize", "m"], "an argument is missing"),
    (["chat", "m", "--repeat-penalty", "-1"], "--repeat-penalty is -1"),
    (["help", "fly"], 'there is no command "fly"'),
    (["generate", "m", "a", "--beams", "2", "--stop", "x"], "--beams cannot be combined"),
    (["generate", "m", "a", "--beams", "2", "--temperature", "1"], "--beams cannot be combined"),
    (["generate", "m", "a", "--beams", "2", "--repeat-penalty", "2"], "--beams cannot be combined"),
    (["generate", "m", "a", "--early-stopping", "true"], "--early-stopping needs --beams"),
    (["translate", "m", "--early-stopping", "maybe"], '--early-stopping is "maybe", must be never, true or false'),
    (["generate", "m", "a", "--model-defaults", "--max-tokens", "-1"], "--max-tokens is -1"),
    (["generate", "m", "a", "--length-penalty", "1"], "--length-penalty needs --beams"),
    (["generate", "m", "a", "--top-k", "2"], "--top-k needs --temperature"),
    (["generate", "m", "a", "--top-p", "0.5"], "--top-p needs --temperature"),
    (["generate", "m", "a", "--min-p", "0.5"], "--min-p needs --temperature"),
    (["generate", "m", "a", "--map", "x.gif"], '"x.gif" ends neither in .png'),
    (["generate", "m", "a", "--layer", "1"], "--layer and --head need --map"),
    (["chat"], "an argument is missing"),
    (["chat", "m", "a"], '"a" is one argument too many'),
    (["transcribe", "m"], "an argument is missing"),
    (["transcribe", "m", "a.wav", "--task", "sing"], '--task is "sing", must be transcribe or translate'),
    (["transcribe", "m", "a.wav", "--srt", "--json"], "--srt and --json cannot be combined"),
    (["score", "m"], "TEXT is missing"),
    (["score", "m", "a", "--file", "b"], "TEXT and --file are given"),
    (["score", "m", "a", "--context", "1"], "--context is 1, must be at least 2"),
    (["score", "m", "a", "--stride", "0"], "--stride is 0"),
    (["score", "m", "a", "--picture", "x"], '"x" ends neither in .png'),
    (["fill"], "an argument is missing"),
    (["fill", "m", "a", "--top", "0"], "--top is 0"),
    (["chat", "m", "--render", "f", "--resume", "g"], "--render needs neither --resume nor --prefix"),
    (["answer"], "an argument is missing"),
    (["answer", "m", "a"], "--question is missing"),
    (["classify"], "an argument is missing"),
    (["classify", "m", "a", "--top", "0"], "--top is 0"),
    (["summarize", "m"], "an argument is missing"),
    (["summarize", "m", "f", "--sentences", "0"], "--sentences is 0"),
    (["summarize", "m", "f", "--beams", "65"], "--beams is 65, must be 1 to 64"),
    (["summarize", "m", "f", "--max-tokens", "0"], "--max-tokens is 0"),
    (["translate"], "an argument is missing"),
    (["translate", "m", "a", "--beams", "0"], "--beams is 0, must be 1 to 64"),
    (["translate", "m", "a", "--max-tokens", "0"], "--max-tokens is 0"),
    (["translate", "m", "a", "--length-penalty", "inf"], "--length-penalty is inf, must be finite"),
    (["translate", "m", "a", "--file", "b"], "TEXT and --file are given"),
    (["translate", "m", "a", "--head", "1"], "--layer and --head need --align"),
    (["translate", "m", "a", "--align", "x"], '"x" ends neither in .png'),
    (["translate", "m", "a", "b", "--align", "x.png"], "--align draws one TEXT, 2 are given"),
    (["look", "m"], "an argument is missing"),
    (["look", "m", "a.png", "--top", "-1"], "--top is -1"),
    (["look", "m", "a.png", "--output", "x"], '"x" ends neither in .png'),
]


class Usage(unittest.TestCase):
    def test_mistakes_are_named_with_status_2(self):
        for arguments, message in MISTAKES:
            with self.subTest(arguments=arguments):
                self.assertIn(message, run(*arguments, status=2))

    def test_help(self):
        for command in ([], ["attend"], ["search"], ["tokens"], ["generate"], ["chat"], ["look"], ["info"],
                        ["quantize"], ["page"]):
            with self.subTest(command=command):
                self.assertIn("Usage: selfattn", run(*command, "--help"))
                self.assertEqual(run("help", *command), run(*command, "--help"))
        self.assertEqual(run("-h"), run("--help"))
        commands = ("attend", "search", "tokens", "info", "look", "quantize", "page")
        self.assertNotIn("MODEL_DIR", "".join(run("help", command) for command in commands))

    def test_version(self):
        self.assertRegex(run("--version"), r"^selfattn \d+\.\d+\.\d+\n")

    def test_a_model_that_is_absent_is_named_with_status_1(self):
        with tempfile.TemporaryDirectory() as empty:
            for command in [["attend", empty, "a"], ["search", empty, "--query", "a", "b"], ["tokens", empty, "a"],
                            ["info", empty], ["quantize", empty, os.path.join(empty, "a.gguf")],
                            ["generate", empty, "a"], ["chat", empty], ["look", empty, "a.png"]]:
                with self.subTest(command=command):
                    self.assertIn(empty, run(*command, status=1))

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w", encoding="utf-8") as full:
            done = subprocess.run([PROGRAM, "--version"], stdout=full, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"cannot be written", done.stderr)


if __name__ == "__main__":
    unittest.main()
