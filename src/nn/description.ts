/**
 * A network without its numbers, as JSON with a version:
 *
 *   { "format": "lanegrad network", "version": 1, "dtype": "float32", "loss": "softmaxCrossEntropy",
 *     "layers": [{ "kind": "dense", "inputSize": 784, "outputSize": 50 }, { "kind": "activation", "name": "relu" }, …] }
 */

import { checkText } from "../arguments.ts";
import { FormatError, LanegradError } from "../errors.ts";
import { isObject, type Json } from "../formats/json.ts";
import { checkOptions } from "../options.ts";
import { describeValue } from "../values.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { parseLayers } from "./known_layers.ts";
import { checkSequential, type Layer } from "./layers.ts";
import type { LossName } from "./losses.ts";
import { networkOf, type Trainable } from "./trainable.ts";

/** What a network is made of: plain data, which JSON can write. */
export type NetworkDescription = {
  /** What tells such a file from others. */
  readonly format: "lanegrad network";
  /** Of the format. */
  readonly version: 1;
  readonly dtype: FloatType;
  /** `custom`: a function, which no file can hold. */
  readonly loss: LossName | "custom";
  /** From the input to the output. */
  readonly layers: readonly Layer[];
};

const FORMAT = "lanegrad network";
const VERSION = 1;
const DTYPES = ["float32", "float64"];
const LOSSES = ["softmaxCrossEntropy", "binaryCrossEntropyWithLogits", "meanSquaredError", "squaredError", "custom"];
const KEYS = ["format", "version", "dtype", "loss", "layers"];

/** What each kind of layer must have, and what it may have. */
const LAYER_KEYS: ReadonlyMap<Json | undefined, { readonly must: readonly string[]; readonly may?: string }> = new Map([
  ["dense", { must: ["kind", "inputSize", "outputSize"], may: "weights" }],
  ["activation", { must: ["kind", "name"], may: "slope" }],
  ["dropout", { must: ["kind", "rate"] }],
  ["batchNorm", { must: ["kind", "momentum", "epsilon"] }],
]);

/**
 * What a network is made of, without its parameters.
 *
 * @example
 * const { layers, dtype } = describeNetwork(net);
 * using another = network(engine, sequential(...layers), { dtype, seed: 1 });
 */
export function describeNetwork<D extends FloatType>(net: Trainable<D>): NetworkDescription {
  const { dtype, lossFunction, description } = networkOf(net);
  const loss = typeof lossFunction === "function" ? "custom" : lossFunction;
  return { format: FORMAT, version: VERSION, dtype, loss, layers: description.layers };
}

/**
 * A description from a file, checked as strictly as one that a program makes.
 *
 * @param value what JSON gave
 * @param options.file the file's name, for errors
 * @throws {FormatError} another version, unknown layers or words, or layers that do not fit each other
 * @example
 * const { layers } = parseDescription(JSON.parse(JSON.stringify(describeNetwork(net))), { file: "net.json" });
 */
export function parseDescription(value: unknown, options: { readonly file?: string } = {}): NetworkDescription {
  checkOptions<{ readonly file?: string }>("parseDescription", options, { file: 1 });
  const { file } = options;
  checkText("parseDescription: file", file);
  const refuse = (reason: string) => new FormatError(FORMAT, { kind: "description", reason }, file);
  const json = value as Json | undefined;
  if (!isObject(json)) throw refuse("no object");
  const given = new Map(Object.entries(json));
  if (given.get("format") !== FORMAT)
    throw refuse(`expected format "${FORMAT}", found ${describeValue(given.get("format"))}`);
  const version = given.get("version");
  if (version !== VERSION) {
    throw new FormatError(FORMAT, { kind: "version", expected: String(VERSION), found: describeValue(version) }, file);
  }
  checkKeys(json, KEYS, undefined, (reason) => refuse(reason));
  for (const [key, allowed] of [
    ["dtype", DTYPES],
    ["loss", LOSSES],
  ] as const) {
    const found = given.get(key);
    if (!(allowed as readonly unknown[]).includes(found)) {
      throw refuse(`${key}: expected ${allowed.join(", ")}, found ${describeValue(found)}`);
    }
  }
  const layers = given.get("layers");
  if (!Array.isArray(layers)) throw refuse(`layers: expected a list, found ${describeValue(layers)}`);
  for (const [i, layer] of layers.entries()) checkLayer(layer, (reason) => refuse(`layers[${i}]: ${reason}`));
  try {
    const known = parseLayers(layers);
    checkSequential({ kind: "sequential", layers: known });
    return { ...(json as unknown as NetworkDescription), layers: known };
  } catch (error) {
    if (error instanceof LanegradError) throw refuse(error.message);
    throw error;
  }
}

/** What `checkSequential` leaves to the compiler: which keys there are, and the types of the optional ones. */
function checkLayer(layer: Json, refuse: (reason: string) => FormatError): void {
  if (!isObject(layer)) throw refuse(`expected a layer, found ${describeValue(layer)}`);
  const given = new Map(Object.entries(layer));
  const kind = given.get("kind");
  const keys = LAYER_KEYS.get(kind);
  if (keys === undefined)
    throw refuse(`expected kind ${[...LAYER_KEYS.keys()].join(", ")}, found ${describeValue(kind)}`);
  checkKeys(layer, keys.must, keys.may, refuse);
  const slope = given.get("slope");
  if (slope !== undefined && (given.get("name") !== "leakyRelu" || typeof slope !== "number")) {
    throw refuse(`slope: expected a number, of leakyRelu, found ${describeValue(slope)}`);
  }
  const weights = given.get("weights");
  if (isObject(weights)) checkKeys(weights, ["std"], undefined, (reason) => refuse(`weights: ${reason}`));
}

function checkKeys(
  json: { readonly [key: string]: Json },
  must: readonly string[],
  may: string | undefined,
  refuse: (reason: string) => FormatError,
): void {
  for (const key of must) if (!Object.hasOwn(json, key)) throw refuse(`${key} is missing`);
  for (const key of Object.keys(json)) {
    if (!must.includes(key) && key !== may) throw refuse(`unknown key ${describeValue(key)}`);
  }
}
