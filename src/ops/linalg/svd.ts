/**
 * x = u diag(s) vh by one-sided Jacobi rotations (Hestenes 1958; larger columns first as de Rijk 1989):
 *
 *   W = XV with orthogonal columns, s their norms, and U = Q of W = QR, which is ± W/s where s is not 0
 */
import { checkType } from "../../arguments.ts";
import { checkOptions } from "../../options.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { LinAlgError } from "./error.ts";
import { factorQr, formQ } from "./householder.ts";
import { decomposition, scaleOf, sortBy } from "./parts.ts";

/** Which columns of u and rows of vh are computed. */
export type SvdOptions = {
  /** Whether u and vh are square, as by default; otherwise they have as many columns and rows as s has elements. */
  readonly fullMatrices?: boolean;
};

/** A singular value decomposition, of tensors or expressions. */
export type Svd<T> = {
  /** Orthonormal columns: m × m, or m × k. */
  readonly u: T;
  /** The k singular values, descending. */
  readonly s: T;
  /** Orthonormal rows: n × n, or k × n. */
  readonly vh: T;
};

type Attributes = { readonly fullMatrices: boolean };

/**
 * x = u diag(s) vh. The signs of a column of u and its row of vh are arbitrary together, as NumPy's. Computed in float64
 * whatever the dtype. Has no gradient.
 *
 * @param x … × m × n, a matrix or a stack of them; k is the smaller of the two
 * @returns u, s and vh: tensors, each to be disposed of, or expressions
 * @throws {ShapeError} fewer than two axes
 * @throws {DTypeError} integers
 * @throws {OptionError} an unknown option, or `fullMatrices` that is not a boolean
 * @throws {LinAlgError} NaN or ∞ in x, or no convergence; of an expression, when its program runs
 * @example
 * using x = tensor(engine, [[0, 2], [1, 0]]);
 * const { u, s, vh } = svd(x);
 * s.toArray(); // → [2, 1]
 * for (const part of [u, s, vh]) part.dispose();
 */
export function svd<D extends FloatType>(x: Tensor<D>, options?: SvdOptions): Svd<Tensor<D>>;
export function svd<D extends FloatType>(x: Expression<D>, options?: SvdOptions): Svd<Expression<D>>;
export function svd<D extends FloatType>(x: Value<D>, options: SvdOptions = {}): Svd<Value<D>> {
  checkOptions<SvdOptions>("svd", options, { fullMatrices: 1 });
  const { fullMatrices = true } = options;
  checkType("svd: fullMatrices", "boolean", fullMatrices);
  const [u, s, vh] = PARTS(x, { fullMatrices }) as [Value<D>, Value<D>, Value<D>];
  return { u, s, vh };
}

const PARTS: (x: Value<FloatType>, attributes: Attributes) => Value<FloatType>[] =
  /* @__PURE__ */ decomposition<Attributes>("svd", () => {}, {
    shapes(m, n, { fullMatrices }) {
      const k = Math.min(m, n);
      return [[m, fullMatrices ? m : k], [k], [fullMatrices ? n : k, n]];
    },
    scratch(m, n, { fullMatrices }) {
      const [tall, k] = [Math.max(m, n), Math.min(m, n)];
      return [tall * k, k * k, tall * k, tall * (fullMatrices ? tall : k), k, k, tall, k, 2];
    },
    compute({ x, out, scratch }, m, n, { fullMatrices }) {
      const [columns, v, a, q, tau, norms, work, order, turn] = scratch as unknown as NineArrays;
      const isTall = m >= n;
      const tall = isTall ? m : n; // arrays of a choice would be allocated
      const k = isTall ? n : m;
      const scale = scaleOf("svd", x, n);
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < tall; i++) columns[j * tall + i] = x[isTall ? i * n + j : j * n + i]! * scale;
      }
      v.fill(0);
      for (let j = 0; j < k; j++) v[j * (k + 1)] = 1;
      orthogonalize(columns, v, tall, k, turn);
      for (let j = 0; j < k; j++) {
        order[j] = j;
        let sum = 0;
        for (let i = j * tall; i < (j + 1) * tall; i++) sum += columns[i]! * columns[i]!;
        norms[j] = Math.sqrt(sum);
      }
      sortBy(order, norms, -1);
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < tall; i++) a[i * k + j] = columns[order[j]! * tall + i]!;
      }
      factorQr(a, tall, k, tau, work);
      const width = fullMatrices ? tall : k;
      formQ(q, width, a, tall, k, tau, work);
      // W = U S: U is Q but for signs. Of a wide matrix, W is that of its transpose, and U and V change places.
      const s = m * (fullMatrices ? m : k);
      const first = isTall ? 0 : s + k;
      const second = isTall ? s + k : 0;
      for (let j = 0; j < width; j++) {
        const sign = j < k && a[j * (k + 1)]! < 0 ? -1 : 1;
        for (let i = 0; i < tall; i++) out[first + (isTall ? i * width + j : j * tall + i)] = sign * q[i * width + j]!;
      }
      for (let j = 0; j < k; j++) {
        out[s + j] = norms[order[j]!]! / scale;
        for (let i = 0; i < k; i++) out[second + (isTall ? j * k + i : i * k + j)] = v[order[j]! * k + i]!;
      }
    },
    flops: (m, n) => 40 * m * n * Math.min(m, n),
  });

const MOST_SWEEPS = 60;

// Arrays of scratch.
type F = Float64Array;
type NineArrays = readonly [F, F, F, F, F, F, F, F, F];

/** Rotates pairs of columns until all are orthogonal; row j of `columns` and of `v` is column j of W and of V. */
function orthogonalize(columns: Float64Array, v: Float64Array, m: number, k: number, turn: Float64Array): void {
  const tolerance = 2 ** -52 * Math.max(8, Math.sqrt(m));
  // A column of nothing but rounding errors has no direction: it is rotated, but not waited for.
  turn[0] = 0;
  for (let i = 0; i < m * k; i++) turn[0] += (columns[i] as number) * (columns[i] as number);
  const negligible = tolerance * tolerance * turn[0];
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotations = 0;
    for (let i = 0; i < k; i++) {
      for (let j = i + 1; j < k; j++) {
        let a = 0;
        let b = 0;
        let g = 0;
        for (let p = i * m, q = j * m; p < (i + 1) * m; p++, q++) {
          a += columns[p]! * columns[p]!;
          b += columns[q]! * columns[q]!;
          g += columns[p]! * columns[q]!;
        }
        if (!(Math.abs(g) > tolerance * Math.sqrt(a) * Math.sqrt(b))) continue;
        if (a > negligible && b > negligible) rotations += 1;
        const zeta = (b - a) / (2 * g);
        const small = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const t = a < b ? -1 / small : small; // the larger column becomes the first
        turn[0] = 1 / Math.sqrt(1 + t * t);
        turn[1] = -turn[0] * t;
        rotate(columns, i * m, j * m, m, turn);
        rotate(v, i * k, j * k, k, turn);
      }
    }
    if (rotations === 0) return;
  }
  throw new LinAlgError("svd", "x", "no convergence", 0);
}

/**
 * (x, y) ← (cx + sy, cy − sx) for the vectors of n elements from p and q on.
 *
 * @param turn c and s: a number that is passed may be allocated
 */
export function rotate(a: Float64Array, p: number, q: number, n: number, turn: Float64Array): void {
  const c = turn[0]!;
  const s = turn[1]!;
  for (let i = 0; i < n; i++) {
    const x = a[p + i]!;
    const y = a[q + i]!;
    a[p + i] = c * x + s * y;
    a[q + i] = c * y - s * x;
  }
}
