/** What NumPy wrote, and what must be read from it: the fixture's shape. Made by numpy-arrays.py. */
import * as assert from "uvu/assert";
import type { ShapedArray } from "../../src/formats/arrays.ts";

export type Case = {
  readonly name: string;
  /** NumPy's kind and bytes of an element: f2 … b1. */
  readonly kind: string;
  readonly shape: readonly number[];
  /** Row-major; text where JSON has no number. */
  readonly values: readonly (number | string)[];
};

export type Fixture = {
  readonly arrays: readonly (Case & { readonly file: string })[];
  readonly refused: Readonly<Record<string, string>>;
  /** By a type's description in a header: how NumPy writes that type; null where it is not one of numbers. */
  readonly descriptions: Readonly<Record<string, string | null>>;
  /** Archives in which arrays of numbers are not all; `others` are the arrays that are not. */
  readonly foreign: {
    readonly members: readonly Case[];
    readonly others: readonly string[];
    readonly files: Readonly<Record<string, string>>;
  };
  readonly archives: { readonly members: readonly Case[]; readonly files: Readonly<Record<string, string>> };
};

const ARRAYS: Readonly<Record<string, unknown>> = {
  ...{ f2: Float32Array, f4: Float32Array, f8: Float64Array, i1: Int8Array, i2: Int16Array, i4: Int32Array },
  ...{ i8: BigInt64Array, u1: Uint8Array, u2: Uint16Array, u4: Uint32Array, u8: BigUint64Array, b1: Uint8Array },
};

export function fromBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, "base64"));
}

/** The array has the case's shape, type and numbers; 0 is not -0. */
export function assertIsCase({ shape, data }: ShapedArray, wanted: Case): void {
  assert.equal([...shape], [...wanted.shape], wanted.name);
  assert.is(data.constructor, ARRAYS[wanted.kind], wanted.name);
  assert.is(data.length, wanted.values.length, wanted.name);
  for (const [i, want] of wanted.values.entries()) {
    const number = typeof want === "number" ? want : (NAMED.get(want) ?? BigInt(want));
    const rounded = wanted.kind === "f4" ? Math.fround(number as number) : number;
    assert.ok(
      Object.is(data[i], typeof data[i] === "bigint" ? BigInt(number) : rounded),
      `${wanted.name}[${i}]: ${data[i]}`,
    );
  }
}

const NAMED: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
]);
