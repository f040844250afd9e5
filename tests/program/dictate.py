"""What selfattn transcribe writes down by models without times, compared with what Transformers writes for the same
sound (tests/data/sound): Moonshine, which hears waves, and speech_to_text, which hears filter banks.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import shutil
import sys
import tempfile
import unittest

import tiny
from run import run, run_json

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "..", "data", "sound")
sys.path += [DATA, os.path.join(HERE, "..", "fuzz")]
import seeds  # noqa: E402
from formula import sound  # noqa: E402


def write_json(path, content):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(content, file)


def read_json(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def words(special):
    return special + [f"\u2581w{i}" for i in range(len(special), 31)]


def write_moonshine_tokenizer(folder):
    """Of the kind that the published files have: byte-pair encoding with bytes for what has no piece."""
    names = words(["<unk>", "<s>", "</s>"])
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    write_json(os.path.join(folder, "tokenizer.json"), {
        "added_tokens": [dict(flags, id=i, content=names[i], special=True) for i in range(3)],
        "model": {"type": "BPE", "vocab": {name: i for i, name in enumerate(names)}, "merges": [],
                  "unk_token": "<unk>", "byte_fallback": True},
        "decoder": {"type": "Sequence", "decoders": [
            {"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"},
            {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}]}})


def write_speech_to_text_tokenizer(folder):
    names = words(["<s>", "<pad>", "</s>", "<unk>"])[:-1] + ["<lang:fr>"]
    kinds = {"<s>": 3, "<pad>": 3, "</s>": 3, "<unk>": 2, "<lang:fr>": 4}
    with open(os.path.join(folder, "sentencepiece.bpe.model"), "wb") as file:
        file.write(seeds.sentencepiece([(name, -1.0, kinds.get(name, 1)) for name in names]))
    write_json(os.path.join(folder, "vocab.json"), {name: i for i, name in enumerate(names)})
    write_json(os.path.join(folder, "tokenizer_config.json"), {"do_upper_case": False, "lang_codes": None})


class Dictation:
    """The tests of both models."""
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = os.path.join(folder.name, "model")
        shutil.copytree(os.path.join(DATA, self.name), self.model)
        self.write_tokenizer(self.model)

    def wave(self, samples, rate=16000):
        path = os.path.join(self.model, "a.wav")
        with open(path, "wb") as file:
            file.write(tiny.wave_bytes(samples, rate=rate, kind=3, bits=32))
        return path

    def change(self, name="preprocessor_config", **changes):
        path = os.path.join(self.model, name + ".json")
        original = read_json(os.path.join(DATA, self.name, name + ".json"))
        write_json(path, {key: value for key, value in dict(original, **changes).items() if value is not None})

    def ids(self, path, *options):
        answer = run_json("transcribe", self.model, path, *options)
        return [i for piece in answer["pieces"] for i in piece["ids"]]

    def test_tokens(self):
        reference = read_json(os.path.join(DATA, self.name, "reference.json"))
        self.assertEqual(len({str(one["ids"]) for one in reference}), 3)
        for one in reference:
            path = self.wave(sound(one["samples"]))
            said = [i for i in one["ids"][1:] if i != 2]
            answer = run_json("transcribe", self.model, path)
            self.assertEqual(answer["pieces"][0]["ids"], said)
            self.assertEqual((answer["duration"], answer["pieces"][0]["end"]), (one["samples"] / 16000,) * 2)
            text = " ".join(f"w{i}" for i in said if i >= self.first_word)
            self.assertEqual(answer["text"].replace("<lang:fr>", " w30").strip(), text)
            self.assertEqual(run("transcribe", self.model, path), answer["text"] + "\n")

    def test_next_to_nothing(self):
        for count in (0, 1, 126):
            path = self.wave(sound(count))
            self.assertEqual(run("transcribe", self.model, path), "")
            self.assertEqual(run_json("transcribe", self.model, path)["text"], "")

    def test_long_sound(self):
        """It is cut where it is quiet: 70 s with two pauses, at 800 samples per second."""
        self.change(sampling_rate=800)
        loud = [0.5 * math.sin(0.3 * i + 1e-5 * i * i) for i in range(56000)]
        for begin, end in ((25, 25.5), (10, 11), (53, 53.3)):
            for i in range(int(800 * begin), int(800 * end)):
                loud[i] = 0.0
        answer = run_json("transcribe", self.model, self.wave(loud, 800))
        pieces = answer["pieces"]
        self.assertEqual(len(pieces), 3)
        self.assertTrue(25 < pieces[0]["end"] < 25.5)
        self.assertTrue(53 < pieces[1]["end"] < 53.3)
        self.assertEqual([0] + [piece["end"] for piece in pieces], [piece["begin"] for piece in pieces] + [70])
        self.assertEqual(answer["text"], " ".join(piece["text"] for piece in pieces if piece["text"]))
        for piece in pieces:
            alone = loud[round(800 * piece["begin"]):round(800 * piece["end"])]
            self.assertEqual(self.ids(self.wave(alone, 800)), piece["ids"])
        noise = run_json("transcribe", self.model, self.wave([0.1] * 24001, 800))["pieces"]
        self.assertEqual(len(noise), 2)
        self.assertTrue(29.8 < noise[0]["end"] <= 30)

    def test_how_its_makers_generate(self):
        path = self.wave(sound(20000))
        self.change("generation_config", max_new_tokens=2)
        self.assertEqual(len(self.ids(path)), 2)
        self.change("generation_config", num_beams=0)
        self.assertIn('"num_beams" is 0', run("transcribe", self.model, path, status=1))
        self.change("generation_config", suppress_tokens=list(range(2, 20)))
        self.assertTrue(all(i < 2 or i >= 20 for i in self.ids(path)))

    def test_settings_that_are_refused(self):
        path = self.wave(sound(4000))
        for key, value, sentence in self.refused:
            with self.subTest(key=key, value=value):
                self.change(**{key: value})
                self.assertIn(sentence, run("transcribe", self.model, path, status=1))
        os.remove(os.path.join(self.model, "preprocessor_config.json"))
        self.assertIn("preprocessor_config.json", run("transcribe", self.model, path, status=1))

    def test_options(self):
        path = self.wave(sound(4000))
        for option in (["--srt"], ["--timestamps"], ["--prompt", "a"], ["--task", "translate"]):
            self.assertIn("hears words without times", run("transcribe", self.model, path, *option, status=2))
        self.assertIn('the tokenizer has no "<lang:xx>"',
                      run("transcribe", self.model, path, "--language", "xx", status=2))


class Moonshine(Dictation, unittest.TestCase):
    name, first_word, write_tokenizer = "moonshine", 3, staticmethod(write_moonshine_tokenizer)
    refused = (("feature_extractor_type", "ASTFeatureExtractor", "feature_extractor_type is ASTFeatureExtractor"),
               ("feature_size", 2, "feature_size is not 1"), ("sampling_rate", 0, "sampling_rate is 0, must be 1 to"),
               ("sampling_rate", "x", "sampling_rate is 0"), ("sampling_rate", -5, "sampling_rate is -5"),
               ("do_normalize", 1, "do_normalize is no true or false"))

    def test_normalised_samples(self):
        """Then loudness does not matter."""
        samples = sound(40000)
        halves = [x / 2 for x in samples]
        for normalise in (True, False, None):
            self.change(do_normalize=normalise)
            self.assertEqual(self.ids(self.wave(samples)) == self.ids(self.wave(halves)), normalise is not False)

    def test_numbers_that_are_none(self):
        self.assertIn("logit", run("transcribe", self.model, self.wave([math.nan] * 20000), status=1))


class SpeechToText(Dictation, unittest.TestCase):
    name, first_word, write_tokenizer = "speech_to_text", 4, staticmethod(write_speech_to_text_tokenizer)
    refused = (("feature_extractor_type", "ASTFeatureExtractor", "makes other features than speech_to_text models"),
               ("feature_extractor_type", "WhisperFeatureExtractor", "makes other features"),
               ("num_mel_bins", 11, "makes 11 bins, the model takes 10"), ("num_mel_bins", -1, "num_mel_bins is -1"),
               ("sampling_rate", 70, "frame is 1, must be 2 to"), ("dither", 0.5, "dither is 0.5, supported: 0"),
               ("normalize_vars", "no", "normalize_vars is a string"))

    def test_a_search_that_goes_on(self):
        """What Transformers writes of this sound where early_stopping is "never"."""
        self.change("generation_config", early_stopping="never")
        self.assertEqual(self.ids(self.wave(sound(4000))), [29, 14, 29, 14, 23, 7, 29, 7, 29, 14, 13])

    def test_files_without_a_type(self):
        path = self.wave(sound(5000))
        usual = self.ids(path)
        self.change(feature_extractor_type=None)
        self.assertEqual(self.ids(path), usual)
        self.change(do_ceptral_normalize=False)
        self.assertNotEqual(self.ids(path), usual)

    def test_languages(self):
        path = self.wave(sound(5000))
        self.assertNotEqual(self.ids(path, "--language", "fr"), self.ids(path))
        french = self.ids(path, "--language", "fr")
        self.change("generation_config", forced_bos_token_id=30)
        self.assertEqual(self.ids(path), french)

    def test_silence(self):
        run("transcribe", self.model, self.wave([0.0] * 16000))

    def test_numbers_that_are_none(self):
        self.assertIn("samples[7] is nan",
                      run("transcribe", self.model, self.wave([0.1] * 7 + [math.nan] * 9000), status=1))


if __name__ == "__main__":
    unittest.main()
