"""What selfattn summarize and translate write with encoders that have a decoder: the first token as the references of
tiny models have it, and beams, penalty and lengths as a model's files say.

SPDX-License-Identifier: MIT"""
import json
import os
import shutil
import tempfile
import unittest

import run as program
import tiny

HERE = os.path.dirname(os.path.abspath(__file__))
SHARED = os.path.join(HERE, "..", "..", "..", "shared", "models")
FOLDERS = {os.path.join(HERE, "..", "data", "architectures"): ["pegasus", "umt5", "blenderbot_small", "marian"],
           os.path.join(SHARED, "architectures"): ["t5"],
           os.path.join(SHARED, "more-architectures"): ["bart", "mbart", "m2m_100", "mt5"]}
PEGASUS = os.path.join(HERE, "..", "data", "architectures", "pegasus")


def read_json(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as file:
        return json.load(file)


def best_tokens(folder):
    """The most probable token behind the first one of the decoder, for each text of the references."""
    (texts, tokens, width), logits = tiny.read_safetensors(os.path.join(folder, "reference.safetensors"))["logits"]
    rows = [logits[i * tokens * width:i * tokens * width + width] for i in range(texts)]
    return [max(range(width), key=row.__getitem__) for row in rows]


def write_model(source, folder):
    """A model with a word for each token. Returns the texts of its references."""
    for name in ("config.json", "model.safetensors"):
        shutil.copy(os.path.join(source, name), folder)
    config, reference = read_json(source, "config.json"), read_json(source, "reference.json")
    words = [f"w{i}" for i in range(config["vocab_size"])]
    words[config["pad_token_id"]], words[config["eos_token_id"]], words[3] = "<pad>", "</s>", "<unk>"
    with open(os.path.join(folder, "vocab.txt"), "w", encoding="utf-8") as file:
        file.write("\n".join(words) + "\n")
    return words, [" ".join(words[i] for i in ids[:length])
                   for ids, length in zip(reference["input_ids"], reference["lengths"])]


class Rewriting(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.folder = holder.name

    def translate(self, text, *arguments):
        return json.loads(program.run("translate", self.folder, text, "--threads", "1", "--json", *arguments))

    def summarize(self, text, *arguments):
        said = program.run("summarize", self.folder, "-", "--threads", "1", "--json", *arguments, given=text)
        return json.loads(said)

    def say(self, name, **settings):
        path = os.path.join(self.folder, name)
        old = read_json(self.folder, name) if os.path.exists(path) else {}
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**old, **settings}, file)

    def test_first_tokens_are_those_of_the_references(self):
        missing = []
        for parent, names in FOLDERS.items():
            for name in names:
                source = os.path.join(parent, name)
                if not os.path.isdir(source):
                    missing.append(name)
                    continue
                words, texts = write_model(source, self.folder)
                for text, best in zip(texts, best_tokens(source)):
                    with self.subTest(name=name, text=text):
                        got = self.translate(text, "--beams", "1", "--max-tokens", "1")
                        end = words[best] == "</s>"
                        self.assertEqual(got["ids"], [] if end else [best])
                        self.assertEqual(got["text"], "" if end else words[best])
                        summary = self.summarize(text, "--beams", "1", "--max-tokens", "1")
                        self.assertEqual((summary["summary"], summary["score"]), (got["text"], got["score"]))
        if missing:
            print(f"skipped: {', '.join(missing)} (not in {SHARED})")

    def test_a_decoder_alone_writes_what_it_writes_without_hearing_its_encoder(self):
        """Of a class like PegasusForCausalLM: the whole model's attention to the source is made zero."""
        words, (text, _) = write_model(PEGASUS, self.folder)
        path = os.path.join(self.folder, "model.safetensors")
        tensors = {name: (list(shape), [0.0 if "encoder_attn.out_proj" in name else x for x in values])
                   for name, (shape, values) in tiny.read_safetensors(path).items()}
        tiny.write_safetensors(path, tensors)
        self.say("config.json", forced_bos_token_id=None, forced_eos_token_id=None)
        whole = self.translate(text, "--beams", "1", "--max-tokens", "8")["ids"]
        self.assertGreater(len(whole), 2)
        tiny.write_safetensors(path, {name: tensor for name, tensor in tensors.items() if ".encoder." not in name})
        self.say("config.json", architectures=["PegasusForCausalLM"])
        alone = json.loads(program.run("generate", self.folder, "", "--max-tokens", "8", "--json", "--threads", "1"))
        self.assertEqual(alone["ids"][:len(whole)], whole)

    def test_a_summary_is_a_text_with_its_prefix(self):
        _, (text, _) = write_model(PEGASUS, self.folder)
        first, rest = text.split(" ", 1)
        plain = program.run("summarize", self.folder, "-", "--max-tokens", "5", given=text)
        self.assertEqual(plain, program.run("translate", self.folder, text, "--max-tokens", "5"))
        self.assertEqual(plain, program.run("summarize", self.folder, "-", "--max-tokens", "5", "--prefix", first + " ",
                                            given=rest))

    def test_penalty_beams_and_lengths_of_older_files(self):
        """BART, Pegasus and others have them in config.json alone. What the rules forbid never comes."""
        _, (text, _) = write_model(PEGASUS, self.folder)
        plain = self.translate(text, "--beams", "1", "--max-tokens", "6")["ids"]
        self.assertLess(len(set(plain)), len(plain))
        self.say("config.json", no_repeat_ngram_size=1, min_length=5, num_beams=3, length_penalty=0.5, max_length=7)
        ids = self.translate(text, "--beams", "1", "--max-tokens", "6")["ids"]
        self.assertEqual(len(set(ids)), len(ids))
        given = ["--beams", "3", "--length-penalty", "0.5", "--max-tokens", "6", "--early-stopping", "false"]
        for write in (self.translate, self.summarize):
            self.assertEqual(write(text, "--model-defaults"), write(text, *given))
            self.assertNotEqual(write(text, "--model-defaults", "--length-penalty", "2")["score"],
                                write(text, *given)["score"])
        self.assertEqual(len(self.translate(text, "--model-defaults", "-n", "2")["ids"]), 2)

    def test_settings_of_a_task(self):
        """T5 and BART have them in config.json: a prefix, beams and lengths for each task."""
        _, (text, _) = write_model(PEGASUS, self.folder)
        first, rest = text.split(" ", 1)
        self.say("config.json", no_repeat_ngram_size=1, num_beams=2, max_length=5, prefix="w9 ", task_specific_params={
            "summarization": {"num_beams": 3, "length_penalty": 0.5, "max_length": 7, "prefix": first + " "},
            "translation_en_to_de": {"max_length": 6, "prefix": first + " "}})
        given = ["--beams", "3", "--length-penalty", "0.5", "--max-tokens", "6", "--early-stopping", "false"]
        self.assertEqual(self.summarize(rest, "--model-defaults"), self.summarize(text, *given))
        self.assertEqual(self.summarize(rest, "--model-defaults", "--prefix", ""), self.summarize(rest, *given))
        self.assertEqual(self.summarize(rest), self.summarize(rest, "--prefix", ""))

        def told(source, *options):
            answer = self.translate(source, *options)
            return answer["ids"], answer["score"]
        self.assertEqual(told(rest, "--source", "en", "--target", "de", "--model-defaults"),
                         told(text, "--beams", "2", "--max-tokens", "5", "--early-stopping", "false"))
        self.assertEqual(told(rest, "--source", "en", "--target", "de"), told(text))
        self.assertEqual(told(rest, "--model-defaults"), told("w9 " + rest, "--beams", "2", "--max-tokens", "4",
                                                              "--early-stopping", "false"))
        self.assertIn("no tokens of languages", program.run("translate", self.folder, rest, "--source", "en",
                                                            "--target", "fr", status=2))
        self.assertEqual(program.run_json("info", self.folder)["generation"]["tasks"],
                         ["summarization", "translation_en_to_de"])
        self.say("config.json", prefix=3)
        self.assertIn('its "prefix" is no text', program.run("translate", self.folder, rest, "--model-defaults",
                                                            status=1))

    def test_generation_config_comes_before_config(self):
        _, (text, _) = write_model(PEGASUS, self.folder)
        self.say("config.json", no_repeat_ngram_size=1, num_beams=3)
        self.say("generation_config.json", num_beams=2, max_new_tokens=4, early_stopping=True, forced_eos_token_id=2)
        self.assertEqual(self.translate(text, "--model-defaults"),
                         self.translate(text, "--beams", "2", "--max-tokens", "4", "--early-stopping", "true"))
        shown = program.run_json("info", self.folder)["generation"]
        self.assertEqual([shown.get(key) for key in ("num_beams", "early_stopping", "forced_last_token",
                                                     "forced_first_token", "no_repeat_ngram_size", "unsupported")],
                         [2, True, 2, None, None, shown["unsupported"]])
        self.assertIn("num_beams", shown["unsupported"])
        self.assertRegex(program.run("info", self.folder), r"num_beams +2\n")
        self.say("generation_config.json", early_stopping="sometimes")
        self.assertIn('its "early_stopping" is none of true, false and "never"',
                      program.run("translate", self.folder, text, "--model-defaults", status=1))
        self.say("generation_config.json", num_beams="many")
        self.assertIn('its "num_beams" is "many"', program.run("translate", self.folder, text, "--model-defaults",
                                                               status=1))


if __name__ == "__main__":
    unittest.main()
