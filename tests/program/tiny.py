"""Small models as files: a Llama that writes nonsense (llama2.c's format), a vision model that looks at what is bright,
and a model of speech that hears the same text in everything.

SPDX-License-Identifier: MIT"""
import json
import os
import random
import struct
import zlib

PIECES = [" the", " cat", " sat", " on", " a", " mat", " and", " dog", "ing", "\u00e9", "\u4e2d\u6587"]


def write_tokenizer(folder, pieces=PIECES):
    """<unk>, <s>, </s>, the bytes, all of ASCII, and some pieces. Returns how many tokens there are."""
    tokens = ["<unk>", "\n<s>\n", "\n</s>\n"] + [f"<0x{i:02X}>" for i in range(256)]
    tokens += [chr(i) for i in range(32, 127)] + pieces
    with open(os.path.join(folder, "tokenizer.bin"), "wb") as file:
        file.write(struct.pack("<i", max(len(token.encode()) for token in tokens)))
        for number, token in enumerate(tokens):
            file.write(struct.pack("<fi", float(number), len(token.encode())) + token.encode())
    return len(tokens)


def write_llama(folder, seed=1):
    """model.bin and tokenizer.bin. Single bytes, which may make no text, have embeddings of 0 and so are never the best
    token."""
    vocabulary, dim, hidden, layers, heads, kv_heads, length = write_tokenizer(folder), 16, 24, 2, 4, 2, 64
    rng = random.Random(seed)
    kv = dim // heads * kv_heads
    half = dim // heads // 2
    sizes = [(vocabulary * dim, 1), (layers * dim, 0), (layers * dim * dim, 0.5), (layers * kv * dim, 0.5),
             (layers * kv * dim, 0.5), (layers * dim * dim, 0.5), (layers * dim, 0), (layers * hidden * dim, 0.5),
             (layers * hidden * dim, 0.5), (layers * hidden * dim, 0.5), (dim, 0), (2 * length * half, 0)]
    with open(os.path.join(folder, "model.bin"), "wb") as file:
        file.write(struct.pack("<7i", dim, hidden, layers, heads, kv_heads, vocabulary, length))
        for number, (count, spread) in enumerate(sizes):
            values = [rng.gauss(0, spread) if spread else 1.0 for _ in range(count)]
            if number == 0:
                values[3 * dim:259 * dim] = [0] * (256 * dim)
            file.write(struct.pack(f"<{count}f", *values))


def split_safetensors(data):
    """The header of a file's bytes, and what its offsets count from."""
    size = struct.unpack("<Q", data[:8])[0]
    return json.loads(data[8:8 + size]), data[8 + size:]


def tensors_of(data):
    """name -> (shape, numbers) of a file's bytes."""
    header, body = split_safetensors(data)
    found = {}
    for name, entry in header.items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            letter, width = {"F32": ("f", 4), "F16": ("e", 2)}[entry["dtype"]]
            found[name] = (entry["shape"], struct.unpack(f"<{(end - begin) // width}{letter}", body[begin:end]))
    return found


def read_bytes(path):
    with open(path, "rb") as file:
        return file.read()


def read_safetensors(path):
    return tensors_of(read_bytes(path))


def put_safetensors(path, header, data, tensors):
    """A file of this header and data, and tensors behind them."""
    for name, (shape, values) in tensors.items():
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(data), len(data) + 4 * len(values)]}
        data += struct.pack(f"<{len(values)}f", *values)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + data)


def write_safetensors(path, tensors):
    """tensors: name -> (shape, list of floats)."""
    put_safetensors(path, {}, b"", tensors)


def write_llama_with_config(folder, seed=1):
    """The same kind of model as config.json and model.safetensors, which have generation_config.json beside them."""
    vocabulary, dim, hidden = write_tokenizer(folder), 16, 24
    rng = random.Random(seed)
    layer = "model.layers.0."
    shapes = {"model.embed_tokens": [vocabulary, dim], "model.norm": [dim], "lm_head": [vocabulary, dim],
              layer + "input_layernorm": [dim], layer + "post_attention_layernorm": [dim],
              layer + "mlp.gate_proj": [hidden, dim], layer + "mlp.up_proj": [hidden, dim],
              layer + "mlp.down_proj": [dim, hidden]}
    shapes.update({f"{layer}self_attn.{part}_proj": [dim, dim] for part in "qkvo"})
    write_safetensors(os.path.join(folder, "model.safetensors"),
                      {name + ".weight": (shape, [rng.gauss(0, 0.5) if len(shape) == 2 else 1.0
                                                  for _ in range(shape[0] * (shape + [1])[1])])
                       for name, shape in shapes.items()})
    with open(os.path.join(folder, "config.json"), "w") as file:
        json.dump({"model_type": "llama", "num_hidden_layers": 1, "hidden_size": dim, "num_attention_heads": 2,
                   "intermediate_size": hidden, "vocab_size": vocabulary, "rms_norm_eps": 1e-5}, file)


