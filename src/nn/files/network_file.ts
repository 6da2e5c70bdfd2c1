/**
 * A whole network in a file: safetensors, with the description in its metadata.
 *
 *   metadata   lanegrad.network   the description, as JSON
 *              lanegrad.naming    whose names the tensors have: lanegrad (also without this), pytorch
 *   tensors    parameters and running statistics
 *
 * Not in it: what an optimizer knows, and how far dropout's masks have come. A checkpoint has those too, and is read here
 * as the network that it holds.
 */

import { checkText } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import type { FormatFault } from "../../formats/format_error.ts";
import { FormatError } from "../../formats/format_error.ts";
import { parseJson } from "../../formats/json.ts";
import { decodeSafetensors, encodeSafetensors } from "../../formats/safetensors.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Engine } from "../../wasm/engine.ts";
import { parseLoss } from "../described_losses.ts";
import type { CustomLayers } from "../layers/known.ts";
import type { Loss } from "../losses.ts";
import { Network } from "../network.ts";
import { networkOf, type Trainable } from "../trainable.ts";
import { describeNetwork, parsedDescription } from "./description.ts";
import { checkNaming, fitWeights, type Naming, type WeightsOptions, weightsOf, writeWeights } from "./weights.ts";

/** What a file does not contain. */
export type DecodeNetworkOptions = CustomLayers & {
  /** The file's name, for errors. */
  readonly file?: string;
  /** In place of the loss that the file names; needed where that is `custom`. */
  readonly loss?: Loss<FloatType>;
  /** Of dropout's masks, if training continues. Default 0. */
  readonly seed?: number;
};

const DESCRIPTION = "lanegrad.network";
const NAMING = "lanegrad.naming";

/**
 * The bytes of a safetensors file with all of a network: description, parameters, running statistics.
 *
 * A loss with options, such as `huberLoss({ delta: 2 })`, is recorded with them. A function of one's own is recorded as `custom`,
 * and must be given again to `decodeNetwork`.
 *
 * @throws {OptionError} an unknown naming
 * @throws {DisposedError} the network was disposed
 * @example
 * const bytes = encodeNetwork(net); // for a file, such as digits.safetensors
 */
export function encodeNetwork<D extends FloatType>(
  trainable: Trainable<D>,
  options: Pick<WeightsOptions, "naming"> = {},
): Uint8Array<ArrayBuffer> {
  checkOptions<Pick<WeightsOptions, "naming">>("encodeNetwork", options, { naming: 1 });
  const { naming = "lanegrad" } = options;
  const net = networkOf(trainable);
  return encodeWith(net, naming, {});
}

/** The file of a network, with more words about it. */
export function encodeWith<D extends FloatType>(
  net: Network<D>,
  naming: Naming,
  words: Readonly<Record<string, string>>,
): Uint8Array<ArrayBuffer> {
  const metadata = { [DESCRIPTION]: JSON.stringify(describeNetwork(net)), [NAMING]: naming, ...words };
  return encodeSafetensors(weightsOf(net, { naming }), metadata);
}

/**
 * The network in a file, with the same bits. The caller disposes of it.
 *
 * Strict: everything is checked before the network is made. A network of one output with `softmaxCrossEntropy`, which
 * `network` refuses, predicts as it did; `loss` gives it one that it can be trained and evaluated by.
 *
 * @throws {FormatError} a damaged file; a description of another version or of unknown layers; a tensor that is missing,
 *   unknown, of another shape or of another type: it is named
 * @throws {OptionError} the file's loss is `custom` and none is given
 * @throws {OptionError} `layers` has something that carries no layer
 * @throws {AllocationError} the engine's memory is too small
 * @example
 * using again = decodeNetwork(engine, encodeNetwork(net), { file: "digits.safetensors" });
 * again.outputSize; // → 10
 */
export function decodeNetwork(
  engine: Engine,
  bytes: Uint8Array,
  options: DecodeNetworkOptions = {},
): Network<FloatType> {
  checkOptions<DecodeNetworkOptions>("decodeNetwork", options, { file: 1, loss: 1, seed: 1, layers: 1 });
  const { file, loss, seed = 0 } = options;
  checkText("decodeNetwork: file", file);
  const { tensors, metadata } = decodeSafetensors(bytes, { file });
  const fail = (fault: FormatFault) => new FormatError("lanegrad network", fault, file);
  const { description, structure } = descriptionIn(metadata, fail, options);
  const { dtype, loss: named } = description;
  const naming = namingIn(metadata, fail);
  const fitted = fitWeights(structure, tensors, { naming, prefix: "", types: [dtype], fail });
  const wanted = loss === undefined ? named : loss;
  if (wanted === "custom") {
    throw new OptionError("loss", "the function that the network was trained with", loss, "files cannot hold it");
  }
  const net = new Network<FloatType>(
    engine,
    structure.description,
    {
      dtype,
      loss: typeof wanted === "object" ? parseLoss(wanted) : wanted,
      random: "none",
      seed,
      inputShape: structure.inputShape,
    },
    "file",
  );
  writeWeights(net, fitted);
  return net;
}

function descriptionIn(
  metadata: ReadonlyMap<string, string>,
  fail: (fault: FormatFault) => FormatError,
  { file, layers }: DecodeNetworkOptions,
): ReturnType<typeof parsedDescription> {
  const text = metadata.get(DESCRIPTION);
  if (text === undefined) {
    const reason = `no ${DESCRIPTION} in the metadata: weights alone, which loadWeights puts into a network`;
    throw fail({ kind: "description", reason });
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw fail({ kind: "description", reason: (error as SyntaxError).message });
  }
  return parsedDescription(value, { file, ...(layers !== undefined && { layers }) });
}

function namingIn(metadata: ReadonlyMap<string, string>, fail: (fault: FormatFault) => FormatError): Naming {
  const naming = metadata.get(NAMING) ?? "lanegrad";
  try {
    checkNaming(naming);
    return naming;
  } catch {
    throw fail({ kind: "description", reason: `${NAMING}: expected lanegrad or pytorch, found ${naming}` });
  }
}
