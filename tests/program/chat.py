"""How selfattn chat writes conversations down: by the model's own chat template, and by each form that the program has,
as the published templates of its family render it (computed with Jinja2, as transformers sets it up).

SPDX-License-Identifier: MIT"""
import json
import os
import re
import struct
import tempfile
import unittest

import run as program
from chat_templates import TEMPLATES

# Form: bos, eos, and what its templates make of a conversation with and without the system message; None: they refuse
# it.
FORMS = {
    "chatml": (
        '<s>',
        '<|im_end|>',
        '<|im_start|>system\n Be <b>brief</b>. \n<|im_end|>\n<|im_start|>user\n Hello <|im_end|>\n<|im_start|>ass'
        'istant\n  Hi there <|im_end|>\n<|im_start|>user\nWhy <s>?\n<|im_end|>\n<|im_start|>assistant\n',
        '<|im_start|>user\n Hello <|im_end|>\n<|im_start|>assistant\n  Hi there <|im_end|>\n<|im_start|>user\nWhy'
        ' <s>?\n<|im_end|>\n<|im_start|>assistant\n'),
    "mistral": (
        '<s>',
        '</s>',
        None,
        '<s>[INST]  Hello  [/INST]  Hi there </s>[INST] Why <s>?\n [/INST]'),
    "llama-2": (
        '<s>',
        '</s>',
        '<s>[INST] <<SYS>>\n Be <b>brief</b>. \n\n<</SYS>>\n\n Hello [/INST] Hi there </s><s>[INST] Why <s>? [/IN'
        'ST]',
        '<s>[INST] Hello [/INST] Hi there </s><s>[INST] Why <s>? [/INST]'),
    "llama-3": (
        '<|begin_of_text|>',
        '<|eot_id|>',
        '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nBe <b>brief</b>.<|eot_id|><|start_header_'
        'id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi there<|e'
        'ot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy <s>?<|eot_id|><|start_header_id|>assistant<|end_h'
        'eader_id|>\n\n',
        '<|begin_of_text|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_header_id|>assistant'
        '<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy <s>?<|eot_id|><|s'
        'tart_header_id|>assistant<|end_header_id|>\n\n'),
    "zephyr": (
        '<s>',
        '</s>',
        '<|system|>\n Be <b>brief</b>. \n</s>\n<|user|>\n Hello </s>\n<|assistant|>\n  Hi there </s>\n<|user|>\nW'
        'hy <s>?\n</s>\n<|assistant|>\n',
        '<|user|>\n Hello </s>\n<|assistant|>\n  Hi there </s>\n<|user|>\nWhy <s>?\n</s>\n<|assistant|>\n'),
    "phi-3-mini": (
        '<s>',
        '<|endoftext|>',
        None,
        '<s><|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|user|>\nWhy <s>?\n<|end|>\n<|assistant'
        '|>\n'),
    "phi-3": (
        '<s>',
        '<|endoftext|>',
        '<|system|>\n Be <b>brief</b>. \n<|end|>\n<|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|'
        'user|>\nWhy <s>?\n<|end|>\n<|assistant|>\n',
        '<|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|user|>\nWhy <s>?\n<|end|>\n<|assistant|>'
        '\n'),
    "gemma": (
        '<bos>',
        '<eos>',
        None,
        '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n<start_of_tur'
        'n>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n'),
    "gemma-3": (
        '<bos>',
        '<eos>',
        '<bos><start_of_turn>user\n Be <b>brief</b>. \n\n\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end'
        '_of_turn>\n<start_of_turn>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n',
        '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n<start_of_tur'
        'n>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n'),
    "mistral-v1": (
        '<s>',
        '</s>',
        '<s> [INST]  Be <b>brief</b>. \n\n\n Hello  [/INST]   Hi there </s> [INST] Why <s>?\n [/INST]',
        '<s> [INST]  Hello  [/INST]   Hi there </s> [INST] Why <s>?\n [/INST]'),
    "mistral-v3": (
        '<s>',
        '</s>',
        '<s>[INST]  Hello [/INST] Hi there</s>[INST]  Be <b>brief</b>. \n\n\nWhy <s>?\n[/INST]',
        '<s>[INST]  Hello [/INST] Hi there</s>[INST] Why <s>?\n[/INST]'),
    "mistral-tekken": (
        '<s>',
        '</s>',
        '<s>[INST] Hello [/INST]  Hi there </s>[INST] Be <b>brief</b>. \n\n\nWhy <s>?\n[/INST]',
        '<s>[INST] Hello [/INST]  Hi there </s>[INST]Why <s>?\n[/INST]'),
    "mistral-v7": (
        '<s>',
        '</s>',
        '<s>[SYSTEM_PROMPT]  Be <b>brief</b>. \n[/SYSTEM_PROMPT][INST]  Hello [/INST]   Hi there </s>[INST] Why <'
        's>?\n[/INST]',
        '<s>[INST]  Hello [/INST]   Hi there </s>[INST] Why <s>?\n[/INST]'),
    "phi-4": (
        '<|endoftext|>',
        '<|im_end|>',
        '<|im_start|>system<|im_sep|> Be <b>brief</b>. \n<|im_end|><|im_start|>user<|im_sep|> Hello <|im_end|><|i'
        'm_start|>assistant<|im_sep|>  Hi there <|im_end|><|im_start|>user<|im_sep|>Why <s>?\n<|im_end|><|im_star'
        't|>assistant<|im_sep|>',
        '<|im_start|>user<|im_sep|> Hello <|im_end|><|im_start|>assistant<|im_sep|>  Hi there <|im_end|><|im_star'
        't|>user<|im_sep|>Why <s>?\n<|im_end|><|im_start|>assistant<|im_sep|>'),
    "deepseek": (
        '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
        '<\uff5cend\u2581of\u2581sentence\uff5c>',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c> Be <b>brief</b>. \n<\uff5cUser\uff5c> Hello <\uff5cAssistant'
        '\uff5c>  Hi there <\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant'
        '\uff5c>',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c> Hello <\uff5cAssistant\uff5c>  Hi there <'
        '\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant\uff5c>'),
    "deepseek-r1": (
        '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
        '<\uff5cend\u2581of\u2581sentence\uff5c>',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c> Be <b>brief</b>. \n<\uff5cUser\uff5c> Hello <\uff5cAssistant'
        '\uff5c>  Hi there <\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant'
        '\uff5c><think>\n',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c> Hello <\uff5cAssistant\uff5c>  Hi there <'
        '\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant\uff5c><think>\n'),
    "llama-3.1": (
        '<|begin_of_text|>',
        '<|eot_id|>',
        '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nTo'
        'day Date: 09 Mar 2025\n\nBe <b>brief</b>.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eo'
        't_id|><|start_header_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>user<|end_he'
        'ader_id|>\n\nWhy <s>?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n',
        '<|begin_of_text|><|start_header_id|>system<|end_header_id|>\n\nCutting Knowledge Date: December 2023\nTo'
        'day Date: 09 Mar 2025\n\n<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHello<|eot_id|><|start_he'
        'ader_id|>assistant<|end_header_id|>\n\nHi there<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nWhy'
        ' <s>?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n'),
    "gpt-oss": (
        '<|startoftext|>',
        '<|return|>',
        '<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: '
        '2024-06\nCurrent date: 2025-03-09\n\nReasoning: medium\n\n# Valid channels: analysis, commentary, final.'
        ' Channel must be included for every message.<|end|><|start|>developer<|message|># Instructions\n\n Be <b'
        '>brief</b>. \n\n\n<|end|><|start|>user<|message|> Hello <|end|><|start|>assistant<|channel|>final<|messa'
        'ge|>  Hi there <|end|><|start|>user<|message|>Why <s>?\n<|end|><|start|>assistant',
        '<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: '
        '2024-06\nCurrent date: 2025-03-09\n\nReasoning: medium\n\n# Valid channels: analysis, commentary, final.'
        ' Channel must be included for every message.<|end|><|start|>user<|message|> Hello <|end|><|start|>assist'
        'ant<|channel|>final<|message|>  Hi there <|end|><|start|>user<|message|>Why <s>?\n<|end|><|start|>assist'
        'ant'),
}
OWN = "the model's own"  # what --render says of a template
SYSTEM = {"role": "system", "content": " Be <b>brief</b>. \n"}
TURNS = [{"role": "user", "content": " Hello "}, {"role": "assistant", "content": "  Hi there "},
         {"role": "user", "content": "Why <s>?\n"}]
