"""Two small models of random numbers as files, and what they compute, in double precision: a decoder like Llama that
says one sentence, and an encoder like BERT; and a tokenizer of bytes.

SPDX-License-Identifier: MIT"""
import json
import math
import struct

from attention import attention, join, linear, rotate, shape_of, split

SENTENCE = "Once upon a time there lived the quick brown fox, who could read every book in its caf\u00e9 \u2615"
WORDS = ("the bank of river we sat by water a raised its interest rate went up grass money fox ##s "
         ". , in was is").split()


def flat(nested):
    return [x for part in nested for x in flat(part)] if isinstance(nested, list) else [nested]


def safetensors(tensors):
    header, data = {}, b""
    for name, values in sorted(tensors.items()):
        numbers = flat(values)
        begin = len(data)
        data += struct.pack(f"<{len(numbers)}f", *numbers)
        header[name] = {"dtype": "F32", "shape": shape_of(values), "data_offsets": [begin, len(data)]}
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def as_json(content):
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


class Files:
    """What both models have: tensors, a configuration and a tokenizer, which become files. rules: how the makers want
    texts to be generated."""

    rules = None

    def files(self):
        found = {"model.safetensors": safetensors(self.tensors), "config.json": as_json(self.config),
                 "tokenizer.json": as_json(self.tokenizer)}
        if self.rules:
            found["generation_config.json"] = as_json(self.rules)
        return found

    def write(self, folder):
        folder.mkdir(exist_ok=True)
        for name, content in self.files().items():
            (folder / name).write_bytes(content)


def special_token(number, text):
    return {"id": number, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
            "normalized": False, "special": True}


def template(special, single, pair=None):
    """A post-processor: what stands around one text, A, and around two. special: names and numbers."""
    def part(name, second=False):
        kind = "SpecialToken" if name in special else "Sequence"
        return {kind: {"id": name, "type_id": int(second)}}

    both = [part(name) for name in single] + [part(name, True) for name in pair or ["B"]]
    return {"type": "TemplateProcessing", "single": [part(name) for name in single], "pair": both,
            "special_tokens": {name: {"id": name, "ids": [number], "tokens": [name]}
                               for name, number in special.items()}}


# -------------------------------------------------------------------------------------------------------- decoder


def byte_letters():
    """Byte-level BPE writes each byte as a letter: GPT-2's table."""
    plain = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    letters = {b: chr(b) for b in plain}
    others = [b for b in range(256) if b not in letters]
    letters.update({b: chr(256 + i) for i, b in enumerate(others)})
    return letters


def cut(sentence):
    """The sentence's tokens as bytes: words with the blank before them; other bytes than letters alone."""
    tokens, word = [], b""
    for byte in sentence.encode():
        if byte < 128 and chr(byte).isalpha():
            word += bytes([byte])
        else:
            tokens += [word] if word else []
            word = bytes([byte]) if byte == 32 else b""
            tokens += [] if byte == 32 else [bytes([byte])]
    return tokens + ([word] if word else [])


def decoder_tokenizer():
    """Returns tokenizer.json, and the token numbers of the sentence, the begin token first, the end token last."""
    letters = byte_letters()
    tokens = [t for part in cut(SENTENCE) for t in ([b" ", part[1:]] if part == b" " else [part]) if t]
    vocabulary, merges = {"<|end|>": 0}, []
    for byte in sorted(set(SENTENCE.encode())):
        vocabulary[letters[byte]] = len(vocabulary)
    for token in tokens:
        word = "".join(letters[b] for b in token)
        for end in range(2, len(word) + 1):
            if word[:end] not in vocabulary:
                merges.append(f"{word[:end - 1]} {word[end - 1]}")
                vocabulary[word[:end]] = len(vocabulary)
    ids = [vocabulary["".join(letters[b] for b in token)] for token in tokens]
    begin = vocabulary["<|begin|>"] = len(vocabulary)
    special = [special_token(0, "<|end|>"), special_token(begin, "<|begin|>")]
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": special, "normalizer": None,
            "pre_tokenizer": level, "post_processor": template({"<|begin|>": begin}, ["<|begin|>", "A"]),
            "decoder": level,
            "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "vocab": vocabulary, "merges": merges}}, [begin] + ids + [0]


