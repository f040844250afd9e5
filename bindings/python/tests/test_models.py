"""Models, tokenizers, sessions and generation.

SPDX-License-Identifier: MIT"""
import array
import gc
import json
import math
import os
import pathlib
import shutil
import struct
import tempfile
import threading
import unittest
import warnings

from support import MODELS, ROOT, TABLE, VECTORS, flat, numpy, selfattn

if not MODELS:
    raise unittest.SkipTest("SKIPPED: the library has no models")

GENERATE = TABLE["generate"]
PROMPT, TEXT = GENERATE["prompt"], GENERATE["text"]
PAIR = ROOT / "tests" / "data" / "architectures" / "umt5"


def threads_of_generations():
    return [thread for thread in threading.enumerate() if thread.name == "selfattn generation"]


def reference(model):
    """The tensors of the model's reference.safetensors, flat, with their shapes."""
    data = (model / "reference.safetensors").read_bytes()
    header = 8 + int.from_bytes(data[:8], "little")
    found = {}
    for name, tensor in json.loads(data[8:header]).items():
        begin, end = tensor["data_offsets"]
        found[name] = array.array("f", data[header + begin:header + end]), tensor["shape"]
    return found


@unittest.skipUnless(numpy, "SKIPPED: no NumPy")
class Features(unittest.TestCase):
    def setUp(self):
        self.path = ROOT / "tests" / "data" / "architectures" / "dinov2"
        numbers, shape = reference(self.path)["pixel_values"]
        self.images = numpy.array(numbers, "float32").reshape(shape)

    def test_of_images(self):
        numbers, shape = reference(self.path)["last_hidden_state"]
        wanted = numpy.array(numbers, "float32").reshape(shape)
        with selfattn.Model(self.path) as model:
            for image, states in zip(self.images, wanted):
                self.assertLess(abs(model.run_features(image, "hidden")["hidden"] - states).max(), 1e-5)

    def test_of_another_size(self):
        with selfattn.Model(self.path, image_size=12) as model:
            image = numpy.zeros((3, 12, 12), "float32")
            self.assertEqual(model.run_features(image, "hidden")["hidden"].shape, (10, 16))
            with self.assertRaisesRegex(ValueError, r"\[3, 8, 8\].*must be contiguous float32 numbers \[3, 12, 12\]"):
                model.run_features(self.images[0], "hidden")
        with self.assertRaisesRegex(selfattn.Error, "image_size is 13, which patches of 4 pixels do not fill"):
            selfattn.Model(self.path, image_size=13)

    def test_that_are_others(self):
        with selfattn.Model(self.path) as model:
            for other in (self.images[0].astype("float16"), self.images[0][:, ::-1], self.images):
                with self.assertRaisesRegex(ValueError, "must be contiguous float32 numbers"):
                    model.run_features(other, "hidden")
        with selfattn.Model(VECTORS / "encoder") as model:
            with self.assertRaisesRegex(ValueError, "the model takes texts"):
                model.run_features(self.images[0], "hidden")


