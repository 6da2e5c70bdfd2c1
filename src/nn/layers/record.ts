/**
 * A layer is defined by one record; descriptions carry it.
 *
 *   description   plain data, { kind, … }: what programs write down and files hold
 *   record        checks, inferred sizes, parameters, and the forward pass, in operations
 *
 * A description carries its record under a symbol, which JSON and `structuredClone` leave out. So a bundle has only the layers
 * that it names, nothing registers itself, and what comes from a file is given its records by `parseLayers`.
 *
 * A layer and the operation of its name are one function: `relu(x)` computes, `relu()` describes. What tells them apart is the
 * first argument: a tensor or an expression for the operation. Operations are in src/ops and know nothing of layers.
 */

import { checkRecord, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import type { OnnxAttribute } from "../../formats/onnx.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import type { Expression } from "../../tensor/expression.ts";
import type { Shape } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Initializer } from "./initializers.ts";

/** What every description has. */
export type LayerDescription = {
  /** Which record it has. */
  readonly kind: string;
};

/** Kinds of one's own contain a slash, so that no later version has the same: `acme/swish`. */
export type CustomKind = `${string}/${string}`;

/** Layers do more while training: units are dropped, and batches are normalised by themselves. */
export type Mode = "train" | "predict";

/** A parameter or a running statistic. */
export type ParameterSpec = {
  readonly shape: Shape;
  /** All elements alike; or drawn: by a rule, or, with "auto", by the one that suits the activation that follows. */
  readonly start: number | Initializer | "auto";
  /** Inputs of one output, and outputs of one input, for the rules; default: the shape of a matrix. */
  readonly fans?: readonly [fanIn: number, fanOut: number];
};

/** What a layer computes with. */
export type LayerContext<D extends FloatType> = {
  /** Whether the step trains. */
  readonly mode: Mode;
  /** Which one of its kind the layer is, from 1 on. */
  readonly number: number;
  /** The layer's own parameter of this name. */
  readonly parameter: (name: string) => Expression<D>;
  /** The layer's own running statistic of this name, as it is before the step. */
  readonly statistic: (name: string) => Expression<D>;
  /** Says what a training step leaves in a statistic. */
  readonly update: (statistic: string, value: Expression<D>) => void;
  /** [seed, step] of the masks of layers that are random; undefined where the mode is "predict". */
  readonly counter: Tensor<"int32"> | undefined;
  /** The output of an inner layer, by its key in `inner`. */
  readonly call: (key: string, x: Expression<D>) => Expression<D>;
};

/** Names and operators that other formats have for a layer. */
export type LayerFormats<Layer extends LayerDescription> = {
  /** Of its parameters and statistics in PyTorch's state dict; matrices of some are stored transposed. */
  readonly pytorch?: { readonly [name: string]: string };
  /** Whether PyTorch stores its matrices transposed. */
  readonly isTransposed?: boolean;
  /** The order of axes, and the shape, that a tensor has in PyTorch and ONNX, of its name and shape; undefined: as it is. */
  readonly arrange?: (name: string, shape: Shape) => Arrangement | undefined;
  /** Its tensors whose first axis is that of the input, for vectors that are flattened images. */
  readonly features?: readonly string[];
  /** Whether examples of three axes are images to it: height × width × channels, which PyTorch and ONNX have channels first. */
  readonly isOfImages?: boolean;
  /** Entries of PyTorch's state dict that mean nothing here, int64 without an axis. */
  readonly ignored?: readonly string[];
  /**
   * Its operator in ONNX when predicting, or several, one after the other: inputs are the output before it, the named tensors
   * and the constants. Undefined: it does nothing.
   *
   * @param input the shape of one example; an image is channels last, which the operator has channels first
   */
  readonly onnx?: (layer: Layer, input: Shape) => OnnxOperator | readonly OnnxOperator[] | undefined;
};

/** The axes of an array in another order, and its shape then, where some of them are one. */
export type Arrangement = {
  /** Of the array here, in their order there. */
  readonly axes: readonly number[];
  /** There; default: the sizes of these axes. */
  readonly shape?: Shape;
};

/** An ONNX operator of a layer. */
export type OnnxOperator = {
  /** Its name: `Gemm`. */
  readonly op: string;
  /** Names of the layer's parameters and statistics, which follow its input. */
  readonly tensors?: readonly string[];
  /** Numbers that follow as further inputs. */
  readonly constants?: readonly number[];
  /** Whether the layer's own input follows: for those after the first. */
  readonly takesInput?: true;
  /** By name. */
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>;
  /** Whether it takes images channels last, in place of channels first. */
  readonly isChannelsLast?: boolean;
  /** The operator set that it needs, if 20 has it not. */
  readonly opset?: 21;
};

/** A kind of layer. */
export type LayerRecord<Layer extends LayerDescription> = {
  readonly kind: Layer["kind"];
  /** Every key that a description can have. */
  readonly keys: KeysOf<Layer>;
  /** @throws {OptionError} a value outside its range; `option` locates the layer */
  readonly check: (option: string, layer: Layer) => void;
  /** Of one example, if the description gives it. */
  readonly inputShape?: (layer: Layer) => Shape | undefined;
  /**
   * The description with the sizes that it leaves to its input.
   *
   * @throws {ShapeError} an input of this shape does not fit
   */
  readonly complete?: (layer: Layer, input: Shape, option: string) => Layer;
  /** What training changes, by name, in the order in which it is drawn. The layer is complete. */
  readonly parameters?: (layer: Layer, input: Shape) => { readonly [name: string]: ParameterSpec };
  /** What training keeps track of, such as running means; `start` is a number. */
  readonly statistics?: (layer: Layer, input: Shape) => { readonly [name: string]: ParameterSpec };
  /** Whether its output has the shape of its input, whatever that is: then layers after it may say how many inputs there are. */
  readonly keepsShape?: boolean;
  /** Whether it reads the counter. */
  readonly isRandom?: boolean;
  /** Of activations: whether weights before it start by He's rule; else Xavier's. */
  readonly isRectifier?: boolean;
  /** Layers within it, by key. */
  readonly inner?: (layer: Layer) => { readonly [key: string]: LayerDescription };
  /** The description with other inner layers. */
  readonly withInner?: (layer: Layer, inner: { readonly [key: string]: LayerDescription }) => Layer;
  /** Its output, m × …, of x, m × …: m examples. */
  readonly forward: <D extends FloatType>(x: Expression<D>, layer: Layer, context: LayerContext<D>) => Expression<D>;
  /** Its name in other formats. For built-in layers it is in `known.ts`, so that a page that only trains does not contain it. */
  readonly formats?: LayerFormats<Layer>;
};

