/** `#platform` in Node: the only file of the library that imports `node:*`. */

import { readFileSync } from "node:fs";
import { open, readdir, rm, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { instantiateSync } from "@assemblyscript/loader";
import { isArrayOf, isModule } from "../values.ts";
import { cacheFolder } from "./cache_folder.ts";
import { plausibleSize, reachableSize } from "./gzip.ts";
import { faultOfRest } from "./padding.ts";
import { IS_FOLDER, reasonOf } from "./reason.ts";
import type { DownloadCache, FileStore, GzipFault, ReadFault, Started } from "./types.ts";
import { writeWhole } from "./write_whole.ts";

/** The most that one system call is asked to read. */
const READ_BYTES = 2 ** 30;

/** The smallest block that is inflated into. */
const LEAST_BLOCK_BYTES = 4096;

/** The longest Buffer that every supported Node can make. */
const BUFFER_BYTES = 2 ** 32 - 1;

/**
 * Reads a file, given by its path or `file:` URL; undefined where there is none. A fault where it is not a regular file, cannot be
 * read, or is longer than `maxBytes`, which is known before it is read.
 */
export async function readBytes(
  location: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | ReadFault | undefined> {
  try {
    const path = pathOf(location);
    const status = await stat(path);
    if (status.isDirectory()) return { kind: "unreadable", reason: IS_FOLDER };
    // Asked before opening: to open a pipe waits for its other end.
    if (!status.isFile()) return { kind: "unreadable", reason: "not a regular file" };
    if (status.size > maxBytes) return { kind: "too-large", limit: maxBytes };
    return await readUpTo(path, status.size);
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    return { kind: "unreadable", reason: reasonOf(error), cause: error };
  }
}

/** Reads what there is, `size` bytes at most: files of the system may hold more than they say, or less. */
async function readUpTo(path: string, size: number): Promise<Uint8Array<ArrayBuffer> | ReadFault> {
  const block = new Uint8Array(size);
  const source = await open(path, "r");
  try {
    const before = await source.stat({ bigint: true });
    let length = 0;
    let bytesRead = -1;
    while (length < size && bytesRead !== 0) {
      ({ bytesRead } = await source.read(block, length, Math.min(size - length, READ_BYTES), null));
      length += bytesRead;
    }
    const after = await source.stat({ bigint: true });
    if (before.size !== BigInt(size) || after.size !== before.size || after.mtimeNs !== before.mtimeNs) {
      return { kind: "unreadable", reason: "it changed while it was read" };
    }
    return length === size ? block : block.slice(0, length);
  } finally {
    await source.close();
  }
}

/**
 * Inflates a gzip file of one or more members. A fault where it is truncated, damaged, or followed by anything but zeros, or where
 * all members together hold more than `maxBytes`.
 *
 * Blocks are sized by the length that the last member declares, where deflate can reach it, so the content of a single
 * member is held once. Whatever the file holds, inflation stops within one block beyond `maxBytes`.
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | GzipFault> {
  const maxOutputLength = Math.min(maxBytes, BUFFER_BYTES - 1);
  // One byte more than is needed: zlib takes another block as soon as one is full.
  const chunkSize = Math.max(LEAST_BLOCK_BYTES, plausibleSize(bytes, maxOutputLength) + 1);
  // Loaded when it is needed: 2 ms that a program without gzip files does not wait for.
  const { gunzipSync } = await import("node:zlib");
  try {
    const { buffer, engine } = inflation(gunzipSync(bytes, { maxOutputLength, chunkSize, info: true }));
    // zlib has compared the size and the checksum of each member, and stops at a zero byte after one.
    const fault = faultOfRest(bytes, engine.bytesWritten);
    return fault === undefined ? ownBytes(buffer) : { kind: "gzip", reason: fault };
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") return { kind: "too-large", limit: maxBytes, cause: error };
    return { kind: "gzip", reason: reasonOfGunzip(error, bytes) };
  }
}

/** The header that zlib finds incorrect is a later one, where the file begins as gzip does. */
function reasonOfGunzip(error: unknown, [first, second]: Uint8Array): string {
  const reason = reasonOf(error);
  const isLater = reason === "incorrect header check" && first === 0x1f && second === 0x8b;
  return isLater ? "bytes that are not gzip follow its end" : reason;
}

/**
 * Inflates a raw deflate stream (RFC 1951), as zip archives hold it, into one block.
 *
 * @throws {Error} with the reason, of which callers make an error of the library's: truncated, damaged, followed by anything, or more than `maxBytes`, where inflation stops
 */
export async function inflateRaw(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const maxOutputLength = Math.max(1, Math.min(maxBytes, BUFFER_BYTES - 1));
  const chunkSize = Math.max(LEAST_BLOCK_BYTES, reachableSize(bytes, maxOutputLength) + 1);
  const { inflateRawSync } = await import("node:zlib");
  let result: Inflation;
  try {
    result = inflation(inflateRawSync(bytes, { maxOutputLength, chunkSize, info: true }));
  } catch (error) {
    if (codeOf(error) === "ERR_BUFFER_TOO_LARGE") throw tooLarge(maxBytes);
    throw error;
  }
  const { buffer, engine } = result;
  if (buffer.length > maxBytes) throw tooLarge(maxBytes);
  if (engine.bytesWritten !== bytes.length) {
    throw new Error(`${bytes.length - engine.bytesWritten} bytes follow its end`);
  }
  return ownBytes(buffer);
}

/**
 * Inflates what the library's own files hold.
 *
 * @throws {Error} as `inflateRaw`
 */
export async function inflateOwn(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  return await inflateRaw(bytes, BUFFER_BYTES);
}

/**
 * Inflated bytes in a block of their own: a copy where zlib's block is larger, or is Node's pool, which other Buffers share. From
 * which size on a Buffer has its own block depends on the version of Node.
 */
function ownBytes(inflated: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const { buffer, byteOffset, length } = inflated;
  const isOwn = byteOffset === 0 && buffer.byteLength <= length + 1;
  return isOwn ? new Uint8Array(buffer, 0, length) : new Uint8Array(inflated);
}

function tooLarge(maxBytes: number): Error {
  return new Error(`holds more than ${maxBytes} bytes`);
}

/** Resolves when timers, input and signals have had their turn: a timer would wait a millisecond for nothing. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/**
 * A build of the kernels next to the package's files: faster to read than to inflate. undefined in a bundle, whose files
 * are elsewhere, and in the sources.
 */
export function kernelFile(build: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return new Uint8Array(readFileSync(new URL(`../wasm/${build}.wasm`, import.meta.url)));
  } catch {
    return undefined;
  }
}

const store: FileStore = {
  write: (folder, name, bytes, signal) => writeWhole(join(pathOf(folder), name), bytes, signal),
  async names(folder) {
    try {
      return await readdir(pathOf(folder));
    } catch (error) {
      if (codeOf(error) === "ENOENT") return [];
      throw error;
    }
  },
  remove: (folder, name) => rm(join(pathOf(folder), name), { force: true }),
};

/** Files in folders, written through to the disk. */
export const files: FileStore | undefined = store;

/** The downloads' folder, one for each user. */
export const cache: DownloadCache | undefined = { folder: folderHere, write: store.write };

function folderHere(): string {
  return cacheFolder({ system: process.platform, environment: process.env, home: homedir() });
}

type Inflation = { readonly buffer: Uint8Array<ArrayBuffer>; readonly engine: { readonly bytesWritten: number } };

/** Node's typings do not know what `info: true` makes of the result. */
function inflation(result: unknown): Inflation {
  if (isInflation(result)) return result;
  throw new Error("this runtime's zlib does not tell how much it has read");
}

function isInflation(result: unknown): result is Inflation {
  if (typeof result !== "object" || result === null || !("buffer" in result) || !("engine" in result)) return false;
  const { buffer, engine } = result;
  if (!isArrayOf(buffer, "Uint8Array") || typeof engine !== "object" || engine === null) return false;
  return "bytesWritten" in engine && typeof engine.bytesWritten === "number";
}

function pathOf(location: string): string {
  return location.startsWith("file:") ? fileURLToPath(location) : location;
}

function codeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "code" in error ? error.code : undefined;
}

/** At once: a module of any size may be, and to await it would load the whole of fetch, for 20 ms. */
export function start(content: BufferSource | WebAssembly.Module, imports: WebAssembly.Imports): Started {
  // The loader knows a module by its class, of which other realms have their own.
  if (isModule(content)) return { module: content, exports: new WebAssembly.Instance(content, imports).exports };
  const { module, instance } = instantiateSync(content, imports);
  return { module, exports: instance.exports };
}