class Tokens(unittest.TestCase):
    def setUp(self):
        self.tokenizer = selfattn.Tokenizer(VECTORS / "decoder")

    def test_there_and_back(self):
        for text in (PROMPT, PROMPT + TEXT, "", "caf\u00e9 \u2615"):
            self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_a_long_text(self):
        text = PROMPT * 500
        self.assertEqual(self.tokenizer.decode(self.tokenizer.encode(text)), text)

    def test_lookups(self):
        number = self.tokenizer.find("\u0120time")
        self.assertEqual(self.tokenizer.token(number), "\u0120time")
        self.assertEqual(self.tokenizer.tokens([number, 10 ** 6]), ["\u0120time", None])
        self.assertIsNone(self.tokenizer.find("no such token"))
        self.assertIsNone(self.tokenizer.chat_template)
        self.assertGreater(self.tokenizer.size, number)

    def test_templates_and_special_tokens(self):
        other = selfattn.Tokenizer(VECTORS / "encoder" / "tokenizer.json")
        self.assertEqual(other.encode("the")[0], 2)
        self.assertEqual(other.encode("the", template=False), other.encode("the")[1:-1])
        self.assertIn(3, other.encode("[SEP]", template=False))
        self.assertNotIn(3, other.encode("[SEP]", template=False, special=False))

    def test_pairs(self):
        other = selfattn.Tokenizer(VECTORS / "encoder" / "tokenizer.json")
        first, second = other.encode("the cat sat"), other.encode("[SEP]")
        self.assertEqual(other.encode_pair("the cat sat", "[SEP]"),
                         (first + second[1:], [0] * len(first) + [1] * (len(second) - 1)))
        self.assertNotEqual(other.encode_pair("a", "[SEP]", special=False), other.encode_pair("a", "[SEP]"))
        self.assertEqual(len(other.encode_pair("the cat sat", "the cat", most=5)[0]), 5)
        with self.assertRaisesRegex(ValueError, "most is 2, must be 0 or at least 3"):
            other.encode_pair("a", "b", most=2)

    def test_offsets(self):
        other = selfattn.Tokenizer(VECTORS / "encoder" / "tokenizer.json")
        text = "na\u00efve \U0001f642 the [SEP]"
        ids, places = other.encode_offsets(text)
        self.assertEqual(ids, other.encode(text))
        self.assertEqual([text[first:last] for first, last in places],
                         ["", "na\u00efve", "\U0001f642", "the", "[SEP]", ""])
        self.assertEqual(other.encode_offsets(text, template=False), (ids[1:-1], places[1:-1]))
        ids, places = other.encode_offsets(text, special=False)
        self.assertEqual(ids, other.encode(text, special=False))
        self.assertEqual([text[first:last] for first, last in places[4:]], ["[", "SEP", "]", ""])
        self.assertEqual(other.encode_offsets("", template=False), ([], []))
        with self.assertRaises(selfattn.TextError):
            other.encode_offsets("\ud800")
        for call in (other.encode, other.encode_offsets):
            with self.assertRaisesRegex(TypeError, "a text is a str, not bytes"):
                call(b"the")

    def test_errors(self):
        with self.assertRaises(selfattn.FileError) as caught:
            selfattn.Tokenizer("/no/such/folder")
        self.assertIsInstance(caught.exception, OSError)
        with self.assertRaisesRegex(selfattn.ArgumentError, "no language 'xx'"):
            self.tokenizer.encode("a", language="xx")
        with self.assertRaises(selfattn.TextError):
            self.tokenizer.encode("\ud800")
        with self.assertRaisesRegex(selfattn.ArgumentError, "9999"):
            self.tokenizer.decode([9999])


class Opening(unittest.TestCase):
    def test_numbers(self):
        model = selfattn.Model(VECTORS / "decoder")
        self.assertEqual((model.type, model.is_decoder, model.end_tokens, model.get("layers")), ("llama", True, [0], 2))
        self.assertEqual((model.prompts, model.default_prompt, model.suppressed_tokens()), ({}, "", []))
        with self.assertRaisesRegex(ValueError, "max_positions"):
            model.get("no such thing")

    def test_converting_reports_progress(self):
        seen = []
        model = selfattn.Model(VECTORS / "decoder", weights="q8_0", progress=lambda *told: seen.append(told))
        self.assertEqual(seen[-1][0], seen[-1][1])
        self.assertEqual("".join(model.generate(PROMPT)), TEXT)
        with self.assertRaisesRegex(ValueError, "weights|q8_0"):
            selfattn.Model(VECTORS / "decoder", weights="q9")

    def test_an_exception_in_progress(self):
        def progress(_done, _whole):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            selfattn.Model(VECTORS / "decoder", weights="bf16", progress=progress)

    def test_closing(self):
        with selfattn.Model(VECTORS / "encoder") as model:
            model.encode("the bank")
        with self.assertRaisesRegex(ValueError, "closed"):
            model.encode("the bank")
        model.close()


