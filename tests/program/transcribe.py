"""What selfattn transcribe says about recordings, with a model of speech made for it, which hears the same text in
every window of 1.6 s.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import random
import shutil
import subprocess
import tempfile
import unittest

import tiny
from run import PROGRAM, run, run_json

# Places 0, 1, 2 are the start token, the language and the task; with times, the text begins behind place 2.
SCRIPT = [(0, "en"), (3, " the"), (4, " cat"), (5, "end")]
TIMES = [(0, "en"), (2, "<0>"), (3, " the"), (4, " cat"), (5, "<3>"), (6, "<3>"), (7, " sat"), (8, "<8>"), (9, "end")]


def tone(seconds, rate=100, channels=1):
    return [0.3 * math.sin(0.1 + 9.0 * i / rate) for i in range(round(seconds * rate)) for _ in range(channels)]


class Transcribe(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.model = self.folder.name
        tiny.write_speech(self.model, SCRIPT)

    def tearDown(self):
        self.folder.cleanup()

    def sound(self, content, name="a.wav"):
        path = os.path.join(self.model, name)
        with open(path, "wb") as file:
            file.write(content)
        return path

    def test_text(self):
        path = self.sound(tiny.wave_bytes(tone(1)))
        self.assertEqual(run("transcribe", self.model, path), "the cat\n")
        answer = run_json("transcribe", self.model, path)
        self.assertEqual((answer["text"], answer["language"], answer["duration"]), (" the cat", "en", 1))
        self.assertGreater(answer["language_probability"], 0.99)
        self.assertGreater(answer["real_time_factor"], 0)
        self.assertEqual([w["kind"] for w in answer["windows"]], ["text"])
        self.assertEqual((answer["segments"][0]["begin"], answer["segments"][0]["end"]), (0, 1))
        self.assertEqual(answer["segments"][0]["ids"], answer["windows"][0]["ids"][:-1])

    def test_a_beginning(self):
        """Two spaces and two letters are at places 4 to 7, in place of what the script has there."""
        tiny.write_speech(self.model, [(0, "en"), (3, " sat"), (4, "end"), (7, " the"), (8, "end")])
        path = self.sound(tiny.wave_bytes(tone(1)))
        self.assertEqual(run("transcribe", self.model, path), "sat\n")
        self.assertEqual(run("transcribe", self.model, path, "--prefix", "on"), "on the\n")

    def test_times_and_subtitles(self):
        tiny.write_speech(self.model, TIMES)
        path = self.sound(tiny.wave_bytes(tone(1.6)))
        self.assertEqual(run("transcribe", self.model, path, "--timestamps"),
                         "[00:00:00.000 --> 00:00:00.480]  the cat\n[00:00:00.480 --> 00:00:01.280]  sat\n")
        self.assertEqual(run("transcribe", self.model, path, "--srt"),
                         "1\n00:00:00,000 --> 00:00:00,480\nthe cat\n\n2\n00:00:00,480 --> 00:00:01,280\nsat\n\n")

    def test_long_sound(self):
        answer = run_json("transcribe", self.model, self.sound(tiny.wave_bytes(tone(16))), "--language", "de")
        self.assertEqual(answer["duration"], 16)
        self.assertEqual(len(answer["windows"]), 10)
        self.assertEqual(answer["language"], "de")
        self.assertNotIn("language_probability", answer)

    def test_every_rate_and_number_of_channels(self):
        for rate, channels in [(100, 2), (50, 1), (123, 3), (8000, 2), (16000, 1), (25600, 1), (1, 1)]:
            with self.subTest(rate=rate, channels=channels):
                path = self.sound(tiny.wave_bytes(tone(2, rate, channels), rate, channels))
                answer = run_json("transcribe", self.model, path)
                self.assertEqual(answer["duration"], 2)
                self.assertAlmostEqual(answer["windows"][-1]["end"], 2, delta=0.1 if rate > 1 else 1)
        path = self.sound(tiny.wave_bytes(tone(0.1, 30000), 30000))
        self.assertIn("30000 samples per second cannot become 100", run("transcribe", self.model, path, status=1))

    def test_samples_of_every_kind(self):
        for bits, kind in [(16, 1), (24, 1), (32, 1), (32, 3)]:
            with self.subTest(bits=bits, kind=kind):
                path = self.sound(tiny.wave_bytes(tone(1), bits=bits, kind=kind))
                self.assertEqual(run("transcribe", self.model, path), "the cat\n")

    def test_opposite_channels_are_silence(self):
        frames = [x * sign for x in tone(1) for sign in (1, -1)]
        answer = run_json("transcribe", self.model, self.sound(tiny.wave_bytes(frames, channels=2, bits=32, kind=3)))
        self.assertEqual([w["kind"] for w in answer["windows"]], ["silent"])

    def test_standard_input(self):
        done = subprocess.run([PROGRAM, "transcribe", self.model, "-"], input=tiny.wave_bytes(tone(1)),
                              capture_output=True, timeout=300, check=True)
        self.assertEqual(done.stdout, b"the cat\n")
        self.assertIn("standard input", run("transcribe", self.model, "-", given="x", status=1))

    def test_next_to_nothing(self):
        for frames in ([], [0.5], [0.0] * 500):
            with self.subTest(frames=len(frames)):
                path = self.sound(tiny.wave_bytes(frames))
                self.assertEqual(run("transcribe", self.model, path), "")
                self.assertEqual(run_json("transcribe", self.model, path)["segments"], [])

    def test_files_that_lie(self):
        """What is there is heard; what the header claims is not believed."""
        whole = tiny.wave_bytes(tone(1))
        for content in (whole[:-50], tiny.wave_bytes(tone(1), claimed=2**32 - 1),
                        tiny.wave_bytes(tone(1), claimed=2**31), whole[:45]):
            with self.subTest(size=len(content)):
                self.assertLess(run_json("transcribe", self.model, self.sound(content))["duration"], 1.001)

    def test_files_that_are_no_recordings(self):
        nan = tiny.wave_bytes(tone(0.5) + [float("nan")] + tone(0.4), kind=3, bits=32)
        for content, message in [(b"", "a.wav"), (b"RIFF", "a.wav"), (os.urandom(2000), "a.wav"),
                                 (tiny.wave_bytes(tone(1))[:20], "a.wav"), (tiny.wave_bytes([], rate=0), "a.wav"),
                                 (tiny.wave_bytes(tone(1), channels=0), "a.wav"),
                                 (tiny.wave_bytes(tone(1), channels=5000), "a.wav"),
                                 (nan, "samples[50] is nan")]:
            with self.subTest(message=message, size=len(content)):
                self.assertIn(message, run("transcribe", self.model, self.sound(content), status=1))
        self.assertIn("/nonexistent", run("transcribe", self.model, "/nonexistent", status=1))
        self.assertIn(self.model, run("transcribe", self.model, self.model, status=1))

    def test_damaged_headers(self):
        """Each byte of a header set to 0, 1, 127 and 255: an answer or a sentence, and no more than a few seconds."""
        whole = tiny.wave_bytes(tone(0.2))
        for at in range(44):
            for value in (0, 255) if at % 4 else (1, 127):
                path = self.sound(whole[:at] + bytes([value]) + whole[at + 1:])
                done = subprocess.run([PROGRAM, "transcribe", self.model, path], capture_output=True, timeout=60,
                                      check=False, env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
                self.assertIn(done.returncode, (0, 1), (at, value, done.stderr))

    def test_prompts(self):
        """A prompt stands before the start token, and so moves the text to other places."""
        tiny.write_speech(self.model, SCRIPT + [(i, " dog") for i in range(6, 25)] + [(25, "end")])
        path = self.sound(tiny.wave_bytes(tone(1)))
        said = [run("transcribe", self.model, path, "--language", "en", *more)
                for more in ([], ["--prompt", "the mat"], ["--prompt", "the mat and"])]
        self.assertEqual(said[0], "the cat\n")
        self.assertTrue(said[1].startswith("dog dog"))
        self.assertGreater(said[1].count("dog"), said[2].count("dog"))

    def test_letters(self):
        """A tiny wav2vec 2.0 to which every frame sounds like the same letter: a letter held is written once."""
        data = os.path.join(os.path.dirname(__file__), "..", "data", "architectures", "wav2vec2")
        path = self.sound(tiny.wave_bytes(tone(1)))
        for letter, said in (("A", "A\n"), ("|", " \n"), ("<pad>", "\n"), ("<unk>", "\n")):
            with tempfile.TemporaryDirectory() as folder, self.subTest(letter=letter):
                tiny.write_letters(folder, data, ["<pad>", "|", "A", "B", "<unk>"], letter)
                self.assertEqual(run("transcribe", folder, path), said)
                self.assertEqual(run_json("transcribe", folder, path)["duration"], 1)
                self.assertEqual(run("transcribe", folder, self.sound(tiny.wave_bytes([0.5]), "b.wav")), "\n")
                self.assertIn("hears letters", run("transcribe", folder, path, "--srt", status=2))
                with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as file:
                    json.dump({"A": 5}, file)
                self.assertIn('"A" has no number of its own', run("transcribe", folder, path, status=1))
                os.remove(os.path.join(folder, "vocab.json"))
                self.assertIn("vocab.json", run("transcribe", folder, path, status=1))

    def test_letters_of_long_sound(self):
        """Windows are put together to what is heard at once. The model hears each place for itself, and the sound has
        the same mean everywhere; the same samples at 100 times the rate are one window."""
        rng, said = random.Random(5), []
        data = os.path.join(os.path.dirname(__file__), "..", "data", "architectures", "wav2vec2")
        samples = [rng.uniform(-1, 1) for _ in range(600)] * 7
        fading = [x if i < 2000 else x / 50 for i, x in enumerate(samples)]
        with tempfile.TemporaryDirectory() as folder:
            tiny.write_letters(folder, data, ["<pad>", "|", "A", "B", "<unk>"], None, rng)
            for rate in (60, 6000):
                with open(os.path.join(folder, "preprocessor_config.json"), "w", encoding="utf-8") as file:
                    json.dump({"sampling_rate": rate, "do_normalize": True}, file)
                for sound in (samples, fading):
                    answer = run_json("transcribe", folder, self.sound(tiny.wave_bytes(sound, rate)))
                    self.assertEqual(answer["duration"], 4200 / rate)
                    said.append(answer["text"])
        self.assertEqual(said[0], said[2])
        self.assertNotEqual(said[1], said[3])  # what is quiet is made loud in its own window
        self.assertGreater(len(said[0]), 100)

    def test_letters_that_no_file_names(self):
        data = os.path.join(os.path.dirname(__file__), "..", "data", "architectures", "wav2vec2")
        path = self.sound(tiny.wave_bytes(tone(1)))
        with tempfile.TemporaryDirectory() as folder:
            tiny.write_letters(folder, data, ["<pad>", "A"], "A")
            for content, sentence in ((["<pad>", "A"], "vocab.json: is not an object"),
                                      ({}, "vocab.json names no letters"), ({"eng": {"A": 1}}, "no number of its own")):
                with open(os.path.join(folder, "vocab.json"), "w", encoding="utf-8") as file:
                    json.dump(content, file)
                self.assertIn(sentence, run("transcribe", folder, path, status=1))

    def test_options_that_make_no_sense(self):
        path = self.sound(tiny.wave_bytes(tone(1)))
        self.assertIn("must be one of en de", run("transcribe", self.model, path, "--language", "xx", status=2))
        self.assertIn('--task is "sing"', run("transcribe", self.model, path, "--task", "sing", status=2))
        self.assertIn("--srt and --json", run("transcribe", self.model, path, "--srt", "--json", status=2))
        self.assertIn("an argument is missing", run("transcribe", self.model, status=2))

    def test_models_that_are_incomplete_or_do_not_hear(self):
        path = self.sound(tiny.wave_bytes(tone(1)))
        with tempfile.TemporaryDirectory() as other:
            tiny.write_vit(other)
            tiny.write_tokenizer(other)
            self.assertIn("has no sound as its input", run("transcribe", other, path, status=1))
        architectures = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
        for name in ("wav2vec2", "ast"):
            self.assertIn("hears sound, but writes no text",
                          run("transcribe", os.path.join(architectures, name), path, status=1))
        with tempfile.TemporaryDirectory() as other:
            shutil.copytree(self.model, other, dirs_exist_ok=True)
            with open(os.path.join(other, "preprocessor_config.json"), "w", encoding="utf-8") as file:
                json.dump({"feature_extractor_type": "ASTFeatureExtractor"}, file)
            self.assertIn("makes Kaldi's filter banks", run("transcribe", other, path, status=1))
        generation = os.path.join(self.model, "generation_config.json")
        with open(generation, "w", encoding="utf-8") as file:
            json.dump({}, file)
        self.assertIn("no_timestamps_token_id is missing", run("transcribe", self.model, path, status=1))
        os.remove(generation)
        self.assertIn("no tokenizer has <|notimestamps|>", run("transcribe", self.model, path, status=1))


if __name__ == "__main__":
    unittest.main()
