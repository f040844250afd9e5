#!/usr/bin/env python3
"""Draws the pictures of docs/concepts.md. Their numbers are those of all-MiniLM-L6-v2 (scripts/demo downloads it), but
for one query, masks and turns, which follow from their rules. The test program.concepts draws them again and compares.

usage: PYTHONPATH=bindings/python tools/draw_concepts.py MODEL FOLDER
SPDX-License-Identifier: MIT"""
import html
import math
import pathlib
import sys

import selfattn

TIRED = "The animal didn't cross the street because it was too tired."
WIDE = "The animal didn't cross the street because it was too wide."
RIVER = "We sat on the bank of the river."
STREAM = "We fish from the bank of the stream."
LOAN = "We asked at the bank for a loan."
BLUE, ORANGE, GREY, PALE = "#1f5fa8", "#b35900", "#555555", "#dddddd"


class Picture:
    """An SVG that is written shape by shape."""

    def __init__(self, width, height, title):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="14">',
                      f"<title>{html.escape(title)}</title>"]
        self.box(0, 0, width, height, "#ffffff")

    def box(self, x, y, width, height, fill, opacity=1.0, edge="none"):
        self.parts.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{fill}" '
                          f'fill-opacity="{opacity:.2f}" stroke="{edge}"/>')

    def text(self, x, y, text, fill="#000000", anchor="middle", weight="normal"):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" text-anchor="{anchor}" '
                          f'font-weight="{weight}">{html.escape(text)}</text>')

    def line(self, points, stroke, width=1.0):
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self.parts.append(f'<polyline points="{path}" fill="none" stroke="{stroke}" stroke-width="{width}"/>')

    def circle(self, x, y, radius, fill, edge="none"):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{fill}" stroke="{edge}"/>')

    def write(self, path):
        path.write_text("\n".join([*self.parts, "</svg>", ""]), encoding="utf-8")


class Sentence:
    """A sentence in a model: its tokens, where they look, and what each is after every layer."""

    def __init__(self, model, text):
        found = model.run(text, "attention", "hidden_all")
        self.words = model.tokenizer.tokens(found["ids"])
        self.attention = found["attention"].tolist()
        self.states = found["hidden_all"].tolist()

    def row(self, layer, head, word):
        """The weights of a word's query."""
        return self.attention[layer][head][self.words.index(word)]


def cosine(a, b):
    return sum(x * y for x, y in zip(a, b)) / math.sqrt(sum(x * x for x in a) * sum(y * y for y in b))


def bars(picture, top, words, weights, looking):
    """A word in each column, and above it a bar as high as its weight. [CLS] and [SEP] are left out."""
    step, full = 60, 90
    for i, (word, weight) in enumerate(list(zip(words, weights))[1:-1]):
        x = 10 + i * step
        here = word == looking
        picture.box(x + 8, top + 24 + full * (1 - weight), step - 16, full * weight, BLUE)
        if weight >= 0.04:
            picture.text(x + step / 2, top + 18 + full * (1 - weight), f"{100 * weight:.0f} %", GREY)
        picture.text(x + step / 2, top + full + 42, word, ORANGE if here else "#000000",
                     weight="bold" if here else "normal")


def draw_rows(title, rows, looking):
    """Where one word looks: a row of bars for each sentence, layer and head."""
    width = 20 + 60 * max(len(sentence.words) - 2 for sentence, _, _ in rows)
    picture = Picture(width, 165 * len(rows), title)
    for i, (sentence, layer, head) in enumerate(rows):
        picture.text(12, 165 * i + 22, f"layer {layer}, head {head}", GREY, "start")
        bars(picture, 165 * i + 10, sentence.words, sentence.row(layer, head, looking), looking)
    return picture


def draw_heads(sentence, layer):
    """All heads of a layer: a row of cells each, dark as far as the word looks there."""
    picture = Picture(90 + 58 * len(sentence.words), 40 + 24 * 12, f"Where “it” looks, all heads of layer {layer}")
    for head in range(12):
        picture.text(80, 47 + 24 * head, f"head {head}", GREY, "end")
        for i, weight in enumerate(sentence.row(layer, head, "it")):
            picture.box(88 + 58 * i, 30 + 24 * head, 56, 22, BLUE, weight, PALE)
    for i, word in enumerate(sentence.words):
        picture.text(116 + 58 * i, 20, word, ORANGE if word == "it" else "#000000")
    return picture


