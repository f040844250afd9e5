#!/usr/bin/env python3
"""Writes what a fuzz target begins with: inputs made of the kept corpus and of the tests' data, and a dictionary.

usage: seeds.py TARGET FOLDER
FOLDER/seeds gets the inputs, FOLDER/words the dictionary.
SPDX-License-Identifier: MIT"""
import json
import pathlib
import random
import re
import struct
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DATA = ROOT / "tests" / "data"
sys.path.insert(0, str(ROOT / "tests" / "program"))
from chat_templates import TEMPLATES  # noqa: E402
TRANSFORMERS = "sentence_transformers.models."
TEXT = "Hello, wörld 123's\n\U0001f600 <s> [MASK]".encode()
# The models that model.c knows, in its order.
MODELS = re.findall(r'"([^"]+)"', re.search(r"names\[\] = \{(.*?)\};", (HERE / "model.c").read_text(), re.S).group(1))


def corpus(target):
    """The inputs in corpus/TARGET.txt."""
    path = HERE / "corpus" / f"{target}.txt"
    if not path.exists():
        return
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    for block in "\n".join(lines).split("\n\n"):
        if block.strip():
            yield bytes.fromhex("".join(block.split()))


def noise(count, most):
    """Random bytes: for targets that read any bytes as choices."""
    source = random.Random(1)
    for _ in range(count):
        yield source.randbytes(source.randrange(8, most))


def compact(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def varint(number):
    out = b""
    while number > 127:
        out, number = out + bytes([number & 127 | 128]), number >> 7
    return out + bytes([number])


def block(field, data):
    return varint(field << 3 | 2) + varint(len(data)) + data


def number(field, value):
    return varint(field << 3) + varint(value)


def sentencepiece(kind):
    """A model file with some of a kind's pieces."""
    pieces = b"".join(block(1, block(1, piece.encode()) + varint(2 << 3 | 5) + struct.pack("<f", score) +
                            number(3, type_)) for piece, score, type_ in kind[:60])
    return pieces


def pieces_of(kind):
    for piece in kind["pieces"]:
        yield piece if isinstance(piece, str) else piece[0], float(piece[1]), int(piece[2]) if len(piece) > 2 else 1


def sentencepiece_models():
    for kind in json.loads((DATA / "tokenizers" / "sentencepiece.json").read_text()).values():
        trainer = number(3, 2 if kind["model_type"] == "bpe" else 1) + number(35, int(kind["byte_fallback"]))
        yield b"s" + sentencepiece(list(pieces_of(kind))) + block(2, trainer) + block(3, number(3, 1) + number(4, 0))


def gguf_value(value):
    """Type and bytes of a setting."""
    if isinstance(value, bool):
        return 7, bytes([value])
    if isinstance(value, int):
        return 4, struct.pack("<I", value)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    if isinstance(value, str):
        return 8, struct.pack("<Q", len(value.encode())) + value.encode()
    items = [gguf_value(item) for item in value]
    return 9, struct.pack("<IQ", items[0][0], len(items)) + b"".join(item[1] for item in items)


def gguf(settings, tensors):
    """A file of zeros: tensors are (name, sizes)."""
    out = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(settings))
    for key, value in settings.items():
        type_, data = gguf_value(value)
        out += struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", type_) + data
    offset = 0
    for name, sizes in tensors:
        out += struct.pack("<Q", len(name)) + name.encode() + struct.pack("<I", len(sizes))
        out += b"".join(struct.pack("<Q", size) for size in sizes) + struct.pack("<IQ", 0, offset)
        count = 1
        for size in sizes:
            count *= size
        offset += (count * 4 + 31) // 32 * 32
    return out + bytes(-len(out) % 32) + bytes(offset)


