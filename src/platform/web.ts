/** `#platform` in browsers and workers: `fetch` and `DecompressionStream`, nothing of Node. */

import { isModule } from "../values.ts";
import { collect } from "./collect.ts";
import { declaredSize, plausibleSize, reachableSize } from "./gzip.ts";
import { reasonOf } from "./reason.ts";
import type { DownloadCache, FileStore, GzipFault, ReadFault, Started } from "./types.ts";

/** How much of a gzip file is handed over at a time: a slice inflates to 17 MB at most, and only then can we stop. */
const SLICE_BYTES = 16_384;

/**
 * Fetches an address, relative to the page; undefined where there is nothing.
 *
 * A page of HTML counts as nothing: many servers answer an unknown address with their start page.
 *
 * A fault where it is refused, not reachable, cut off, or longer than `maxBytes`, which ends the transfer.
 */
export async function readBytes(
  location: string,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | ReadFault | undefined> {
  try {
    const response = await fetch(location);
    if (isNothing(response)) {
      await response.body?.cancel();
      return undefined;
    }
    return await bodyOf(response, maxBytes);
  } catch (error) {
    return { kind: "unreadable", reason: reasonOf(error), cause: error };
  }
}

function isNothing(response: Response): boolean {
  if (response.status === 404 || response.status === 410) return true;
  return response.ok && (response.headers.get("content-type")?.startsWith("text/html") ?? false);
}

async function bodyOf(response: Response, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | ReadFault> {
  if (!response.ok) {
    await response.body?.cancel();
    return { kind: "unreadable", reason: `HTTP ${response.status}` };
  }
  if (response.body === null) return new Uint8Array(0);

  // With a content encoding, the length is that of the encoded body: no more than a hint.
  const declared = Number(response.headers.get("content-length") ?? 0);
  const isEncoded = response.headers.has("content-encoding");
  if (!isEncoded && declared > maxBytes) {
    await response.body.cancel();
    return { kind: "too-large", limit: maxBytes };
  }
  const bytes = await collect(response.body, { maxBytes, expectedBytes: isEncoded ? 0 : declared });
  return bytes ?? { kind: "too-large", limit: maxBytes };
}

/**
 * Inflates a gzip file of one or more members. A fault where it is truncated, damaged, or followed by anything but zeros, or where
 * all members together hold more than `maxBytes`; inflation stops within two slices.
 *
 * A single member, as nearly all files are, is inflated by the browser into one block of the size that it declares, where
 * deflate can reach it. The browser refuses further members as it refuses damage, so that what it refuses is read again in
 * JavaScript.
 */
export async function gunzip(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array<ArrayBuffer> | GzipFault> {
  const single = await singleMember(bytes, maxBytes);
  const content = single === "refused" ? await allMembers(bytes, maxBytes) : single;
  return content ?? { kind: "too-large", limit: maxBytes };
}

/** The content of a file of one member; undefined where it is more than `maxBytes`. */
async function singleMember(
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | undefined | "refused"> {
  const inflated = slices(bytes).pipeThrough(new DecompressionStream("gzip"));
  const expectedBytes = plausibleSize(bytes, maxBytes);
  try {
    const content = await collect(inflated, { maxBytes, expectedBytes });
    // Node's stream of this name reads further members, and stops at padding.
    return content === undefined || content.length % 2 ** 32 === declaredSize(bytes) ? content : "refused";
  } catch {
    return "refused";
  }
}

/** The content of all members; undefined where it is more than `maxBytes`. */
async function allMembers(
  bytes: Uint8Array,
  maxBytes: number,
): Promise<Uint8Array<ArrayBuffer> | GzipFault | undefined> {
  const { inflateMembers } = await import("./members.ts");
  try {
    return inflateMembers(bytes, maxBytes, plausibleSize(bytes, maxBytes));
  } catch (error) {
    return { kind: "gzip", reason: reasonOf(error) };
  }
}

/**
 * Inflates a raw deflate stream (RFC 1951), as zip archives hold it, into one block.
 *
 * @throws {Error} with the reason, of which callers make an error of the library's: truncated, damaged, followed by anything, or more than `maxBytes`; inflation stops within two slices
 */
export async function inflateRaw(bytes: Uint8Array, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const inflated = slices(bytes).pipeThrough(new DecompressionStream("deflate-raw"));
  let content: Uint8Array<ArrayBuffer> | undefined;
  try {
    content = await collect(inflated, { maxBytes, expectedBytes: reachableSize(bytes, maxBytes) });
  } catch (error) {
    throw new Error(reasonOf(error)); // a TypeError in browsers and in later Nodes
  }
  if (content === undefined) throw new Error(`holds more than ${maxBytes} bytes`);
  return content;
}

/**
 * Inflates what the library's own files hold, which no limit has to guard.
 *
 * @throws {Error} the platform's, of a damaged stream
 */
export async function inflateOwn(bytes: Uint8Array<ArrayBuffer>): Promise<ArrayBuffer> {
  const inflated = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  return await new Response(inflated).arrayBuffer();
}

/** Gives a slice only when asked for one: a bomb is met a slice at a time. */
function slices(bytes: Uint8Array): ReadableStream<Uint8Array<ArrayBuffer>> {
  let start = 0;
  return new ReadableStream(
    {
      pull(controller) {
        if (start < bytes.length) controller.enqueue(new Uint8Array(bytes.subarray(start, start + SLICE_BYTES)));
        start += SLICE_BYTES;
        if (start >= bytes.length) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** A page asks for no file that its bundle does not name. */
export function kernelFile(_build: string): undefined {
  return undefined;
}

/** A page has no folders. */
export const files: FileStore | undefined = undefined;

/** A page keeps no downloads. */
export const cache: DownloadCache | undefined = undefined;

/** Resolves when timers and input have had their turn: a message, because nested timers wait 4 ms. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(undefined);
  });
}

/**
 * Compiles and starts the kernels, off the main thread: browsers refuse large modules at once. The loader would be 2 KB of
 * what a page waits for: its glue is for strings, arrays and functions of the host, and the kernels have none.
 */
export async function start(
  content: BufferSource | WebAssembly.Module,
  imports: WebAssembly.Imports,
): Promise<Started> {
  const module = isModule(content) ? content : await WebAssembly.compile(content);
  return { module, exports: (await WebAssembly.instantiate(module, imports)).exports };
}