def draw_bank(river, stream, loan):
    """How alike two banks are after each layer."""
    def place(layer, value):
        return 70 + 80 * layer, 30 + 800 * (1 - value)

    picture = Picture(700, 260, "How alike two tokens “bank” are, layer by layer")
    for value in (1.0, 0.9, 0.8):
        picture.line([place(0, value), place(6, value)], PALE)
        picture.text(58, place(0, value)[1] + 5, f"{value:.1f}", GREY, "end")
    for layer in range(7):
        picture.text(place(layer, 1)[0], 230, str(layer), GREY)
    picture.text(310, 252, "layers that both have been through", GREY)
    own = river.words.index("bank")
    for other, colour, name in ((stream, BLUE, "river, stream"), (loan, ORANGE, "river, loan")):
        there = other.words.index("bank")
        points = [place(layer, cosine(river.states[layer][own], other.states[layer][there])) for layer in range(7)]
        picture.line(points, colour, 2.5)
        picture.text(points[-1][0] + 10, points[-1][1] + 5, name, colour, "start")
    return picture


def draw_attention():
    """One query and three keys, the numbers of examples/00_attention.c."""
    rows = [(math.log(n), n, 6 * n) for n in (1, 2, 3)]
    picture = Picture(700, 210, "One query, three keys: scores, weights, and the weighted sum of the values")
    for x, name in ((70, "query"), (200, "keys"), (330, "score = query × key"), (480, "weight"), (620, "value")):
        picture.text(x, 24, name, GREY)
    picture.text(70, 99, "1", BLUE, weight="bold")
    for i, (key, weight, value) in enumerate(rows):
        y = 50 + 44 * i
        picture.line([(84, 94), (172, y)], PALE, 1.5)
        picture.text(200, y + 5, f"{key:.2f}", ORANGE)
        picture.text(330, y + 5, f"{key:.2f}")
        picture.box(430, y - 10, 100 * weight / 6, 20, BLUE)
        picture.text(440 + 100 * weight / 6, y + 5, f"{weight}/6", GREY, "start")
        picture.text(620, y + 5, f"{value}")
    total = " + ".join(f"{weight}/6 × {value}" for _, weight, value in rows)
    result = sum(weight * value for _, weight, value in rows) // 6
    picture.text(350, 196, f"result = {total} = {result}", weight="bold")
    return picture


def draw_masks():
    """Which keys (columns) each query (row) sees."""
    size, cell = 6, 22
    rules = [("no mask", lambda t, j: True), ("causal", lambda t, j: j <= t),
             ("causal, window of 3", lambda t, j: t - 2 <= j <= t), ("padding: 4 keys", lambda t, j: j < 4)]
    picture = Picture(190 * len(rules) + 20, 190, "Four masks: a filled cell is a key that the query sees")
    for i, (name, sees) in enumerate(rules):
        left = 40 + 190 * i
        picture.text(left + cell * size / 2, 20, name)
        for t in range(size):
            picture.text(left - 8, 47 + cell * t, str(t), GREY, "end")
            picture.text(left + cell * (t + 0.5), 182, str(t), GREY)
            for j in range(size):
                picture.box(left + cell * j, 32 + cell * t, cell - 2, cell - 2, BLUE, 1.0 if sees(t, j) else 0.0, PALE)
    return picture


def draw_turns():
    """Two pairs at the same distance: both hands have turned on, and the angle between them is the same."""
    picture = Picture(560, 200, "Rotary positions: the angle between query and key depends on their distance alone")
    for i, (query, key) in enumerate([(3, 1), (7, 5)]):
        x, y = 130 + 280 * i, 95
        picture.circle(x, y, 70, "none", PALE)
        for position, colour, name in ((query, BLUE, "query"), (key, ORANGE, "key")):
            angle = 0.4 * position
            tip = (x + 70 * math.cos(angle), y - 70 * math.sin(angle))
            picture.line([(x, y), tip], colour, 2.5)
            picture.text(x + 94 * math.cos(angle), y + 5 - 84 * math.sin(angle), name, colour)
        picture.text(x, 192, f"query at {query}, key at {key}", GREY)
    return picture


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    model, folder = selfattn.Model(sys.argv[1]), pathlib.Path(sys.argv[2])
    tired, wide, river, stream, loan = (Sentence(model, text) for text in (TIRED, WIDE, RIVER, STREAM, LOAN))
    pictures = {"it": draw_rows("Where “it” looks in two sentences", [(tired, 3, 1), (wide, 3, 1)], "it"),
                "heads": draw_heads(tired, 3), "attention": draw_attention(), "masks": draw_masks(),
                "turns": draw_turns(),
                "bank": draw_rows("Where “bank” looks", [(river, 0, 4), (loan, 0, 4)], "bank"),
                "banks": draw_bank(river, stream, loan)}
    for name, picture in pictures.items():
        picture.write(folder / f"concept-{name}.svg")


main()
