/**
 * CIFAR-10's binary files: colour photographs of 32 × 32 in ten classes.
 *
 *   data_batch_1.bin … data_batch_5.bin   10,000 records each, to learn from
 *   test_batch.bin                        10,000 records, to judge by
 *
 *   record   1 byte, the class · 1,024 bytes of red, 1,024 of green, 1,024 of blue, row by row
 *
 * Images become [32, 32, 3]: rows, columns, and the three colours of a pixel next to each other. Source:
 * https://www.cs.toronto.edu/~kriz/cifar.html.
 */

import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { identifyFile } from "../formats/identify.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { tagOf } from "../values.ts";
import { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES } from "./idx.ts";
import { locate } from "./location.ts";
import { type NamedFiles, type Place, placeOf, readNamed } from "./named_file.ts";
import { inflate } from "./read.ts";

/** What batches make of the bytes; by default, floats from 0 to 1 and class numbers. */
export type CifarOptions = {
  /** Bytes become floats from 0 to 1, not from 0 to 255. */
  readonly normalize?: boolean;
  /** A target is a row with a single 1, not a class number. */
  readonly oneHotLabel?: boolean;
  /** The most that one file may hold, before and after inflation. */
  readonly maxBytes?: number;
};

/** Both parts of the dataset. */
export type Cifar = {
  /** To learn from: 50,000 photographs. */
  readonly train: Dataset<Uint8Array>;
  /** To judge by: 10,000 photographs. */
  readonly test: Dataset<Uint8Array>;
};

/** Images and labels of one file. */
export type CifarBatch = {
  /** n × 32 × 32 × 3 */
  readonly images: Uint8Array;
  /** n class numbers. */
  readonly labels: Uint8Array;
};

const SIDE = 32;
const CHANNELS = 3;
const PLANE = 1024; // SIDE · SIDE
const SIZE = 3072; // CHANNELS · PLANE
const RECORD = 3073; // a label, and an image
const CLASS_NAMES = [
  ...["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"],
] as const;
const TEST = "test_batch.bin";
/** The folder that the published archive unpacks to. */
const FOLDER = "cifar-10-batches-bin";

/**
 * Loads both parts from a folder, or the folder `cifar-10-batches-bin` in it; in a browser from a base address without query, or
 * from files that are there already. Files may be gzip-compressed. Where names can be listed, every `data_batch_N.bin` is read, at
 * least one; elsewhere the five that are published.
 *
 * @throws {DatasetError} (rejects) a file is missing, unreadable or too large, is not whole records, or has a label that is not a
 *   class
 * @throws {IdxError} (rejects) damaged gzip
 * @throws {OptionError} (rejects) no source, or an invalid option
 * @example
 * const file = new Uint8Array(3073); // a black airplane
 * const { train } = await loadCifar(new Map([["data_batch_1.bin", file], ["test_batch.bin", file]]));
 * train.inputShape; // → [1, 32, 32, 3]
 */
export async function loadCifar(source: string | URL | NamedFiles, options: CifarOptions = {}): Promise<Cifar> {
  checkOptions<CifarOptions>("loadCifar", options, { normalize: 1, oneHotLabel: 1, maxBytes: 1 });
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  checkMaxBytes(maxBytes);
  for (const key of ["normalize", "oneHotLabel"] as const) {
    if (options[key] !== undefined) checkType(`loadCifar: ${key}`, "boolean", options[key]);
  }
  if (typeof source !== "string" && !["Map", "URL"].includes(tagOf(source))) {
    throw new OptionError("loadCifar: source", "a folder, an address or a Map of files", source);
  }
  const given = tagOf(source) === "Map" ? (source as NamedFiles) : String(source);
  if (given === "") throw new OptionError("source", "a folder or an address", given);
  if (typeof given !== "string")
    for (const name of given.keys()) checkType("loadCifar: source: a name", "string", name);
  const place = await placeWithFiles(await placeOf(given));
  const train: Read[] = [];
  for (const name of trainNames(place)) train.push(await batchIn(place, name, maxBytes));
  return {
    train: datasetOf("CIFAR-10 train", train, options),
    test: datasetOf("CIFAR-10 test", [await batchIn(place, TEST, maxBytes)], options),
  };
}

