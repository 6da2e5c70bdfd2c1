/**
 * Decompositions with several results: one operation on the host, in float64, whose result holds them one after the other: of a
 * stack the first of every matrix, then the second.
 */
import { OptionError } from "../../errors.ts";
import type { Value } from "../../tensor/expression.ts";
import { countOf, type Shape } from "../../tensor/layout.ts";
import type { Call, Operation, TensorSpec } from "../../tensor/operation.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { operate } from "../operation.ts";
import { reshape } from "../rows.ts";
import { slice } from "../slicing.ts";
import { LinAlgError } from "./error.ts";
import { alignedBytes, checkMatrices, stackOf, viewer } from "./stack.ts";

/** What a decomposition of a matrix computes with: the operand, the results one after the other, and scratch by length. */
export type Views = { readonly x: Float64Array; readonly out: Float64Array; readonly scratch: readonly Float64Array[] };

/** What a decomposition is, for a matrix of m × n. */
type Decomposition<A> = {
  /** Shapes of the results, in order. */
  readonly shapes: (m: number, n: number, attributes: A) => readonly Shape[];
  /** Lengths of float64 scratch. */
  readonly scratch: (m: number, n: number, attributes: A) => readonly number[];
  readonly compute: (views: Views, m: number, n: number, attributes: A) => void;
  readonly flops: (m: number, n: number) => number;
};

/** A function from a matrix, or a stack of them, to its parts. */
export function decomposition<A extends Readonly<Record<string, unknown>>>(
  name: string,
  check: (x: Value<FloatType>) => void,
  { shapes, scratch, compute, flops }: Decomposition<A>,
): (x: Value<FloatType>, attributes: A) => Value<FloatType>[] {
  const partSizes = (m: number, n: number, attributes: A) => shapes(m, n, attributes).map(countOf);
  /** The operand and the results of one matrix, and scratch. */
  const lengths = (spec: TensorSpec, attributes: A) => {
    const { m, n } = stackOf(spec);
    return [m * n, sumOf(partSizes(m, n, attributes)), ...scratch(m, n, attributes)];
  };
  const operation: Operation<A> = {
    name,
    spec([x], attributes) {
      const { count, m, n } = stackOf(x as Value);
      return { dtype: (x as Value).dtype, shape: [count * sumOf(partSizes(m, n, attributes))] };
    },
    bind(call) {
      const { memory, specs, result, attributes, at, out } = call;
      const { count, m, n } = stackOf(specs[0]);
      const dtype = result.dtype as FloatType;
      const operand = viewer(memory, dtype, at[0].pointer, countOf(specs[0].shape));
      const results = viewer(memory, dtype, out.pointer, countOf(result.shape));
      const views = viewsOf(call, lengths(specs[0], attributes));
      const sizes = partSizes(m, n, attributes);
      return [
        () => {
          const x = operand();
          const y = results();
          const one = views();
          for (let i = 0; i < count; i++) {
            copyElements(x, i * m * n, one.x, 0, m * n);
            compute(one, m, n, attributes);
            let from = 0;
            let to = 0;
            for (let part = 0; part < sizes.length; part++) {
              const size = sizes[part]!;
              copyElements(one.out, from, y, to + i * size, size);
              from += size;
              to += count * size;
            }
          }
        },
      ];
    },
    gradient: () => {
      throw new OptionError(`grad: ${name}`, "has no gradient");
    },
    scratchBytes: ({ specs: [x], attributes }) =>
      sumOf(lengths(x, attributes).map((length) => alignedBytes("float64", length))),
    flops: ({ specs: [x] }) => stackOf(x).count * flops(stackOf(x).m, stackOf(x).n),
  };
  return (x, attributes) => {
    checkMatrices(name, "x", x);
    check(x);
    const { m, n } = stackOf(x);
    const parts = shapes(m, n, attributes).map((shape) => [...x.shape.slice(0, -2), ...shape]);
    return split(operate(operation, [x], attributes) as Value<FloatType>, parts);
  };
}

function sumOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, number) => sum + number, 0);
}

type Elements = Float32Array | Float64Array;

/** Allocates nothing, as views of parts would. */
function copyElements(from: Elements, first: number, to: Elements, start: number, count: number): void {
  for (let i = 0; i < count; i++) to[start + i] = from[first + i]!;
}

/** The views of a call, made again when memory has grown. */
function viewsOf({ memory, scratch }: Pick<Call, "memory" | "scratch">, lengths: readonly number[]): () => Views {
  let pointer = scratch;
  const pieces = lengths.map((length) => {
    const piece = viewer(memory, "float64", pointer, length);
    pointer += alignedBytes("float64", length);
    return piece;
  });
  const [x, out, ...rest] = pieces as [() => Float64Array, () => Float64Array, ...(() => Float64Array)[]];
  let views: Views | undefined;
  return () => {
    if (views?.x !== x()) views = { x: x(), out: out(), scratch: rest.map((piece) => piece()) };
    return views as Views;
  };
}

/** The parts of a vector, each in its shape; the vector itself is disposed of. */
function split(whole: Value<FloatType>, shapes: readonly Shape[]): Value<FloatType>[] {
  const parts: Value<FloatType>[] = [];
  let start = 0;
  try {
    for (const shape of shapes) {
      const end = start + countOf(shape);
      const flat = slice(whole as Tensor<FloatType>, start, end);
      try {
        parts.push(reshape(flat, shape));
      } finally {
        disposeOf(flat);
      }
      start = end;
    }
    return parts;
  } catch (error) {
    for (const part of parts) disposeOf(part);
    throw error;
  } finally {
    disposeOf(whole);
  }
}

function disposeOf(value: Value<FloatType>): void {
  if (value instanceof Tensor) value.dispose();
}

/**
 * The power of two that brings the largest element near 1, so that squares neither overflow nor underflow; 1 for zeros.
 *
 * @param columns of x, for the row that the error names
 * @throws {LinAlgError} NaN or ∞
 */
export function scaleOf(op: string, x: ArrayLike<number>, columns: number): number {
  let largest = 0;
  for (let i = 0; i < x.length; i++) {
    const size = Math.abs(x[i]!);
    if (size - size !== 0) throw new LinAlgError(op, "x", "not finite", Math.floor(i / columns));
    if (size > largest) largest = size;
  }
  let scale = 1;
  if (largest === 0) return scale;
  while (largest * scale >= 2) scale /= 2;
  while (largest * scale < 1 && scale < 2 ** 1000) scale *= 2;
  return scale;
}

/** Sorts indices by their keys, ascending (1) or descending (-1); equal ones stay in their order. `sort` would allocate. */
export function sortBy(order: Float64Array, keys: Float64Array, direction: 1 | -1): void {
  for (let i = 1; i < order.length; i++) {
    const own = order[i]!;
    let to = i;
    for (; to > 0 && direction * (keys[order[to - 1]!]! - keys[own]!) > 0; to--) order[to] = order[to - 1]!;
    order[to] = own;
  }
}
