#!/usr/bin/env python3
"""Makes what the tests of all bindings share: vectors.json and the folders decoder, encoder and bytes. See
../README.md.

usage: make.py [--check | --lines FILE]

  --check        computes everything anew and compares it with the files
  --lines FILE   writes vectors.json as lines "path kind count values", for languages without a JSON reader

SPDX-License-Identifier: MIT"""
import itertools
import json
import math
import pathlib
import re
import sys
import textwrap
import unicodedata

from attention import attention, layer, shape_of
from models import Bytes, Decoder, Encoder, SENTENCE, flat

HERE = pathlib.Path(__file__).resolve().parent
TOLERANCE = 2e-5
PROMPT = "Once upon a time"
TEXTS = ["the bank of the river .", "we sat by the water", "the bank raised its interest rate", "fox"]
ACCENTS = "the Riv\u00e9r \U0001f642 was na\u00efve"


class Random:
    """Multiples of 1/64 from -1 to 1, which float has exactly; the same with every Python."""

    def __init__(self, seed):
        self.state = seed

    def __call__(self):
        self.state = (self.state * 6364136223846793005 + 1442695040888963407) % 2 ** 64
        return ((self.state >> 33) % 129 - 64) / 64

    def tensor(self, *shape):
        return [self.tensor(*shape[1:]) for _ in range(shape[0])] if shape else self()


def packed(nested):
    """A tensor as it stands in the table: -infinity is null, a truth value is 0 or 1."""
    numbers = [None if x == -math.inf else int(x) if isinstance(x, bool) else round(x, 8) for x in flat(nested)]
    return {"shape": shape_of(nested), "data": numbers}


def attention_case(random, name, sizes, **options):
    batch, heads, key_heads, queries, keys, size, value_size = sizes
    query, key = random.tensor(batch, heads, queries, size), random.tensor(batch, key_heads, keys, size)
    value = random.tensor(batch, key_heads, keys, value_size)
    output, lse, weights = attention(query, key, value, options)
    case = {"name": name, "query": packed(query), "key": packed(key), "value": packed(value)}
    if "mask" in options:
        kind = "SA_BOOL" if isinstance(flat(options["mask"])[0], bool) else "SA_F32"
        options["mask"] = dict(packed(options["mask"]), dtype=kind)
    return dict(case, options=options, output=packed(output), lse=packed(lse), weights=packed(weights))


def attention_cases():
    random = Random(1)
    visible = [[[[(t * 3 + j) % 4 != 1 for j in range(5)] for t in range(3)]]]
    added = [[[[(-math.inf if j == 1 else h / 2 - j / 4) for j in range(4)]] for h in range(2)]]
    #                                        B  H  K  T  S  D  Dv
    return [attention_case(random, "plain", (2, 2, 2, 3, 4, 4, 4)),
            attention_case(random, "sizes that differ", (1, 2, 2, 2, 5, 3, 6), scale=0.75),
            attention_case(random, "grouped heads", (1, 4, 2, 2, 3, 4, 2)),
            attention_case(random, "causal", (1, 2, 1, 4, 4, 4, 4), causal=True),
            attention_case(random, "causal, more keys", (1, 1, 1, 2, 5, 4, 3), causal=True,
                           align="SA_ALIGN_BOTTOM_RIGHT"),
            attention_case(random, "causal, top left", (1, 1, 1, 3, 5, 4, 3), causal=True,
                           align="SA_ALIGN_TOP_LEFT"),
            attention_case(random, "window", (1, 1, 1, 5, 5, 4, 2), causal=True, window=[1, 0]),
            attention_case(random, "boolean mask", (2, 1, 1, 3, 5, 4, 2), mask=visible),
            attention_case(random, "added mask, by head", (2, 2, 2, 3, 4, 4, 2), mask=added),
            attention_case(random, "lengths", (2, 1, 1, 2, 4, 4, 2), key_lengths=[4, 1]),
            attention_case(random, "a query that sees nothing", (1, 1, 1, 3, 2, 4, 2), causal=True,
                           align="SA_ALIGN_BOTTOM_RIGHT"),
            attention_case(random, "soft cap", (1, 1, 1, 2, 3, 4, 2), softcap=0.5),
            attention_case(random, "ALiBi", (1, 2, 2, 4, 4, 4, 2), causal=True, alibi_slopes=[0.5, 0.25])]