def add_tensors(path, tensors):
    """The same, behind those that the file has."""
    put_safetensors(path, *split_safetensors(read_bytes(path)), tensors)


def write_vit(folder, side=16, patch=4):
    """Its class token looks at what is bright: a patch of brightness b (-1 to 1) becomes (b, -b, 1, -1), which the norm
    scales to a mean square of 1, and its key is the first number of that; scores are the keys."""
    width, tokens, labels = 4, (side // patch) ** 2 + 1, 3
    pixels = 3 * patch * patch
    block = "vit.encoder.layer.0."
    brightness = [1 / pixels] * pixels + [-1 / pixels] * pixels + [0] * (2 * pixels)
    tensors = {
        "vit.embeddings.cls_token": ([1, 1, width], [0] * width),
        "vit.embeddings.position_embeddings": ([1, tokens, width], [0] * (tokens * width)),
        "vit.embeddings.patch_embeddings.projection.weight": ([width, 3, patch, patch], brightness),
        "vit.embeddings.patch_embeddings.projection.bias": ([width], [0, 0, 1, -1]),
        "classifier.weight": ([labels, width], [0] * (labels * width)),
        "classifier.bias": ([labels], [0, 2, 1]),
    }
    for name in ("layernorm_before", "layernorm_after"):
        tensors[f"{block}{name}.weight"] = ([width], [1] * width)
        tensors[f"{block}{name}.bias"] = ([width], [0] * width)
    tensors["vit.layernorm.weight"], tensors["vit.layernorm.bias"] = ([width], [1] * width), ([width], [0] * width)
    first = [1] + [0] * (width * width - 1)
    for name, weight, bias in [("attention.attention.query", [0] * 16, [2, 0, 0, 0]),
                               ("attention.attention.key", first, [0] * 4),
                               ("attention.attention.value", first, [0] * 4),
                               ("attention.output.dense", [0] * 16, [0] * 4),
                               ("intermediate.dense", [0] * 16, [0] * 4), ("output.dense", [0] * 16, [0] * 4)]:
        tensors[f"{block}{name}.weight"], tensors[f"{block}{name}.bias"] = ([width, width], weight), ([width], bias)
    write_safetensors(os.path.join(folder, "model.safetensors"), tensors)
    with open(os.path.join(folder, "config.json"), "w", encoding="utf-8") as file:
        json.dump({"model_type": "vit", "num_hidden_layers": 1, "hidden_size": width, "num_attention_heads": 1,
                   "intermediate_size": 4, "image_size": side, "patch_size": patch, "num_channels": 3,
                   "hidden_act": "gelu", "layer_norm_eps": 1e-12,
                   "id2label": {"0": "dog", "1": "cat", "2": "mat"}}, file)


def write_speech(folder, script, rate=100):
    """A Whisper whose next token depends on the place in the sequence alone: script is a list of (place, name), a name
    being a piece of PIECES or one of special below. A window is 160 samples, a step of time 16. Position p is one-hot
    number p, and everything up to the last norm is zero."""
    text = write_tokenizer(folder)
    special = ["end", "start", "en", "de", "translate", "transcribe", "lm", "earlier", "nobody", "no times"]
    special += [f"<{i}>" for i in range(11)]
    token = {piece: text - len(PIECES) + i for i, piece in enumerate(PIECES)}
    token.update({name: text + i for i, name in enumerate(special)})
    width, bins, vocabulary = 32, 4, text + len(special)
    tensors = {}

    def add(name, shape, values=None):
        count = 1
        for side in shape:
            count *= side
        tensors[name] = (shape, values or [0.0] * count)

    def norm(name):
        add(name + ".weight", [width], [1.0] * width)
        add(name + ".bias", [width])

    for name, inputs in (("conv1", bins), ("conv2", width)):
        add(f"model.encoder.{name}.weight", [width, inputs, 3])
        add(f"model.encoder.{name}.bias", [width])
    for stack in ("encoder", "decoder"):
        block = f"model.{stack}.layers.0."
        for attention in ["self_attn"] + ["encoder_attn"] * (stack == "decoder"):
            for matrix in ("q", "k", "v", "out"):
                add(f"{block}{attention}.{matrix}_proj.weight", [width, width])
                if matrix != "k":
                    add(f"{block}{attention}.{matrix}_proj.bias", [width])
            norm(f"{block}{attention}_layer_norm")
        for name, shape in (("fc1", [4, width]), ("fc2", [width, 4])):
            add(f"{block}{name}.weight", shape)
            add(f"{block}{name}.bias", shape[:1])
        norm(block + "final_layer_norm")
        norm(f"model.{stack}.layer_norm")
    add("model.encoder.embed_positions.weight", [10, width])
    add("model.decoder.embed_positions.weight", [width, width],
        [float(i % (width + 1) == 0) for i in range(width * width)])
    add("model.decoder.embed_tokens.weight", [vocabulary, width])
    output = [0.0] * (vocabulary * width)
    for place, name in script:
        output[token[name] * width + place] = 4.0
    add("proj_out.weight", [vocabulary, width], output)
    write_safetensors(os.path.join(folder, "model.safetensors"), tensors)
    files = {
        "config": {"model_type": "whisper", "encoder_layers": 1, "decoder_layers": 1, "d_model": width,
                   "encoder_attention_heads": 2, "decoder_attention_heads": 2, "encoder_ffn_dim": 4,
                   "decoder_ffn_dim": 4, "num_mel_bins": bins, "max_source_positions": 10,
                   "max_target_positions": width, "vocab_size": vocabulary, "tie_word_embeddings": False,
                   "decoder_start_token_id": token["start"], "eos_token_id": token["end"]},
        "generation_config": {"lang_to_id": {"<|en|>": token["en"], "<|de|>": token["de"]},
                              "task_to_id": {"translate": token["translate"], "transcribe": token["transcribe"]},
                              "no_timestamps_token_id": token["no times"], "max_initial_timestamp_index": 1},
        "preprocessor_config": {"sampling_rate": rate, "n_fft": 16, "hop_length": 8, "feature_size": bins,
                                "n_samples": 160}}
    for name, content in files.items():
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file)
    return token


