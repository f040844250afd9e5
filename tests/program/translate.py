"""What selfattn translate writes: with a small model of nonsense, whose greedy texts are known, and with a trained one
where it is present.

SPDX-License-Identifier: MIT"""
import json
import os
import shutil
import sys
import tempfile
import unittest
import xml.etree.ElementTree

import run as program

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "fuzz"))
import seeds  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
MARIAN = os.path.join(HERE, "..", "data", "architectures", "marian")
AREN = os.environ.get("SELFATTN_AREN") or os.path.join(HERE, "..", "..", "..", "shared", "models", "aren")


def run(*arguments, **options):
    """One thread: these models are too small for more."""
    return program.run("translate", *arguments, "--threads", "1", **options)


def run_json(*arguments, **options):
    return [json.loads(line) for line in run(*arguments, "--json", **options).splitlines()]


def write_nonsense(folder):
    """A model of words w6 .. w39 and languages: "de" is also a word, and its favourite token is the code of German.
    Returns the words, two texts, and what the model writes for them, as token numbers."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(os.path.join(MARIAN, name), folder)
    words = ["<pad>", "<unk>", "</s>", "de", "__en__", ">>fra<<"] + [f"w{i}" for i in range(6, 40)] + ["__de__"]
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(words) + "\n")
    with open(os.path.join(MARIAN, "reference.json"), encoding="utf-8") as file:
        reference = json.load(file)
    texts = [" ".join(words[i] for i in ids[:length])
             for ids, length in zip(reference["input_ids"], reference["lengths"])]
    return words, texts, [ids[1:] for ids in reference["greedy"]]


def write_languages(folder):
    """The same model in M2M-100's kind of files: words are pieces of SentencePiece, and codes stand behind them.
    Returns words, and two texts for which it writes other things in other languages."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(os.path.join(MARIAN, name), folder)
    words = ["<s>", "<pad>", "</s>", "<unk>"] + [f"\u2581w{i}" for i in range(4, 38)]
    kinds = {"<s>": 3, "</s>": 3, "<unk>": 2}
    pieces = [word for word in words if word != "<pad>"]
    with open(os.path.join(folder, "source.spm"), "wb") as file:
        file.write(seeds.sentencepiece([(piece, -1.0, kinds.get(piece, 1)) for piece in pieces]))
    for name, content in (("vocab.json", {word: i for i, word in enumerate(words)}),
                          ("tokenizer_config.json", {"tokenizer_class": "M2M100Tokenizer", "additional_special_tokens":
                                                     ["__de__", "__en__", "__fr__"]})):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            json.dump(content, file)
    return words + ["__de__", "__en__", "__fr__"], ["w24 w15 w12 w36", "w16 w10"]


