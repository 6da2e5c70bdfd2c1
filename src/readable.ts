/**
 * Typed arrays from callers that have no elements to read:
 *
 *   detached   the buffer was transferred, to a worker for example: the length is 0
 *   a Proxy    of a state library (Vue, MobX): it inherits from the class, but every method of the class refuses it
 */
import { OptionError } from "./errors.ts";

const TypedArray = Object.getPrototypeOf(Uint8Array) as typeof Uint8Array;

/**
 * Checks that a typed array can be read. Values that are no typed arrays pass.
 *
 * @param option what errors call it: `predict: x`
 * @throws {OptionError} a detached array, or a Proxy of a typed array
 */
export function checkReadable(option: string, array: unknown): void {
  if (!ArrayBuffer.isView(array)) {
    if (!(array instanceof TypedArray)) return;
    throw new OptionError(
      option,
      "a Proxy of a typed array cannot be read; pass the array itself, such as toRaw(array)",
    );
  }
  if (array.byteLength > 0 || !isDetached(array)) return;
  throw new OptionError(
    option,
    "its elements were transferred elsewhere, so that none are left; transfer a copy instead",
  );
}

/** Whether an array without elements had some before its buffer was transferred. */
function isDetached({ buffer }: ArrayBufferView): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}
