/**
 * The oldest browsers that docs/browsers.md promises, and every built-in that at least one of them lacks.
 *
 *   Chrome 103 · Firefox 113 · Safari 16.4
 */

/** Built-ins by owner, where an owner is a path from the global object. "" is the global object itself. */
export const NEWER: Readonly<Record<string, readonly string[]>> = {
  "": [
    ...["Iterator", "DisposableStack", "AsyncDisposableStack", "SuppressedError", "Float16Array", "URLPattern"],
    ...["scheduler", "requestIdleCallback", "CompressionStream", "Temporal", "Observable"],
  ],
  Symbol: ["dispose", "asyncDispose"],
  Array: ["fromAsync"],
  "Array.prototype": ["with", "toReversed", "toSorted", "toSpliced", "group", "groupToMap"],
  Object: ["groupBy"],
  Map: ["groupBy"],
  "Map.prototype": ["getOrInsert", "getOrInsertComputed"],
  "Set.prototype": [
    ...["union", "intersection", "difference", "symmetricDifference"],
    ...["isSubsetOf", "isSupersetOf", "isDisjointFrom"],
  ],
  Promise: ["withResolvers", "try"],
  "String.prototype": ["isWellFormed", "toWellFormed"],
  RegExp: ["escape"],
  Error: ["isError", "captureStackTrace"],
  Math: ["f16round", "sumPrecise"],
  Atomics: ["waitAsync", "pause"],
  "ArrayBuffer.prototype": ["transfer", "transferToFixedLength", "resize", "resizable", "maxByteLength", "detached"],
  "SharedArrayBuffer.prototype": ["grow", "growable", "maxByteLength"],
  "DataView.prototype": ["getFloat16", "setFloat16"],
  Uint8Array: ["fromBase64", "fromHex"],
  "Uint8Array.prototype": ["toBase64", "toHex", "setFromBase64", "setFromHex"],
  Intl: ["Segmenter", "DurationFormat"],
  AbortSignal: ["any"],
  URL: ["canParse", "parse"],
  "URLSearchParams.prototype": ["size"],
  ReadableStream: ["from"],
  "ReadableStream.prototype": ["values"],
  Response: ["json"],
  "Response.prototype": ["bytes"],
  "Request.prototype": ["bytes"],
  "Blob.prototype": ["bytes"],
  "Headers.prototype": ["getSetCookie"],
  WebAssembly: ["JSTag", "Suspending", "promising"],
  "Document.prototype": ["startViewTransition"],
  "Element.prototype": ["checkVisibility", "setHTML", "setHTMLUnsafe", "getHTML", "moveBefore"],
  "HTMLElement.prototype": ["showPopover", "hidePopover", "togglePopover"],
  "CanvasRenderingContext2D.prototype": ["reset", "letterSpacing"],
  "PerformanceResourceTiming.prototype": ["responseStatus", "contentType"],
};

/** Properties of every typed array, which inherit them from an intrinsic without a name. */
export const NEWER_OF_TYPED_ARRAYS: readonly string[] = ["with", "toReversed", "toSorted"];

/** Properties of iterators, which inherit them from `Iterator.prototype`. */
export const NEWER_OF_ITERATORS: readonly string[] = [
  ...["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"],
];

/**
 * Deletes built-ins.
 *
 * @returns those that are still there
 */
export function removeNewer(): string[] {
  const kept: string[] = [];
  const iterators = Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object;
  for (const key of NEWER_OF_ITERATORS) remove(iterators, key, kept);
  const typedArrays = Object.getPrototypeOf(Uint8Array.prototype) as object;
  for (const key of NEWER_OF_TYPED_ARRAYS) remove(typedArrays, key, kept);
  remove(globalThis.ReadableStream?.prototype, Symbol.asyncIterator, kept);
  const { Symbol: symbols = [], ...others } = NEWER;
  for (const [path, keys] of Object.entries(others)) {
    let owner: unknown = globalThis;
    for (const step of path === "" ? [] : path.split("."))
      owner = (owner as Record<string, unknown> | undefined)?.[step];
    for (const key of keys) remove(owner as object | undefined, key, kept);
  }
  replaceSymbol(symbols);
  for (const key of symbols) if (key in Symbol) kept.push(`Symbol.${key}`);
  return kept;
}

function remove(owner: object | undefined, key: PropertyKey, kept: string[]): void {
  if (owner === undefined || owner === null) return;
  Reflect.deleteProperty(owner, key);
  if (Object.hasOwn(owner, key)) kept.push(String(key));
}

/** Properties of `Symbol` cannot be deleted: another function without them takes its place. */
function replaceSymbol(without: readonly string[]): void {
  const whole = Symbol;
  const older = function (this: unknown, description?: string) {
    if (new.target !== undefined) throw new TypeError("Symbol is not a constructor");
    return whole(description);
  };
  Object.defineProperty(older, "prototype", { value: whole.prototype });
  for (const key of Reflect.ownKeys(whole)) {
    if (without.includes(key as string) || ["prototype", "length", "name"].includes(key as string)) continue;
    Object.defineProperty(older, key, Object.getOwnPropertyDescriptor(whole, key) as PropertyDescriptor);
  }
  Object.defineProperty(globalThis, "Symbol", { value: older, writable: true, configurable: true });
}
