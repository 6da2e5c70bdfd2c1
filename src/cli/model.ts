/**
 * A trained network from what a person has at hand: a run's folder, a checkpoint, weights with their description in them, or
 * weights alone and a description next to them.
 */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  CheckpointFolder,
  decodeNetwork,
  decodeNpz,
  decodeSafetensors,
  type Engine,
  type FloatType,
  type Layer,
  type Naming,
  type Network,
  network,
  parseDescription,
  parseLoss,
  sequential,
  setWeights,
} from "lanegrad";
import { FileError, isFolder, readFile, relativePath } from "./files.ts";
import { type FlagsOf, named, word } from "./flags.ts";
import { readJsonObject } from "./options.ts";

export type ModelValues = {
  readonly network?: string | undefined;
  readonly naming?: Naming | undefined;
};

/** For the table of a command. */
export const MODEL_FLAGS: FlagsOf<ModelValues> = {
  network: named("FILE", "description of weights that have none in them (network.json next to them)"),
  naming: word("N", ["lanegrad", "pytorch"], "whose names such weights have: lanegrad or pytorch (lanegrad)"),
};

export type Model = {
  readonly net: Network<FloatType>;
  /** The file that it was read from. */
  readonly file: string;
};

/** What a folder is asked for, in this order. */
const IN_FOLDERS = ["weights.safetensors", "best.safetensors"];

/**
 * Reads a network. The caller disposes of it.
 *
 * @throws {FileError} there is none, or no description of it
 * @throws {FormatError} the file is damaged, or its tensors are not those of the description
 */
export async function openModel(engine: Engine, path: string, values: ModelValues): Promise<Model> {
  const file = await modelFileOf(path);
  const bytes = readFile(file);
  const isZip = bytes[0] === 0x50 && bytes[1] === 0x4b;
  const { tensors, metadata } = isZip
    ? { tensors: await decodeNpz(bytes, { file }), metadata: new Map<string, string>() }
    : decodeSafetensors(bytes, { file });
  if (values.network === undefined && metadata.has("lanegrad.network")) {
    return { net: decodeNetwork(engine, bytes, { file }), file };
  }
  const beside = join(dirname(file), "network.json");
  const descriptionFile = values.network ?? (existsSync(beside) ? beside : undefined);
  if (descriptionFile === undefined) {
    const names = tensors.slice(0, 4).map(({ name }) => name);
    throw new FileError(
      relativePath(file),
      `weights alone (${names.join(", ")}): --network FILE describes their network`,
    );
  }
  const { layers, dtype, loss, inputShape } = parseDescription(readJsonObject(descriptionFile), {
    file: relativePath(descriptionFile),
  });
  const { outputSize } = layers.filter((layer) => layer.kind === "dense").at(-1) ?? {};
  const known =
    loss === "custom"
      ? outputSize === 1
        ? { loss: "meanSquaredError" as const }
        : {}
      : { loss: typeof loss === "string" ? loss : parseLoss(loss) };
  const net = network<FloatType>(engine, sequential(...layers), {
    ...{ dtype, random: "none", ...known },
    ...(inputShape !== undefined && { inputShape }),
  });
  try {
    setWeights(net, tensors, { file, ...(values.naming === undefined ? {} : { naming: values.naming }) });
    return { net, file };
  } catch (error) {
    net.dispose();
    throw error;
  }
}

/** The file of a network: the path itself, or what a folder has. */
export async function modelFileOf(path: string): Promise<string> {
  return isFolder(path) ? await fileIn(path) : path;
}

async function fileIn(folder: string): Promise<string> {
  const found = IN_FOLDERS.map((name) => join(folder, name)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  const checkpoint = await new CheckpointFolder(relativePath(folder)).latest();
  if (checkpoint?.file !== undefined) return checkpoint.file;
  throw new FileError(relativePath(folder), `no network: neither ${IN_FOLDERS.join(" nor ")} nor a checkpoint`);
}

/** `784-512-10`, for a line: of images `28×28×1-6-16-120-84-10`. */
export function sizesOf(net: Network<FloatType>): string {
  return [net.inputShape.join("×"), ...layerSizes(net).slice(1)].join("-");
}

/** Numbers of an example, and of the outputs of each dense layer or the channels of each convolution. */
export function layerSizes({ inputSize, description }: Network<FloatType>): number[] {
  return [inputSize, ...outputsOf(description.layers)];
}

function outputsOf(layers: readonly Layer[]): number[] {
  return layers.flatMap((layer) => {
    switch (layer.kind) {
      case "dense":
        return [layer.outputSize];
      case "conv2d":
        return [layer.outChannels];
      case "sequential":
      case "residual":
        return outputsOf(layer.layers);
      default:
        return [];
    }
  });
}
