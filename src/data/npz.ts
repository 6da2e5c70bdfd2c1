/** Datasets in NumPy's archives of arrays. */

import { checkSource, checkType } from "../arguments.ts";
import { openNpz } from "../formats/npz.ts";
import { checkOptions } from "../options.ts";
import { type ArrayNames, DETAIL_KEYS, datasetFromNamedArrays, noSuchArray } from "./arrays.ts";
import type { Dataset } from "./dataset.ts";
import { DatasetError } from "./dataset_error.ts";
import { checkMaxBytes, DEFAULT_MAX_BYTES } from "./idx.ts";
import { readFile } from "./read.ts";

/** Which arrays are inputs and targets, and what they mean. */
export type NpzOptions = Omit<ArrayNames, "name"> & {
  /** What the examples are, for people. Default: the file. */
  readonly name?: string;
  /** The most bytes that the file, and the arrays that are read when inflated, may hold. Default: 256 MiB. */
  readonly maxBytes?: number;
};

/**
 * A dataset of two arrays in an .npz file, or in a browser at an address. Nothing is looked at of the file's other entries.
 *
 * @throws {DatasetError} (rejects) the file is missing, unreadable or too large, has no array of a name, or its arrays are
 *   no dataset
 * @throws {FormatError} (rejects) no .npz file, or an array of text, objects or records
 * @throws {OptionError} (rejects) what `datasetFromArrays` refuses, or an invalid `maxBytes`
 * @example
 * const train = await loadNpz("digits.npz", { inputs: "x_train", labels: "y_train", scale: 1 / 255 });
 */
export async function loadNpz(source: string | URL, options: NpzOptions): Promise<Dataset> {
  checkSource("loadNpz: source", source);
  checkType("loadNpz: options", "object", options);
  checkOptions<NpzOptions>("loadNpz", options, { ...DETAIL_KEYS, inputs: 1, labels: 1, targets: 1, maxBytes: 1 });
  const file = String(source);
  const { maxBytes = DEFAULT_MAX_BYTES, name = file, ...names } = options;
  checkMaxBytes(maxBytes);
  const bytes = await readFile(file, maxBytes);
  if (bytes === undefined) throw new DatasetError({ kind: "missing", file, looked: [file] });
  const archive = openNpz(bytes, { file, maxBytes });
  const wanted = [names.inputs, names.labels, names.targets].filter((array) => array !== undefined);
  const missing = wanted.find((array) => !archive.has(array));
  if (missing !== undefined) throw noSuchArray(missing, archive.names);
  return datasetFromNamedArrays(await archive.read(wanted), { ...names, name });
}
