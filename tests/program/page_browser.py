"""The pages in headless Chromium, from file URLs: looking with mouse, keys and fingers.

SPDX-License-Identifier: MIT"""
import os
import re
import sys
import tempfile
import unittest

import browser
from page import MODEL, RATE, RIVER, data_of, weights_of
from run import run


def per_cent(said):
    """[("river", 12), ...] of the sentence that is said."""
    words = re.split(" looks at | was written from | is looked at by ", said)[1].rstrip(".").split(", ")
    parts = [word.rsplit(" ", 1) for word in words]
    return [(word, int(number.rstrip("\u00a0%"))) for word, number in parts]


class Weights(unittest.TestCase):
    """The form without the model."""
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.file = os.path.join(cls.folder.name, "page.html")
        run("attend", MODEL, RIVER, RATE, "--layer", "1", "--head", "0", "--word", "bank", "--html", cls.file)
        with open(cls.file, encoding="utf-8") as file:
            data, _ = data_of(file.read())
        cls.weights = [weights_of(reading, 2, 2) for reading in data["readings"]]
        cls.words = [reading["words"] for reading in data["readings"]]

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def said(self, page, panel=0):
        return page.texts(".said")[panel]

    def strongest(self, row, words, special=False):
        places = [i for i in range(len(row)) if special or words[i] not in ("[CLS]", "[SEP]")]
        return [(words[i], int(100 * row[i] + 0.5)) for i in sorted(places, key=lambda i: -row[i])[:5]]

    def expect(self, page, layer, head, word, panel=0, special=False):
        """What is said is what the page's bytes are."""
        said = self.said(page, panel)
        words = self.words[panel]
        self.assertTrue(said.startswith(f"Layer {layer}, head {head}: “{words[word]}” looks at "), said)
        self.assertEqual(per_cent(said), self.strongest(self.weights[panel][layer][head][word], words, special))

    def test_it_begins_with_the_word_and_links_both_sentences(self):
        with browser.Browser(self.file) as page:
            self.assertEqual(len(page.texts(".panel")), 2)
            self.expect(page, 1, 0, 2, panel=0)
            self.expect(page, 1, 0, 2, panel=1)  # "bank" of the other sentence
            self.assertEqual(page.texts(".kept"), ["bank", "bank"])
            self.assertEqual(page.texts(".choice option")[:2], [RIVER, RATE])
            self.assertEqual(page.errors, [])
            self.assertEqual([url for url in page.requests if not url.startswith("file:")], [])

    def test_the_mouse(self):
        with browser.Browser(self.file) as page:
            page.point(".panel:first-child .word", 5)
            self.expect(page, 1, 0, 5)
            self.assertTrue(page.run("document.querySelectorAll('.panel:first-child .arcs path').length > 0"))
            page.point("h1")
            self.expect(page, 1, 0, 2)  # back to the one that is kept
            page.click(".panel:first-child .cell", 1)  # layer 0, head 1
            self.expect(page, 0, 1, 2)
            self.assertEqual(page.texts("h2.title"), ["Layer 0, head 1"] * 2)
            page.click(".panel:first-child .word", 5)
            page.point("h1")
            self.expect(page, 0, 1, 5)
            page.click(".panel:first-child .map")
            self.assertEqual(page.errors, [])

    def test_keys(self):
        with browser.Browser(self.file) as page:
            page.run("document.querySelector('.word[tabindex=\"0\"]').focus()")
            page.key("ArrowRight")
            self.expect(page, 1, 0, 3)
            page.key("End")
            self.expect(page, 1, 0, 6)
            page.key("Enter")
            self.assertEqual(page.texts(".panel:first-child .kept"), ["."])
            page.key("Escape")
            self.assertEqual(page.texts(".panel:first-child .kept"), [])
            page.run("document.querySelector('.cell[tabindex=\"0\"]').focus()")
            page.key("ArrowUp")
            self.assertEqual(page.run("document.activeElement.getAttribute('aria-label')"), "layer 0, head 0")
            self.assertEqual(page.texts("h2.title")[0], "Layer 0, head 0")

    def test_fingers_on_a_phone(self):
        with browser.Browser(self.file, width=360, height=740, phone=True) as page:
            page.tap(".panel:first-child .word", 4)
            self.expect(page, 1, 0, 4)
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 360)  # nothing to scroll sideways

    def test_choices(self):
        with browser.Browser(self.file) as page:
            page.click("#special")
            self.expect(page, 1, 0, 2, special=True)
            page.click("#special")
            page.choose("#kind", "mean")
            mean = [(a + b) / 2 for a, b in zip(self.weights[0][1][0][2], self.weights[0][1][1][2])]
            self.assertEqual(per_cent(self.said(page)), self.strongest(mean, self.words[0]))
            page.choose("#kind", "rollout")
            self.assertEqual(per_cent(self.said(page)), self.strongest(self.rollout(2), self.words[0]))
            page.choose("#kind", "head")
            page.choose("#layer", 0)
            self.expect(page, 0, 0, 2)
            page.click("#beside")
            self.assertEqual(len(page.texts(".panel")), 1)
            self.assertEqual(page.errors, [])

    def rollout(self, word):
        """Of both layers, from the formula: half the mean of heads, half the word itself."""
        count = len(self.words[0])

        def mixed(layer):
            first, second = self.weights[0][layer]
            return [[(first[i][j] + second[i][j]) / 4 + (0.5 if i == j else 0) for j in range(count)]
                    for i in range(count)]
        below, above = mixed(0), mixed(1)
        return [sum(above[word][k] * below[k][j] for k in range(count)) for j in range(count)]

    def test_heads_that_link_two_words(self):
        with browser.Browser(self.file) as page:
            page.choose(".from", 5)
            page.choose(".to", 2)
            found = sorted(((self.weights[0][layer][head][5][2], layer, head) for layer in range(2)
                            for head in range(2)), reverse=True)
            self.assertEqual(page.texts(".panel:first-child .found button"),
                             [f"layer {layer}, head {head}: {int(100 * weight + 0.5)}\u00a0%"
                              for weight, layer, head in found])
            page.click(".found button", 3)
            self.expect(page, found[3][1], found[3][2], 5)
            page.choose("#grid", "link")
            page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            self.assertEqual(page.texts(".panel:first-child .cell"),
                             [str(int(100 * self.weights[0][layer][head][5][2] + 0.5))
                              for layer in range(2) for head in range(2)])

    def test_themes_and_print(self):
        colours = "document.querySelector('.panel .word.looks') && getComputedStyle(document.body).backgroundColor"
        with browser.Browser(self.file, dark=True) as page:
            self.assertEqual(page.run(colours), "rgb(20, 23, 28)")
            page.media(dark=True, printed=True)
            self.assertEqual(page.run(colours), "rgb(255, 255, 255)")
            self.assertEqual(page.run("getComputedStyle(document.querySelector('#controls')).display"), "none")


if __name__ == "__main__":
    if not browser.PROGRAM:
        print("SKIPPED program.page_browser: needs chromium (Debian: chromium)")
        sys.exit(77)
    unittest.main()
