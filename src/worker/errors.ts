/**
 * Errors on their way between a program and its worker: structured clone would leave nothing of a class but a message.
 *
 *   encoded   class name · message · stack · own fields · cause
 *   decoded   an error of that class, with those fields: `instanceof` holds on both sides
 */
import * as library from "./library_errors.ts";

/** An error as plain data. */
export type EncodedError = {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;
  /** What caused it: an error, or anything else as text. */
  readonly cause: EncodedError | string | undefined;
};

/** Any error class. */
type ErrorClass = { readonly prototype: Error };

const CLASSES: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ...Object.entries(library),
  ...Object.entries({ Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError }),
]);

/** What was thrown, as data that can be posted. */
export function encodeError(error: unknown): EncodedError {
  if (!(error instanceof Error)) {
    return { name: "Error", message: String(error), stack: undefined, fields: {}, cause: undefined };
  }
  const { name, message, stack, cause } = error;
  const fields = Object.entries(error).filter(([key]) => key !== "cause");
  return {
    name,
    message,
    stack,
    fields: Object.fromEntries(fields.map(([key, value]) => [key, cloneable(value)])),
    cause: cause instanceof Error ? encodeError(cause) : cause === undefined ? undefined : String(cause),
  };
}

/** The error that was encoded; its stack is that of the other side. */
export function decodeError({ name, message, stack, fields, cause }: EncodedError): Error {
  const source = typeof cause === "object" ? decodeError(cause) : cause;
  const error = new Error(message, source === undefined ? {} : { cause: source });
  const found = CLASSES.get(name);
  if (found !== undefined) Object.setPrototypeOf(error, found.prototype);
  for (const [key, value] of Object.entries(fields)) define(error, key, value, "enumerable");
  if (error.name !== name) define(error, "name", name, "hidden");
  if (stack !== undefined) define(error, "stack", stack, "hidden");
  return error;
}

/** Defined, not assigned: a name may be that of a setter. */
function define(error: Error, key: string, value: unknown, visibility: "enumerable" | "hidden"): void {
  const enumerable = visibility === "enumerable";
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}

/** The value, or what it reads like where it cannot be posted, as functions cannot. */
function cloneable(value: unknown): unknown {
  try {
    return structuredClone(value);
  } catch {
    return String(value);
  }
}
