/**
 * Files fetched from one of several mirrors, and kept only when their content is proved.
 *
 *   in the folder already, with the right content?  done
 *   for each mirror: stream `.gz` → inflate → SHA-256 → temporary file → rename
 *
 * What a mirror sends is never trusted: both sizes are capped, and any failure leads to the next mirror.
 */

import { cache } from "#platform";
import { DownloadError, LanegradError, OptionError } from "../errors.ts";
import { collect } from "../platform/collect.ts";
import { reasonOf } from "../platform/reason.ts";
import { locate } from "./location.ts";
import { problemOfArchive, problemOfContent, type RemoteFile } from "./proof.ts";
import { readFile } from "./read.ts";

/** How much of a file has come. */
export type DownloadProgress = {
  /** The file's name in the folder. */
  readonly file: string;
  /** Compressed bytes so far, from the mirror that is being tried. */
  readonly receivedBytes: number;
  /** Compressed bytes in total, if the mirror reports them. */
  readonly totalBytes: number | undefined;
};

/** How files are fetched. */
export type FetchOptions = {
  /** Base addresses, asked in this order. */
  readonly mirrors?: readonly string[];
  /** Called for every chunk that arrives. What it throws ends the download. */
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends the download at once. */
  readonly signal?: AbortSignal;
  /** How long a mirror may send nothing before it counts as failed. */
  readonly stallMilliseconds?: number;
  /** What becomes of compressed files there with other content: replaced (default), or refused. */
  readonly existing?: "replace" | "refuse";
};

type Job = {
  readonly folder: string;
  readonly mirrors: readonly URL[];
  readonly manual: string;
  readonly stallMilliseconds: number;
  readonly existing: "replace" | "refuse";
  readonly cancel: AbortController;
  readonly onProgress: ((progress: DownloadProgress) => void) | undefined;
  readonly request: typeof fetch;
};

type FolderOptions = FetchOptions & {
  readonly folder: string;
  readonly mirrors: readonly string[];
  /** For tests. */
  readonly request?: typeof fetch;
};

/** The most that a compressed file may weigh: MNIST's largest has 9.9 MB. */
const MAX_COMPRESSED_BYTES = 2 ** 24;

const MAX_REDIRECTS = 5;

/** The longest delay of a timer; a longer one would fire at once. */
const MAX_DELAY_MILLISECONDS = 2 ** 31 - 1;

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Brings each file into the folder, unless it is there.
 *
 * @throws {DownloadError} every mirror failed, the folder cannot be written, or a file there is not to be replaced
 * @throws {OptionError} no mirror, a mirror that is not an HTTP address, or an invalid `stallMilliseconds`
 * @throws what `signal` was aborted with
 */
export async function fetchFiles(files: readonly RemoteFile[], options: FolderOptions): Promise<void> {
  const { folder, mirrors, onProgress, signal, stallMilliseconds = 30_000, request = fetch } = options;
  const { existing = "replace" } = options;
  if (!(stallMilliseconds > 0 && stallMilliseconds <= MAX_DELAY_MILLISECONDS)) {
    throw new OptionError("stallMilliseconds", `a number from 1 to ${MAX_DELAY_MILLISECONDS}`, stallMilliseconds);
  }
  if (existing !== "replace" && existing !== "refuse") throw new OptionError("existing", "replace or refuse", existing);
  const bases = Array.from(mirrors, baseOf);
  if (bases.length === 0) throw new OptionError("mirrors", "expected at least one address");

  const names = files.map(({ name }) => `${name}.gz`).join(", ");
  const manual = `by hand: put ${names} into ${folder}, and use it with --data ${folder}`;
  const cancel = new AbortController();
  const forward = (): void => cancel.abort(signal?.reason);
  if (signal?.aborted) forward();
  signal?.addEventListener("abort", forward);
  const job: Job = { folder, mirrors: bases, manual, stallMilliseconds, existing, cancel, onProgress, request };
  try {
    for (const file of files) await obtain(file, job);
  } finally {
    signal?.removeEventListener("abort", forward);
  }
}

function baseOf(mirror: string): URL {
  const address = addressOf(mirror);
  if (address?.protocol === "https:" || address?.protocol === "http:") return address;
  throw new OptionError("mirrors", "https addresses", mirror);
}

function addressOf(mirror: string): URL | undefined {
  try {
    return new URL(locate(mirror, ""));
  } catch {
    return undefined;
  }
}

async function obtain(file: RemoteFile, job: Job): Promise<void> {
  job.cancel.signal.throwIfAborted();
  const archive = `${file.name}.gz`;
  if (await isThere(file, archive, job)) return;

  const attempts: { readonly address: string; readonly reason: string }[] = [];
  for (const mirror of job.mirrors) {
    const address = new URL(archive, mirror);
    const attempt = await receive(address, file, job);
    if (attempt.kind === "right") return keep(attempt.bytes, archive, job);
    attempts.push({ address: address.href, reason: attempt.reason });
  }
  throw new DownloadError(archive, attempts, job.manual);
}

