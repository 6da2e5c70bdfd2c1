/** What can be wrong with files of weights and arrays. */
import { LanegradError } from "../errors.ts";
import { unreachable } from "../unreachable.ts";

/** A kind of file, and what to do with it where something is known. */
export type FileKind = {
  /** With its article: `an HTML page`. */
  readonly name: string;
  /** In the imperative: `run git lfs pull`. Empty where nothing is known. */
  readonly cure: string;
};

/** What a broken file was read as; `weights`: tensors by name, wherever they come from. */
export type FileFormat = "safetensors" | "npy" | "npz" | "lanegrad network" | "weights";

/** How bytes, or the tensors in them, are not what was asked for. */
export type FormatFault =
  | {
      readonly kind: "magic";
      readonly expected: string;
      /** What the file is, where it is known, else its first bytes. */
      readonly found: string;
      readonly cure?: string;
    }
  | { readonly kind: "length"; readonly part: string; readonly expected: string; readonly found: number }
  | { readonly kind: "header"; readonly reason: string }
  | { readonly kind: "version"; readonly expected: string; readonly found: string }
  | { readonly kind: "type"; readonly part: string; readonly expected: string; readonly found: string }
  | { readonly kind: "entry"; readonly entry: string; readonly reason: string }
  | { readonly kind: "deflate"; readonly reason: string }
  | { readonly kind: "checksum"; readonly entry: string; readonly expected: number; readonly found: number }
  | { readonly kind: "too-large"; readonly part: string; readonly limit: number; readonly found: number }
  | { readonly kind: "tensor"; readonly tensor: string; readonly expected: string; readonly found: string }
  | { readonly kind: "description"; readonly reason: string };

/** A file of weights or arrays is damaged, or does not hold what was asked for; `fault` is the reason, as data. */
export class FormatError extends LanegradError {
  override readonly name = "FormatError";
  /** What the bytes were read as. */
  readonly format: FileFormat;
  readonly fault: FormatFault;
  /** The file's name, where the caller gave one. */
  readonly file: string | undefined;

  constructor(format: FileFormat, fault: FormatFault, file?: string) {
    super(`${file === undefined ? "" : `${file}: `}${format}: ${describeFormatFault(fault)}`);
    this.format = format;
    this.fault = fault;
    this.file = file;
  }
}

/** How bytes, or the tensors in them, are not what was asked for, in one line. */
export function describeFormatFault(fault: FormatFault): string {
  switch (fault.kind) {
    case "magic":
      return `expected ${fault.expected} at its start, found ${fault.found}${cureOf(fault)}`;
    case "length":
      return `${fault.part}: expected ${fault.expected} bytes, found ${fault.found}`;
    case "header":
      return `broken header: ${fault.reason}`;
    case "version":
      return `expected version ${fault.expected}, found ${fault.found}`;
    case "type":
      return `${fault.part}: expected element type ${fault.expected}, found ${fault.found}`;
    case "entry":
      return `entry ${JSON.stringify(fault.entry)}: ${fault.reason}`;
    case "deflate":
      return `broken deflate stream: ${fault.reason}`;
    case "checksum":
      return `entry ${JSON.stringify(fault.entry)}: expected CRC-32 ${hexadecimal(fault.expected)}, found ${hexadecimal(fault.found)}`;
    case "too-large":
      return `${fault.part}: expected at most ${fault.limit} bytes, found ${fault.found}`;
    case "tensor":
      return `${fault.tensor}: expected ${fault.expected}, found ${fault.found}`;
    case "description":
      return `the description of the network: ${fault.reason}`;
    default:
      return unreachable(fault);
  }
}

/** The cure after a message: `; run git lfs pull`; nothing where none is known. */
export function cureOf({ cure }: { readonly cure?: string }): string {
  return cure ? `; ${cure}` : "";
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(8, "0");
}
