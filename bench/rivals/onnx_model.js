// Writes ONNX models: the few parts of the format's protobuf that a graph of a handful of operators needs.
// Field numbers are those of onnx.proto3. SPDX-License-Identifier: MIT
'use strict';

const FLOAT = 1, INT32 = 6, INT64 = 7;
const IR_VERSION = 10;

function varint(n) {
  const bytes = [];
  for (n = BigInt(n); n > 127n; n >>= 7n) bytes.push(Number(n & 127n) | 128);
  return Buffer.from([...bytes, Number(n)]);
}

// A field: a whole number, or text, bytes or a message (wire type 2).
function field(number, value) {
  if (typeof value === 'number') return Buffer.concat([varint(number << 3), varint(value)]);
  const bytes = Buffer.from(value);
  return Buffer.concat([varint(number << 3 | 2), varint(bytes.length), bytes]);
}

const message = (...fields) => Buffer.concat(fields.flat());

// A field of a 32-bit float (wire type 5).
function floatField(number, value) {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint(number << 3 | 5), bytes]);
}

// An attribute: a number, or a list of whole numbers.
function attribute(name, value) {
  const FLOAT_NUMBER = 1, INT = 2, INTS = 7;
  if (Array.isArray(value)) return message(field(1, name), value.map((n) => field(8, n)), field(20, INTS));
  if (!Number.isInteger(value)) return message(field(1, name), floatField(2, value), field(20, FLOAT_NUMBER));
  return message(field(1, name), field(3, value), field(20, INT));
}

function node({op, inputs, outputs, attributes = {}, domain = ''}) {
  return message(inputs.map((name) => field(1, name)), outputs.map((name) => field(2, name)), field(4, op),
                 Object.entries(attributes).map(([name, value]) => field(5, attribute(name, value))),
                 field(7, domain));
}

function valueInfo(name, type, sizes) {
  const shape = message(sizes.map((size) => field(1, field(typeof size === 'string' ? 2 : 1, size))));
  return message(field(1, name), field(2, field(1, message(field(1, type), field(2, shape)))));
}

// A constant, of an array with its sizes: Float32Array, Int32Array or BigInt64Array.
function tensor(name, array, sizes) {
  const type = array instanceof Float32Array ? FLOAT : array instanceof Int32Array ? INT32 : INT64;
  return message(sizes.map((size) => field(1, size)), field(2, type), field(8, name),
                 field(9, Buffer.from(array.buffer, array.byteOffset, array.byteLength)));
}

// The file of a model. inputs, outputs: {name: sizes}, of floats; integers: inputs of 32-bit integers. A size is a
// number, or a name: then each call may have another one. constants: {name: [array, sizes]}.
function model({opset, nodes, inputs = {}, integers = {}, outputs, constants = {}}) {
  const values = (number, all, type = FLOAT) =>
    Object.entries(all).map(([name, sizes]) => field(number, valueInfo(name, type, sizes)));
  const graph = message(nodes.map((n) => field(1, node(n))), field(2, 'attention'),
                        Object.entries(constants).map(([name, [array, sizes]]) => field(5, tensor(name, array, sizes))),
                        values(11, inputs), values(11, integers, INT32), values(12, outputs));
  const operators = (domain, version) => field(8, message(field(1, domain), field(2, version)));
  return message(field(1, IR_VERSION), field(7, graph), operators('', opset), operators('com.microsoft', 1));
}

module.exports = {model};
