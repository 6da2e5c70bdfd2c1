/** The kind of any file; the table of kinds is loaded when it is asked for. */

import { bytesOf } from "../readable.ts";
import type { FileKind } from "./format_error.ts";

/**
 * The kind of a file, by its first 1,024 bytes, and what to do with it; undefined where nothing known begins like them. Readers
 * report it in their errors.
 *
 * @throws {OptionError} (rejects) no Uint8Array
 * @example
 * const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1");
 * (await identifyFile(pointer))?.cure; // → "run git lfs pull"
 */
export async function identifyFile(bytes: Uint8Array): Promise<FileKind | undefined> {
  const own = bytesOf("identifyFile: bytes", bytes);
  const { whatItIs } = await import("./what_it_is.ts");
  return whatItIs(own);
}
