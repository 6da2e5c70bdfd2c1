/**
 * Eigenvalues of a symmetric matrix: Householder tridiagonalization, then QR steps with Wilkinson's shift (Golub and Van Loan,
 * Matrix Computations, 8.3).
 */
import type { Expression, Value } from "../../tensor/expression.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { LinAlgError } from "./error.ts";
import { decomposition, scaleOf, sortBy } from "./parts.ts";
import { checkSquare } from "./stack.ts";
import { rotate } from "./svd.ts";

/** Eigenvalues and eigenvectors, of tensors or expressions. */
export type Eigh<T> = {
  /** n, ascending. */
  readonly eigenvalues: T;
  /** n × n: column j belongs to eigenvalue j; orthonormal. */
  readonly eigenvectors: T;
};

/**
 * Eigenvalues and eigenvectors of a symmetric matrix, of which the lower triangle is read, as NumPy does. The sign of a column is
 * arbitrary. Computed in float64 whatever the dtype. Has no gradient.
 *
 * @param x … × n × n: a matrix, or a stack of them
 * @returns eigenvalues, … × n, and eigenvectors, … × n × n: tensors, each to be disposed of, or expressions
 * @throws {ShapeError} neither a square matrix nor a stack of them
 * @throws {DTypeError} integers
 * @throws {LinAlgError} NaN or ∞ in x, or no convergence; of an expression, when its program runs
 * @example
 * using x = tensor(engine, [[1, 0], [0, -2]]);
 * const { eigenvalues, eigenvectors } = eigh(x);
 * eigenvalues.toArray(); // → [-2, 1]
 * eigenvalues.dispose();
 * eigenvectors.dispose();
 */
export function eigh<D extends FloatType>(x: Tensor<D>): Eigh<Tensor<D>>;
export function eigh<D extends FloatType>(x: Expression<D>): Eigh<Expression<D>>;
export function eigh<D extends FloatType>(x: Value<D>): Eigh<Value<D>> {
  const [eigenvalues, eigenvectors] = PARTS(x, {}) as [Value<D>, Value<D>];
  return { eigenvalues, eigenvectors };
}

const PARTS: ReturnType<typeof decomposition> = /* @__PURE__ */ decomposition(
  "eigh",
  (x) => checkSquare("eigh", "x", x),
  {
    shapes: (n) => [[n], [n, n]],
    scratch: (n) => [n * n, n * n, n, n, n, n, 2],
    compute({ x, out, scratch }, n) {
      const [a, z, d, e, work, order, turn] = scratch as unknown as SevenArrays;
      a.fill(0);
      for (let i = 0; i < n; i++) for (let j = 0; j <= i; j++) a[i * n + j] = x[i * n + j]!;
      const scale = scaleOf("eigh", a, n);
      for (let i = 0; i < n; i++) {
        for (let j = 0; j <= i; j++) {
          a[i * n + j]! *= scale;
          a[j * n + i] = a[i * n + j]!;
        }
      }
      tridiagonalize(a, z, n, d, e, work);
      diagonalize(d, e, z, n, turn);
      for (let j = 0; j < n; j++) order[j] = j;
      sortBy(order, d, 1);
      for (let j = 0; j < n; j++) {
        const from = order[j]!;
        out[j] = d[from]! / scale;
        for (let i = 0; i < n; i++) out[n + i * n + j] = z[from * n + i]!;
      }
    },
    flops: (n) => 9 * n * n * n,
  },
);

// Arrays of scratch.
type F = Float64Array;
type SevenArrays = readonly [F, F, F, F, F, F, F];

