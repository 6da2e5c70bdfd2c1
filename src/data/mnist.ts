/**
 * MNIST, and whatever else comes as the same four files: grey bytes of characters or clothes in classes.
 *
 *   train-images-idx3-ubyte   60,000 × 28 × 28      t10k-images-idx3-ubyte   10,000 × 28 × 28
 *   train-labels-idx1-ubyte   60,000                t10k-labels-idx1-ubyte   10,000
 *
 * Each plain or as `.gz`, with a dot in place of the second dash, or in a folder of its own name. The counts and the size of
 * an image are read from the files.
 */

import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { tagOf } from "../values.ts";
import { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES, type IdxOf, readIdx } from "./idx.ts";
import { hasFile, type NamedFiles, type Place, placeOf, readNamed } from "./named_file.ts";
import type { LabelArray } from "./parts.ts";
import { type MnistVariant, VARIANTS, type VariantFacts } from "./variants.ts";

export type { NamedFiles } from "./named_file.ts";
export type { MnistVariant } from "./variants.ts";

/** What batches make of the bytes; by default, floats from 0 to 1 in rows of 784, and class numbers. */
export type MnistOptions = {
  /** Bytes become floats from 0 to 1, not from 0 to 255. */
  readonly normalize?: boolean;
  /** An image is one row of 784, not 1 × 28 × 28. */
  readonly flatten?: boolean;
  /** A target is a row with a single 1, not a class number. */
  readonly oneHotLabel?: boolean;
  /** The most that one file may hold, before and after inflation. */
  readonly maxBytes?: number;
  /**
   * The dataset, which determines the names of the files and the defaults of the options below. Default: MNIST, whose names
   * Fashion-MNIST and KMNIST share; where a folder can be listed and has no such files, the only variant in it.
   */
  readonly variant?: MnistVariant;
  /** How many classes there are. Default: 10; 26 for EMNIST's letters, 47 for `balanced` and `bymerge`, 62 for `byclass`. */
  readonly classes?: number;
  /** The label of the first class in the files, which becomes class 0. Default: 0; 1 for EMNIST's letters. */
  readonly firstLabel?: number;
  /** Whether the files have the columns of each image where MNIST has its rows; images are turned back. Default: for EMNIST. */
  readonly transposed?: boolean;
};

/** Both parts of a dataset, each with its own labels. */
export type Mnist = {
  /** To learn from: 60,000 of MNIST's own. */
  readonly train: Dataset<Uint8Array>;
  /** To judge by: 10,000 of MNIST's own. */
  readonly test: Dataset<Uint8Array>;
};

/** Images or labels of a part, as they were found. */
type Images = { readonly file: string; readonly array: IdxOf<"uint8"> };
type Labels = { readonly file: string; readonly labels: LabelArray };

/**
 * Loads both parts from a folder, in a browser from a base address without query, or from files that are there already.
 *
 * Images and labels stay bytes: the options say what a batch makes of them. Where a file is there several times, the plain one
 * under MNIST's own name is read.
 *
 * @throws {DatasetError} (rejects) a file is missing, unreadable or too large; counts disagree; a label that is not a class; no
 *   examples; images of another size in the two parts
 * @throws {IdxError} (rejects) a file is truncated, damaged, or something else: images for labels
 * @throws {OptionError} (rejects) no source, an unknown `variant` or several in the folder, or an invalid number
 *
 * @example
 * const { train, test } = await loadMnist("data");
 * train.inputShape; // → [8000, 784]
 */
export async function loadMnist(source: string | URL | NamedFiles, options: MnistOptions = {}): Promise<Mnist> {
  checkOptions<MnistOptions>("loadMnist", options, {
    ...{ normalize: 1, flatten: 1, oneHotLabel: 1, maxBytes: 1, variant: 1, classes: 1, firstLabel: 1, transposed: 1 },
  });
  const { maxBytes = DEFAULT_MAX_BYTES } = options;
  checkMaxBytes(maxBytes);
  for (const key of ["normalize", "flatten", "oneHotLabel", "transposed"] as const) {
    if (options[key] !== undefined) checkType(`loadMnist: ${key}`, "boolean", options[key]);
  }
  if (typeof source !== "string" && !["Map", "URL"].includes(tagOf(source))) {
    throw new OptionError("loadMnist: source", "a folder, an address or a Map of files", source);
  }
  const folder = tagOf(source) === "Map" ? (source as NamedFiles) : String(source);
  if (folder === "") throw new OptionError("source", "a folder or an address", folder);
  if (typeof folder !== "string")
    for (const name of folder.keys()) checkType("loadMnist: source: a name", "string", name);
  const place = await placeOf(folder);
  const facts = factsOf(place, options);

  // One file after another: in parallel, the compressed bytes of all four would be held at once.
  const [train, test] = facts.parts;
  const trainLabels = await labelsIn(place, train, facts, maxBytes);
  const trainImages = await imagesIn(place, train, maxBytes);
  const testLabels = await labelsIn(place, test, facts, maxBytes);
  const testImages = await imagesIn(place, test, maxBytes);

  const parts = {
    train: part("train", trainImages, trainLabels, facts, options),
    test: part("test", testImages, testLabels, facts, options),
  };
  checkSameSize(trainImages, testImages);
  return parts;
}

