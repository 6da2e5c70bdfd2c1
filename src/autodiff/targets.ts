/**
 * What a program writes outside of its block, checked when it is compiled: kernels check nothing.
 *
 *   into      values written to targets of their shape, dtype and density, which do not overlap
 *   effects   operations that change dense tensors in place: after all targets are written, in their order
 *
 * Values are those before the run: a tensor that is itself an output or a value, and that the program writes to, is copied
 * first.
 */
import { DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { applied, tensorsOf } from "../ops/operation.ts";
import { SNAPSHOT } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import { isSameShape, show } from "../tensor/layout.ts";
import type { TensorSpec } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Engine } from "../wasm/engine.ts";
import { changedOperands, type Graph, operandsOf, overlaps, sameValue } from "./graph.ts";

/** A value, and the tensor that it is written to. */
export type Destination = readonly [value: Expression, target: Tensor | SparseMatrix];

/**
 * Checks a tensor to be used as a value of this spec.
 *
 * @throws {OptionError} not a tensor, or dense where sparse rows are needed, or the other way round
 * @throws {DTypeError} another dtype
 * @throws {ShapeError} another shape
 * @throws {EngineMismatchError} a tensor of another engine
 * @throws {DisposedError} it was disposed
 */
export function checkSpec(op: string, argument: string, spec: TensorSpec, tensor: unknown, engine: Engine): void {
  const isSparse = spec.maxRowNonzeros !== undefined;
  if (!(tensor instanceof (isSparse ? SparseMatrix : Tensor))) {
    throw new OptionError(`${op}: ${argument}`, isSparse ? "sparse rows" : "a dense tensor", tensor);
  }
  if (tensor.dtype !== spec.dtype) throw new DTypeError(op, argument, spec.dtype, tensor.dtype);
  if (!isSameShape(tensor.shape, spec.shape)) throw new ShapeError(op, argument, show(spec.shape), show(tensor.shape));
  if (tensor.engine !== engine) throw new EngineMismatchError(op, argument);
  for (const { pointer } of tensorsOf(tensor)) void pointer;
}

/**
 * Checks that sparse rows have room for others; dense ones of one shape always do.
 *
 * @throws {ShapeError} too few nonzeros in a row, or in all
 */
export function checkRoom(
  op: string,
  argument: string,
  { maxRowNonzeros = 0, shape }: TensorSpec,
  room: unknown,
): void {
  if (!(room instanceof SparseMatrix)) return;
  const all = (shape[0] ?? 0) * maxRowNonzeros;
  if (room.maxRowNonzeros >= maxRowNonzeros && room.capacity >= all) return;
  throw new ShapeError(
    op,
    argument,
    `room for ${maxRowNonzeros} nonzeros a row, ${all} in all`,
    `${room.maxRowNonzeros}, ${room.capacity}`,
  );
}

/** Checks every target. Errors as `checkSpec` and `checkRoom`; also an OptionError where targets overlap. */
export function checkTargets(engine: Engine, into: readonly Destination[]): void {
  const before: Tensor[] = [];
  for (const [i, [value, target]] of into.entries()) {
    const argument = `into[${i}]: target`;
    checkSpec("compile", argument, value, target, engine);
    checkRoom("compile", argument, value, target);
    if (isWritten(target, before)) throw new OptionError(`compile: ${argument}`, "it overlaps an earlier target");
    before.push(...tensorsOf(target));
  }
}

/** Whether a tensor has an element in common with others. */
export function isWritten(tensor: Tensor | SparseMatrix, others: readonly Tensor[]): boolean {
  return tensorsOf(tensor).some((own) => others.some((other) => overlaps(own, other)));
}

/** What an expression has the elements of, under the same shape: a graph has it in its place. */
function withoutRule(value: Expression): Expression {
  const same = sameValue(value);
  return same === undefined ? value : withoutRule(same);
}

/** The expression itself, or a copy where it is a tensor that the program writes to. */
export function asBefore(value: Expression, written: readonly Tensor[]): Expression {
  const { dtype, shape, maxRowNonzeros } = value;
  const { source } = withoutRule(value);
  if (source.kind !== "tensor" || maxRowNonzeros !== undefined || !isWritten(source.tensor, written)) return value;
  return applied(SNAPSHOT, [value], {}, { dtype, shape });
}

/**
 * Checks that effects are nothing but effects, and that each changes dense tensors of the result's spec which overlap neither
 * each other nor its other operands; an operand that is only read may be the changed tensor itself.
 *
 * @throws {OptionError} an invalid effect, one that is used as a value, or has operands that overlap
 * @throws {ShapeError} a result of another shape than what is changed
 * @throws {DTypeError} or of another dtype
 * @throws {DisposedError} a tensor that was disposed
 */
export function checkEffects({ nodes, effects, engine }: Graph): void {
  for (const node of nodes) {
    const changed = changedOperands(node);
    const isEffect = effects.includes(node);
    if (isEffect !== changed.length > 0 || (isEffect && node.uses > 0)) {
      throw new OptionError("compile: effects", "operations that change a tensor belong here, and nowhere else");
    }
    for (const [i, { origin, spec }] of changed.entries()) {
      const tensor = origin.kind === "tensor" ? origin.tensor : undefined;
      const { dtype, shape } = i === 0 ? node.spec : spec;
      checkSpec("compile", "what an effect changes", { dtype, shape }, tensor, engine);
      const others = operandsOf(node).filter((operand) => operand !== changed[i]);
      const read = others.flatMap(({ origin }) => (origin.kind === "tensor" ? tensorsOf(origin.tensor) : []));
      if (changed.indexOf(changed[i] as never) === i && !isWritten(tensor as Tensor, read)) continue;
      throw new OptionError("compile: effects", "what an effect changes overlaps another of its operands");
    }
  }
}
