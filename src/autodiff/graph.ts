/**
 * The graph of a program: what its outputs and effects need, each value once.
 *
 * Dead code never gets here, because only what the roots reach is met. Equal operations of equal operands become one
 * node; a tensor is one leaf, however often it was mentioned.
 */
import { tensorsOf } from "../ops/operation.ts";
import type { Expression } from "../tensor/expression.ts";
import { countOf, isSameShape } from "../tensor/layout.ts";
import type { Attributes, Operation, TensorSpec } from "../tensor/operation.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { orderOf } from "./reverse.ts";

/** A value of a program. Fusing replaces what it consists of. */
export type Node = {
  readonly spec: TensorSpec;
  readonly name: string | undefined;
  origin:
    | { readonly kind: "input" }
    | { readonly kind: "argument" }
    | { readonly kind: "tensor"; readonly tensor: Tensor | SparseMatrix }
    | { readonly kind: "constant"; readonly value: number }
    | Computed;
  /** How many operands and outputs of the program it is. */
  uses: number;
  /** A caller's tensor that it is written to. */
  into: Tensor | SparseMatrix | undefined;
};

/** An operation's value, and what else its kernel can write in the same pass. */
export type Computed = {
  readonly kind: "computed";
  readonly operation: Operation;
  readonly operands: readonly Node[];
  readonly attributes: Attributes;
  /** Another node that the same instruction computes: a loss together with its gradient. */
  readonly beside?: Node;
};

export type Graph = {
  readonly engine: Engine;
  /** Every node, after its operands; effects last, in their order. */
  readonly nodes: readonly Node[];
  /** The node of every expression that was met, the outputs among them. */
  readonly outputs: ReadonlyMap<Expression, Node>;
  readonly effects: readonly Node[];
};

/** The graph under outputs and effects. */
export function graphOf(engine: Engine, outputs: readonly Expression[], effects: readonly Expression[]): Graph {
  const nodes = new Map<Expression, Node>();
  const known = new Map<unknown, Node>();
  const numbers = new Map<Node, number>();
  const identities = new Map<unknown, number>();
  for (const expression of orderOf([...outputs, ...effects])) {
    const same = sameValue(expression);
    if (same !== undefined) {
      nodes.set(expression, nodes.get(same) as Node);
      continue;
    }
    const key = keyOf(expression, nodes, numbers, identities);
    const node = known.get(key) ?? nodeOf(expression, nodes);
    if (!numbers.has(node)) numbers.set(node, numbers.size);
    known.set(key, node);
    nodes.set(expression, node);
  }
  const of = (expression: Expression): Node => nodes.get(expression) as Node;
  const all = [...new Set(nodes.values())];
  for (const { origin } of all) if (origin.kind === "computed") for (const operand of origin.operands) operand.uses++;
  for (const output of outputs) of(output).uses++;
  const last = effects.map(of);
  return {
    engine,
    nodes: [...all.filter((node) => !last.includes(node)), ...last],
    outputs: nodes,
    effects: last,
  };
}

/** The operand whose elements an expression has, under the same shape: a gradient rule of its own is all that it adds. */
function sameValue({ shape, source }: Expression): Expression | undefined {
  if (source.kind !== "applied" || !source.operation.isView) return undefined;
  const [operand] = source.operands;
  return operand !== undefined && isSameShape(operand.shape, shape) ? operand : undefined;
}

function nodeOf(
  { dtype, shape, maxRowNonzeros, name, source }: Expression,
  nodes: ReadonlyMap<Expression, Node>,
): Node {
  const spec = { dtype, shape, maxRowNonzeros };
  if (source.kind !== "applied") return { spec, name, origin: source, uses: 0, into: undefined };
  const { operation, attributes } = source;
  const operands = source.operands.map((operand) => nodes.get(operand) as Node);
  return { spec, name, origin: { kind: "computed", operation, operands, attributes }, uses: 0, into: undefined };
}

