"""Every case of the shared vectors.

SPDX-License-Identifier: MIT"""
import ctypes
import unittest

from support import MODELS, TABLE, VECTORS, flat, make, same, selfattn
from selfattn._declarations import constants
from selfattn._library import check, lib


def words(options):
    """The options of a case as keyword arguments."""
    made = dict(options)
    if "align" in made:
        made["align"] = made["align"][len("SA_ALIGN_"):].lower()
    if "causal" in made:
        made["causal"] = bool(made["causal"])
    if "mask" in made:
        made["mask"] = make(made["mask"], "bool" if made["mask"]["dtype"] == "SA_BOOL" else "float32")
    return made


class Vectors(unittest.TestCase):
    def test_attention(self):
        for case in TABLE["attention"]:
            with self.subTest(case["name"]):
                q, k, v = (make(case[name]) for name in ("query", "key", "value"))
                found = selfattn.attention(q, k, v, return_lse=True, return_weights=True, **words(case["options"]))
                for name in ("output", "lse", "weights"):
                    same(self, getattr(found, name), case[name])

    def test_layers(self):
        for case in TABLE["layer"]:
            with self.subTest(case["name"]):
                config = dict(case["config"])
                heads = config.pop("query_heads")
                if config.pop("rope", False):
                    config["rope"] = selfattn.Rope()
                weights = {name: make(entry) for name, entry in case["weights"].items()}
                layer = selfattn.Layer(heads, **config, **weights)
                context = make(case["context"]) if "context" in case else None
                found = layer(make(case["x"]), context, return_weights=True, **words(case["options"]))
                same(self, found.y, case["y"])
                same(self, found.weights, case["attention"])

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_encode(self):
        case = TABLE["encode"]
        model = selfattn.Model(VECTORS / case["model"])
        self.assertEqual([model.ids(text) for text in case["texts"]], case["ids"])
        same(self, model.encode(case["texts"]), case["embeddings"])
        same(self, model.encode(case["ids"], batch_size=1), case["embeddings"])
        found = model.run(case["texts"][0], "hidden", "attention")
        same(self, found["hidden"], case["hidden"])
        same(self, found["attention"], case["attention"])

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_offsets(self):
        for case in TABLE["offsets"]:
            with self.subTest(case["name"]):
                ids, places = selfattn.Tokenizer(VECTORS / case["model"]).encode_offsets(case["text"])
                self.assertEqual((ids, flat(places)), (case["ids"], case["characters"]))

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_generate(self):
        case = TABLE["generate"]
        model = selfattn.Model(VECTORS / case["model"])
        text = model.generate(case["prompt"], case["max_tokens"])
        self.assertEqual("".join(text), case["text"])
        self.assertEqual(text.ids, case["tokens"])
        self.assertEqual("SA_END_" + text.ending.upper(), case["ending"])
        for found, want in zip(text.log_probabilities, case["log_probabilities"]["data"]):
            self.assertAlmostEqual(found, want, delta=TABLE["tolerance"])
        same(self, model.attention(case["prompt"]).weights, case["attention"])

    @unittest.skipUnless(MODELS, "the library has no models")
    def test_stream(self):
        model = selfattn.Model(VECTORS / TABLE["generate"]["model"])
        for case in TABLE["stream"]:
            session = model.session()
            for call in case["calls"]:
                with self.subTest(case["name"], prompt=call["prompt"]):
                    options = {name: call[name] for name in ("max_tokens", "stop", "model_rules")}
                    text = session.generate(call["prompt"], **options)
                    self.assertEqual("".join(text), call["text"])
                    self.assertEqual("SA_END_" + text.ending.upper(), call["ending"])
                    self.assertEqual(session.length(), call["length"])

    def test_errors(self):
        for case in TABLE["errors"]:
            if case["call"] == "model_open" and not MODELS:
                continue
            with self.subTest(case["name"]):
                with self.assertRaises(selfattn.Error) as caught:
                    getattr(self, "fail_in_" + case["call"])(case)
                self.assertEqual(caught.exception.status, constants[case["status"]])
                for said in case["says"]:
                    self.assertIn(said, str(caught.exception))

    def fail_in_attention(self, case):
        q, k, v = (selfattn.Array(case[name]) for name in ("query", "key", "value"))
        selfattn.attention(q, k, v, **case["options"])

    def fail_in_layer(self, case):
        heads, width = case["config"]["query_heads"], case["config"]["model_width"]
        size = width // heads
        weights = {name: selfattn.Array((heads * size, width)) for name in ("weight_q", "weight_k", "weight_v")}
        selfattn.Layer(heads, **weights)

    def fail_in_model_open(self, case):
        selfattn.Model(case["path"])

    def fail_in_constant(self, case):
        check(lib.sa_constant(case["constant"].encode(), ctypes.byref(ctypes.c_int64())))


if __name__ == "__main__":
    unittest.main()
