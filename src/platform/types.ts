/** What the two platforms, Node (`node.ts`) and the browser (`web.ts`), offer under the one name `#platform`. */

/** The functions that both modules export. A location is a path or `file:` URL in Node, an address in a browser. */
export type Platform = {
  readonly readBytes: (location: string, maxBytes: number) => Promise<Uint8Array<ArrayBuffer> | undefined>;
  readonly gunzip: (bytes: Uint8Array, maxBytes: number, file?: string) => Promise<Uint8Array<ArrayBuffer>>;
  readonly inflateRaw: (bytes: Uint8Array, maxBytes: number, file?: string) => Promise<Uint8Array<ArrayBuffer>>;
  readonly cache: DownloadCache | undefined;
  /** Whether WebAssembly is started without awaiting it. */
  readonly startsAtOnce: boolean;
  /** Resolves when timers, input and signals have had their turn. */
  readonly nextTurn: () => Promise<void>;
};

/** Where downloads are kept. */
export type DownloadCache = {
  /** The folder for this user on this machine; it need not exist yet. */
  readonly folder: () => string;
  /** Writes a whole file or nothing: a reader never sees half of one, and an abort or a failure leaves no trace. */
  readonly write: (folder: string, name: string, bytes: Uint8Array, signal?: AbortSignal) => Promise<void>;
};
