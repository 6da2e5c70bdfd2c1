/** Names that mean something to JavaScript where a file has them as keys, put into JSON wherever an object stands. */
import * as assert from "uvu/assert";

/** Keys that lead to every object's prototype, or hide what it has. */
export const HOSTILE_NAMES: readonly string[] = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "__defineGetter__",
];

const POLLUTION = '{"polluted":"yes","prototype":{"polluted":"yes"},"length":7}';

/**
 * A value as JSON texts, one for each object in it and each hostile name: that object has the name as a key of its own.
 * `JSON.parse` makes an own property even of `__proto__`; what copies it carelessly changes a prototype.
 */
export function poisoned(value: unknown): string[] {
  const places = countObjects(value);
  return Array.from({ length: places }, (_, place) => place).flatMap((place) =>
    HOSTILE_NAMES.map((name) => textOf(value, { at: 0, place, member: `${JSON.stringify(name)}:${POLLUTION}` })),
  );
}

function countObjects(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  const children = Object.values(value).reduce((sum: number, child) => sum + countObjects(child), 0);
  return children + (Array.isArray(value) ? 0 : 1);
}

function textOf(value: unknown, cursor: { at: number; readonly place: number; readonly member: string }): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((child) => textOf(child, cursor)).join(",")}]`;
  const isHere = cursor.at === cursor.place;
  cursor.at += 1;
  const members = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => `${JSON.stringify(key)}:${textOf(child, cursor)}`);
  return `{${(isHere ? [cursor.member, ...members] : members).join(",")}}`;
}

const PROTOTYPES = [Object.prototype, Array.prototype, Function.prototype, String.prototype, Map.prototype];
const before = PROTOTYPES.map(ownOf);

/** No prototype has more, fewer or other properties than when this file was loaded. */
export function assertUnpolluted(label: string): void {
  assert.is(({} as { polluted?: unknown }).polluted, undefined, label);
  assert.equal(PROTOTYPES.map(ownOf), before, label);
}

function ownOf(prototype: object): string[] {
  return Reflect.ownKeys(prototype).map((key) => {
    const { value, get, set } = Object.getOwnPropertyDescriptor(prototype, key) ?? {};
    return `${String(key)} ${[value, get, set].map((each) => (typeof each === "function" ? each.name : typeof each))}`;
  });
}

/** Nothing in a value inherits from what a file said. */
export function assertPlain(value: unknown, label: string, seen: Set<unknown> = new Set()): void {
  if (typeof value !== "object" || value === null || seen.has(value) || ArrayBuffer.isView(value)) return;
  seen.add(value);
  if (!Object.hasOwn(value, "polluted")) assert.not.ok("polluted" in value, label);
  const prototype: object | null = Object.getPrototypeOf(value);
  assert.ok(prototype === null || Object.hasOwn(prototype, "constructor"), `${label}: a prototype that is no class's`);
  const children = value instanceof Map ? [...value].flat() : Object.values(value);
  for (const child of children) assertPlain(child, label, seen);
}