class Nonsense(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = cls.folder.name
        cls.words, cls.texts, cls.greedy = write_nonsense(cls.model)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def translate(self, *arguments, **options):
        return run_json(self.model, *arguments, "--max-tokens", str(len(self.greedy[0])), **options)

    def test_one_beam_is_greedy(self):
        answers = self.translate(*self.texts, "--beams", "1")
        self.assertEqual([answer["ids"] for answer in answers], self.greedy)
        self.assertEqual([answer["source"] for answer in answers], self.texts)
        self.assertEqual(answers[0]["text"], " ".join(self.words[i] for i in self.greedy[0]))

    def test_more_beams_and_the_length_penalty(self):
        one, four = self.translate(*self.texts, "--beams", "1"), self.translate(*self.texts)
        for few, many in zip(one, four):
            self.assertGreaterEqual(many["score"], few["score"])
        plain = self.translate(*self.texts, "--beams", "1", "--length-penalty", "0")
        for few, whole in zip(one, plain):
            self.assertAlmostEqual(few["score"] * len(few["ids"]), whole["score"], places=5)

    def test_lines_stay_lines(self):
        given = f"{self.texts[0]}\n\n{self.texts[1]}\r\n{self.texts[0]}"
        lines = run(self.model, "-n", "5", given=given).split("\n")
        self.assertEqual(lines, [*run(self.model, "-n", "5", self.texts[0], "", self.texts[1]).split("\n")[:3],
                                 lines[0], ""])
        self.assertEqual(lines[1], "")
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(given)
            file.flush()
            self.assertEqual(run(self.model, "-n", "5", "--file", file.name).split("\n"), lines)
        self.assertIn("line 1 has a NUL", run(self.model, given="w6\0w7\n", status=1))
        self.assertEqual(run(self.model, "-n", "5", given=f"\ufeff{given}").split("\n"), lines)
        self.assertIn("reads at most 20", run(self.model, "w6 " * 21, status=1))
        self.assertIn("/nonexistent", run(self.model, "--file", "/nonexistent", status=1))

    def test_languages(self):
        text, greedy = self.texts[1], self.greedy[1]
        self.assertEqual(greedy[0], self.words.index("__de__"))
        behind = self.translate(text, "--target", "de", "--beams", "1")[0]["ids"]
        self.assertEqual(behind[:len(greedy) - 1], greedy[1:])
        for option, code, token in (("--source", "en", "__en__"), ("--target", "fra", ">>fra<<"),
                                    ("--target", ">>fra<<", ">>fra<<")):
            self.assertEqual(self.translate(text, option, code)[0]["ids"],
                             self.translate(f"{token} {text}")[0]["ids"])
        self.assertEqual(self.translate("w6", "--prefix", "w7 w8 ")[0]["ids"], self.translate("w7 w8 w6")[0]["ids"])
        for code in ("xx", "w7"):
            self.assertIn('none of the tokenizer\'s 3 languages: __en__, >>fra<<, __de__',
                          run(self.model, "w6", "--target", code, status=2))
        self.assertIn("told its target language alone",
                      run(self.model, "w6", "--target", "fra", "--source", "en", status=2))

    def test_a_code_behind_the_text_means_one_in_place_of_the_start_token(self):
        words = self.words[:38] + ["de_DE", "en_XX", "w40"]
        frame = [{"Sequence": {"id": "A", "type_id": 0}}] + [
            {"SpecialToken": {"id": token, "type_id": 0}} for token in ("</s>", "en_XX")]
        codes = [{"id": words.index(token), "content": token, "single_word": False, "lstrip": False, "rstrip": False,
                  "normalized": False, "special": True} for token in ("</s>", "de_DE", "en_XX")]
        tokenizer = {
            "model": {"type": "WordLevel", "vocab": {word: i for i, word in enumerate(words)}, "unk_token": "<unk>"},
            "pre_tokenizer": {"type": "WhitespaceSplit"}, "added_tokens": codes,
            "post_processor": {"type": "TemplateProcessing", "single": frame, "pair": [], "special_tokens": {
                token: {"id": token, "ids": [words.index(token)], "tokens": [token]} for token in ("</s>", "en_XX")}}}
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(os.path.join(self.model, "model.safetensors"), folder)
            with open(os.path.join(self.model, "config.json"), encoding="utf-8") as file:
                config = json.load(file)
            with open(os.path.join(folder, "tokenizer.json"), "w", encoding="utf-8") as file:
                json.dump(tokenizer, file)
            answers = []
            for start, options in ((0, ["--target", "de_DE"]), (words.index("de_DE"), [])):
                with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
                    json.dump(dict(config, decoder_start_token_id=start), file)
                answers.append(run_json(folder, "w6 w7", "--source", "en_XX", "-n", "9", *options)[0])
            self.assertEqual(answers[0], answers[1])

    def test_a_first_token_that_the_model_forces(self):
        with tempfile.TemporaryDirectory() as folder:
            for name in ("model.safetensors", "vocab.txt"):
                shutil.copy(os.path.join(self.model, name), folder)
            with open(os.path.join(self.model, "config.json"), encoding="utf-8") as file:
                config = json.load(file)
            with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
                json.dump(dict(config, forced_bos_token_id=self.greedy[1][0]), file)
            count = len(self.greedy[1]) - 1
            ids = run_json(folder, self.texts[1], "--beams", "1", "-n", str(count))[0]["ids"]
            self.assertEqual(ids, self.greedy[1][1:])

    def test_picture(self):
        picture = os.path.join(self.model, "looked.svg")
        for choice in ([], ["--layer", "0", "--head", "3"]):
            self.assertIn("looked.svg", run(self.model, "w6 w7", "-n", "4", "--align", picture, *choice))
            xml.etree.ElementTree.parse(picture)
        self.assertIn("--layer is 2, the model has 0 to 1",
                      run(self.model, "w6", "--align", picture, "--layer", "2", status=2))

    def test_other_models(self):
        for model, sentence in (("gpt2", "a gpt2 model is no encoder with a decoder"),
                                ("bart_classifier", "this bart model writes no text: its file has no output matrix")):
            with tempfile.TemporaryDirectory() as folder:
                source = os.path.join(HERE, "..", "data", "architectures", model)
                for name in ("config.json", "model.safetensors"):
                    shutil.copy(os.path.join(source, name), folder)
                shutil.copy(os.path.join(self.model, "vocab.txt"), folder)
                self.assertIn(sentence, run(folder, "w6", status=1))


@unittest.skipUnless(os.path.exists(os.path.join(AREN, "reference.json")), "aren is absent")
class Names(unittest.TestCase):
    """Arabic letters to Latin ones. The end token 2 is in the reference, not in the answer."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = cls.folder.name
        for name in ("config.json", "model.safetensors", "source_vocabulary.txt", "target_vocabulary.txt"):
            shutil.copy(os.path.join(AREN, name), cls.model)
        shutil.copy(os.path.join(AREN, "architecture-sinusoidal.json"), os.path.join(cls.model, "architecture.json"))
        with open(os.path.join(AREN, "reference.json"), encoding="utf-8") as file:
            cls.cases = json.load(file)["cases"]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def compare(self, best, *options):
        answers = run_json(self.model, *options, given="".join(case["text"] + "\n" for case in self.cases))
        self.assertEqual(len(answers), len(self.cases))
        for case, answer in zip(self.cases, answers):
            ids, text, score = best(case)
            with self.subTest(text=case["text"]):
                self.assertEqual(answer["ids"], [i for i in ids if i != 2])
                self.assertEqual(answer["text"], text)
                self.assertAlmostEqual(answer["score"], score, places=5)

    def test_greedy(self):
        self.compare(lambda case: (case["greedy_ids"], case["greedy_text"],
                                   case["greedy_log_probability"] / len(case["greedy_ids"])),
                     "--beams", "1", "--max-tokens", "64")

    def test_four_beams(self):
        for name, most in (("beam4", "256"), ("beam4_to_the_end", "32")):
            self.compare(lambda case, name=name: tuple(case[name][0][key] for key in ("ids", "text", "score")),
                         "--beams", "4", "--max-tokens", most)

    def test_picture(self):
        picture = os.path.join(self.model, "looked.svg")
        self.assertTrue(run(self.model, self.cases[0]["text"], "--align", picture).startswith("atzmon\n"))
        xml.etree.ElementTree.parse(picture)


if __name__ == "__main__":
    unittest.main()
