/** Small files for the tests of this folder, written by hand rather than by the code under test. */

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";

/** The bytes of an IDX file: header and body as they are given, right or wrong. */
export function idxFile(code: number, shape: readonly number[], body: ArrayLike<number>): Uint8Array<ArrayBuffer> {
  const header = 4 + 4 * shape.length;
  const bytes = new Uint8Array(header + body.length);
  bytes.set([0, 0, code, shape.length]);
  for (const [axis, dim] of shape.entries()) new DataView(bytes.buffer).setUint32(4 + 4 * axis, dim);
  bytes.set(body, header);
  return bytes;
}

/** 0, 1, 2, … as bytes. */
export function ramp(length: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, at) => at);
}

export function gzip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(gzipSync(bytes));
}

export type Files = { readonly [name: string]: Uint8Array | undefined };

/** Four small files in MNIST's form: three 2 × 4 images to train with, two to test with. */
export function smallMnist(): { [name: string]: Uint8Array | undefined } {
  return {
    "train-images-idx3-ubyte": idxFile(8, [3, 2, 4], ramp(24)),
    "train-labels-idx1-ubyte": idxFile(8, [3], [5, 0, 9]),
    "t10k-images-idx3-ubyte": idxFile(8, [2, 2, 4], ramp(16)),
    "t10k-labels-idx1-ubyte": idxFile(8, [2], [1, 2]),
  };
}

/** Runs `body` with a new folder that holds the files, and removes the folder whatever happens. */
export async function withFolder(files: Files, body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "lanegrad-"));
  try {
    for (const [name, bytes] of Object.entries(files)) {
      if (bytes === undefined) continue;
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), bytes);
    }
    await body(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a promise is rejected with; a promise that is kept fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  const result = await promise.then(
    () => ({ kept: true, error: undefined }),
    (error: unknown) => ({ kept: false, error }),
  );
  if (result.kept) throw new Error("expected a rejection, but the promise was kept");
  return result.error;
}
