import { suite } from "uvu";

import { BINARY } from "../../src/wasm/abi.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { Canary } from "../support/canary.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, integers, lanesOf, reals } from "../support/floats.ts";

/** unary.test.ts has the two that round more than once. */
type Name = Exclude<keyof typeof BINARY, "atan2" | "pow">;
type Strides = readonly [number, number, number, number];

const WANT: { readonly [N in Name]: (a: number, b: number) => number } = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  maximum: (a, b) => Math.max(a, b),
  minimum: (a, b) => Math.min(a, b),
  greater: (a, b) => Number(a > b),
  greaterEqual: (a, b) => Number(a >= b),
  equal: (a, b) => Number(a === b),
  keep: (a, b) => (a !== 0 ? b : 0),
  drop: (a, b) => (a === 0 ? b : 0),
  either: (a, b) => (Object.is(a, 0) ? b : a),
  less: (a, b) => Number(a < b),
  lessEqual: (a, b) => Number(a <= b),
  notEqual: (a, b) => Number(a !== b),
  logicalAnd: (a, b) => Number(a !== 0 && b !== 0),
  logicalOr: (a, b) => Number(a !== 0 || b !== 0),
  mod: (a, b) => {
    const remainder = a % b;
    if (remainder === 0) return signOf(b) * 0;
    return signOf(remainder) === signOf(b) ? remainder : remainder + b;
  },
  floorDiv: (a, b) => {
    if (b === 0) return a / b;
    if (!Number.isFinite(a) || Number.isNaN(b)) return Number.NaN;
    if (!Number.isFinite(b)) return a !== 0 && signOf(a) !== signOf(b) ? -1 : a / b;
    return Math.floor(a / b);
  },
};
/** `either` is about two operands of which one is 0: it has a test of its own. */
const NAMES = (Object.keys(WANT) as Name[]).filter((name) => name !== "either");

const engine = await loadEngine();
const field = new Canary(engine);

const test = suite("binary");

/** What every element's own walk through the strides gives. */
function wanted(f: Name, extents: Strides, a: Float64Array, sa: Strides, b: Float64Array, sb: Strides): Float64Array {
  const [d0, d1, d2, d3] = extents;
  return Float64Array.from({ length: d0 * d1 * d2 * d3 }, (_, at) => {
    const index = [Math.floor(at / (d1 * d2 * d3)), Math.floor(at / (d2 * d3)) % d1, Math.floor(at / d3) % d2, at % d3];
    const from = (strides: Strides) => index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? Number.NaN), 0);
    return WANT[f](a[from(sa)] ?? Number.NaN, b[from(sb)] ?? Number.NaN);
  });
}

function run(
  dtype: FloatType,
  f: Name,
  extents: Strides,
  a: Float64Array,
  sa: Strides,
  b: Float64Array,
  sb: Strides,
  place: "apart" | "onto a" | "onto b" = "apart",
): number[] {
  field.clear();
  const left = field.place(dtype, a);
  const right = field.place(dtype, b);
  const size = extents.reduce((product, extent) => product * extent, 1);
  const outputs = { apart: () => field.room(dtype, size), "onto a": () => left, "onto b": () => right };
  const y = outputs[place]();
  const kernel = engine.kernels[dtype].binary;
  field.run([y], () => kernel(BINARY[f], ...extents, left.pointer, ...sa, right.pointer, ...sb, y.pointer));
  return y.values();
}

