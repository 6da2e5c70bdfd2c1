/**
 * Decompositions with several results: one operation on the host, in float64, whose result holds them one after the other.
 */
import { OptionError } from "../../errors.ts";
import type { Value } from "../../tensor/expression.ts";
import { countOf, type Shape } from "../../tensor/layout.ts";
import type { Call, Operation, TensorSpec } from "../../tensor/operation.ts";
import { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { checkFloat, checkMatrix } from "../check.ts";
import { operate } from "../operation.ts";
import { reshape } from "../rows.ts";
import { slice } from "../slicing.ts";
import { aligned, type Floats, viewer } from "./blocked.ts";
import { LinAlgError } from "./error.ts";

/** Views of what a decomposition computes with: its operand, its result, and float64 scratch by length. */
export type Views = { readonly x: Floats; readonly out: Floats; readonly scratch: readonly Float64Array[] };

/** What a decomposition is, for a matrix of m × n. */
type Decomposition<A> = {
  /** Shapes of the results, in order. */
  readonly shapes: (m: number, n: number, attributes: A) => readonly Shape[];
  /** Lengths of float64 scratch. */
  readonly scratch: (m: number, n: number, attributes: A) => readonly number[];
  readonly compute: (views: Views, m: number, n: number, attributes: A) => void;
  readonly flops: (m: number, n: number) => number;
};

/** A function from a matrix to its parts. */
export function decomposition<A extends Readonly<Record<string, unknown>>>(
  name: string,
  check: (x: Value<FloatType>) => void,
  { shapes, scratch, compute, flops }: Decomposition<A>,
): (x: Value<FloatType>, attributes: A) => Value<FloatType>[] {
  const sizes = ({ shape: [m = 0, n = 0] }: { readonly shape: Shape }) => [m, n] as const;
  const lengths = (spec: TensorSpec, attributes: A) => scratch(...sizes(spec), attributes);
  const operation: Operation<A> = {
    name,
    spec([x], attributes) {
      const { dtype, shape } = x as Value;
      return { dtype, shape: [shapes(...sizes({ shape }), attributes).reduce((sum, part) => sum + countOf(part), 0)] };
    },
    bind(call) {
      const views = viewsOf(call, lengths(call.specs[0], call.attributes));
      const [m, n] = sizes(call.specs[0]);
      return [() => compute(views(), m, n, call.attributes)];
    },
    gradient: () => {
      throw new OptionError(`grad: ${name}`, "has no gradient");
    },
    scratchBytes: ({ specs: [x], attributes }) =>
      lengths(x, attributes).reduce((sum, length) => sum + aligned(8 * length), 0),
    flops: ({ specs: [x] }) => flops(...sizes(x)),
  };
  return (x, attributes) => {
    checkFloat(name, "x", x);
    checkMatrix(name, "x", x);
    check(x);
    return split(operate(operation, [x], attributes) as Value<FloatType>, shapes(...sizes(x), attributes));
  };
}

/** The views of a call, made again when memory has grown. */
function viewsOf<A extends object>(
  { memory, specs, result, at, out, scratch }: Call<A & Readonly<Record<string, unknown>>>,
  lengths: readonly number[],
): () => Views {
  const dtype = result.dtype as FloatType;
  const x = viewer(memory, dtype, at[0].pointer, countOf(specs[0].shape));
  const y = viewer(memory, dtype, out.pointer, countOf(result.shape));
  let pointer = scratch;
  const pieces = lengths.map((length) => {
    const piece = viewer(memory, "float64", pointer, length);
    pointer += aligned(8 * length);
    return piece;
  });
  let views: Views | undefined;
  return () => {
    if (views === undefined || views.x !== x()) views = { x: x(), out: y(), scratch: pieces.map((piece) => piece()) };
    return views;
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
