"""PyTorch's nn.RNN, nn.LSTM and nn.GRU as rivals: see README.md for what is said here.

SPDX-License-Identifier: MIT
"""
from rival import modules, say, serve

np, torch = modules("numpy", "torch")

KINDS = torch.nn.RNN, torch.nn.LSTM, torch.nn.GRU


def layer_of(kind, width, take):
    layer = kind(width, width, batch_first=True)
    for weight in layer.weight_ih_l0, layer.weight_hh_l0, layer.bias_ih_l0, layer.bias_hh_l0:
        weight.copy_(take(weight.numel()).view_as(weight))
    return layer


def open_recurrent(s):
    """For each kind W, U, b and d stand in the file, then x [n,width]; the outputs go behind them. Way 2 i + t - 1 is
    kind i on t threads."""
    torch.set_grad_enabled(False)
    n, width = s["n"], s["width"]
    numbers, at = torch.from_numpy(np.fromfile(s["file"], np.float32)), 0

    def take(count):
        nonlocal at
        at += count
        return numbers[at - count : at]

    layers = [layer_of(kind, width, take) for kind in KINDS]
    x = take(n * width).view(1, n, width)

    def way(layer, threads):
        def run():
            torch.set_num_threads(threads)
            return layer(x)[0]

        return run

    with open(s["file"], "ab") as file:
        for layer in layers:
            layer(x)[0].numpy().tofile(file)
    say(how="nn.RNN, nn.LSTM, nn.GRU")
    return [way(layer, threads) for layer in layers for threads in (1, 2)]


say(name="PyTorch " + torch.__version__)
serve(open_recurrent)
