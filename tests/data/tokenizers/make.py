#!/usr/bin/env python3
"""Writes kinds.json, small tokenizers of many kinds, and what Hugging Face's tokenizers make of 3,000 hostile texts with
each: a digest of token numbers and decoded texts per 50 texts.
   tokenizers 0.23.1 (pip); python3 make.py [KIND: prints each text with its numbers]
SPDX-License-Identifier: MIT"""
import base64
import json
import pathlib
import struct
import sys

from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from hostile import FRAGMENTS, GROUP, digest, texts

HERE = pathlib.Path(__file__).parent


def charsmap(rules):
    """SentencePiece's table: the trie as a double array (Darts-clone's units), then the texts."""
    blob, offsets = b"", {}
    for value in sorted(set(rules.values())):
        offsets[value] = len(blob)
        blob += value.encode() + b"\0"
    root = {}
    for key, value in rules.items():
        node = root
        for byte in key.encode():
            node = node.setdefault(byte, {})
        node[None] = offsets[value]
    units, used = {0: [0, 0, 0]}, {0}

    def place(node, at):
        labels = [0 if label is None else label for label in node]
        base = 1
        while any(base ^ label in used for label in labels):
            base += 1
        used.update(base ^ label for label in labels)
        units[at][1] = base ^ at
        for label, child in node.items():
            if label is None:
                units[at][2] = 1
                units[base] = child
        for label, child in node.items():
            if label is not None:
                units[base ^ label] = [label, 0, 0]
                place(child, base ^ label)

    place(root, 0)
    packed = b""
    for at in range((max(used) | 255) + 1):
        unit = units.get(at, [255, 0, 0])
        if isinstance(unit, int):
            packed += struct.pack("<I", unit | 1 << 31)
        else:
            assert unit[1] < 1 << 21
            packed += struct.pack("<I", unit[0] | unit[2] << 8 | unit[1] << 10)
    return base64.b64encode(struct.pack("<I", len(packed)) + packed + blob).decode()


CHARSMAP = charsmap({
    "\u00a0": " ", "\u3000": " ", "\t": " ", "\n": " ", "\r": " ", "\r\n": " ", "\u200b": " ", "\ufb01": "fi", "\u2460": "1",
    "\uff21": "A", "\uff42": "b", "\u00bd": "1\u20442", "\u2122": "TM", "e\u0301": "\u00e9", "\u0344": "\u0308\u0301", "\u2026": "...",
    "\uff76\uff9e": "\u30ac", "\u00ad": "", "\u0001": "", "\u0915\u093c": "\u0958", "\u1100\u1161": "\uac00", "\u2581": " ",
})
# A NUL is in the texts, but in no token: jansson has no keys with it.
CORPUS = ["".join(FRAGMENTS[(i * 7 + k * k) % len(FRAGMENTS)] for k in range(9)).replace("\0", "") for i in range(400)] + [
    "the cat sat on the mat, the other cats sat there", "a new test of the newest tests: 1 12 123 1234 don't they'll",
    "Hello world! HELLO hello", "int main(void) { return 0; }", "\u043f\u0440\u0438\u0432\u0435\u0442 \u043c\u0438\u0440", "\u65e5\u672c\u8a9e\u306e\u30c6\u30b9\u30c8", "na\u00efve caf\u00e9"] * 20
SEQ = {"normalizer": "normalizers", "pre_tokenizer": "pretokenizers", "decoder": "decoders", "post_processor": "processors"}


def sequence(section, *steps):
    return {"type": "Sequence", SEQ[section]: list(steps)}


def norm(*steps):
    return sequence("normalizer", *steps)


def pre(*steps):
    return sequence("pre_tokenizer", *steps)


def kind(name, **members):
    return {"type": name, **members}


def replace(pattern, content, regex=False):
    return kind("Replace", pattern={"Regex" if regex else "String": pattern}, content=content)


def split(pattern, behavior="Isolated", invert=False, regex=True):
    return kind("Split", pattern={"Regex" if regex else "String": pattern}, behavior=behavior, invert=invert)


def metaspace(scheme="always", splits=True):
    return kind("Metaspace", replacement="\u2581", prepend_scheme=scheme, split=splits)


def byte_level(regex=False, prefix=False):
    return kind("ByteLevel", add_prefix_space=prefix, trim_offsets=True, use_regex=regex)


