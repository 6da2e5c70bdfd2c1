/**
 * The graph of a program: what its outputs and effects need, each value once.
 *
 * Dead code never gets here, because only what the roots reach is met. Equal operations of equal operands become one
 * node; a tensor is one leaf, however often it was mentioned.
 */
import { tensorsOf } from "../ops/operation.ts";
import type { Expression } from "../tensor/expression.ts";
import { isSameShape } from "../tensor/layout.ts";
import type { Attributes, Form, Operation } from "../tensor/operation.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { orderOf } from "./reverse.ts";

/** A value of a program. Fusing replaces what it consists of. */
export type Node = {
  readonly form: Form;
  readonly name: string | undefined;
  origin:
    | { readonly kind: "input" }
    | { readonly kind: "argument" }
    | { readonly kind: "tensor"; readonly tensor: Tensor | SparseMatrix }
    | { readonly kind: "constant"; readonly value: number }
    | Computed;
  /** How many operands and outputs of the program it is. */
  uses: number;
  /** A tensor of somebody else's that it is written to. */
  into: Tensor | SparseMatrix | undefined;
};

/** What an operation gives, and what else its kernel can write on the way. */
export type Computed = {
  readonly kind: "computed";
  readonly operation: Operation;
  readonly operands: readonly Node[];
  readonly attributes: Attributes;
  /** Another node that the same instruction computes: a loss beside its gradient. */
  readonly beside?: Node;
};

export type Graph = {
  readonly engine: Engine;
  /** Every node, after its operands; effects last, in their order. */
  readonly nodes: readonly Node[];
  readonly outputs: ReadonlyMap<Expression, Node>;
  readonly effects: readonly Node[];
};

/** The graph under outputs and effects. */
export function graphOf(engine: Engine, outputs: readonly Expression[], effects: readonly Expression[]): Graph {
  const nodes = new Map<Expression, Node>();
  const known = new Map<unknown, Node>();
  const numbers = new Map<Node, number>();
  const operations = new Map<Operation, number>();
  for (const expression of orderOf([...outputs, ...effects])) {
    const same = sameValue(expression);
    if (same !== undefined) {
      nodes.set(expression, nodes.get(same) as Node);
      continue;
    }
    const key = keyOf(expression, nodes, numbers, operations);
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
    outputs: new Map(outputs.map((output) => [output, of(output)])),
    effects: last,
  };
}

/** The operand whose elements an expression has, under the same shape: a gradient rule of its own is all that it adds. */
function sameValue({ shape, source }: Expression): Expression | undefined {
  if (source.kind !== "applied" || !source.operation.isView) return undefined;
  const [operand] = source.operands;
  return operand !== undefined && isSameShape(operand.shape, shape) ? operand : undefined;
}

function nodeOf({ dtype, shape, widest, name, source }: Expression, nodes: ReadonlyMap<Expression, Node>): Node {
  const form = { dtype, shape, widest };
  if (source.kind !== "applied") return { form, name, origin: source, uses: 0, into: undefined };
  const { operation, attributes } = source;
  const operands = source.operands.map((operand) => nodes.get(operand) as Node);
  return { form, name, origin: { kind: "computed", operation, operands, attributes }, uses: 0, into: undefined };
}

/** Equal for expressions that are sure to have the same value: a tensor's own identity, or a description. */
function keyOf(
  expression: Expression,
  nodes: ReadonlyMap<Expression, Node>,
  numbers: ReadonlyMap<Node, number>,
  operations: Map<Operation, number>,
): unknown {
  const { source, dtype } = expression;
  if (source.kind === "input" || source.kind === "argument") return expression;
  if (source.kind === "tensor") return source.tensor;
  if (source.kind === "constant") return `${dtype} ${show(source.value)}`;
  if (source.operation.changes !== undefined) return expression;
  const operands = source.operands.map((operand) => numbers.get(nodes.get(operand) as Node));
  return `${numberOf(source.operation, operations)} ${operands.join()} ${JSON.stringify(source.attributes, exact)}`;
}

/** Operations by identity: somebody else's may have the name of one of ours. */
function numberOf(operation: Operation, operations: Map<Operation, number>): number {
  const number = operations.get(operation) ?? operations.size;
  operations.set(operation, number);
  return number;
}

/** JSON writes NaN and the infinities alike, and -0 as 0. */
function exact(_: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0))
    ? { number: show(value) }
    : value;
}

function show(value: number): string {
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

/** The tensors that effects change. */
export function changedBy(effects: readonly Node[]): Tensor[] {
  return effects.flatMap(({ origin }) => {
    if (origin.kind !== "computed") return [];
    const target = origin.operands[origin.operation.changes ?? 0]?.origin;
    return target?.kind === "tensor" && target.tensor instanceof Tensor ? [target.tensor] : [];
  });
}

/** Whether a node is the memory of one of these tensors: the tensor itself, a view of it, or a part that overlaps. */
export function readsAny(node: Node, tensors: readonly Tensor[]): boolean {
  const { origin } = node;
  if (origin.kind === "tensor")
    return tensorsOf(origin.tensor).some((own) => tensors.some((other) => overlaps(own, other)));
  return (
    origin.kind === "computed" && origin.operation.isView === true && readsAny(origin.operands[0] as Node, tensors)
  );
}

function overlaps(a: Tensor, b: Tensor): boolean {
  const endOf = (x: Tensor) => x.pointer + x.size * bytesPerElement(x.dtype);
  return a.engine === b.engine && a.pointer < endOf(b) && b.pointer < endOf(a);
}
