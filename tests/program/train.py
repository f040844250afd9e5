"""selfattn train: a model of nonsense learns a text by heart, goes on where it stopped; one of random weights learns a
text or pairs with a tokenizer of its own; what makes no sense is refused.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

import run as program
import tiny


TEXT = "the cat sat on a mat and the dog sat on the cat. " * 40


def run(*arguments, **options):
    """One thread: this model is too small for more."""
    return program.run(*arguments, "--threads", "1", **options)


class Train(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.model = self.folder.name
        tiny.write_llama(self.model)
        self.tokenizer = os.path.join(self.model, "tokenizer.bin")
        self.text = os.path.join(self.model, "text.txt")
        with open(self.text, "w", encoding="utf-8") as file:
            file.write(TEXT)

    def tearDown(self):
        self.folder.cleanup()

    def train(self, output, *arguments, model=None, **options):
        return run("train", model or self.model, "--text", self.text, "--output", os.path.join(self.model, output),
                   "--tokenizer", self.tokenizer, "--batch", "4", "--tokens", "32", *arguments, **options)

    def losses(self, *arguments, **options):
        return json.loads(self.train(*arguments, "--json", **options))

    def test_the_loss_falls_and_the_model_writes_the_text(self):
        picture = os.path.join(self.model, "losses.svg")
        answer = self.losses("out", "--updates", "300", "--every", "100", "--rate", "0.01", "--picture", picture)
        first, last = answer["losses"][0], answer["losses"][-1]
        self.assertEqual([point["update"] for point in answer["losses"]], [0, 100, 200, 300])
        self.assertLess(last["test_loss"], first["test_loss"] / 5)
        self.assertEqual(answer["updates"], 300)
        with open(picture, encoding="utf-8") as file:
            self.assertIn("<svg", file.read())
        written = json.loads(run("generate", os.path.join(self.model, "out"), "the cat", "--tokenizer", self.tokenizer,
                                 "--max-tokens", "8", "--json"))
        self.assertIn("the cat" + written["text"], TEXT)

    def test_a_stopped_training_goes_on(self):
        self.losses("half", "--updates", "10")
        answer = self.losses("half", "--updates", "20", "--resume", model=os.path.join(self.model, "half"))
        self.assertEqual(answer["updates"], 20)
        self.assertEqual(answer["losses"][0]["update"], 10)

    def test_a_training_that_loses_its_numbers_writes_nothing(self):
        self.losses("out", "--updates", "4")
        out = os.path.join(self.model, "out")

        def files():
            found = {}
            for name in os.listdir(out):
                with open(os.path.join(out, name), "rb") as file:
                    found[name] = file.read()
            return found
        before = files()
        for more in ([], ["--json"], ["--every", "2", "--sample", "the"]):
            said = self.train("out", "--updates", "9", "--rate", "1e30", "--resume", *more, model=out, status=1)
            self.assertRegex(said, "the loss is no number after [5-9] updates: what came of them is not written; a")
            self.assertEqual(files(), before)

    def test_weights_of_bfloat16(self):
        """The file is what was tested; going on from it, with either type, is as if it had never stopped."""
        def type_of(output):
            with open(os.path.join(self.model, output, "model.safetensors"), "rb") as file:
                header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
            with open(os.path.join(self.model, output, "config.json"), encoding="utf-8") as file:
                named = json.load(file).get("torch_dtype")
            return {tensor["dtype"] for name, tensor in header.items() if name[0] != "_"}, named

        half = os.path.join(self.model, "half")
        answer = self.losses("half", "--bf16", "--updates", "10", "--every", "5", "--rate", "0.01")
        self.assertEqual(type_of("half"), ({"BF16"}, "bfloat16"))
        once = ["--updates", "11", "--rate", "1e-9"]
        again = self.losses("again", "--bf16", "--resume", *once, model=half)
        self.assertEqual(again["losses"][0]["test_loss"], answer["test_loss"])
        self.assertEqual(self.losses("again", *once, model=half)["losses"][0]["test_loss"], answer["test_loss"])
        self.assertNotEqual(self.losses("whole", "--resume", *once, model=half)["losses"][0]["test_loss"],
                            answer["test_loss"])
        self.assertEqual(type_of("whole")[0], {"F32"})

    def classes(self, output, examples, *arguments, model=None, **options):
        path = os.path.join(self.model, "classes.tsv")
        with open(path, "w", encoding="utf-8") as file:
            file.write(examples)
        return run("train", model or self.model, "--classes", path, "--output", os.path.join(self.model, output),
                   "--tokenizer", self.tokenizer, "--batch", "4", *arguments, **options)

    def test_a_model_becomes_a_classifier(self):
        """Lines are sorted by class; what is told is what classify says; more updates go on with the same classes."""
        lines = [f"a {noun} sat on {'the' if i % 2 else 'a'} {place}\t{name}\n"
                 for noun, name in (("cat", "meows"), ("dog", "b\u00e4rks, loudly"))
                 for i in range(6) for place in ("mat", "dot", "cot", "tan")]
        learning = ["--updates", "60", "--every", "30", "--rate", "0.01", "--json"]
        answer = json.loads(self.classes("out", "".join(lines), *learning))
        self.assertEqual([point["update"] for point in answer["losses"]], [0, 30, 60])
        self.assertLess(answer["test_loss"], answer["losses"][0]["test_loss"] / 5)
        self.assertEqual(answer["test_accuracy"], 1)
        out = os.path.join(self.model, "out")
        shutil.copy(self.tokenizer, out)
        told = json.loads(run("classify", out, "a dog sat on a mat", "a cat sat on the dot", "--json"))
        self.assertEqual([result["classes"][0]["label"] for result in told["results"]], ["b\u00e4rks, loudly", "meows"])
        more = ["--updates", "62", "--every", "2", "--rate", "1e-9", "--json"]
        again = json.loads(self.classes("out", lines[-1] * 8, *more, "--resume", model=out))
        self.assertEqual(again["losses"][0]["update"], 60)
        kept = json.loads(self.classes("kept", lines[-1] * 8, "--updates", "1", "--rate", "1e-9", "--json", model=out))
        self.assertEqual(kept["losses"][0]["test_loss"], again["losses"][0]["test_loss"])
        other = self.classes("other", "".join(lines) + "nothing sat\tnothing\n", "--updates", "1", model=out)
        self.assertIn("accuracy", other)
        with open(os.path.join(self.model, "other", "config.json"), encoding="utf-8") as file:
            self.assertEqual(json.load(file)["id2label"], {"0": "b\u00e4rks, loudly", "1": "meows", "2": "nothing"})

    def test_classes_that_make_no_sense(self):
        lines = "a cat\tc\na dog\td\n" * 8
        for examples, arguments, status, words in (
                ("a cat\n" * 9, [], 1, "line 1 is no text with a tab and a class behind it: a cat"),
                ("a cat\t\n" * 9, [], 1, "line 1 is no text with a tab and a class"),
                ("a cat\tc\n" * 9, [], 1, "all examples are of the class c"),
                ("a cat\tc\na dog\td\n", [], 1, "there are 2 examples; 8 are needed"),
                (lines, ["--text", self.text], 2, "--classes and --text are given"),
                (lines, ["--sample", "a"], 2, "--classes and --sample are given"),
                (lines, ["--scratch", "--vocabulary", "300"], 2, "--classes and --vocabulary are given")):
            self.assertIn(words, self.classes("out", examples, *arguments, status=status))

    def write_config(self, **settings):
        path = os.path.join(self.model, "config.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(settings, file)
        return path

    def write_decoder(self):
        return self.write_config(model_type="llama", hidden_size=32, num_hidden_layers=2, num_attention_heads=4,
                                 intermediate_size=64, max_position_embeddings=64, rms_norm_eps=1e-5,
                                 tie_word_embeddings=True, vocab_size=999)

    def test_from_nothing_but_a_text(self):
        arguments = ["train", self.write_decoder(), "--text", self.text, "--output", os.path.join(self.model, "new"),
                     "--vocabulary", "280", "--batch", "4", "--tokens", "16"]
        answer = json.loads(run(*arguments, "--updates", "120", "--every", "60", "--rate", "0.01", "--json"))
        self.assertAlmostEqual(answer["losses"][0]["test_loss"], math.log(280), delta=0.1)
        self.assertLess(answer["losses"][-1]["test_loss"], 1.5)
        written = json.loads(run("generate", os.path.join(self.model, "new"), "the cat", "--max-tokens", "4", "--json"))
        self.assertIn("the cat" + written["text"], TEXT)
        self.assertEqual(json.loads(run("tokens", os.path.join(self.model, "new"), "the", "--json"))["ids"][0], 0)
        told = run(*arguments, "--updates", "120", "--every", "120", "--rate", "0.01", "--sample", "the cat")
        self.assertTrue(told.startswith("the cat "))
        self.assertEqual(answer["losses"][0], json.loads(run(*arguments, "--updates", "1", "--json"))["losses"][0])

    def told(self, output, text):
        """What a short training of the model in `output` says on stderr, and its losses."""
        done = subprocess.run([program.PROGRAM, "train", os.path.join(self.model, output), "--text", text, "--output",
                               os.path.join(self.model, "again"), "--tokens", "16", "--updates", "3", "--every", "1",
                               "--threads", "1", "--json"], capture_output=True, timeout=300, check=True)
        return done.stderr.decode(), json.loads(done.stdout)["losses"]

    def test_a_folder_of_texts(self):
        """Each file is a text: the same numbers as a file in which the token that ends a text stands between them."""
        texts = os.path.join(self.model, "texts")
        os.makedirs(os.path.join(texts, "b", ".hidden"))
        parts = {"a.txt": TEXT[:600], "b/Z.md": TEXT[600:900], "b/c": TEXT[900:1300], "ab": TEXT[1300:]}
        for name, text in list(parts.items())[::-1] + [("b/.hidden/x", "no"), (".no", "no"), ("empty", "")]:
            with open(os.path.join(texts, name), "w", encoding="utf-8") as file:
                file.write(text)
        with open(os.path.join(texts, "binary"), "wb") as file:
            file.write(b"cat\0")
        os.symlink("..", os.path.join(texts, "b", "loop"))
        os.mkfifo(os.path.join(texts, "pipe"))
        run("train", self.write_decoder(), "--text", texts, "--output", os.path.join(self.model, "new"),
            "--vocabulary", "280", "--tokens", "16", "--updates", "1")
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("<|endoftext|>".join(parts[name] for name in ("a.txt", "ab", "b/Z.md", "b/c")))
        tokenizer = os.path.join(self.model, "new", "tokenizer.json")
        with open(tokenizer, encoding="utf-8") as file:
            settings = json.load(file)
        for adds in (True, False):
            if not adds:  # then the model's own token is put there
                settings["post_processor"] = None
                with open(tokenizer, "w", encoding="utf-8") as file:
                    json.dump(settings, file)
            said, losses = self.told("new", texts)
            self.assertIn(f"4 texts of {len(TEXT)} bytes; left out: without text 2, hidden 2, links 1, "
                          "neither files nor folders 1", said)
            self.assertIn("binary has a NUL after 3 bytes", said)
            self.assertIn("empty is empty", said)
            self.assertEqual(losses, self.told("new", self.text)[1])
        os.rename(os.path.join(self.model, "new"), os.path.join(texts, "new"))  # no text, if it is the output
        self.assertEqual(losses, json.loads(run(
            "train", os.path.join(texts, "new"), "--text", texts, "--output", os.path.join(texts, "new"), "--tokens",
            "16", "--updates", "3", "--every", "1", "--json"))["losses"])

    def test_a_folder_without_texts(self):
        texts = os.path.join(self.model, "texts")
        os.mkdir(texts)
        wanted = [("", "has no text in it")]
        os.symlink("loop", os.path.join(self.model, "loop"))
        if os.geteuid():
            os.mkdir(os.path.join(texts, "closed"), 0)
            wanted = [("", "has no text in it; left out: unreadable 1"), ("closed", "cannot be read")]
        for name, words in wanted + [("../loop", "loop cannot be opened: Too many levels")]:
            self.assertIn(words, run("train", self.model, "--text", os.path.join(texts, name), "--output",
                                     os.path.join(self.model, "out"), "--tokenizer", self.tokenizer, status=1))

    def test_pairs_of_texts(self):
        words = ["one", "two", "six", "ten", "red", "sun"]
        pairs = [f"{a} {b}\t{b.upper()} {a.upper()}" for a in words for b in words] * 4
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("\n".join(pairs))
        config = self.write_config(model_type="marian", d_model=32, encoder_layers=1, decoder_layers=1,
                                   encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
                                   decoder_ffn_dim=64, max_position_embeddings=32, scale_embedding=True,
                                   activation_function="relu", init_std=0.1, vocab_size=999)
        output = os.path.join(self.model, "new")
        answer = json.loads(run("train", config, "--pairs", self.text, "--output", output, "--vocabulary", "300",
                                "--batch", "12", "--updates", "200", "--every", "100", "--rate", "0.01", "--json"))
        self.assertLess(answer["losses"][-1]["test_loss"], 0.2)
        right = sum(json.loads(run("translate", output, pair.split("\t")[0], "--json"))["text"] == pair.split("\t")[1]
                    for pair in pairs[:12])
        self.assertGreaterEqual(right, 10)
        self.assertIn("is no pair", run("train", config, "--pairs", os.path.join(self.model, "config.json"),
                                        "--output", output, "--vocabulary", "300", status=1))
        self.assertIn("learns pairs", run("train", self.write_decoder(), "--pairs", self.text, "--output", output,
                                          "--vocabulary", "300", status=1))

    def test_what_makes_no_sense(self):
        for arguments, words in ((["--updates", "0"], "--updates is 0"), (["--rate", "0"], "--rate is 0"),
                                 (["--resume", "--scratch"], "--resume and --scratch are given"),
                                 (["--pairs", self.text], "--text and --pairs are given"),
                                 (["--output", self.text], "--text and --output are both"),
                                 (["--vocabulary", "300"], "--vocabulary needs --scratch")):
            self.assertIn(words, self.train("out", *arguments, status=2))
        self.assertIn("optimizer.safetensors", self.train("out", "--resume", status=1))
        self.assertIn("config.json", self.train("out", "--scratch", status=1))
        with open(self.text, "w", encoding="utf-8") as file:
            file.write("the cat")
        self.assertIn("are needed for one window to learn", self.train("out", status=1))


if __name__ == "__main__":
    unittest.main()
