#!/usr/bin/env python3
"""Converts a decoder that was exported to ONNX with weights quantised to 8 bits: writes float32 matrices under Hugging
Face's names.

    onnx_to_safetensors.py MODEL.onnx CONFIG.json model.safetensors

The exporter transposes the matrix of a linear layer and drops its name. But the name of the node that multiplies by it
has its place in the model: /model/layers.0/self_attn/q_proj/MatMul_quant. A quantised matrix consists of
NAME_quantized, NAME_scale and NAME_zero_point: (q - zero_point) * scale, with one scale or one per output.

SPDX-License-Identifier: MIT"""
import json
import pathlib
import struct
import sys

import numpy
import onnx
from onnx import numpy_helper

QUANTISED = "_quantized"


def dequantised(initialisers, name):
    base = name[: -len(QUANTISED)]
    values, scale = initialisers[name], initialisers[base + "_scale"]
    zero = initialisers.get(base + "_zero_point", numpy.zeros((), values.dtype))
    if values.dtype not in (numpy.int8, numpy.uint8) or scale.ndim > 1 or zero.shape not in ((), scale.shape):
        sys.exit(f"{name}: {values.dtype} with scales of shape {scale.shape} is not supported")
    return (values.astype(numpy.float32) - zero.astype(numpy.float32)) * scale.astype(numpy.float32)


def linear_name(node):
    """model.layers.0.self_attn.q_proj.weight of the node /model/layers.0/self_attn/q_proj/MatMul_quant."""
    return node.name.strip("/").rpartition("/")[0].replace("/", ".") + ".weight"


def tensors_of(graph):
    """Every parameter by its name in the model."""
    initialisers = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {}
    for node in graph.node:
        for index, name in enumerate(node.input):
            if name not in initialisers or name.endswith(("_scale", "_zero_point")):
                continue
            quantised = name.endswith(QUANTISED)
            values = dequantised(initialisers, name) if quantised else initialisers[name]
            if node.op_type in ("MatMul", "MatMulInteger") and index == 1:
                found[linear_name(node)] = values.T
            elif (node.op_type == "Gather" and index == 0 and values.ndim == 2) or not quantised:
                found[name.removesuffix(QUANTISED)] = values
            else:
                sys.exit(f"{name}: {node.op_type} of quantised weights is not supported")
    for name, values in found.items():
        if "::" in name or name == ".weight" or values.dtype not in (numpy.float32, numpy.float16):
            sys.exit(f'{name}: {values.dtype} of shape {values.shape} is no parameter that has a name in the model')
    return {name: numpy.ascontiguousarray(values, numpy.float32) for name, values in sorted(found.items())}


def write_safetensors(path, tensors):
    header, end = {}, 0
    for name, values in tensors.items():
        header[name] = {"dtype": "F32", "shape": values.shape, "data_offsets": [end, end + values.nbytes]}
        end += values.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for values in tensors.values():
            file.write(values.astype("<f4").tobytes())


def tie(tensors):
    """Embeddings and output projection are one matrix, which was quantised twice: as a table and as a factor. The
    factor's values are used for both."""
    if "lm_head.weight" in tensors:
        tensors["model.embed_tokens.weight"] = tensors.pop("lm_head.weight")


def main():
    if len(sys.argv) != 4:
        sys.exit("usage: onnx_to_safetensors.py MODEL.onnx CONFIG.json model.safetensors")
    tensors = tensors_of(onnx.load(sys.argv[1]).graph)
    if json.loads(pathlib.Path(sys.argv[2]).read_text("utf-8")).get("tie_word_embeddings"):
        tie(tensors)
    write_safetensors(sys.argv[3], tensors)


main()
