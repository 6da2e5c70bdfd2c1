/**
 * ONNX models from nothing: a graph as the protocol-buffer message `ModelProto` of onnx.proto.
 *
 *   message = fields in turn, each a key (number · 8 + wire type) and a value
 *   wire type 0: a number, 7 bits a byte; 2: a length and as many bytes; 5: four bytes
 */

const IR_VERSION = 8;
/** The last version in which ReduceSum has its axes as an attribute. */
const OPSET = 12;
/** `TensorProto.DataType` */
const ELEMENT_TYPE = { float32: 1, uint8: 2 } as const;
/** `AttributeProto.AttributeType` */
const ATTRIBUTE_TYPE = { float: 1, int: 2, ints: 7 } as const;

export type Attribute = { readonly float: number } | { readonly int: number } | { readonly ints: readonly number[] };

/** output = op(inputs) */
export type Node = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
};

export type Value = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly element?: keyof typeof ELEMENT_TYPE;
};

/** A float32 value that the model carries. */
export type Constant = Value & { readonly numbers: Float32Array };

export type Graph = {
  readonly nodes: readonly Node[];
  readonly inputs: readonly Value[];
  readonly outputs: readonly Value[];
  readonly constants?: readonly Constant[];
};

/** The bytes of a model with this graph. */
export function encodeModel({ nodes, inputs, outputs, constants = [] }: Graph): Uint8Array {
  const graph = message(
    ...nodes.map((node) => bytes(1, encodeNode(node))),
    text(2, "graph"),
    ...constants.map((constant) => bytes(5, encodeConstant(constant))),
    ...inputs.map((value) => bytes(11, encodeValue(value))),
    ...outputs.map((value) => bytes(12, encodeValue(value))),
  );
  return message(whole(1, IR_VERSION), bytes(7, graph), bytes(8, whole(2, OPSET)));
}

/** NodeProto */
function encodeNode({ op, inputs, output, attributes = {} }: Node): Uint8Array {
  const named = Object.entries(attributes).map(([name, attribute]) => bytes(5, encodeAttribute(name, attribute)));
  return message(...inputs.map((name) => text(1, name)), text(2, output), text(4, op), ...named);
}

/** AttributeProto */
function encodeAttribute(name: string, attribute: Attribute): Uint8Array {
  if ("float" in attribute) {
    return message(text(1, name), single(2, attribute.float), whole(20, ATTRIBUTE_TYPE.float));
  }
  if ("int" in attribute) return message(text(1, name), whole(3, attribute.int), whole(20, ATTRIBUTE_TYPE.int));
  return message(text(1, name), ...attribute.ints.map((int) => whole(8, int)), whole(20, ATTRIBUTE_TYPE.ints));
}

/** ValueInfoProto with a TypeProto of one tensor. */
function encodeValue({ name, shape, element = "float32" }: Value): Uint8Array {
  const dimensions = shape.map((size) => bytes(1, whole(1, size)));
  const tensor = message(whole(1, ELEMENT_TYPE[element]), bytes(2, message(...dimensions)));
  return message(text(1, name), bytes(2, bytes(1, tensor)));
}

/** TensorProto with its numbers as raw little-endian bytes. */
function encodeConstant({ name, shape, numbers }: Constant): Uint8Array {
  const raw = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  return message(...shape.map((size) => whole(1, size)), whole(2, ELEMENT_TYPE.float32), text(8, name), bytes(9, raw));
}

function message(...fields: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function whole(field: number, value: number): Uint8Array {
  return message(varint(8 * field), varint(value));
}

function single(field: number, value: number): Uint8Array {
  return message(varint(8 * field + 5), new Uint8Array(Float32Array.of(value).buffer));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message(varint(8 * field + 2), varint(value.length), value);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, Buffer.from(value));
}

/** Seven bits a byte, the lowest first; the top bit says that more follow. */
function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) groups.push((rest % 128) + 128);
  return Uint8Array.from([...groups, rest]);
}
