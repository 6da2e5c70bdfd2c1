/** Types of arguments from callers: what TypeScript checks where it is used, and JavaScript does not. */
import { OptionError } from "./errors.ts";
import { tagOf } from "./values.ts";

/**
 * @param option the function and its argument: `parseCsv: text`
 * @throws {OptionError} a value of another type, or null for an object
 */
export function checkType(
  option: string,
  type: "string" | "number" | "boolean" | "function" | "object",
  value: unknown,
): void {
  if (typeof value === type && value !== null) return;
  throw new OptionError(option, `${type === "object" ? "an" : "a"} ${type}`, value);
}

/** @throws {OptionError} not a plain object: null, an array, a Map, a Date */
export function checkRecord(option: string, value: unknown, expected = "an object"): asserts value is object {
  if (typeof value !== "object" || tagOf(value) !== "Object") throw new OptionError(option, expected, value);
}

/** @throws {OptionError} neither a string nor undefined */
export function checkText(option: string, value: unknown): void {
  if (value !== undefined) checkType(option, "string", value);
}

/** @throws {OptionError} not an instance of the library's class; `expected` describes it: "a Dataset" */
export function checkInstance<T>(
  option: string,
  expected: string,
  Class: abstract new (...args: never[]) => T,
  value: unknown,
): asserts value is T {
  if (!(value instanceof Class)) throw new OptionError(option, expected, value);
}

/** @throws {OptionError} neither an array nor a typed array */
export function checkList(option: string, value: unknown, expected = "an array"): asserts value is ArrayLike<unknown> {
  if (!Array.isArray(value) && (!ArrayBuffer.isView(value) || isDataView(value)))
    throw new OptionError(option, expected, value);
}

function isDataView(value: ArrayBufferView): boolean {
  return !("length" in value);
}

/** @throws {OptionError} neither a path nor a URL */
export function checkSource(option: string, value: unknown): asserts value is string | URL {
  if (typeof value !== "string" && tagOf(value) !== "URL") throw new OptionError(option, "a path or a URL", value);
}

/** @throws {OptionError} neither an array of numbers nor a typed array of them */
export function checkNumbers(option: string, value: unknown): asserts value is ArrayLike<number> {
  checkList(option, value, "an array of numbers");
  for (let i = 0; i < value.length; i++) checkType(`${option}[${i}]`, "number", value[i]);
}

/** @throws {OptionError} no signal, of any realm or library, nor undefined */
export function checkSignal(option: string, value: unknown): void {
  if (value !== undefined && typeof (value as AbortSignal | null)?.aborted !== "boolean")
    throw new OptionError(option, "an AbortSignal", value);
}
