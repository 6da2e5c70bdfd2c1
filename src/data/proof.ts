/** The proof that a file is the one meant: its size and its SHA-256, of the content and not of its compressed form. */

import { LanegradError } from "../errors.ts";
import { identifyFile } from "../formats/identify.ts";
import { inflate } from "./read.ts";

/** A file and what it must hold; it travels and is kept as `name`.gz. */
export type RemoteFile = {
  readonly name: string;
  /** The size of the content, uncompressed. */
  readonly bytes: number;
  /** The SHA-256 of the content, uncompressed, in lower-case hexadecimal. */
  readonly sha256: string;
};

/** What is wrong with the compressed file; undefined where nothing is. Inflates no more than the content may hold. */
export async function problemOfArchive(bytes: Uint8Array, file: RemoteFile): Promise<string | undefined> {
  const [first, second] = bytes;
  if (first !== 0x1f || second !== 0x8b) {
    const { name } = (await identifyFile(bytes)) ?? { name: "something else" };
    return `is ${name}, not gzip`;
  }
  try {
    return await problemOfContent(await inflate(bytes, file.bytes), file);
  } catch (error) {
    if (error instanceof LanegradError) return error.message;
    throw error;
  }
}

/** What is wrong with the content; undefined where nothing is. */
export async function problemOfContent(
  content: Uint8Array<ArrayBuffer>,
  file: RemoteFile,
): Promise<string | undefined> {
  if (content.length !== file.bytes) return `holds ${content.length} bytes, not ${file.bytes}`;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content));
  const sha256 = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return sha256 === file.sha256 ? undefined : `has SHA-256 ${sha256}, not ${file.sha256}`;
}
