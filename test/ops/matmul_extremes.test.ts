/**
 * Products of operands over the whole range of their type, against sums without rounding:
 *
 *   |C - AB| <= k·eps·|A||B| + (k + 1)·smallest/2       wherever nothing can overflow
 *
 * The bound holds for every order of the sum, fused or not, because each of the k terms is rounded at most k times by
 * eps/2. Where Σ|a||b| reaches beyond the finite numbers, an element is ±∞ or NaN, or keeps to the bound: never a wrong
 * finite number.
 */
import * as assert from "uvu/assert";

import { matmul } from "../../src/ops/matmul.ts";
import type { Transpose } from "../../src/ops/product.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import {
  type ExactSum,
  exactProduct,
  mayOverflow,
  residual,
  roundingBound,
  signOfOverflow,
} from "../support/exact_product.ts";
import { draws, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { transposed } from "../support/oracle.ts";

type Size = { readonly m: number; readonly n: number; readonly k: number };
type Factors = { readonly a: Float64Array; readonly b: Float64Array };
type Range = readonly [lowest: number, highest: number];

/** Full tiles and edges; more than one block of k; rows and columns, which are not packed. */
const SIZES: readonly Size[] = [
  { m: 5, n: 17, k: 9 },
  { m: 6, n: 9, k: 261 },
  { m: 2, n: 9, k: 33 },
  { m: 7, n: 1, k: 40 },
  { m: 1, n: 1, k: 515 },
];
const TRANSPOSES: readonly Transpose[] = ["none", "a", "b", "both"];

/** Exponents of the smallest number, of the smallest normal one and of the largest. */
const EXPONENTS = {
  float32: { smallest: -149, normal: -126, largest: 127 },
  float64: { smallest: -1074, normal: -1022, largest: 1023 },
} as const;

const LARGEST = { float32: (2 - 2 ** -23) * 2 ** 127, float64: Number.MAX_VALUE } as const;

/** Operands by the exponents of their elements, which have either sign. */
const KINDS: Readonly<Record<string, (e: (typeof EXPONENTS)[FloatType]) => readonly [a: Range, b: Range]>> = {
  "huge, just within range": ({ largest }) => [
    [largest / 2 - 12, largest / 2 - 8],
    [largest / 2 - 12, largest / 2 - 8],
  ],
  "so large that most products overflow": ({ largest }) => [
    [largest / 2 - 8, largest],
    [largest / 2 - 8, largest],
  ],
  "so small that products are subnormal": ({ smallest }) => [
    [smallest / 2 - 3, smallest / 2 + 8],
    [smallest / 2 - 3, smallest / 2 + 8],
  ],
  "subnormal times huge": ({ smallest, normal, largest }) => [
    [smallest, normal],
    [largest - 12, largest - 10],
  ],
  "subnormal times subnormal: nothing is left": ({ smallest, normal }) => [
    [smallest, normal],
    [smallest, normal],
  ],
  "of any size at all": ({ smallest, largest }) => [
    [smallest, largest],
    [smallest, largest],
  ],
  "of half the exponents": ({ smallest, largest }) => [
    [smallest / 2, largest / 2 - 6],
    [smallest / 2, largest / 2 - 6],
  ],
};

const engine = await loadEngine();
const test = leakFreeSuite("matmul, extremes", engine);

for (const dtype of FLOATS) {
  for (const [kind, rangesOf] of Object.entries(KINDS)) {
    test(`operands ${kind}, ${dtype}`, () => {
      const [rangeA, rangeB] = rangesOf(EXPONENTS[dtype]);
      for (const [seed, size] of SIZES.entries()) {
        const a = spread(size.m * size.k, 2 * seed + 1, rangeA, dtype);
        const b = spread(size.k * size.n, 2 * seed + 2, rangeB, dtype);
        checkProduct(dtype, size, { a, b }, kind);
      }
    });
  }

  test(`terms that cancel to their last digits, ${dtype}`, () => {
    const digits = dtype === "float32" ? 23 : 52;
    for (const [seed, size] of SIZES.entries()) {
      const { m, n, k } = size;
      const draw = draws(seed);
      // a_2p = x and a_2p+1 = -x times rows of B that differ in their last digit.
      const a = spread(m * k, seed, [0, 20], dtype);
      const b = spread(k * n, seed + 50, [0, 1], dtype);
      for (let p = 1; p < k; p += 2) {
        for (let i = 0; i < m; i++) a[i * k + p] = -(a[i * k + p - 1] ?? 0);
        for (let j = 0; j < n; j++) b[p * n + j] = (b[(p - 1) * n + j] ?? 0) + (draw() < 0.5 ? 0 : 2 ** -digits);
      }
      const narrow = dtype === "float32" ? b.map(Math.fround) : b;
      checkProduct(dtype, size, { a, b: narrow }, "cancelling");
    }
  });

  test(`one giant, its opposite, and what stands between them, ${dtype}`, () => {
    const giant = 2 ** (EXPONENTS[dtype].largest - 12);
    for (const [seed, size] of SIZES.entries()) {
      const { m, n, k } = size;
      const a = spread(m * k, seed, [-2, 2], dtype);
      const b = new Float64Array(k * n).fill(1);
      for (let i = 0; i < m; i++) {
        a[i * k] = giant;
        a[i * k + k - 1] = -giant;
      }
      checkProduct(dtype, size, { a, b }, "giants");
    }
  });

  test(`terms of one sign beyond the largest number are ∞ of this sign, ${dtype}`, () => {
    const { largest } = EXPONENTS[dtype];
    for (const [seed, size] of SIZES.entries()) {
      for (const sign of [1, -1]) {
        const a = spread(size.m * size.k, seed, [largest - 3, largest], dtype).map((x) => sign * Math.abs(x));
        const b = spread(size.k * size.n, seed + 9, [2, 3], dtype).map(Math.abs);
        const got = checkProduct(dtype, size, { a, b }, `${sign}`);
        assert.ok(got.every((value) => value === sign * Infinity));
      }
    }
  });
}

test.run();

/** Numbers of either sign whose exponents lie in a range, ends included, with as many digits as the type has. */
function spread(count: number, seed: number, [lowest, highest]: Range, dtype: FloatType): Float64Array {
  const draw = draws(seed);
  const [from, to] = [Math.ceil(lowest), Math.floor(highest)];
  return Float64Array.from({ length: count }, () => {
    const exponent = from + Math.floor((to - from + 1) * draw());
    const significand = 1 + draw() + draw() / 2 ** 32;
    const size = significand * 2 ** Math.max(exponent, -1022) * 2 ** Math.min(exponent + 1022, 0);
    const value = Math.min(dtype === "float32" ? Math.fround(size) : size, LARGEST[dtype]);
    return draw() < 0.5 ? -value : value;
  });
}

/** Every layout gives the same bits, and they keep to the law. */
function checkProduct(dtype: FloatType, size: Size, { a, b }: Factors, kind: string): number[] {
  const { m, n, k } = size;
  const want = exactProduct(m, n, k, a, b);
  let first: number[] | undefined;
  for (const transpose of TRANSPOSES) {
    const [isA, isB] = [transpose === "a" || transpose === "both", transpose === "b" || transpose === "both"];
    using left = tensor(engine, isA ? transposed(m, k, a) : a, { dtype, shape: isA ? [k, m] : [m, k] });
    using right = tensor(engine, isB ? transposed(k, n, b) : b, { dtype, shape: isB ? [n, k] : [k, n] });
    using product = matmul(left, right, { transpose });
    const got = [...product.data];
    const label = `${kind}, ${transpose}, ${m}×${n}×${k}`;
    if (first === undefined) for (const [at, exact] of want.entries()) checkElement(got[at], exact, dtype, k, label);
    first ??= got;
    assertSame(got, first, label);
  }
  return first ?? [];
}

function checkElement(got = Number.NaN, exact: ExactSum, dtype: FloatType, k: number, label: string): void {
  if (Number.isFinite(got)) {
    const isWithin = residual(got, exact) <= roundingBound(exact, k, dtype);
    assert.ok(isWithin && signOfOverflow(exact, dtype) === 0, `${label}: ${got} is beyond the bound`);
    return;
  }
  assert.ok(mayOverflow(exact, k, dtype), `${label}: ${got}, but nothing can overflow`);
  const sign = signOfOverflow(exact, dtype);
  assert.ok(sign === 0 || got === sign * Infinity, `${label}: ${got}, expected ${sign * Infinity}`);
}
