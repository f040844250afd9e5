"""selfattn search over a folder, with a tiny BERT of random weights and a word list as its tokenizer.

SPDX-License-Identifier: MIT"""
import json
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

from run import run, run_json

BERT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures", "bert")
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "cat", "dog", "river", "bank", "money", "tree", "sun"]


class Folder(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name
        self.model, self.texts, self.index = (os.path.join(self.root, name) for name in ("model", "texts", "index"))
        os.mkdir(self.model)
        for name in ("config.json", "model.safetensors"):
            shutil.copy(os.path.join(BERT, name), self.model)
        words = WORDS + [f"w{i}" for i in range(97 - len(WORDS))]
        self.write("model/vocab.txt", "\n".join(words) + "\n")
        self.write("model/tokenizer_config.json", json.dumps({"tokenizer_class": "BertTokenizer"}))
        os.makedirs(os.path.join(self.texts, "deep", ".hidden"))
        self.write("texts/a.txt", "Cat dog.\n\nRiver bank.\n")
        self.write("texts/deep/b.md", "Money tree sun. " * 40)
        self.write("texts/deep/.hidden/c.txt", "Sun.")
        self.write("texts/binary", "Sun\0.")
        os.symlink("..", os.path.join(self.texts, "deep", "loop"))

    def write(self, name, text):
        with open(os.path.join(self.root, name), "w", encoding="utf-8") as file:
            file.write(text)

    def search(self, *more, index=None, **options):
        return run_json("search", self.model, "--index", index or self.index, "--query", "cat dog.", "-n", "99", *more,
                        **options)["results"]

    def test_paths_lines_and_update(self):
        results = self.search("--folder", self.texts)
        self.assertEqual({os.path.relpath(r["path"], self.texts) for r in results}, {"a.txt", "deep/b.md"})
        for r in results:
            with open(r["path"], encoding="utf-8") as file:
                self.assertTrue(" ".join(file.read()[r["offset"]:].split()).startswith(r["text"]))
        self.assertEqual(self.search(), results)
        os.remove(os.path.join(self.texts, "deep", "b.md"))
        self.write("texts/new.txt", "\n\nCat dog.")
        results = self.search("--folder", self.texts)
        self.assertEqual(len(results), 2)
        self.assertEqual((results[0]["line"], results[0]["text"]), (3, "Cat dog."))
        self.assertAlmostEqual(results[0]["score"], 1, places=5)

    def test_texts_are_as_short_as_the_model_was_trained_for(self):
        longest = len(self.search("--folder", self.texts))
        os.remove(self.index)
        self.write("model/sentence_bert_config.json", json.dumps({"max_seq_length": 12, "do_lower_case": True}))
        self.assertGreater(len(self.search("--folder", self.texts)), longest)
        answer = run_json("info", self.model)
        self.assertEqual(answer["sentence_bert_config.json"]["max_seq_length"], 12)
        self.assertIn("max_seq_length", run("info", self.model))
        for wrong in (0, "7", 1.5):
            self.write("model/sentence_bert_config.json", json.dumps({"max_seq_length": wrong}))
            self.assertIn("max_seq_length must be an integer from 1", self.fail_search())
        self.write("model/sentence_bert_config.json", json.dumps({"do_lower_case": True}))
        self.write("model/tokenizer_config.json", json.dumps({"do_lower_case": False}))
        self.assertIn("do_lower_case is true, which is not supported", self.fail_search())

    def fail_search(self):
        return run("search", self.model, "--folder", self.texts, "--index", os.path.join(self.root, "no"), "--query",
                   "cat", status=1)

    def test_bytes_agree(self):
        wanted = {(r["path"], r["offset"]): r["score"] for r in self.search("--folder", self.texts)}
        bytes_of = os.path.join(self.root, "bytes")
        results = self.search("--folder", self.texts, "--int8", index=bytes_of)
        self.assertLess(os.path.getsize(bytes_of), os.path.getsize(self.index))
        for r in results:
            self.assertAlmostEqual(r["score"], wanted[r["path"], r["offset"]], delta=0.01)
        self.assertIn("needs a new index", run("search", self.model, "--index", self.index, "--folder", self.texts,
                                               "--int8", status=1))

    @unittest.skipUnless("SELFATTN_MPI_PROGRAM" in os.environ, "needs MPI with mpirun")
    def test_several_processes_make_the_same_index(self):
        for i in range(7):
            self.write(f"texts/long{i}.txt", "".join(f"{WORDS[5 + j * j % 7]} {WORDS[5 + i]}. " for j in range(900)))
        for more in ([], ["--int8"]):
            indexes = []
            for ranks in ("1", "3"):
                path = os.path.join(self.root, f"index{ranks}{len(more)}")
                command = [os.environ["MPIEXEC"], "-n", ranks, os.environ["SELFATTN_MPI_PROGRAM"], "search", self.model,
                           "--index", path, "--folder", self.texts, "--query", "cat", "-n", "1", "--threads", "1"]
                done = subprocess.run(command + more, capture_output=True, timeout=300, check=True)
                self.assertEqual(len(done.stdout.splitlines()), 1, done.stdout)  # one process answers
                self.assertEqual(done.stderr.count(b"chunks embedded"), 1, done.stderr)
                with open(path, "rb") as file:
                    indexes.append(file.read())
            path = os.path.join(self.root, f"index{len(more)}")
            run("search", self.model, "--index", path, "--folder", self.texts, "--threads", "1", *more)
            with open(path, "rb") as file:
                alone = file.read()
            self.assertGreater(len(alone), 100000)
            self.assertTrue(indexes[0] == alone and indexes[1] == alone)

    def test_pipe(self):
        one = self.search("--folder", self.texts)
        lines = run("search", self.model, "--index", self.index, "--pipe", "--json", "-n", "99",
                    given="cat dog.\nsun\n").splitlines()
        self.assertEqual([json.loads(line)["query"] for line in lines], ["cat dog.", "sun"])
        self.assertEqual(json.loads(lines[0])["results"], one)

    def test_pipe_goes_on_behind_a_line_that_is_no_query(self):
        self.search("--folder", self.texts)
        service = "search", self.model, "--index", self.index, "--pipe", "-n", "1"
        given = b"sun\ncat\0dog\nc\xe4t\n\n" + b"cat " * 200 + b"\nsun"
        answers = [json.loads(line) for line in run(*service, "--json", given=given).splitlines()]
        self.assertEqual(len(answers), 6)
        self.assertEqual(answers[0], answers[5])
        self.assertEqual(answers[3]["query"], "")
        for number, words in (1, "line 2 has a NUL"), (2, "line 3 is not UTF-8 at its byte 1"), (4, "more tokens than"):
            self.assertIn(words, answers[number]["error"])
        self.assertEqual(run(*service, given=given).splitlines().count(""), 6)
        self.assertIn("more tokens than", run("search", self.model, "--index", self.index, "--query", "cat " * 200,
                                              status=1))

    def test_names_of_files_that_are_no_utf8(self):
        path = os.path.join(os.fsencode(self.texts), b"\xff.txt")
        with open(path, "wb") as file:
            file.write(b"Cat dog.")
        self.assertIn("\ufffd.txt", {os.path.basename(r["path"]) for r in self.search("--folder", self.texts)})
        written = os.path.join(os.fsencode(self.root), b"\xff.gguf")
        self.assertIn("\ufffd.gguf", run_json("quantize", self.model, "--to", "q8_0", written)["file"])

    def test_hostile_files(self):
        self.search("--folder", self.texts)
        with open(self.index, "rb") as file:
            good = file.read()
        bad = [good[:n] for n in (0, 7, 63, 64, len(good) // 2, len(good) - 1)] + [good + b"\0", good[:-1] + b"a"]
        for at in range(0, 64 + 2 * 40, 8):
            if at not in (16, 64 + 8, 64 + 16, 64 + 48, 64 + 56):  # sizes and times are free
                bad += [good[:at] + struct.pack("<q", value) + good[at + 8:] for value in (-1, 2**40, 2**62 + 1)]
        for content in bad:
            with open(self.index, "wb") as file:
                file.write(content)
            self.assertIn(self.index, run("search", self.model, "--index", self.index, "--query", "a", status=1))
        for make in (os.mkdir, os.mkfifo, lambda path: os.symlink("/dev/zero", path),
                     lambda path: os.symlink(path, path)):
            shutil.rmtree(self.index) if os.path.isdir(self.index) else os.remove(self.index)
            make(self.index)
            self.assertIn(self.index, run("search", self.model, "--index", self.index, "--query", "a", status=1))
        os.remove(self.index)
        with open(self.index, "wb") as file:
            file.write(good[:64])
            file.truncate(3 * 10**9)
        self.assertIn("has 3000000000 bytes", run("search", self.model, "--index", self.index, "--query", "a",
                                                  status=1))

    def test_an_adapter_is_another_model(self):
        pairs, adapter = (os.path.join(self.root, name) for name in ("pairs", "adapter"))
        self.write("pairs", "".join(f"cat w{i}\tdog w{i}\n" for i in range(20, 40)))
        run("finetune", self.model, "--pairs", pairs, "--output", adapter, "--updates", "5", "--rate", "0.05",
            "--batch", "4", "--targets", "*", "--threads", "1")
        self.search("--folder", self.texts)
        self.assertIn("another model", run("search", self.model, "--adapter", adapter, "--index", self.index, "--query",
                                           "a", status=1))
        os.remove(self.index)
        results = self.search("--folder", self.texts, "--adapter", adapter)
        self.assertEqual(self.search("--adapter", adapter), results)
        self.assertIn("another model", run("search", self.model, "--index", self.index, "--query", "a", status=1))

    def test_other_model(self):
        self.search("--folder", self.texts)
        self.write("model/vocab.txt", "\n".join(WORDS + [f"v{i}" for i in range(97 - len(WORDS))]) + "\n")
        self.assertIn("another model", run("search", self.model, "--index", self.index, "--query", "a", status=1))


if __name__ == "__main__":
    unittest.main()