def template(before, after, ids):
    pieces = [{"SpecialToken": {"id": t, "type_id": 0}} for t in before] + [{"Sequence": {"id": "A", "type_id": 0}}]
    pieces += [{"SpecialToken": {"id": t, "type_id": 0}} for t in after]
    return kind("TemplateProcessing", single=pieces, pair=[{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
                special_tokens={t: {"id": t, "ids": [ids[t]], "tokens": [t]} for t in before + after})


def added(ids, tokens):
    return [{"id": ids[t], "content": t, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
             "special": True, **options} for t, options in tokens.items()]


def trained(model, trainer, rules):
    """A model's section, trained on the corpus as these rules of the text see it."""
    t = Tokenizer(model)
    j = json.loads(t.to_str())
    j.update({k: v for k, v in rules.items() if k in ("normalizer", "pre_tokenizer")})
    t = Tokenizer.from_str(json.dumps(j))
    t.train_from_iterator(CORPUS, trainer)
    return json.loads(t.to_str())["model"]


def build(model, rules, specials, before=(), after=(), post=None):
    """tokenizer.json of a model; tokens that it lacks are numbered behind its own."""
    vocab = model["vocab"]
    ids = dict(vocab) if isinstance(vocab, dict) else {t: i for i, (t, _) in enumerate(vocab)}
    for token in specials:
        ids.setdefault(token, 1 + max(ids.values()))
    j = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": added(ids, specials), "normalizer": None,
         "pre_tokenizer": None, "post_processor": None, "decoder": None, "model": model, **rules}
    j["added_tokens"].sort(key=lambda t: t["id"])
    if before or after:
        j["post_processor"] = template(list(before), list(after), ids)
    if post:
        j["post_processor"] = post(ids)
    return j


def unigram(rules, specials, vocab_size=280, byte_fallback=False, **around):
    model = trained(models.Unigram(), trainers.UnigramTrainer(vocab_size=vocab_size, special_tokens=["<pad>", "</s>", "<unk>"],
                    unk_token="<unk>", initial_alphabet=["\u2581"], show_progress=False), rules)
    model["vocab"] = [[t, round(s, 5)] for t, s in model["vocab"]]
    if byte_fallback:
        model["vocab"] += [["<0x%02X>" % b, 0.0] for b in range(256)]
        model["byte_fallback"] = True
    return build(model, rules, specials, **around)


def bpe(rules, specials, vocab_size=420, alphabet=(), options=None, byte_tokens=False, limit=None, **around):
    options = options or {}
    trainer = {"end_of_word_suffix": options["end_of_word_suffix"]} if options.get("end_of_word_suffix") else {}
    if options.get("continuing_subword_prefix"):
        trainer["continuing_subword_prefix"] = options["continuing_subword_prefix"]
    known = [options["unk_token"]] if options.get("unk_token") else []
    if limit:
        trainer["limit_alphabet"] = limit
    model = trained(models.BPE(), trainers.BpeTrainer(vocab_size=vocab_size, initial_alphabet=list(alphabet), special_tokens=known,
                    show_progress=False, **trainer), rules)
    if byte_tokens:
        for b in range(256):
            model["vocab"].setdefault("<0x%02X>" % b, len(model["vocab"]))
    model["merges"] = [m if isinstance(m, str) else " ".join(m) for m in model["merges"]]
    model.update(options)
    return build(model, rules, specials, **around)


def word_level(rules, specials, **around):
    model = trained(models.WordLevel(unk_token="<unk>"), trainers.WordLevelTrainer(vocab_size=200, special_tokens=["<unk>"],
                    show_progress=False), rules)
    return build(model, rules, specials, **around)


def word_piece(rules, specials, **around):
    model = trained(models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(vocab_size=300, special_tokens=["[UNK]"],
                    show_progress=False), rules)
    model["max_input_chars_per_word"] = 20
    return build(model, rules, specials, **around)


ALPHABET = pre_tokenizers.ByteLevel.alphabet()
ALPHABET = sorted(ALPHABET)
BYTES = kind("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True)
META = {"decoder": kind("Metaspace", replacement="\u2581", prepend_scheme="always", split=True)}
LLAMA = {"decoder": sequence("decoder", replace("\u2581", " "), kind("ByteFallback"), kind("Fuse"), kind("Strip", content=" ", start=1, stop=0))}
S = {"<s>": {}, "</s>": {}}
CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"
CASED = ("[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+" + CONTRACTIONS + "?|"
         "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*" + CONTRACTIONS + "?|"
         "\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")
SYMBOL = "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~]"
CLIP = "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"
ODD = {"<s>": {"lstrip": True}, "</s>": {"rstrip": True}, "cat": {"single_word": True, "special": False},
       "<mask>": {"lstrip": True, "normalized": True}}


def byte_bpe(*steps, **rest):
    rules = {"pre_tokenizer": pre(*steps), "decoder": BYTES, **rest.pop("rules", {})}
    return bpe(rules, rest.pop("specials", {"<|endoftext|>": {}}), alphabet=ALPHABET, **rest)


KINDS = {
    "t5": lambda: unigram({"normalizer": kind("Precompiled", precompiled_charsmap=CHARSMAP), "pre_tokenizer": metaspace(), **META},
                          {**S, "<extra_id_0>": {}}, after=["</s>"]),
    "xlm_roberta": lambda: unigram({"normalizer": norm(kind("Precompiled", precompiled_charsmap=CHARSMAP), replace(" {2,}", " ", True)),
                                    "pre_tokenizer": pre(kind("WhitespaceSplit"), metaspace()), **META}, ODD, before=["<s>"], after=["</s>"]),
    "albert": lambda: unigram({"normalizer": norm(replace("``", '"'), replace("''", '"'), kind("NFKD"), kind("StripAccents"), kind("Lowercase"),
                               kind("Precompiled", precompiled_charsmap=CHARSMAP)), "pre_tokenizer": metaspace(), **META}, S),
    "mbart": lambda: unigram({"normalizer": norm(kind("Nmt"), kind("NFKC"), kind("Strip", strip_left=False, strip_right=True)),
                              "pre_tokenizer": metaspace("first"), **META}, {**S, "en_XX": {}}, after=["</s>", "en_XX"]),
    "nllb": lambda: unigram({"normalizer": kind("NFKC"), "pre_tokenizer": metaspace("always", False), **META},
                            {**S, "eng_Latn": {}}, before=["eng_Latn"], after=["</s>"]),
    "unigram_bytes": lambda: unigram({"normalizer": kind("NFC"), "pre_tokenizer": metaspace("never"), **LLAMA}, ODD, byte_fallback=True),
    "llama2": lambda: bpe({"normalizer": norm(kind("Prepend", prepend="\u2581"), replace(" ", "\u2581")), **LLAMA}, S, byte_tokens=True, limit=60,
                          vocab_size=300, options={"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}, before=["<s>"]),
    "gemma": lambda: bpe({"normalizer": replace(" ", "\u2581"), "pre_tokenizer": split(" ", "MergedWithPrevious", regex=False),
                          "decoder": sequence("decoder", replace("\u2581", " "), kind("ByteFallback"), kind("Fuse"))}, ODD, byte_tokens=True,
                         limit=60, vocab_size=300, options={"byte_fallback": True, "fuse_unk": True, "unk_token": "<unk>"}),
    "mistral": lambda: bpe({"pre_tokenizer": metaspace("first", False), **LLAMA}, ODD, byte_tokens=True, limit=60, vocab_size=300,
                           options={"byte_fallback": True, "unk_token": "<unk>"}),
    "unknown": lambda: bpe({"pre_tokenizer": kind("Whitespace")}, S, limit=40, vocab_size=200, options={"unk_token": "<unk>"}),
    "fused": lambda: bpe({"pre_tokenizer": kind("Whitespace"), "decoder": kind("BPEDecoder", suffix="</w>")}, S, limit=40, vocab_size=200,
                         options={"unk_token": "<unk>", "fuse_unk": True, "end_of_word_suffix": "</w>"}),
    "prefixed": lambda: bpe({"normalizer": kind("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
                             "pre_tokenizer": kind("BertPreTokenizer"), "decoder": kind("WordPiece", prefix="##", cleanup=True)}, S, limit=80,
                            vocab_size=300, options={"unk_token": "<unk>", "continuing_subword_prefix": "##"}),
    "clip": lambda: bpe({"normalizer": norm(kind("NFC"), replace("\\s+", " ", True), kind("Lowercase")),
                         "pre_tokenizer": pre(split(CLIP, "Removed", True), byte_level()), "decoder": BYTES}, {"<|startoftext|>": {}, "<|endoftext|>": {}},
                        alphabet=ALPHABET + [c + "</w>" for c in ALPHABET], vocab_size=700,
                        options={"end_of_word_suffix": "</w>", "unk_token": "<|endoftext|>"},
                        post=lambda ids: kind("RobertaProcessing", sep=["<|endoftext|>", ids["<|endoftext|>"]],
                                              cls=["<|startoftext|>", ids["<|startoftext|>"]], trim_offsets=False, add_prefix_space=False)),
    "gpt2": lambda: byte_bpe(byte_level(True, True)),
    "llama3": lambda: byte_bpe(split(CONTRACTIONS + "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
                               byte_level(), options={"ignore_merges": True}, specials=ODD),
    "o200k": lambda: byte_bpe(split(CASED), byte_level()),
    "falcon": lambda: byte_bpe(kind("Punctuation", behavior="Contiguous"), byte_level(True), kind("Digits", individual_digits=False),
                               split("[0-9][0-9][0-9]")),
    "starcoder": lambda: byte_bpe(kind("Digits", individual_digits=True), byte_level(True)),
    "bloom": lambda: byte_bpe(split(" ?[^(\\s|.,!?\u2026\u3002\uff0c\u3001\u0964\u06d4\u060c)]+"), byte_level()),
    "deepseek": lambda: byte_bpe(split("\\p{N}{1,3}"), split("[\u4e00-\u9fa5\u3040-\u309f\u30a0-\u30ff]+"),
                                 split(SYMBOL + "[A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"),
                                 byte_level()),
    "deepseek_coder": lambda: byte_bpe(split("[\\r\\n]"), split("\\s?\\p{L}+"), split("\\s?\\p{P}+"),
                                       split("[\u4e00-\u9fa5\u0800-\u4e00\uac00-\ud7a3]+"), split("\\p{N}", regex=True), byte_level()),
    "word_boundaries": lambda: byte_bpe(split("\\b\\w+\\b", "MergedWithNext"), split("^\\s+|$", "Contiguous"), byte_level()),
    "thousands": lambda: byte_bpe(split("\\d{1,3}(?=(?:\\d{3})*\\b)"), split("(?=(\\d{3})+(?!\\d))"), byte_level()),
    "scripts": lambda: byte_bpe(split("\\p{Han}+|\\p{Hiragana}+|[\\p{Katakana}\\p{Latin}]+|\\P{Cyrillic}", "MergedWithPrevious"), byte_level()),
    "byte_normalizer": lambda: bpe({"normalizer": norm(kind("NFKC"), kind("ByteLevel")), "pre_tokenizer": split("\u0120", "MergedWithNext", regex=False),
                                    "decoder": BYTES}, {"<|endoftext|>": {}}, alphabet=ALPHABET),
    "word_level": lambda: word_level({"normalizer": norm(kind("Lowercase"), kind("NFD")), "pre_tokenizer": kind("Whitespace")}, ODD),
    "delimited": lambda: word_level({"pre_tokenizer": pre(kind("CharDelimiterSplit", delimiter="e"), kind("FixedLength", length=3)),
                                     "decoder": kind("CTC", pad_token="<s>", word_delimiter_token=" ", cleanup=True)}, {"<unk>": {}}),
    "punctuated": lambda: word_level({"normalizer": kind("NFKD"), "pre_tokenizer": pre(kind("WhitespaceSplit"), kind("Punctuation", behavior="MergedWithPrevious"),
                                      kind("Digits", individual_digits=False))}, ODD),
    "word_piece": lambda: word_piece({"normalizer": kind("BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=False),
                                      "pre_tokenizer": pre(kind("Metaspace", replacement="_", prepend_scheme="always", split=True), kind("BertPreTokenizer")),
                                      "decoder": kind("WordPiece", prefix="##", cleanup=True)}, {**ODD, "[UNK]": {}}),
}


def shown(t, ids):
    """The decoded text. Bytes that are no UTF-8 stay as they are in the library, so such texts are not compared."""
    text = t.decode(ids)
    return "" if "\ufffd" in text else text


def main():
    chosen = sys.argv[1:]
    known = json.loads((HERE / "kinds.json").read_text(encoding="utf-8")) if chosen else {}
    result = {}
    for name, make in KINDS.items():
        if chosen and name not in chosen:
            continue
        j = known[name]["tokenizer"] if chosen else make()
        t = Tokenizer.from_str(json.dumps(j))
        digests, hash_ = [], 0xCBF29CE484222325
        for i, text in enumerate(texts()):
            ids = t.encode(text).ids
            back = shown(t, ids)
            if chosen:
                print(json.dumps([text, ids, back]))
            hash_ = digest(hash_, b"".join(struct.pack("<i", n) for n in ids) + back.encode() + b"\n")
            if i % GROUP == GROUP - 1:
                digests.append("%016x" % hash_)
        result[name] = {"tokenizer": j, "digests": digests}
        print(name, len(json.dumps(j)), file=sys.stderr)
    if not chosen:
        lines = [json.dumps(name) + ": " + json.dumps(value, separators=(",", ":")) for name, value in result.items()]
        (HERE / "kinds.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


main()
