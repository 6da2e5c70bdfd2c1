/**
 * `#platform` in the package: that of browsers, until an entry for another runtime puts its own in its place. Functions of their
 * own and no record, so that a bundle carries those that it needs.
 */
import type { DownloadCache, FileStore, Platform } from "./types.ts";
import * as web from "./web.ts";

export let readBytes: Platform["readBytes"] = web.readBytes;
export let gunzip: Platform["gunzip"] = web.gunzip;
export let inflateRaw: Platform["inflateRaw"] = web.inflateRaw;
export let inflateOwn: Platform["inflateOwn"] = web.inflateOwn;
export let kernelFile: Platform["kernelFile"] = web.kernelFile;
export let start: Platform["start"] = web.start;
export let nextTurn: Platform["nextTurn"] = web.nextTurn;
export let cache: DownloadCache | undefined = web.cache;
export let files: FileStore | undefined = web.files;

/** Everything of another runtime; called when its entry is loaded, before a program can call anything. */
export function usePlatform(own: Platform): void {
  ({ readBytes, gunzip, inflateRaw, inflateOwn, kernelFile, start, nextTurn, cache, files } = own);
}

/** The kernels of a runtime that compiles none: modules that its bundler has compiled. */
export function useKernels(own: Platform["kernelFile"]): void {
  kernelFile = own;
}