const RECORD: unique symbol = Symbol.for("lanegrad.layer");

/** A description that carries its record. */
export function layerOf<Layer extends LayerDescription>(layer: Layer, record: LayerRecord<Layer>): Layer {
  return { ...layer, [RECORD]: record };
}

/** The record that something carries; undefined where it was made by nothing of the library, such as JSON. */
export function recordOf<Layer extends LayerDescription>(carrier: Layer): LayerRecord<Layer> | undefined {
  return (carrier as { readonly [RECORD]?: LayerRecord<Layer> } | undefined)?.[RECORD];
}

/**
 * The record of a description, which is checked with all layers within it.
 *
 * @param path where the layer is; empty for the outermost
 * @throws {OptionError} it carries none, an unknown key, or a value outside its range
 */
export function checkLayer<Layer extends LayerDescription>(layer: Layer, path = ""): void {
  const record = recordOf(layer);
  const option = path === "" ? (record?.kind ?? "network") : placeOf(path);
  if (record === undefined || record.kind !== layer.kind) throw new OptionError(option, LAYERS, layer);
  checkOptions(option, layer, record.keys);
  record.check(option, layer);
  for (const [key, inner] of Object.entries(record.inner?.(layer) ?? {})) checkLayer(inner, pathOf(path, key));
}

const LAYERS = "a layer: dense(…), relu(), sequential(…) …, or one that parseLayers read";

/** The path of an inner layer: the keys of the layers around it and its own, `1.0`. */
export function pathOf(path: string, key: string): string {
  return path === "" ? key : `${path}.${key}`;
}

/** A path as errors write it: `layers[1].layers[0]`. */
export function placeOf(path: string): string {
  const key = (each: string) => `layers${/^\d+$/.test(each) ? `[${each}]` : `.${each}`}`;
  return path === "" ? "network" : path.split(".").map(key).join(".");
}

/** What `defineLayer` gives: makes descriptions of one kind. */
export type LayerFunction<Layer extends LayerDescription> = (config: Omit<Layer, "kind">) => Layer;

/**
 * A kind of layer of one's own, from one record: descriptions of it are used, saved and loaded as those of the library.
 *
 * A file holds a layer's numbers, not what it computes: to read it, pass the kind,
 * `decodeNetwork(engine, bytes, { layers: [swish] })`; a worker has it from its script, `serve(self, { layers: [swish] })`.
 *
 * @returns a function from the description's numbers to the description
 * @throws {OptionError} a kind without a slash, or a record without `check` or `forward`
 * @example
 * type Swish = { readonly kind: "acme/swish"; readonly beta: number };
 * const swish = defineLayer<Swish>({
 *   kind: "acme/swish",
 *   keys: { kind: 1, beta: 1 },
 *   check() {},
 *   forward: (x, { beta }) => mul(x, sigmoid(mul(x, beta))),
 * });
 * const layers = sequential(dense(784, 50), swish({ beta: 1 }), dense(10));
 */
export function defineLayer<Layer extends LayerDescription & { readonly kind: CustomKind }>(
  record: LayerRecord<Layer>,
): LayerFunction<Layer> {
  checkType("defineLayer", "object", record);
  checkOptions<LayerRecord<Layer>>("defineLayer", record, RECORD_KEYS);
  checkKind("defineLayer: kind", record.kind);
  checkRecord("defineLayer: keys", record.keys);
  for (const [key, value] of Object.entries(record.keys)) {
    if (value !== 1) throw new OptionError(`defineLayer: keys.${key}`, "1", value);
  }
  for (const name of ["check", "forward"] as const) checkType(`defineLayer: ${name}`, "function", record[name]);
  for (const name of ["inputShape", "complete", "parameters", "statistics", "inner", "withInner"] as const) {
    if (record[name] !== undefined) checkType(`defineLayer: ${name}`, "function", record[name]);
  }
  const make = (config: Omit<Layer, "kind">): Layer => {
    checkType(record.kind, "object", config);
    const layer = layerOf({ ...config, kind: record.kind } as unknown as Layer, record);
    checkLayer(layer);
    return layer;
  };
  return Object.assign(make, { [RECORD]: record });
}

const RECORD_KEYS: KeysOf<LayerRecord<LayerDescription>> = {
  ...{ kind: 1, keys: 1, check: 1, inputShape: 1, complete: 1, parameters: 1, statistics: 1 },
  ...{ keepsShape: 1, isRandom: 1, isRectifier: 1, inner: 1, withInner: 1, forward: 1, formats: 1 },
};

/** @throws {OptionError} no text, or one without a slash */
export function checkKind(option: string, kind: string): void {
  if (typeof kind !== "string" || !/^[^/]+\/[^/]+$/.test(kind)) {
    throw new OptionError(option, "a name with one slash, such as acme/swish", kind);
  }
}
