/**
 * Sums over axes, and their inverse, broadcasting: each is in the gradient of the other.
 *
 *   y_j = Σ_i x_ij       axes: [0]        every other axis stays; keepAxes leaves those of the fold with extent 1
 */

import { checkNumbers, checkType } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { broadcastShape, walkOver } from "../tensor/broadcast.ts";
import { Expression, type Value } from "../tensor/expression.ts";
import { checkShape, countOf, isSameShape, type Shape, show } from "../tensor/layout.ts";
import type { Call, Operation, UnboundCall } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { BINARY, type KernelCall, type Pointer, REDUCE } from "../wasm/abi.ts";
import { bytesPerElement, type FloatType, type NumberType } from "../wasm/dtype.ts";
import { checkFloatOrInt32, type Into } from "./check.ts";
import { operate, withOperation } from "./operation.ts";
import { reshape } from "./rows.ts";
import { callsOver } from "./strided.ts";

type Floats = Expression<FloatType>;

/** Which axes are folded, and whether they stay. */
export type ReduceOptions = {
  /** Which axes; from the end where negative. Default: all. */
  readonly axes?: readonly number[];
  /** Whether the axes stay, with extent 1. Default false. */
  readonly keepAxes?: boolean;
};

/** A fold of one operand, of floats or int32 unless it is documented otherwise: a tensor gives a tensor (`out`, or a new one), an expression an expression. */
export type ReduceFunction = {
  <D extends NumberType>(x: Tensor<D>, options?: ReduceOptions & Into<D>): Tensor<D>;
  <D extends NumberType>(x: Expression<D>, options?: ReduceOptions): Expression<D>;
  <D extends NumberType>(x: Value<D>, options?: ReduceOptions): Value<D>;
};

type Axes = { readonly axes: readonly number[]; readonly keepAxes: boolean };
type Fold = Exclude<keyof typeof REDUCE, "sumOfSquares">;

/**
 * Σ over axes; 0 over nothing. Along the last axis it is added up in float64, along others in x's dtype, from the first
 * row to the last. Of int32 it wraps around.
 *
 * @throws {OptionError} an axis that x does not have, or one named twice
 * @throws {DTypeError} neither floats nor int32
 * @throws {ShapeError} an `out` that does not fit, or overlaps
 * @example
 * using x = tensor(engine, [[1, 2], [3, 4]]);
 * using columns = sum(x, { axes: [0] });
 * columns.toArray(); // → [4, 6]
 */
export const sum: ReduceFunction = /* @__PURE__ */ reduction("sum", ({ x }, dy) => broadcastNumbers(dy, x.shape));

/** x repeated along the axes that it does not have, or that have extent 1 in it: `broadcastTo` without bytes, for gradients. */
export function broadcastNumbers<D extends NumberType>(x: Tensor<D>, shape: Shape): Tensor<D>;
export function broadcastNumbers<D extends NumberType>(x: Expression<D>, shape: Shape): Expression<D>;
export function broadcastNumbers<D extends NumberType>(x: Value<D>, shape: Shape): Value<D>;
export function broadcastNumbers<D extends NumberType>(x: Value<D>, shape: Shape): Value<D> {
  checkFloatOrInt32("broadcastTo", "x", x);
  const wanted = checkShape("broadcastTo: shape", shape);
  if (x instanceof Expression && isSameShape(x.shape, wanted)) return x;
  return operate(BROADCAST, [x], { shape: wanted });
}

export const BROADCAST: Operation<{ readonly shape: Shape }> = {
  name: "broadcastTo",
  spec([x], { shape }) {
    const { dtype, shape: own } = x as Value;
    const broadcast = broadcastShape(own, shape);
    if (broadcast === undefined || !isSameShape(broadcast, shape)) {
      throw new ShapeError("broadcastTo", "x", `a shape that broadcasts to ${show(shape)}`, show(own));
    }
    return { dtype, shape };
  },
  bind({ kernels, specs: [x], result, at, out, scratch }) {
    const walk = walkOver(result.shape, [], x.shape);
    const repeat = callsOver(kernels, result.dtype as NumberType, BINARY.keep, walk, [
      scratch,
      at[0].pointer,
      out.pointer,
    ]);
    return [kernels.store(scratch, 1), ...repeat];
  },
  gradient: (_, { operands: [x] }, dy) => sumTo(dy, (x as Floats).shape),
  scratchBytes: () => 16,
  flops: () => 0,
  isElementwise: true,
};

/** The gradient of a broadcast: x summed along the axes that `shape` does not have, or has with extent 1. */
export function sumTo(x: Floats, shape: Shape): Floats {
  if (isSameShape(x.shape, shape)) return x;
  if (countOf(x.shape) === countOf(shape)) return reshape(x, shape); // a sum of one element would make 0 of -0
  const missing = x.shape.length - shape.length;
  const axes = [...x.shape.keys()].filter(
    (axis) => axis < missing || (shape[axis - missing] === 1 && x.shape[axis] !== 1),
  );
  return reshape(sum(x, { axes }), shape);
}