for (const dtype of FLOATS) {
  const round = dtype === "float32" ? Math.fround : (value: number) => value;
  const longest = 5 * lanesOf(dtype) + 1;
  const along: Strides = [0, 0, 0, 1];
  const repeated: Strides = [0, 0, 0, 0];

  for (const f of NAMES) {
    test(`${f} of any number of elements, or of one and many, in place too, ${dtype}`, () => {
      for (let n = 0; n <= longest; n++) {
        const a = integers(n, 1 + n);
        const b = integers(n, 99 + n);
        const extents: Strides = [1, 1, 1, n];
        const want = wanted(f, extents, a, along, b, along).map(round);
        for (const place of ["apart", "onto a", "onto b"] as const) {
          assertSame(run(dtype, f, extents, a, along, b, along, place), want, `n = ${n}, ${place}`);
        }
        for (const one of [-2, 0, 3]) {
          const single = Float64Array.of(one);
          const left = wanted(f, extents, single, repeated, b, along).map(round);
          assertSame(run(dtype, f, extents, single, repeated, b, along), left, `${one} with ${n}`);
          const right = wanted(f, extents, a, along, single, repeated).map(round);
          assertSame(run(dtype, f, extents, a, along, single, repeated), right, `${n} with ${one}`);
        }
      }
    });

    test(`${f} of real numbers rounds once, ${dtype}`, () => {
      const a = reals(longest, 5, dtype);
      const b = reals(longest, 6, dtype);
      const extents: Strides = [1, 1, 1, longest];
      const want = wanted(f, extents, a, along, b, along).map(round);
      assertSame(run(dtype, f, extents, a, along, b, along), want, f);
    });

    test(`${f} by IEEE's rules for NaN, ∞ and the zeros, in every lane, ${dtype}`, () => {
      const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1];
      for (const x of values) {
        for (const y of values) {
          for (let i = 0; i < longest; i++) {
            const a = new Float64Array(longest).fill(2).with(i, x);
            const b = new Float64Array(longest).fill(3).with(i, y);
            const extents: Strides = [1, 1, 1, longest];
            const want = wanted(f, extents, a, along, b, along).map(round);
            assertSame(run(dtype, f, extents, a, along, b, along), want, `${x}, ${y} in ${i}`);
          }
        }
      }
    });
  }

  test(`operands repeated along any axes, ${dtype}`, () => {
    for (const extents of [
      [2, 3, 2, 5],
      [3, 1, 4, 9],
      [1, 2, 3, 1],
      [2, 0, 3, 4],
      [0, 2, 3, 4],
      [2, 3, 0, 4],
      [2, 3, 4, 0],
    ] as const) {
      const [d0, d1, d2, d3] = extents;
      for (let mask = 0; mask < 16; mask++) {
        // a has the axes of the mask, b the others and the last.
        const [sa, a] = operandOf([d0, d1, d2, d3], mask, 3 + mask);
        const [sb, b] = operandOf([d0, d1, d2, d3], (15 ^ mask) | 1, 30 + mask);
        for (const f of ["sub", "minimum"] as const) {
          const want = wanted(f, extents, a, sa, b, sb);
          assertSame(run(dtype, f, extents, a, sa, b, sb), want, `${f}, ${extents}, axes ${mask.toString(2)}`);
        }
      }
    }
  });

  test(`either of which one is 0 is the other, to the bit and in place too, ${dtype}`, () => {
    const values = [Number.NaN, Infinity, -Infinity, 0, -0, 1, -1, 1e-45, ...reals(longest, 7, dtype)].map(round);
    for (let n = 1; n <= values.length; n++) {
      const a = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? values[i]! : 0));
      const b = Float64Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 0 : values[i]!));
      for (const place of ["apart", "onto a", "onto b"] as const) {
        assertSame(run(dtype, "either", [1, 1, 1, n], a, along, b, along, place), values.slice(0, n), `${n}, ${place}`);
      }
    }
    const repeatedZero = run(
      dtype,
      "either",
      [1, 1, 1, 3],
      Float64Array.of(0),
      repeated,
      Float64Array.of(1, -0, 2),
      along,
    );
    assertSame(repeatedZero, [1, -0, 2], "0 repeated");
  });

  test(`keep and drop pass on the bits of b, a NaN's too, ${dtype}`, () => {
    const words = dtype === "float32" ? [0x7fc12345, 0x80000000, 0xff812345] : [0x12345678, 0x7ff9abcd, 0, 0x80000000];
    field.clear();
    const a = field.place(dtype, [1, 1, 1]);
    const b = field.place(dtype, [0, 0, 0]);
    const y = field.room(dtype, 3);
    engine.memory.view("int32", b.pointer, words.length).set(words);
    const kernel = engine.kernels[dtype].binary;
    field.run([y], () => kernel(BINARY.keep, 1, 1, 1, 3, a.pointer, ...along, b.pointer, ...along, y.pointer));
    assertSame(engine.memory.view("int32", y.pointer, words.length), Int32Array.from(words), "keep");
    a.row(0).fill(0);
    field.run([y], () => kernel(BINARY.drop, 1, 1, 1, 3, a.pointer, ...along, b.pointer, ...along, y.pointer));
    assertSame(engine.memory.view("int32", y.pointer, words.length), Int32Array.from(words), "drop");
  });
}

test("mod and floorDiv: Python's, of either sign and of numbers far apart", () => {
  for (const [a, b, quotient, remainder] of [
    [7, 3, 2, 1],
    [-7, 3, -3, 2],
    [7, -3, -3, -2],
    [-7, -3, 2, -1],
    [6, -3, -2, -0],
    [1e20, 3, 33333333333333330000, 1],
    [5.5, 0.1, 54, 5.5 % 0.1],
    [-1e-20, 1, -1, 1],
    [0.3, Infinity, 0, 0.3],
    [-0.3, Infinity, -1, Infinity],
  ] as const) {
    const one = [1, 1, 1, 1] as const;
    const of = (f: Name) => run("float64", f, one, Float64Array.of(a), one, Float64Array.of(b), one);
    assertSame(of("floorDiv"), [quotient], `${a} // ${b}`);
    assertSame(of("mod"), [remainder], `${a} % ${b}`);
  }
});

test.run();

/** 1 or -1, also of zeros. */
function signOf(x: number): number {
  return x < 0 || Object.is(x, -0) ? -1 : 1;
}

/** Strides and elements of an operand that has the axes of `mask`, the last axis in its lowest bit. */
function operandOf(extents: Strides, mask: number, seed: number): [Strides, Float64Array] {
  const strides = [0, 0, 0, 0];
  let size = 1;
  for (let axis = 3; axis >= 0; axis--) {
    if (((mask >> (3 - axis)) & 1) === 0) continue;
    strides[axis] = size;
    size *= extents[axis] ?? Number.NaN;
  }
  return [strides as unknown as Strides, integers(size, seed)];
}