def llama_gguf():
    E, F, V = 8, 12, 10
    settings = {"general.architecture": "llama", "llama.context_length": 16, "llama.embedding_length": E,
                "llama.block_count": 1, "llama.feed_forward_length": F, "llama.attention.head_count": 2,
                "llama.attention.head_count_kv": 1, "llama.attention.layer_norm_rms_epsilon": 1e-5,
                "llama.rope.freq_base": 10000.0, "llama.rope.dimension_count": 4, "llama.vocab_size": V}
    tensors = [("token_embd.weight", [E, V]), ("output_norm.weight", [E]), ("output.weight", [E, V]),
               ("blk.0.attn_norm.weight", [E]), ("blk.0.ffn_norm.weight", [E]), ("blk.0.attn_q.weight", [E, E]),
               ("blk.0.attn_k.weight", [E, 4]), ("blk.0.attn_v.weight", [E, 4]), ("blk.0.attn_output.weight", [E, E]),
               ("blk.0.ffn_gate.weight", [E, F]), ("blk.0.ffn_up.weight", [E, F]), ("blk.0.ffn_down.weight", [F, E])]
    return settings, tensors


def gguf_tokenizers():
    words = ["<unk>", "<s>", "</s>", "a", "b", "▁", "▁a", "ab", "Ġ", "Ġa", "H", "e", "l", "o"]
    bytes_ = {"tokenizer.ggml.pre": "gpt-2", "tokenizer.ggml.merges": ["a b", "Ġ a"]}
    ends = {"tokenizer.ggml.cls_token_id": 1, "tokenizer.ggml.seperator_token_id": 2}
    for model, extra in (("llama", {}), ("gpt2", bytes_), ("t5", {}), ("bert", ends)):
        settings = {"general.architecture": "llama", "tokenizer.ggml.model": model, "tokenizer.ggml.tokens": words,
                    "tokenizer.ggml.scores": [-float(i) for i in range(len(words))],
                    "tokenizer.ggml.token_type": [2, 3, 3] + [1] * (len(words) - 3), "tokenizer.ggml.bos_token_id": 1,
                    "tokenizer.ggml.eos_token_id": 2, "tokenizer.ggml.unknown_token_id": 0, **extra}
        yield b"g" + gguf(settings, [])


def tokenizers():
    for kind in json.loads((DATA / "tokenizers" / "kinds.json").read_text()).values():
        yield b"j" + compact(kind["tokenizer"]) + b"\0" + TEXT
    for folder in ("tokenizer", "byte-level"):
        yield b"j" + compact(json.loads((DATA / folder / "tokenizer.json").read_text())) + b"\0" + TEXT
    yield b"w" + b"[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nhello\n##a\nb\n,\n\0" + TEXT
    yield b"w" + (DATA / "architectures" / "esm" / "vocab.txt").read_bytes() + b"\0LAG<mask>X"
    yield b"b" + compact({"<s>": 0, "</s>": 1, "a": 2, "b": 3, "ab": 4, "Ġ": 5}) + b"\0#version: 0.2\na b\n\0ab a"
    yield b"c" + compact({"tokenizer_class": "EsmTokenizer"}) + b"\0<cls>\n<pad>\n<eos>\n<unk>\nA\n\0AAX"
    scores = b"".join(struct.pack("<fI", -float(i), len(word)) + word for i, word in
                      enumerate([b"<unk>", b"<s>", b"</s>"] + [b"<0x%02X>" % i for i in range(256)] + [b" ", b"ab"]))
    yield b"l" + struct.pack("<I", 6) + scores
    numbers = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3, "\u2581a": 4, "b": 5, "\u2581ab": 6}
    pieces = sentencepiece([(piece, -1.0, {"<s>": 3, "</s>": 3, "<unk>": 2}.get(piece, 1)) for piece in numbers])
    ends = {"eos_token": "</s>", "unk_token": {"content": "<unk>"}, "pad_token": "<pad>"}
    codes = {"tokenizer_class": "M2M100Tokenizer", "additional_special_tokens": ["__de__", "__en__"]}
    yield b"p" + compact(numbers) + b"\0" + compact(ends) + b"\0" + pieces
    yield b"q" + compact(numbers) + b"\0" + compact(codes) + b"\0" + pieces
    yield b"v" + b"<blank>\n<s>\n</s>\na\nb\n\0<unk>\na\n\0a b c"
    yield from sentencepiece_models()
    yield from gguf_tokenizers()


