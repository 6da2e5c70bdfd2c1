/**
 * MNIST, and whatever else comes as the same four files: 28 × 28 grey bytes of ten classes.
 *
 *   train-images-idx3-ubyte   60,000 × 28 × 28      t10k-images-idx3-ubyte   10,000 × 28 × 28
 *   train-labels-idx1-ubyte   60,000                t10k-labels-idx1-ubyte   10,000
 *
 * Each plain or as `.gz`. The counts and the size of an image are read from the files.
 */

import { readBytes } from "#platform";
import { checkType } from "../arguments.ts";
import { DatasetError, OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { tagOf } from "../values.ts";
import { Dataset } from "./dataset.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES, type IdxOf, readIdx } from "./idx.ts";
import { locate } from "./location.ts";

/** What batches make of the bytes; by default, floats from 0 to 1 in rows of 784, and class numbers. */
export type MnistOptions = {
  /** Bytes become floats from 0 to 1, not from 0 to 255. */
  readonly normalize?: boolean;
  /** An image is one row of 784, not 1 × 28 × 28. */
  readonly flatten?: boolean;
  /** A target is a row of ten with a single 1, not a class number. */
  readonly oneHotLabel?: boolean;
  /** The most that one file may hold, before and after inflation. */
  readonly maxBytes?: number;
};

/** Both parts of a dataset, each with its own labels. */
export type Mnist = {
  /** To learn from: 60,000 of MNIST's own. */
  readonly train: Dataset<Uint8Array>;
  /** To judge by: 10,000 of MNIST's own. */
  readonly test: Dataset<Uint8Array>;
};

const CLASSES = 10;

/** Bytes of files by name, as a page has them that were chosen or dropped. */
export type NamedFiles = ReadonlyMap<string, Uint8Array>;

/** One of the four files, as it was found. */
type Found = { readonly file: string; readonly array: IdxOf<"uint8"> };

/**
 * Loads both parts from a folder, in a browser from a base address without query, or from files that are there already.
 *
 * Images and labels stay bytes: the options say what a batch makes of them. Where a file is there twice, the plain one
 * is read.
 *
 * @throws {DatasetError} a file is missing, unreadable or too large; counts disagree; a label above 9; no examples;
 *   images of another size in the two parts
 * @throws {IdxError} a file is truncated, damaged, or something else: images for labels
 * @throws {OptionError} no source, or a `maxBytes` that is none
 *
 * @example
 * const { train, test } = await loadMnist("data");
 * train.inputShape; // → [8000, 784]
 */
export async function loadMnist(source: string | URL | NamedFiles, options: MnistOptions = {}): Promise<Mnist> {
  checkOptions<MnistOptions>("loadMnist", options, { normalize: 1, flatten: 1, oneHotLabel: 1, maxBytes: 1 });
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  checkMaxBytes(maxBytes);
  for (const key of ["normalize", "flatten", "oneHotLabel"] as const) {
    if (options[key] !== undefined) checkType(`loadMnist: ${key}`, "boolean", options[key]);
  }
  if (typeof source !== "string" && !["Map", "URL"].includes(tagOf(source))) {
    throw new OptionError("loadMnist: source", "a folder, an address or a Map of files", source);
  }
  const folder = tagOf(source) === "Map" ? (source as NamedFiles) : String(source);
  if (folder === "") throw new OptionError("source", "a folder or an address", folder);

  // One file after another: in parallel, the compressed bytes of all four would be held at once.
  const trainLabels = await find(folder, "train-labels-idx1-ubyte", 1, maxBytes);
  const trainImages = await find(folder, "train-images-idx3-ubyte", 3, maxBytes);
  const testLabels = await find(folder, "t10k-labels-idx1-ubyte", 1, maxBytes);
  const testImages = await find(folder, "t10k-images-idx3-ubyte", 3, maxBytes);

  const train = part("MNIST train", trainImages, trainLabels, options);
  const test = part("MNIST test", testImages, testLabels, options);
  checkSameSize(trainImages, testImages);
  return { train, test };
}

async function find(folder: string | NamedFiles, name: string, rank: 1 | 3, maxBytes: number): Promise<Found> {
  const names = [name, `${name}.gz`];
  const looked = typeof folder === "string" ? names.map((file) => locate(folder, file)) : names;
  for (const file of looked) {
    const bytes = typeof folder === "string" ? await readBytes(file, maxBytes) : folder.get(file);
    if (bytes !== undefined) return { file, array: await readIdx(bytes, { rank, type: "uint8", file, maxBytes }) };
  }
  throw new DatasetError({ kind: "missing", file: name, looked });
}

function part(name: string, images: Found, labels: Found, options: MnistOptions): Dataset<Uint8Array> {
  const { normalize = true, flatten = true, oneHotLabel = false } = options;
  const [, rows = 0, columns = 0] = images.array.shape;
  return new Dataset({
    name,
    inputs: images.array.data,
    labels: labels.array.data,
    shape: flatten ? [rows * columns] : [1, rows, columns],
    classes: CLASSES,
    scale: normalize ? 1 / 255 : 1,
    targets: oneHotLabel ? "oneHot" : "labels",
    files: { inputs: images.file, labels: labels.file },
  });
}

function checkSameSize(train: Found, test: Found): void {
  const [, ...expected] = train.array.shape;
  const [, ...found] = test.array.shape;
  if (expected.join() === found.join()) return;
  throw new DatasetError({
    kind: "shape",
    file: test.file,
    expected: `images of ${expected.join(" × ")} as in ${train.file}`,
    found: found.join(" × "),
  });
}