THOUGHTS = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "<think>\nHm\n</think>\n\nSo."},
            {"role": "user", "content": "Oh"}]
# Template: a form whose tokens it has, and what it makes of these.
PROMPTS = {
    "deepseek-v3.1": ("deepseek",
        '<\uff5cbegin\u2581of\u2581sentence\uff5c>'
        ' Be <b>brief</b>. \n<\uff5cUser\uff5c>Why?<\uff5cAssistant\uff5c></think>\n\nSo.<\uff5cend'
        '\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Oh<\uff5cAssistant\uff5c></think>'),
    "qwq": ("chatml",
        '<|im_start|>system\n Be <b>brief</b>. \n<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|im'
        '_start|>assistant\nSo.<|im_end|>\n<|im_start|>user\nOh<|im_end|>\n<|im_start|>assistant\n<'
        'think>\n'),
    "smollm3": ("chatml",
        '<|im_start|>system\n## Metadata\n\nToday Date: 2025-03-09\nReasoning Mode: /think\n\n## Cu'
        'stom Instructions\n\n Be <b>brief</b>.\n\n<|im_end|>\n<|im_start|>user\nWhy?<|im_end|>\n<|'
        'im_start|>assistant\n<think>\nHm\n</think>\n\nSo.<|im_end|>\n\n<|im_start|>user\nOh<|im_en'
        'd|>\n<|im_start|>assistant\n'),
}
TOKEN = r"<\|[a-z_]+\|>|<[a-z_/]+>|<\uff5c[^>]*>|\[/?[A-Z_]+\]"


