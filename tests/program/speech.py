"""Whisper-tiny listens to the synthesiser espeak-ng. Skipped where either is absent.

SPDX-License-Identifier: MIT"""
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

from run import run, run_json

MODEL = os.environ.get("SELFATTN_WHISPER") or os.path.join(
    os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "selfattn", "whisper")
TEXT = "The quick brown fox jumps over the lazy dog. "


class Speech(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()

    def tearDown(self):
        self.folder.cleanup()

    def say(self, text):
        path = os.path.join(self.folder.name, "said.wav")
        subprocess.run(["espeak-ng", "-v", "en", "-w", path, text], check=True, timeout=60)
        return path

    def test_a_sentence(self):
        answer = run_json("transcribe", MODEL, self.say(TEXT))
        self.assertIn("quick brown fox", answer["text"])
        self.assertIn("lazy dog", answer["text"])
        self.assertEqual(answer["language"], "en")

    def test_more_than_a_window(self):
        answer = run_json("transcribe", MODEL, self.say(14 * TEXT))
        self.assertGreater(answer["duration"], 30)
        self.assertGreater(answer["text"].count("quick brown fox"), 10)
        begins = [segment["begin"] for segment in answer["segments"]]
        self.assertEqual(begins, sorted(begins))
        self.assertGreater(len(answer["windows"]), 1)

    def test_subtitles(self):
        self.assertRegex(run("transcribe", MODEL, self.say(TEXT), "--srt"),
                         r"^1\n00:00:00,0.0 --> 00:00:0.,...\n.*fox")


if __name__ == "__main__":
    for what, there in ((f"{MODEL} is not there", os.path.isdir(MODEL)),
                        ("there is no espeak-ng", shutil.which("espeak-ng"))):
        if not there:
            print(f"SKIPPED: {what}")
            sys.exit(77)
    unittest.main()
