"""The page that selfattn attend --html writes: what stands in it.

SPDX-License-Identifier: MIT"""
import base64
import json
import os
import re
import tempfile
import unittest

from run import run, run_json

MODEL = os.path.join(os.path.dirname(__file__), "..", "..", "bindings", "vectors", "encoder")
RIVER, RATE = "the bank of the river .", "the bank raised its interest rate"


def data_of(page):
    """The data in a page, and the page without them."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL)
    return json.loads(data[1]), page[:data.start()] + page[data.end():]


def weights_of(reading, layers, heads):
    """[L][H][T][T] numbers from bytes, which are 255 times square roots."""
    count = len(reading["words"])
    values = [(byte / 255) ** 2 for byte in base64.b64decode(reading["weights"], validate=True)]
    assert len(values) == layers * heads * count * count
    rows = [values[i:i + count] for i in range(0, len(values), count)]
    maps = [rows[i:i + count] for i in range(0, len(rows), count)]
    return [maps[i:i + heads] for i in range(0, len(maps), heads)]


class Html(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.file = os.path.join(self.folder.name, "page.html")

    def tearDown(self):
        self.folder.cleanup()

    def page(self, *arguments):
        run("attend", MODEL, *arguments, "--html", self.file)
        with open(self.file, encoding="utf-8") as file:
            return file.read()

    def test_weights_are_those_of_attend(self):
        data, _ = data_of(self.page(RIVER, RATE))
        self.assertEqual((data["model"], data["layers"], data["heads"]), ("encoder", 2, 2))
        self.assertEqual([reading["text"] for reading in data["readings"]], [RIVER, RATE])
        for reading in data["readings"]:
            stored = weights_of(reading, 2, 2)
            for layer in range(2):
                for head in range(2):
                    exact = run_json("attend", MODEL, reading["text"], "--layer", str(layer), "--head", str(head))
                    self.assertEqual(reading["words"], exact["words"])
                    self.assertEqual(reading["special"], [word in ("[CLS]", "[SEP]") for word in exact["words"]])
                    for ours, right in zip(stored[layer][head], exact["weights"]):
                        for a, b in zip(ours, right):
                            # Half a step of the square root: 2 sqrt(w) / 510, and its square.
                            self.assertAlmostEqual(a, b, delta=2 * b ** 0.5 / 510 + 1e-5)

    def test_it_is_one_file_without_a_network(self):
        _, page = data_of(self.page(RIVER))
        self.assertNotRegex(page, r"(src|href)\s*=|@import|\bimport\b|url\(")
        self.assertEqual(re.findall(r"https?://[^\"' ]*", page), ["http://www.w3.org/2000/svg"])  # a name
        self.assertIn("default-src 'none'", page)
        self.assertTrue(page.startswith("<!doctype html>") and page.endswith("</html>\n"))
        self.assertEqual(os.listdir(self.folder.name), ["page.html"])

    def test_it_begins_with_what_is_asked_for(self):
        data, _ = data_of(self.page(RIVER, "--layer", "1", "--head", "0", "--word", "river"))
        self.assertEqual((data["layer"], data["head"], data["word"]), (1, 0, 5))
        best = run_json("attend", MODEL, RIVER, "--top", "1")["head_links"][0]
        data, _ = data_of(self.page(RIVER))
        self.assertEqual((data["layer"], data["head"], data["word"]), (best["layer"], best["head"], -1))

    def test_words_may_be_joined(self):
        data, _ = data_of(self.page("foxs", "the foxs", "--join"))
        self.assertEqual([reading["words"] for reading in data["readings"]],
                         [["[CLS]", "foxs", "[SEP]"], ["[CLS]", "the", "foxs", "[SEP]"]])

    def test_a_text_cannot_end_the_script(self):
        text = "</script> & \u2028 \u00e9 \"\\"
        data, rest = data_of(self.page(text))
        self.assertEqual(data["readings"][0]["text"], text)
        self.assertEqual(rest.count("</script>"), 1)

    def test_it_says_where_it_is(self):
        self.assertIn(f"Page:        {self.file}\n", run("attend", MODEL, RIVER, "--html", self.file))
        words = run_json("attend", MODEL, RIVER, RATE, "--html", self.file)["words"]
        self.assertEqual(words[1:-1], RIVER.split())

    def test_what_cannot_be_written_is_named(self):
        missing = os.path.join(self.folder.name, "no", "page.html")
        self.assertIn(f"{missing} cannot be written", run("attend", MODEL, RIVER, "--html", missing, status=1))
        self.assertIn("one argument too many", run("attend", MODEL, RIVER, RATE, status=2))


if __name__ == "__main__":
    unittest.main()
