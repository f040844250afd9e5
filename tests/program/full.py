"""A full disk, a file that may not grow, a pipe that nobody reads, and a device in a file's place: selfattn says so and
fails, what was there before stays whole, and nothing half-written is left.

SPDX-License-Identifier: MIT"""
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest

import run as program
import tiny

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "data", "architectures")
TEXT = "the cat sat on a mat and the dog sat on the cat. " * 40
LARGEST = 4096


def limit_files():
    """Writes behind so many bytes fail, as on a full disk, and no signal ends the process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST, LARGEST))


class Full(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.root = holder.name
        self.decoder, self.encoder, self.out = (self.path(name) for name in ("decoder", "encoder", "out"))
        for folder in (self.decoder, self.encoder, self.out):
            os.mkdir(folder)
        tiny.write_llama(self.decoder)
        for name in ("config.json", "model.safetensors"):
            shutil.copy(os.path.join(DATA, "bert", name), self.encoder)
        words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", ".", "cat"] + [f"w{i}" for i in range(91)]
        self.write("encoder/vocab.txt", "\n".join(words) + "\n")
        self.write("encoder/tokenizer_config.json", json.dumps({"tokenizer_class": "BertTokenizer"}))
        os.mkdir(self.path("texts"))
        for i in range(40):
            self.write(f"texts/{i}.txt", f"cat w{i}. w{i + 1} cat.\n\nw7 w{i}.\n")
        self.write("text.txt", TEXT)
        os.mkdir(self.path("engine"))  # as much of it as is copied into a page
        for name in ("selfattn.js", "selfattn.wasm", "NOTICE.md"):
            self.write("engine/" + name, "export default 0;\n")
        tokenizer = ["--tokenizer", os.path.join(self.decoder, "tokenizer.bin")]
        self.stream = ["generate", self.decoder, "the cat", "--max-tokens", "200", "--threads", "1"]
        self.attend = ["attend", self.decoder, "the cat", "--threads", "1"]
        self.writing = {
            "quantize": ["quantize", self.decoder, self.path("out/file.gguf"), "--to", "f32"],
            "search": ["search", self.encoder, "--index", self.path("out/file"), "--folder", self.path("texts"),
                       "--query", "cat"],
            "page": ["page", self.decoder, "the cat", "--output", self.path("out/file"), "--threads", "1",
                     "--engine", self.path("engine")],
            "attend": [*self.attend, "--heatmap", self.path("out/file.png"), "--layer", "0", "--head", "0"],
            "score": ["score", self.decoder, TEXT, "--picture", self.path("out/file.svg")],
            "train": ["train", self.decoder, "--text", self.path("text.txt"), "--output", self.path("out/model"),
                      *tokenizer, "--updates", "2", "--batch", "2", "--tokens", "16", "--threads", "1"],
        }

    def path(self, name):
        return os.path.join(self.root, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def outputs(self):
        found = {}
        for folder, _, names in os.walk(self.out):
            for name in names:
                with open(os.path.join(folder, name), "rb") as file:
                    found[os.path.relpath(os.path.join(folder, name), self.out)] = file.read()
        return found

    def fails(self, arguments, **options):
        """The sentence of a command that has to fail."""
        done = subprocess.run([program.PROGRAM, *arguments], stderr=subprocess.PIPE, timeout=300, check=False,
                              **{"stdout": subprocess.DEVNULL, **options},
                              env=dict(os.environ, ASAN_OPTIONS="detect_leaks=0"))
        self.assertEqual(done.returncode, 1, done.stderr)
        said = done.stderr.decode()
        self.assertRegex(said, r"selfattn: .*(cannot be written|not a regular file)")
        return said

    def test_standard_output_is_full(self):
        for arguments in (self.stream, self.attend, [*self.attend, "--json"], ["info", self.decoder]):
            with self.subTest(arguments=arguments), open("/dev/full", "wb") as full:
                self.assertIn("standard output cannot be written", self.fails(arguments, stdout=full))

    def test_nobody_reads(self):
        """As for any program: SIGPIPE ends it; where that is ignored, it says that it cannot write."""
        for arguments in (self.stream, self.attend):
            with self.subTest(arguments=arguments):
                reader, writer = os.pipe()
                os.close(reader)
                with open(writer, "wb") as pipe:
                    self.assertIn("standard output cannot be written",
                                  self.fails(arguments, stdout=pipe, restore_signals=False))
                    done = subprocess.run([program.PROGRAM, *arguments], stdout=pipe, stderr=subprocess.DEVNULL,
                                          timeout=300, check=False)
                    self.assertEqual(done.returncode, -signal.SIGPIPE)

    def test_a_file_cannot_grow(self):
        for name, arguments in self.writing.items():
            with self.subTest(command=name):
                shutil.rmtree(self.out)
                os.mkdir(self.out)
                limited = {"preexec_fn": limit_files, "restore_signals": False}
                self.fails(arguments, **limited)
                # A trained model's small files come first, and are whole.
                self.assertLessEqual(self.outputs().keys(), {"model/config.json"}, "nothing half-written is left")
                program.run(*arguments)
                before = self.outputs()
                self.assertTrue(any(len(data) > LARGEST for data in before.values()), before.keys())
                self.fails(arguments, **limited)
                self.assertEqual(self.outputs(), before, "what was there stays whole")

    def test_a_device_stays_one(self):
        """A new file would be renamed over it."""
        for name in ("quantize", "page"):
            pipe = self.path("out/file.gguf" if name == "quantize" else "out/file")
            os.mkfifo(pipe)
            with self.subTest(command=name):
                self.assertIn("not a regular file", self.fails(self.writing[name]))
                self.assertTrue(stat.S_ISFIFO(os.stat(pipe).st_mode))


if __name__ == "__main__":
    unittest.main()
