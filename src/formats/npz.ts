/**
 * .npz, NumPy's archive of arrays: a zip file with one .npy file for each, `W1.npy`, `b1.npy` …
 */
import { checkText, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { bytesOf } from "../readable.ts";
import { checkNamedArrays, type NamedArray, type ShapedArray } from "./arrays.ts";
import type { FormatFault } from "./format_error.ts";
import { FormatError } from "./format_error.ts";
import { encodeNpy, readNpy } from "./npy.ts";
import { whatItIs } from "./what_it_is.ts";
import { encodeZip, openZip, type ZipArchive, type ZipEntry } from "./zip.ts";

/** An entry that is not an array of numbers, and why. */
export type SkippedEntry = {
  /** Its name in the archive: `README.txt`, `names.npy`. */
  readonly entry: string;
  /** What it is: `"<U4" (text)`, `a folder`. */
  readonly reason: string;
};

/** Which arrays are read, what errors call the file, and how large it may be. */
export type DecodeNpzOptions = {
  /** The arrays to read, in this order. Nothing is looked at of other entries. Default: every array of numbers. */
  readonly names?: readonly string[];
  /** Called with each entry that is left out, without `names`: it is not an array of numbers. */
  readonly onSkipped?: (skipped: SkippedEntry) => void;
  /** The file's name, for errors. */
  readonly file?: string;
  /** The most bytes that the files of the arrays that are read may hold together, inflated. Default: 1 GiB. */
  readonly maxBytes?: number;
};

const EXTENSION = ".npy";
const DEFAULT_MAX_BYTES = 2 ** 30;
/** How macOS begins what it keeps about a file, under the file's own name: `__MACOSX/._x.npy`. */
const APPLE_DOUBLE: readonly number[] = [0, 5, 0x16, 7];
/** As many names as an error shows. */
const SHOWN_NAMES = 8;

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
 * Without `names`, entries that are not arrays of numbers are left out, and passed to `onSkipped`: arrays of text, objects,
 * records, dates or complex numbers, and whatever is not a .npy file. With `names`, such an entry is an error if it is asked for.
 *
 * @returns the arrays in the order of `names`, else in the archive's
 * @throws {FormatError} (rejects) damaged, of another format, larger than `maxBytes`, without a single .npy file, or without an
 *   array of a name: nothing else is thrown for any bytes
 * @throws {OptionError} (rejects) `maxBytes` is not a positive integer, or `names` is not an array of names
 * @example
 * const arrays = await decodeNpz(encodeNpz(weightsOf(net)), { file: "weights.npz" });
 * arrays.map(({ name }) => name); // → ["W1", "b1", "W2", "b2"]
 * const [b2] = await decodeNpz(encodeNpz(weightsOf(net)), { names: ["b2"] });
 */
export async function decodeNpz(given: Uint8Array, options: DecodeNpzOptions = {}): Promise<readonly NamedArray[]> {
  const bytes = bytesOf("decodeNpz: bytes", given);
  checkOptions<DecodeNpzOptions>("decodeNpz", options, { names: 1, onSkipped: 1, file: 1, maxBytes: 1 });
  const { names, onSkipped = () => {}, file, maxBytes = DEFAULT_MAX_BYTES } = options;
  checkText("decodeNpz: file", file);
  checkType("decodeNpz: onSkipped", "function", onSkipped);
  if (!(Number.isSafeInteger(maxBytes) && maxBytes >= 1)) {
    throw new OptionError("maxBytes", "a positive integer", maxBytes);
  }
  if (!(names === undefined || (Array.isArray(names) && names.every((name) => typeof name === "string")))) {
    throw new OptionError("names", "an array of names", names);
  }
  const archive = openNpz(bytes, { file, maxBytes });
  if (names !== undefined) return await archive.read(names);
  return await archive.readAll(onSkipped);
}

/** An .npz file whose directory has been read. */
export type Npz = {
  /** The names of its .npy files, arrays of numbers or not. */
  readonly names: readonly string[];
  /** Whether `read` takes this name. */
  readonly has: (name: string) => boolean;
  /** The arrays of these names; as `decodeNpz`. */
  readonly read: (names: readonly string[]) => Promise<readonly NamedArray[]>;
  /** Every array of numbers; as `decodeNpz`. */
  readonly readAll: (onSkipped: (skipped: SkippedEntry) => void) => Promise<readonly NamedArray[]>;
};

/**
 * Opens an .npz file.
 *
 * @throws {FormatError} no zip archive, or a damaged one
 */
export function openNpz(
  bytes: Uint8Array,
  options: { readonly file: string | undefined; readonly maxBytes: number },
): Npz {
  const { file } = options;
  const fail = (fault: FormatFault) => new FormatError("npz", fault, file);
  const archive = opened(bytes, options, fail);
  const { records } = archive;
  const names = records
    .filter(({ name }) => name.endsWith(EXTENSION))
    .map(({ name }) => name.slice(0, -EXTENSION.length));
  return {
    names,
    has: (name) => pathOf(archive, name) !== undefined,
    async read(wanted) {
      const paths = wanted.map((name) => pathOf(archive, name));
      const missing = paths.indexOf(undefined);
      if (missing >= 0) {
        const known = names.length > SHOWN_NAMES ? [...names.slice(0, SHOWN_NAMES), "…"] : names;
        const reason = `not in the archive, whose arrays are ${known.join(", ") || "none"}`;
        throw fail({ kind: "entry", entry: wanted[missing] ?? "", reason });
      }
      const entries = await archive.read(records.filter(({ name }) => paths.includes(name)));
      const found = new Map(entries.map((entry) => [entry.name, entry]));
      return wanted.map((name, i) => {
        const entry = found.get(paths[i] ?? "") as ZipEntry;
        const array = readNpy(entry.content, fileOf(entry, file));
        if ("fault" in array) throw new FormatError("npy", array.fault, fileOf(entry, file));
        return { name, ...array };
      });
    },
    async readAll(onSkipped) {
      const [other] = records.filter(({ name }) => !name.endsWith(EXTENSION) && !name.endsWith("/"));
      if (names.length === 0 && other !== undefined) throw fail(faultWithout(bytes, other.name));
      const arrays: NamedArray[] = [];
      const entries = await archive.read(records.filter(({ name }) => name.endsWith(EXTENSION)));
      const found = new Map(entries.map((entry) => [entry.name, entry]));
      for (const { name } of records) {
        const entry = found.get(name);
        const array = entry === undefined ? reasonOfName(name) : arrayIn(entry, file);
        if (typeof array === "string") onSkipped({ entry: name, reason: array });
        else arrays.push({ name: name.slice(0, -EXTENSION.length), ...array });
      }
      return arrays;
    },
  };
}

/** Reports the file's format, if it is not a zip archive. */
function opened(
  bytes: Uint8Array,
  options: { readonly file: string | undefined; readonly maxBytes: number },
  fail: (fault: FormatFault) => FormatError,
): ZipArchive {
  const kind = bytes[0] === 0x50 && bytes[1] === 0x4b ? undefined : whatItIs(bytes);
  if (kind !== undefined) throw fail({ kind: "magic", expected: "PK", found: kind.name, cure: kind.cure });
  return openZip(bytes, options);
}

/** The entry of an array: with the extension, as NumPy writes it, or under the name alone. */
function pathOf({ records }: ZipArchive, name: string): string | undefined {
  return [name + EXTENSION, name].find((path) => records.some((record) => record.name === path));
}

/** An archive of something else: PyTorch's, Keras's. */
function faultWithout(bytes: Uint8Array, entry: string): FormatFault {
  const { name, cure } = whatItIs(bytes) ?? { name: "a zip archive", cure: "" };
  const reason = `not a ${EXTENSION} file, and there is none; this is ${name}${cure && `: ${cure}`}`;
  return { kind: "entry", entry, reason };
}

function reasonOfName(name: string): string {
  return name.endsWith("/") ? "a folder" : `no ${EXTENSION} file`;
}

/** The array, or what the entry is instead. */
function arrayIn(entry: ZipEntry, file: string | undefined): ShapedArray | string {
  const { content } = entry;
  if (APPLE_DOUBLE.every((byte, i) => content[i] === byte)) return "macOS's metadata of a file";
  const array = readNpy(content, fileOf(entry, file));
  return "fault" in array ? array.reason : array;
}

function fileOf({ name }: ZipEntry, file: string | undefined): string {
  return file === undefined ? name : `${file}: ${name}`;
}
