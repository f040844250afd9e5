"""What selfattn look says about photographs, with a vision model made for it.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import tempfile
import unittest
import xml.etree.ElementTree

import tiny
from run import run, run_json

JPEG = os.path.join(os.path.dirname(__file__), "..", "data", "images", "corner.jpg")


def sinc(x):
    return math.sin(math.pi * x) / (math.pi * x) if x else 1.0


def cubic(x):
    return (1.5 * x - 2.5) * x * x + 1 if x < 1 else ((-0.5 * x + 2.5) * x - 4) * x + 2 if x < 2 else 0.0


# Pillow's numbers: reach, and value at a place.
FILTERS = {1: (3, lambda x: sinc(x) * sinc(x / 3) if abs(x) < 3 else 0.0), 2: (1, lambda x: max(1 - abs(x), 0.0)),
           3: (2, lambda x: cubic(abs(x))), 4: (0.5, lambda x: float(-0.5 < x <= 0.5)),
           5: (1, lambda x: sinc(x) * (0.54 + 0.46 * math.cos(math.pi * x)) if abs(x) < 1 else 0.0)}


def resize_line(line, size, number):
    """A line of grey values made longer or shorter as Pillow does."""
    reach, value = FILTERS[number]
    scale = len(line) / size
    stretch = max(scale, 1)
    made = []
    for pixel in range(size):
        centre = (pixel + 0.5) * scale
        first = max(int(centre - reach * stretch + 0.5), 0)
        last = min(int(centre + reach * stretch + 0.5), len(line))
        weights = [value((i - centre + 0.5) / stretch) for i in range(first, last)]
        total = sum(w * line[first + i] for i, w in enumerate(weights)) / sum(weights)
        made.append(min(max(math.floor(total + 0.5), 0), 255))
    return made


def resize(rows, side, number):
    narrow = [resize_line(row, side, number) for row in rows]
    return list(zip(*[resize_line(column, side, number) for column in zip(*narrow)]))


def weights_of(rows, patch=4):
    """What tiny.write_vit()'s class token gives each patch of a picture of its size."""
    side = len(rows) // patch
    scores = []
    for y in range(side):
        for x in range(side):
            values = [rows[patch * y + i][patch * x + j] / 127.5 - 1 for i in range(patch) for j in range(patch)]
            bright = sum(values) / len(values)
            scores.append(math.exp(bright / math.sqrt((bright * bright + 1) / 2)))
    return [score / (sum(scores) + 1) for score in scores]


