"""The page that selfattn page writes: what stands in it, with a library of a few bytes in the place of WebAssembly.

SPDX-License-Identifier: MIT"""
import json
import os
import re
import shutil
import struct
import tempfile
import unittest

import tiny
from page import MODEL, data_of
from run import run, run_json
from translate import seeds, write_languages, write_nonsense

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DECODER = os.path.join(os.path.dirname(MODEL), "decoder")
EVERY_BYTE = bytes(range(256)) * 2
NOTICE = b"What is in it: <others>\n"


def part_of(page, name):
    """The bytes of a part: letters back to bytes as tools/selfattn/page/letters.h says."""
    text = re.search(rb'<script type="application/octet-stream" id="%s">(.*?)</script>' % name.encode(), page,
                     re.DOTALL)[1]
    plain = re.sub(rb"=(.)", lambda found: bytes([found[1][0] - 64]), text, flags=re.DOTALL)
    return bytes((letter - 128) % 256 for letter in plain)


def write_distilbert(folder):
    """A small encoder of words w5 .. w30, which is written to no GGUF file; "[CLS]" and "[SEP]" stand around texts."""
    os.mkdir(folder)
    for name in ("config.json", "model.safetensors"):
        shutil.copy(os.path.join(ROOT, "tests", "data", "architectures", "distilbert_mlm", name), folder)
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + [f"w{i}" for i in range(5, 31)]) + "\n")


def write_mpt(path):
    """A model of zeros: all that its words look at are ALiBi's slopes."""
    width, words = 8, ["<unk>", "<s>", "</s>", "a", "b", "ab", "c", "\u0120", "\u0120a"]
    settings = {"general.architecture": "mpt", "mpt.context_length": 16, "mpt.embedding_length": width,
                "mpt.block_count": 1, "mpt.feed_forward_length": 4 * width, "mpt.attention.head_count": 2,
                "mpt.attention.layer_norm_epsilon": 1e-5, "mpt.attention.max_alibi_bias": 8.0,
                "tokenizer.ggml.model": "gpt2", "tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.tokens": words,
                "tokenizer.ggml.merges": ["a b", "\u0120 a"], "tokenizer.ggml.bos_token_id": 1,
                "tokenizer.ggml.eos_token_id": 2}
    sizes = {"token_embd": [width, len(words)], "output_norm": [width], "blk.0.attn_norm": [width],
             "blk.0.attn_qkv": [width, 3 * width], "blk.0.attn_output": [width, width], "blk.0.ffn_norm": [width],
             "blk.0.ffn_up": [width, 4 * width], "blk.0.ffn_down": [4 * width, width]}
    with open(path, "wb") as file:
        file.write(seeds.gguf(settings, [(f"{name}.weight", size) for name, size in sizes.items()]))