def layer_case(random, name, batch, tokens, keys, config, biases, **options):
    heads, width = config["query_heads"], config["model_width"]
    key_heads, size = config.get("kv_heads", heads), config.get("head_size", width // heads)
    context_width = config.get("context_width", width)
    shapes = {"q": (heads * size, width), "k": (key_heads * size, context_width),
              "v": (key_heads * size, context_width), "o": (config.get("output_width", width), heads * size)}
    weights = {f"weight_{name}": random.tensor(*shape) for name, shape in shapes.items()}
    if biases:
        weights.update({f"bias_{name}": random.tensor(shape[0]) for name, shape in shapes.items()})
    x, context = random.tensor(batch, tokens, width), random.tensor(batch, keys, context_width) if keys else None
    y, looked = layer(x, context, config, weights, options)
    case = {"name": name, "config": config, "weights": {k: packed(v) for k, v in weights.items()}, "x": packed(x)}
    if context:
        case["context"] = packed(context)
    return dict(case, options=options, y=packed(y), attention=packed(looked))


def layer_cases():
    random = Random(2)
    return [layer_case(random, "self-attention with biases", 2, 3, 0, {"model_width": 8, "query_heads": 2}, True),
            layer_case(random, "grouped, rotary, causal", 1, 5, 0,
                       {"model_width": 8, "query_heads": 4, "kv_heads": 2, "head_size": 4, "rope": True}, False,
                       causal=True),
            layer_case(random, "cross-attention", 1, 2, 4,
                       {"model_width": 6, "context_width": 4, "output_width": 5, "query_heads": 3}, True)]


def encoder_case():
    model = Encoder(Random(3))
    ids = [model.ids(text) for text in TEXTS]
    hidden, looked = model.run(ids[0])
    return model, {"model": "encoder", "texts": TEXTS, "ids": ids,
                   "embeddings": packed([model.embedding(i) for i in ids]), "hidden": packed(hidden),
                   "attention": packed(looked)}


def decoder_case():
    """Greedily; the sentence is what the model was built to say."""
    model = Decoder(Random(4))
    prompt = 1 + len(PROMPT.split())
    tokens, logs = list(model.sentence[:prompt]), []
    _, looked = model.run(tokens)
    while len(tokens) < len(model.sentence):
        logits, _ = model.run(tokens)
        first, second = sorted(logits)[:-3:-1]
        assert first - second > 1, "a rounding could change the text"
        tokens.append(logits.index(first))
        logs.append(-math.log(math.fsum(math.exp(x - first) for x in logits)))
    assert tokens == model.sentence
    return model, {"model": "decoder", "prompt": PROMPT, "prompt_ids": tokens[:prompt], "max_tokens": 40,
                   "tokens": tokens[prompt:], "text": SENTENCE[len(PROMPT):], "ending": "SA_END_TOKEN",
                   "log_probabilities": packed(logs), "attention": packed(looked)}


def stream_call(model, said, prompt, max_tokens=40, stop=(), model_rules=False):
    """One call of stream() in a session where the sentence's first `said` tokens stand; the prompt has the next ones.
    Returns it, and how many tokens stand there afterwards. The session has run all of them but the last one."""
    first = max(said, 1)
    begin = next(n for n in range(first, len(model.sentence)) if model.text(first, n) == prompt)
    end, ending, text = begin, "SA_END_MAX_TOKENS", ""
    while end < begin + max_tokens and ending == "SA_END_MAX_TOKENS":
        end += 1
        text = model.text(begin, end)
        if end == len(model.sentence) or model_rules and end == begin + max_tokens:
            ending, text = "SA_END_TOKEN", model.text(begin, end - 1)
        places = [text.find(string) for string in stop if string in text]
        if places:
            ending, text = "SA_END_STRING", text[:min(places)]
    return {"prompt": prompt, "max_tokens": max_tokens, "stop": list(stop), "model_rules": model_rules, "text": text,
            "ending": ending, "length": end - 1}, end


def stream_cases(model):
    def case(name, *calls):
        said, made = 0, []
        for options in calls:
            call, said = stream_call(model, said, **options)
            made.append(call)
        return {"name": name, "calls": made}

    return [case("a text in two calls", {"prompt": PROMPT, "max_tokens": 3}, {"prompt": ""}),
            case("a prompt in the middle", {"prompt": PROMPT, "max_tokens": 3}, {"prompt": " quick brown"}),
            case("a stop string, and on", {"prompt": PROMPT, "stop": ["brown", "zebra"]}, {"prompt": ""}),
            case("the stop string that begins first", {"prompt": PROMPT, "stop": ["quick", "the q"]}),
            case("what only begins like one", {"prompt": PROMPT, "stop": ["quick red", "bookcase"]}),
            case("what begins like one at the end", {"prompt": PROMPT, "stop": ["caf\u00e9 \u2615!"]}),
            case("rules of the makers", {"prompt": PROMPT, "max_tokens": 3, "model_rules": True})]


def in_units(text, ranges, size):
    """Ranges of bytes as ranges of other units, in whole characters; size() of a character is its number of units."""
    owners = [i for i, character in enumerate(text) for _ in character.encode()]
    places = [0, *itertools.accumulate(size(character) for character in text)]
    return [[places[owners[first]], places[owners[last - 1] + 1]] if first < last else [0, 0]
            for first, last in ranges]


def offsets_case(name, model, text, ids, ranges):
    return {"name": name, "model": model, "text": text, "ids": ids, "bytes": flat(ranges),
            "characters": flat(in_units(text, ranges, len)),
            "utf16": flat(in_units(text, ranges, lambda character: len(character.encode("utf-16-le")) // 2))}


def offsets_cases(encoder, cut):
    """Words in a frame, some of them unknown; and tokens that cut characters."""
    ids, ranges = [2], [[0, 0]]
    for word in re.finditer(r"\S+", ACCENTS):
        letters = unicodedata.normalize("NFD", word.group().lower())
        plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
        ids.append(encoder.tokenizer["model"]["vocab"].get(plain, 1))
        ranges.append([len(ACCENTS[:place].encode()) for place in word.span()])
    ends = list(itertools.accumulate(len(piece) for piece in cut.PIECES))
    parts = [list(pair) for pair in zip([0] + ends, ends)]
    return [offsets_case("words", "encoder", ACCENTS, ids + [3], ranges + [[0, 0]]),
            offsets_case("parts of characters", "bytes", cut.text, cut.ids, parts)]


def error_cases():
    """What fails, with which status, and numbers or names that the sentence has to have."""
    return [{"name": "keys and values of other lengths", "call": "attention", "query": [1, 2, 3, 4],
             "key": [1, 2, 5, 4], "value": [1, 2, 6, 4], "options": {}, "status": "SA_ERR_SHAPE",
             "says": ["5", "6"]},
            {"name": "head sizes that differ", "call": "attention", "query": [1, 2, 3, 4], "key": [1, 2, 5, 7],
             "value": [1, 2, 5, 4], "options": {}, "status": "SA_ERR_SHAPE", "says": ["4", "7"]},
            {"name": "heads that cannot be grouped", "call": "attention", "query": [1, 5, 3, 4],
             "key": [1, 2, 3, 4], "value": [1, 2, 3, 4], "options": {}, "status": "SA_ERR_SHAPE", "says": ["5", "2"]},
            {"name": "a negative soft cap", "call": "attention", "query": [1, 1, 1, 4], "key": [1, 1, 1, 4],
             "value": [1, 1, 1, 4], "options": {"softcap": -1.5}, "status": "SA_ERR_VALUE", "says": ["-1.5"]},
            {"name": "no heads", "call": "layer", "config": {"model_width": 8, "query_heads": 3},
             "status": "SA_ERR_SHAPE", "says": ["8", "3"]},
            {"name": "a model that is not there", "call": "model_open", "path": "no/such/model",
             "status": "SA_ERR_FILE", "says": ["no/such/model"]},
            {"name": "a constant that is not there", "call": "constant", "constant": "SA_F33",
             "status": "SA_ERR_VALUE", "says": ["SA_F33"]}]


def table():
    encoder, encode = encoder_case()
    decoder, generate = decoder_case()
    cut = Bytes()
    content = {"tolerance": TOLERANCE, "attention": attention_cases(), "layer": layer_cases(), "encode": encode,
               "offsets": offsets_cases(encoder, cut), "generate": generate, "stream": stream_cases(decoder),
               "errors": error_cases()}
    return {"encoder": encoder, "decoder": decoder, "bytes": cut}, content


def as_text(content):
    """JSON in lines of at most 120 columns."""
    if isinstance(content, dict) and content:
        inner = ",\n".join(json.dumps(k) + ": " + as_text(v) for k, v in content.items())
        short = "{" + inner.replace("\n", " ") + "}"
        return short if len(short) < 100 else "{\n" + inner + "\n}"
    if isinstance(content, list) and content and isinstance(content[0], (dict, list)):
        return "[\n" + ",\n".join(as_text(v) for v in content) + "\n]"
    text = json.dumps(content, ensure_ascii=False)
    if isinstance(content, list):
        return textwrap.fill(text, 108, break_long_words=False, break_on_hyphens=False)
    return text


def lines_of(path, content):
    """"path kind count values": kind is numbers, text or nothing; -inf for null; a text is the rest of its line."""
    if isinstance(content, dict) and content:
        for key, value in content.items():
            yield from lines_of(f"{path}.{key}".lstrip("."), value)
    elif isinstance(content, list) and (not content or not isinstance(content[0], (int, float, type(None)))):
        yield f"{path} list {len(content)}"
        for i, value in enumerate(content):
            yield from lines_of(f"{path}.{i}", value)
    elif isinstance(content, str):
        yield f"{path} text {len(content.encode())} {content}"
    else:
        numbers = content if isinstance(content, list) else [] if content == {} else [content]
        words = ["-inf" if x is None else str(int(x)) if isinstance(x, bool) else repr(x) for x in numbers]
        yield " ".join([path, "numbers", str(len(words))] + words)


def same(path, a, b):
    """The places where two tables differ; numbers may be rounded by one in the last digit that is written."""
    if isinstance(a, dict) and isinstance(b, dict) and list(a) == list(b):
        return [d for key in a for d in same(f"{path}.{key}", a[key], b[key])]
    if isinstance(a, list) and isinstance(b, list) and len(a) == len(b):
        return [d for i, pair in enumerate(zip(a, b)) for d in same(f"{path}.{i}", *pair)]
    near = isinstance(a, float) and isinstance(b, float) and abs(a - b) <= 1.1e-8
    return [] if a == b or near else [f"{path}: computed {a!r}, the file has {b!r}"]


def check(models, content):
    found = same("", content, json.loads((HERE / "vectors.json").read_text(encoding="utf-8")))
    for name, model in models.items():
        for file, text in model.files().items():
            if (HERE / name / file).read_bytes() != text:
                found.append(f"{name}/{file} is another")
    return found


def main():
    if len(sys.argv) == 3 and sys.argv[1] == "--lines":
        content = json.loads((HERE / "vectors.json").read_text(encoding="utf-8"))
        pathlib.Path(sys.argv[2]).write_text("\n".join(lines_of("", content)) + "\n", encoding="utf-8")
        return 0
    models, content = table()
    if sys.argv[1:] == ["--check"]:
        found = check(models, content)
        print("\n".join(found) or "all files are what make.py computes")
        return 1 if found else 0
    if len(sys.argv) > 1:
        sys.exit(__doc__)
    (HERE / "vectors.json").write_text(as_text(content) + "\n", encoding="utf-8")
    for name, model in models.items():
        model.write(HERE / name)
    return 0


if __name__ == "__main__":
    sys.exit(main())