/** Whether the folder holds the right content, plain or compressed. */
async function isThere(file: RemoteFile, archive: string, job: Job): Promise<boolean> {
  const plain = locate(job.folder, file.name);
  const problem = await problemOfPlain(plain, file);
  if (problem === undefined) return true;
  if (problem !== "missing") {
    throw new DownloadError(archive, [{ address: plain, reason: problem }], "remove it: it would be read instead");
  }
  // What cannot be read is as good as missing: it is fetched and replaced.
  const kept = await readFile(locate(job.folder, archive), MAX_COMPRESSED_BYTES).catch(() => undefined);
  const other = kept === undefined ? undefined : await problemOfArchive(kept, file);
  if (other !== undefined && job.existing === "refuse") {
    throw new DownloadError(archive, [{ address: locate(job.folder, archive), reason: other }], "it is not replaced");
  }
  return kept !== undefined && other === undefined;
}

async function problemOfPlain(location: string, file: RemoteFile): Promise<string | undefined> {
  try {
    const content = await readFile(location, file.bytes);
    return content === undefined ? "missing" : await problemOfContent(content, file);
  } catch (error) {
    if (error instanceof LanegradError) return error.message;
    throw error;
  }
}

type Attempt =
  | { readonly kind: "right"; readonly bytes: Uint8Array }
  | { readonly kind: "failed"; readonly reason: string };

/** One mirror's file, if it is the right one; throws only when the download as a whole is to end. */
async function receive(address: URL, file: RemoteFile, job: Job): Promise<Attempt> {
  // Ends this attempt: when the mirror stalls, and with the whole download.
  const stall = new AbortController();
  const forward = (): void => stall.abort(job.cancel.signal.reason);
  job.cancel.signal.addEventListener("abort", forward);
  const half = job.stallMilliseconds / 2;
  let timer: ReturnType<typeof setTimeout> | undefined;
  // In two halves: a process that was stopped for a while finds the first one over, and then what has come in the meantime.
  const rewind = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = setTimeout(() => stall.abort(new Error(`sent nothing for ${job.stallMilliseconds} ms`)), half);
    }, half);
  };
  rewind();
  try {
    const response = await follow(address, stall.signal, job.request);
    const bytes = await bodyOf(response, (receivedBytes, totalBytes) => {
      rewind();
      report({ file: file.name, receivedBytes, totalBytes }, job);
    });
    const problem = await problemOfArchive(bytes, file);
    return problem === undefined ? { kind: "right", bytes } : { kind: "failed", reason: problem };
  } catch (error) {
    return { kind: "failed", reason: reasonOf(error) };
  } finally {
    clearTimeout(timer);
    job.cancel.signal.removeEventListener("abort", forward);
    // Whatever came of the attempt: an abort is the caller's wish and no mirror's failure.
    job.cancel.signal.throwIfAborted();
  }
}

/** A callback that throws is the caller's failure, not the mirror's. */
function report(progress: DownloadProgress, job: Job): void {
  try {
    job.onProgress?.(progress);
  } catch (error) {
    job.cancel.abort(error);
    throw error;
  }
}

/** Follows redirects by hand, because `fetch` would follow one from https to http without a word. */
async function follow(start: URL, signal: AbortSignal, request: typeof fetch): Promise<Response> {
  let address = start;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const response = await request(address, { redirect: "manual", signal, headers: { "accept-encoding": "identity" } });
    const target = response.headers.get("location");
    if (!REDIRECTS.has(response.status) || target === null) return response;

    await response.body?.cancel();
    const next = new URL(target, address);
    if (next.protocol !== "https:" && next.protocol !== address.protocol) {
      throw new Error(`redirects from ${address.protocol} to ${next.href}`);
    }
    address = next;
  }
  throw new Error(`redirects more than ${MAX_REDIRECTS} times`);
}

async function bodyOf(
  response: Response,
  onBytes: (receivedBytes: number, totalBytes: number | undefined) => void,
): Promise<Uint8Array> {
  const { body } = response;
  const totalBytes = lengthOf(response);
  if (response.status !== 200 || body === null || (totalBytes ?? 0) > MAX_COMPRESSED_BYTES) {
    await body?.cancel();
    throw new Error(response.status === 200 ? `announces ${totalBytes} bytes` : `HTTP ${response.status}`);
  }
  const bytes = await collect(body, {
    maxBytes: MAX_COMPRESSED_BYTES,
    expectedBytes: totalBytes ?? 0,
    onChunk: (receivedBytes) => onBytes(receivedBytes, totalBytes),
  });
  if (bytes === undefined) throw new Error(`sends more than ${MAX_COMPRESSED_BYTES} bytes`);
  if (totalBytes !== undefined && bytes.length !== totalBytes) {
    throw new Error(`announces ${totalBytes} bytes but sends ${bytes.length}`);
  }
  return bytes;
}

/** The length of the body, if the mirror reports it and has not encoded the body again. */
function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get("content-length");
  if (length === null || headers.has("content-encoding")) return undefined;
  return Number.isSafeInteger(Number(length)) ? Number(length) : undefined;
}

async function keep(bytes: Uint8Array, archive: string, { folder, manual, cancel }: Job): Promise<void> {
  if (cache === undefined) throw new DownloadError(archive, [{ address: folder, reason: "no files here" }], manual);
  try {
    await cache.write(folder, archive, bytes, cancel.signal);
  } catch (error) {
    cancel.signal.throwIfAborted();
    const address = locate(folder, archive);
    throw new DownloadError(archive, [{ address, reason: reasonOf(error) }], manual);
  }
}
