/** Bytes of files as callers pass them: arrays of this realm or another, in buffers that others may share or resize. */
import { OptionError } from "./errors.ts";
import { isArrayOf, tagOf } from "./values.ts";

/**
 * The same bytes as a Uint8Array of this realm: the array itself or a view of it; a copy where its buffer is shared or
 * resizable, which decoders of text refuse.
 *
 * @param option what errors call it
 * @throws {OptionError} no Uint8Array
 */
export function bytesOf(option: string, bytes: Uint8Array): Uint8Array {
  if (!isArrayOf(bytes, "Uint8Array")) throw new OptionError(option, "a Uint8Array", bytes);
  const { buffer, byteOffset, length } = bytes;
  if (tagOf(buffer) !== "ArrayBuffer" || (buffer as { resizable?: boolean }).resizable) return new Uint8Array(bytes);
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(buffer, byteOffset, length);
}
