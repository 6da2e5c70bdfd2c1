/** ONNX models field by field, as a reader of protocol buffers finds them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { encodeOnnxGraph, type OnnxGraph } from "../../src/formats/onnx.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("onnx");

/** A field's number, and a number or bytes. */
type Field = readonly [field: number, value: number | Uint8Array];

/** A message's fields; a number that took more bytes than it needs is refused. */
function fieldsOf(bytes: Uint8Array): Field[] {
  const fields: Field[] = [];
  let at = 0;
  const varint = () => {
    const start = at;
    let value = 0;
    do value += (bytes[at]! % 128) * 128 ** (at - start);
    while (bytes[at++]! > 127);
    if (bytes[at - 1] === 0 && at - start > 1) throw new Error(`a number of ${at - start} bytes that needs fewer`);
    return value;
  };
  while (at < bytes.length) {
    const key = varint();
    const field = Math.floor(key / 8);
    if (key % 8 === 0) {
      fields.push([field, varint()]);
      continue;
    }
    const length = key % 8 === 5 ? 4 : varint();
    fields.push([field, bytes.subarray(at, at + length)]);
    at += length;
  }
  return fields;
}

/** The values of one field: all of them are there in turn. */
const valuesOf = (bytes: Uint8Array, field: number) =>
  fieldsOf(bytes).flatMap(([number, value]) => (number === field ? [value] : []));
const numbers = (bytes: Uint8Array, field: number) =>
  valuesOf(bytes, field).filter((value) => typeof value === "number");
const parts = (bytes: Uint8Array, field: number) => valuesOf(bytes, field).filter((value) => typeof value !== "number");
const words = (bytes: Uint8Array, field: number) => parts(bytes, field).map((part) => new TextDecoder().decode(part));
const only = <T>(values: readonly T[]): T => {
  assert.is(values.length, 1);
  return values[0]!;
};

const GRAPH: OnnxGraph = {
  nodes: [
    { op: "Gemm", inputs: ["x", "W"], output: "y", attributes: { alpha: { float: 0.5 }, axis: { int: 300 } } },
    { op: "Pad", inputs: ["y"], output: "z", attributes: { mode: { text: "edge" } } },
  ],
  inputs: [{ name: "x", shape: ["N", 127, 128] }],
  outputs: [{ name: "z", shape: ["N", 3] }],
  constants: [{ name: "W", shape: [2, 1], numbers: Float32Array.of(1, -2) }],
};

test("a model says its versions, its maker and the operators' own domain", () => {
  const model = encodeOnnxGraph(GRAPH, { opset: 20 });
  assert.equal(numbers(model, 1), [9]);
  assert.equal(words(model, 2), ["lanegrad"]);
  const operators = only(parts(model, 8));
  assert.equal([words(operators, 1), numbers(operators, 2)], [[""], [20]]);
  assert.equal(words(only(parts(model, 7)), 2), ["graph"]);
});

test("nodes have names, operands and attributes of three types", () => {
  const nodes = parts(only(parts(encodeOnnxGraph(GRAPH, { opset: 20 }), 7)), 1);
  const told = nodes.map((node) => [1, 2, 3, 4].map((field) => words(node, field)));
  assert.equal(told, [
    [["x", "W"], ["y"], ["y"], ["Gemm"]],
    [["y"], ["z"], ["z"], ["Pad"]],
  ]);
  const [alpha, axis] = parts(nodes[0]!, 5);
  assert.equal([words(alpha!, 1), numbers(alpha!, 20)], [["alpha"], [1]]);
  assert.equal(only(parts(alpha!, 2)), Uint8Array.of(0, 0, 0, 0x3f));
  assert.equal([words(axis!, 1), numbers(axis!, 3), numbers(axis!, 20)], [["axis"], [300], [2]]);
  const mode = only(parts(nodes[1]!, 5));
  assert.equal([words(mode, 1), words(mode, 4), numbers(mode, 20)], [["mode"], ["edge"], [3]]);
});

test("values have an extent, or a word for any, in each axis", () => {
  const graph = only(parts(encodeOnnxGraph(GRAPH, { opset: 20 }), 7));
  const shapeOf = (value: Uint8Array) => {
    const tensor = only(parts(only(parts(value, 2)), 1));
    assert.equal(numbers(tensor, 1), [1], "float32");
    return parts(only(parts(tensor, 2)), 1).flatMap((axis) => [...words(axis, 2), ...numbers(axis, 1)]);
  };
  const [input, output] = [only(parts(graph, 11)), only(parts(graph, 12))];
  assert.equal([words(input, 1), shapeOf(input)], [["x"], ["N", 127, 128]]);
  assert.equal([words(output, 1), shapeOf(output)], [["z"], ["N", 3]]);
});

test("constants are little-endian bytes under a shape, which they fill", () => {
  const constant = only(parts(only(parts(encodeOnnxGraph(GRAPH, { opset: 20 }), 7)), 5));
  assert.equal([numbers(constant, 1), numbers(constant, 2), words(constant, 8)], [[2, 1], [1], ["W"]]);
  assert.equal(only(parts(constant, 9)), Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0));
  const few = { ...GRAPH, constants: [{ name: "W", shape: [2, 2], numbers: Float32Array.of(1, -2) }] };
  const error = assertThrows(() => encodeOnnxGraph(few, { opset: 20 }), OptionError, "few");
  assert.match(error.option, "onnx: W");
});

test("a model of 2 GiB is refused before it is made", () => {
  const constant = { name: "W", shape: [2 ** 26], numbers: new Float32Array(2 ** 26) };
  const graph = { ...GRAPH, constants: new Array<typeof constant>(8).fill(constant) };
  const { found } = assertThrows(() => encodeOnnxGraph(graph, { opset: 20 }), OptionError, "large");
  assert.ok(typeof found === "number" && found > 2 ** 31 && found < 2 ** 31 + 1000);
});

test.run();
