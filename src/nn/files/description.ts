/**
 * A network without its numbers, as JSON with a version:
 *
 *   { "format": "lanegrad network", "version": 1, "dtype": "float32", "loss": "softmaxCrossEntropy",
 *     "layers": [{ "kind": "dense", "inputSize": 784, "outputSize": 50 }, { "kind": "activation", "name": "relu" }, …] }
 */

import { checkText } from "../../arguments.ts";
import { LanegradError } from "../../errors.ts";
import { FormatError } from "../../formats/format_error.ts";
import { isObject, type Json } from "../../formats/json.ts";
import { checkOptions } from "../../options.ts";
import type { Shape } from "../../tensor/layout.ts";
import { describeValue } from "../../values.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { descriptionOfLoss, parseLoss } from "../described_losses.ts";
import { type CustomLayers, parseLayers } from "../layers/known.ts";
import type { Layer, Sequential } from "../layers/layer.ts";
import { sequential } from "../layers/sequential.ts";
import { type Structure, structureOf } from "../layers/structure.ts";
import type { LossDescription, LossName } from "../losses.ts";
import { networkOf, type Trainable } from "../trainable.ts";

/** The description of a network: plain data, serializable as JSON. */
export type NetworkDescription = {
  /** What identifies such a file. */
  readonly format: "lanegrad network";
  /** Of the format: 2 if the layers are not in version 1, or have no number of inputs. */
  readonly version: 1 | 2;
  readonly dtype: FloatType;
  /** `custom`: a function, which no file can hold. */
  readonly loss: LossName | LossDescription | "custom";
  /** The shape of one example, if the first layer with parameters does not give it. */
  readonly inputShape?: Shape;
  /** From the input to the output, with all sizes. */
  readonly layers: readonly Layer[];
};

const FORMAT = "lanegrad network";
const VERSIONS: readonly unknown[] = [1, 2];
const DTYPES = ["float32", "float64"];
const LOSSES = ["softmaxCrossEntropy", "binaryCrossEntropyWithLogits", "meanSquaredError", "squaredError", "custom"];
const KEYS = ["format", "version", "dtype", "loss", "layers"];
/** What version 1 can describe. */
const FIRST_KINDS = ["dense", "activation", "dropout", "batchNorm"];

/**
 * The description of a network, without its parameters.
 *
 * @example
 * const { layers, dtype } = describeNetwork(net);
 * using another = network(engine, sequential(...layers), { dtype, seed: 1 });
 */
export function describeNetwork<D extends FloatType>(net: Trainable<D>): NetworkDescription {
  const { dtype, lossFunction, description, inputShape } = networkOf(net);
  const { layers } = description;
  const loss = typeof lossFunction === "function" ? (descriptionOfLoss(lossFunction) ?? "custom") : lossFunction;
  const isFirst = layers.every(({ kind }) => FIRST_KINDS.includes(kind)) && layers.some(({ kind }) => kind === "dense");
  const version = isFirst && inputShape.length === 1 ? 1 : 2;
  return { format: FORMAT, version, dtype, loss, ...(version === 2 && { inputShape }), layers };
}

/** What a file does not contain of its layers. */
export type ParseOptions = CustomLayers & {
  /** The file's name, for errors. */
  readonly file?: string | undefined;
};

/**
 * A description from a file, checked as strictly as one that a program makes.
 *
 * @param value what JSON gave
 * @param options the file's name, for errors, and layers that are not the library's
 * @throws {FormatError} another version, unknown layers or words, or layers that do not fit each other
 * @example
 * const { layers } = parseDescription(JSON.parse(JSON.stringify(describeNetwork(net))), { file: "net.json" });
 */
export function parseDescription(value: unknown, options: ParseOptions = {}): NetworkDescription {
  return parsedDescription(value, options).description;
}

/** The description and what its layers come to. */
export function parsedDescription(
  value: unknown,
  options: ParseOptions,
): { readonly description: NetworkDescription; readonly structure: Structure } {
  checkOptions<ParseOptions>("parseDescription", options, { file: 1, layers: 1 });
  const { file } = options;
  checkText("parseDescription: file", file);
  const refuse = (reason: string) => new FormatError(FORMAT, { kind: "description", reason }, file);
  const json = value as Json | undefined;
  if (!isObject(json)) throw refuse("no object");
  const given = new Map(Object.entries(json));
  if (given.get("format") !== FORMAT)
    throw refuse(`expected format "${FORMAT}", found ${describeValue(given.get("format"))}`);
  const version = given.get("version");
  if (!VERSIONS.includes(version)) {
    const expected = VERSIONS.join(" or ");
    throw new FormatError(FORMAT, { kind: "version", expected, found: describeValue(version) }, file);
  }
  checkKeys(json, KEYS, version === 2 ? "inputShape" : undefined, refuse);
  for (const [key, allowed] of [
    ["dtype", DTYPES],
    ["loss", LOSSES],
  ] as const) {
    const found = given.get(key);
    if (key === "loss" && isObject(found)) continue;
    if (!(allowed as readonly unknown[]).includes(found)) {
      throw refuse(`${key}: expected ${allowed.join(", ")}, found ${describeValue(found)}`);
    }
  }
  const layers = given.get("layers");
  if (!Array.isArray(layers)) throw refuse(`layers: expected a list, found ${describeValue(layers)}`);
  try {
    const loss = given.get("loss");
    if (isObject(loss)) parseLoss(loss);
    const known = parseLayers(layers, options.layers && { layers: options.layers });
    const structure = structureOf(sequential(...known), given.get("inputShape") as Shape | undefined);
    checkComplete("", layers, (structure.description as Sequential).layers, refuse);
    const description = { ...(json as unknown as NetworkDescription), layers: known };
    return { description, structure };
  } catch (error) {
    if (error instanceof LanegradError && !(error instanceof FormatError)) throw refuse(error.message);
    throw error;
  }
}

/** Files leave nothing to be inferred: a size that is missing is an error, not another network. */
function checkComplete(
  place: string,
  given: readonly unknown[] | object,
  complete: readonly unknown[] | object,
  refuse: (reason: string) => FormatError,
): void {
  for (const [key, value] of Object.entries(complete)) {
    if (!Object.hasOwn(given, key)) throw refuse(`${place}${key} is missing`);
    const before = (given as Readonly<Record<string, unknown>>)[key];
    const inner = Array.isArray(complete) ? `layers[${key}]: ` : `${place}${key}: `;
    if (typeof value === "object" && value !== null) checkComplete(inner, before as object, value, refuse);
  }
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
