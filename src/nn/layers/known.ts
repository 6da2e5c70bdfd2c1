/**
 * Every layer of the library by its kind, for descriptions that come from files, JSON or another thread, with what other
 * formats call them. What a page needs to train does not import it.
 */
import { checkList, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import {
  ACTIVATION_FORMATS,
  type ActivationLayer,
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "./activations.ts";
import { BATCH_NORM, BATCH_NORM_FORMATS } from "./batch_norm.ts";
import { CONV2D, CONV2D_FORMATS } from "./conv2d.ts";
import { DENSE, DENSE_FORMATS } from "./dense.ts";
import { DEPTHWISE_CONV2D, DEPTHWISE_CONV2D_FORMATS } from "./depthwise_conv2d.ts";
import { DROPOUT, DROPOUT_FORMATS } from "./dropout.ts";
import { FLATTEN, FLATTEN_FORMATS } from "./flatten.ts";
import { frozenRecord, unfrozenRecord } from "./freeze.ts";
import type { Layer } from "./layer.ts";
import { GROUP_NORM, GROUP_NORM_FORMATS, LAYER_NORM, LAYER_NORM_FORMATS } from "./normalization.ts";
import {
  AVG_POOL2D,
  AVG_POOL2D_FORMATS,
  GLOBAL_AVG_POOL2D,
  GLOBAL_AVG_POOL2D_FORMATS,
  MAX_POOL2D,
  MAX_POOL2D_FORMATS,
} from "./pooling.ts";
import { PRELU, PRELU_FORMATS } from "./prelu.ts";
import {
  type LayerDescription,
  type LayerFormats,
  type LayerRecord,
  layerOf,
  pathOf,
  placeOf,
  recordOf,
} from "./record.ts";
import { RESIDUAL, SEQUENTIAL } from "./sequential.ts";

/** The record of a description, which may depend on more than its kind. */
type Known = { readonly record: (layer: never, option: string) => unknown; readonly formats: LayerFormats<never> };

const ACTIVATIONS = {
  sigmoid,
  tanh,
  relu,
  leakyRelu,
  softplus,
  gelu,
  silu,
  mish,
  elu,
  selu,
  relu6,
  hardSigmoid,
  hardSwish,
};

/** By kind; the compiler sees that none is forgotten. */
const KNOWN: { readonly [K in Exclude<Layer["kind"], `${string}/${string}`>]: Known } = {
  dense: { record: () => DENSE, formats: DENSE_FORMATS },
  activation: {
    record({ name }: ActivationLayer, option: string) {
      if (typeof name === "string" && Object.hasOwn(ACTIVATIONS, name))
        return recordOf<ActivationLayer>(ACTIVATIONS[name]());
      throw new OptionError(`${option}: name`, Object.keys(ACTIVATIONS).join(", "), name);
    },
    formats: ACTIVATION_FORMATS,
  },
  prelu: { record: () => PRELU, formats: PRELU_FORMATS },
  dropout: { record: () => DROPOUT, formats: DROPOUT_FORMATS },
  batchNorm: { record: () => BATCH_NORM, formats: BATCH_NORM_FORMATS },
  layerNorm: { record: () => LAYER_NORM, formats: LAYER_NORM_FORMATS },
  groupNorm: { record: () => GROUP_NORM, formats: GROUP_NORM_FORMATS },
  conv2d: { record: () => CONV2D, formats: CONV2D_FORMATS },
  depthwiseConv2d: { record: () => DEPTHWISE_CONV2D, formats: DEPTHWISE_CONV2D_FORMATS },
  maxPool2d: { record: () => MAX_POOL2D, formats: MAX_POOL2D_FORMATS },
  avgPool2d: { record: () => AVG_POOL2D, formats: AVG_POOL2D_FORMATS },
  globalAvgPool2d: { record: () => GLOBAL_AVG_POOL2D, formats: GLOBAL_AVG_POOL2D_FORMATS },
  flatten: { record: () => FLATTEN, formats: FLATTEN_FORMATS },
  sequential: { record: () => SEQUENTIAL, formats: {} },
  residual: { record: () => RESIDUAL, formats: {} },
};

/** Layers of one's own that may come: what `defineLayer` or `model` gave. */
export type CustomLayers = {
  /** By these, layers whose kinds contain a slash get back what they compute. */
  readonly layers?: readonly (LayerDescription | ((config: never) => LayerDescription))[];
};

/**
 * Layers that were copied by JSON or `structuredClone`, for `sequential`: each gets back what it computes, which copies leave
 * out. `sequential` checks their numbers.
 *
 * @param options.layers what `defineLayer` or `model` gave, of layers that are not the library's
 * @throws {OptionError} no list, or a layer of an unknown kind or name
 * @example
 * const copy: unknown = JSON.parse(JSON.stringify([dense(4, 3), relu(), dense(3, 2)]));
 * const layers = sequential(...parseLayers(copy));
 */
export function parseLayers(layers: unknown, options: CustomLayers = {}): Layer[] {
  checkList("parseLayers", layers, "an array of layers");
  checkOptions<CustomLayers>("parseLayers", options, { layers: 1 });
  const records = recordsOf("parseLayers: layers", options.layers);
  return Array.from(layers, (layer, i) => parsed(String(i), layer as Layer, records));
}

/** Layers within layers of a file: more would end the stack, or the reader's patience. */
const MOST_DEPTH = 64;

type Records = ReadonlyMap<string, LayerRecord<Layer>>;

/** @throws {OptionError} one that carries no record */
function recordsOf(option: string, layers: CustomLayers["layers"] = []): Records {
  checkList(option, layers, "a list of what defineLayer or model returned");
  const entries = Array.from(layers, (carrier) => {
    const record = recordOf<Layer>(carrier as Layer);
    if (record === undefined) throw new OptionError(option, "what defineLayer or model returned", carrier);
    return [record.kind, record] as const;
  });
  return new Map(entries);
}

function parsed(path: string, layer: Layer, records: Records): Layer {
  const option = placeOf(path);
  if (path.split(".").length > MOST_DEPTH)
    throw new OptionError("layers", `expected at most ${MOST_DEPTH} within one another`);
  checkType(option, "object", layer);
  const { kind } = layer;
  const own = unfrozenRecord(records.get(kind) ?? (knownRecord(option, layer) as LayerRecord<Layer>));
  const record = ("trainable" in layer ? frozenRecord(own) : own) as LayerRecord<Layer>;
  const found = layerOf(layer, record);
  const { layers, projection } = layer as { readonly layers?: unknown; readonly projection?: Layer };
  if (record.withInner === undefined || typeof layers !== "object" || layers === null) return found;
  const isProjected = kind === "residual" && projection !== undefined;
  const given = [...Object.entries(layers), ...(isProjected ? [["projection", projection] as const] : [])];
  const inner = given.map(([key, each]) => [key, parsed(pathOf(path, key), each, records)] as const);
  return layerOf({ ...layer, ...record.withInner(found, Object.fromEntries(inner)) } as Layer, record);
}

function knownRecord(option: string, layer: Layer): unknown {
  const { kind } = layer;
  if (typeof kind === "string" && Object.hasOwn(KNOWN, kind))
    return KNOWN[kind as keyof typeof KNOWN].record(layer as never, option);
  const cure =
    typeof kind === "string" && kind.includes("/") ? "pass what defineLayer or model returned: { layers: [ … ] }" : "";
  throw new OptionError(`${option}: kind`, Object.keys(KNOWN).join(", "), kind, cure);
}

/** What other formats call a layer. */
export function formatsOf(layer: Layer): LayerFormats<Layer> {
  const { kind } = layer;
  return (recordOf(layer)?.formats ?? KNOWN[kind as keyof typeof KNOWN]?.formats ?? {}) as LayerFormats<Layer>;
}