class Look(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.model = self.folder.name
        tiny.write_vit(self.model)

    def tearDown(self):
        self.folder.cleanup()

    def path(self, name):
        return os.path.join(self.model, name)

    def photograph(self, name, width, height, bright, alpha=None):
        """Dark but for the rectangle `bright` (left, top, right, bottom)."""
        left, top, right, bottom = bright
        rows = [[250 if left <= x < right and top <= y < bottom else 5 for x in range(width)] for y in range(height)]
        tiny.write_png(self.path(name), rows, alpha)
        return self.path(name)

    def preprocessor(self, **settings):
        with open(self.path("preprocessor_config.json"), "w", encoding="utf-8") as file:
            json.dump(settings, file)

    def brightest(self, *arguments):
        """Row and column of the largest weight."""
        weights = run_json("look", self.model, *arguments)["weights"]
        return max((value, row, column) for row, line in enumerate(weights) for column, value in enumerate(line))[1:]

    def test_it_looks_at_what_is_bright_whatever_the_size(self):
        for width, height in [(16, 16), (64, 64), (200, 40), (40, 200), (7, 5)]:
            with self.subTest(width=width, height=height):
                bright = (width // 2, 0, width * 3 // 4 + 1, height // 4 + 1)
                self.assertEqual(self.brightest(self.photograph("a.png", width, height, bright)), (0, 2))

    def test_info_needs_no_tokenizer(self):
        self.assertEqual(run_json("info", self.model)["encoder"]["width"], 4)

    def test_info_of_images(self):
        self.assertEqual(run_json("info", self.model)["input"],
                         {"channels": 3, "height": 16, "width": 16, "tokens": 17})

    def test_jpeg(self):
        self.assertEqual(self.brightest(JPEG), (3, 0))

    def test_what_is_transparent_is_white(self):
        everywhere = run_json("look", self.model, self.photograph("a.png", 16, 16, (0, 0, 4, 4), alpha=0))["weights"]
        flat = sum(everywhere, [])
        self.assertLess(max(flat) - min(flat), 1e-6)

    def test_weights_and_classes(self):
        answer = run_json("look", self.model, self.photograph("a.png", 16, 16, (0, 0, 4, 4)), "--top", "2")
        flat = sum(answer["weights"], [])
        bright, dark = [math.exp(b / math.sqrt((b * b + 1) / 2)) for b in (250 / 127.5 - 1, 5 / 127.5 - 1)]
        total = bright + 15 * dark + 1  # the class token's own score is 0
        self.assertAlmostEqual(flat[0], bright / total, places=5)
        self.assertAlmostEqual(flat[9], dark / total, places=5)
        self.assertEqual([c["label"] for c in answer["classes"]], ["cat", "mat"])
        self.assertAlmostEqual(answer["classes"][0]["probability"], 0.66524096, places=5)
        self.assertIn(" 66.5 %  cat\n", run("look", self.model, self.path("a.png")))

    def test_cropping_and_resizing_as_the_model_was_trained(self):
        wide = self.photograph("a.png", 64, 32, (16, 0, 24, 8))
        self.assertEqual(self.brightest(wide), (0, 1))
        self.preprocessor(do_resize=True, size={"shortest_edge": 16}, do_center_crop=True,
                          crop_size={"height": 16, "width": 16}, resample=3)
        self.assertEqual(self.brightest(wide), (0, 0))
        # The longer edge would be 32, and is made 20; the shorter one, 10 then, is too short to crop.
        self.preprocessor(size={"shortest_edge": 16, "longest_edge": 20}, do_center_crop=True, crop_size=16)
        self.assertIn("makes an image of 20 x 10 pixels", run("look", self.model, wide, status=1))
        self.preprocessor(size={"shortest_edge": 16, "longest_edge": 32}, do_center_crop=True, crop_size=16,
                          do_pad=False, crop_pct=None, do_convert_rgb=True, do_rescale=None)
        self.assertEqual(self.brightest(wide), (0, 0))
        self.preprocessor(size=16, resample=0, image_mean=[0.5, 0.5, 0.5], image_std=[0.5, 0.5, 0.5])
        self.assertEqual(self.brightest(wide), (0, 1))
        self.preprocessor(do_resize=False)
        self.assertIn("64 x 32", run("look", self.model, wide, status=1))
        self.assertEqual(self.brightest(self.photograph("b.png", 16, 16, (12, 8, 16, 12))), (2, 3))

    def test_a_crop_as_a_share(self):
        wide = self.photograph("a.png", 64, 32, (24, 8, 28, 12))  # of 16 in the middle: 8 .. 24 of the shorter edge
        for settings in ({"feature_extractor_type": "ConvNextFeatureExtractor", "size": 16},
                         {"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 16}},
                         {"image_processor_type": "PoolFormerImageProcessor", "size": {"height": 16, "width": 16},
                          "do_center_crop": True, "crop_size": 16}):
            with self.subTest(settings=settings):
                self.preprocessor(crop_pct=0.5, resample=4, **settings)
                self.assertEqual(self.brightest(wide), (0, 0))
        for side, size in ((384, {"shortest_edge": 384}), (400, 400)):  # squares, whatever the share
            self.preprocessor(image_processor_type="ConvNextImageProcessor", crop_pct=0.5, size=size)
            self.assertEqual(len(run_json("look", self.model, wide)["weights"]), side // 4)
        self.preprocessor(image_processor_type="ConvNextImageProcessor", size=8)  # 224 / 256 of it
        self.assertEqual(len(run_json("look", self.model, wide)["weights"]), 2)

    def test_images_of_another_size_than_those_of_the_training(self):
        photograph = self.photograph("a.png", 48, 48, (20, 36, 24, 40))
        for side in (8, 24, 48):
            with self.subTest(side=side):
                self.preprocessor(size=side, resample=2)
                self.assertEqual(self.brightest(photograph), (36 * side // 48 // 4, 20 * side // 48 // 4))

    def test_every_filter_is_pillows(self):
        for width, height in [(37, 29), (7, 50), (5, 6)]:
            rows = [[(31 * x + 57 * y * y) % 256 for x in range(width)] for y in range(height)]
            tiny.write_png(self.path("a.png"), rows)
            for number in FILTERS:
                with self.subTest(width=width, height=height, filter=number):
                    self.preprocessor(size=16, resample=number, image_mean=[0.5] * 3, image_std=[0.5] * 3)
                    weights = sum(run_json("look", self.model, self.path("a.png"))["weights"], [])
                    for got, wanted in zip(weights, weights_of(resize(rows, 16, number)), strict=True):
                        # A pixel that lies halfway between two greys may become either: 4e-5 each.
                        self.assertAlmostEqual(got, wanted, delta=1e-4)

    def test_settings_that_make_no_sense(self):
        photograph = self.photograph("a.png", 16, 16, (0, 0, 4, 4))
        for settings, message in [({"size": {"longest_edge": 3}}, '"size"'), ({"size": -1}, '"size"'),
                                  ({"resample": 9}, '"resample" is 9'),
                                  ({"image_mean": [1]}, '"image_mean"'),
                                  ({"size": 10}, "image_size is 10, which patches of 4 pixels do not fill"),
                                  ({"size": 16, "do_center_crop": True, "crop_size": 20}, "crops it"),
                                  ({"size": {"shortest_edge": 16, "longest_edge": 16}}, "longest_edge 16"),
                                  ({"size": {"shortest_edge": "16"}}, '"shortest_edge" must be a number'),
                                  ({"do_resize": "yes"}, '"do_resize" must be true or false'),
                                  ({"rescale_factor": "1/255"}, '"rescale_factor" must be a number'),
                                  ({"image_mean": [0, 0, "0"]}, '"image_mean" must be a list of three numbers'),
                                  ({"image_std": [1, 1, 0]}, '"image_std" must be above 0'),
                                  ({"crop_pct": 0.875}, '"crop_pct" is set, which is only known of ConvNext'),
                                  ({"crop_pct": 2, "image_processor_type": "ConvNextImageProcessor"}, "is 2, must"),
                                  ({"crop_pct": 1e-300, "feature_extractor_type": "PoolFormer"}, "is 1e-300, must be"),
                                  ({"crop_pct": "1", "image_processor_type": "ConvNextImageProcessor"},
                                   '"crop_pct" must be a number'),
                                  ({"crop_pct": 0.5, "image_processor_type": "PoolFormerImageProcessor",
                                    "size": {"height": 16, "width": 8}}, "which is no square"),
                                  ({"do_flip_channel_order": True}, '"do_flip_channel_order" is set'),
                                  ({"do_pad": True}, '"do_pad" is set'), ({"resample": 6}, '"resample" is 6')]:
            with self.subTest(settings=settings):
                self.preprocessor(**settings)
                self.assertIn(message, run("look", self.model, photograph, status=1))
        with open(self.path("preprocessor_config.json"), "w", encoding="utf-8") as file:
            file.write("[1")
        self.assertIn("preprocessor_config.json", run("look", self.model, photograph, status=1))

    def test_one_file_for_all(self):
        """Transformers 5 writes processor_config.json, whose section goes before the other file."""
        photograph = self.photograph("one.png", 40, 30, (3, 3, 17, 20))
        self.preprocessor(do_resize=True, size={"height": 16, "width": 16}, image_mean=[0.1] * 3)
        other = run_json("look", self.model, photograph)["weights"]
        settings = {"size": {"height": 16, "width": 16}, "image_mean": [0.9, 0.2, 0.4]}
        self.preprocessor(**settings)
        wanted = run_json("look", self.model, photograph)["weights"]
        self.assertNotEqual(wanted, other)
        self.preprocessor(image_mean=[0.1] * 3)
        with open(self.path("processor_config.json"), "w", encoding="utf-8") as file:
            json.dump({"image_processor": settings, "processor_class": "CLIPProcessor"}, file)
        self.assertEqual(run_json("look", self.model, photograph)["weights"], wanted)
        with open(self.path("processor_config.json"), "w", encoding="utf-8") as file:
            json.dump({"image_processor": {"size": {"height": 16, "width": 16}, "image_std": [0] * 3}}, file)
        self.assertRegex(run("look", self.model, photograph, status=1), '/processor_config.json: "image_std"')

    def test_pictures(self):
        photograph = self.photograph("a.png", 90, 60, (0, 0, 30, 20))
        png, svg = self.path("out.png"), self.path("out.svg")
        self.assertIn(png, run("look", self.model, photograph, "--output", png))
        run("look", self.model, photograph, "--output", svg, "--layer", "0", "--head", "0")
        with open(png, "rb") as file:
            head = file.read(24)
        self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
        self.assertGreater(min(int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")), 600)
        self.assertEqual(xml.etree.ElementTree.parse(svg).getroot().tag, "{http://www.w3.org/2000/svg}svg")

    def test_files_that_are_no_photographs(self):
        photograph = self.photograph("a.png", 16, 16, (0, 0, 4, 4))
        with open(photograph, "rb") as file:
            whole = file.read()
        with open(JPEG, "rb") as file:
            jpeg = file.read()
        huge = whole[:16] + (1 << 30).to_bytes(4, "big") + whole[20:]
        for content, message in [(b"", "neither a PNG nor a JPEG"), (b"GIF89a", "neither a PNG nor a JPEG"),
                                 (whole[:20], "not a complete PNG"), (whole[:60], "cannot be read as PNG"),
                                 (huge, "pixels"), (jpeg[:-40], "cannot be read as JPEG")]:
            with self.subTest(message=message):
                with open(self.path("bad"), "wb") as file:
                    file.write(content)
                said = run("look", self.model, self.path("bad"), status=1)
                self.assertIn(message, said)
                self.assertIn(self.path("bad"), said)
        self.assertIn("/nonexistent", run("look", self.model, "/nonexistent", status=1))

    def test_layers_and_heads_that_are_not_there(self):
        photograph = self.photograph("a.png", 16, 16, (0, 0, 4, 4))
        self.assertIn("--layer is 1", run("look", self.model, photograph, "--layer", "1", status=2))
        self.assertIn("--head is -1", run("look", self.model, photograph, "--head", "-1", status=2))


if __name__ == "__main__":
    unittest.main()
