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
import { decomposition, scaleOf } from "./parts.ts";

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
 * @param x m × n; k is the smaller of the two
 * @returns u, s and vh: tensors, each to be disposed of, or expressions
 * @throws {ShapeError} not a matrix
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
      return [tall * k, k * k, tall * k, tall * (fullMatrices ? tall : k), k, k, tall, k];
    },
    compute({ x, out, scratch }, m, n, { fullMatrices }) {
      const [columns, v, a, q] = scratch as [Float64Array, Float64Array, Float64Array, Float64Array];
      const [tau, norms, work, order] = scratch.slice(4) as [Float64Array, Float64Array, Float64Array, Float64Array];
      const isTall = m >= n;
      const [tall, k] = isTall ? [m, n] : [n, m];
      const scale = scaleOf("svd", x, n);
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < tall; i++) columns[j * tall + i] = x[isTall ? i * n + j : j * n + i]! * scale;
      }
      v.fill(0);
      for (let j = 0; j < k; j++) v[j * (k + 1)] = 1;
      orthogonalize(columns, v, tall, k);
      for (let j = 0; j < k; j++) {
        order[j] = j;
        norms[j] = Math.sqrt(dot(columns, j * tall, j * tall, tall));
      }
      order.sort((i, j) => norms[j]! - norms[i]!);
      for (let j = 0; j < k; j++) {
        for (let i = 0; i < tall; i++) a[i * k + j] = columns[order[j]! * tall + i]!;
      }
      factorQr(a, tall, k, tau, work);
      const width = fullMatrices ? tall : k;
      formQ(q, width, a, tall, k, tau, work);
      // W = U S: U is Q but for signs. Of a wide matrix, W is that of its transpose, and U and V change places.
      const s = m * (fullMatrices ? m : k);
      const [first, second] = isTall ? [0, s + k] : [s + k, 0];
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

/** Rotates pairs of columns until all are orthogonal; row j of `columns` and of `v` is column j of W and of V. */
function orthogonalize(columns: Float64Array, v: Float64Array, m: number, k: number): void {
  const tolerance = 2 ** -52 * Math.max(8, Math.sqrt(m));
  // A column of nothing but rounding errors has no direction: it is rotated, but not waited for.
  const negligible = tolerance * tolerance * dot(columns, 0, 0, m * k);
  for (let sweep = 0; sweep < MOST_SWEEPS; sweep++) {
    let rotations = 0;
    for (let i = 0; i < k; i++) {
      for (let j = i + 1; j < k; j++) {
        const [p, q] = [i * m, j * m];
        const [a, b, g] = [dot(columns, p, p, m), dot(columns, q, q, m), dot(columns, p, q, m)];
        if (!(Math.abs(g) > tolerance * Math.sqrt(a) * Math.sqrt(b))) continue;
        if (a > negligible && b > negligible) rotations += 1;
        const zeta = (b - a) / (2 * g);
        const small = (zeta < 0 ? -1 : 1) / (Math.abs(zeta) + Math.sqrt(1 + zeta * zeta));
        const t = a < b ? -1 / small : small; // the larger column becomes the first
        const c = 1 / Math.sqrt(1 + t * t);
        rotate(columns, p, q, m, c, -c * t);
        rotate(v, i * k, j * k, k, c, -c * t);
      }
    }
    if (rotations === 0) return;
  }
  throw new LinAlgError("svd", "x", "no convergence", 0);
}

function dot(x: Float64Array, p: number, q: number, n: number): number {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += x[p + i]! * x[q + i]!;
  return sum;
}

/** (x, y) ← (cx + sy, cy − sx) for the vectors of n elements from p and q on. */
export function rotate(a: Float64Array, p: number, q: number, n: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const [x, y] = [a[p + i]!, a[q + i]!];
    a[p + i] = c * x + s * y;
    a[q + i] = c * y - s * x;
  }
}
