#!/usr/bin/env python3
"""Converts a model that was exported to ONNX with weights quantised to 8 bits: writes float32 matrices under Hugging
Face's names. An encoder and its decoder are two graphs, both named; the encoder's has names without a prefix.

    onnx_to_safetensors.py MODEL.onnx [MODEL.onnx] CONFIG.json model.safetensors

The exporter transposes the matrix of a linear layer and drops its name. But the name of the node that multiplies by it
has its place in the model: /model/layers.0/self_attn/q_proj/MatMul_quant. A quantised matrix consists of
NAME_quantized, NAME_scale and NAME_zero_point: (q - zero_point) * scale, with one scale or one per output. A decoder
with and one without a cache may be merged: two graphs inside a node "If", whose parameters end in _merged_0.

SPDX-License-Identifier: MIT"""
import json
import pathlib
import struct
import sys

import numpy
import onnx
from onnx import numpy_helper

QUANTISED = "_quantized"
MERGED = "_merged_0"
# What takes a quantised tensor as it lies in the model, by the place of that input.
AS_IT_IS = {("Gather", 0), ("Transpose", 0), ("ConvInteger", 1)}


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


def nodes_of(graph):
    """Every node, those of the graphs inside of nodes too."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            if attribute.HasField("g"):
                yield from nodes_of(attribute.g)


def tensors_of(graph):
    """Every parameter by its name in the model."""
    initialisers = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    found = {}
    for node in nodes_of(graph):
        for index, name in enumerate(node.input):
            is_shape = node.op_type == "Reshape" and index == 1
            if name not in initialisers or name.endswith(("_scale", "_zero_point")) or is_shape:
                continue
            quantised = name.endswith(QUANTISED)
            values = dequantised(initialisers, name) if quantised else initialisers[name]
            if node.op_type in ("MatMul", "MatMulInteger") and index == 1:
                found[linear_name(node)] = values.T
            elif (node.op_type, index) in AS_IT_IS or not quantised:
                found[name.removesuffix(QUANTISED).removesuffix(MERGED)] = values
            else:
                sys.exit(f"{name}: {node.op_type} of quantised weights is not supported")
    for name, values in found.items():
        if "::" in name or name == ".weight" or values.dtype not in (numpy.float32, numpy.float16):
            sys.exit(f'{name}: {values.dtype} of shape {values.shape} is no parameter that has a name in the model')
    return {name: numpy.ascontiguousarray(values, numpy.float32) for name, values in sorted(found.items())}


def model_of(paths):
    """The tensors of all graphs."""
    tensors = {}
    for path in paths:
        found = tensors_of(onnx.load(path).graph)
        if not any(name.startswith("model.") for name in found):
            found = {"model.encoder." + name: values for name, values in found.items()}
        tensors.update(found)
    return tensors


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
    if len(sys.argv) not in (4, 5):
        sys.exit("usage: onnx_to_safetensors.py MODEL.onnx [MODEL.onnx] CONFIG.json model.safetensors")
    *graphs, config, output = sys.argv[1:]
    tensors = model_of(graphs)
    if json.loads(pathlib.Path(config).read_text("utf-8")).get("tie_word_embeddings"):
        tie(tensors)
    write_safetensors(output, tensors)


main()
