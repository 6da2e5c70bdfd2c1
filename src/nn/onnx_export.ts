/**
 * A network as an ONNX model that predicts:
 *
 *   x [N, inputSize] ─ Gemm ─ Relu ─ … ─ Gemm ─ logits [N, outputSize] ─ Softmax or Sigmoid ─ probabilities
 *
 *   dense        Gemm, without a transposition: Y = X·W + b
 *   activation   Sigmoid, Tanh, Relu, LeakyRelu, Softplus, Gelu by tanh
 *   batchNorm    BatchNormalization with the running statistics
 *   dropout      nothing
 */

import { OptionError } from "../errors.ts";
import { unreachable } from "../faults.ts";
import { encodeOnnxGraph, type OnnxAttribute, type OnnxConstant, type OnnxNode } from "../formats/onnx.ts";
import type { ActivationLayer } from "../ops/elementwise.ts";
import { checkOptions } from "../options.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { describeNetwork } from "./description.ts";
import type { Network } from "./network.ts";
import { networkOf, type Trainable } from "./trainable.ts";
import { weightsOf } from "./weights.ts";

/** What becomes of float64. */
export type OnnxExportOptions = {
  /** `"round"`: the numbers of a float64 network are rounded. Default: it is refused. */
  readonly narrowing?: "refuse" | "round";
};

/** The first operator set with Gelu. */
const OPSET = 20;
const DEFAULT_SLOPE = 0.01;

/** The operator that makes probabilities of logits. */
const ANSWERS = {
  softmaxCrossEntropy: { op: "Softmax", attributes: { axis: { int: 1 } } },
  binaryCrossEntropyWithLogits: { op: "Sigmoid", attributes: {} },
  meanSquaredError: undefined,
  squaredError: undefined,
  custom: undefined,
} as const;

/**
 * The bytes of an ONNX model (operator set 20) of what the network predicts, in float32.
 *
 * Input `x`, N × inputSize, for any N; output `logits`, N × outputSize, and, with `softmaxCrossEntropy` and
 * `binaryCrossEntropyWithLogits`, `probabilities` of the same shape.
 *
 * @throws {OptionError} a float64 network without `narrowing: "round"`: runtimes lack several of its operators in float64
 * @throws {DisposedError} the network was disposed
 * @example
 * const bytes = encodeOnnx(net); // for a file, such as digits.onnx
 */
export function encodeOnnx<D extends FloatType>(
  trainable: Trainable<D>,
  options: OnnxExportOptions = {},
): Uint8Array<ArrayBuffer> {
  checkOptions<OnnxExportOptions>("encodeOnnx", options, { narrowing: 1 });
  const { narrowing = "refuse" } = options;
  const net = networkOf(trainable);
  if (narrowing !== "refuse" && narrowing !== "round") {
    throw new OptionError("onnx: narrowing", '"refuse" or "round"', narrowing);
  }
  if (net.dtype === "float64" && narrowing === "refuse") {
    throw new OptionError("onnx: dtype", "float32", net.dtype, 'narrowing: "round" rounds the numbers to it');
  }
  const constants = weightsOf(net).map(({ name, shape, data }): OnnxConstant => {
    return { name, shape, numbers: Float32Array.from(data as Float32Array | Float64Array) };
  });
  const nodes = nodesOf(net);
  const answer = ANSWERS[describeNetwork(net).loss];
  const anyRows = "N";
  const shape = [anyRows, net.outputSize];
  const outputs = [{ name: "logits", shape }];
  if (answer !== undefined) {
    nodes.push({ ...answer, inputs: ["logits"], output: "probabilities" });
    outputs.push({ name: "probabilities", shape });
  }
  const inputs = [{ name: "x", shape: [anyRows, net.inputSize] }];
  return encodeOnnxGraph({ nodes, inputs, outputs, constants }, { opset: OPSET });
}

/** The layers that compute something when predicting; the last one's output is the logits. */
function nodesOf<D extends FloatType>({ description }: Network<D>): OnnxNode[] {
  const nodes: OnnxNode[] = [];
  const layers = description.layers.filter(({ kind }) => kind !== "dropout");
  let [denses, norms] = [0, 0];
  let before = "x";
  for (const [i, layer] of layers.entries()) {
    const output = i === layers.length - 1 ? "logits" : `layer${i}`;
    if (layer.kind === "dense") {
      denses += 1;
      nodes.push({ op: "Gemm", inputs: [before, `W${denses}`, `b${denses}`], output });
    } else if (layer.kind === "batchNorm") {
      norms += 1;
      const inputs = [before, ...["gamma", "beta", "mean", "variance"].map((name) => `${name}${norms}`)];
      nodes.push({ op: "BatchNormalization", inputs, output, attributes: { epsilon: { float: layer.epsilon } } });
    } else if (layer.kind === "activation") {
      nodes.push({ ...operatorOf(layer), inputs: [before], output });
    }
    before = output;
  }
  return nodes;
}

function operatorOf({ name, slope = DEFAULT_SLOPE }: ActivationLayer): {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
} {
  switch (name) {
    case "sigmoid":
      return { op: "Sigmoid" };
    case "tanh":
      return { op: "Tanh" };
    case "relu":
      return { op: "Relu" };
    case "leakyRelu":
      return { op: "LeakyRelu", attributes: { alpha: { float: slope } } };
    case "softplus":
      return { op: "Softplus" };
    case "gelu":
      return { op: "Gelu", attributes: { approximate: { text: "tanh" } } };
    default:
      return unreachable(name);
  }
}
