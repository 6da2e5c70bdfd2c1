/** Options objects from callers: an unknown key is an error, so that a misspelled option is not silently ignored. */
import { OptionError } from "./errors.ts";
import { nearest } from "./nearest.ts";
import { MOST_CHARACTERS, tagOf } from "./values.ts";

/** Every key of an options type, once; the compiler refuses a list with a key missing. */
export type KeysOf<Options> = { readonly [Key in keyof Required<Options>]: 1 };

/**
 * Checks that `options` is an object (or undefined) with known keys only.
 *
 * @param op the function that was given the options
 * @throws {OptionError} not an object, or a key that the function does not have; the message has the nearest one
 */
export function checkOptions<Options>(op: string, options: unknown, keys: KeysOf<NoInfer<Options>>): void {
  if (options === undefined) return;
  if (typeof options !== "object" || options === null || !isPlain(options))
    throw new OptionError(op, "an object of options", options);
  for (const key of Object.keys(options)) {
    if (Object.hasOwn(keys, key)) continue;
    const meant = nearest(key.slice(0, MOST_CHARACTERS), Object.keys(keys));
    const hint =
      meant === undefined ? `options are ${Object.keys(keys).join(", ") || "none"}` : `did you mean ${meant}?`;
    throw new OptionError(`${op}: ${key.slice(0, MOST_CHARACTERS)}`, `unknown option; ${hint}`);
  }
}

/** An object of any realm, with methods of its own or without; makes no string where a minibatch is loaded. */
function isPlain(options: object): boolean {
  return Object.getPrototypeOf(options) === Object.prototype || tagOf(options) === "Object";
}