/** What is known of the files: by their variant, or as the options say. */
function factsOf(place: Place, { variant, classes, firstLabel, transposed }: MnistOptions): VariantFacts {
  if (!(variant === undefined || Object.hasOwn(VARIANTS, variant))) {
    throw new OptionError("loadMnist: variant", `one of ${Object.keys(VARIANTS).join(", ")}`, variant);
  }
  if (!(firstLabel === undefined || (Number.isInteger(firstLabel) && firstLabel >= 0))) {
    throw new OptionError("loadMnist: firstLabel", "an integer from 0", firstLabel);
  }
  if (!(classes === undefined || (Number.isInteger(classes) && classes >= 1))) {
    throw new OptionError("loadMnist: classes", "a positive integer", classes);
  }
  const known = VARIANTS[variant ?? variantIn(place)];
  const { classNames, ...facts } = known;
  return {
    ...facts,
    ...(classes === undefined || classes === facts.classes ? classNames && { classNames } : { classes }),
    ...(firstLabel === undefined ? {} : { firstLabel }),
    ...(transposed === undefined ? {} : { transposed }),
  };
}

/** MNIST, if nothing is known of the names; the only variant whose files are there. */
function variantIn(place: Place): MnistVariant {
  const variants = Object.keys(VARIANTS) as MnistVariant[];
  const found = variants.filter((variant) => hasFile(place, imagesName(VARIANTS[variant].parts[0])));
  const [first = "mnist", ...others] = found;
  if (first === "mnist" || others.length === 0) return first;
  throw new OptionError("loadMnist: variant", `the files are those of ${found.join(", ")}; pass one of these names`);
}

function imagesName(prefix: string): string {
  return `${prefix}-images-idx3-ubyte`;
}

async function imagesIn(place: Place, prefix: string, maxBytes: number): Promise<Images> {
  const { file, bytes } = await readNamed(place, imagesName(prefix), maxBytes);
  return { file, array: await readIdx(bytes, { rank: 3, type: "uint8", file, maxBytes }) };
}

async function labelsIn(place: Place, prefix: string, facts: VariantFacts, maxBytes: number): Promise<Labels> {
  const { file, bytes } = await readNamed(place, `${prefix}-labels-${facts.labels}`, maxBytes);
  if (facts.labels === "idx1-ubyte") {
    const { data } = await readIdx(bytes, { rank: 1, type: "uint8", file, maxBytes });
    return { file, labels: fromFirst(data, file, facts) };
  }
  const { data, shape } = await readIdx(bytes, { rank: 2, type: "int32", file, maxBytes });
  const [count = 0, width = 0] = shape;
  if (count > 0 && width === 0) {
    throw new DatasetError({ kind: "shape", file, expected: "rows that begin with the class", found: `${count} × 0` });
  }
  return {
    file,
    labels: fromFirst(
      Int32Array.from({ length: count }, (_, row) => data[row * width] as number),
      file,
      facts,
    ),
  };
}

/**
 * Labels that count from 0: the file's own, or a copy.
 *
 * @throws {DatasetError} the first that is not a class
 */
function fromFirst<L extends LabelArray>(labels: L, file: string, { firstLabel: first, classes }: VariantFacts): L {
  const position = labels.findIndex((label) => label < first || label >= first + classes);
  if (position >= 0) {
    const value = labels[position] as number;
    const cure = "loadMnist takes variant, classes and firstLabel for other datasets";
    throw new DatasetError({ kind: "label", file, position, value, classes, first, cure });
  }
  return first === 0 ? labels : (labels.map((label) => label - first) as L);
}

function part(
  name: "train" | "test",
  images: Images,
  { file, labels }: Labels,
  { title, classes, classNames, transposed }: VariantFacts,
  options: MnistOptions,
): Dataset<Uint8Array> {
  const { normalize = true, flatten = true, oneHotLabel = false } = options;
  const { data } = images.array;
  const [, first = 0, second = 0] = images.array.shape;
  const [rows, columns] = transposed ? [second, first] : [first, second];
  return new Dataset({
    name: `${title} ${name}`,
    inputs: transposed ? transposedImages(data, first, second) : data,
    labels,
    shape: flatten ? [rows * columns] : [1, rows, columns],
    classes,
    ...(classNames && { classNames }),
    scale: normalize ? 1 / 255 : 1,
    targets: oneHotLabel ? "oneHot" : "labels",
    files: { inputs: images.file, labels: file },
  });
}

/** Images of height × width bytes, each turned over its diagonal. */
function transposedImages(images: Uint8Array, height: number, width: number): Uint8Array {
  const turned = new Uint8Array(images.length);
  const size = height * width;
  let to = 0;
  for (let start = 0; start < images.length; start += size) {
    for (let column = start; column < start + width; column++) {
      for (let from = column; from < start + size; from += width) turned[to++] = images[from] as number;
    }
  }
  return turned;
}

function checkSameSize(train: Images, test: Images): void {
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