/**
 * Parses the content of one file.
 *
 * @param file names it in errors
 * @throws {DatasetError} no records, or not whole ones; a label that is not a class
 * @throws {OptionError} no bytes
 * @example
 * const { images, labels } = parseCifar(new Uint8Array(2 * 3073));
 * [images.length, labels.length]; // → [6144, 2]
 */
export function parseCifar(given: Uint8Array, file: string = "CIFAR-10 data"): CifarBatch {
  const bytes = bytesOf("parseCifar: bytes", given);
  checkType("parseCifar: file", "string", file);
  const count = bytes.length / RECORD;
  if (count === 0) throw new DatasetError({ kind: "empty", file });
  if (!Number.isInteger(count)) {
    const expected = `records of ${RECORD} bytes`;
    throw new DatasetError({ kind: "shape", file, expected, found: `${bytes.length} bytes` });
  }
  const labels = new Uint8Array(count);
  const images = new Uint8Array(count * SIZE);
  for (let i = 0; i < count; i++) {
    const label = bytes[i * RECORD] as number;
    const classes = CLASS_NAMES.length;
    if (label >= classes) throw new DatasetError({ kind: "label", file, position: i, value: label, classes });
    labels[i] = label;
    for (let channel = 0; channel < CHANNELS; channel++) {
      const from = i * RECORD + 1 + channel * PLANE;
      let to = i * SIZE + channel;
      for (let pixel = 0; pixel < PLANE; pixel++, to += CHANNELS) images[to] = bytes[from + pixel] as number;
    }
  }
  return { images, labels };
}

type Read = CifarBatch & { readonly file: string };

/** The place itself, or the folder in it that has the files. */
async function placeWithFiles(place: Place): Promise<Place> {
  const { source, names } = place;
  if (typeof source !== "string" || names === undefined || numbersOf(names).length > 0) return place;
  const folder = names.find((name) => name.toLowerCase() === FOLDER);
  return folder === undefined ? place : await placeOf(locate(source, folder));
}

/** The training files, by their numbers. */
function trainNames({ names }: Place): readonly string[] {
  const found = names === undefined ? [1, 2, 3, 4, 5] : numbersOf(names);
  return (found.length === 0 ? [1] : found).map((number) => `data_batch_${number}.bin`);
}

function numbersOf(names: readonly string[]): number[] {
  const numbers = names.flatMap((name) => {
    const number = /^data_batch_([1-9]\d{0,3})\.bin(\.gz)?$/i.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
  return [...new Set(numbers)].sort((a, b) => a - b);
}

async function batchIn(place: Place, name: string, maxBytes: number): Promise<Read> {
  const { file, bytes } = await readNamed(place, name, maxBytes);
  if (bytes.length > maxBytes) throw new DatasetError({ kind: "too-large", file, limit: maxBytes });
  const isGzip = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const content = isGzip ? await inflate(bytes, maxBytes, file) : bytes;
  try {
    return { ...parseCifar(content, file), file };
  } catch (error) {
    throw await explained(error, content, file);
  }
}

/** The error, with what the file is instead of records. */
async function explained(error: unknown, content: Uint8Array, file: string): Promise<unknown> {
  if (!(error instanceof DatasetError) || error.fault.kind === "empty") return error;
  const kind = await identifyFile(content);
  if (kind === undefined) return error;
  const cure = kind.cure && `: ${kind.cure}`;
  return new DatasetError({
    kind: "shape",
    file,
    expected: `records of ${RECORD} bytes`,
    found: `${kind.name}${cure}`,
  });
}

function datasetOf(name: string, batches: readonly Read[], options: CifarOptions): Dataset<Uint8Array> {
  const { normalize = true, oneHotLabel = false } = options;
  const files = batches.map(({ file }) => file).join(", ");
  return new Dataset({
    name,
    inputs: joined(batches.map(({ images }) => images)),
    labels: joined(batches.map(({ labels }) => labels)),
    shape: [SIDE, SIDE, CHANNELS],
    classes: CLASS_NAMES.length,
    classNames: CLASS_NAMES,
    scale: normalize ? 1 / 255 : 1,
    targets: oneHotLabel ? "oneHot" : "labels",
    files: { inputs: files, labels: files },
  });
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
