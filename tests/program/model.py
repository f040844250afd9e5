"""What the selfattn program says about a trained model, all-MiniLM-L6-v2.

SPDX-License-Identifier: MIT"""
import json
import os
import sys
import tempfile
import unittest
import xml.etree.ElementTree

from run import MODEL, run, run_json

TIRED = "The animal didn't cross the road because it was tired."
WIDE = "The animal didn't cross the road because it was too wide."


def weight(sentence, layer, head, source, target):
    """How much `source` looks at `target` in one head."""
    answer = run_json("attend", MODEL, sentence, "--layer", str(layer), "--head", str(head))
    return answer["weights"][answer["words"].index(source)][answer["words"].index(target)]


class Attend(unittest.TestCase):
    def test_what_it_stands_for_depends_on_the_sentence(self):
        for sentence, layer, head, expected in [(TIRED, 3, 1, 0.646), (WIDE, 3, 1, 0.248), (TIRED, 5, 11, 0.674),
                                                (WIDE, 5, 11, 0.568)]:
            with self.subTest(sentence=sentence, layer=layer):
                self.assertAlmostEqual(weight(sentence, layer, head, "it", "animal"), expected, delta=0.0005)

    def test_links_are_the_largest_weights(self):
        answer = run_json("attend", MODEL, TIRED, "--layer", "3", "--head", "1", "--word", "It", "--top", "5",
                          "--no-special")
        links, words = answer["head_links"], answer["words"]
        inner = [row[1:-1] for row in answer["weights"][1:-1]]
        self.assertEqual([link["weight"] for link in links], sorted(sum(inner, []), reverse=True)[:5])
        self.assertEqual([(link["from"], link["to"]) for link in links[:2]], [("it", "animal"), ("the", "animal")])
        for link in links + answer["word_links"]:
            self.assertEqual((words[link["from_position"]], words[link["to_position"]]), (link["from"], link["to"]))
        self.assertEqual({(link["layer"], link["from"]) for link in answer["word_links"]}, {(3, "it")})
        self.assertEqual({(link["layer"], link["from"], link["to"]) for link in answer["word_links"][:1]},
                         {(3, "it", "animal")})

    def test_table_shows_the_same(self):
        table = run("attend", MODEL, TIRED, "--layer", "3", "--head", "1", "--no-special", "--top", "1")
        self.assertRegex(table, r"\n +3 +1  it +animal +0\.646 ")

    def test_pieces_of_words_are_joined_and_rows_still_sum_to_1(self):
        sentence = "Unbelievably tokenization works."
        pieces = run_json("attend", MODEL, sentence, "--layer", "2", "--head", "4")
        whole = run_json("attend", MODEL, sentence, "--layer", "2", "--head", "4", "--join")
        self.assertTrue(any(word.startswith("##") for word in pieces["words"]))
        self.assertEqual(whole["words"], ["[CLS]", "unbelievably", "tokenization", "works", ".", "[SEP]"])
        for row in pieces["weights"] + whole["weights"]:
            self.assertAlmostEqual(sum(row), 1, places=5)

    def test_words_that_are_not_there(self):
        self.assertIn('no word "cow"', run("attend", MODEL, TIRED, "--word", "cow", status=2))
        self.assertIn("2 times", run("attend", MODEL, TIRED, "--word", "the", "--nth", "3", status=2))
        second = run_json("attend", MODEL, TIRED, "--word", "the", "--nth", "2", "--top", "1")
        self.assertEqual(second["word_links"][0]["from_position"], 7)

    def test_layers_and_heads_that_are_not_there(self):
        self.assertIn("the model has 0 to 5", run("attend", MODEL, TIRED, "--layer", "6", status=2))
        self.assertIn("the model has 0 to 11", run("attend", MODEL, TIRED, "--head", "-1", status=2))

    def test_texts_that_cannot_be_read(self):
        self.assertIn("reads at most 512", run("attend", MODEL, "word " * 600, status=1))
        self.assertIn("UTF-8", run("tokens", MODEL, b"\xff", status=1))