class Encoding(unittest.TestCase):
    def setUp(self):
        self.model = selfattn.Model(VECTORS / "encoder")

    def test_any_batch_size(self):
        texts = TABLE["encode"]["texts"] * 5
        whole = flat(self.model.encode(texts))
        seen = []
        for size in (1, 3, 7):
            again = flat(self.model.encode(texts, batch_size=size, progress=lambda *told: seen.append(told)))
            for a, b in zip(whole, again):
                self.assertAlmostEqual(a, b, delta=1e-6)
        self.assertEqual(seen[-1], (20, 20))

    def test_one_text_has_one_axis(self):
        one = self.model.encode("the bank")
        self.assertEqual(tuple(one.shape), (8,))
        self.assertEqual(flat(one), flat(self.model.encode(["the bank"])))
        self.assertEqual(tuple(self.model.encode([]).shape), (0, 8))

    def test_long_texts_are_cut(self):
        ids = self.model.ids("the bank of the river " * 10, self.model.max_tokens())
        self.assertEqual((len(ids), ids[0], ids[-1]), (16, 2, 3))
        self.model.encode("the bank of the river " * 10)
        with self.assertRaisesRegex(selfattn.ShapeError, "16"):
            self.model.run("the bank of the river " * 10, "hidden")

    def test_outputs(self):
        found = self.model.run("the bank", "hidden", "hidden_all", "embedding", "attention")
        self.assertEqual([tuple(found[name].shape) for name in ("hidden", "hidden_all", "embedding", "attention")],
                         [(4, 8), (3, 4, 8), (8,), (2, 2, 4, 4)])
        with self.assertRaises(selfattn.UnsupportedError):
            self.model.run("the bank", "pooled")
        with self.assertRaisesRegex(ValueError, "none of hidden"):
            self.model.run("the bank", "nothing")

    def test_attention(self):
        seen = self.model.attention("the bank")
        self.assertEqual(seen.tokens, ["[CLS]", "the", "bank", "[SEP]"])
        for row in seen.weights[0][0].tolist():
            self.assertAlmostEqual(sum(row), 1, delta=1e-6)