class Page(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.folder.name, "page.html")
        self.engine = os.path.join(self.folder.name, "engine")
        os.mkdir(self.engine)
        for name, content in (("selfattn.js", b"// a library\n"), ("selfattn.wasm", EVERY_BYTE),
                              ("NOTICE.md", NOTICE)):
            with open(os.path.join(self.engine, name), "wb") as file:
                file.write(content)

    def tearDown(self):
        self.folder.cleanup()

    def page(self, model, *arguments):
        run("page", model, *arguments, "--output", self.file, "--engine", self.engine)
        with open(self.file, "rb") as file:
            return file.read()

    def test_the_library_is_in_it(self):
        page = self.page(MODEL)
        self.assertEqual(part_of(page, "module"), EVERY_BYTE)
        self.assertTrue(part_of(page, "engine").startswith(b"// a library\n"))
        self.assertIn(b"onmessage =", part_of(page, "engine"))  # what asks it
        self.assertNotIn(b"\r", page)
        self.assertNotIn(b"\0", page)

    def test_licences_are_in_it(self):
        page = self.page(MODEL).decode("windows-1252", errors="replace")
        data, _ = data_of(page)
        self.assertEqual(data["notice"], NOTICE.decode())
        with open(os.path.join(ROOT, "LICENSE"), encoding="utf-8") as file:
            self.assertIn(f"<pre>{file.read()}</pre>", page)
        os.remove(os.path.join(self.engine, "NOTICE.md"))
        self.assertIn("NOTICE.md cannot be read",
                      run("page", MODEL, "--engine", self.engine, "--output", self.file, status=1))

    def test_the_model_is_in_it(self):
        model = os.path.join(self.folder.name, "model.gguf")
        for arguments, wanted in ((["--to", "f32"], "f32"), ([], "q8_0")):
            with open(model, "wb") as file:
                file.write(part_of(self.page(MODEL, *arguments), "model.gguf"))
            written = os.path.join(self.folder.name, "written.gguf")
            run("quantize", MODEL, written, "--to", wanted)
            with open(model, "rb") as one, open(written, "rb") as other:
                self.assertEqual(one.read(), other.read())
        exact = run_json("attend", MODEL, "the bank", "--layer", "0", "--head", "0")
        self.assertEqual(run_json("attend", model, "the bank", "--layer", "0", "--head", "0")["words"], exact["words"])
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["engine", "model.gguf", "page.html", "written.gguf"])

    def test_a_gguf_file_stays_as_it_is(self):
        model = os.path.join(self.folder.name, "model.gguf")
        run("quantize", MODEL, model, "--to", "q5_1")
        with open(model, "rb") as file:
            self.assertEqual(part_of(self.page(model), "model.gguf"), file.read())

    def test_what_it_begins_with(self):
        data, _ = data_of(self.page(MODEL, "the bank", "a \u00e9 </script>", "--layer", "1", "--word", "bank")
                          .decode("windows-1252", errors="replace"))
        self.assertEqual(data["texts"], ["the bank", "a \u00e9 </script>"])
        self.assertEqual([data[name] for name in ("model", "layers", "heads", "keyHeads", "headSize", "tokens",
                                                  "causal", "layer", "head", "word")],
                         ["encoder", 2, 2, 2, 4, 16, False, 1, 0, "bank"])

    def test_decoders_look_back_only(self):
        data, _ = data_of(self.page(DECODER).decode("windows-1252", errors="replace"))
        self.assertEqual((data["causal"], data["writes"], len(data["texts"])), (True, True, 6))
        self.assertNotIn("word", data)

    def test_an_encoder_with_a_decoder_keeps_its_files(self):
        model = os.path.join(self.folder.name, "marian")
        os.mkdir(model)
        _, texts, _ = write_nonsense(model)
        page = self.page(model, *texts, "--layer", "1", "--head", "3")
        data, _ = data_of(page.decode("windows-1252", errors="replace"))
        self.assertEqual([data[name] for name in ("layers", "heads", "decoder", "tokens", "layer", "head", "texts")],
                         [2, 4, {"layers": 2, "heads": 4}, 20, 1, 3, texts])
        self.assertEqual(data["files"], ["config.json", "vocab.txt", "model.safetensors"])
        for name in data["files"]:
            with open(os.path.join(model, name), "rb") as file:
                self.assertEqual(part_of(page, name), file.read())
        for options, status, message in ((["--to", "q8_0"], 2, '--to is "q8_0", but models of the type marian keep'),
                                         (["--head", "4"], 2, "--head is 4, the model has 0 to 3")):
            self.assertIn(message, run("page", model, *options, "--engine", self.engine, "--output", self.file,
                                       status=status))

    def test_languages_and_the_pieces_of_sentencepiece(self):
        model = os.path.join(self.folder.name, "m2m")
        os.mkdir(model)
        _, texts = write_languages(model)
        page = self.page(model, *texts, "--source", "en", "--target", "__de__")
        data, _ = data_of(page.decode("windows-1252", errors="replace"))
        self.assertEqual(data["files"], ["config.json", "tokenizer_config.json", "vocab.json", "source.spm",
                                         "model.safetensors"])
        with open(os.path.join(model, "source.spm"), "rb") as file:
            self.assertEqual(part_of(page, "source.spm"), file.read())
        self.assertEqual(data["languages"], {
            "codes": [["__de__", 38, False], ["__en__", 39, False], ["__fr__", 40, False]], "source": 39, "target": 38,
            "replacesStart": False})
        for options, said in (
                ([], "is told the language to write: choose one by --target (__de__, __en__, __fr__)"),
                (["--target", "it"], '--target is "it", which is none of the tokenizer\'s 3 languages: __de__, ')):
            self.assertIn(said, run("page", model, *options, "--engine", self.engine, "--output", self.file, status=2))
        self.assertIn("--source and --target are of models that write a text for a text",
                      run("page", MODEL, "--target", "de", "--engine", self.engine, "--output", self.file, status=2))

    def test_codes_that_other_models_are_told(self):
        model = os.path.join(self.folder.name, "marian")
        os.mkdir(model)
        words, texts, _ = write_nonsense(model)
        data, _ = data_of(self.page(model, *texts).decode("windows-1252", errors="replace"))
        self.assertEqual(data["languages"], {
            "codes": [[code, words.index(code), code[0] == ">"] for code in ("__en__", ">>fra<<", "__de__")],
            "source": -1, "target": -1, "replacesStart": False})
        self.assertNotIn("languages", data_of(self.page(MODEL).decode("windows-1252", errors="replace"))[0])

    def refused(self, model):
        return run("page", model, "--engine", self.engine, "--output", self.file, status=1)

    def test_files_that_an_index_names(self):
        model = os.path.join(self.folder.name, "marian")
        os.mkdir(model)
        write_nonsense(model)
        whole = os.path.join(model, "model.safetensors")
        os.rename(whole, os.path.join(model, "part-1.safetensors"))
        tensors = tiny.read_safetensors(os.path.join(model, "part-1.safetensors"))
        index = {"weight_map": {name: "part-1.safetensors" for name in tensors}}
        with open(whole + ".index.json", "w", encoding="utf-8") as file:
            json.dump(index, file)
        data, _ = data_of(self.page(model).decode("windows-1252", errors="replace"))
        self.assertEqual(data["files"], ["config.json", "vocab.txt", "model.safetensors.index.json",
                                         "part-1.safetensors"])
        os.rename(os.path.join(model, "part-1.safetensors"), os.path.join(model, "a&b.safetensors"))
        with open(whole + ".index.json", "w", encoding="utf-8") as file:
            json.dump({"weight_map": {name: "a&b.safetensors" for name in index["weight_map"]}}, file)
        self.assertIn('names the file "a&b.safetensors", which a page cannot', self.refused(model))
        os.remove(whole + ".index.json")
        self.assertIn("a page carries model.safetensors, or", self.refused(model))

    def test_an_encoder_that_gguf_has_no_place_for_keeps_its_files(self):
        model = os.path.join(self.folder.name, "distilbert")
        write_distilbert(model)
        page = self.page(model)
        data, _ = data_of(page.decode("windows-1252", errors="replace"))
        self.assertEqual((data["files"], data["causal"], data["headSize"]),
                         (["config.json", "vocab.txt", "model.safetensors"], False, 8))
        self.assertLess(len(part_of(self.page(model, "--to", "f16"), "model.safetensors")),
                        len(part_of(page, "model.safetensors")))
        self.assertIn("distilbert", run("page", model, "--to", "q4_0", "--engine", self.engine, "--output", self.file,
                                        status=1))

    def test_a_tokenizer_that_gguf_has_no_place_for_stays_beside_the_model(self):
        model = os.path.join(self.folder.name, "bert")
        shutil.copytree(MODEL, model)
        with open(os.path.join(model, "tokenizer.json"), encoding="utf-8") as file:
            words = json.load(file)["model"]["vocab"]
        os.remove(os.path.join(model, "tokenizer.json"))
        with open(os.path.join(model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(sorted(words, key=words.get)) + "\n")
        for options in ([], ["--to", "q4_0"]):
            data, _ = data_of(self.page(model, *options).decode("windows-1252", errors="replace"))
            self.assertEqual(data["files"], ["model.gguf", "vocab.txt"])
        self.assertEqual(sorted(os.listdir(self.folder.name)), ["bert", "engine", "page.html"])

    def test_half_floats(self):
        model = os.path.join(self.folder.name, "marian")
        os.mkdir(model)
        write_nonsense(model)
        path = os.path.join(model, "model.safetensors")
        with open(path, "rb") as file:
            whole = file.read()
        half = part_of(self.page(model, "--to", "f16"), "model.safetensors")
        self.assertLess(len(half), 0.7 * len(whole))
        floats, halves = tiny.tensors_of(whole), tiny.tensors_of(half)
        self.assertEqual(sorted(floats), sorted(halves))
        for name, (shape, values) in floats.items():
            wanted = values if len(shape) < 2 else struct.unpack(f"<{len(values)}e",
                                                                 struct.pack(f"<{len(values)}e", *values))
            self.assertEqual(halves[name], (shape, wanted))
        # Small ones, those halfway between two halves, and the largest.
        odd = [1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -14, 2 ** -25, 3 * 2 ** -25, -2 ** -24 - 2 ** -26, 65519, -0.0, 0.1]
        name, (shape, values) = next((name, one) for name, one in floats.items() if len(one[0]) > 1)
        changed = list(values)
        changed[:len(odd)] = odd
        old, new = [struct.pack(f"<{len(values)}f", *numbers) for numbers in (values, changed)]
        with open(path, "wb") as file:
            file.write(whole.replace(old, new))
        made = tiny.tensors_of(part_of(self.page(model, "--to", "f16"), "model.safetensors"))[name][1][:len(odd)]
        self.assertEqual(struct.pack("<9e", *made), struct.pack("<9e", *odd[:6], 65504, *odd[7:]))
        changed[3] = 65520
        with open(path, "wb") as file:
            file.write(whole.replace(old, struct.pack(f"<{len(values)}f", *changed)))
        self.assertIn(f"{name} has a number that is not finite, or larger than 65504",
                      run("page", model, "--to", "f16", "--engine", self.engine, "--output", self.file, status=1))

    def test_pictures(self):
        model, picture = [os.path.join(self.folder.name, name) for name in ("vit", "a.png")]
        os.mkdir(model)
        tiny.write_vit(model)
        tiny.write_png(picture, [[5] * 20] * 30)
        settings = {"size": {"shortest_edge": 18}, "do_center_crop": True, "crop_size": 16, "resample": 3,
                    "image_mean": [0.5, 0.25, 0.5], "image_std": [1, 2, 4]}

        def preprocess(**changes):
            with open(os.path.join(model, "preprocessor_config.json"), "w", encoding="utf-8") as file:
                json.dump(dict(settings, **changes), file)
        preprocess()
        page = self.page(model, picture)
        data, _ = data_of(page.decode("windows-1252", errors="replace"))
        self.assertEqual(data["image"], {
            "patches": [4, 4], "labels": {"0": "dog", "1": "cat", "2": "mat"}, "each": False,
            "rules": {"taken": [16, 16], "resize": True, "filter": 3, "crop": True, "width": 0, "height": 0,
                      "shortest": 18, "longest": 0, "factor": data["image"]["rules"]["factor"],
                      "mean": [0.5, 0.25, 0.5], "deviation": [1, 2, 4]}})
        self.assertAlmostEqual(data["image"]["rules"]["factor"], 1 / 255)
        self.assertEqual((data["files"], data["pictures"]), (["config.json", "model.safetensors"], ["picture-0"]))
        with open(picture, "rb") as file:
            self.assertEqual(part_of(page, "picture-0"), file.read())
        self.assertEqual(data_of(self.page(model).decode("windows-1252", errors="replace"))[0]["pictures"], [])
        self.assertIn("config.json: is neither a PNG nor a JPEG file",
                      run("page", model, os.path.join(model, "config.json"), "--engine", self.engine, "--output",
                          self.file, status=1))
        preprocess(crop_size=12)  # another size than that of the training
        data = data_of(self.page(model).decode("windows-1252", errors="replace"))[0]["image"]
        self.assertEqual((data["patches"], data["rules"]["taken"]), ([3, 3], [12, 12]))
        preprocess(crop_size={"height": 12, "width": 16})
        self.assertIn("makes images of 16 x 12 pixels, the model takes 16 x 16", self.refused(model))
        preprocess(do_pad=True)
        self.assertIn('"do_pad" is set', self.refused(model))

    def test_what_it_cannot_do_is_named(self):
        speech = os.path.join(self.folder.name, "speech")
        os.mkdir(speech)
        tiny.write_speech(speech, [(0, "end")])
        self.assertIn("texts or pictures, and models of the type whisper take neither", self.refused(speech))
        classifier = os.path.join(ROOT, "tests", "data", "architectures", "bart_classifier")
        self.assertIn("and the file of this bart model has no output matrix", self.refused(classifier))

    def test_it_is_one_file_without_a_network(self):
        page = self.page(MODEL)
        for name in ("engine", "module", "model.gguf"):
            page = page.replace(re.search(rb'id="%s">(.*?)</script>' % name.encode(), page, re.DOTALL)[1], b"")
        text = page.decode("ascii")  # so that it does not depend on the encoding, which is that of the parts
        self.assertNotRegex(text, r"(src|href)\s*=|@import|\bimport\b|url\(")
        self.assertIn("default-src 'none'", text)
        self.assertIn('<meta charset="windows-1252">', text[:1024])

    def test_what_is_missing_is_named(self):
        missing = os.path.join(self.folder.name, "none")
        said = run("page", MODEL, "--engine", missing, "--output", self.file, status=1)
        for words in (os.path.join(missing, "selfattn.js"), "scripts/wasm", "--engine", "SELFATTN_ENGINE"):
            self.assertIn(words, said)
        self.assertFalse(os.path.exists(self.file))
        self.assertIn("--layer is 2, the model has 0 to 1",
                      run("page", MODEL, "--layer", "2", "--engine", self.engine, "--output", self.file, status=2))

    def test_models_whose_weights_are_more(self):
        model = os.path.join(self.folder.name, "model.gguf")
        write_mpt(model)
        data, _ = data_of(self.page(model).decode("windows-1252", errors="replace"))
        self.assertEqual([data[name] for name in ("weighed", "causal", "tokens")], [True, True, 16])

    def test_it_says_where_it_is(self):
        answer = run_json("page", MODEL, "--engine", self.engine, "--output", self.file)
        self.assertEqual(answer, {"file": self.file, "bytes": os.path.getsize(self.file)})


if __name__ == "__main__":
    unittest.main()
