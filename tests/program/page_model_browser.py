"""The page with a model in headless Chromium, from a file URL: typing, looking and choosing.

SPDX-License-Identifier: MIT"""
import base64
import http.server
import json
import math
import os
import sys
import tempfile
import threading
import time
import unittest

import browser
import look
import tiny
from page import MODEL, RATE, RIVER
from page_browser import per_cent
from page_model import DECODER, write_distilbert, write_mpt
from run import MODEL as MINILM, run, run_json
from translate import MARIAN, write_languages, write_nonsense

def reference(name):
    """An array of tests/data/architectures/marian/reference.safetensors, as lists."""
    shape, values = tiny.read_safetensors(os.path.join(MARIAN, "reference.safetensors"))[name]
    for length in shape[:0:-1]:
        values = [values[i:i + length] for i in range(0, len(values), length)]
    return values


VIEW = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools", "selfattn", "page", "view")
ENGINE = os.environ.get("SELFATTN_ENGINE", "")
TIRED = "the animal did not cross the road because it was tired"
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

    @unittest.skipUnless(os.path.exists(MINILM), f"{MINILM} is absent")
    def test_a_trained_model(self):
        page_file, model = (os.path.join(self.folder.name, name) for name in ("minilm.html", "minilm.gguf"))
        run("page", MINILM, TIRED, "--layer", "3", "--head", "1", "--word", "it", "--output", page_file)
        run("quantize", MINILM, "--to", "q8_0", model)
        self.assertLess(os.path.getsize(page_file), 30e6)
        with browser.Browser(page_file) as page:
            self.wait(page, self.words(TIRED, model))
            self.expect(page, TIRED, 3, 1, self.words(TIRED, model).index("it"), model=model)
            wide = TIRED.replace("tired", "too wide")
            self.type(page, wide)
            self.wait(page, self.words(wide, model))
            page.point(".panel:first-child .word", 2)
            self.expect(page, wide, 3, 1, 2, model=model)
            self.assertEqual([url for url in page.requests if not url.startswith(("file:", "blob:"))], [])

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
            page.point(".word", 2)
            said = per_cent(page.texts(".said")[0])
            row = self.row(text, 0, 0, 2, DECODER)  # the token in front of the text is not said
            self.assertEqual([number for _, number in said[:2]],
                             sorted((round(100 * x) for x in row[1:3]), reverse=True))
            page.click("#shifted")  # word 3 was written from where word 2 looks
            page.point(".word", 3)
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

    def test_languages(self):
        """It is told the languages that are chosen, and reads SentencePiece's file."""
        model = os.path.join(self.folder.name, "m2m")
        os.mkdir(model)
        names, texts = write_languages(model)
        run("page", model, texts[0], "--target", "de", "--output", f"{model}.html")
        seen = []
        with browser.Browser(f"{model}.html") as page:
            def expect(source, target):
                answer = run_json("translate", model, texts[0], "--beams", "1", "-n", "18", "--source", source,
                                  "--target", target)
                written = [names[i].lstrip("\u2581") for i in answer["ids"]]
                self.wait(page, [f"__{source}__", *texts[0].split(), "</s>", *written])
                seen.append(written)
            expect("en", "de")  # the tokenizer's own source
            self.assertEqual(page.texts("#from option"), ["not told", "English: __en__", "French: __fr__",
                                                          "German: __de__"])
            page.choose("#to", 40)
            expect("en", "fr")
            page.choose("#to", 39)
            page.choose("#from", 38)
            expect("de", "en")
        self.assertEqual(len(set(map(tuple, seen))), 3)

    def test_weights_that_are_more(self):
        """Of a decoder by ALiBi's slopes alone."""
        model, text = os.path.join(self.folder.name, "mpt.gguf"), "ab a c a"
        write_mpt(model)
        run("page", model, text, "--output", f"{model}.html", "--head", "1")
        with browser.Browser(f"{model}.html") as page:
            words = self.words(text, model)
            self.wait(page, [word.lstrip("\u0120") or word for word in words if word not in ("<s>", "</s>")])
            page.point(".word", 3)
            row = self.row(text, 0, 1, 3, model)
            self.assertEqual(sorted(number for _, number in per_cent(page.texts(".said")[0])),
                             sorted((round(100 * x) for x in row), reverse=True)[:5][::-1])

    def test_an_encoder_with_its_own_files(self):
        model, text = os.path.join(self.folder.name, "distilbert"), "w7 w9 w20 w9"
        write_distilbert(model)
        run("page", model, text, "--output", f"{model}.html")
        with browser.Browser(f"{model}.html") as page:
            self.wait(page, self.words(text, model))
            page.point(".word", 2)
            self.expect(page, text, 0, 0, 2, model=model)

    def test_pictures(self):
        """A picture that stands in the page, one that is dropped and one that is chosen."""
        model, file = [os.path.join(self.folder.name, name) for name in ("vit", "vit.html")]
        os.mkdir(model)
        tiny.write_vit(model)

        def preprocess(side):
            with open(os.path.join(model, "preprocessor_config.json"), "w", encoding="utf-8") as stream:
                json.dump({"size": {"shortest_edge": side + 2}, "do_center_crop": True, "crop_size": side,
                           "resample": 3}, stream)
        preprocess(16)
        pictures = [os.path.join(self.folder.name, f"{i}.png") for i in range(3)]
        for i, picture in enumerate(pictures):
            tiny.write_png(picture, [[(31 * x * i + 9 * y * (i + 1)) % 256 for x in range(40)] for y in range(30)])
        run("page", model, pictures[0], "--output", file)
        both = os.path.join(self.folder.name, "both.html")
        run("page", model, *pictures[:2], "--output", both)

        def expect(page, picture, panel=0):
            answer = run_json("look", model, picture)
            classes = ", ".join(f"{one['label']} {100 * one['probability']:.0f}\u00a0%" for one in answer["classes"])
            for _ in range(100):
                said = page.texts(".said")[panel]
                found = per_cent(said) if "looks at" in said else []
                row = {f"patch {y}\u00b7{x}": 100 * value for y, line in enumerate(answer["weights"])
                       for x, value in enumerate(line)}
                row["class token"] = 100 - sum(row.values())
                best = sorted(row.values(), reverse=True)[:5]
                if found and all(abs(row[name] - number) < 0.6 and abs(number - wanted) < 0.6
                                 for (name, number), wanted in zip(found, best, strict=True)):
                    break
                time.sleep(0.1)
            else:
                self.fail(f"{said} {row} {page.texts('#state')} {page.errors}")
            self.assertTrue(said.startswith("Layer 0, head 0: \u201cclass token\u201d looks at "), said)
            self.assertEqual(page.texts(".classes")[panel], f"The model takes it for: {classes}.")

        with browser.Browser(file) as page:
            self.assertEqual(page.texts("h1"), ["Where a model looks"])
            expect(page, pictures[0])
            self.assertEqual(page.texts(".tokens .patch"), ["class token"])
            dark = page.run("[...document.querySelectorAll('.patches .patch')].map((one) => "
                            "Number(getComputedStyle(one).backgroundColor.match(/[0-9.]+/g)[3] ?? 1))")
            weights = sum(run_json("look", model, pictures[0])["weights"], [])
            for alpha, weight in zip(dark, weights, strict=True):
                self.assertAlmostEqual(alpha, 0.86 * (1 - math.sqrt(weight / max(weights))), delta=0.01)
            page.point(".patches .patch", 6)
            self.assertIn("\u201cpatch 1\u00b72\u201d looks at", page.texts(".said")[0])
            page.run("document.querySelector('.patch[tabindex=\"0\"]').focus()")
            for key, name in (("ArrowDown", "patch 0\u00b73"), ("ArrowDown", "patch 1\u00b73"),
                              ("ArrowLeft", "patch 1\u00b72"), ("Home", "class token")):
                page.key(key)
                self.assertIn(f"\u201c{name}\u201d looks at", page.texts(".said")[0])
            page.point("h1")
            with open(pictures[1], "rb") as stream:
                data = base64.b64encode(stream.read()).decode()
            page.run(f"""(() => {{
                const dropped = new DataTransfer();
                const bytes = Uint8Array.from(atob('{data}'), (letter) => letter.charCodeAt(0));
                dropped.items.add(new File([bytes], 'one.png', {{ type: 'image/png' }}));
                document.querySelector('.picked').dispatchEvent(
                    new DragEvent('drop', {{ bubbles: true, cancelable: true, dataTransfer: dropped }}));
            }})()""")
            expect(page, pictures[1])
            page.pick(".picked input", pictures[2])
            expect(page, pictures[2])
            page.pick(".picked input", os.path.join(model, "config.json"))
            for _ in range(100):
                if "no picture" in page.texts("#state")[0]:
                    break
                time.sleep(0.1)
            self.assertEqual(page.texts("#state"), ["config.json is no picture that this browser reads."])
            self.assertEqual(page.errors, [])
        with browser.Browser(both) as page:
            expect(page, pictures[0])
            expect(page, pictures[1], 1)
            page.point(".panel:first-child .patches .patch", 6)
            self.assertIn("\u201cpatch 1\u00b72\u201d looks at", page.texts(".said")[1])
            page.point("h1")
            page.click("#beside")
            page.click("#beside")
            expect(page, pictures[1], 1)
            self.assertEqual(page.errors, [])
        with browser.Browser(file, width=360, height=740, phone=True) as page:
            expect(page, pictures[0])
            page.tap(".patches .patch", 9)
            self.assertIn("\u201cpatch 2\u00b71\u201d looks at", page.texts(".said")[0])
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 360)
        preprocess(24)  # another size than that of the training
        run("page", model, pictures[0], "--output", file)
        with browser.Browser(file) as page:
            expect(page, pictures[0])

    def test_every_filter_is_pillows(self):
        """Of the page's script alone, as its worker runs it."""
        with open(os.path.join(VIEW, "picture.js"), encoding="utf-8") as script:
            text = script.read().replace("\nexport ", "\n")
        file = os.path.join(self.folder.name, "picture.html")
        with open(file, "w", encoding="utf-8") as stream:
            stream.write(f"<!doctype html><meta charset=utf-8><script>{text}</script>")
        with browser.Browser(file) as page:
            for width, height in ((37, 29), (7, 50), (5, 6)):
                rows = [[(31 * x + 57 * y * y) % 256 for x in range(width)] for y in range(height)]
                flat = [value for row in rows for value in row for _ in range(3)]
                for number in look.FILTERS:
                    got = page.run(f"""Array.from(featuresOf({{ width: {width}, height: {height}, rgb: {flat} }}, {{
                        taken: [16, 16], resize: true, filter: {number}, width: 16, height: 16, factor: 1,
                        mean: [0, 0, 0], deviation: [1, 1, 1] }}).features.subarray(256, 512))""")
                    wanted = [value for row in look.resize(rows, 16, number) for value in row]
                    # A pixel that lies halfway between two greys may become either.
                    self.assertLessEqual(max(abs(a - b) for a, b in zip(got, wanted, strict=True)), 1)
                    self.assertLess(sum(a != b for a, b in zip(got, wanted)), 8)

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
