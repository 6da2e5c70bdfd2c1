/** What can be wrong with IDX files. */
import { LanegradError } from "../errors.ts";
import { cureOf, type FileKind } from "../formats/format_error.ts";
import { unreachable } from "../unreachable.ts";

/** How bytes are not the IDX file that was asked for. */
export type IdxFault =
  | { readonly kind: "gzip"; readonly reason: string }
  | {
      readonly kind: "magic";
      /** The first two bytes as a number. */
      readonly found: number;
      /** The first characters, `·` for those that cannot be printed. */
      readonly start: string;
      /** What the file is instead, where `readIdx` knows it. */
      readonly content?: FileKind | undefined;
    }
  | { readonly kind: "type"; readonly expected: string; readonly code: number }
  | { readonly kind: "rank"; readonly expected: string; readonly found: number }
  | { readonly kind: "length"; readonly expected: number; readonly found: number };

/** The bytes are not the IDX file that was asked for; `fault` is the reason, as data. */
export class IdxError extends LanegradError {
  override readonly name = "IdxError";
  readonly fault: IdxFault;
  /** The file's name, where the bytes came from one. */
  readonly file: string | undefined;

  constructor(fault: IdxFault, file?: string) {
    super(`${file === undefined ? "" : `${file}: `}${describeIdxFault(fault)}`);
    this.fault = fault;
    this.file = file;
  }
}

/** How bytes are not the IDX file that was asked for, in one line. */
export function describeIdxFault(fault: IdxFault): string {
  switch (fault.kind) {
    case "gzip":
      return `broken gzip: ${fault.reason}`;
    case "magic":
      if (fault.content !== undefined) return `not an IDX file but ${fault.content.name}${cureOf(fault.content)}`;
      if (fault.found === 0x1f8b) return "not an IDX file: starts with 0x1f8b, which is gzip; readIdx inflates it";
      return `not an IDX file: starts with 0x${fault.found.toString(16).padStart(4, "0")} ("${fault.start}"), expected 0x0000`;
    case "type":
      return `expected IDX element type ${fault.expected}, found 0x${fault.code.toString(16).padStart(2, "0")}`;
    case "rank":
      // 3 and 1 are the ranks of images and labels; the cure helps with no other rank.
      return `expected IDX rank ${fault.expected}, found ${fault.found}${fault.found === 1 || fault.found === 3 ? "; images and labels swapped?" : ""}`;
    case "length":
      return `expected ${fault.expected} bytes, found ${fault.found}`;
    default:
      return unreachable(fault);
  }
}