class Pairs(unittest.TestCase):
    def folder(self, labels, **config):
        """The encoder with a pooler and a classifier of numbers that are counted up."""
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        raw = (VECTORS / "encoder" / "model.safetensors").read_bytes()
        size = int.from_bytes(raw[:8], "little")
        header, data = json.loads(raw[8:8 + size]), raw[8 + size:]
        shapes = {"pooler.dense.weight": [8, 8], "pooler.dense.bias": [8], "classifier.weight": [labels, 8],
                  "classifier.bias": [labels]}
        for name, shape in shapes.items():
            numbers = [math.sin(3 * i + len(name)) for i in range(math.prod(shape))]
            begin, data = len(data), data + struct.pack(f"<{len(numbers)}f", *numbers)
            header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [begin, len(data)]}
        text = json.dumps(header).encode()
        with open(os.path.join(holder.name, "model.safetensors"), "wb") as file:
            file.write(len(text).to_bytes(8, "little") + text + data)
        shutil.copy(VECTORS / "encoder" / "tokenizer.json", holder.name)
        with open(VECTORS / "encoder" / "config.json", encoding="utf-8") as file:
            config = {**json.load(file), "architectures": ["BertForSequenceClassification"], **config}
        with open(os.path.join(holder.name, "config.json"), "w", encoding="utf-8") as file:
            json.dump(config, file)
        return holder.name

    def test_scores(self):
        pairs = [("the bank", "of the river"), ("of the river", "the bank"), ("the bank", "the bank the bank")]
        folder = self.folder(1)
        model = selfattn.CrossEncoder(folder, device="cpu")
        raw = [flat(selfattn.Model(folder).run_pair(*pair, "logits")["logits"])[0] for pair in pairs]
        self.assertEqual(len(set(raw)), 3)
        for got, x in zip(flat(model.predict(pairs)), raw):
            self.assertAlmostEqual(got, 1 / (1 + math.exp(-x)), places=6)
        self.assertAlmostEqual(float(model.predict(pairs[1])), 1 / (1 + math.exp(-raw[1])), places=6)
        self.assertEqual(flat(model.predict(pairs, activation_fn=lambda x: x)), raw)
        plain = self.folder(1, sentence_transformers={"activation_fn": "torch.nn.modules.linear.Identity"})
        self.assertEqual(flat(selfattn.CrossEncoder(plain).predict(pairs)), raw)
        ranked = selfattn.CrossEncoder(plain).rank("the bank", [pair[1] for pair in pairs], return_documents=True)
        scores = [entry["score"] for entry in ranked]
        self.assertEqual(scores, sorted(scores, reverse=True))
        self.assertEqual([entry["text"] for entry in ranked], [pairs[entry["corpus_id"]][1] for entry in ranked])
        self.assertEqual(model.rank("the bank", ["a", "the"], top_k=1)[0].keys(), {"corpus_id", "score"})

    def test_several_labels(self):
        model = selfattn.CrossEncoder(self.folder(3))
        row = flat(model.predict(("the bank", "the river")))
        parts = [math.exp(x) for x in row]
        for got, part in zip(flat(model.predict(("the bank", "the river"), apply_softmax=True)), parts):
            self.assertAlmostEqual(got, part / sum(parts), places=6)
        self.assertEqual(tuple(model.predict([("a", "b")] * 2).shape), (2, 3))
        with self.assertRaisesRegex(ValueError, "needs a model with one label, and this one has 3"):
            model.rank("a", ["b"])

    def test_long_texts_and_errors(self):
        folder = self.folder(1)
        model = selfattn.CrossEncoder(folder)
        long = " ".join(["the bank of"] * 20)
        self.assertEqual(len(selfattn.Model(folder).run_pair(long, "river", "logits")["ids"]), 16)
        self.assertEqual(flat(model.predict([(long, "river")])), flat(model.predict([(long[:80], "river")])))
        with self.assertRaisesRegex(ValueError, "num_labels is 2: the model has 1"):
            selfattn.CrossEncoder(folder, 2)
        with self.assertRaisesRegex(ValueError, "is no classifier of texts"):
            selfattn.CrossEncoder(VECTORS / "encoder")
        with self.assertRaisesRegex(ValueError, "'torch.nn.Tanh' is neither"):
            selfattn.CrossEncoder(self.folder(1, sbert_ce_default_activation_function="torch.nn.Tanh"))
        with self.assertRaisesRegex(TypeError, "predict\\(\\) knows no argument colour"):
            model.predict([("a", "b")], colour=1)