def byte_tokenizer(special):
    """Every byte is a token, and so is each of these."""
    kept = [b for b in range(256) if 33 <= b <= 126 or 161 <= b <= 172 or b >= 174]
    others = [b for b in range(256) if b not in kept]
    vocabulary = {chr(b): b for b in kept}
    vocabulary.update({chr(256 + i): b for i, b in enumerate(others)})
    bytelevel = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": False}
    added = [{"id": 256 + i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
              "normalized": False, "special": True} for i, text in enumerate(special)]
    return {"version": "1.0", "added_tokens": added, "normalizer": None, "pre_tokenizer": bytelevel,
            "post_processor": None, "decoder": bytelevel,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocabulary,
                      "merges": []}}


class Chat(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.model = self.folder.name

    def write(self, name, value):
        path = os.path.join(self.model, name)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(value, file)
        return path

    def own(self, template):
        self.write("tokenizer_config.json", {"chat_template": template})

    def make(self, name, template=True):
        bos, eos, full, short = FORMS[name]
        marks_of_it = re.findall(TOKEN, (full or short).replace("<b>", "").replace("</b>", ""))
        special = list(dict.fromkeys([bos, eos] + marks_of_it))
        self.write("tokenizer.json", byte_tokenizer(special))
        # Transformers writes 10^30 where texts may be of any length.
        config = {"bos_token": bos, "eos_token": {"content": eos}, "model_max_length": 10 ** 30}
        self.write("tokenizer_config.json", {**config, "chat_template": TEMPLATES[name]} if template else config)
        return special

    def render(self, conversation, *arguments, status=0):
        path = self.write("conversation", conversation)
        said = program.run("chat", self.model, "--render", path, "--json", *arguments, status=status)
        return said if status else json.loads(said)

    def check(self, name, form, *arguments):
        date = ["--date", "09 Mar 2025" if name == "llama-3.1" else "2025-03-09"]
        results = []
        for conversation, expected in (([SYSTEM] + TURNS, FORMS[name][2]), (TURNS, FORMS[name][3])):
            if expected is None:
                said = self.render(conversation, *date, *arguments, status=1)
                self.assertRegex(said, "has no system message|refuses this conversation")
                continue
            got = self.render(conversation, *date, *arguments)
            self.assertEqual((got["form"], got["text"]), (form, expected))
            results.append(got)
        return results

    def test_each_template_is_written_exactly(self):
        for name in FORMS:
            with self.subTest(name=name):
                special = self.make(name)
                for got in self.check(name, OWN):
                    # In the question, "<s>" is text.
                    marks = got["text"].replace("Why <s>", "")
                    said = [256 + special.index(s) for s in re.findall("|".join(map(re.escape, special)), marks)]
                    self.assertEqual([t for t in got["tokens"] if t >= 256], said)

    def test_prompts_that_end_in_something_of_their_own(self):
        for name, (like, expected) in PROMPTS.items():
            with self.subTest(name=name):
                self.make(like)
                self.own(TEMPLATES[name])
                got = self.render([SYSTEM] + THOUGHTS, "--date", "2025-03-09")
                self.assertEqual(got["text"], expected)

    def test_a_form_is_chosen_by_its_name(self):
        for name in FORMS:
            if name == "phi-3-mini":
                continue  # bos is the template's choice
            with self.subTest(name=name):
                self.make(name, template=False)
                self.check(name, name, "--template", name)

    def test_a_form_from_a_file(self):
        self.make("chatml")
        path = self.write("own.json", {"begin": "{bos}", "system": ["S:", "\n"], "user": ["U:", "\n"],
                                       "assistant": ["A:", "{eos}\n"], "trim": "all"})
        self.assertEqual(self.render([SYSTEM] + TURNS, "--template", path)["text"],
                         "<s>S:Be <b>brief</b>.\nU:Hello\nA:Hi there<|im_end|>\nU:Why <s>?\nA:")
        for value, message in [([], "must be a JSON object"), ({"user": ["", ""]}, 'needs "user" and "assistant"'),
                               ({"user": "a"}, "two texts"), ({"trim": "b"}, '"trim" is "b", must be nothing'),
                               ({"usr": 1}, 'has "usr"'), ({"begin": 1}, '"begin" must be a text')]:
            with self.subTest(message=message):
                self.assertIn(message, self.render(TURNS, "--template", self.write("own.json", value), status=1))

    def test_others_are_refused_with_the_way_out(self):
        self.make("chatml")
        self.own("\n{% for %}what is this")
        said = self.render(TURNS, status=1)
        self.assertIn('its chat template, line 2: "%}" stands where a name is expected; --template', said)
        self.own("{{ messages | ponder }}")
        self.assertIn('line 1: the filter "ponder" is not supported; --template', self.render(TURNS, status=1))
        with open(os.path.join(self.model, "tokenizer_config.json"), "w", encoding="utf-8") as file:
            file.write('{"chat_template": ')
        self.assertIn("tokenizer_config.json: line 1: ", self.render([], status=1))
        self.write("tokenizer_config.json", {"chat_template": [{"name": "rag", "template": ""}]})
        said = self.render(TURNS, status=1)
        self.assertIn('none of its 1 chat templates is named "default"; --template NAME chooses a form (gpt-oss,', said)
        self.assertIn("neither a file nor one of", self.render(TURNS, "--template", "no such", status=1))
        self.assertIn("no <|start_header_id|>", self.render(TURNS, "--template", "llama-3", status=1))

    def test_templates_in_lists_and_files(self):
        self.make("llama-3")
        template = TEMPLATES["llama-3"]
        self.write("tokenizer_config.json", {"bos_token": "<|begin_of_text|>", "chat_template": [
            {"name": "tools", "template": "no"}, {"name": "default", "template": template}]})
        self.assertEqual(self.render(TURNS)["text"], FORMS["llama-3"][3])
        self.write("tokenizer_config.json", {})
        self.write("special_tokens_map.json", {"bos_token": {"content": "<|begin_of_text|>"}})
        with open(os.path.join(self.model, "chat_template.jinja"), "w", encoding="utf-8") as file:
            file.write(template)
        self.assertEqual(self.render(TURNS)["text"], FORMS["llama-3"][3])

    def test_the_system_message_of_a_template(self):
        self.make("chatml")
        self.own("{% if messages[0].role != 'system' %}{{ '<|im_start|>system\\nBe kind<|im_end|>\\n' }}{% endif %}" +
                 TEMPLATES["chatml"])
        kind = "<|im_start|>system\nBe kind<|im_end|>\n" + FORMS["chatml"][3]
        self.assertEqual(self.render(TURNS)["text"], kind)
        self.assertEqual(self.render(TURNS, "--system", "")["text"], kind.replace("Be kind", ""))
        self.assertEqual(self.render(TURNS, "--system", SYSTEM["content"])["text"], FORMS["chatml"][2])

    def test_a_template_in_a_gguf_file(self):
        special = self.make("llama-3", template=False)
        os.remove(os.path.join(self.model, "tokenizer_config.json"))
        with open(os.path.join(self.model, "tokenizer.json"), encoding="utf-8") as file:
            vocabulary = json.load(file)["model"]["vocab"]
        tokens = sorted(vocabulary, key=vocabulary.get) + special

        def text(value):
            return struct.pack("<Q", len(value.encode())) + value.encode()

        def texts(values):
            return struct.pack("<IIQ", 9, 8, len(values)) + b"".join(map(text, values))

        kinds = [1] * 256 + [3] * len(special)
        settings = {"general.architecture": struct.pack("<I", 8) + text("llama"),
                    "tokenizer.ggml.model": struct.pack("<I", 8) + text("gpt2"),
                    "tokenizer.ggml.pre": struct.pack("<I", 8) + text("gpt-2"),
                    "tokenizer.ggml.tokens": texts(tokens), "tokenizer.ggml.merges": texts([]),
                    "tokenizer.ggml.token_type": struct.pack(f"<IIQ{len(kinds)}i", 9, 5, len(kinds), *kinds),
                    "tokenizer.chat_template": struct.pack("<I", 8) + text(TEMPLATES["llama-3"])}
        folder, self.model = self.model, os.path.join(self.model, "x.gguf")
        with open(self.model, "wb") as file:
            file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(settings)))
            file.write(b"".join(text(key) + value for key, value in settings.items()))
        path = os.path.join(folder, "conversation.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(TURNS, file)
        said = json.loads(program.run("chat", self.model, "--render", path, "--json"))
        self.assertEqual((said["form"], said["text"]), (OWN, FORMS["llama-3"][3]))

    def test_dates_of_templates_that_do_not_ask_for_today(self):
        self.make("llama-3.1")
        self.own(TEMPLATES["llama-3.1"].replace("strftime_now is defined", "false"))
        self.assertIn("Today Date: 26 Jul 2024\n", self.render(TURNS)["text"])

    def test_conversations_that_are_none(self):
        self.make("chatml")
        answer_first = 'the role of message 0 is "assistant", must be "user"'
        for conversation, message in [({}, "must be a list of messages"), ([{"role": "user"}], "message 0 has no"),
                                      ([TURNS[1]], answer_first),
                                      ([TURNS[0], TURNS[0]], 'message 1 is "user", must be "assistant"')]:
            with self.subTest(message=message):
                self.assertIn(message, self.render(conversation, status=1))


if __name__ == "__main__":
    unittest.main()
