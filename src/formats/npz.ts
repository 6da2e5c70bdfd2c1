/**
 * .npz, NumPy's archive of arrays: a zip file with one .npy file for each, `W1.npy`, `b1.npy` …
 */
import { checkText } from "../arguments.ts";
import { FormatError, OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { checkNamedArrays, type NamedArray } from "./arrays.ts";
import { decodeNpy, encodeNpy } from "./npy.ts";
import { decodeZip, encodeZip } from "./zip.ts";

/** What errors call the file, and how large it may be. */
export type DecodeNpzOptions = {
  /** The file's name, for errors. */
  readonly file?: string;
  /** The most bytes that the arrays' files may hold together, inflated. Default: 1 GiB. */
  readonly maxBytes?: number;
};

const EXTENSION = ".npy";
const DEFAULT_MAX_BYTES = 2 ** 30;

/**
 * The bytes of an .npz file, as `numpy.savez` writes one: entries are stored, not compressed. The same arrays give the
 * same bytes: entries bear the date 1980-01-01.
 *
 * @throws {OptionError} a name that comes twice, is empty or leads out of a folder, more than 8 axes, data that does not
 *   fill its shape, or 4 GiB and more
 * @example
 * const bytes = encodeNpz(weightsOf(net));
 */
export function encodeNpz(arrays: readonly NamedArray[]): Uint8Array<ArrayBuffer> {
  checkNamedArrays("npz", arrays);
  return encodeZip(
    arrays.map(({ name, ...array }) => {
      if (name === "") throw new OptionError("npz: name", "a name", name);
      return { name: name + EXTENSION, content: encodeNpy(array) };
    }),
  );
}

/**
 * Reads an .npz file, compressed or not. Elements are copied; types and orders as for `decodeNpy`.
 *
 * @returns the arrays in the archive's order
 * @throws {FormatError} damaged, of another format, larger than `maxBytes`, or with anything but arrays of numbers:
 *   nothing else is thrown for any bytes
 * @throws {OptionError} `maxBytes` is not a whole number from 1
 * @example
 * const arrays = await decodeNpz(encodeNpz(weightsOf(net)), { file: "weights.npz" });
 * arrays.map(({ name }) => name); // → ["W1", "b1", "W2", "b2"]
 */
export async function decodeNpz(bytes: Uint8Array, options: DecodeNpzOptions = {}): Promise<readonly NamedArray[]> {
  checkOptions<DecodeNpzOptions>("decodeNpz", options, { file: 1, maxBytes: 1 });
  const { file, maxBytes = DEFAULT_MAX_BYTES } = options;
  checkText("decodeNpz: file", file);
  if (!(Number.isSafeInteger(maxBytes) && maxBytes >= 1)) {
    throw new OptionError("maxBytes", "a whole number from 1", maxBytes);
  }
  const entries = await decodeZip(bytesOf("decodeNpz: bytes", bytes), { maxBytes, file });
  return entries.map(({ name, content }) => {
    if (!name.endsWith(EXTENSION)) {
      throw new FormatError("npz", { kind: "entry", entry: name, reason: `is no ${EXTENSION} file` }, file);
    }
    const array = decodeNpy(content, { file: file === undefined ? name : `${file}: ${name}` });
    return { name: name.slice(0, -EXTENSION.length), ...array };
  });
}
