/**
 * What follows from PA = LU with partial pivoting: solutions of linear equations, inverses, determinants; and solutions with
 * a triangular matrix. Gradients: M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
 * differentiation" (2008).
 */
import { checkOptions } from "../../options.ts";
import type { Expression, Value } from "../../tensor/expression.ts";
import { countOf } from "../../tensor/layout.ts";
import type { Call, Operation, Step, TensorSpec, UnboundCall } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatKernels, Pointer } from "../../wasm/abi.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { mul } from "../binary.ts";
import { matmul } from "../matmul.ts";
import { operate } from "../operation.ts";
import { reshape } from "../rows.ts";
import { LinAlgError } from "./error.ts";
import { alignedBytes, broadcastSystem, checkSquare, columnsOf, stackOf, turned, viewer } from "./stack.ts";
import { checkTriangle, type Triangle, triangleOf } from "./triangle.ts";

type FloatExpression = Expression<FloatType>;

/**
 * x of ax = b, by LU with partial pivoting: of one matrix, or of each of a stack, whose leading axes broadcast with b's.
 *
 * @param a … × n × n
 * @param b n, one right side for all, or … × n × m for m right sides
 * @returns x, … × n or … × n × m: a tensor of its own, or an expression
 * @throws {ShapeError} a is not square, b has another number of rows, or leading axes do not broadcast
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {LinAlgError} a is singular: a pivot is exactly 0; of an expression, when its program runs
 * @example
 * using a = tensor(engine, [[3, 1], [1, 2]], { dtype: "float64" });
 * using b = tensor(engine, [9, 8], { dtype: "float64" });
 * using x = solve(a, b);
 * x.toArray(); // → [2, 3]
 */
export function solve<D extends FloatType>(a: Tensor<D>, b: Tensor<D>): Tensor<D>;
export function solve<D extends FloatType>(a: Value<D>, b: Value<D>): Expression<D>;
export function solve<D extends FloatType>(a: Value<D>, b: Value<D>): Value<D> {
  return broadcastSystem("solve", "a", a, b, (a, b) => operate(SOLVE, [a, b], {}));
}

const SOLVE: Operation = {
  name: "solve",
  spec: ([, b]) => ({ dtype: (b as Value).dtype, shape: (b as Value).shape }),
  bind(call) {
    const { kernels, specs, at, out } = call;
    const steps = solutionSteps("solve", call, columnsOf(specs[1]));
    return [kernels.copy(countOf(specs[1].shape), at[1].pointer, out.pointer), ...steps];
  },
  gradient(which, { operands: [a, b], result: x }, dy) {
    const db = solve(turned(a), dy) as FloatExpression;
    if (which === 1) return db;
    return matmul(columns(db, b), columns(x, b), { transpose: "b", alpha: -1 });
  },
  scratchBytes: luBytes,
  flops: ({ specs: [a, b] }) => luFlops(a) + 2 * countOf(a.shape) * columnsOf(b),
};

/** A right side as columns: a vector is one. */
function columns(x: FloatExpression, { shape }: FloatExpression): FloatExpression {
  return shape.length === 1 ? reshape(x, [shape[0] ?? 0, 1]) : x;
}

/**
 * The inverse a⁻¹, by LU with partial pivoting. For a⁻¹b, `solve(a, b)` is faster and more accurate.
 *
 * @param a … × n × n: a matrix, or a stack of them
 * @returns … × n × n: a tensor of its own, or an expression
 * @throws {ShapeError} neither a square matrix nor a stack of them
 * @throws {DTypeError} integers
 * @throws {LinAlgError} a is singular: a pivot is exactly 0; of an expression, when its program runs
 * @example
 * using a = tensor(engine, [[2, 0], [0, 4]]);
 * using inverted = inverse(a);
 * inverted.toArray(); // → [[0.5, 0], [0, 0.25]]
 */
export function inverse<D extends FloatType>(a: Tensor<D>): Tensor<D>;
export function inverse<D extends FloatType>(a: Expression<D>): Expression<D>;
export function inverse<D extends FloatType>(a: Value<D>): Value<D>;
export function inverse<D extends FloatType>(a: Value<D>): Value<D> {
  return operate(INVERSE, [a], {});
}

const INVERSE: Operation = {
  name: "inverse",
  spec([a]) {
    checkSquare("inverse", "a", a as Value);
    return { dtype: (a as Value).dtype, shape: (a as Value).shape };
  },
  bind(call) {
    const { kernels, memory, result, out } = call;
    const { count, n } = stackOf(result);
    const identity = viewer(memory, result.dtype as FloatType, out.pointer, count * n * n);
    return [
      kernels.fill(count * n * n, out.pointer, 0),
      () => {
        const view = identity();
        for (let start = 0; start < view.length; start += n * n) {
          for (let i = 0; i < n; i++) view[start + i * (n + 1)] = 1;
        }
      },
      ...solutionSteps("inverse", call, n),
    ];
  },
  gradient: (_, { result: c }, dc) => matmul(matmul(c, dc, { transpose: "a" }), c, { transpose: "b", alpha: -1 }),
  scratchBytes: luBytes,
  flops: ({ specs: [a] }) => luFlops(a) + 2 * stackOf(a).n * countOf(a.shape),
};