class Sentences(unittest.TestCase):
    def test_as_sentence_transformers(self):
        model = selfattn.SentenceTransformer(str(VECTORS / "encoder"), device="cpu")
        texts = TABLE["encode"]["texts"]
        found = model.encode(texts, batch_size=2, show_progress_bar=False, normalize_embeddings=True)
        self.assertEqual(tuple(found.shape), (4, model.get_sentence_embedding_dimension()))
        if numpy:
            self.assertIsInstance(found, numpy.ndarray)
        self.assertEqual(tuple(model.encode(texts[0]).shape), (8,))
        for i, row in enumerate(model.similarity(found, found)):
            self.assertAlmostEqual(float(row[i]), 1, delta=1e-5)
        states = model.encode(texts, output_value="token_embeddings")
        self.assertEqual([tuple(x.shape) for x in states], [(len(ids), 8) for ids in TABLE["encode"]["ids"]])
        self.assertEqual(model.get_max_seq_length(), 16)

    def test_fewer_dimensions(self):
        model = selfattn.SentenceTransformer(VECTORS / "encoder", truncate_dim=3)
        found = model.encode(["the bank"], normalize_embeddings=True)
        self.assertEqual(tuple(found.shape), (1, 3))
        self.assertAlmostEqual(sum(x * x for x in flat(found)), 1, delta=1e-5)
        self.assertEqual(tuple(model.encode("the bank", truncate_dim=5).shape), (5,))
        self.assertEqual(tuple(model.encode("the bank").shape), (3,))

    def test_prompts(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        for name in os.listdir(VECTORS / "encoder"):
            shutil.copy(VECTORS / "encoder" / name, folder)
        types = "sentence_transformers.models."
        contents = {"modules.json": [{"idx": 0, "name": "0", "path": "", "type": types + "Transformer"},
                                     {"idx": 1, "name": "1", "path": "1_Pooling", "type": types + "Pooling"}],
                    "config_sentence_transformers.json": {"prompts": {"query": "we ", "document": "its "},
                                                          "default_prompt_name": None},
                    "sentence_bert_config.json": {"max_seq_length": 5},
                    "1_Pooling/config.json": {"word_embedding_dimension": 8, "pooling_mode_mean_tokens": True}}
        os.mkdir(os.path.join(folder, "1_Pooling"))
        for name, content in contents.items():
            with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
                json.dump(content, file)
        model = selfattn.SentenceTransformer(folder)
        self.assertEqual(model.prompts, {"query": "we ", "document": "its "})
        plain = flat(model.encode("we bank"))
        self.assertEqual(flat(model.encode("bank", prompt_name="query")), plain)
        self.assertEqual(flat(model.encode_query("bank")), plain)
        self.assertEqual(flat(model.encode("bank", prompt="we ")), plain)
        self.assertNotEqual(flat(model.encode_document("bank")), plain)
        self.assertEqual(model.max_seq_length, 5)
        self.assertEqual(flat(model.encode("the bank of the river")), flat(model.encode("the bank of")))
        with self.assertRaisesRegex(ValueError, "'passage' is none of query"):
            model.encode("bank", prompt_name="passage")

    def test_prompts_of_the_caller(self):
        model = selfattn.SentenceTransformer(VECTORS / "encoder", prompts={"query": "we "}, default_prompt_name="query")
        self.assertEqual(flat(model.encode("bank")), flat(model.encode("we bank", prompt="")))
        self.assertEqual(flat(model.encode_query("bank")), flat(model.encode("bank")))
        with self.assertRaisesRegex(ValueError, "'document' is none of query"):
            selfattn.SentenceTransformer(VECTORS / "encoder", prompts={"query": "we "}, default_prompt_name="document")

    def test_refusals(self):
        with self.assertRaisesRegex(ValueError, "CPUs"):
            selfattn.SentenceTransformer(VECTORS / "encoder", device="cuda")
        with self.assertRaisesRegex(ValueError, "similarity_fn_name is 'dot'"):
            selfattn.SentenceTransformer(VECTORS / "encoder", similarity_fn_name="dot")
        with self.assertRaisesRegex(ValueError, "truncate_dim is 0"):
            selfattn.SentenceTransformer(VECTORS / "encoder", truncate_dim=0)

    def test_no_argument_vanishes(self):
        with self.assertRaisesRegex(TypeError, "knows no argument colour"):
            selfattn.SentenceTransformer(VECTORS / "encoder", colour="red")
        with self.assertWarnsRegex(UserWarning, "model_kwargs has no effect"):
            model = selfattn.SentenceTransformer(VECTORS / "encoder", model_kwargs={"torch_dtype": "float16"})
        with self.assertRaisesRegex(TypeError, "knows no argument normalise"):
            model.encode("bank", normalise=True)
        with self.assertWarnsRegex(UserWarning, "pool has no effect"):
            model.encode("bank", pool={"processes": []})
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            selfattn.SentenceTransformer(VECTORS / "encoder", local_files_only=True, trust_remote_code=False)


class Caches(unittest.TestCase):
    """Models that other programs have downloaded are found by their names."""

    NAMES = ("HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "SENTENCE_TRANSFORMERS_HOME", "TORCH_HOME",
             "XDG_CACHE_HOME", "HOME")

    def setUp(self):
        self.home = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.home)
        kept = {name: os.environ.pop(name, None) for name in self.NAMES}
        self.addCleanup(lambda: [os.environ.pop(name, None) if value is None else os.environ.update({name: value})
                                 for name, value in kept.items()])
        os.environ["HOME"] = str(self.home)

    def hub(self, root, name, commit="0123abcd", branch="main"):
        """A model as huggingface_hub lays it down: a snapshot of links."""
        folder = self.home / root / ("models--" + name.replace("/", "--"))
        (folder / "refs").mkdir(parents=True, exist_ok=True)
        (folder / "refs" / branch).write_text(commit + "\n")
        snapshot = folder / "snapshots" / commit
        snapshot.mkdir(parents=True)
        for file in (VECTORS / "encoder").iterdir():
            (snapshot / file.name).symlink_to(file)
        return snapshot

    def path(self, name, **options):
        return str(selfattn.SentenceTransformer(name, **options).model.path)

    def test_the_hub(self):
        made = self.hub(".cache/huggingface/hub", "sentence-transformers/all-MiniLM-L6-v2")
        for name in ("all-MiniLM-L6-v2", "sentence-transformers/all-MiniLM-L6-v2"):
            self.assertEqual(self.path(name), str(made))
            self.assertEqual(tuple(selfattn.SentenceTransformer(name).encode("the bank").shape), (8,))
        other = self.hub(".cache/huggingface/hub", "sentence-transformers/all-MiniLM-L6-v2", "4567", "v2")
        self.assertEqual(self.path("all-MiniLM-L6-v2", revision="v2"), str(other))
        self.assertEqual(self.path("all-MiniLM-L6-v2", revision="0123abcd"), str(made))

    def test_variables(self):
        for variable, value, root in (("HF_HOME", "a", "a/hub"), ("HF_HUB_CACHE", "b", "b"),
                                      ("SENTENCE_TRANSFORMERS_HOME", "c", "c")):
            made = self.hub(root, "org/name")
            os.environ[variable] = str(self.home / value)
            self.assertEqual(self.path("org/name"), str(made))
        made = self.hub("d", "org/name")
        self.assertEqual(self.path("org/name", cache_folder=self.home / "d"), str(made))

    def test_older_caches(self):
        folder = self.home / ".cache" / "torch" / "sentence_transformers"
        folder.mkdir(parents=True)
        shutil.copytree(VECTORS / "encoder", folder / "sentence-transformers_all-MiniLM-L6-v2")
        self.assertEqual(self.path("all-MiniLM-L6-v2"), str(folder / "sentence-transformers_all-MiniLM-L6-v2"))

    def test_what_was_looked_at(self):
        with self.assertRaises(FileNotFoundError) as caught:
            selfattn.SentenceTransformer("all-MiniLM-L6-v2")
        cache = self.home / ".cache"
        for part in (cache / "huggingface/hub/models--sentence-transformers--all-MiniLM-L6-v2/snapshots/main",
                     cache / "torch/sentence_transformers/sentence-transformers_all-MiniLM-L6-v2",
                     "Nothing is downloaded", "HF_HOME"):
            self.assertIn(str(part), str(caught.exception))