/** The entry of a fold. The gradient rule sees y and dy with the axes kept. */
export function reduction(
  name: Fold,
  rule: (node: { readonly x: Floats; readonly y: Floats }, dy: Floats) => Floats,
): ReduceFunction {
  const operation: Operation<Axes> = {
    name,
    spec([x], { axes, keepAxes }) {
      const { dtype, shape } = x as Value;
      return { dtype, shape: foldedShape(shape, axes, keepAxes) };
    },
    bind: ({ kernels, specs: [x], attributes: { axes }, at: [from], out, scratch }) =>
      foldGroups(kernels, name, groupsOf(x.shape, axes), {
        dtype: x?.dtype as FloatType,
        from: from.pointer,
        to: out.pointer,
        scratch,
      }),
    gradient(_, { operands: [operand], attributes: { axes }, result }, dy) {
      const x = operand as Floats;
      const kept = foldedShape(x.shape, axes, true);
      return rule({ x, y: reshape(result, kept) }, reshape(dy, kept));
    },
    scratchBytes: ({ specs: [x], attributes: { axes } }: UnboundCall<Axes>) => {
      const between = sizesBetween(groupsOf(x.shape, axes));
      return Math.max(0, ...between) * 2 * bytesPerElement(x?.dtype ?? "float64");
    },
    flops: ({ specs: [x] }) => countOf(x.shape),
  };
  const f = (x: Value<FloatType>, options: ReduceOptions & Into<FloatType> = {}): Value<FloatType> => {
    checkFloatOrInt32(name, "x", x);
    checkReduceOptions(name, options);
    const { out } = options;
    return operate(operation, [x], checkAxes(name, x, options), out === undefined ? {} : { out });
  };
  return withOperation(f as ReduceFunction, operation);
}

export function foldedShape(shape: Shape, axes: readonly number[], keepAxes: boolean): Shape {
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  return keepAxes ? kept : kept.filter((_, axis) => !axes.includes(axis));
}

export function checkReduceOptions(op: string, options: ReduceOptions & Into<FloatType>): void {
  checkOptions<ReduceOptions & Into<FloatType>>(op, options, { axes: 1, keepAxes: 1, out: 1 });
  if (options.keepAxes !== undefined) checkType(`${op}: keepAxes`, "boolean", options.keepAxes);
  if (options.axes !== undefined) checkNumbers(`${op}: axes`, options.axes);
}

/** @throws {OptionError} an axis that is not there, or one named twice */
export function checkAxes(op: string, x: Value, { axes, keepAxes = false }: ReduceOptions): Axes {
  const rank = x.shape.length;
  if (axes === undefined) return { axes: [...x.shape.keys()], keepAxes };
  const counted = axes.map((axis) => (axis < 0 ? axis + rank : axis)).sort((a, b) => a - b);
  const isValid = (axis: number, i: number) =>
    Number.isInteger(axis) && axis >= 0 && axis < rank && axis !== counted[i - 1];
  if (!counted.every(isValid)) {
    throw new OptionError(`${op}: axes`, `different axes of ${show(x.shape)}`, axes);
  }
  return { axes: counted, keepAxes };
}

/** Neighbouring axes with one fate: their product of extents, and whether they are folded. */
type Group = { readonly extent: number; readonly isFolded: boolean };

function groupsOf(shape: Shape, axes: readonly number[]): Group[] {
  const groups: Group[] = [];
  for (const [axis, extent] of shape.entries()) {
    if (extent === 1) continue;
    const isFolded = axes.includes(axis);
    const last = groups.at(-1);
    if (last?.isFolded === isFolded) groups[groups.length - 1] = { extent: last.extent * extent, isFolded };
    else groups.push({ extent, isFolded });
  }
  if (!groups.some(({ isFolded }) => isFolded)) groups.push({ extent: 1, isFolded: true });
  return groups;
}

/** One fold over the last group that is to be folded: x is m × k × n, and k goes. */
type Step = { readonly m: number; readonly k: number; readonly n: number; readonly rest: readonly Group[] };

function lastFold(groups: readonly Group[]): Step {
  const at = groups.map(({ isFolded }) => isFolded).lastIndexOf(true);
  const product = (some: readonly Group[]) => some.reduce((extent, group) => extent * group.extent, 1);
  const [before, after] = [groups.slice(0, at), groups.slice(at + 1)];
  return { m: product(before), k: groups[at]?.extent ?? 1, n: product(after), rest: [...before, ...after] };
}

/** Elements after each fold but the last. */
function sizesBetween(groups: readonly Group[]): number[] {
  const { m, n, rest } = lastFold(groups);
  return rest.some(({ isFolded }) => isFolded) ? [m * n, ...sizesBetween(rest)] : [];
}

/** One kernel call for each group of folded axes, the last group first; intermediate results alternate in the scratch. */
function foldGroups(
  kernels: Call["kernels"],
  name: Fold,
  groups: readonly Group[],
  places: { readonly dtype: FloatType; readonly from: Pointer; readonly to: Pointer; readonly scratch: Pointer },
): KernelCall[] {
  const { dtype, from, to, scratch } = places;
  const { m, k, n, rest } = lastFold(groups);
  if (!rest.some(({ isFolded }) => isFolded)) return [kernels.reduce(REDUCE[name], m, k, n, from, to)];
  const other = scratch + (from === scratch ? m * k * n * bytesPerElement(dtype) : 0);
  const later = foldGroups(kernels, name, rest, { dtype, from: other, to, scratch });
  return [kernels.reduce(REDUCE[name], m, k, n, from, other), ...later];
}