/**
 * The determinant: the product of LU's pivots, in float64; 0 of a singular matrix, 1 of one without elements. Its gradient,
 * det(a) · a⁻ᵀ, needs an invertible matrix.
 *
 * @param a … × n × n: a matrix, or a stack of them
 * @returns the leading axes, a scalar of one matrix: a tensor of its own, or an expression
 * @throws {ShapeError} neither a square matrix nor a stack of them
 * @throws {DTypeError} integers
 * @example
 * using a = tensor(engine, [[1, 2], [3, 4]], { dtype: "float64" });
 * using d = det(a);
 * d.toArray(); // → -2
 */
export function det<D extends FloatType>(a: Tensor<D>): Tensor<D>;
export function det<D extends FloatType>(a: Expression<D>): Expression<D>;
export function det<D extends FloatType>(a: Value<D>): Value<D>;
export function det<D extends FloatType>(a: Value<D>): Value<D> {
  return operate(DET, [a], {});
}

const DET: Operation = {
  name: "det",
  spec([a]) {
    checkSquare("det", "a", a as Value);
    return { dtype: (a as Value).dtype, shape: (a as Value).shape.slice(0, -2) };
  },
  bind(call) {
    const { memory, specs, result, out } = call;
    const { count, n } = stackOf(specs[0]);
    const dtype = result.dtype as FloatType;
    const { work, pivots, steps } = factored(call, () => {});
    const [matrices, order] = [viewer(memory, dtype, work, count * n * n), viewer(memory, "int32", pivots, count * n)];
    const values = viewer(memory, dtype, out.pointer, count);
    return [
      ...steps,
      () => {
        const lu = matrices();
        const rows = order();
        const d = values();
        for (let i = 0; i < count; i++) storePivotProduct(lu, rows, n, i, d);
      },
    ];
  },
  gradient(_, { operands: [a], result }, dy) {
    return mul(reshape(mul(dy, result), [...result.shape, 1, 1]), turned(inverse(a)) as FloatExpression);
  },
  scratchBytes: luBytes,
  flops: ({ specs: [a] }) => luFlops(a),
};

/** Powers of two that keep products of two numbers within range. */
const [LARGE, SMALL] = [2 ** 400, 2 ** -400];

/** ± the product of the diagonal of LU, of this matrix, which neither overflows nor underflows on the way. */
function storePivotProduct(
  a: ArrayLike<number>,
  pivots: Int32Array,
  n: number,
  matrix: number,
  d: Float32Array | Float64Array,
): void {
  const first = matrix * n;
  let value = 1;
  let shifts = 0;
  for (let j = 0; j < n; j++) {
    let pivot = a[first * n + j * (n + 1)]!;
    // Neither 0 nor ∞ nor NaN: within range.
    if (pivot !== 0 && pivot - pivot === 0) {
      for (; Math.abs(pivot) > LARGE; shifts++) pivot *= SMALL;
      for (; Math.abs(pivot) < SMALL; shifts--) pivot *= LARGE;
    }
    value *= pivots[first + j] === j ? pivot : -pivot;
    if (value !== 0 && value - value === 0) {
      for (; Math.abs(value) > LARGE; shifts++) value *= SMALL;
      for (; Math.abs(value) < SMALL; shifts--) value *= LARGE;
    }
  }
  for (; shifts > 0; shifts--) value *= LARGE;
  for (; shifts < 0; shifts++) value *= SMALL;
  d[matrix] = value;
}

/** How a triangular matrix is read. */
export type TriangularOptions = {
  /** Which triangle of t is read; default `"lower"`. The other one may hold anything. */
  readonly triangle?: Triangle;
  /** `"a"` solves tᵀx = b, as `matmul`; default `"none"`. */
  readonly transpose?: "none" | "a";
};

type TriangularAttributes = Required<TriangularOptions>;

/**
 * x of tx = b, or of tᵀx = b, for a triangular matrix t, by substitution: with `cholesky`, the solution for many right sides.
 *
 * @param t … × n × n, of which a triangle is read; leading axes broadcast with b's, as in `solve`
 * @param b n, one right side for all, or … × n × m for m right sides
 * @returns x, … × n or … × n × m: a tensor of its own, or an expression
 * @throws {ShapeError} t is not square, b has another number of rows, or leading axes do not broadcast
 * @throws {DTypeError} integers, or float32 with float64
 * @throws {OptionError} an unknown triangle or transpose
 * @throws {LinAlgError} an element of the diagonal is 0; of an expression, when its program runs
 * @example
 * using t = tensor(engine, [[2, 0], [1, 4]]);
 * using b = tensor(engine, [2, 9]);
 * using x = solveTriangular(t, b);
 * x.toArray(); // → [1, 2]
 */
