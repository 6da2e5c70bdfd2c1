/** Damage to the values of JSON: a key is missing, comes twice or is another; a value is of another kind, size or depth. */
import { type Draw, EDGES } from "./draw.ts";

/** A value that JSON can write. */
export type JsonValue = null | boolean | number | string | JsonValue[] | { [key: string]: JsonValue };

/** Deeper than a recursive program's stack. */
const DEPTH = 6000;
/** Names that objects have by themselves, and that code relies on. */
const KEYS = ["__proto__", "constructor", "toString", "valueOf", "toJSON", "length", "", "kind", "name", "0", "größe"];

const DEEP: string = `${"[".repeat(DEPTH)}${"]".repeat(DEPTH)}`;
const DEEP_OBJECT: string = `${'{"a":'.repeat(DEPTH)}1${"}".repeat(DEPTH)}`;

/** A copy with one to three damages. */
export function damagedJson(draw: Draw, value: JsonValue): JsonValue {
  let copy = structuredClone(value);
  for (let count = draw.between(1, 3); count > 0; count--) copy = damage(draw, copy);
  return copy;
}

/** A value that no file has. */
export function hostileValue(draw: Draw): JsonValue {
  switch (draw.below(9)) {
    case 0:
      return draw.pick<JsonValue>([null, true, false, [], {}, "", [[]], [{}]]);
    case 1:
      return draw.pick(EDGES) * draw.pick([1, 1, -1, 0.5, 1e-300, 1e280]);
    case 2:
      return draw.pick(KEYS);
    case 3:
      return "x".repeat(draw.pick([1, 100, 3000]));
    case 4:
      // Made by JSON, so that __proto__ is a key like any other, as it is in a file.
      return JSON.parse(`{${JSON.stringify(draw.pick(KEYS))}:${JSON.stringify(hostileValue(draw))}}`) as JsonValue;
    case 5:
      return draw.chance(0.05) ? (JSON.parse(draw.pick([DEEP, DEEP_OBJECT])) as JsonValue) : [[[[[]]]]];
    case 6:
      return JSON.parse('{"toString":1,"valueOf":1}') as JsonValue;
    case 7:
      return Array.from({ length: draw.pick([1, 2, 9, 300]) }, () => draw.extent());
    default:
      return draw.pick(EDGES) + draw.pick([-1, 0, 0.5, 1]);
  }
}

/** Cases of more text would be slow because they are long. */
const MAX_TEXT = 2 ** 16;

/** The text of a value however deep, which `JSON.stringify` refuses; cut off where it is long. */
export function jsonText(value: JsonValue): string {
  try {
    return JSON.stringify(value).slice(0, MAX_TEXT);
  } catch {
    const parts: string[] = [];
    write(value, parts);
    return parts.join("").slice(0, MAX_TEXT);
  }
}

/** Walks down to a node, and damages it there. */
function damage(draw: Draw, value: JsonValue): JsonValue {
  if (Array.isArray(value)) {
    if (value.length === 0 || draw.chance(0.2)) return damagedList(draw, value);
    const at = draw.below(value.length);
    value[at] = damage(draw, value[at] as JsonValue);
    return value;
  }
  if (typeof value === "object" && value !== null) {
    const keys = Object.keys(value);
    const key = draw.pick(keys);
    if (key === undefined || draw.chance(0.2)) return damagedObject(draw, value, key);
    Object.defineProperty(value, key, { ...FIELD, value: damage(draw, value[key] as JsonValue) });
    return value;
  }
  if (typeof value === "number" && draw.chance(0.4)) return value + draw.pick([-1, 1, 0.5, -2 * value]);
  return hostileValue(draw);
}

const FIELD = { enumerable: true, configurable: true, writable: true };

function damagedList(draw: Draw, list: JsonValue[]): JsonValue {
  const at = draw.below(list.length + 1);
  switch (draw.below(4)) {
    case 0:
      return list.toSpliced(at, 1);
    case 1:
      return list.toSpliced(at, 0, hostileValue(draw));
    case 2:
      return Array.from({ length: list.length < 20 ? draw.pick([2, 3, 50]) : 2 }, () => list).flat();
    default:
      return hostileValue(draw);
  }
}

function damagedObject(draw: Draw, value: { [key: string]: JsonValue }, key: string | undefined): JsonValue {
  const choice = draw.below(4);
  if (choice === 3) return hostileValue(draw);
  if (choice > 0 && key !== undefined) {
    const { [key]: gone, ...rest } = value;
    if (choice === 1) return rest;
    Object.defineProperty(rest, draw.pick(KEYS), { ...FIELD, value: gone });
    return rest;
  }
  Object.defineProperty(value, draw.pick(KEYS), { ...FIELD, value: hostileValue(draw) });
  return value;
}

/** Parts are chained without recursion: a list of a list of … is walked by a stack of its own. */
function write(root: JsonValue, parts: string[]): void {
  const pending: (JsonValue | { readonly text: string } | symbol)[] = [];
  const texts: string[] = [];
  const put = (text: string) => {
    texts.push(text);
    pending.push(TEXT);
  };
  const visit = (value: JsonValue) => {
    if (typeof value !== "object" || value === null) {
      parts.push(JSON.stringify(value));
      return;
    }
    const isList = Array.isArray(value);
    const entries = Object.entries(value);
    parts.push(isList ? "[" : "{");
    put(isList ? "]" : "}");
    for (const [i, [key, child]] of [...entries.entries()].reverse()) {
      pending.push(child);
      const name = isList ? "" : `${JSON.stringify(key)}:`;
      put(i === 0 ? name : `,${name}`);
    }
  };
  visit(root);
  while (pending.length > 0) {
    const next = pending.pop();
    if (next === TEXT) parts.push(texts.pop() ?? "");
    else visit(next as JsonValue);
  }
}

/** Stands for the last of the texts that are waiting. */
const TEXT = Symbol("text");