/** Equal for expressions that are sure to have the same value: a tensor's own identity, or a description. */
function keyOf(
  expression: Expression,
  nodes: ReadonlyMap<Expression, Node>,
  numbers: ReadonlyMap<Node, number>,
  identities: Map<unknown, number>,
): unknown {
  const { source, dtype } = expression;
  if (source.kind === "input" || source.kind === "argument") return expression;
  if (source.kind === "tensor") return source.tensor;
  if (source.kind === "constant") return `${dtype} ${numberText(source.value)}`;
  if (source.operation.changes !== undefined) return expression;
  const operands = source.operands.map((operand) => numbers.get(nodes.get(operand) as Node));
  /** JSON writes NaN and the infinities alike, -0 as 0, and functions not at all. */
  const exact = (_: string, value: unknown): unknown => {
    if (typeof value === "function") return { identity: numberOf(value, identities) };
    const isWritten = typeof value !== "number" || (Number.isFinite(value) && !Object.is(value, -0));
    return isWritten ? value : { number: numberText(value) };
  };
  return `${numberOf(source.operation, identities)} ${operands.join()} ${JSON.stringify(source.attributes, exact)}`;
}

/** By identity: a custom operation may have the name of a built-in one. */
function numberOf(value: unknown, identities: Map<unknown, number>): number {
  const number = identities.get(value) ?? identities.size;
  identities.set(value, number);
  return number;
}

function numberText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** What a computed node is computed from; none for a leaf. */
export function operandsOf({ origin }: Node): readonly Node[] {
  return origin.kind === "computed" ? origin.operands : [];
}

/** The node that an instruction computes as well. */
export function besideOf({ origin }: Node): Node | undefined {
  return origin.kind === "computed" ? origin.beside : undefined;
}

/** The operands that an effect changes, the one that its result is first; none for other nodes. */
export function changedOperands({ origin }: Node): readonly Node[] {
  if (origin.kind !== "computed" || origin.operation.changes === undefined) return [];
  const { operation, operands } = origin;
  const which = [origin.operation.changes, ...(operation.alsoChanges ?? [])];
  return which.flatMap((at) => operands[at] ?? []);
}

/** Whether a node is there for what it changes. */
export function isEffect(node: Node): boolean {
  return changedOperands(node).length > 0;
}

/** The tensors that effects change. */
export function changedBy(effects: readonly Node[]): Tensor[] {
  return effects.flatMap(changedOperands).flatMap((target) => {
    const { origin } = target;
    return origin.kind === "tensor" && origin.tensor instanceof Tensor ? [origin.tensor] : [];
  });
}

/** Whether a node is in the memory of one of these tensors: the tensor itself, written to it, a view, or a part. */
export function readsAny(node: Node, tensors: readonly Tensor[]): boolean {
  const own = node.into ?? (node.origin.kind === "tensor" ? node.origin.tensor : undefined);
  if (own !== undefined) return tensorsOf(own).some((part) => tensors.some((other) => overlaps(part, other)));
  return isView(node) && readsAny(operandsOf(node)[0] as Node, tensors);
}

/** Whether a node is its operand's elements under another shape. */
export function isView({ spec, origin }: Node): boolean {
  if (origin.kind !== "computed" || !origin.operation.isView) return false;
  const of = origin.operands[0]?.spec;
  return (
    of?.dtype === spec.dtype && of.maxRowNonzeros === spec.maxRowNonzeros && countOf(of.shape) === countOf(spec.shape)
  );
}

/** Whether two tensors have an element in common. */
export function overlaps(a: Tensor, b: Tensor): boolean {
  if (a.engine !== b.engine || a.size === 0 || b.size === 0) return false;
  return a.pointer < endOf(b) && b.pointer < endOf(a);
}

/** The address behind a tensor's last element. */
export function endOf({ pointer, size, dtype }: Tensor): number {
  return pointer + size * bytesPerElement(dtype);
}