class Decoder(Files):
    """The output row of a token is the embedding of the token before it in the sentence, so the sentence goes on."""

    LAYERS, HEADS, KEY_HEADS, SIZE, WIDTH, INNER = 2, 4, 2, 4, 16, 8
    rules = {"forced_eos_token_id": 0}

    def __init__(self, random):
        self.tokenizer, self.sentence = decoder_tokenizer()
        vocabulary = len(self.tokenizer["model"]["vocab"])
        width = self.WIDTH
        signs = [[1.0 if random() > 0 else -1.0 for _ in range(width)] for _ in range(vocabulary)]
        output = [[random() / 4 for _ in range(width)] for _ in range(vocabulary)]
        for before, after in zip(self.sentence, self.sentence[1:]):
            output[after] = list(signs[before])
        self.tensors = {"model.embed_tokens.weight": signs, "lm_head.weight": output,
                        "model.norm.weight": [1.0] * width}
        kv = self.KEY_HEADS * self.SIZE
        for i in range(self.LAYERS):
            block = f"model.layers.{i}."
            shapes = {"self_attn.q_proj": (width, width), "self_attn.k_proj": (kv, width),
                      "self_attn.v_proj": (kv, width), "self_attn.o_proj": (width, width),
                      "mlp.gate_proj": (self.INNER, width), "mlp.up_proj": (self.INNER, width),
                      "mlp.down_proj": (width, self.INNER)}
            for name, (rows, columns) in shapes.items():
                spread = 1 / 8 if name.endswith(("o_proj", "down_proj")) else 1 / 2
                self.tensors[f"{block}{name}.weight"] = [[random() * spread for _ in range(columns)]
                                                         for _ in range(rows)]
            for norm in ("input_layernorm", "post_attention_layernorm"):
                self.tensors[f"{block}{norm}.weight"] = [1.0 + random() / 4 for _ in range(width)]
        self.config = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": width,
                       "intermediate_size": self.INNER, "num_hidden_layers": self.LAYERS,
                       "num_attention_heads": self.HEADS, "num_key_value_heads": self.KEY_HEADS,
                       "head_dim": self.SIZE, "hidden_act": "silu", "rms_norm_eps": 1e-6, "rope_theta": 10000.0,
                       "max_position_embeddings": 64, "vocab_size": vocabulary, "bos_token_id": self.sentence[0],
                       "eos_token_id": 0, "tie_word_embeddings": False}

    def text(self, begin, end):
        """The text of the sentence's tokens begin .. end - 1; it may end inside of a character."""
        letters = {letter: byte for byte, letter in byte_letters().items()}
        special = {entry["content"] for entry in self.tokenizer["added_tokens"]}
        words = {number: word for word, number in self.tokenizer["model"]["vocab"].items() if word not in special}
        joined = "".join(words.get(token, "") for token in self.sentence[begin:end])
        return bytes(letters[letter] for letter in joined).decode("utf-8", "ignore")

    def run(self, ids):
        """Returns the logits of the last token and the weights [L][H][T][T]."""
        get = self.tensors.__getitem__
        x, looked = [get("model.embed_tokens.weight")[i] for i in ids], []
        for i in range(self.LAYERS):
            block = f"model.layers.{i}."
            normed = root_norm(x, get(block + "input_layernorm.weight"))
            q, k, v = (split(linear(normed, get(f"{block}self_attn.{name}_proj.weight")), heads)
                       for name, heads in (("q", self.HEADS), ("k", self.KEY_HEADS), ("v", self.KEY_HEADS)))
            out, _, weights = attention([[rotate(h) for h in q]], [[rotate(h) for h in k]], [v], {"causal": True})
            looked.append(weights[0])
            x = add(x, linear(join(out[0]), get(block + "self_attn.o_proj.weight")))
            normed = root_norm(x, get(block + "post_attention_layernorm.weight"))
            gate, up = (linear(normed, get(f"{block}mlp.{name}_proj.weight")) for name in ("gate", "up"))
            inner = [[g / (1 + math.exp(-g)) * u for g, u in zip(*pair)] for pair in zip(gate, up)]
            x = add(x, linear(inner, get(block + "mlp.down_proj.weight")))
        last = root_norm(x[-1:], get("model.norm.weight"))
        return linear(last, get("lm_head.weight"))[0], looked


def add(a, b):
    return [[x + y for x, y in zip(*rows)] for rows in zip(a, b)]


def root_norm(rows, weight, epsilon=1e-6):
    scales = [1 / math.sqrt(sum(x * x for x in row) / len(row) + epsilon) for row in rows]
    return [[x * scale * w for x, w in zip(row, weight)] for row, scale in zip(rows, scales)]


# ---------------------------------------------------------------------------------------------------------- bytes


class Bytes(Files):
    """A tokenizer alone, which cuts this text inside of characters."""

    PIECES = [b"na", b"\xc3", b"\xaf", b"v", b"e", b" \xf0", b"\x9f\x99", b"\x82", b" ", b"c", b"a", b"f", b"\xc3",
              b"\xa9"]

    def __init__(self):
        letters = byte_letters()
        pieces = sorted(set(self.PIECES) | {bytes([byte]) for piece in self.PIECES for byte in piece},
                        key=lambda piece: (len(piece), piece))
        vocabulary = {"".join(letters[byte] for byte in piece): i for i, piece in enumerate(pieces)}
        level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": False, "use_regex": True}
        self.ids = [pieces.index(piece) for piece in self.PIECES]
        self.text = b"".join(self.PIECES).decode()
        self.tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [],
                          "normalizer": None, "pre_tokenizer": level, "post_processor": None, "decoder": level,
                          "model": {"type": "BPE", "dropout": None, "unk_token": None,
                                    "continuing_subword_prefix": None, "end_of_word_suffix": None, "fuse_unk": False,
                                    "byte_fallback": False, "vocab": vocabulary,
                                    "merges": [" ".join(piece) for piece in vocabulary if len(piece) > 1]}}

    def files(self):
        return {"tokenizer.json": as_json(self.tokenizer)}


