/**
 * A network as an ONNX model that predicts:
 *
 *   x [N, inputSize] ─ Gemm ─ Relu ─ … ─ Gemm ─ logits [N, outputSize] ─ Softmax or Sigmoid ─ probabilities
 *
 *   dense        Gemm, without a transposition: Y = X·W + b
 *   activation   Sigmoid, Tanh, Relu, LeakyRelu, Softplus, Gelu, Elu, Selu, Mish, Clip, HardSigmoid, HardSwish, PRelu; silu is
 *                Sigmoid and Mul
 *   batchNorm    BatchNormalization with the running statistics
 *   dropout      nothing
 */

import { OptionError } from "../../errors.ts";
import { encodeOnnxGraph, type OnnxConstant, type OnnxNode } from "../../formats/onnx.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { formatsOf } from "../layers/known.ts";
import { recordIn } from "../layers/structure.ts";
import type { Network } from "../network.ts";
import { networkOf, type Trainable } from "../trainable.ts";
import { describeNetwork } from "./description.ts";
import { weightsOf } from "./weights.ts";

/** What becomes of float64. */
export type OnnxExportOptions = {
  /** `"round"`: the numbers of a float64 network are rounded. Default: it is refused. */
  readonly narrowing?: "refuse" | "round";
};

/** The first operator set with Gelu. */
const OPSET = 20;

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
  const nodes = nodesOf(net, constants);
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

/**
 * The layers that compute something when predicting; the last one's output is the logits.
 *
 * @throws {OptionError} a layer that has no operator
 */
function nodesOf<D extends FloatType>({ structure }: Network<D>, constants: OnnxConstant[]): OnnxNode[] {
  const nodes: OnnxNode[] = [];
  let before = "x";
  for (const { layer, path, number } of structure.layers.values()) {
    const { kind, inner } = recordIn(layer);
    if (kind === "sequential") continue; // its layers come one after the other
    const { onnx } = formatsOf(layer);
    if (onnx === undefined || inner !== undefined)
      throw new OptionError("onnx", `layers[${path}]: ${kind} has no operator`);
    const operators = [onnx(layer) ?? []].flat();
    const input = before;
    for (const [i, { op, tensors = [], constants: numbers = [], takesInput, attributes }] of operators.entries()) {
      const output = i === operators.length - 1 ? `layer${path}` : `layer${path}_${i}`;
      const scalars = numbers.map((value, at): OnnxConstant => {
        return { name: `${output}_constant${at}`, shape: [], numbers: Float32Array.of(value) };
      });
      constants.push(...scalars);
      const inputs = [before, ...tensors.map((name) => name + number), ...scalars.map(({ name }) => name)];
      nodes.push({ op, inputs: takesInput ? [...inputs, input] : inputs, output, ...(attributes && { attributes }) });
      before = output;
    }
  }
  const last = nodes.at(-1);
  return last === undefined ? nodes : [...nodes.slice(0, -1), { ...last, output: "logits" }];
}
