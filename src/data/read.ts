/** Bytes of files: the platform reports what is wrong as data, which becomes an error with the file's name here. */

import { gunzip, readBytes } from "#platform";
import { DatasetError } from "./dataset_error.ts";
import { IdxError } from "./idx_error.ts";

/**
 * Reads a file: in Node by its path or `file:` URL, in a browser by its address. undefined where there is none.
 *
 * @throws {DatasetError} it cannot be read, or is longer than `maxBytes`
 */
export async function readFile(file: string, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const read = await readBytes(file, maxBytes);
  if (read === undefined || !("kind" in read)) return read;
  if (read.kind === "too-large") throw new DatasetError({ kind: "too-large", file, limit: read.limit });
  const { kind, reason, cause } = read;
  throw new DatasetError({ kind, file, reason }, cause === undefined ? undefined : { cause });
}

/**
 * Inflates a gzip file of one or more members.
 *
 * @param file names it in errors
 * @throws {IdxError} truncated, damaged, or followed by anything but zeros
 * @throws {DatasetError} all members together hold more than `maxBytes`
 */
export async function inflate(bytes: Uint8Array, maxBytes: number, file?: string): Promise<Uint8Array<ArrayBuffer>> {
  const content = await gunzip(bytes, maxBytes);
  if (!("kind" in content)) return content;
  if (content.kind === "gzip") throw new IdxError(content, file);
  const { kind, limit, cause } = content;
  throw new DatasetError({ kind, file: file ?? "gzip data", limit }, cause === undefined ? undefined : { cause });
}