# -------------------------------------------------------------------------------------------------------- encoder


def encoder_tokenizer():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"]
    vocabulary = {word: i for i, word in enumerate(special + WORDS)}
    added = [special_token(i, word) for i, word in enumerate(special)]
    around = {name: vocabulary[name] for name in ("[CLS]", "[SEP]")}
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
            "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True,
                           "strip_accents": None, "lowercase": True},
            "pre_tokenizer": {"type": "BertPreTokenizer"},
            "post_processor": template(around, ["[CLS]", "A", "[SEP]"], ["B", "[SEP]"]),
            "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
            "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##",
                      "max_input_chars_per_word": 100, "vocab": vocabulary}}


class Encoder(Files):
    LAYERS, HEADS, WIDTH, INNER, POSITIONS = 2, 2, 8, 12, 16

    def __init__(self, random):
        self.tokenizer = encoder_tokenizer()
        width, inner, vocabulary = self.WIDTH, self.INNER, len(WORDS) + 4

        def matrix(rows, columns):
            return [[random() / 2 for _ in range(columns)] for _ in range(rows)]

        def norm(name):
            self.tensors[name + ".weight"] = [1.0 + random() / 4 for _ in range(width)]
            self.tensors[name + ".bias"] = [random() / 4 for _ in range(width)]

        self.tensors = {"embeddings.word_embeddings.weight": matrix(vocabulary, width),
                        "embeddings.position_embeddings.weight": matrix(self.POSITIONS, width),
                        "embeddings.token_type_embeddings.weight": matrix(2, width)}
        norm("embeddings.LayerNorm")
        for i in range(self.LAYERS):
            block = f"encoder.layer.{i}."
            for name, rows, columns in [("attention.self.query", width, width), ("attention.self.key", width, width),
                                        ("attention.self.value", width, width),
                                        ("attention.output.dense", width, width),
                                        ("intermediate.dense", inner, width), ("output.dense", width, inner)]:
                self.tensors[f"{block}{name}.weight"] = matrix(rows, columns)
                self.tensors[f"{block}{name}.bias"] = matrix(1, rows)[0]
            norm(block + "attention.output.LayerNorm")
            norm(block + "output.LayerNorm")
        self.config = {"architectures": ["BertModel"], "model_type": "bert", "hidden_size": width,
                       "intermediate_size": inner, "num_hidden_layers": self.LAYERS,
                       "num_attention_heads": self.HEADS, "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                       "max_position_embeddings": self.POSITIONS, "type_vocab_size": 2, "vocab_size": vocabulary,
                       "pad_token_id": 0}

    def ids(self, text):
        """For texts of whole words of the vocabulary alone."""
        vocabulary = self.tokenizer["model"]["vocab"]
        return [2] + [vocabulary[word] for word in text.split()] + [3]

    def run(self, ids):
        """Returns the last hidden states [T][E] and the weights [L][H][T][T]."""
        get = self.tensors.__getitem__
        x = [[a + b + c for a, b, c in zip(get("embeddings.word_embeddings.weight")[token],
                                           get("embeddings.position_embeddings.weight")[t],
                                           get("embeddings.token_type_embeddings.weight")[0])]
             for t, token in enumerate(ids)]
        x, looked = self.norm(x, "embeddings.LayerNorm"), []
        for i in range(self.LAYERS):
            block = f"encoder.layer.{i}."

            def dense(name, rows, block=block):
                return linear(rows, get(f"{block}{name}.weight"), get(f"{block}{name}.bias"))

            q, k, v = (split(dense("attention.self." + name, x), self.HEADS) for name in ("query", "key", "value"))
            out, _, weights = attention([q], [k], [v], {})
            looked.append(weights[0])
            x = self.norm(add(x, dense("attention.output.dense", join(out[0]))), block + "attention.output.LayerNorm")
            inner = [[a / 2 * (1 + math.erf(a / math.sqrt(2))) for a in row] for row in dense("intermediate.dense", x)]
            x = self.norm(add(x, dense("output.dense", inner)), block + "output.LayerNorm")
        return x, looked

    def norm(self, rows, name):
        out = []
        for row in rows:
            mean = math.fsum(row) / len(row)
            scale = 1 / math.sqrt(math.fsum((x - mean) ** 2 for x in row) / len(row) + 1e-12)
            out.append([(x - mean) * scale * w + b for x, w, b in
                        zip(row, self.tensors[name + ".weight"], self.tensors[name + ".bias"])])
        return out

    def embedding(self, ids):
        hidden, _ = self.run(ids)
        mean = [math.fsum(column) / len(hidden) for column in zip(*hidden)]
        length = math.sqrt(math.fsum(x * x for x in mean))
        return [x / length for x in mean]
