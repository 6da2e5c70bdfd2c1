/**
 * Values from callers: recognized across realms, and described in error messages.
 *
 * `instanceof` fails for objects of another realm (an iframe, node:vm, a test runner's sandbox); tags do not.
 */

/** The longest description of a value, or of a key, in an error message. */
export const MOST_CHARACTERS = 80;

/** The class of a built-in object in any realm: "Float64Array", "Map", "Module"; "Object" for plain objects. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice("[object ".length, -1);
}

/** A typed array's class, by any realm's name for it. */
export type TypedArrays = {
  readonly Int8Array: Int8Array;
  readonly Uint8Array: Uint8Array;
  readonly Uint8ClampedArray: Uint8ClampedArray;
  readonly Int16Array: Int16Array;
  readonly Uint16Array: Uint16Array;
  readonly Int32Array: Int32Array;
  readonly Uint32Array: Uint32Array;
  readonly Float32Array: Float32Array;
  readonly Float64Array: Float64Array;
  readonly BigInt64Array: BigInt64Array;
  readonly BigUint64Array: BigUint64Array;
};

/** Whether a value is a typed array of this class, of any realm. */
export function isArrayOf<Name extends keyof TypedArrays>(value: unknown, name: Name): value is TypedArrays[Name] {
  return ArrayBuffer.isView(value) && tagOf(value) === name;
}

/** Typed arrays of numbers. */
export type NumberArrays = Exclude<TypedArrays[keyof TypedArrays], BigInt64Array | BigUint64Array>;

/** Whether a value is a typed array of numbers, of any class and realm: not of BigInts, and no DataView. */
export function isNumberArray(value: unknown): value is NumberArrays {
  return ArrayBuffer.isView(value) && /^(?!Big).*Array$/.test(tagOf(value));
}

/** Whether a value is a compiled module, of any realm. */
export function isModule(value: unknown): value is WebAssembly.Module {
  return tagOf(value) === "WebAssembly.Module";
}

/** Whether a value is an error, of any realm, or has a message as one has. */
export function hasMessage(value: unknown): value is { readonly message: unknown } {
  return typeof value === "object" && value !== null && "message" in value;
}

/** The message of an error of any realm; anything else that was thrown as text. */
export function messageOf(error: unknown): string {
  return hasMessage(error) ? String(error.message) : String(error);
}

/** A value in at most 80 characters, with its type where that is not obvious: `[1, 2]`, `Uint8Array(1000000) [0, 0, …`. */
export function describeValue(value: unknown): string {
  try {
    return cut(textOf(value));
  } catch {
    return "an object without a description"; // a getter or a toString that throws, a revoked proxy
  }
}

function textOf(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, MOST_CHARACTERS + 1));
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return `function ${value.name || "without a name"}`;
  if (typeof value !== "object" || value === null) return String(value);
  if (Array.isArray(value)) return `${value.length > 8 ? `Array(${value.length}) ` : ""}${itemsOf(value)}`;
  if (ArrayBuffer.isView(value) && tagOf(value) !== "DataView") {
    const array = value as Uint8Array;
    return `${tagOf(value)}(${array.length}) ${itemsOf(array)}`;
  }
  if (typeof value.toString === "function" && value.toString !== Object.prototype.toString) {
    return String(value).replace(/\s+/g, " "); // a tensor's numbers are several lines
  }
  const tag = tagOf(value);
  if (tag !== "Object") return tag;
  const entries = Object.entries(value).slice(0, MOST_CHARACTERS / 2);
  return entries.length === 0 ? "{}" : `{ ${entries.map(([key, item]) => `${key}: ${itemOf(item)}`).join(", ")} }`;
}

function itemsOf(array: ArrayLike<unknown>): string {
  const items: string[] = [];
  for (let i = 0; i < Math.min(array.length, MOST_CHARACTERS / 2); i++) items.push(itemOf(array[i]));
  return `[${items.join(", ")}]`;
}

/** A value within another one: of what has values in turn, only its type. */
function itemOf(value: unknown): string {
  if (Array.isArray(value)) return `Array(${value.length})`;
  return typeof value === "object" && value !== null ? tagOf(value) : describeValue(value);
}

function cut(text: string): string {
  return text.length <= MOST_CHARACTERS ? text : `${text.slice(0, MOST_CHARACTERS - 1)}…`;
}
