/** MNIST from the network: the four files, each proved by the SHA-256 of its content. */

import { cache } from "#platform";
import { checkList, checkText, checkType } from "../arguments.ts";
import { DownloadError, OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { type FetchOptions, fetchFiles } from "./mirrors.ts";
import type { RemoteFile } from "./proof.ts";

/** Which mirrors are asked, and where files go. */
export type DownloadOptions = FetchOptions & {
  /** Where the files go. Without it, the folder that the system sets aside for caches, or $LANEGRAD_CACHE. */
  readonly cacheFolder?: string;
};

/** Asked in this order. */
const MIRRORS: readonly string[] = [
  "https://ossci-datasets.s3.amazonaws.com/mnist/",
  "https://storage.googleapis.com/cvdf-datasets/mnist/",
  "https://raw.githubusercontent.com/fgnt/mnist/master/",
];

const FILES: readonly RemoteFile[] = [
  {
    name: "train-images-idx3-ubyte",
    bytes: 47_040_016,
    sha256: "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
  },
  {
    name: "train-labels-idx1-ubyte",
    bytes: 60_008,
    sha256: "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
  },
  {
    name: "t10k-images-idx3-ubyte",
    bytes: 7_840_016,
    sha256: "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
  },
  {
    name: "t10k-labels-idx1-ubyte",
    bytes: 10_008,
    sha256: "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
  },
];

/**
 * Downloads MNIST into a folder and gives that folder, ready for `loadMnist`.
 *
 * A file that is already there with the right content is kept; a compressed one with other content is replaced, unless
 * `existing` is "refuse": the folder may hold another dataset under MNIST's names. A mirror that fails in any way makes
 * room for the next.
 *
 * @throws {DownloadError} every mirror failed, or the folder cannot be written, with the way by hand; or a file there has
 *   other content and is not to be replaced
 * @throws {OptionError} no mirror, a mirror that is not an HTTP address, or an invalid `stallMilliseconds`
 * @throws what `signal` was aborted with; no part of a file is left behind
 *
 * @example
 * const { train, test } = await loadMnist(await downloadMnist());
 */
export async function downloadMnist(options: DownloadOptions = {}): Promise<string> {
  checkOptions<DownloadOptions>("downloadMnist", options, {
    ...{ mirrors: 1, cacheFolder: 1, onProgress: 1, signal: 1, stallMilliseconds: 1, existing: 1 },
  });
  const { mirrors = MIRRORS, cacheFolder, onProgress } = options;
  checkList("downloadMnist: mirrors", mirrors, "an array of addresses");
  checkText("downloadMnist: cacheFolder", cacheFolder);
  if (onProgress !== undefined) checkType("downloadMnist: onProgress", "function", onProgress);
  const folder = cacheFolder ?? cache?.folder();
  if (cache === undefined || folder === undefined) {
    const attempt = { address: "the cache", reason: "a page has no folder for downloads" };
    throw new DownloadError("MNIST", [attempt], "serve the four files, and pass their address to loadMnist");
  }
  if (folder === "") throw new OptionError("cacheFolder", "a folder", folder);

  await fetchFiles(FILES, { ...options, mirrors, folder });
  return folder;
}
