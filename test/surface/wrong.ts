/** Values of the wrong type, and where each may be put: in place of an argument, of an option, of an element. */

/** What kind of value it is, coarsely: a value of the same kind as a valid one may be valid too. */
export function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (ArrayBuffer.isView(value)) return "typed array";
  if (Array.isArray(value)) return "array";
  if (typeof value !== "object") return typeof value;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype ? "object" : "instance";
}

/** Made anew for each use: a library may keep what it is given. */
export const WRONG: readonly (readonly [name: string, make: () => unknown])[] = [
  ["undefined", () => undefined],
  ["null", () => null],
  ["true", () => true],
  ["NaN", () => Number.NaN],
  ["1.5", () => 1.5],
  ["-1", () => -1],
  ['"text"', () => "text"],
  ['"__proto__"', () => "__proto__"],
  ["5n", () => 5n],
  ["a symbol", () => Symbol("s")],
  ["a function", () => () => undefined],
  ["{}", () => ({})],
  ["[]", () => []],
  ["[undefined]", () => [undefined]],
  ["[null]", () => [null]],
  ['["a"]', () => ["a"]],
  ["an array with a hole", () => new Array(2)],
  ["ragged rows", () => [[1, 2], [3]]],
  ["a circular array", circular],
  ["a Date", () => new Date(0)],
  ["a Map", () => new Map()],
  ["a Uint8Array", () => Uint8Array.of(1, 2, 3)],
  ["a BigInt64Array", () => BigInt64Array.of(1n, 2n)],
];

function circular(): unknown {
  const list: unknown[] = [];
  list.push(list);
  return list;
}

/** A copy of these arguments with one value replaced, by where it was: `args[1].epsilon`. */
export type Variant = {
  readonly where: string;
  readonly valid: unknown;
  readonly replace: (value: unknown) => readonly unknown[];
};

/** Each argument, and each own property of arguments that are plain objects, two levels deep. */
export function variantsOf(args: readonly unknown[]): readonly Variant[] {
  return args.flatMap((argument, index) => {
    const at = (value: unknown): readonly unknown[] => args.map((kept, i) => (i === index ? value : kept));
    return [{ where: `${index}`, valid: argument, replace: at }, ...within(argument, `${index}`, at, 2)];
  });
}

function within(value: unknown, where: string, at: Variant["replace"], depth: number): readonly Variant[] {
  if (kindOf(value) !== "object" || depth === 0) return [];
  return Object.entries(value as object).flatMap(([key, valid]) => {
    const replace = (next: unknown) => at({ ...(value as object), [key]: next });
    return [{ where: `${where}.${key}`, valid, replace }, ...within(valid, `${where}.${key}`, replace, depth - 1)];
  });
}

/** These arguments with a key that nobody knows in one of their plain objects, one at a time. */
export function withUnknownKeys(args: readonly unknown[]): readonly Variant[] {
  return variantsOf(args)
    .filter(({ valid }) => kindOf(valid) === "object")
    .map(({ where, valid, replace }) => ({
      where,
      valid,
      replace: () => replace({ ...(valid as object), notAnOption: 1 }),
    }));
}
