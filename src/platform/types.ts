/** What the two platforms, Node (`node.ts`) and the browser (`web.ts`), offer under the one name `#platform`. */

/** Why a file cannot be read: data, of which callers make an error with the file's name. */
export type ReadFault =
  | { readonly kind: "unreadable"; readonly reason: string; readonly cause?: unknown }
  | { readonly kind: "too-large"; readonly limit: number };

/** Why a gzip file cannot be inflated: data, as a `ReadFault` is. */
export type GzipFault =
  | { readonly kind: "gzip"; readonly reason: string }
  | { readonly kind: "too-large"; readonly limit: number; readonly cause?: unknown };

/** The functions that both modules export. A location is a path or `file:` URL in Node, an address in a browser. */
export type Platform = {
  readonly readBytes: (location: string, maxBytes: number) => Promise<Uint8Array<ArrayBuffer> | ReadFault | undefined>;
  readonly gunzip: (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array<ArrayBuffer> | GzipFault>;
  readonly inflateRaw: (bytes: Uint8Array, maxBytes: number) => Promise<Uint8Array<ArrayBuffer>>;
  readonly inflateOwn: (bytes: Uint8Array<ArrayBuffer>) => Promise<BufferSource>;
  readonly cache: DownloadCache | undefined;
  /** undefined where programs have no folders. */
  readonly files: FileStore | undefined;
  /** A build of the kernels next to the package's files, or compiled by a bundler; undefined where there is none. */
  readonly kernelFile: (build: string) => Uint8Array<ArrayBuffer> | WebAssembly.Module | undefined;
  /** Compiles bytes, and starts what they or a module hold with these imports, which must be objects of their own. */
  readonly start: (
    content: BufferSource | WebAssembly.Module,
    imports: WebAssembly.Imports,
  ) => Started | Promise<Started>;
  /** Resolves when timers, input and signals have had their turn. */
  readonly nextTurn: () => Promise<void>;
};

/** WebAssembly that runs. */
export type Started = { readonly module: WebAssembly.Module; readonly exports: WebAssembly.Exports };

/** Files in folders. */
export type FileStore = {
  /**
   * Writes a whole file or nothing: a reader never sees half of one, an abort or a failure leaves no trace, and when it
   * returns, the file outlives a crash. The folder is made where it is missing.
   */
  readonly write: (folder: string, name: string, bytes: Uint8Array, signal?: AbortSignal) => Promise<void>;
  /** The names in a folder; none where it is missing. */
  readonly names: (folder: string) => Promise<readonly string[]>;
  /** Removes a file; one that is missing is left so. */
  readonly remove: (folder: string, name: string) => Promise<void>;
};

/** Where downloads are kept. */
export type DownloadCache = Pick<FileStore, "write"> & {
  /** The folder for this user on this machine; it need not exist yet. */
  readonly folder: () => string;
};

/** What a file is called while it is being written; a crash may leave one behind. */
export const PART_SUFFIX = ".part";
