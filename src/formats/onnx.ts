/**
 * ONNX models: a graph as the protocol-buffer message `ModelProto` of onnx.proto.
 *
 *   model │ ir_version, opset, producer
 *         └ graph │ nodes: outputs = op(inputs)
 *                 │ initializers: what the model carries
 *                 └ inputs, outputs: names, types, shapes; a size may be a name, for any number
 *
 * The format is ONNX's: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
 */
import { OptionError } from "../errors.ts";
import { checkArray, littleEndian } from "./arrays.ts";
import { bytes, encodeMessage, float, type Message, message, nested, text, whole } from "./protobuf.ts";

/** A value of an operator in ONNX. */
export type OnnxAttribute =
  | {
      /** A FLOAT. */
      readonly float: number;
    }
  | {
      /** An INT. */
      readonly int: number;
    }
  | {
      /** INTS. */
      readonly ints: readonly number[];
    }
  | {
      /** A STRING. */
      readonly text: string;
    };

/** output = op(inputs) */
export type OnnxNode = {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
};

/** What goes in or comes out, as float32. */
export type OnnxValue = { readonly name: string; readonly shape: readonly (number | string)[] };

/** Numbers that the model carries. */
export type OnnxConstant = { readonly name: string; readonly shape: readonly number[]; readonly numbers: Float32Array };

export type OnnxGraph = {
  readonly nodes: readonly OnnxNode[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly constants: readonly OnnxConstant[];
};

/** Which operators the graph means: the version of ONNX's operator set. */
export type OnnxOptions = { readonly opset: keyof typeof IR_VERSIONS };

/** The versions of the format that came with operator sets 20 and 21; files declare the newest that they use. */
const IR_VERSIONS = { 20: 9, 21: 10 } as const;
/** float32 in `TensorProto.DataType` */
const FLOAT32 = 1;
/** `AttributeProto.AttributeType` */
const ATTRIBUTE_TYPE = { float: 1, int: 2, text: 3, ints: 7 } as const;
/** The longest protocol-buffer message. */
const MAX_BYTES = 2 ** 31 - 1;

/**
 * The bytes of a model with this graph.
 *
 * @throws {OptionError} numbers that do not fill their shape, or 2 GiB and more
 */
export function encodeOnnxGraph(
  { nodes, inputs, outputs, constants }: OnnxGraph,
  { opset }: OnnxOptions,
): Uint8Array<ArrayBuffer> {
  const graph = message(
    ...nodes.map((node) => nested(1, nodeMessage(node))),
    text(2, "graph"),
    ...constants.map((constant) => nested(5, tensorMessage(constant))),
    ...inputs.map((value) => nested(11, valueMessage(value))),
    ...outputs.map((value) => nested(12, valueMessage(value))),
  );
  const operators = message(text(1, ""), whole(2, opset));
  const model = message(whole(1, IR_VERSIONS[opset]), text(2, "lanegrad"), nested(7, graph), nested(8, operators));
  if (model.length > MAX_BYTES) throw new OptionError("onnx", `a model of at most ${MAX_BYTES} bytes`, model.length);
  return encodeMessage(model);
}

/** NodeProto */
function nodeMessage({ op, inputs, output, attributes = {} }: OnnxNode): Message {
  return message(
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output), // its name: an output comes from one node alone
    text(4, op),
    ...Object.entries(attributes).map(([name, attribute]) => nested(5, attributeMessage(name, attribute))),
  );
}

/** AttributeProto */
function attributeMessage(name: string, attribute: OnnxAttribute): Message {
  if ("float" in attribute) {
    return message(text(1, name), float(2, attribute.float), whole(20, ATTRIBUTE_TYPE.float));
  }
  if ("int" in attribute) return message(text(1, name), whole(3, attribute.int), whole(20, ATTRIBUTE_TYPE.int));
  if ("ints" in attribute) {
    const values = attribute.ints.map((value) => whole(8, value));
    return message(text(1, name), ...values, whole(20, ATTRIBUTE_TYPE.ints));
  }
  return message(text(1, name), text(4, attribute.text), whole(20, ATTRIBUTE_TYPE.text));
}

/** ValueInfoProto with a TypeProto of one tensor. */
function valueMessage({ name, shape }: OnnxValue): Message {
  const dimensions = shape.map((extent) => {
    return nested(1, typeof extent === "string" ? text(2, extent) : whole(1, extent));
  });
  const tensor = message(whole(1, FLOAT32), nested(2, message(...dimensions)));
  return message(text(1, name), nested(2, nested(1, tensor)));
}

/** TensorProto with its numbers as raw little-endian bytes. */
function tensorMessage({ name, shape, numbers }: OnnxConstant): Message {
  checkArray(`onnx: ${name}`, { shape, data: numbers });
  return message(
    ...shape.map((extent) => whole(1, extent)),
    whole(2, FLOAT32),
    text(8, name),
    bytes(9, littleEndian(numbers)),
  );
}
