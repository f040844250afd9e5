"""selfattn answer, and classify with a classifier of tokens, by a tiny BERT of random weights: what they say is what
its logits, which Python asks for, make by the rules of docs/architectures.md.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import pathlib
import random
import sys
import tempfile
import unittest

import run as program
import tiny

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DATA = ROOT / "tests" / "data" / "architectures"
sys.path.insert(0, str(ROOT / "bindings" / "python"))

import selfattn  # noqa: E402  (the path has to be set first)

WIDTH, POSITIONS = 16, 20
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "##a", "##b", "\u72ac", "\u732b"] + [f"w{i}" for i in range(8, 30)] + ["."]
QUESTION = "w8 w9 w10"


class Words(unittest.TestCase):
    def write_model(self, name, classes, architecture, seed=7, **more):
        """A BERT with a matrix of this name behind every token."""
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.model, draw = folder.name, random.Random(seed)
        tensors = tiny.read_safetensors(str(DATA / "bert_mlm" / "model.safetensors"))
        tensors = {key: tensor for key, tensor in tensors.items() if not key.startswith("cls.")}
        tensors[name + ".weight"] = [classes, WIDTH], [draw.gauss(0, 1) for _ in range(classes * WIDTH)]
        tensors[name + ".bias"] = [classes], [draw.gauss(0, .5) for _ in range(classes)]
        tiny.write_safetensors(os.path.join(self.model, "model.safetensors"), tensors)
        self.write_config(architecture, **more)
        with open(os.path.join(self.model, "vocab.txt"), "w", encoding="utf-8") as file:
            file.write("\n".join(WORDS) + "\n")

    def write_config(self, architecture, **more):
        config = json.loads((DATA / "bert_mlm" / "config.json").read_text(encoding="utf-8"))
        with open(os.path.join(self.model, "config.json"), "w", encoding="utf-8") as file:
            json.dump(dict(config, architectures=[architecture], **more), file)

    def text_of(self, seed, count):
        """A text of drawn words, some of several tokens, with white space of all kinds; and where they stand."""
        draw, text, words = random.Random(seed), "", []
        for i in range(count):
            tail = draw.choice(["", "", "a", "b", "ab"])
            word = f"w{draw.randrange(8, 30)}"
            if tail and word + tail not in WORDS:
                word += tail
            text += draw.choice([" ", "\n", "  ", "\t "]) if i else draw.choice(["", " "])
            words.append((len(text), len(text) + len(word), word, 1 + len(tail) * (word[-1] in "ab")))
            text += word
            if draw.random() < 0.2:  # a mark is a word by itself
                words.append((len(text), len(text) + 1, ".", 1))
                text += "."
        return text, words

    def windows(self, words, room):
        """First and last word of each window: the next one reads a third of the room again."""
        first = 0
        while True:
            last, size = first, 0
            while last < len(words) and size + words[last][3] <= room:
                size += words[last][3]
                last += 1
            yield first, last
            if last == len(words):
                return
            before, back, first = first, 0, last
            while first > before + 1 and back < room // 3:
                first -= 1
                back += words[first][3]


class Tags(Words):
    LABELS = ["O", "B-PER", "I-PER", "B-LOC", "I-LOC", "NOUN"]

    def setUp(self):
        self.write_model("classifier", 6, "BertForTokenClassification", 4, id2label=dict(enumerate(self.LABELS)))

    def wanted(self, words):
        model, taken = selfattn.Model(self.model), {}
        before = 0
        for first, last in self.windows(words, POSITIONS - 2):
            rows = model.run(" ".join(word[2] for word in words[first:last]), "logits")["logits"].tolist()[1:-1]
            counted, before, at = first + (before - first) // 2 if before else 0, last, 0
            for i in range(first, last):
                parts = [math.exp(x) for x in rows[at]]
                at += words[i][3]
                if i >= counted:
                    taken[i] = max((part / sum(parts), self.LABELS[k]) for k, part in enumerate(parts))
            self.assertEqual(at, len(rows))
        entities, inside = [], None
        for i, (begin, end, _, _) in enumerate(words):
            chance, label = taken[i]
            kind = label[2:] if label[:2] in ("B-", "I-") else label
            if label == "O":
                inside = None
            elif inside == kind and label[0] != "B":
                entities[-1][1:] = [end, kind, entities[-1][3] + [chance]]
            else:
                entities.append([begin, end, kind, [chance]])
            inside = None if label == "O" else kind
        return entities

    def test_entities(self):
        seen = set()
        for seed in range(12):
            for count in (1, 6, 60):
                text, words = self.text_of(seed, count)
                got = program.run_json("classify", self.model, text)["results"][0]["entities"]
                for one, (begin, end, kind, chances) in zip(got, self.wanted(words), strict=True):
                    self.assertEqual((one["begin"], one["end"], one["label"]), (begin, end, kind), (seed, count))
                    self.assertAlmostEqual(one["probability"], sum(chances) / len(chances), places=5)
                    self.assertEqual(one["words"], " ".join(text[begin:end].split()))
                    seen.add((kind, len(chances) > 1))
        self.assertGreater(len(seen), 3)
        self.assertIn("%  " + got[0]["label"], program.run("classify", self.model, text))

    def found(self, text):
        entities = program.run_json("classify", self.model, text)["results"][0]["entities"]
        return [(one["words"], one["label"], one["probability"]) for one in entities]

    def test_words_without_tokens_are_left_out(self):
        plain = self.found(" ".join(WORDS[8:20]))
        self.assertGreater(len(plain), 1)
        for between in (" \ufffd ", "\u3000", "\u3000 \ufffd\n"):
            words = [(between.join(words.split()), *rest) for words, *rest in plain]
            got = [(between.join(words.replace("\ufffd", " ").split()), *rest)
                   for words, *rest in self.found(between.join(WORDS[8:20]))]
            self.assertEqual(got, words, ascii(between))

    def test_a_line_break_is_no_part_of_a_word(self):
        """Of a tokenizer that has a token for it."""
        vocabulary = {word: at for at, word in enumerate(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\n", *WORDS[8:20]])}
        tokenizer = {"model": {"type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]"},
                     "pre_tokenizer": {"type": "Split", "pattern": {"String": "\n"}, "behavior": "Isolated"},
                     "post_processor": {"type": "BertProcessing", "cls": ["[CLS]", 2], "sep": ["[SEP]", 3]},
                     "added_tokens": []}
        with open(os.path.join(self.model, "tokenizer.json"), "w", encoding="utf-8") as file:
            json.dump(tokenizer, file)
        text = "\n\n".join(WORDS[8:14])
        rows = selfattn.Model(self.model).run(text, "logits")["logits"].tolist()[1::3]
        self.assertEqual(len(rows), 6)
        best = [self.LABELS[row.index(max(row))] for row in rows]
        kinds = [label[2:] if "-" in label else label for label in best if label != "O"]
        got = program.run_json("classify", self.model, text)["results"][0]["entities"]
        self.assertEqual([kind for one in got for kind in [one["label"]] * len(one["words"].split())], kinds)

    def test_what_is_refused(self):
        for words in (["--top", "3"], ["--pairs"]):
            self.assertIn("this model classifies single tokens",
                          program.run("classify", self.model, "w8\tw9", *words, status=1))
        self.assertEqual(program.run_json("classify", self.model, "")["results"][0]["entities"], [])


class Answer(Words):
    def setUp(self):
        self.write_model("qa_outputs", 2, "BertForQuestionAnswering")

    def ask(self, text, *more):
        answers = program.run_json("answer", self.model, "--question", QUESTION, text, *more)["results"][0]["answers"]
        return [(one["begin"], one["end"], one["probability"], one["answer"]) for one in answers]

    def window(self, model, words, longest, taken):
        """The best answer of some words, which have (begin, end, text, tokens), that overlaps none of `taken`."""
        found = model.run_pair(QUESTION, " ".join(word[2] for word in words), "logits")
        rows = [list(row) for row in found["logits"].tolist()]
        front = 2 + len(QUESTION.split())
        word_of = [i for i, word in enumerate(words) for _ in range(word[3])]
        self.assertEqual(front + len(word_of) + 1, len(rows))
        kept = [rows[0]] + rows[front:-1]
        shares = [[math.exp(row[which]) for row in kept] for which in range(2)]
        starts, stops = ([x / sum(part) for x in part[1:]] for part in shares)
        best = (0, 0, 0)
        for i in range(len(word_of)):
            for j in range(i, min(len(word_of), i + longest)):
                begin, end = words[word_of[i]][0], words[word_of[j]][1]
                if starts[i] * stops[j] > best[2] and all(end <= a or begin >= b for a, b, _ in taken):
                    best = (begin, end, starts[i] * stops[j])
        return best

    def wanted(self, words, longest=15, top=1):
        """By the rules: windows that overlap by a third, in each the best answers, of all those that overlap no better
        one."""
        model, found = selfattn.Model(self.model), []
        for first, last in self.windows(words, POSITIONS - 3 - len(QUESTION.split())):
            taken = []
            while len(taken) < top:
                best = self.window(model, words[first:last], longest, taken)
                if not best[2]:
                    break
                taken.append(best)
            found += taken
        chosen = []
        for begin, end, chance in sorted(found, key=lambda one: -one[2]):
            if len(chosen) < top and all(end <= a or begin >= b for a, b, _ in chosen):
                chosen.append((begin, end, chance))
        return chosen

    def test_the_best_words(self):
        for seed in range(12):
            for count in (1, 5, 40):
                text, words = self.text_of(seed, count)
                for more, options in (([], {}), (["--longest", "2", "--top", "3"], {"longest": 2, "top": 3})):
                    got = self.ask(text, *more)
                    for (begin, end, chance, answer), want in zip(got, self.wanted(words, **options), strict=True):
                        self.assertEqual((begin, end), want[:2], (seed, count, more))
                        self.assertAlmostEqual(chance, want[2], places=5)
                        self.assertEqual(answer, " ".join(text[begin:end].split()))

    def test_scripts_without_spaces(self):
        text = "\u72ac\u732bw9\u72ac w10\u732b"
        spots = [0, 3, 6, 8, 11, 12, 15, 18]
        for begin, end, chance, answer in self.ask(text, "--top", "9", "--longest", "1"):
            self.assertIn((begin, end), [(0, 3), (3, 6), (6, 8), (8, 11), (12, 15), (15, 18)], spots)
            self.assertEqual(answer.encode(), text.encode()[begin:end])
            self.assertGreater(chance, 0)

    def test_tokenizers_that_put_a_space_in_front(self):
        """Words become other tokens one by one, where each gets a second space, than together."""
        text = " ".join(f"w{8 + 5 * i % 22}" for i in range(40))
        wanted = self.ask(text, "--top", "3")
        pieces = [{"SpecialToken": {"id": "[CLS]", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                  {"SpecialToken": {"id": "[SEP]", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}},
                  {"SpecialToken": {"id": "[SEP]", "type_id": 1}}]
        tokenizer = {
            "added_tokens": [{"id": i, "content": WORDS[i], "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": False, "special": True} for i in range(4)],
            "normalizer": {"type": "Sequence", "normalizers": [
                {"type": "Prepend", "prepend": "_"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "_"}]},
            "pre_tokenizer": {"type": "Split", "pattern": {"String": "_"}, "behavior": "MergedWithNext",
                              "invert": False},
            "post_processor": {"type": "TemplateProcessing", "single": pieces[:3], "pair": pieces,
                               "special_tokens": {name: {"id": name, "ids": [WORDS.index(name)], "tokens": [name]}
                                                  for name in ("[CLS]", "[SEP]")}},
            "decoder": None,
            "model": {"type": "WordLevel", "unk_token": "[UNK]",
                      "vocab": {("" if i < 8 else "_") + word: i for i, word in enumerate(WORDS)}}}
        with open(os.path.join(self.model, "tokenizer.json"), "w", encoding="utf-8") as file:
            json.dump(tokenizer, file)
        self.assertEqual(program.run_json("tokens", self.model, "w8 w9")["ids"], [2, 8, 9, 3])
        for got, want in zip(self.ask(text, "--top", "3", "--window", "20"), wanted, strict=True):
            self.assertEqual((got[0:2], got[3]), (want[0:2], want[3]))
        # A token that stands for several words is theirs; no other word loses its own.
        tokenizer["model"]["vocab"] = {"_w8.w9" if word == "." else name: i
                                       for (name, i), word in zip(tokenizer["model"]["vocab"].items(), WORDS)}
        with open(os.path.join(self.model, "tokenizer.json"), "w", encoding="utf-8") as file:
            json.dump(tokenizer, file)
        answers = self.ask("w10 w8.w9 w11", "--top", "9", "--longest", "1")
        self.assertEqual({one[3] for one in answers}, {"w10", "w8.w9", "w11"})

    def test_characters_that_are_cut_off(self):
        for end in (b"\xe7", b"\xe7\x8a", b"\xf0", b"\xf0\x9f\x98"):
            for text in (b"", b"w8 "):
                with open(os.path.join(self.model, "text"), "wb") as file:
                    file.write(text + end)
                for words in ([text + end], ["--file", os.path.join(self.model, "text")]):
                    self.assertIn("UTF-8", program.run("answer", self.model, "-q", "w8", *words, status=1))

    def test_no_text_no_answer(self):
        self.assertEqual(self.ask(" \n "), [])
        self.assertEqual(program.run("answer", self.model, "--question", "w8", given=""), "")

    def test_what_is_refused(self):
        long = " ".join(["w9"] * 20)
        for words, status, sentence in (
                (["--question", long, "w8"], 1, "none of 20 are left for the text"),
                (["w8"], 2, "--question is missing"),
                (["--question", "w8", "w9", "--file", "x"], 2, "the text is given twice"),
                (["--question", "w8", "w9", "--top", "0"], 2, "--top is 0"),
                (["--question", "w8", "w9", "--longest", "0"], 2, "--longest is 0"),
                (["--question", "w8", "w9", "--window", "-1"], 2, "--window is -1")):
            self.assertIn(sentence, program.run("answer", self.model, *words, status=status))
        self.assertIn("selfattn answer asks it", program.run("classify", self.model, "w8", status=1))
        self.write_config("BertForTokenClassification")
        self.assertIn("does not show where answers are", program.run("answer", self.model, "-q", "a", "b", status=1))


if __name__ == "__main__":
    unittest.main()
