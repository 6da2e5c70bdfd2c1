/**
 * The examples that a command works on: files or pictures from a folder, MNIST from the network, or the digits that come with the
 * repository.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Dataset, downloadMnist, loadCifar, loadMnist, type MnistVariant, RandomState, split } from "lanegrad";
import { packageRoot, relativePath } from "./files.ts";
import { type FlagsOf, named, UsageError, word } from "./flags.ts";
import { hasPictures, loadPictures } from "./picture_folder.ts";

export type Source = {
  readonly data?: string | undefined;
  readonly dataset?: "mnist" | undefined;
  readonly variant?: MnistVariant | undefined;
};

/** Every variant: the compiler refuses a list with one missing. */
const VARIANTS: { readonly [V in MnistVariant]: V } = {
  mnist: "mnist",
  qmnist: "qmnist",
  "emnist-balanced": "emnist-balanced",
  "emnist-byclass": "emnist-byclass",
  "emnist-bymerge": "emnist-bymerge",
  "emnist-digits": "emnist-digits",
  "emnist-letters": "emnist-letters",
  "emnist-mnist": "emnist-mnist",
};

/** The flags of data, for the table of a command. */
export const DATA_FLAGS: FlagsOf<Source> = {
  data: named(
    "DIR",
    "the four files of MNIST, Fashion-MNIST, KMNIST, EMNIST or QMNIST, or CIFAR-10's .bin files, plain or .gz; or PNG pictures in a " +
      "folder for each class (default: the repository's 10,000 bundled digits)",
  ),
  dataset: word(
    "mnist",
    ["mnist"],
    "all of MNIST, downloaded once into the user's cache folder (LANEGRAD_CACHE: another folder; " +
      "LANEGRAD_MNIST_MIRRORS: other addresses, separated by spaces)",
  ),
  variant: word(
    "V",
    Object.values(VARIANTS),
    "which dataset of --data DIR, where its folder has several (the one that is there)",
  ),
};

export type Digits = {
  readonly train: Dataset;
  readonly test: Dataset;
  /** Where they are from, for a person. */
  readonly folder: string;
  /** The folder itself. */
  readonly path: string;
  /** What they are, for a person: MNIST, the bundled digits, or the folder that was given. */
  readonly name: string;
  /** What is to be said of scores on them. */
  readonly note: string;
};

export const NOT_MNIST = "not a score on MNIST's test set: the bundled digits are split from MNIST's training images";

/** What is reported of a download. */
export type DownloadReport = (file: string, receivedBytes: number, totalBytes: number | undefined) => void;

/**
 * Loads what the flags name.
 *
 * @throws {UsageError} --data and --dataset, --variant without --data, or no flag where there are no bundled digits
 * @throws {OptionError} a folder of several variants
 * @throws {DatasetError} the files are missing or no dataset
 * @throws {IdxError} a file is damaged
 * @throws {DownloadError} no mirror has them
 */
export async function loadDigits(source: Source, report: DownloadReport, signal?: AbortSignal): Promise<Digits> {
  const { data, dataset, variant } = source;
  if (data !== undefined && dataset !== undefined) throw new UsageError("--data and --dataset exclude each other");
  if (variant !== undefined && data === undefined) throw new UsageError("--variant is for --data");
  if (data !== undefined) {
    const path = data.startsWith("file:") ? fileURLToPath(data) : data;
    const parts = { folder: data, path, name: relativePath(path), note: "" };
    switch (variant === undefined ? kindOf(path) : "mnist") {
      case "cifar":
        return { ...parts, ...(await loadCifar(data)) };
      case "pictures":
        return { ...parts, ...(await loadPictures(path)) };
      default:
        return { ...parts, ...(await loadMnist(data, variant && { variant })) };
    }
  }
  if (dataset === "mnist") {
    const folder = await download(undefined, report, signal);
    return { ...(await loadMnist(folder)), folder, path: folder, name: "MNIST", note: "" };
  }
  const bundled = join(packageRoot(), "data");
  if (!existsSync(join(bundled, "train-images-idx3-ubyte.gz"))) {
    throw new UsageError(
      "no data: --csv FILE --target COLUMN learns a table, --dataset mnist downloads MNIST, --data DIR reads its files; the bundled digits are in the repository only",
    );
  }
  return {
    ...(await loadMnist(bundled)),
    folder: "the repository's data folder",
    path: bundled,
    name: "the bundled digits",
    note: `a score on them is ${NOT_MNIST}`,
  };
}

/** A file of CIFAR-10, or the folder that its archive unpacks to. */
const CIFAR = /^(data_batch_\d+\.bin(\.gz)?|cifar-10-batches-bin)$/i;

/** What a folder holds; MNIST's files where it is nothing else, so that it is told which of them are missing. */
function kindOf(folder: string): "mnist" | "cifar" | "pictures" {
  const names = namesIn(folder);
  if (names.some((name) => CIFAR.test(name))) return "cifar";
  const isMnist = names.some((name) => /idx\d-(ubyte|int)/i.test(name));
  return !isMnist && hasPictures(folder) ? "pictures" : "mnist";
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // what reads the files says why not
  }
}

/** The examples of a part, for a person: their number, kind and size, and where they are from. */
export function examplesOf(digits: Digits, part: "train" | "test"): string {
  const { length, size, shape } = digits[part];
  const side = Math.sqrt(size);
  const square = Number.isInteger(side) ? `${side} × ${side}` : `${size} pixels`;
  const each = shape.length === 3 ? shape.slice(0, shape[2] === 1 ? 2 : 3).join(" × ") : square;
  return `${length} ${part === "train" ? "training" : "test"} images of ${each} (${digits.name})`;
}

/** Downloads MNIST into a folder, or the user's cache folder, where broken files are replaced; gives the folder. */
export async function download(
  cacheFolder: string | undefined,
  report: DownloadReport,
  signal?: AbortSignal,
  existing: "replace" | "refuse" = "replace",
): Promise<string> {
  const mirrors = process.env["LANEGRAD_MNIST_MIRRORS"]?.split(/\s+/).filter((mirror) => mirror !== "");
  return await downloadMnist({
    existing,
    onProgress: ({ file, receivedBytes, totalBytes }) => report(file, receivedBytes, totalBytes),
    ...(signal === undefined ? {} : { signal }),
    ...(cacheFolder === undefined ? {} : { cacheFolder }),
    ...(mirrors === undefined ? {} : { mirrors }),
  });
}

/** SHA-256 over the bytes of all images and labels: whether two runs have the same examples. */
export function sha256Of({ train, test }: Digits): string {
  const hash = createHash("sha256");
  for (const { inputs, labels } of [train, test]) hash.update(inputs).update(labels);
  return hash.digest("hex");
}

/**
 * Splits validation examples off, by a stream of its own that the seed gives: from each class its share.
 *
 * @throws {OptionError} a share that leaves nothing
 */
export function splitOff(examples: Dataset, share: number, seed: number): { train: Dataset; validation: Dataset } {
  const [validation, train] = split(examples, { share, random: new RandomState(seed), stratify: "classes" });
  return { train, validation };
}
