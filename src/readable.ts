/**
 * Typed arrays from callers, of this realm or another one, and those that have no elements to read:
 *
 *   detached   the buffer was transferred, to a worker for example, or resized: the length is 0
 *   a Proxy    of a state library (Vue, MobX): it inherits from the class, but every method of the class refuses it
 */
import { OptionError } from "./errors.ts";
import { isArrayOf, isNumberArray, type NumberArrays, tagOf } from "./values.ts";

const TypedArray = /* @__PURE__ */ Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

/**
 * Checks that a typed array can be read. Other values pass.
 *
 * @param option what errors call it: `predict: x`
 * @throws {OptionError} a detached array, or a Proxy of a typed array
 */
export function checkReadable(option: string, array: unknown): void {
  if (!(array instanceof TypedArray) && !ArrayBuffer.isView(array)) return;
  if (!ArrayBuffer.isView(array))
    throw new OptionError(option, "pass the array itself, such as toRaw(array), not a Proxy of it");
  if (tagOf(array) === "DataView") return;
  try {
    (array as Uint8Array).keys(); // refused by an array whose elements are gone
  } catch {
    throw new OptionError(option, "the elements are gone: the array's buffer was transferred or resized");
  }
}

/**
 * Whether values are a typed array of numbers, rather than nested numbers.
 *
 * @throws {OptionError} an array of BigInts, a DataView, or an array that cannot be read
 */
export function isNumbers(option: string, values: unknown): values is NumberArrays {
  checkReadable(option, values);
  if (!ArrayBuffer.isView(values)) return false;
  if (!isNumberArray(values)) throw new OptionError(option, "numbers", values);
  return true;
}

/**
 * The same bytes as a Uint8Array of this realm: the array itself or a view of it; a copy where its buffer is shared or
 * resizable, which decoders of text refuse.
 *
 * @param option what errors call it
 * @throws {OptionError} no Uint8Array, or one that cannot be read
 */
export function bytesOf(option: string, bytes: Uint8Array): Uint8Array {
  checkReadable(option, bytes);
  if (!isArrayOf(bytes, "Uint8Array")) throw new OptionError(option, "a Uint8Array", bytes);
  const { buffer, byteOffset, length } = bytes;
  if (tagOf(buffer) !== "ArrayBuffer" || (buffer as { resizable?: boolean }).resizable) return new Uint8Array(bytes);
  return bytes instanceof Uint8Array ? bytes : new Uint8Array(buffer, byteOffset, length);
}