def models():
    for name in sorted(path.parent.name for path in (DATA / "architectures").glob("*/config.json")):
        folder = DATA / "architectures" / name
        number_ = MODELS.index(name) if name in MODELS else 0
        config = compact(json.loads((folder / "config.json").read_text()))
        yield b"c" + bytes([number_]) + config
        architecture = folder / "architecture.json"
        if architecture.exists():
            yield b"c" + bytes([number_]) + config + b"\0" + compact(json.loads(architecture.read_text()))
        weights = (folder / "model.safetensors").read_bytes()
        header = weights[8:8 + struct.unpack("<Q", weights[:8])[0]]
        if len(header) < 6000:
            yield b"h" + header
        if len(weights) < 5000:
            yield b"s" + weights
    for page in sorted((ROOT / "src" / "describe" / "architectures").glob("*.json")):
        own = page.stem.removesuffix("_model")
        name = own if own in MODELS else "granite"
        config = (DATA / "architectures" / name / "config.json").read_bytes()
        yield b"c" + bytes([MODELS.index(name)]) + config + b"\0" + page.read_bytes()
    settings, tensors = llama_gguf()
    yield b"g" + gguf(settings, tensors)
    floats = 10 * 8 + 8 + 64 + 32 + 32 + 64 + 8 + 3 * 96 + 8 + 16
    yield b"b" + struct.pack("<7i", 8, 12, 1, 2, 1, 10, 4) + bytes(4 * floats)
    header = json.loads(header_of("granite"))
    names = {key: "a.safetensors" for key in header if key != "__metadata__"}
    yield b"i" + compact({"metadata": {"total_size": 1}, "weight_map": names})
    yield b"m" + compact({"word_embedding_dimension": 16, "pooling_mode_mean_tokens": True}) + b"\0" + compact(
        [{"idx": 0, "name": "0", "path": "", "type": TRANSFORMERS + "Transformer"},
         {"idx": 1, "name": "1", "path": "1_Pooling", "type": TRANSFORMERS + "Pooling"}]) + \
        b"\0" + compact({"do_sample": True, "temperature": .6, "top_k": 5, "eos_token_id": [1, 2],
                         "bad_words_ids": [[3]]}) + \
        b"\0" + compact({"prompts": {"query": "query: "}, "default_prompt_name": "query",
                         "similarity_fn_name": "cosine"})
    dense = {"linear.weight": {"dtype": "F32", "shape": [3, 16], "data_offsets": [0, 192]},
             "linear.bias": {"dtype": "F32", "shape": [3], "data_offsets": [192, 204]}}
    yield b"d" + compact({"in_features": 16, "out_features": 3, "bias": True,
                          "activation_function": "torch.nn.modules.activation.Tanh"}) + b"\0" + compact(dense)
    yield b"a" + compact({"feature_extractor_type": "WhisperFeatureExtractor", "sampling_rate": 100, "n_fft": 16,
                          "hop_length": 8, "feature_size": 8, "n_samples": 160})
    yield b"a" + compact({"feature_extractor_type": "ASTFeatureExtractor", "sampling_rate": 800, "num_mel_bins": 8,
                          "max_length": 60, "do_normalize": True, "mean": -4.27, "std": 4.57})
    yield b"a" + compact({"feature_extractor_type": "Speech2TextFeatureExtractor", "sampling_rate": 800,
                          "num_mel_bins": 8, "do_ceptral_normalize": True, "normalize_means": True,
                          "normalize_vars": True, "padding_value": 0.0})


def header_of(name):
    weights = (DATA / "architectures" / name / "model.safetensors").read_bytes()
    return weights[8:8 + struct.unpack("<Q", weights[:8])[0]]