class Pictures(unittest.TestCase):
    def draw(self, heatmap, arcs, *more):
        return run("attend", MODEL, TIRED, "--layer", "3", "--head", "1", "--word", "it", "--heatmap", heatmap,
                   "--arcs", arcs, *more)

    def test_png_and_svg(self):
        with tempfile.TemporaryDirectory() as folder:
            names = [os.path.join(folder, name) for name in ("a.png", "b.PNG", "c.svg", "d.svg")]
            self.assertIn(names[1], self.draw(names[0], names[1]))
            self.draw(names[2], names[3], "--no-special", "--join")
            for name in names[:2]:
                with open(name, "rb") as file:
                    head = file.read(24)
                self.assertEqual(head[:8], b"\x89PNG\r\n\x1a\n")
                self.assertGreater(min(int.from_bytes(head[16:20], "big"), int.from_bytes(head[20:24], "big")), 600)
            for name in names[2:]:
                self.assertEqual(xml.etree.ElementTree.parse(name).getroot().tag, "{http://www.w3.org/2000/svg}svg")

    def test_a_picture_that_cannot_be_written_is_named(self):
        for ending in ("png", "svg"):
            name = f"/nonexistent/x.{ending}"
            self.assertIn(name, run("attend", MODEL, "a", "--layer", "0", "--head", "0", "--heatmap", name, status=1))

    def test_one_word_and_many(self):
        with tempfile.TemporaryDirectory() as folder:
            for text in ("", "a", "word " * 200):
                name = os.path.join(folder, "x.png")
                run("attend", MODEL, text, "--layer", "0", "--head", "0", "--heatmap", name, "--no-special")
                self.assertGreater(os.path.getsize(name), 1000)


class Summarize(unittest.TestCase):
    TEXT = ("Transformers changed how machines read text. A transformer reads text by self-attention. Dr. Smith had an "
            "egg for breakfast. Self-attention lets every word of a text look at every other word! By self-attention, "
            "each word of a text looks at all the other words. The weather was fine.\n\nIt rained \"a lot.\" Then "
            "it stopped.")

    def summarize(self, *arguments):
        return run_json("summarize", MODEL, "-", *arguments, given=self.TEXT)

    def test_sentences_are_found(self):
        answer = self.summarize("--sentences", "100")
        texts = [sentence["sentence"] for sentence in answer["sentences"]]
        self.assertEqual((answer["count"], len(texts)), (8, 8))
        self.assertEqual(texts[2], "Dr. Smith had an egg for breakfast.")
        self.assertEqual(texts[6:], ['It rained "a lot."', "Then it stopped."])
        self.assertAlmostEqual(sum(sentence["centrality"] for sentence in answer["sentences"]), 1, places=6)

    def test_central_sentences_are_picked_but_not_twice_the_same(self):
        picked = {sentence["index"] for sentence in self.summarize("--sentences", "2")["sentences"]}
        self.assertTrue(picked <= {0, 1, 3, 4}, picked)
        self.assertFalse(picked == {3, 4}, picked)
        self.assertEqual(len(run("summarize", MODEL, "-", "--sentences", "2", given=self.TEXT).splitlines()), 2)

    def test_an_empty_text(self):
        self.assertIn("the text is empty", run("summarize", MODEL, "-", given=" \n\n ", status=1))


class Search(unittest.TestCase):
    RIVER = ["We sat on the bank and watched the river flow by.", "Reeds grew along the muddy bank."]
    MONEY = ["The bank raised its interest rate on loans.", "She opened a savings account at the bank."]

    def search(self, query, **options):
        answer = run_json("search", MODEL, "--query", query, *self.MONEY, *self.RIVER, **options)
        return [result["sentence"] for result in answer["results"]]

    def test_the_two_banks_fall_apart(self):
        self.assertEqual(set(self.search("water and nature")[:2]), set(self.RIVER))
        self.assertEqual(set(self.search("money and finance")[:2]), set(self.MONEY))

    def test_sentences_from_standard_input_and_a_file(self):
        text = "\n".join(self.RIVER + [""] + self.MONEY) + "\n"
        piped = run_json("search", MODEL, "--query", "water", "--top", "1", given=text)
        self.assertEqual(len(piped["results"]), 1)
        with tempfile.NamedTemporaryFile("w") as file:
            file.write(text)
            file.flush()
            self.assertEqual(run_json("search", MODEL, "-q", "water", "-n", "1", "--file", file.name), piped)
        self.assertIn("/nonexistent", run("search", MODEL, "--query", "a", "--file", "/nonexistent", status=1))
        self.assertIn("has a NUL", run("search", MODEL, "--query", "a", given="water\0fire\n", status=1))
        self.assertIn("no sentence", run("search", MODEL, "--query", "a", status=1))

    def test_a_sentence_is_closest_to_itself(self):
        best = run_json("search", MODEL, "--query", self.RIVER[0], *self.MONEY, *self.RIVER)["results"][0]
        self.assertEqual(best["sentence"], self.RIVER[0])
        self.assertAlmostEqual(best["score"], 1, places=5)