export function solveTriangular<D extends FloatType>(
  t: Tensor<D>,
  b: Tensor<D>,
  options?: TriangularOptions,
): Tensor<D>;
export function solveTriangular<D extends FloatType>(
  t: Value<D>,
  b: Value<D>,
  options?: TriangularOptions,
): Expression<D>;
export function solveTriangular<D extends FloatType>(
  t: Value<D>,
  b: Value<D>,
  options: TriangularOptions = {},
): Value<D> {
  checkOptions<TriangularOptions>("solveTriangular", options, { triangle: 1, transpose: 1 });
  const { triangle = "lower", transpose: side = "none" } = options;
  checkTriangle("solveTriangular", triangle, side);
  const attributes = { triangle, transpose: side };
  return broadcastSystem("solveTriangular", "t", t, b, (t, b) => operate(SOLVE_TRIANGULAR, [t, b], attributes));
}

const SOLVE_TRIANGULAR: Operation<TriangularAttributes> = {
  name: "solveTriangular",
  spec: ([, b]) => ({ dtype: (b as Value).dtype, shape: (b as Value).shape }),
  bind({ kernels, memory, specs, attributes: { triangle, transpose }, at, out, scratch }) {
    const { count, n } = stackOf(specs[0]);
    const m = columnsOf(specs[1]);
    const elements = viewer(memory, specs[0].dtype as FloatType, at[0].pointer, count * n * n);
    const [rows, columns] = transpose === "none" ? [n, 1] : [1, n];
    const isUpper = Number((triangle === "upper") !== (transpose === "a"));
    return [
      () => {
        const view = elements();
        for (let i = 0; i < count * n; i++) {
          const j = i % n;
          if (view[i * n + j] === 0) throw new LinAlgError("solveTriangular", "t", "singular", j);
        }
      },
      kernels.copy(count * n * m, at[1].pointer, out.pointer),
      kernels.solveTriangular(
        ...([isUpper, 0, count, n, m, at[0].pointer, n * n, rows, columns, 0, out.pointer, scratch] as const),
      ),
    ];
  },
  gradient(which, { operands: [t, b], attributes: { triangle, transpose: side }, result: x }, dy) {
    const db = solveTriangular(t, dy, { triangle, transpose: side === "none" ? "a" : "none" }) as FloatExpression;
    if (which === 1) return db;
    const [left, right] = side === "none" ? [db, x] : [x, db];
    return triangleOf(matmul(columns(left, b), columns(right, b), { transpose: "b", alpha: -1 }), triangle);
  },
  scratchBytes: ({ specs: [t, b] }, kernels) => kernels.factorScratch(stackOf(t).n, columnsOf(b)),
  flops: ({ specs: [t, b] }) => countOf(t.shape) * columnsOf(b),
};

/** Out ← a⁻¹ · out, for m columns; a is copied to the scratch first. */
function solutionSteps(op: string, call: Call, m: number): Step[] {
  const { kernels, specs, out } = call;
  const { count, n } = stackOf(specs[0]);
  const { work, pivots, products, steps } = factored(call, (pivot) => {
    throw new LinAlgError(op, "a", "singular", pivot);
  });
  const solved = (isUpper: number, order: Pointer) =>
    kernels.solveTriangular(isUpper, 1 - isUpper, count, n, m, work, n * n, n, 1, order, out.pointer, products);
  return [...steps, solved(0, pivots), solved(1, 0)];
}

type Places = { readonly work: Pointer; readonly pivots: Pointer; readonly products: Pointer };

/** PA = LU of the first operand, in the scratch: the matrices, their pivots, and what products need. */
function factored(
  { kernels, callable, specs, at, scratch }: Call,
  onZero: (pivot: number) => void,
): Places & { readonly steps: Step[] } {
  const { count, n } = stackOf(specs[0]);
  const pivots = scratch + alignedBytes(specs[0].dtype, count * n * n);
  const products = pivots + alignedBytes("int32", count * n);
  const factor = callable(kernels.lu(count, n, scratch, pivots, products));
  const step = () => {
    const zero = factor();
    if (zero >= 0) onZero(zero % n);
  };
  const steps = [kernels.copy(count * n * n, at[0].pointer, scratch), step];
  return { work: scratch, pivots, products, steps };
}

function luBytes({ specs }: UnboundCall, kernels: FloatKernels): number {
  const [a, b] = specs;
  const { count, n } = stackOf(a);
  const m = Math.max(n, b === undefined ? 0 : columnsOf(b as TensorSpec));
  return alignedBytes(a.dtype, count * n * n) + alignedBytes("int32", count * n) + kernels.factorScratch(n, m);
}

/** ⅔n³ of each. */
function luFlops(a: TensorSpec): number {
  return (2 * stackOf(a).n * countOf(a.shape)) / 3;
}