/** A = ZTZᵀ: the diagonal and subdiagonal of T into d and e, and Zᵀ into z. Changes a. */
function tridiagonalize(
  a: Float64Array,
  z: Float64Array,
  n: number,
  d: Float64Array,
  e: Float64Array,
  work: Float64Array,
): void {
  // Row k keeps the v of H_k = I − τvvᵀ in its columns k + 1 …, d its τ until the end.
  for (let k = 0; k < n - 1; k++) {
    const v = k * n;
    let sum = 0;
    for (let i = k + 2; i < n; i++) sum += a[v + i]! * a[v + i]!;
    const alpha = a[v + k + 1]!;
    e[k] = alpha;
    d[k] = 0;
    if (sum === 0) continue;
    const beta = (alpha < 0 ? 1 : -1) * Math.sqrt(alpha * alpha + sum);
    const tau = (beta - alpha) / beta;
    e[k] = beta;
    d[k] = tau;
    a[v + k + 1] = 1;
    for (let i = k + 2; i < n; i++) a[v + i]! /= alpha - beta;
    let product = 0;
    for (let i = k + 1; i < n; i++) {
      let p = 0;
      for (let j = k + 1; j < n; j++) p += a[i * n + j]! * a[v + j]!;
      work[i] = tau * p;
      product += work[i]! * a[v + i]!;
    }
    for (let i = k + 1; i < n; i++) work[i]! -= 0.5 * tau * product * a[v + i]!;
    for (let i = k + 1; i < n; i++) {
      const vi = a[v + i]!;
      const wi = work[i]!;
      for (let j = k + 1; j < n; j++) a[i * n + j]! -= vi * work[j]! + wi * a[v + j]!;
    }
  }
  z.fill(0);
  for (let i = 0; i < n; i++) z[i * (n + 1)] = 1;
  // Zᵀ = H_(n−2) … H_0, from the left to the right: Zᵀ ← ZᵀH_k.
  for (let k = n - 2; k >= 0; k--) {
    const tau = d[k]!;
    if (tau === 0) continue;
    const v = k * n;
    for (let i = k + 1; i < n; i++) {
      let p = 0;
      for (let j = k + 1; j < n; j++) p += z[i * n + j]! * a[v + j]!;
      for (let j = k + 1; j < n; j++) z[i * n + j]! -= tau * p * a[v + j]!;
    }
  }
  for (let i = 0; i < n; i++) d[i] = a[i * (n + 1)]!;
}

/** Of a matrix whose largest element is near 1; squares of larger numbers do not underflow. */
const NEGLIGIBLE = 2 ** -500;

/** Steps for one eigenvalue. */
const MOST_STEPS = 60;

/** The eigenvalues of a tridiagonal matrix into d; the rows of z are rotated with it. */
function diagonalize(d: F, e: F, z: F, n: number, turn: F): void {
  let steps = 0;
  for (let last = n - 1; last > 0; ) {
    let first = last;
    while (first > 0 && !isSmall(d, e, first - 1)) first -= 1;
    if (first === last) {
      last -= 1;
      steps = 0;
      continue;
    }
    steps += 1;
    if (steps > MOST_STEPS) throw new LinAlgError("eigh", "x", "no convergence", last);
    shiftedStep(d, e, z, n, first, last, turn);
  }
}

function isSmall(d: F, e: F, i: number): boolean {
  return Math.abs(e[i]!) <= 2 ** -53 * (Math.abs(d[i]!) + Math.abs(d[i + 1]!)) + NEGLIGIBLE;
}

/** One QR step, with the eigenvalue of the last 2 × 2 that is nearer to its end as the shift. */
function shiftedStep(d: F, e: F, z: F, n: number, first: number, last: number, turn: F): void {
  const half = (d[last - 1]! - d[last]!) / 2;
  const t = e[last - 1]!;
  const root = Math.sqrt(half * half + t * t);
  const shift = d[last]! - (t * t) / (half + (half < 0 ? -root : root));
  let x = d[first]! - shift;
  let y = e[first]!;
  for (let k = first; k < last; k++) {
    const r = Math.sqrt(x * x + y * y);
    const c = r === 0 ? 1 : x / r;
    const s = r === 0 ? 0 : y / r;
    if (k > first) e[k - 1] = r;
    const a = d[k]!;
    const b = e[k]!;
    const g = d[k + 1]!;
    const both = 2 * c * s * b;
    d[k] = c * c * a + both + s * s * g;
    d[k + 1] = s * s * a - both + c * c * g;
    e[k] = c * s * (g - a) + (c * c - s * s) * b;
    if (k < last - 1) {
      x = e[k]!;
      y = s * e[k + 1]!;
      e[k + 1]! *= c;
    }
    turn[0] = c;
    turn[1] = s;
    rotate(z, k * n, (k + 1) * n, n, turn);
  }
}
