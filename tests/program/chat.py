"""How selfattn chat writes conversations down: each form as the published chat templates of its family render it
(computed with Jinja2, as transformers sets it up), and the ways to choose one.

SPDX-License-Identifier: MIT"""
import json
import os
import re
import struct
import tempfile
import unittest

import run as program

# Form: bos, eos, what its templates are known by, and what they make of a conversation with and without the system
# message; None: they refuse it.
FORMS = {
    "chatml": (
        '<s>',
        '<|im_end|>',
        "'<|im_start|>' + role + content + '<|im_end|>'",
        '<|im_start|>system\n Be <b>brief</b>. \n<|im_end|>\n<|im_start|>user\n Hello <|im_end|>\n<|im_start|>ass'
        'istant\n  Hi there <|im_end|>\n<|im_start|>user\nWhy <s>?\n<|im_end|>\n<|im_start|>assistant\n',
        '<|im_start|>user\n Hello <|im_end|>\n<|im_start|>assistant\n  Hi there <|im_end|>\n<|im_start|>user\nWhy'
        ' <s>?\n<|im_end|>\n<|im_start|>assistant\n'),
    "mistral": (
        '<s>',
        '</s>',
        "{{ bos_token }}'[INST] ' + message['content'] + ' [/INST]' message['content'] + eos_token",
        None,
        '<s>[INST]  Hello  [/INST]  Hi there </s>[INST] Why <s>?\n [/INST]'),
    "llama-2": (
        '<s>',
        '</s>',
        "bos_token + '[INST] ' + content.strip() '<<SYS>>\\n'",
        '<s>[INST] <<SYS>>\n Be <b>brief</b>. \n\n<</SYS>>\n\n Hello [/INST] Hi there </s><s>[INST] Why <s>? [/IN'
        'ST]',
        '<s>[INST] Hello [/INST] Hi there </s><s>[INST] Why <s>? [/INST]'),
    "llama-3": (
        '<|begin_of_text|>',
        '<|eot_id|>',
        "bos_token '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim"
        " + '<|eot_id|>'",
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
        "'<|user|>\n' + message['content'] + eos_token '<|assistant|>\\n'",
        '<|system|>\n Be <b>brief</b>. \n</s>\n<|user|>\n Hello </s>\n<|assistant|>\n  Hi there </s>\n<|user|>\nW'
        'hy <s>?\n</s>\n<|assistant|>\n',
        '<|user|>\n Hello </s>\n<|assistant|>\n  Hi there </s>\n<|user|>\nWhy <s>?\n</s>\n<|assistant|>\n'),
    "phi-3-mini": (
        '<s>',
        '<|endoftext|>',
        "bos_token '<|user|>' '<|end|>' '<|assistant|>'",
        None,
        '<s><|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|user|>\nWhy <s>?\n<|end|>\n<|assistant'
        '|>\n'),
    "phi-3": (
        '<s>',
        '<|endoftext|>',
        "'<|system|>\n' '<|user|>\n' '<|end|>\n' '<|assistant|>\n'",
        '<|system|>\n Be <b>brief</b>. \n<|end|>\n<|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|'
        'user|>\nWhy <s>?\n<|end|>\n<|assistant|>\n',
        '<|user|>\n Hello <|end|>\n<|assistant|>\n  Hi there <|end|>\n<|user|>\nWhy <s>?\n<|end|>\n<|assistant|>'
        '\n'),
    "gemma": (
        '<bos>',
        '<eos>',
        "bos_token '<start_of_turn>' '<end_of_turn>\n'",
        None,
        '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n<start_of_tur'
        'n>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n'),
    "gemma-3": (
        '<bos>',
        '<eos>',
        "bos_token '<start_of_turn>' first_user_prefix '<end_of_turn>\n'",
        '<bos><start_of_turn>user\n Be <b>brief</b>. \n\n\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end'
        '_of_turn>\n<start_of_turn>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n',
        '<bos><start_of_turn>user\nHello<end_of_turn>\n<start_of_turn>model\nHi there<end_of_turn>\n<start_of_tur'
        'n>user\nWhy <s>?<end_of_turn>\n<start_of_turn>model\n'),
    "mistral-v1": (
        '<s>',
        '</s>',
        "bos_token loop.first and system_message ' [INST] ' + system_message ' [/INST]'",
        '<s> [INST]  Be <b>brief</b>. \n\n\n Hello  [/INST]   Hi there </s> [INST] Why <s>?\n [/INST]',
        '<s> [INST]  Hello  [/INST]   Hi there </s> [INST] Why <s>?\n [/INST]'),
    "mistral-v3": (
        '<s>',
        '</s>',
        'bos_token loop.last and system_message "[INST] " + message["content"] + "[/INST]"',
        '<s>[INST]  Hello [/INST] Hi there</s>[INST]  Be <b>brief</b>. \n\n\nWhy <s>?\n[/INST]',
        '<s>[INST]  Hello [/INST] Hi there</s>[INST] Why <s>?\n[/INST]'),
    "mistral-tekken": (
        '<s>',
        '</s>',
        'bos_token loop.last and system_message "[INST]" + message["content"] + "[/INST]"',
        '<s>[INST] Hello [/INST]  Hi there </s>[INST] Be <b>brief</b>. \n\n\nWhy <s>?\n[/INST]',
        '<s>[INST] Hello [/INST]  Hi there </s>[INST]Why <s>?\n[/INST]'),
    "mistral-v7": (
        '<s>',
        '</s>',
        "bos_token '[INST] ' '[SYSTEM_PROMPT] '",
        '<s>[SYSTEM_PROMPT]  Be <b>brief</b>. \n[/SYSTEM_PROMPT][INST]  Hello [/INST]   Hi there </s>[INST] Why <'
        's>?\n[/INST]',
        '<s>[INST]  Hello [/INST]   Hi there </s>[INST] Why <s>?\n[/INST]'),
    "phi-4": (
        '<|endoftext|>',
        '<|im_end|>',
        "'<|im_start|>user<|im_sep|>' + content + '<|im_end|>'",
        '<|im_start|>system<|im_sep|> Be <b>brief</b>. \n<|im_end|><|im_start|>user<|im_sep|> Hello <|im_end|><|i'
        'm_start|>assistant<|im_sep|>  Hi there <|im_end|><|im_start|>user<|im_sep|>Why <s>?\n<|im_end|><|im_star'
        't|>assistant<|im_sep|>',
        '<|im_start|>user<|im_sep|> Hello <|im_end|><|im_start|>assistant<|im_sep|>  Hi there <|im_end|><|im_star'
        't|>user<|im_sep|>Why <s>?\n<|im_end|><|im_start|>assistant<|im_sep|>'),
    "deepseek": (
        '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
        '<\uff5cend\u2581of\u2581sentence\uff5c>',
        "bos_token '<\uff5cUser\uff5c>' '<\uff5cAssistant\uff5c>'",
        '<\uff5cbegin\u2581of\u2581sentence\uff5c> Be <b>brief</b>. \n<\uff5cUser\uff5c> Hello <\uff5cAssistant'
        '\uff5c>  Hi there <\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant'
        '\uff5c>',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c> Hello <\uff5cAssistant\uff5c>  Hi there <'
        '\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant\uff5c>'),
    "deepseek-r1": (
        '<\uff5cbegin\u2581of\u2581sentence\uff5c>',
        '<\uff5cend\u2581of\u2581sentence\uff5c>',
        "bos_token '<\uff5cUser\uff5c>' '<\uff5cAssistant\uff5c>' '<\uff5cAssistant\uff5c><think>\\n'",
        '<\uff5cbegin\u2581of\u2581sentence\uff5c> Be <b>brief</b>. \n<\uff5cUser\uff5c> Hello <\uff5cAssistant'
        '\uff5c>  Hi there <\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant'
        '\uff5c><think>\n',
        '<\uff5cbegin\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c> Hello <\uff5cAssistant\uff5c>  Hi there <'
        '\uff5cend\u2581of\u2581sentence\uff5c><\uff5cUser\uff5c>Why <s>?\n<\uff5cAssistant\uff5c><think>\n'),
    "llama-3.1": (
        '<|begin_of_text|>',
        '<|eot_id|>',
        'bos_token strftime_now "Cutting Knowledge Date: December 2023\\n" \'<|start_header_id|>\' + message[\'ro'
        "le'] + '<|end_header_id|>\\n\\n'+ message['content'] | trim + '<|eot_id|>'",
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
        '"<|start|>system<|message|>" "<|channel|>" strftime_now',
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
SYSTEM = {"role": "system", "content": " Be <b>brief</b>. \n"}
TURNS = [{"role": "user", "content": " Hello "}, {"role": "assistant", "content": "  Hi there "},
         {"role": "user", "content": "Why <s>?\n"}]
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

    def make(self, name, template=True):
        bos, eos, marks, full, short = FORMS[name]
        marks_of_it = re.findall(TOKEN, (full or short).replace("<b>", "").replace("</b>", ""))
        special = list(dict.fromkeys([bos, eos] + marks_of_it))
        self.write("tokenizer.json", byte_tokenizer(special))
        config = {"bos_token": bos, "eos_token": {"content": eos}}
        self.write("tokenizer_config.json", {**config, "chat_template": marks} if template else config)
        return special

    def render(self, conversation, *arguments, status=0):
        path = self.write("conversation", conversation)
        said = program.run("chat", self.model, "--render", path, "--json", *arguments, status=status)
        return said if status else json.loads(said)

    def check(self, name, *arguments):
        date = ["--date", "09 Mar 2025" if name == "llama-3.1" else "2025-03-09"]
        results = []
        for conversation, expected in (([SYSTEM] + TURNS, FORMS[name][3]), (TURNS, FORMS[name][4])):
            if expected is None:
                self.assertIn("has no system message",
                              self.render(conversation, *date, *arguments, status=1))
                continue
            got = self.render(conversation, *date, *arguments)
            self.assertEqual((got["form"], got["text"]), (name, expected))
            results.append(got)
        return results

    def test_each_form_is_recognised_and_written_exactly(self):
        for name in FORMS:
            with self.subTest(name=name):
                special = self.make(name)
                for got in self.check(name):
                    # In the question, "<s>" is text.
                    marks = got["text"].replace("Why <s>", "")
                    said = [256 + special.index(s) for s in re.findall("|".join(map(re.escape, special)), marks)]
                    self.assertEqual([t for t in got["tokens"] if t >= 256], said)

    def test_a_form_is_chosen_by_its_name(self):
        for name in FORMS:
            if name.startswith("phi-3"):
                continue  # bos is the template's choice
            with self.subTest(name=name):
                self.make(name, template=False)
                self.check(name, "--template", name)

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
        self.write("tokenizer_config.json", {"chat_template": "{% for %}what is this"})
        said = self.render(TURNS, status=1)
        self.assertIn("of no form that is known; --template NAME chooses a form (gpt-oss, phi-4, chatml,", said)
        self.assertIn("it begins: {% for %}what", said)
        self.assertIn("neither a file nor one of", self.render(TURNS, "--template", "no such", status=1))
        self.assertIn("no <|start_header_id|>", self.render(TURNS, "--template", "llama-3", status=1))

    def test_templates_in_lists_and_files(self):
        self.make("llama-3")
        marks = FORMS["llama-3"][2]
        self.write("tokenizer_config.json", {"bos_token": "<|begin_of_text|>", "chat_template": [
            {"name": "tools", "template": "no"}, {"name": "default", "template": marks}]})
        self.assertEqual(self.render(TURNS)["form"], "llama-3")
        self.write("tokenizer_config.json", {"bos_token": "<|begin_of_text|>"})
        with open(os.path.join(self.model, "chat_template.jinja"), "w", encoding="utf-8") as file:
            file.write(marks)
        self.assertEqual(self.render(TURNS)["text"], FORMS["llama-3"][4])

    def test_the_system_message_of_a_template(self):
        self.make("chatml")
        self.write("tokenizer_config.json", {"chat_template": "'<|im_start|>system\\nBe kind<|im_end|>\\n'"})
        kind = "<|im_start|>system\nBe kind<|im_end|>\n" + FORMS["chatml"][4]
        self.assertEqual(self.render(TURNS)["text"], kind)
        self.assertEqual(self.render(TURNS, "--system", "")["text"], FORMS["chatml"][4])
        self.assertEqual(self.render(TURNS, "--system", SYSTEM["content"])["text"], FORMS["chatml"][3])

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
                    "tokenizer.chat_template": struct.pack("<I", 8) + text(FORMS["llama-3"][2])}
        folder, self.model = self.model, os.path.join(self.model, "x.gguf")
        with open(self.model, "wb") as file:
            file.write(b"GGUF" + struct.pack("<IQQ", 3, 0, len(settings)))
            file.write(b"".join(text(key) + value for key, value in settings.items()))
        path = os.path.join(folder, "conversation.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(TURNS, file)
        said = json.loads(program.run("chat", self.model, "--render", path, "--json"))
        self.assertEqual((said["form"], said["text"]), ("llama-3", FORMS["llama-3"][4]))

    def test_dates_of_templates_that_do_not_ask_for_today(self):
        self.make("llama-3.1")
        self.write("tokenizer_config.json", {"chat_template": FORMS["llama-3.1"][2].replace("strftime_now", "")})
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
