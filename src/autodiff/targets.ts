/**
 * What a program writes outside of its block, checked when it is compiled: kernels check nothing.
 *
 *   into      values written to targets of their shape, dtype and density; targets do not overlap
 *   effects   operations that change a dense tensor in place, after everything else
 *
 * Values are those before the run: a tensor that is itself an output or a value, and that the program writes to, is copied
 * first.
 */
import { DTypeError, EngineMismatchError, OptionError, ShapeError } from "../errors.ts";
import { applied, tensorsOf } from "../ops/operation.ts";
import { SNAPSHOT } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import { isSameShape, show } from "../tensor/layout.ts";
import type { Form } from "../tensor/operation.ts";
import { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import type { Engine } from "../wasm/engine.ts";
import { changedOperands, endOf, type Graph, isSamePlace, type Node, operandsOf, overlaps } from "./graph.ts";

/** A value, and the tensor that it is written to. */
export type Destination = readonly [value: Expression, target: Tensor | SparseMatrix];

/**
 * A tensor that is to stand for a value of this form.
 *
 * @throws {OptionError} not a tensor, or dense where sparse rows are wanted, or the other way round
 * @throws {DTypeError} another dtype
 * @throws {ShapeError} another shape
 * @throws {EngineMismatchError} a tensor of another engine
 * @throws {DisposedError} it was disposed
 */
export function checkForm(op: string, argument: string, form: Form, tensor: unknown, engine: Engine): void {
  const wanted = form.widest === undefined ? "a dense tensor" : "sparse rows";
  const isSparse = tensor instanceof SparseMatrix;
  if (!(tensor instanceof Tensor || isSparse) || isSparse !== (form.widest !== undefined)) {
    throw new OptionError(`${op}: ${argument}`, wanted, tensor);
  }
  if (tensor.dtype !== form.dtype) throw new DTypeError(op, argument, form.dtype, tensor.dtype);
  if (!isSameShape(tensor.shape, form.shape)) throw new ShapeError(op, argument, show(form.shape), show(tensor.shape));
  if (tensor.engine !== engine) throw new EngineMismatchError(op, argument);
  for (const { pointer } of tensorsOf(tensor)) void pointer;
}

/** Every target, held against its value. Errors as `checkForm`. */
export function checkDestinations(engine: Engine, into: readonly Destination[]): void {
  for (const [i, [value, target]] of into.entries()) {
    const argument = `into[${i}]: target`;
    checkForm("compile", argument, value, target, engine);
    const { widest, shape } = value;
    if (!(target instanceof SparseMatrix) || widest === undefined) continue;
    const room = (shape[0] ?? 0) * widest;
    if (target.widest >= widest && target.capacity >= room) continue;
    const found = `${target.widest} in a row and ${target.capacity} in all`;
    throw new ShapeError("compile", argument, `room for ${widest} nonzeros in a row and ${room} in all`, found);
  }
}

/**
 * The targets without those that are there twice for one value.
 *
 * @throws {OptionError} targets that overlap
 */
export function withoutRepeats(into: readonly Destination[], nodes: ReadonlyMap<Expression, Node>): Destination[] {
  const kept: Destination[] = [];
  for (const [i, [value, target]] of into.entries()) {
    const rivals = into.slice(0, i).filter(([, other]) => haveOverlap(target, other));
    const isRepeat = rivals.length > 0 && rivals.every((rival) => isSame(rival, [value, target], nodes));
    if (!isRepeat && rivals[0] !== undefined) {
      const at = into.indexOf(rivals[0]);
      throw new OptionError(`compile: into[${i}]`, `its target overlaps into[${at}]'s; targets must be apart`);
    }
    if (!isRepeat) kept.push([value, target]);
  }
  return kept;
}

function isSame([a, to]: Destination, [b, other]: Destination, nodes: ReadonlyMap<Expression, Node>): boolean {
  return nodes.get(a) === nodes.get(b) && to instanceof Tensor && other instanceof Tensor && isSamePlace(to, other);
}

function haveOverlap(a: Tensor | SparseMatrix, b: Tensor | SparseMatrix): boolean {
  const others = tensorsOf(b);
  return tensorsOf(a).some((own) => others.some((other) => overlaps(own, other)));
}

/** The expression itself, or a copy where it is a tensor that is written to during the run. */
export function asBefore(value: Expression, written: readonly Tensor[]): Expression {
  const { source, dtype, shape } = value;
  if (source.kind !== "tensor" || !(source.tensor instanceof Tensor)) return value;
  const { tensor } = source;
  if (!written.some((other) => overlaps(tensor, other))) return value;
  return applied(SNAPSHOT, [value], {}, { dtype, shape });
}

/** Whether a destination is a tensor that goes to itself. */
export function isInPlace([{ source }, target]: Destination): boolean {
  return source.kind === "tensor" && source.tensor instanceof Tensor && target instanceof Tensor
    ? isSamePlace(source.tensor, target)
    : false;
}

/**
 * Each effect changes dense tensors, which overlap neither each other nor, in part, what else it reads or the program
 * writes. Effects and targets of which one contains the other have an order: targets first, effects as they are listed.
 *
 * @throws {OptionError} no effect, one that is used as a value, or an overlap
 * @throws {ShapeError} an effect whose result has another shape than what it changes
 * @throws {DTypeError} or another dtype
 * @throws {DisposedError} the tensor was disposed
 */
export function checkEffects({ nodes, effects, engine }: Graph, targets: readonly (Tensor | SparseMatrix)[]): void {
  const written = targets.flatMap(tensorsOf);
  for (const node of nodes) {
    if (changedOperands(node).length === 0 || (effects.includes(node) && node.uses === 0)) continue;
    throw new OptionError("compile: outputs", `"${nameOf(node)}" changes its operand: pass it in effects, alone`);
  }
  for (const node of effects) {
    const changed = changedOperands(node).map(({ origin }) => (origin.kind === "tensor" ? origin.tensor : undefined));
    if (changed.length === 0)
      throw new OptionError("compile: effects", "operations that change a tensor", nameOf(node));
    const { dtype, shape } = node.form;
    for (const [i, tensor] of changed.entries()) {
      const form = i > 0 && tensor instanceof Tensor ? tensor : { dtype, shape };
      checkForm("compile", `what ${nameOf(node)} changes`, form, tensor, engine);
    }
    const own = changed as Tensor[];
    checkOperands(node, own);
    if (own.some((tensor) => written.some((other) => isHalfway(tensor, other)))) {
      throw new OptionError("compile: effects", `what ${nameOf(node)} changes overlaps another target in part`);
    }
    written.push(...own);
  }
}

/** What an effect changes is apart from its other operands; one that is only read may be the very same tensor. */
function checkOperands(node: Node, changed: readonly Tensor[]): void {
  const isChanged = new Set(changedOperands(node));
  for (const [i, tensor] of changed.entries()) {
    const read = operandsOf(node).flatMap((operand) =>
      operand.origin.kind === "tensor" && !isChanged.has(operand) ? tensorsOf(operand.origin.tensor) : [],
    );
    const isApart =
      changed.every((other, j) => i === j || !overlaps(tensor, other)) &&
      read.every((other) => !overlaps(tensor, other) || isSamePlace(tensor, other));
    if (!isApart) throw new OptionError("compile: effects", `what ${nameOf(node)} changes overlaps its other operands`);
  }
}

/** Whether two tensors overlap, and neither contains the other. */
function isHalfway(a: Tensor, b: Tensor): boolean {
  return overlaps(a, b) && !contains(a, b) && !contains(b, a);
}

function contains(a: Tensor, b: Tensor): boolean {
  return a.pointer <= b.pointer && endOf(b) <= endOf(a);
}

function nameOf({ origin }: Node): string {
  return origin.kind === "computed" ? origin.operation.name : origin.kind;
}
