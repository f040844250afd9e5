"""PyTorch as a rival: see README.md for what is said here.

SPDX-License-Identifier: MIT
"""
import json
import math

from rival import modules, say, serve, timed

numpy, torch, F = modules("numpy", "torch", "torch.nn.functional")

SDPA = getattr(F, "scaled_dot_product_attention", None)
TYPES = {"f32": torch.float32, "bf16": torch.bfloat16, "f16": torch.float16}


def sdpa(q, k, v, causal):
    """PyTorch's own fused attention. Heads that share keys are queries of one head, where no order matters."""
    B, H, T, D = q.shape
    K = k.shape[1]
    if K == H:
        return SDPA(q, k, v, is_causal=causal)
    if causal:
        return SDPA(q, k.repeat_interleave(H // K, 1), v.repeat_interleave(H // K, 1), is_causal=True)
    return SDPA(q.view(B, K, H // K * T, D), k, v).view(B, H, T, D)


def unfused(q, k, v, mask):
    """The formula, in place where that is possible. The mask is -inf above the diagonal."""
    B, H, T, D = q.shape
    K, S = k.shape[1:3]
    q = q.reshape(B, K, H // K * T, D) if mask is None or K == H else q.view(B, K, H // K, T, D)
    if q.dim() == 5:
        k, v = k.unsqueeze(2), v.unsqueeze(2)
    scores = torch.matmul(q, k.transpose(-1, -2)).mul_(1 / math.sqrt(D))
    if mask is not None:
        scores += mask
    return torch.matmul(torch.softmax(scores, -1), v).view(B, H, T, D)


def attention_ways(s, tensors):
    q, k, v = tensors
    ways = attention_functions(s, q.dtype)
    return {name: lambda way=way: way(q, k, v) for name, way in ways.items()}


def attention_functions(s, dtype):
    causal = bool(s["causal"])
    mask = torch.full((s["T"], s["S"]), -math.inf, dtype=dtype).triu(1) if causal else None
    ways = {"matmul, softmax, matmul": lambda q, k, v: unfused(q, k, v, mask)}
    if SDPA:
        ways["scaled_dot_product_attention"] = lambda q, k, v: sdpa(q, k, v, causal)
    return ways


def layer_ways(s, tensors):
    """One product for q, k and v, attention on views of it, one product for the output."""
    x, weights = tensors
    B, H, K, T, D = (s[letter] for letter in "BHKTD")
    into, out = weights[: (H + 2 * K) * D], weights[(H + 2 * K) * D :]

    def layer(attention):
        q, k, v = F.linear(x, into).view(B, T, H + 2 * K, D).transpose(1, 2).split((H, K, K), 1)
        return F.linear(attention(q, k, v).transpose(1, 2).reshape(B, T, H * D), out)

    return {"linear, " + name: lambda way=way: layer(way) for name, way in attention_functions(s, x.dtype).items()}


def read_tensors(s):
    B, H, K, T, S, D = (s[letter] for letter in "BHKTSD")
    sizes = [(B, T, H * D), (2 * (H + K) * D, H * D)] if s["layer"] else [(B, H, T, D), (B, K, S, D), (B, K, S, D)]
    tensors, offset = [], 0
    for size in sizes:
        numbers = numpy.fromfile(s["file"], numpy.float32, math.prod(size), offset=offset)
        tensors.append(torch.from_numpy(numbers).view(size).to(TYPES[s["dtype"]]))
        offset += numbers.nbytes
    return tensors


def open_problem(s):
    """The fastest way and its name, with its output in the file."""
    torch.set_num_threads(s["threads"])
    tensors = read_tensors(s)
    ways = layer_ways(s, tensors) if s["layer"] else attention_ways(s, tensors)
    fastest = min(ways, key=lambda name: (timed(ways[name]), timed(ways[name])[0])[1])
    with open(s["file"], "ab") as file:
        ways[fastest]().float().numpy().tofile(file)
    say(how=fastest)
    return ways[fastest]


def load_encoder(s, attention):
    """BERT of the transformers package with one of its ways to compute attention."""
    import glob

    from safetensors.torch import load_file
    from transformers import BertConfig, BertModel

    with open(s["path"] + "/config.json") as file:
        config = BertConfig(**json.load(file))
    config._attn_implementation = attention
    model = BertModel(config, add_pooling_layer=False)
    weights = safetensors.load_file(glob.glob(s["path"] + "/*.safetensors")[0])
    weights = {name: w.float() if w.is_floating_point() else w for name, w in weights.items()}
    model.load_state_dict(weights, strict=False)
    return model.eval().to(TYPES[s["dtype"]])


def open_encoder(s):
    """Mean of the last states, scaled to length 1; by the faster of the ways."""
    torch.set_num_threads(s["threads"])

    def encode(model):
        return F.normalize(model(ids).last_hidden_state.mean(1), dim=1)

    ways = {}
    for attention in ("eager", "sdpa"):
        model = load_encoder(s, attention)
        ids = (1000 + torch.arange(s["B"] * s["T"]) * 7919 % (model.config.vocab_size - 1000)).view(s["B"], s["T"])
        ways[attention] = lambda model=model: encode(model)
    fastest = min(ways, key=lambda name: (timed(ways[name]), timed(ways[name])[0])[1])
    say(how="BertModel, " + fastest, embedding=ways[fastest]()[0, :8].tolist())
    return ways[fastest]


def open_way(request):
    return open_encoder(request) if request["do"] == "encoder" else open_problem(request)


say(name="PyTorch " + torch.__version__)
with torch.inference_mode():
    serve(open_way)
