/** Arrays of every type for property tests, and how damaged files must end. */
import fc from "fast-check";
import * as assert from "uvu/assert";
import type { ArrayData, NamedArray } from "../../src/formats/arrays.ts";
import { FormatError } from "../../src/formats/format_error.ts";

const TYPES = [
  ...[Float32Array, Float64Array, Int8Array, Int16Array, Int32Array, BigInt64Array],
  ...[Uint8Array, Uint16Array, Uint32Array, BigUint64Array],
] as const;

/** Any bits as elements, NaNs with payloads among them. */
const shaped = fc
  .tuple(fc.constantFrom(...TYPES), fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 4 }))
  .chain(([type, shape]) => {
    const bytes = shape.reduce((count, extent) => count * extent, 1) * type.BYTES_PER_ELEMENT;
    return fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((content) => ({ shape, data: new type(new Uint8Array(content).buffer) as ArrayData }));
  });

const name = fc.oneof(
  fc.constantFrom("__proto__", "constructor", "W1", "0", "1", "größe", "a b", '"', "weights/0"),
  fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 }),
);

/** A few arrays of any types, shapes and bits. */
export const namedArrays: fc.Arbitrary<NamedArray[]> = fc.uniqueArray(
  fc.tuple(name, shaped).map(([key, array]) => ({ name: key, ...array })),
  { selector: (array) => array.name, maxLength: 5 },
);

/** The same names, shapes, types and bits, in any order. */
export function assertSameArrays(got: readonly NamedArray[], want: readonly NamedArray[]): void {
  const found = new Map(got.map((array) => [array.name, array]));
  assert.is(got.length, want.length);
  for (const { name, shape, data } of want) {
    const array = found.get(name)!;
    assert.equal([...array.shape], [...shape], name);
    assert.is(Object.getPrototypeOf(array.data), Object.getPrototypeOf(data), name);
    assert.ok(Buffer.from(bytesOf(array.data)).equals(bytesOf(data)), `${name}: bits`);
  }
}

export function bytesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Every truncation, every byte of `positions` replaced by each of `values`: all are read, or are a FormatError. */
export async function assertOnlyFormatErrors(
  whole: Uint8Array,
  read: (bytes: Uint8Array) => unknown,
  { positions, values }: { readonly positions: number; readonly values: (byte: number) => readonly number[] },
): Promise<void> {
  for (let length = 0; length < whole.length; length++) {
    assert.is(await outcome(() => read(whole.slice(0, length))), "FormatError", `the first ${length} bytes`);
  }
  for (let at = 0; at < Math.min(positions, whole.length); at++) {
    for (const value of values(whole[at]!)) {
      const damaged = whole.slice();
      damaged[at] = value;
      const end = await outcome(() => read(damaged));
      assert.ok(end === "FormatError" || end === "value", `byte ${at} as ${value}: ${end}`);
    }
  }
}

async function outcome(read: () => unknown): Promise<string> {
  try {
    await read();
    return "value";
  } catch (error) {
    return error instanceof FormatError ? error.name : String(error);
  }
}

/** Eight flipped bits, and bytes that mean something to parsers. */
export function damagesOf(byte: number): readonly number[] {
  const flips = Array.from({ length: 8 }, (_, bit) => byte ^ (1 << bit));
  return [...flips, 0, 255, ...Array.from('"{}[]:,-0 e\\', (character) => character.charCodeAt(0))];
}
