/**
 * Chains of elementwise operations in one pass over memory, tile by tile:
 *
 *   y = max(x + b, 0)²      add  maximum  mul      of elements 0 to 4,095, which stay in the cache from one to the next
 *                           add  maximum  mul      of elements 4,096 to 8,191
 *                           …
 *
 * A value that only its chain reads has the memory of a tile. Each element is computed by the same kernel from the same
 * operands as without tiles, so that its bits are the same.
 */
import { countOf, type Shape } from "../tensor/layout.ts";
import type { TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { bytesPerElement } from "../wasm/dtype.ts";
import { baseOf, besideOf, type Computed, isFree, type Node, operandsOf } from "./graph.ts";

/** Elements of a tile, at most: three operands of float32 in a cache of 48 KB. */
export const TILE = 4096;
/** Rows that are not cut, because an operand is repeated along them, may have more. */
const LONGEST_ROW = 4 * TILE;

/** Consecutive instructions whose results have equally many elements. */
export type Chain = {
  readonly nodes: Node[];
  /** Of each result. */
  readonly elements: number;
  /** Elements that no tile divides. */
  row: number;
  /** Values that nothing else reads, and views of them. */
  readonly inner: Set<Node>;
};

/**
 * @param nodes in the order in which they are computed
 * @param outputs those that are read after a run
 * @param changed tensors that effects change
 */
export function chainsOf(nodes: readonly Node[], outputs: ReadonlySet<Node>, changed: readonly Tensor[]): Chain[] {
  const chainOf = new Map<Node, Chain>();
  const written = new Set(nodes.map(besideOf));
  const instructions = nodes.filter(
    (node) => node.origin.kind === "computed" && !written.has(node) && !isFree(node, changed),
  );
  let chain: Chain | undefined;
  for (const node of instructions) {
    const elements = countOf(node.spec.shape);
    const row = rowOf(node);
    if (row === 0) chain = undefined;
    else if (chain?.elements === elements && isMultiple(chain.row, row)) chain.row = Math.max(chain.row, row);
    else chain = { nodes: [], elements, row, inner: new Set() };
    if (chain === undefined) continue;
    chain.nodes.push(node);
    chain.inner.add(node);
    chainOf.set(node, chain);
  }
  const chains = [...new Set(chainOf.values())].filter((each) => each.nodes.length > 1);
  if (chains.length === 0) return chains;
  const escapes = (node: Node, to?: Chain): void => {
    const base = baseOf(node, changed);
    const from = chainOf.get(base);
    if (from !== to || base.into !== undefined) from?.inner.delete(base);
  };
  for (const output of outputs) escapes(output);
  for (const node of instructions) for (const operand of [node, ...operandsOf(node)]) escapes(operand, chainOf.get(node));
  for (const node of nodes) {
    const base = baseOf(node, changed);
    const { inner } = chainOf.get(base) ?? {};
    if (inner?.has(base)) inner.add(node);
  }
  return chains;
}

/** Elements of a tile. */
export function tileOf({ row }: Chain): number {
  return Math.max(1, Math.floor(TILE / row)) * row;
}

/**
 * How many elements at the end of an instruction's result must stay together: 1 where each operand has all elements or
 * one, those of a row where one is repeated for each row; 0 where it cannot be cut, or is not worth it.
 */
function rowOf({ spec, origin }: Node): number {
  const { operation, operands } = origin as Computed;
  const elements = countOf(spec.shape);
  if (!operation.isElementwise || elements < 2 * TILE) return 0;
  for (let axes = 0; axes < spec.shape.length; axes++) {
    const row = countOf(lastOf(spec.shape, axes));
    if (row > LONGEST_ROW) return 0;
    const isCut = operands.every(({ spec: { shape } }) => {
      const rows = countOf(shape) / countOf(lastOf(shape, axes));
      return rows === 1 || rows * row === elements;
    });
    if (isCut) return row;
  }
  return 0;
}

/** A part of a value: what it looks like, and by how many bytes it is behind the first element. */
export type Part = { readonly spec: TensorSpec; readonly offset: number };

export function wholeOf({ spec }: Node): Part {
  return { spec, offset: 0 };
}

/** The elements `from` to `from + count` of a chain's instruction: what they take of an operand, or of the result. */
export function partOf(
  { elements, inner }: Chain,
  node: Node,
  operand: Node,
  [from, count]: readonly [from: number, count: number],
): Part {
  const { dtype, shape } = operand.spec;
  const row = rowOf(node);
  let axes = 0;
  while (countOf(lastOf(node.spec.shape, axes)) !== row) axes++;
  const rest = lastOf(shape, axes);
  const size = countOf(shape);
  if (size === countOf(rest)) return { spec: { dtype, shape: rest }, offset: 0 };
  const offset = inner.has(operand) ? 0 : ((from * size) / elements) * bytesPerElement(dtype);
  return { spec: { dtype, shape: [count / row, ...rest] }, offset };
}

function lastOf(shape: Shape, axes: number): Shape {
  return shape.slice(Math.max(0, shape.length - axes));
}

function isMultiple(a: number, b: number): boolean {
  return Math.max(a, b) % Math.min(a, b) === 0;
}