class Prompts(unittest.TestCase):
    TEXTS = ["query: a river", "passage: a river", "The bank raised its rate."]

    def setUp(self):
        # MiniLM with prompts, and embeddings that are not of length 1.
        self.folder = tempfile.TemporaryDirectory()
        for name in os.listdir(MODEL):
            os.symlink(os.path.join(os.path.abspath(MODEL), name), os.path.join(self.folder.name, name))
        self.write("modules.json", [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"}])
        os.mkdir(os.path.join(self.folder.name, "1_Pooling"))
        self.write("1_Pooling/config.json", {"word_embedding_dimension": 384, "pooling_mode_mean_tokens": True})

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, value):
        path = os.path.join(self.folder.name, name)
        if os.path.islink(path):
            os.unlink(path)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)

    def search(self, *arguments):
        results = run_json("search", self.folder.name, "--query", *arguments)["results"]
        return {result["index"]: result["score"] for result in results}

    def test_prompts_stand_in_front(self):
        plain = self.search("query: a river", *self.TEXTS)
        self.assertAlmostEqual(plain[0], 1, places=5)
        other = self.search("passage: a river", "passage: a river", "a river")
        self.write("config_sentence_transformers.json", {"prompts": {"query": "query: ", "other": "passage: "}})
        self.assertEqual(self.search("a river", *self.TEXTS), plain)
        self.assertEqual(self.search("a river", "passage: a river", "a river", "--prompt", "other"), other)
        self.write("config_sentence_transformers.json", {"prompts": {"passage": "passage: "}})
        self.assertAlmostEqual(self.search("passage: a river", "a river")[0], 1, places=5)
        self.assertLess(self.search("a river", "a river")[0], 0.999)  # only the sentence has it
        self.write("config_sentence_transformers.json",
                   {"prompts": {"any": "query: "}, "default_prompt_name": "any"})
        self.assertAlmostEqual(self.search("a river", "a river")[0], 1, places=5)

    def test_a_prompt_that_is_not_there(self):
        command = ["search", self.folder.name, "--query", "a", "b", "--prompt", "x"]
        self.assertIn('no prompt "x"; it has none', run(*command, status=1))
        self.write("config_sentence_transformers.json", {"prompts": {"query": "q", "other": "o"}})
        self.assertIn('no prompt "x"; it has query, other', run(*command, status=1))


class Sizes(unittest.TestCase):
    def test_info(self):
        self.assertEqual(run_json("info", MODEL), {
            "type": "bert", "kind": "encoder", "outputs": 0, "end_tokens": [],
            "unused_tensors": ["embeddings.position_ids"], "weights": {"F32": 3538944, "F16": 18945792},
            "encoder": {"layers": 6, "width": 384, "query_heads": 12, "kv_heads": 12, "head_size": 32,
                        "vocabulary": 30522, "max_positions": 512}})
        self.assertRegex(run("info", MODEL), r"(?m)^layers +6$")

    def test_tokens(self):
        answer = run_json("tokens", MODEL, "It didn't.")
        self.assertEqual(answer["tokens"], ["[CLS]", "it", "didn", "'", "t", ".", "[SEP]"])
        self.assertEqual(answer["ids"], [101, 2009, 2134, 1005, 1056, 1012, 102])
        self.assertIn(" 2009  it\n", run("tokens", MODEL, "It didn't."))


if __name__ == "__main__":
    if not os.path.isdir(MODEL):
        print(f"SKIPPED program.model: {MODEL} is absent; scripts/test fetches it, SELFATTN_MINILM names another place")
        sys.exit(77)
    unittest.main()
