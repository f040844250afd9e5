"""PyTorch as a rival in linear attention, the chunked form of the gated delta rule: README.md says what is said here.

SPDX-License-Identifier: MIT
"""
import time

from rival import modules, say, serve

np, torch = modules("numpy", "torch")

CHUNK = 64


def gated_delta(q, k, v, decay, beta):
    """Yang et al., "Gated Delta Networks", 2024, as flash-linear-attention and transformers publish it for torch: the
    inverse of a triangle per chunk, then batched products. q, k, v are [H,T,D], decay (logarithms) and beta [H,T], T a
    multiple of CHUNK."""
    H, T, D = q.shape
    q = q * D**-0.5
    v_beta, k_beta = v * beta[..., None], k * beta[..., None]
    q, k, k_beta, v_beta = (x.view(H, -1, CHUNK, D) for x in (q, k, k_beta, v_beta))
    g = decay.view(H, -1, CHUNK).cumsum(-1)
    between = (g[..., :, None] - g[..., None, :]).tril().exp().tril()
    eye = torch.eye(CHUNK)
    lower = (k_beta @ k.transpose(-1, -2) * between).tril(-1) + eye
    inverse = torch.linalg.solve_triangular(lower, eye.expand_as(lower), upper=False, unitriangular=True)
    values = inverse @ v_beta
    known = inverse @ (k_beta * g.exp()[..., None])
    scores = q @ k.transpose(-1, -2) * between
    queries = q * g.exp()[..., None]
    keys = (k * (g[..., -1:] - g).exp()[..., None]).transpose(-1, -2)
    state = torch.zeros(H, D, v.shape[-1])
    output = torch.empty_like(v_beta)
    for i in range(q.shape[1]):
        new = values[:, i] - known[:, i] @ state
        output[:, i] = queries[:, i] @ state + scores[:, i] @ new
        state = state * g[:, i, -1].exp()[:, None, None] + keys[:, i] @ new
    return output.view(H, T, -1)


def open_linear(s):
    """q, k, v [T,H,D], decay and beta [T,H] stand in the file; the output goes behind them."""
    torch.set_num_threads(1)
    torch.set_grad_enabled(False)
    H, T, D = s["H"], s["T"], s["D"]
    if T % CHUNK:
        raise RuntimeError(f"{T} tokens are no whole chunks of {CHUNK}")
    numbers = torch.from_numpy(np.fromfile(s["file"], np.float32))
    parts = numbers.split([T * H * D] * 3 + [T * H] * 2)
    q, k, v = (x.view(T, H, D).transpose(0, 1).contiguous() for x in parts[:3])
    decay, beta = (x.view(T, H).T.contiguous() for x in parts[3:])

    def run():
        return gated_delta(q, k, v, decay, beta)

    with open(s["file"], "ab") as file:
        run().transpose(0, 1).contiguous().numpy().tofile(file)
    say(how="batched products")
    return run


say(name="PyTorch " + torch.__version__)
serve(open_linear, clock=time.process_time)
