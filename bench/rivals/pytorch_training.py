"""PyTorch as a rival in training: see README.md for what is said here.

SPDX-License-Identifier: MIT
"""
import json

from rival import modules, say, serve

torch, F, safetensors = modules("torch", "torch.nn.functional", "safetensors.torch")


def turned(x, cosines, sines):
    half = x.shape[-1] // 2
    return x * cosines + torch.cat((-x[..., half:], x[..., :half]), -1) * sines


def attention(q, k, v):
    a = F.scaled_dot_product_attention(q, k, v, is_causal=True)
    return a.transpose(1, 2).flatten(2)


class GPT2:
    def __init__(self, config, weights):
        self.w, self.layers, self.heads = weights, config["n_layer"], config["n_head"]

    def norm(self, x, name):
        return F.layer_norm(x, x.shape[-1:], self.w[name + ".weight"], self.w[name + ".bias"], 1e-5)

    def linear(self, x, name):
        return torch.addmm(self.w[name + ".bias"], x.flatten(0, 1), self.w[name + ".weight"]).view(*x.shape[:2], -1)

    def logits(self, ids):
        B, T = ids.shape
        words = self.w["transformer.wte.weight"]
        x = F.embedding(ids, words) + self.w["transformer.wpe.weight"][:T]
        for i in range(self.layers):
            block = f"transformer.h.{i}."
            qkv = self.linear(self.norm(x, block + "ln_1"), block + "attn.c_attn")
            heads = qkv.view(B, T, 3 * self.heads, -1).transpose(1, 2).split(self.heads, 1)
            x = x + self.linear(attention(*heads), block + "attn.c_proj")
            inner = F.gelu(self.linear(self.norm(x, block + "ln_2"), block + "mlp.c_fc"), approximate="tanh")
            x = x + self.linear(inner, block + "mlp.c_proj")
        return F.linear(self.norm(x, "transformer.ln_f"), words)


class Llama:
    def __init__(self, config, weights):
        self.w, self.layers, self.heads = weights, config["num_hidden_layers"], config["num_attention_heads"]
        D = config["hidden_size"] // self.heads
        angles = torch.outer(torch.arange(config["max_position_embeddings"]), 10000 ** (-torch.arange(0, D, 2) / D))
        self.cosines, self.sines = (table.repeat(1, 2) for table in (angles.cos(), angles.sin()))

    def norm(self, x, name):
        return F.rms_norm(x, x.shape[-1:], self.w[name + ".weight"], 1e-5)

    def linear(self, x, name):
        return F.linear(x, self.w[name + ".weight"])

    def logits(self, ids):
        B, T = ids.shape
        words = self.w["model.embed_tokens.weight"]
        x = F.embedding(ids, words)
        for i in range(self.layers):
            block = f"model.layers.{i}."
            y = self.norm(x, block + "input_layernorm")
            q, k, v = (
                self.linear(y, f"{block}self_attn.{name}_proj").view(B, T, self.heads, -1).transpose(1, 2)
                for name in "qkv"
            )
            q, k = (turned(z, self.cosines[:T], self.sines[:T]) for z in (q, k))
            x = x + self.linear(attention(q, k, v), block + "self_attn.o_proj")
            y = self.norm(x, block + "post_attention_layernorm")
            inner = F.silu(self.linear(y, block + "mlp.gate_proj")) * self.linear(y, block + "mlp.up_proj")
            x = x + self.linear(inner, block + "mlp.down_proj")
        return F.linear(self.norm(x, "model.norm"), words)


def open_training(s):
    """A step: gradients, clipped to norm 1, and AdamW, its fused form where there is one. Takes the first steps."""
    torch.set_num_threads(s["threads"])
    with open(s["path"] + "/config.json") as file:
        config = json.load(file)
    weights = {name: w.requires_grad_() for name, w in safetensors.load_file(s["path"] + "/model.safetensors").items()}
    model = (GPT2 if config["model_type"] == "gpt2" else Llama)(config, weights)
    groups = [
        {"params": [w for w in weights.values() if w.dim() > 1], "weight_decay": 0.1},
        {"params": [w for w in weights.values() if w.dim() == 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=s["rate"], betas=(0.9, 0.999), eps=1e-8, fused=True)
    ids = (torch.arange(s["B"] * s["T"]) * 7919 % config["vocab_size"]).view(s["B"], s["T"])

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = F.cross_entropy(model.logits(ids)[:, :-1].flatten(0, 1), ids[:, 1:].flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights.values(), 1.0, foreach=True)
        optimizer.step()
        return loss.item()

    say(losses=[step() for _ in range(s["steps"])])
    return step


say(name="PyTorch " + torch.__version__)
serve(open_training)
