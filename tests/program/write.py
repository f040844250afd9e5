"""What selfattn generate and selfattn chat write: with a model of nonsense, and with trained ones where they are
present.

SPDX-License-Identifier: MIT"""
import json
import math
import os
import shutil
import struct
import subprocess
import tempfile
import unittest
import xml.etree.ElementTree

import run as program
import tiny

HERE = os.path.dirname(os.path.abspath(__file__))
CACHE = os.path.join(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"), "selfattn")
MINIMIND = os.environ.get("SELFATTN_MINIMIND") or os.path.join(CACHE, "minimind")
DECODER = os.path.join(HERE, "..", "..", "bindings", "vectors", "decoder")
SHARED = os.path.join(HERE, "..", "..", "..", "shared", "models")
STORIES260K = os.environ.get("SELFATTN_STORIES260K") or os.path.join(SHARED, "stories260K")
CHATML = ("{% if messages[0]['role'] == 'system' %}"
          "{{ '<|im_start|>system\\n' + messages[0]['content'] + '<|im_end|>\\n' }}{% else %}"
          "{{ '<|im_start|>system\\nBe kind<|im_end|>\\n' }}{% endif %}")


def run(*arguments, **options):
    """One thread: these models are too small for more."""
    return program.run(*arguments, "--threads", "1", **options)


def run_json(*arguments, **options):
    return json.loads(run(*arguments, "--json", **options))


class Nonsense(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.model = cls.folder.name
        tiny.write_llama(cls.model)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def generate(self, *arguments):
        return run_json("generate", self.model, "the cat", "--max-tokens", "20", *arguments)

    def test_text_is_streamed_behind_the_prompt_and_speed_goes_to_stderr(self):
        answer = self.generate()
        command = [program.PROGRAM, "generate", self.model, "the cat", "--max-tokens", "20", "--threads", "1"]
        done = subprocess.run(command, capture_output=True, timeout=300, check=True)
        self.assertEqual(done.stdout, ("the cat" + answer["text"] + "\n").encode(errors="surrogatepass"))
        self.assertRegex(done.stderr.decode(),
                         r"20 tokens, [0-9.]+ tokens/s; prompt of \d+: [0-9.]+ s; ended by: max-tokens")

    def test_quantize_writes_a_file_that_generates_the_same(self):
        tokenizer = ["--tokenizer", os.path.join(self.model, "tokenizer.bin")]
        with tempfile.TemporaryDirectory() as folder:
            for weights in ("f32", "bf16", "q4_k"):
                path = os.path.join(folder, weights + ".gguf")
                written = run_json("quantize", self.model, path, "--to", weights)
                self.assertEqual(written, {"file": path, "bytes": os.path.getsize(path)})
                self.assertEqual(os.listdir(folder), [weights + ".gguf"])
                answer = run_json("generate", path, "the cat", "--max-tokens", "20", *tokenizer)
                self.assertEqual(answer["ids"], self.generate("--weights", weights)["ids"])
                os.remove(path)

    def test_answer(self):
        answer = self.generate()
        self.assertEqual((len(answer["ids"]), len(answer["log_probabilities"])), (20, 20))
        self.assertEqual((answer["prompt"], answer["ending"]), ("the cat", "max-tokens"))
        self.assertEqual(answer["prompt_ids"][0], 1)
        self.assertTrue(all(p <= 0 for p in answer["log_probabilities"]))

    def test_the_same_seed_gives_the_same_text_whatever_the_threads(self):
        command = ["generate", self.model, "the cat", "--max-tokens", "20", "--temperature", "1"]
        drawn = [program.run_json(*command, "--seed", seed, "--threads", threads)["ids"]
                 for seed, threads in [("7", "1"), ("7", "2"), ("8", "1")]]
        self.assertEqual(drawn[0], drawn[1])
        self.assertNotEqual(drawn[0], drawn[2])
        self.assertNotEqual(drawn[0], self.generate()["ids"])
        for option, value in [("--top-k", "1"), ("--top-p", "1e-9"), ("--min-p", "1")]:
            with self.subTest(option=option):
                self.assertEqual(self.generate("--temperature", "1", option, value)["ids"], self.generate()["ids"])

    def test_defaults_of_a_model_without_any_are_greedy(self):
        self.assertEqual(self.generate("--model-defaults")["ids"], self.generate()["ids"])
        drawn = ["--temperature", "1", "--seed", "3"]
        self.assertEqual(self.generate(*drawn, "--model-defaults")["ids"], self.generate(*drawn)["ids"])

    def test_beams_obey_the_rules_of_a_model(self):
        with tempfile.TemporaryDirectory() as folder:
            tiny.write_llama_with_config(folder)
            command = ["generate", folder, "the cat", "--max-tokens", "5", "--beams", "3"]
            free = run_json(*command)["texts"]
            first = free[0]["ids"][0]
            with open(os.path.join(folder, "generation_config.json"), "w") as file:
                json.dump({"suppress_tokens": [first]}, file)
            self.assertEqual(run_json(*command)["texts"], free)
            for text in run_json(*command, "--model-defaults")["texts"]:
                self.assertNotIn(first, text["ids"])
            with open(os.path.join(folder, "generation_config.json"), "w") as file:
                json.dump({"num_beams": 3, "length_penalty": 0.25, "max_length": 15}, file)
            prompt = len(run_json("generate", folder, "the cat", "--max-tokens", "1")["prompt_ids"])
            self.assertEqual(run_json("generate", folder, "the cat", "--beams", "3", "--model-defaults")["texts"],
                             run_json("generate", folder, "the cat", "--beams", "3", "--length-penalty", "0.25",
                                      "--max-tokens", str(15 - prompt))["texts"])
            self.assertIn("num_beams", program.run("generate", folder, "the cat", "--model-defaults", status=1))
            for settings, sentence in [({"do_sample": True}, "has do_sample"),
                                       ({"repetition_penalty": 1.5}, "has repetition_penalty 1.5")]:
                with open(os.path.join(folder, "generation_config.json"), "w") as file:
                    json.dump(settings, file)
                self.assertIn(sentence, program.run(*command, "--model-defaults", "--threads", "1", status=1))

    def test_repetition_penalty(self):
        ids = self.generate("--repeat-penalty", "1000")["ids"]
        self.assertEqual(len(set(ids)), len(ids))

    def test_stop_strings_are_not_shown(self):
        text = self.generate()["text"]
        middle = text[len(text) // 2:len(text) // 2 + 3]
        answer = self.generate("--stop", "never", "--stop", middle)
        self.assertEqual(answer["ending"], "stop string")
        self.assertEqual(answer["text"], text[:text.index(middle)])
        self.assertLess(len(answer["ids"]), 20)
        shown = run("generate", self.model, "the cat", "--max-tokens", "20", "--stop", middle)
        self.assertEqual(shown, "the cat" + text[:text.index(middle)] + "\n")

    def test_beams(self):
        self.assertEqual(self.generate("--beams", "1")["texts"][0]["ids"], self.generate()["ids"])
        texts = self.generate("--beams", "4", "--length-penalty", "0")["texts"]
        scores = [text["score"] for text in texts]
        self.assertEqual((len(texts), scores), (4, sorted(scores, reverse=True)))
        self.assertGreaterEqual(scores[0], sum(self.generate()["log_probabilities"]) - 1e-4)
        written = run("generate", self.model, "the cat", "--max-tokens", "3", "--beams", "2")
        self.assertEqual(written.count("the cat"), 2)

    def test_scores_are_those_of_writing(self):
        written = self.generate()
        text = "the cat" + written["text"]
        scored = run_json("score", self.model, text)
        ids = [token["id"] for token in scored["scores"]]
        if ids == written["prompt_ids"] + written["ids"]:  # nonsense may be read in other tokens than it was written in
            for token, expected in zip(scored["scores"][len(written["prompt_ids"]):], written["log_probabilities"]):
                self.assertAlmostEqual(token["log_probability"], expected, places=4)
        total = sum(token["log_probability"] for token in scored["scores"])
        self.assertAlmostEqual(scored["log_probability"], total, places=5)
        self.assertAlmostEqual(scored["perplexity"], math.exp(-total / scored["tokens"]), places=3)
        self.assertEqual(scored["tokens"], len(ids) - 1)

    def test_scores_in_windows(self):
        text = "the cat " * 12
        whole = run_json("score", self.model, text)
        same = run_json("score", self.model, text, "--context", "1000")
        self.assertEqual(whole, same)
        windows = run_json("score", self.model, text, "--context", "8", "--stride", "4")
        self.assertEqual(windows["tokens"], whole["tokens"])
        for one, other in zip(windows["scores"][:7], whole["scores"]):
            self.assertAlmostEqual(one["log_probability"], other["log_probability"], places=4)
        self.assertNotEqual(windows["scores"], whole["scores"])
        table = run("score", self.model, text, "--context", "8")
        self.assertIn(f"over {whole['tokens']} tokens", table)

    def test_a_mark_before_a_text_is_left_out(self):
        file = os.path.join(self.model, "marked.txt")
        with open(file, "wb") as marked:
            marked.write(b"\xef\xbb\xbfthe cat sat")
        self.assertEqual(run_json("score", self.model, "--file", file), run_json("score", self.model, "the cat sat"))
        os.remove(file)

    def test_the_picture_of_scores(self):
        name = os.path.join(self.model, "score.svg")
        self.assertIn("Picture:", run("score", self.model, "the cat sat\non the mat", "--picture", name))
        self.assertEqual(xml.etree.ElementTree.parse(name).getroot().tag, "{http://www.w3.org/2000/svg}svg")
        os.remove(name)

    def test_what_cannot_be_scored(self):
        self.assertIn("at least two are needed", run("score", self.model, "", status=1))
        file = os.path.join(self.model, "latin1.txt")
        with open(file, "wb") as latin:
            latin.write(b"caf\xe9")
        self.assertIn("is not UTF-8 at byte 3", run("score", self.model, "--file", file, status=1))
        with open(file, "wb") as nul:
            nul.write(b"ab\0c")
        self.assertIn("has a NUL after 2 bytes", run("score", self.model, "--file", file, status=1))
        with open(file, "wb") as wide:
            wide.write("the cat".encode("utf-16"))
        self.assertIn("is UTF-16, and texts have to be UTF-8", run("score", self.model, "--file", file, status=1))
        self.assertIn("cannot be opened", run("score", self.model, "--file", file + "x", status=1))
        os.remove(file)

    def test_an_empty_prompt(self):
        self.assertEqual(run_json("generate", self.model, "", "--max-tokens", "2")["prompt_ids"][0], 1)

    def test_files_instead_of_a_directory(self):
        named = os.path.join(self.model, "model.bin")
        self.assertEqual(run_json("generate", named, "the cat", "--max-tokens", "20")["ids"], self.generate()["ids"])
        other = os.path.join(self.model, "tokenizer.bin")
        self.assertEqual(run_json("generate", named, "the cat", "--max-tokens", "20", "--tokenizer", other)["ids"],
                         self.generate()["ids"])

    def test_pictures_of_what_words_were_written_from(self):
        for arguments in [[], ["--layer", "1"], ["--head", "3"], ["--layer", "0", "--head", "0"]]:
            for ending in ("png", "svg"):
                with self.subTest(arguments=arguments, ending=ending):
                    name = os.path.join(self.model, "map." + ending)
                    self.generate("--map", name, *arguments)
                    if ending == "svg":
                        self.assertEqual(xml.etree.ElementTree.parse(name).getroot().tag,
                                         "{http://www.w3.org/2000/svg}svg")
                    self.assertGreater(os.path.getsize(name), 1000)
                    os.remove(name)
        for arguments, message in [(["--layer", "2"], "--layer is 2, the model has 0 to 1"),
                                   (["--head", "-1"], "--head is -1")]:
            done = subprocess.run([program.PROGRAM, "generate", self.model, "a", "--map", "x.png", *arguments],
                                  capture_output=True, timeout=300, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, b""))
            self.assertIn(message, done.stderr.decode())

    def test_nothing_is_shown_of_a_text_that_cannot_be_written(self):
        other = os.path.join(HERE, "..", "data", "architectures", "gpt2")  # with fewer tokens than this tokenizer
        done = subprocess.run([program.PROGRAM, "generate", other, "the cat", "--tokenizer",
                               os.path.join(self.model, "tokenizer.bin")],
                              capture_output=True, timeout=300, check=False)
        self.assertEqual((done.returncode, done.stdout), (1, b""))
        self.assertIn("must be 0 to 96", done.stderr.decode())

    def test_models_that_do_not_write(self):
        bert = os.path.join(HERE, "..", "data", "architectures", "bert")
        said = run("generate", bert, "a", "--tokenizer", os.path.join(self.model, "tokenizer.bin"), status=1)
        self.assertIn("this bert model does not generate text: it has an encoder", said)

    def test_texts_that_are_too_long_for_the_model(self):
        self.assertEqual(run("generate", self.model, "cat " * 30, "--max-tokens", "1").count("cat "), 30)

    def test_chat_needs_a_template_or_known_tokens(self):
        self.assertIn("no <|im_start|>", run("chat", self.model, status=1))
        with open(os.path.join(self.model, "tokenizer_config.json"), "w", encoding="utf-8") as file:
            json.dump({"chat_template": CHATML}, file)
        said = run("chat", self.model, "--max-tokens", "5", "--json", given="a cat\na dog\n")
        self.assertEqual(said.count('"answer": '), 2)
        os.remove(file.name)

    def test_chat_in_a_form_of_ones_own(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "form.json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"user": ["", " the"], "assistant": ["", " and"]}, file)
            said = run("chat", self.model, "--template", path, "--max-tokens", "5", "--json", given="a cat\na dog\n")
            self.assertEqual(said.count('"answer": '), 2)

    def test_conversations_go_on(self):
        """In pieces as at once, also where answers are drawn; /new replaces the file's conversation."""
        with tempfile.TemporaryDirectory() as folder:
            form, path, prefix = (os.path.join(folder, name) for name in ("form.json", "saved", "prefix"))
            with open(form, "w", encoding="utf-8") as file:
                json.dump({"system": ["", " mat"], "user": ["", " the"], "assistant": ["", " and"]}, file)

            def chat(given, *arguments, status=0):
                return run("chat", self.model, "--template", form, "--max-tokens", "4", "--temperature", "0.9",
                           "--seed", "5", *arguments, given=given, status=status)

            for system in [], ["--system", "on"]:
                whole = chat("a cat\na dog\nmat\n", *system)
                self.assertEqual(chat("a cat\n", "--resume", path, *system) + chat("a dog\n", "--resume", path) +
                                 chat("mat\n", "--resume", path, *system), whole)
                with open(path, "rb") as file:
                    saved = file.read()
                self.assertEqual(chat("", "--resume", path), "")
                with open(path, "rb") as file:
                    self.assertEqual(file.read(), saved, "no answer, no new file")
                self.assertIn("--system is another than that of the conversation in",
                              chat("", "--resume", path, "--system", "off", status=2))
                fresh = chat("/new\na cat\n", "--resume", path)
                self.assertEqual(chat("", "--prefix", path), "")
                self.assertEqual(fresh.count("\n"), 1)
                os.remove(path)
            self.assertEqual(chat("a cat\na dog\n", "--prefix", prefix, "--system", "on"),
                             chat("a cat\na dog\n", "--system", "on"))
            with open(prefix, "rb") as file:
                saved = file.read()
            for more in [], ["--system", "on"], ["--resume", path]:
                self.assertEqual(chat("a cat\na dog\n", "--prefix", prefix, *more),
                                 chat("a cat\na dog\n", "--system", "on"))
            with open(prefix, "rb") as file:
                self.assertEqual(file.read(), saved, "a prefix stays as it is")
            self.assertIn("begins with nothing", chat("", "--prefix", path + "2", status=1))
            with open(prefix, "wb") as file:
                file.write(saved[:-9])
            self.assertIn("prefix: is damaged", chat("", "--prefix", prefix, status=1))
            self.assertIn("is not the file of a session", chat("", "--resume", form, status=1))


class Names(unittest.TestCase):
    """A model whose tensors were saved from another class, or from within another."""

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.model = self.folder.name
        for name in ("config.json", "tokenizer.json"):
            shutil.copy(os.path.join(DECODER, name), self.model)

    def tearDown(self):
        self.folder.cleanup()

    def save(self, rename, source=DECODER):
        """A model with its tensors under other names; None: without the tensor."""
        with open(os.path.join(source, "model.safetensors"), "rb") as file:
            size = struct.unpack("<Q", file.read(8))[0]
            header, data = json.loads(file.read(size)), file.read()
        header.pop("__metadata__", None)
        found, kept = {}, b""
        for name, entry in header.items():
            begin, end = entry["data_offsets"]
            if rename(name) is not None:
                found[rename(name)] = dict(entry, data_offsets=[len(kept), len(kept) + end - begin])
                kept += data[begin:end]
        text = json.dumps(found).encode()
        with open(os.path.join(self.model, "model.safetensors"), "wb") as file:
            file.write(struct.pack("<Q", len(text)) + text + kept)

    def test_what_stands_before_all_names(self):
        whole = run_json("generate", DECODER, "Once upon a time", "-n", "8")["text"]
        for outer in ("module.", "_orig_mod.", "base_model.model.", "a.b.c."):
            self.save(lambda name, outer=outer: outer + name)
            self.assertEqual(run_json("generate", self.model, "Once upon a time", "-n", "8")["text"], whole)

    def test_the_class_without_an_output(self):
        """It has states, but writes nothing."""
        looked = ["Once upon a time", "--layer", "1", "--head", "2"]
        whole = run_json("attend", DECODER, *looked)["weights"]
        for inner in ("", "model.", "transformer.", "module.model.", "language_model.", "a.b."):
            self.save(lambda name, inner=inner: None if "lm_head" in name else inner + name.removeprefix("model."))
            self.assertEqual(run_json("attend", self.model, *looked)["weights"], whole)
            self.assertIn("this llama model does not generate text: its file has no output matrix",
                          run("generate", self.model, "Once", status=1))
        self.assertIn("the model has no output matrix",
                      run("quantize", self.model, os.path.join(self.model, "a.gguf"), status=1))

    def test_an_output_that_shares_the_words_by_either_of_two_settings(self):
        source = os.path.join(HERE, "..", "data", "architectures", "llava")
        with open(os.path.join(source, "config.json"), encoding="utf-8") as file:
            config = json.load(file)
        self.save(lambda name: None if "lm_head" in name else name, source)
        for whole, own, outputs in ((True, None, 31), (None, True, 31), (True, False, 31), (False, True, 31),
                                    (False, None, 0), (None, None, 0)):
            for settings, value in ((config, whole), (config["text_config"], own)):
                settings.pop("tie_word_embeddings", None)
                if value is not None:
                    settings["tie_word_embeddings"] = value
            with open(os.path.join(self.model, "config.json"), "w", encoding="utf-8") as file:
                json.dump(config, file)
            self.assertEqual(json.loads(program.run("info", self.model, "--json")).get("outputs", 0), outputs)

    def test_sentences_by_the_embeddings_of_a_decoder(self):
        self.save(lambda name: None if "lm_head" in name else name)
        text = "The fox ran. The dog slept. A cat sat on the mat."
        picked = run_json("summarize", self.model, "-", "--sentences", "2", given=text)["sentences"]
        self.assertEqual([one["sentence"] in text for one in picked], [True, True])

    def test_names_that_two_models_have(self):
        self.save(lambda name: name.replace("model.layers.0.", "one.layers.0.").replace("model.layers.1.",
                                                                                        "two.layers.0."))
        self.assertIn('tensor "model.layers.0.', run("attend", self.model, "Once", status=1))
        self.save(lambda name: f"one.{name}" if "layers.0" in name else f"two.{name}")
        self.assertIn('.layers.0.', run("attend", self.model, "Once", status=1))


@unittest.skipUnless(os.path.isfile(os.path.join(STORIES260K, "stories260K.bin")),
                     "stories260K is not in " + STORIES260K)
class Stories(unittest.TestCase):
    MODEL = [os.path.join(STORIES260K, "stories260K.bin"), "Once upon a time", "--tokenizer",
             os.path.join(STORIES260K, "tok512.bin")]

    def test_a_story(self):
        self.assertTrue(run("generate", *self.MODEL, "--max-tokens", "60").startswith("Once upon a time, there was a"))

    def test_stop_at_the_end_of_a_sentence(self):
        self.assertRegex(run("generate", *self.MODEL, "--stop", "."), r"^Once upon a time, there was [^.]*\n$")


@unittest.skipUnless(os.path.isdir(MINIMIND), f"MiniMind is not in {MINIMIND}; scripts/test fetches it")
class MiniMind(unittest.TestCase):
    def test_answers(self):
        self.assertEqual(run("chat", MINIMIND, given="What is the capital of France?\n"),
                         "The capital of France is Paris.\n")

    def test_the_conversation_is_remembered_until_it_is_new(self):
        question = "What is the capital of France?"
        answers = run("chat", MINIMIND, "--max-tokens", "40",
                      given=f"{question}\n{question}\n/new\n{question}\n").split("\n")
        self.assertEqual((answers[0], answers[-2]), ("The capital of France is Paris.",) * 2)

    def test_lines_that_cannot_be_answered_do_not_end_the_conversation(self):
        lines = b"\xff\xfe\nWhat\0\n" + b"word " * 40000 + b"\nWhat is the capital of France?\n"
        done = subprocess.run([program.PROGRAM, "chat", MINIMIND, "--max-tokens", "20"], input=lines,
                              capture_output=True,
                              timeout=300, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(done.stderr.count(b"not valid UTF-8"), 2)
        self.assertIn(b"That line is too long", done.stderr)
        self.assertIn(b"Paris", done.stdout)

    def test_a_long_text_has_the_links_of_its_beginning(self):
        """Weights of all pairs of a text are computed up to 1 GiB. A decoder's tokens do not see what comes later."""
        begin, more = "The capital of France is Paris, she said.", " and then one more" * 540
        ask = ["--word", "Ġsaid", "--nth", "1", "--top", "4"]
        short, long = (run_json("attend", MINIMIND, text, *ask) for text in (begin, begin + more))
        self.assertEqual([[link[what] for what in ("layer", "head", "from_position", "to_position")]
                          for link in long["word_links"]],
                         [[link[what] for what in ("layer", "head", "from_position", "to_position")]
                          for link in short["word_links"]])
        for got, want in zip(long["word_links"], short["word_links"]):
            self.assertAlmostEqual(got["weight"], want["weight"], delta=1e-4)
        self.assertIn("--join needs the weights of all pairs of", run("attend", MINIMIND, begin + more, "--join",
                                                                      status=1))
        self.assertIn("must be at most 6", run("attend", MINIMIND, begin + more, "--top", "65", status=2))

    def test_json_and_system(self):
        answer = run_json("chat", MINIMIND, "--max-tokens", "5", "--system", "", given="Hi\n")
        self.assertEqual(answer["question"], "Hi")
        told = run_json("chat", MINIMIND, "--max-tokens", "5", "--system", "You are a pirate", given="Hi\n")
        self.assertEqual(sorted(told), ["answer", "question"])


if __name__ == "__main__":
    for name, present, place in [("stories260K", os.path.isdir(STORIES260K), STORIES260K),
                                 ("MiniMind", os.path.isdir(MINIMIND), MINIMIND)]:
        if not present:
            print(f"SKIPPED program.write: tests of {name}, which is not in {place}")
    unittest.main()
