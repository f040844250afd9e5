"""What selfattn classify says about recordings.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import tempfile
import unittest

import run as program
import tiny
from classify import config_of, tensors_of

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "sound")
sys.path.append(DATA)
from formula import sound  # noqa: E402

AST = os.path.join(DATA, "ast")


class Sounds(unittest.TestCase):
    """Random classifiers behind a HuBERT and a Whisper's encoder."""
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model = folder.name
        self.rng = random.Random(3)

    def write(self, config, tensors, preparation):
        tensors = {name: (list(shape), list(values)) for name, (shape, values) in tensors.items()}
        for name, shape in (("projector.weight", [5, config["width"]]), ("projector.bias", [5]),
                            ("classifier.weight", [3, 5]), ("classifier.bias", [3])):
            tensors[name] = shape, [self.rng.gauss(0, 1) for _ in range(math.prod(shape))]
        tiny.write_safetensors(os.path.join(self.model, "model.safetensors"), tensors)
        for name, content in (("config", config), ("preprocessor_config", preparation)):
            with open(os.path.join(self.model, name + ".json"), "w", encoding="utf-8") as file:
                json.dump(content, file)

    def sound(self, name, samples):
        path = os.path.join(self.model, name)
        with open(path, "wb") as file:
            file.write(tiny.wave_bytes(samples, kind=3, bits=32))
        return path

    def shares(self, *files, **options):
        results = json.loads(program.run("classify", self.model, *files, "--json", **options))["results"]
        return [{one["label"]: one["probability"] for one in result["classes"]} for result in results]

    def test_waves(self):
        config = config_of("hubert", architectures=["HubertForSequenceClassification"],
                           id2label={"0": "speech", "1": "music", "2": "noise"})
        self.write(dict(config, width=config["hidden_size"]), tensors_of("hubert", ""),
                   {"sampling_rate": 100, "do_normalize": True})
        samples = [self.rng.gauss(0, 0.2) for _ in range(400)]
        same = self.sound("a.wav", samples), self.sound("b.wav", [0.1 + x / 2 for x in samples])
        shares = self.shares(*same, self.sound("c.wav", samples[200:]))
        self.assertEqual(sorted(shares[0]), ["music", "noise", "speech"])
        for label, share in shares[0].items():
            self.assertAlmostEqual(share, shares[1][label], places=4)
        self.assertNotAlmostEqual(shares[0]["noise"], shares[2]["noise"], places=4)
        self.assertIn("are too short", program.run("classify", self.model, self.sound("d.wav", [0.1]), status=1))

    def test_log_mel_features(self):
        tiny.write_speech(self.model, [(0, "en")])
        with open(os.path.join(self.model, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        tensors = tiny.read_safetensors(os.path.join(self.model, "model.safetensors"))
        encoder = {name[6:]: tensor for name, tensor in tensors.items() if name.startswith("model.encoder.")}
        for name, (shape, values) in encoder.items():
            if "conv" in name:
                encoder[name] = shape, [self.rng.gauss(0, 0.3) for _ in values]
        with open(os.path.join(self.model, "preprocessor_config.json"), encoding="utf-8") as file:
            preparation = json.load(file)
        self.write(dict(config, architectures=["WhisperForAudioClassification"], width=config["d_model"]), encoder,
                   preparation)
        samples = [self.rng.gauss(0, 0.2) for _ in range(320)]
        window, longer, other = (self.sound("a.wav", samples[:160]), self.sound("b.wav", samples),
                                 self.sound("c.wav", samples[160:]))
        shares = self.shares(window, longer, other)
        self.assertEqual(shares[0], shares[1])
        self.assertNotEqual(shares[0], shares[2])


class Spectrograms(unittest.TestCase):
    """A random AST, compared with what Transformers makes of the same sound (tests/data/sound)."""
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def sound(self, count, rate=16000):
        path = os.path.join(self.folder, f"{count}.wav")
        with open(path, "wb") as file:
            file.write(tiny.wave_bytes(sound(count), rate=rate, kind=3, bits=32))
        return path

    def classes(self, model, *files):
        results = json.loads(program.run("classify", model, *files, "--json"))["results"]
        return [{one["class"]: one["probability"] for one in result["classes"]} for result in results]

    def test_probabilities(self):
        with open(os.path.join(AST, "reference.json"), encoding="utf-8") as file:
            reference = json.load(file)
        found = self.classes(AST, *[self.sound(one["samples"]) for one in reference])
        self.assertEqual(len(found), 3)
        for shares, one in zip(found, reference):
            weights = [math.exp(x) for x in one["logits"]]
            for i, weight in enumerate(weights):
                self.assertAlmostEqual(shares[i], weight / sum(weights), delta=2e-5)

    def copy(self, **changes):
        model = os.path.join(self.folder, "model")
        shutil.copytree(AST, model, dirs_exist_ok=True)
        with open(os.path.join(AST, "preprocessor_config.json"), encoding="utf-8") as file:
            config = dict(json.load(file), **changes)
        with open(os.path.join(model, "preprocessor_config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        return model

    def test_settings(self):
        path = self.sound(3200)
        usual = self.classes(AST, path)
        for changes in ({"mean": -3}, {"std": 2}, {"do_normalize": False}):
            self.assertNotEqual(self.classes(self.copy(**changes), path), usual, changes)
        for changes, sentence in (({"max_length": 25}, "makes 25 frames of 12 bins, the model takes others"),
                                  ({"num_mel_bins": 13}, "makes 24 frames of 13 bins, the model takes others"),
                                  ({"std": 0}, "std is 0, must be above 0"),
                                  ({"feature_extractor_type": "Speech2TextFeatureExtractor"}, "the model takes others"),
                                  ({"feature_extractor_type": "WhisperFeatureExtractor"}, "makes other features than"),
                                  ({"feature_extractor_type": "Sonar"}, "feature_extractor_type is Sonar")):
            self.assertIn(sentence, program.run("classify", self.copy(**changes), path, status=1))
        model = self.copy()
        os.remove(os.path.join(model, "preprocessor_config.json"))
        with open(os.path.join(AST, "preprocessor_config.json"), encoding="utf-8") as file:
            whole = {"feature_extractor": json.load(file), "processor_class": "AutoProcessor"}
        with open(os.path.join(model, "processor_config.json"), "w", encoding="utf-8") as file:
            json.dump(whole, file)
        self.assertEqual(self.classes(model, path), usual)
        os.remove(os.path.join(model, "processor_config.json"))
        self.assertIn("preprocessor_config.json", program.run("classify", model, path, status=1))

    def test_short_and_long_sound(self):
        self.assertIn("0.025 s of sound are too short",
                      program.run("classify", AST, self.sound(399), status=1))
        self.assertIn("are too short", program.run("classify", AST, self.sound(0), status=1))
        heard = subprocess.run([program.PROGRAM, "classify", AST, self.sound(8000)], capture_output=True, text=True,
                               timeout=60, check=True)
        self.assertIn("only the first 0.255 s are heard", heard.stderr)
        self.assertEqual(self.classes(AST, self.sound(8000)), self.classes(AST, self.sound(4080)))


if __name__ == "__main__":
    unittest.main()
