"""The page with a model in headless Chromium, from a file URL: typing, looking and choosing.

SPDX-License-Identifier: MIT"""
import http.server
import json
import math
import os
import struct
import sys
import tempfile
import threading
import time
import unittest

import browser
from page import MODEL, RATE, RIVER
from page_browser import per_cent
from page_model import DECODER
from run import run, run_json
from translate import MARIAN, write_nonsense

def reference(name):
    """An array of tests/data/architectures/marian/reference.safetensors, as lists."""
    with open(os.path.join(MARIAN, "reference.safetensors"), "rb") as file:
        data = file.read()
    size = struct.unpack("<Q", data[:8])[0]
    entry = json.loads(data[8:8 + size])[name]
    begin, end = [8 + size + offset for offset in entry["data_offsets"]]
    values = list(struct.unpack(f"<{(end - begin) // 4}f", data[begin:end]))
    for length in entry["shape"][:0:-1]:
        values = [values[i:i + length] for i in range(0, len(values), length)]
    return values


ENGINE = os.environ.get("SELFATTN_ENGINE", "")
SPECIAL = ("[CLS]", "[SEP]")


class Typing(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.folder.name, "page.html")
        run("page", MODEL, RIVER, RATE, "--to", "f32", "--layer", "1", "--word", "bank", "--output", cls.file)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def wait(self, page, words, panel=0):
        """Until a panel shows these words."""
        shown = (f"[...document.querySelectorAll('.panel')[{panel}].querySelectorAll('.word')]"
                 ".map((one) => one.textContent)")
        for _ in range(600):
            if page.run(shown) == words:
                self.assertEqual(page.errors, [])
                return
            time.sleep(0.1)
        self.fail(f"{page.texts('#state')} {page.run(shown)} {page.errors}")

    def words(self, text, model=MODEL):
        return run_json("attend", model, text, "--layer", "0", "--head", "0")["words"]

    def row(self, text, layer, head, word, model=MODEL):
        return run_json("attend", model, text, "--layer", str(layer), "--head", str(head))["weights"][word]

    def expect(self, page, text, layer, head, word, panel=0, model=MODEL):
        """What is said is what selfattn attend computes."""
        said = page.texts(".said")[panel]
        words = self.words(text, model)
        self.assertTrue(said.startswith(f"Layer {layer}, head {head}: “{words[word]}” looks at "), said)
        row = self.row(text, layer, head, word, model)
        found = per_cent(said)
        places = [i for i in range(len(words)) if words[i] not in SPECIAL]
        best = sorted(places, key=lambda i: -row[i])[:5]
        self.assertEqual(len(found), len(best))
        for (name, number), place in zip(found, best):
            self.assertEqual(name, words[place].lstrip("▁"))
            self.assertAlmostEqual(number, 100 * row[place], delta=0.6)

    def type(self, page, text, panel=0):
        field = f"document.querySelectorAll('.typed textarea')[{panel}]"
        page.run(f"{field}.focus(), {field}.select()")
        page.write(text)

    def test_it_begins_with_its_sentences(self):
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RIVER))
            self.wait(page, self.words(RATE), 1)
            self.expect(page, RIVER, 1, 0, 2)
            self.expect(page, RATE, 1, 0, 2, panel=1)
            self.assertRegex(page.texts("#state")[0], r"^\d+ tokens in \d+ ms\.$")
            self.assertEqual([url for url in page.requests if not url.startswith(("file:", "blob:"))], [])

    def test_typing_and_hovering(self):
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RIVER))
            text = "a fox at the bank"
            self.type(page, text)
            self.wait(page, self.words(text))
            self.expect(page, text, 1, 0, 5)  # the word that was kept is where it now is
            page.point(".panel:first-child .word", 2)
            self.expect(page, text, 1, 0, 2)
            page.click(".panel:first-child .cell", 1)  # layer 0, head 1
            self.assertEqual(page.texts("h2.title"), ["Layer 0, head 1"] * 2)
            page.point(".panel:first-child .word", 3)
            self.expect(page, text, 0, 1, 3)
            self.type(page, "the river", panel=1)
            self.wait(page, self.words("the river"), 1)
            self.assertEqual(page.texts(".panel:first-child .word"), self.words(text))

    def test_every_letter_is_read_or_outdated(self):
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RIVER))
            self.type(page, "t")
            for letter in "he river":
                page.write(letter)
            self.wait(page, self.words("the river"))

    def test_what_cannot_be_read_is_said_and_forgotten(self):
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RIVER))
            self.type(page, "the bank " * 20)
            for _ in range(100):
                if "at most 16" in page.texts("#state")[0]:
                    break
                time.sleep(0.1)
            self.assertEqual(page.texts("#state"), ["This is 42 tokens; the page reads at most 16."])
            self.type(page, RATE)
            self.wait(page, self.words(RATE))

    def test_a_model_that_cannot_be_opened_is_said(self):
        broken = os.path.join(self.folder.name, "broken.html")
        with open(self.file, "rb") as whole, open(broken, "wb") as file:
            file.write(whole.read().replace(b'id="model.gguf">', b'id="model.gguf">none'))
        with browser.Browser(broken) as page:
            for _ in range(300):
                if "model.gguf" in page.texts("#state")[0]:
                    break
                time.sleep(0.1)
            self.assertEqual(page.texts("#state"), ["model.gguf: is not a GGUF file"])
            self.type(page, RATE)
            time.sleep(0.2)
            self.assertEqual((page.texts(".word"), page.errors), ([], []))

    def test_a_server_that_says_another_encoding(self):
        class Handler(http.server.SimpleHTTPRequestHandler):
            extensions_map = {".html": "text/html; charset=utf-8"}

            def __init__(self, *arguments):
                super().__init__(*arguments, directory=Typing.folder.name)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            with browser.Browser(f"http://127.0.0.1:{server.server_port}/page.html") as page:
                self.wait(page, self.words(RIVER))
                self.expect(page, RIVER, 1, 0, 2)
            server.shutdown()

    def test_one_sentence_becomes_two(self):
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RATE), 1)
            page.click("#beside")
            self.assertEqual(len(page.texts(".panel")), 1)
            page.click("#beside")
            self.wait(page, self.words(RATE), 1)
            self.expect(page, RATE, 1, 0, 2, panel=1)

    def test_sentences_by_meaning(self):
        texts = [RIVER, RATE, "a fox at the river"]
        with browser.Browser(self.file) as page:
            self.wait(page, self.words(RATE), 1)
            field = "document.querySelector('#meanings textarea')"
            page.run(f"{field}.focus(), {field}.select()")
            page.write("\n".join([*texts, " "]))
            for _ in range(100):
                if len(page.texts(".meaning li")) == 3:
                    break
                time.sleep(0.1)
            page.click(".meaning li button", 1)
            near = {(text, one["sentence"]): one["score"] for text in texts
                    for one in run_json("search", MODEL, "--query", text, *texts)["results"]}
            self.assertEqual(page.texts(".meaning li"), [f"{near[RATE, text]:.2f} {text}" for text in texts])
            # A plane has room for the distances of three.
            points = page.run("[...document.querySelectorAll('.meaning g')].map((one) => "
                              "one.getAttribute('transform').match(/-?[0-9.]+/g).map(Number))")
            pairs = ((0, 1), (0, 2), (1, 2))
            drawn = [math.dist(points[i], points[j]) for i, j in pairs]
            right = [math.sqrt(2 - 2 * near[texts[i], texts[j]]) for i, j in pairs]
            for one, other in zip(drawn, right):
                self.assertAlmostEqual(one / drawn[0], other / right[0], delta=0.01)

    def test_a_decoder(self):
        file = os.path.join(self.folder.name, "decoder.html")
        text = "Once upon a time"
        run("page", DECODER, text, "--to", "f32", "--output", file)
        with browser.Browser(file) as page:
            words = self.words(text, DECODER)
            self.wait(page, [word[1:] if len(word) > 1 and word[0] in "▁Ġ" else word for word in words])
            page.point(".word", 1)
            said = per_cent(page.texts(".said")[0])
            row = self.row(text, 0, 0, 1, DECODER)
            self.assertEqual([number for _, number in said[:2]],
                             sorted((round(100 * x) for x in row[:2]), reverse=True))
            page.click("#shifted")  # word 2 was written from where word 1 looks
            page.point(".word", 2)
            self.assertIn("was written from", page.texts(".said")[0])
            self.assertEqual(per_cent(page.texts(".said")[0])[:2], said[:2])

    def test_a_decoder_writes(self):
        file = os.path.join(self.folder.name, "decoder.html")
        text = "Once upon"
        run("page", DECODER, text, "--to", "f32", "--output", file)
        answer = run_json("generate", DECODER, text, "--max-tokens", "8")
        with browser.Browser(file) as page:
            self.wait(page, [word.lstrip("\u0120") for word in self.words(text, DECODER)])
            page.click(".writing button")
            for _ in range(100):
                if page.run("document.querySelector('textarea').value") != text:
                    break
                time.sleep(0.1)
            written = page.run("document.querySelector('textarea').value")
            self.assertEqual(written, text + answer["text"])
            self.assertEqual(page.errors, [])

    def test_an_encoder_with_a_decoder(self):
        """Weights are those that Transformers gives: of the text's words, and of the first that is written."""
        model = os.path.join(self.folder.name, "marian")
        os.mkdir(model)
        names, texts, _ = write_nonsense(model)
        run("page", model, texts[0], "--output", f"{model}.html")
        count = len(texts[0].split())
        answer = run_json("translate", model, texts[0], "--beams", "1", "-n", "19")
        written = [names[i] for i in answer["ids"]]

        def expect(page, row, others, verb, word):
            said = page.texts(".said")[0]
            self.assertTrue(said.startswith(f"Layer 1, head 2: \u201c{word}\u201d {verb} "), said)
            best = sorted(range(len(row)), key=lambda i: -row[i])[:5]
            for (name, number), place in zip(per_cent(said), best, strict=True):
                self.assertEqual(name, others[place])
                self.assertAlmostEqual(number, 100 * row[place], delta=0.6)

        cross, encoder = [reference(name)[1][0][2] for name in ("cross_weights", "encoder_weights")]
        with browser.Browser(f"{model}.html") as page:
            words = texts[0].split()
            self.wait(page, words + written)
            self.assertEqual(page.texts(".written output"), [answer["text"]])
            page.choose("#layer", 1)
            page.choose("#head", 2)
            page.point(".word", count)
            expect(page, cross[0], words, "looks at", written[0])
            self.assertEqual(page.run("document.querySelectorAll('.arcs path').length > 0"), True)
            page.point(".word", 2)
            self.assertIn(f"\u201c{words[2]}\u201d is looked at by ", page.texts(".said")[0])
            page.choose("#which", "encoder")
            self.assertEqual(page.texts(".word"), words)
            page.point(".word", 3)
            expect(page, encoder[3], words, "looks at", words[3])
            page.choose("#which", "cross")
            self.type(page, texts[1])
            answer = run_json("translate", model, texts[1], "--beams", "1", "-n", "19")
            self.wait(page, texts[1].split() + [names[i] for i in answer["ids"]])
            page.click(".found button", 0)
            self.assertEqual(page.errors, [])

    def test_fingers_on_a_phone(self):
        with browser.Browser(self.file, width=360, height=740, phone=True) as page:
            self.wait(page, self.words(RIVER))
            page.tap(".panel:first-child .word", 4)
            self.expect(page, RIVER, 1, 0, 4)
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 360)


if __name__ == "__main__":
    if not browser.PROGRAM:
        print("SKIPPED program.page_model_browser: needs chromium (Debian: chromium)")
        sys.exit(77)
    if not all(os.path.exists(os.path.join(ENGINE, name)) for name in ("selfattn.js", "selfattn.wasm")):
        print(f"SKIPPED program.page_model_browser: needs selfattn.js and selfattn.wasm in {ENGINE} (scripts/wasm)")
        sys.exit(77)
    unittest.main()
