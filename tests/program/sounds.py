"""What selfattn classify says about recordings.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import random
import tempfile
import unittest

import run as program
import tiny
from classify import config_of, tensors_of


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

    def test_a_spectrogram_is_no_picture(self):
        tensors = tensors_of("ast", "")
        for name, shape in (("layernorm.weight", [16]), ("layernorm.bias", [16]), ("dense.weight", [3, 16]),
                            ("dense.bias", [3])):
            tensors["classifier." + name] = shape, [0.0] * math.prod(shape)
        tiny.write_safetensors(os.path.join(self.model, "model.safetensors"), tensors)
        with open(os.path.join(self.model, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config_of("ast"), file)
        self.assertIn("takes a spectrogram that is not computed here",
                      program.run("classify", self.model, self.sound("a.wav", [0.1] * 99), status=1))


if __name__ == "__main__":
    unittest.main()