class Generating(unittest.TestCase):
    def setUp(self):
        self.model = selfattn.Model(VECTORS / "decoder")

    def test_pieces_are_whole_characters(self):
        pieces = list(self.model.generate(PROMPT))
        self.assertEqual("".join(pieces), TEXT)
        self.assertEqual(pieces[:2], [" there", " lived"])
        self.assertEqual(pieces[-1], "\u2615")

    def test_endings(self):
        text = self.model.generate(PROMPT, max_tokens=3)
        self.assertEqual(("".join(text), text.ending, len(text.ids)), (" there lived the", "max_tokens", 3))
        text = self.model.generate(PROMPT, stop=["brown", "zebra"])
        self.assertEqual(("".join(text), text.ending), (" there lived the quick ", "string"))
        text = self.model.generate(PROMPT, stop="read every bo")
        self.assertTrue("".join(text).endswith("could "))
        text = self.model.generate(PROMPT, stop_tokens=self.model.tokenizer.encode(" fox"))
        self.assertTrue("".join(text).endswith("brown fox"))
        with self.assertRaisesRegex(selfattn.ArgumentError, "999"):
            list(self.model.generate([999]))

    def test_what_is_held_back_comes_at_the_end(self):
        text = self.model.generate(PROMPT, max_tokens=2, stop=[" lived the end"])
        self.assertEqual("".join(text), " there lived")

    def test_leaving_the_loop_ends_it(self):
        session = self.model.session()
        with session.generate(PROMPT) as text:
            for piece in text:
                if piece == " brown":
                    break
        self.assertEqual(text.ending, "caller")
        self.assertEqual(threads_of_generations(), [])
        self.assertEqual(session.length(), 5 + 4, "the session holds what was taken, but for the last token")
        self.assertEqual(session.pending, text.ids[-1:])
        rest = "".join(session.generate())
        self.assertEqual(" there lived the quick brown" + rest, TEXT)

    def test_a_conversation(self):
        """A text goes on with the last token of the one before, and the next prompt behind it."""
        session = self.model.session()
        said = "".join(session.generate(PROMPT, max_tokens=3)) + "".join(session.generate("", max_tokens=3))
        self.assertTrue(TEXT.startswith(said))
        self.assertEqual(session.length(), 5 + 5)
        list(session.generate(" the", max_tokens=1))
        self.assertEqual(session.length(), 5 + 5 + 2)
        session.truncate(4)
        self.assertEqual((session.pending, session.length()), ([], 4))

    def test_closing_while_it_is_written(self):
        calls, gate = [], threading.Event()

        def wait(_logits):
            calls.append(1)
            if len(calls) == 3:
                gate.wait()

        session = self.model.session()
        text = session.generate(PROMPT, on_logits=wait)
        next(text)
        with self.assertRaises(selfattn.BusyError):
            session.run([1])
        gate.set()
        self.model.close()
        self.assertEqual(threads_of_generations(), [])
        with self.assertRaisesRegex(ValueError, "closed"):
            session.run([1])
        self.assertTrue(TEXT.startswith(" there" + "".join(text)))

    def test_it_does_not_run_far_ahead(self):
        calls = []
        session = self.model.session()
        text = session.generate(PROMPT, max_tokens=1000, stop_tokens=[], on_logits=lambda _: calls.append(1))
        next(text)
        text.close()
        self.assertLess(len(calls), 40)

    def test_forgetting_ends_it(self):
        text = self.model.generate(PROMPT)
        next(text)
        del text
        gc.collect()
        self.assertEqual(threads_of_generations(), [])

    def test_never_begun(self):
        self.model.generate(PROMPT).close()
        text = self.model.generate(PROMPT)
        text.close()
        self.assertEqual(list(text), [])

    def test_sampling_is_repeatable(self):
        options = {"temperature": 3.0, "top_k": 20, "seed": 5, "max_tokens": 12, "stop_tokens": []}
        first, again = (list(self.model.generate(PROMPT, text=False, **options)) for _ in range(2))
        self.assertEqual(first, again)
        others = list(self.model.generate(PROMPT, text=False, **dict(options, seed=6)))
        self.assertNotEqual(first, others)
        with self.assertRaises(selfattn.ArgumentError):
            list(self.model.generate(PROMPT, top_k=5))
        self.assertEqual("".join(self.model.generate(PROMPT, model_defaults=True)), TEXT)

    def test_rules_of_the_makers(self):
        plain = list(self.model.generate(PROMPT, text=False))
        with tempfile.TemporaryDirectory() as folder:
            for name in ("config.json", "model.safetensors", "tokenizer.json"):
                shutil.copy(VECTORS / "decoder" / name, folder)
            with open(os.path.join(folder, "generation_config.json"), "w", encoding="utf-8") as file:
                json.dump({"suppress_tokens": plain[:1]}, file)
            model = selfattn.Model(folder)
            self.assertEqual(list(model.generate(PROMPT, text=False)), plain)
            self.assertNotIn(plain[0], list(model.generate(PROMPT, text=False, model_rules=True)))

    def test_logits_can_be_changed(self):
        fox = self.model.tokenizer.encode(" fox")[0]

        def no_fox(logits):
            logits[fox] = -float("inf")

        text = self.model.generate(PROMPT, on_logits=no_fox, max_tokens=10, text=False)
        self.assertNotIn(fox, list(text))

        def fails(_logits):
            raise KeyError("mine")

        with self.assertRaisesRegex(KeyError, "mine"):
            list(self.model.generate(PROMPT, on_logits=fails))

    def test_session(self):
        session = self.model.session()
        ids = self.model.ids(PROMPT)
        logits = session.run(ids)
        self.assertEqual(tuple(logits.shape), (1, self.model.get("outputs")))
        row = flat(logits)
        self.assertEqual(row.index(max(row)), GENERATE["tokens"][0])
        session.truncate(2)
        every = session.run([ids[2:]], every=True)
        self.assertEqual(tuple(every.shape)[:2], (1, 3))
        for a, b in zip(flat(every)[-len(row):], row):
            self.assertAlmostEqual(a, b, delta=1e-4)
        self.assertGreater(session.bytes, 0)
        two = self.model.session(2, dtype="bf16")
        two.run([ids, ids], lengths=[4, 1])
        self.assertEqual([two.length(0), two.length(1)], [4, 1])
        two.reorder([1, 0])
        two.fork(1, 0)
        self.assertEqual(two.length(0), 4)
        with self.assertRaisesRegex(ValueError, "this session has 2"):
            two.generate(PROMPT)
        with self.assertRaisesRegex(ValueError, "2 rows of equal length"):
            two.run(ids)

    def test_a_saved_session_goes_on(self):
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        path = os.path.join(folder, "text.session")
        session = self.model.session()
        logits = flat(session.run(self.model.ids(PROMPT)))
        session.save(path, b"\0note")
        again = selfattn.Session.load(self.model, path)
        self.assertEqual((again.note, again.length(), again.batch), (b"\0note", 5, 1))
        token = GENERATE["tokens"][0]
        self.assertEqual(flat(again.run([token])), flat(session.run([token])))
        self.assertEqual(logits.index(max(logits)), token)
        with self.assertRaises(selfattn.FileError):
            selfattn.Session.load(self.model, os.path.join(folder, "no such file"))

    def test_a_session_keeps_its_model(self):
        session = selfattn.Model(VECTORS / "decoder").session()
        gc.collect()
        self.assertEqual("".join(session.generate(PROMPT)), TEXT)

    @unittest.skipUnless(PAIR.is_dir(), "SKIPPED: not in the source tree")
    def test_encoder_and_decoder(self):
        model = selfattn.Model(PAIR)
        text = model.generate([3, 16, 23, 18, 4], max_tokens=6, text=False, stop_tokens=[])
        found = list(text)
        self.assertEqual(len(found), 6)
        session = model.session()
        session.encode([3, 16, 23, 18, 4])
        ids = [model.get("start_token")]
        for want in found:
            row = flat(session.run(ids))
            self.assertEqual(row.index(max(row)), want)
            ids = [want]

    def test_an_encoder_writes_nothing(self):
        with self.assertRaises(selfattn.UnsupportedError):
            selfattn.Model(VECTORS / "encoder").generate("the bank")


if __name__ == "__main__":
    unittest.main()