def write_letters(folder, source, letters, favourite, rng=None):
    """The wav2vec 2.0 in the folder `source`, with a matrix of zeros and a bias that makes each frame `favourite`. With
    rng: with a matrix of random numbers, and blocks that change nothing."""
    with open(os.path.join(source, "config.json"), encoding="utf-8") as file:
        config = json.load(file)
    header, data = split_safetensors(read_bytes(os.path.join(source, "model.safetensors")))
    for name, tensor in header.items():
        if rng and ("out_proj" in name or "output_dense" in name):
            begin, end = tensor["data_offsets"]
            data = data[:begin] + bytes(end - begin) + data[end:]
    width = config["hidden_size"]
    matrix = [rng.gauss(0, 1) if rng else 0.0 for _ in range(len(letters) * width)]
    put_safetensors(os.path.join(folder, "model.safetensors"), header, data,
                    {"lm_head.weight": ([len(letters), width], matrix),
                     "lm_head.bias": ([len(letters)], [float(letter == favourite) for letter in letters])})
    for name, content in [("config", config), ("vocab", {letter: i for i, letter in enumerate(letters)}),
                          ("preprocessor_config", {"sampling_rate": 100, "do_normalize": True})]:
        with open(os.path.join(folder, name + ".json"), "w", encoding="utf-8") as file:
            json.dump(content, file)


def wave_bytes(frames, rate=100, channels=1, bits=16, kind=1, claimed=None):
    """A WAV file of numbers from -1 to 1, channel after channel; kind 3 is floating-point. `claimed` is how many bytes
    of samples the header tells of."""
    if kind == 3:
        data = struct.pack(f"<{len(frames)}f", *frames)
    else:
        size = bits // 8
        data = b"".join(round(x * (2 ** (bits - 1) - 1)).to_bytes(size, "little", signed=True) for x in frames)
    length = len(data) if claimed is None else claimed
    head = struct.pack("<HHIIHH", kind, channels, rate, rate * channels * bits // 8, channels * bits // 8 % 65536, bits)
    return (b"RIFF" + struct.pack("<I", (36 + length) % 2**32) + b"WAVEfmt " + struct.pack("<I", 16) + head + b"data" +
            struct.pack("<I", length) + data)


def write_png(path, rows, alpha=None):
    """rows of grey values; a whole picture may be transparent (alpha 0 .. 255)."""
    kind, data = (2 if alpha is None else 6), b""
    for row in rows:
        data += b"\0" + b"".join(bytes([value] * 3 + ([] if alpha is None else [alpha])) for value in row)
    with open(path, "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n")
        for name, content in [(b"IHDR", struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, kind, 0, 0, 0)),
                              (b"IDAT", zlib.compress(data)), (b"IEND", b"")]:
            file.write(struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content)))