def wave(rate, channels, bits, frames):
    body = bytes(frames * channels * bits // 8)
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * bits // 8, channels * bits // 8, bits)
    return b"RIFF" + struct.pack("<I", 36 + len(body)) + b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + \
        struct.pack("<I", len(body)) + body


def index():
    """An index of two files with three chunks of width 4."""
    texts = [b"a.txt", b"b.txt", b"one", b"two", b"three"]
    places = [sum(len(text) + 1 for text in texts[:i]) for i in range(len(texts))]
    strings = b"\0".join(texts) + b"\0"
    files = struct.pack("<10q", places[0], 7, 1, 0, 2, places[1], 9, 2, 2, 1)
    chunks = struct.pack("<12q", 0, 0, 1, places[2], 0, 4, 2, places[3], 1, 0, 1, places[4])
    for int8, rows in ((0, struct.pack("<12f", *range(12))), (1, bytes(range(12)))):
        yield b"xSA-INDEX" + struct.pack("<7q", 1, int8, 4, 7, 2, 3, len(strings)) + files + chunks + \
            struct.pack("<3f", 1, .5, 2) + rows + strings


def program_files():
    yield from index()
    yield b"l" + compact({"sampling_rate": 16000, "do_normalize": True}) + b"\0" + compact(
        {"<pad>": 0, "|": 4, "A": 5, "B": 6})
    said = compact([{"role": "system", "content": "Be brief."}, {"role": "user", "content": " Hello <|im_end|> "}])
    config = compact({"bos_token": "<s>", "eos_token": {"content": "</s>"}, "chat_template": "{{ 1 }}"})
    for template in TEMPLATES.values():
        yield b"t" + template.encode() + b"\0" + config + b"\0" + said
    form = {"begin": "{bos}", "system": ["S", "\n"], "user": ["<u>", "</u>"], "assistant": ["<a>", "{eos}"],
            "answer": "<a>", "end": "{eos}", "trim": "all", "system_place": "first", "date": "%d"}
    yield b"f" + compact(form) + b"\0" + config + b"\0" + said
    yield b"p" + compact({"do_resize": True, "size": {"height": 8, "width": 8}, "do_center_crop": True, "resample": 3,
                          "crop_size": 8, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
                          "image_mean": [.5, .5, .5], "image_std": [.5, .5, .5]})
    yield b"p" + compact({"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 8},
                          "crop_pct": .875, "resample": 5})
    yield b"i" + (DATA / "images" / "corner.jpg").read_bytes()[:4000]
    yield b"w" + wave(16000, 1, 16, 40)
    yield b"w" + wave(8000, 2, 8, 40)


MAKERS = {"attention": lambda: noise(40, 90), "forward": lambda: noise(40, 60), "cache": lambda: noise(40, 200),
          "session": lambda: noise(40, 200), "tokenizer": tokenizers, "model": models, "program": program_files}


def keys(value):
    if isinstance(value, dict):
        for key, member in value.items():
            yield key
            yield from keys(member)
    elif isinstance(value, list):
        for member in value:
            yield from keys(member)
    elif isinstance(value, str) and len(value) < 40:
        yield value


def words(inputs):
    """Keys and short texts of all JSON, and those that the library's readers compare with."""
    found = set()
    for data in inputs:
        for part in data[1:].lstrip(b"".join(bytes([i]) for i in range(len(MODELS)))).split(b"\0"):
            try:
                found.update(keys(json.loads(part)))
            except ValueError:
                continue
    for folder in ("src/text/source", "src/file", "src/describe"):
        for path in sorted((ROOT / folder).glob("*.c")):
            found.update(re.findall(r'"([\w.\-]{2,40})"', path.read_text()))
    return sorted(word for word in found if word and word.isascii() and word.isprintable())


def main():
    target, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    inputs = [data for source in (corpus(target), MAKERS[target]()) for data in source]
    (folder / "seeds").mkdir(parents=True, exist_ok=True)
    for i, data in enumerate(inputs):
        (folder / "seeds" / f"{i:04}").write_bytes(data)
    quoted = (word.replace("\\", "\\\\").replace('"', '\\"') for word in words(inputs))
    text = "".join(f'"{word}"\n' for word in quoted) if target in ("tokenizer", "model", "program") else ""
    (folder / "words").write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
