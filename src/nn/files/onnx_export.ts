/**
 * A network as an ONNX model that predicts:
 *
 *   x [N, inputSize] ─ Gemm ─ Relu ─ … ─ Gemm ─ logits [N, outputSize] ─ Softmax or Sigmoid ─ probabilities
 *   x [N, C, H, W] ─ Conv ─ Relu ─ MaxPool ─ … ─ Flatten ─ Gemm ─ logits …
 *
 *   dense        Gemm, without a transposition: Y = X·W + b
 *   activation   Sigmoid, Tanh, Relu, LeakyRelu, Softplus, Gelu, Elu, Selu, Mish, Clip, HardSigmoid, HardSwish, PRelu; silu is
 *                Sigmoid and Mul
 *   batchNorm    BatchNormalization with the running statistics
 *   dropout      nothing
 *   conv2d       Conv, and pools their operators; residual an Add
 *
 * Images are channels first in ONNX, channels last here. Weights are permuted once, in the model, a dense layer's too where its
 * input is a flattened image.
 */

import { checkNumbers } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import type { NamedArray } from "../../formats/arrays.ts";
import { encodeOnnxGraph, type OnnxConstant, type OnnxNode } from "../../formats/onnx.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { formatsOf } from "../layers/known.ts";
import type { ResidualLayer } from "../layers/layer.ts";
import { type OnnxOperator, type ParameterSpec, pathOf } from "../layers/record.ts";
import { type Placed, recordIn, type Structure } from "../layers/structure.ts";
import { likeOf } from "../losses.ts";
import { networkOf, type Trainable } from "../trainable.ts";
import { type FlattenedImages, flattenedImages, hasImages } from "./flattened_images.ts";
import { arranged, permuted, weightsOf } from "./weights.ts";

/** What becomes of float64. */
export type OnnxExportOptions = {
  /** `"round"`: the numbers of a float64 network are rounded. Default: it is refused. */
  readonly narrowing?: "refuse" | "round";
  /** How inputs are scaled before the first layer: `x` then is what they are before that. */
  readonly inputs?: OnnxScaling;
  /** How outputs were scaled for training: `logits` are then in the targets' units. */
  readonly outputs?: OnnxScaling;
};

/** (x - mean) / deviation, of each column, or by one number of each for all. */
export type OnnxScaling = {
  /** Subtracted from inputs, added to outputs. */
  readonly mean: readonly number[];
  /** Inputs are divided by it, outputs multiplied. */
  readonly deviation: readonly number[];
};

/** The operator that makes probabilities of logits. */
const ANSWERS = new Map<unknown, Pick<OnnxNode, "op" | "attributes">>([
  ["softmaxCrossEntropy", { op: "Softmax", attributes: { axis: { int: 1 } } }],
  ["binaryCrossEntropyWithLogits", { op: "Sigmoid", attributes: {} }],
]);

/**
 * The bytes of an ONNX model (operator set 20; 21 with groupNorm) of what the network predicts, in float32.
 *
 * Input `x`, N × inputSize, for any N; of a network with convolutions, images N × channels × height × width. Output `logits`, N × outputSize, and, with `softmaxCrossEntropy` and
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
  checkOptions<OnnxExportOptions>("encodeOnnx", options, { narrowing: 1, inputs: 1, outputs: 1 });
  const { narrowing = "refuse", inputs: scaling, outputs: unscaling } = options;
  const net = networkOf(trainable);
  if (narrowing !== "refuse" && narrowing !== "round") {
    throw new OptionError("onnx: narrowing", '"refuse" or "round"', narrowing);
  }
  if (net.dtype === "float64" && narrowing === "refuse") {
    throw new OptionError("onnx: dtype", "float32", net.dtype, 'narrowing: "round" rounds the numbers to it');
  }
  const { structure } = net;
  const { inputShape, outputShape } = structure;
  const isOfImages = hasImages(structure);
  const graph = new Nodes(structure, weightsOf(net));
  checkScaling("onnx: inputs", scaling, net.inputSize);
  checkScaling("onnx: outputs", unscaling, net.outputSize);
  let first = "x";
  if (scaling !== undefined) {
    first = graph.by("Sub", first, scaling.mean, "centred");
    first = graph.by("Div", first, scaling.deviation, "scaled");
  }
  let last = graph.of("", first);
  if (isOfImages && outputShape.length === 3) last = graph.transposed(last, TO_LAST, "rows");
  if (isOfImages && outputShape.length > 1) graph.add({ op: "Flatten", inputs: [last], output: "logits" });
  if (unscaling !== undefined) {
    last = graph.by("Mul", graph.last, unscaling.deviation, "unscaled");
    graph.by("Add", last, unscaling.mean, "answers");
  }
  const nodes = graph.nodes.map((node, i) => (i === graph.nodes.length - 1 ? { ...node, output: "logits" } : node));
  const answer = ANSWERS.get(likeOf(net.lossFunction));
  const anyRows = "N";
  const shape = [anyRows, net.outputSize];
  const outputs = [{ name: "logits", shape }];
  if (answer !== undefined) {
    nodes.push({ ...answer, inputs: ["logits"], output: "probabilities" });
    outputs.push({ name: "probabilities", shape });
  }
  const [height = 1, width = 1, channels = 1] = inputShape;
  const isImage = isOfImages && inputShape.length === 3;
  const inputs = [{ name: "x", shape: [anyRows, ...(isImage ? [channels, height, width] : [net.inputSize])] }];
  return encodeOnnxGraph({ nodes, inputs, outputs, constants: graph.constants }, { opset: graph.opset });
}

/** @throws {OptionError} not one number or one for each column, or a deviation that is not above 0 */
function checkScaling(option: string, scaling: OnnxScaling | undefined, width: number): void {
  if (scaling === undefined) return;
  for (const numbers of [scaling.mean, scaling.deviation]) {
    checkNumbers(option, numbers);
    if (numbers.length === 1 || numbers.length === width) continue;
    throw new OptionError(option, `1 or ${width} numbers`, numbers.length);
  }
  if (!scaling.deviation.every((own) => own > 0))
    throw new OptionError(option, "deviations above 0", scaling.deviation);
}

