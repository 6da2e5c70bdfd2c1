/**
 * Copies of plain data for `postMessage`, whose structured clone refuses proxies even of plain objects and arrays, as state
 * libraries (Vue, MobX) make them.
 */
import { OptionError } from "../errors.ts";
import type { RandomState } from "../random/random_state.ts";
import type { RandomStateSnapshot } from "../random/snapshot.ts";
import { checkReadable } from "../readable.ts";

/**
 * The value with every plain object and array in it copied. Typed arrays and instances of classes stay what they are.
 *
 * @param path where the value is, for errors
 * @throws {OptionError} a function, a symbol, a Proxy of a typed array or a detached one; the message has its path
 */
export function plainCopy(value: unknown, path: string, copies: Map<object, unknown> = new Map()): unknown {
  if (typeof value === "function" || typeof value === "symbol") {
    throw new OptionError(path, "plain data, which can be posted to a worker", value);
  }
  if (typeof value !== "object" || value === null) return value;
  checkReadable(path, value);
  const known = copies.get(value);
  if (known !== undefined) return known;
  if (Array.isArray(value)) {
    const copy: unknown[] = [];
    copies.set(value, copy);
    for (const [i, item] of value.entries()) copy.push(plainCopy(item, `${path}[${i}]`, copies));
    return copy;
  }
  if (!isPlain(value)) return value;
  const copy: Record<string, unknown> = Object.create(null);
  copies.set(value, copy);
  for (const [key, item] of Object.entries(value)) copy[key] = plainCopy(item, joined(path, key), copies);
  return copy;
}

/** @throws {OptionError} no stream; its class is not looked at, which a program that trains in a worker need not load */
export function stateOf(option: string, random: RandomState): RandomStateSnapshot {
  if (typeof random?.getState !== "function") throw new OptionError(option, "a RandomState", random);
  return random.getState();
}

/** What a request keeps options in, which callers know without it. */
const UNNAMED: readonly string[] = ["options", "parts"];

/** `train`, `optimizer` → `train: optimizer`; `train: optimizer`, `rate` → `train: optimizer.rate`. */
function joined(path: string, key: string): string {
  if (path.includes(": ")) return `${path}.${key}`;
  return UNNAMED.includes(key) ? path : `${path}: ${key}`;
}

/** Whether an object was written as a literal, in any realm. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
