/**
 * Several nodes become one instruction where a kernel exists for them:
 *
 *   add(matmul(x, w), b)                    affine                     the bias is where the sums start
 *   sigmoid | tanh | relu of that           affine with activation     while the tile is in registers or cache
 *   the same of conv2d and maxPool2d        these with activation
 *   maxPool2d of relu                       relu of maxPool2d          by its own `rewrite`
 *   sum of maxPool2d's gradient             sum of what it spreads     likewise
 *   softmaxCrossEntropy and its gradient    one pass gives both
 *   sgd of matmul(a, b)                     w ← βw - ηAB               the gradient is never stored
 *   sgd of sum(x, rows)                     the same for a bias
 *
 * A node that disappears must have no other use, that of an output among them.
 */
import { AFFINE } from "../ops/affine.ts";
import { add } from "../ops/binary.ts";
import { operationOf } from "../ops/operation.ts";
import { MATMUL, TRANSPOSED_SIDES, type Transpose } from "../ops/product.ts";
import { TRANSPOSE } from "../ops/rows.ts";
import { sum } from "../ops/sum.ts";
import { SGD, SGD_PRODUCT, SGD_SUMS } from "../ops/update.ts";
import { isSameShape } from "../tensor/layout.ts";
import type { Attributes, Operation, Rewriting } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { besideOf, type Computed, changedBy, type Graph, type Node, operandsOf, readsAny } from "./graph.ts";

/** Rewrites the nodes of a graph; what comes back is what is still used, in an order that can be run. */
export function fuse(graph: Graph): Node[] {
  const changed = changedBy(graph.effects);
  const nodes = rewritten(graph);
  for (const node of nodes) {
    transposedOperands(node);
    bias(node);
    activation(node);
    updateOfProduct(node, changed);
    updateOfSums(node, changed);
  }
  twoInOne(nodes);
  const used = nodes.filter((node) => node.uses > 0 || graph.effects.includes(node));
  // A loss may be used before the gradient whose instruction computes it: both depend on the same operands.
  const earlier = new Map(used.map((node) => [besideOf(node), node]));
  return [...new Set(used.flatMap((node) => [earlier.get(node) ?? node, node]))];
}

/** The nodes, after operations have rewritten those that they know more of. */
function rewritten(graph: Graph): Node[] {
  const nodes = graph.nodes.slice();
  const program = {
    values: graph.nodes,
    replace,
    put(before: Node, { spec }: Node, operation: Operation, operands: readonly Node[], attributes: Attributes): Node {
      const node: Node = { ...before, spec, name: undefined, origin: { kind: "input" }, uses: 0, into: undefined };
      replace(node, operation, operands, attributes);
      nodes.splice(nodes.indexOf(before), 0, node);
      return node;
    },
  } as unknown as Rewriting;
  for (const node of graph.nodes) if (node.origin.kind === "computed") node.origin.operation.rewrite?.(node, program);
  return nodes;
}

/** What a node is computed by, if it is this operation. */
function computedBy(node: Node | undefined, wanted: Operation<never> | Operation): Computed | undefined {
  const { origin } = node ?? {};
  return origin?.kind === "computed" && origin.operation === wanted ? origin : undefined;
}

/**
 * Gives a node another operation; operands that it had and has no longer lose a use. One that is then without uses
 * disappears: what it was computed from is used by the node that it has become a part of.
 */
function replace(
  node: Node,
  operation: Operation<never> | Operation,
  operands: readonly Node[],
  attributes: Attributes,
): void {
  for (const operand of operandsOf(node)) operand.uses--;
  for (const operand of operands) operand.uses++;
  node.origin = { kind: "computed", operation: operation as Operation, operands, attributes };
}

/** matmul(transpose(a), b) is a product that reads a by columns. */
function transposedOperands(node: Node): void {
  const product = computedBy(node, MATMUL);
  if (product === undefined || product.operands[0]?.spec.maxRowNonzeros !== undefined) return; // sparse rows know no transpose of b
  let transpose = product.attributes["transpose"] as Transpose;
  const operands = product.operands.map((operand, side) => {
    const turned = computedBy(operand, TRANSPOSE);
    if (turned === undefined) return operand;
    transpose = TRANSPOSED_SIDES[transpose][side] as Transpose;
    return turned.operands[0] as Node;
  });
  replace(node, MATMUL, operands, { ...product.attributes, transpose });
}

function bias(node: Node): void {
  const sum = computedBy(node, operationOf(add));
  if (sum === undefined) return;
  for (const [side, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const [product, b] = [sum.operands[side] as Node, sum.operands[other] as Node];
    const of = computedBy(product, MATMUL);
    const [, n = 0] = product.spec.shape;
    if (of === undefined || product.uses !== 1 || !isSameShape(b.spec.shape, [n])) continue;
    if (of.operands[0]?.spec.maxRowNonzeros !== undefined && of.attributes["transpose"] !== "none") continue;
    replace(node, AFFINE, [...of.operands, b], { ...of.attributes, activation: "none" });
    return;
  }
}

function activation(node: Node): void {
  if (node.origin.kind !== "computed") return;
  const { operation, operands } = node.origin;
  const [z] = operands;
  if (z?.origin.kind !== "computed" || z.uses !== 1) return;
  const before = z.origin;
  if (before.operation.takesActivation !== true || before.attributes["activation"] !== "none") return;
  if (operation.isActivation) {
    replace(node, before.operation, before.operands, { ...before.attributes, activation: operation.name });
  }
}

function updateOfProduct(node: Node, changed: readonly Tensor[]): void {
  const update = computedBy(node, SGD);
  if (update === undefined) return;
  const [w, hyperparameters, g] = update.operands as [Node, Node, Node];
  const product = computedBy(g, MATMUL);
  if (product === undefined || g.uses !== 1) return;
  if (product.operands.some((operand) => readsAny(operand, changed))) return;
  // Sparse rows are followed where they are transposed, as in a gradient.
  const isSparse = product.operands[0]?.spec.maxRowNonzeros !== undefined;
  if (isSparse && product.attributes["transpose"] !== "a") return;
  replace(node, SGD_PRODUCT, [w, hyperparameters, ...product.operands], {
    ...product.attributes,
    ...update.attributes,
  });
}

function updateOfSums(node: Node, changed: readonly Tensor[]): void {
  const update = computedBy(node, SGD);
  if (update === undefined) return;
  const [w, hyperparameters, g] = update.operands as [Node, Node, Node];
  const sums = computedBy(g, operationOf(sum));
  if (sums === undefined || g.uses !== 1) return;
  const [x] = sums.operands as [Node];
  if (readsAny(x, changed)) return;
  const axes = sums.attributes["axes"] as readonly number[];
  if (x.spec.shape.length !== 2 || axes.length !== 1 || axes[0] !== 0) return;
  replace(node, SGD_SUMS, [w, hyperparameters, x], update.attributes);
}

/** One instruction gives the values of two operations, where both are needed of the same operands. */
function twoInOne(nodes: readonly Node[]): void {
  for (const node of nodes) {
    const { origin } = node;
    if (origin.kind !== "computed" || origin.operation.alsoComputes === undefined) continue;
    for (const other of nodes) {
      const found = computedBy(other, origin.operation.alsoComputes);
      if (found?.operands.every((operand, i) => operand === origin.operands[i]))
        node.origin = { ...origin, beside: other };
    }
  }
}