/** A network's layers as nodes, one after the other, whose values have names. */
class Nodes {
  readonly nodes: OnnxNode[] = [];
  readonly constants: OnnxConstant[] = [];
  opset: 20 | 21 = 20;
  readonly #structure: Structure;
  readonly #numbers: ReadonlyMap<string, Float32Array>;
  readonly #images: FlattenedImages;
  /** Whether flattened images keep the order that they have here, since no other one suits everything that is made of them. */
  readonly #isMixed: boolean;

  constructor(structure: Structure, weights: readonly NamedArray[]) {
    this.#structure = structure;
    this.#numbers = new Map(
      weights.map(({ name, data }) => [name, Float32Array.from(data as Float32Array | Float64Array)]),
    );
    this.#images = flattenedImages(structure);
    this.#isMixed = this.#images.mixed !== undefined || this.#images.isLast;
  }

  /**
   * What the layer at a path makes of a value; an image is channels first.
   *
   * @throws {OptionError} a layer that has no operator
   */
  of(path: string, x: string): string {
    const { layer, input } = this.#structure.layers.get(path) as Placed;
    if (layer.kind === "sequential" || layer.kind === "residual") {
      const { layers, projection } = layer as ResidualLayer;
      const y = layers.reduce((z, _, i) => this.of(pathOf(path, String(i)), z), x);
      if (layer.kind === "sequential") return y;
      const added = projection === undefined ? x : this.of(pathOf(path, "projection"), x);
      return this.add({ op: "Add", inputs: [added, y], output: `layer${path}` });
    }
    const { onnx } = formatsOf(layer);
    const { inner } = recordIn(layer);
    if (onnx === undefined || inner !== undefined)
      throw new OptionError("onnx", `layers[${path}]: ${layer.kind} has no operator`);
    const operators = onnx(layer, input) ?? [];
    const list = "op" in operators ? [operators] : operators;
    const isKept = this.#isMixed && layer.kind === "flatten" && hasImages(this.#structure);
    return list.reduce((z, operator, i) => {
      const name = i === list.length - 1 ? `layer${path}` : `layer${path}_${i}`;
      const isImage = input.length === 3 && hasImages(this.#structure);
      const more = operator.takesInput ? [x] : [];
      if (!isImage || !(operator.isChannelsLast || isKept)) return this.#operator(path, operator, [z, ...more], name);
      const last = this.transposed(z, TO_LAST, `${name}_in`);
      if (isKept) return this.#operator(path, operator, [last], name);
      return this.transposed(this.#operator(path, operator, [last], `${name}_out`), TO_FIRST, name);
    }, x);
  }

  /** @param values the output before it, and the layer's own input where it takes that */
  #operator(path: string, operator: OnnxOperator, [x = "", ...more]: readonly string[], output: string): string {
    const { op, tensors = [], constants = [], attributes, opset } = operator;
    const { number } = this.#structure.layers.get(path) as Placed;
    if (opset !== undefined) this.opset = opset;
    for (const name of tensors) this.#carry(path, name);
    const scalars = constants.map((value, i): OnnxConstant => {
      return { name: `${output}_constant${i}`, shape: [], numbers: Float32Array.of(value) };
    });
    this.constants.push(...scalars);
    const inputs = [x, ...tensors.map((name) => name + number), ...scalars.map(({ name }) => name), ...more];
    return this.add({ op, inputs, output, ...(attributes && { attributes }) });
  }

  /** Puts a layer's tensor among what the model carries. */
  #carry(path: string, name: string): void {
    const { layer, number, parameters, statistics } = this.#structure.layers.get(path) as Placed;
    const key = name + number;
    const { shape: own } = { ...parameters, ...statistics }[name] as ParameterSpec;
    const image = this.#isMixed ? undefined : this.#images.inputs.get(path);
    const { shape, axes } = arranged(layer, name, own, { image, isPyTorch: false });
    const numbers = this.#numbers.get(key) as Float32Array<ArrayBuffer>;
    const ordered =
      axes === undefined ? numbers : (permuted(numbers, axes.own, axes.order) as Float32Array<ArrayBuffer>);
    this.constants.push({ name: key, shape, numbers: ordered });
  }

  /** The last node's output. */
  get last(): string {
    return this.nodes.at(-1)?.output ?? "";
  }

  /** x op numbers, one for each column or one for all. */
  by(op: "Sub" | "Div" | "Mul" | "Add", x: string, numbers: readonly number[], output: string): string {
    const constant = { name: `${output}_by`, shape: numbers.length === 1 ? [] : [numbers.length] };
    this.constants.push({ ...constant, numbers: Float32Array.from(numbers) });
    return this.add({ op, inputs: [x, constant.name], output });
  }

  transposed(x: string, order: readonly number[], output: string): string {
    return this.add({ op: "Transpose", inputs: [x], output, attributes: { perm: { ints: order } } });
  }

  add(node: OnnxNode): string {
    this.nodes.push(node);
    return node.output;
  }
}

/** Images with their channels last, and first. */
const TO_LAST = [0, 2, 3, 1];
const TO_FIRST = [0, 3, 1, 2];
