/**
 * What a reference kernel needs of its element type: arithmetic that rounds as one lane of WebAssembly's does, and the
 * view of memory. Kernels are written once, for both types. The reference for assembly/simd/lanes.ts.
 *
 * In float32 every result is rounded by itself. Computing it in float64 first changes nothing: sums, differences,
 * products, quotients and square roots of float32 that are rounded to 53 bits and then to 24 are those that are rounded to
 * 24 at once, because 53 >= 2·24 + 2 (Figueroa, "When is double rounding innocuous?", 1995).
 *
 * Each operation chooses its rounding by itself, rather than by a function that it is given: V8 compiles a kernel once for
 * both types, and where only one of them is in use, it leaves the other's way out.
 */
import type { FloatType } from "../wasm/dtype.ts";
import type { Pages } from "./pages.ts";

export type Floats = Float32Array | Float64Array;

type Fold = (a: number, b: number) => number;
type Fused = (a: number, b: number, c: number) => number;

export type Element = {
  readonly isSingle: boolean;
  readonly bytes: number;
  /** All of memory. */
  readonly floats: () => Floats;
  /** The index of the element at an address. */
  readonly at: (pointer: number) => number;
  /** Copies an element, by indices, without making a number of it: the bits of a NaN stay. */
  readonly move: (from: number, to: number) => void;
  /** Writes the bits of both elements together, by indices. */
  readonly either: (a: number, b: number, to: number) => void;
  readonly round: (a: number) => number;
  readonly add: Fold;
  readonly sub: Fold;
  readonly mul: Fold;
  readonly div: Fold;
  /** a·b + c, rounded twice, as the build `simd` does. */
  readonly madd: Fused;
  /** c − a·b, likewise. */
  readonly nmadd: Fused;
  /** Folds n elements from index x on as the lanes of a vector do: each lane its own, then the lanes in pairs. */
  readonly lanes: (fold: Fold, start: number, n: number, x: number) => number;
};

export function elementOf(memory: Pages, dtype: FloatType): Element {
  const isSingle = dtype === "float32";
  const shift = isSingle ? 2 : 3;
  const floats = (): Floats => (isSingle ? memory.f32 : memory.f64);

  const lane = (fold: Fold, start: number, n: number, x: number, first: number): number => {
    const f = floats();
    let y = start;
    for (let i = first; i < n; i += isSingle ? 4 : 2) y = fold(y, f[x + i]!);
    return y;
  };

  return {
    isSingle,
    bytes: 1 << shift,
    floats,
    at: (pointer) => pointer >>> shift,
    move: (from, to) => {
      const { i32 } = memory;
      if (isSingle) {
        i32[to] = i32[from]!;
        return;
      }
      i32[2 * to] = i32[2 * from]!;
      i32[2 * to + 1] = i32[2 * from + 1]!;
    },
    either: (a, b, to) => {
      const { i32 } = memory;
      if (isSingle) {
        i32[to] = i32[a]! | i32[b]!;
        return;
      }
      i32[2 * to] = i32[2 * a]! | i32[2 * b]!;
      i32[2 * to + 1] = i32[2 * a + 1]! | i32[2 * b + 1]!;
    },
    round: (a) => (isSingle ? Math.fround(a) : a),
    add: (a, b) => (isSingle ? Math.fround(a + b) : a + b),
    sub: (a, b) => (isSingle ? Math.fround(a - b) : a - b),
    mul: (a, b) => (isSingle ? Math.fround(a * b) : a * b),
    div: (a, b) => (isSingle ? Math.fround(a / b) : a / b),
    madd: (a, b, c) => (isSingle ? Math.fround(Math.fround(a * b) + c) : a * b + c),
    nmadd: (a, b, c) => (isSingle ? Math.fround(c - Math.fround(a * b)) : c - a * b),
    lanes: (fold, start, n, x) => {
      const [y0, y1] = [lane(fold, start, n, x, 0), lane(fold, start, n, x, 1)];
      if (!isSingle) return fold(y0, y1);
      return fold(fold(y0, lane(fold, start, n, x, 2)), fold(y1, lane(fold, start, n, x, 3)));
    },
  };
}

/** The larger, or the first where it is NaN or either is 0: WebAssembly's pmax. */
export function pmax(a: number, b: number): number {
  return a < b ? b : a;
}

/** x with the sign of y. */
export function copySign(x: number, y: number): number {
  const size = Math.abs(x);
  return y < 0 || Object.is(y, -0) ? -size : size;
}

/** The nearest integer, of two the even one; with the sign of x. */
export function nearestEven(x: number): number {
  const size = Math.abs(x);
  return size < 2 ** 52 ? copySign(size + 2 ** 52 - 2 ** 52, x) : x;
}
