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
import { bytesPerElement } from "../wasm/dtype.ts";
import type { Computed, Node } from "./graph.ts";

/** Elements of a tile, at most: three operands of float32 in a cache of 48 KB. Results of fewer than two are not cut. */
export const TILE = 4096;
/** Rows may be longer: they are not cut where an operand is repeated for each. */
const LONGEST_ROW = 4 * TILE;

/** Consecutive instructions whose results have equally many elements. */
export type Chain = {
  readonly nodes: Node[];
  /** Of each result. */
  readonly elements: number;
  /** Elements of a row that is not cut: 1 where no operand is repeated for each. */
  row: number;
  /** Of the first and the last of `nodes`, among all nodes. */
  readonly first: number;
  last: number;
};

/** A part of a value: what it looks like, and by how many bytes it is behind the first element. */
export type Part = { readonly spec: TensorSpec; readonly offset: number };

/**
 * The chain of each instruction that is in one.
 *
 * @param nodes in the order in which they are computed, instructions among them
 */
export function chainsOf(nodes: readonly Node[], instructions: readonly Node[]): Map<Node, Chain> {
  const chains = new Map<Node, Chain>();
  let chain: Chain | undefined;
  for (const node of instructions) {
    const [axes, { shape }] = [axesOfRow(node), node.spec];
    const [row, elements, at] = [countOf(lastOf(shape, axes)), countOf(shape), nodes.indexOf(node)];
    if (axes < 0) chain = undefined;
    else if (chain?.elements === elements && (chain.row % row) * (row % chain.row) === 0) {
      chain.nodes.push(node);
      chain.row = Math.max(chain.row, row);
      chain.last = at;
      chains.set(chain.nodes[0] as Node, chain).set(node, chain);
    } else chain = { nodes: [node], elements, row, first: at, last: at };
  }
  return chains;
}

/** Elements of a tile: whole rows. */
export function tileOf({ row }: Chain): number {
  return Math.max(row, TILE - (TILE % row));
}

/** What an instruction takes of its operands, and computes of its result, in `count` elements from `from` on. */
export function partsOf(node: Node, from: number, count: number): (of: Node) => Part {
  const { shape } = node.spec;
  const axes = axesOfRow(node);
  return ({ spec }) => {
    const row = lastOf(spec.shape, axes);
    const rows = countOf(spec.shape) / countOf(row);
    if (rows === 1) return { spec: { dtype: spec.dtype, shape: row }, offset: 0 };
    const cut = (elements: number) => (elements * countOf(spec.shape)) / countOf(shape);
    const offset = cut(from) * bytesPerElement(spec.dtype);
    return { spec: { dtype: spec.dtype, shape: [cut(count) / countOf(row), ...row] }, offset };
  };
}

/**
 * How many axes at the end of a result make up the shortest row that is not cut: 0 where each operand has all elements or
 * one; -1 where it cannot be cut, or is not worth it. Of each operand such a row takes one for each, or the same.
 */
function axesOfRow({ spec: { shape }, origin }: Node): number {
  const { operation, operands } = origin as Computed;
  const elements = countOf(shape);
  if (!operation.isElementwise || elements < 2 * TILE) return -1;
  return shape.findIndex((_, axes) => {
    const row = countOf(lastOf(shape, axes));
    return (
      row <= LONGEST_ROW &&
      operands.every(({ spec }) => {
        const rows = countOf(spec.shape) / countOf(lastOf(spec.shape, axes));
        return rows === 1 || rows * row === elements;
      })
    );
  });
}

function lastOf(shape: Shape, axes: number): Shape {
  return shape.slice(Math.max(0, shape.length - axes));
}
