/**
 * Several nodes become one instruction where a kernel exists for them:
 *
 *   add(matmul(x, w), b)                    affine                     the bias is where the sums start
 *   sigmoid | tanh | relu of that           affine with activation     while the tile is in registers or cache
 *   softmaxCrossEntropy and its gradient    one pass gives both
 *   sgd of matmul(a, b)                     w ← βw - ηAB               the gradient is never stored
 *   sgd of sum(x, rows)                     the same for a bias
 *
 * A node that disappears must have no other use.
 */
import { ACTIVATIONS, AFFINE } from "../ops/affine.ts";
import { CROSS_ENTROPY, CROSS_ENTROPY_GRADIENT } from "../ops/cross_entropy.ts";
import { MATMUL, TRANSPOSED_SIDES, type Transpose } from "../ops/matmul.ts";
import { TRANSPOSE } from "../ops/rows.ts";
import { SGD, SGD_PRODUCT, SGD_SUMS } from "../ops/update.ts";
import { isSameShape } from "../tensor/layout.ts";
import type { Attributes, Operation } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import { besideOf, type Computed, changedBy, type Graph, type Node, readsAny } from "./graph.ts";

/** Rewrites the nodes of a graph; what comes back is what is still used, in an order that can be run. */
export function fuse(graph: Graph): Node[] {
  const changed = changedBy(graph.effects);
  for (const node of graph.nodes) {
    transposedOperands(node);
    bias(node);
    activation(node);
    updateOfProduct(node, changed);
    updateOfSums(node, changed);
  }
  lossWithGradient(graph.nodes);
  const used = graph.nodes.filter((node) => node.uses > 0 || graph.effects.includes(node));
  // A loss may be used before the gradient whose instruction computes it: both depend on the same operands.
  const earlier = new Map(used.flatMap((node) => (besideOf(node) === undefined ? [] : [[besideOf(node), node]])));
  return [...new Set(used.flatMap((node) => [earlier.get(node) ?? node, node]))];
}

/** The operation of a node, if it is this one. */
function computedBy(node: Node | undefined, operation: Operation<never> | Operation): Computed | undefined {
  const { origin } = node ?? {};
  return origin?.kind === "computed" && origin.operation.name === operation.name ? origin : undefined;
}

/** A value that only one node uses, and that nobody wants to see. */
function isPassing(node: Node | undefined): node is Node {
  return node !== undefined && node.uses === 1 && node.into === undefined;
}

/** Gives a node another operation; operands that it had and has no longer lose a use. */
function replace(
  node: Node,
  operation: Operation<never> | Operation,
  operands: readonly Node[],
  attributes: Attributes,
): void {
  const before = node.origin.kind === "computed" ? node.origin.operands : [];
  for (const operand of operands) operand.uses++;
  node.origin = { kind: "computed", operation: operation as Operation, operands, attributes };
  for (const operand of before) release(operand);
}

function release(node: Node): void {
  node.uses--;
  if (node.uses === 0 && node.origin.kind === "computed") for (const operand of node.origin.operands) release(operand);
}

/** matmul(transpose(a), b) is a product that reads a by columns. */
function transposedOperands(node: Node): void {
  const product = computedBy(node, MATMUL);
  if (product === undefined || product.operands[0]?.form.widest !== undefined) return; // sparse rows know no transpose of b
  let transpose = product.attributes["transpose"] as Transpose;
  const operands = product.operands.map((operand, side) => {
    const turned = computedBy(operand, TRANSPOSE);
    if (turned === undefined) return operand;
    transpose = TRANSPOSED_SIDES[transpose][side] as Transpose;
    return turned.operands[0] as Node;
  });
  if (operands.every((operand, side) => operand === product.operands[side])) return;
  replace(node, MATMUL, operands, { ...product.attributes, transpose });
}

function bias(node: Node): void {
  const sum = computedBy(node, ADD);
  if (sum === undefined) return;
  for (const [side, other] of [
    [0, 1],
    [1, 0],
  ] as const) {
    const [product, b] = [sum.operands[side] as Node, sum.operands[other] as Node];
    const of = computedBy(product, MATMUL);
    const [, n = 0] = product.form.shape;
    if (of === undefined || !isPassing(product) || !isSameShape(b.form.shape, [n])) continue;
    if (of.operands[0]?.form.widest !== undefined && of.attributes["transpose"] !== "none") continue;
    replace(node, AFFINE, [...of.operands, b], { ...of.attributes, activation: "none" });
    return;
  }
}

/** Only its name is looked at. */
const ADD = { name: "add" } as Operation;

function activation(node: Node): void {
  if (node.origin.kind !== "computed") return;
  const { name } = node.origin.operation;
  const [z] = node.origin.operands;
  const affine = computedBy(z, AFFINE);
  if (!Object.hasOwn(ACTIVATIONS, name) || affine === undefined || !isPassing(z)) return;
  if (affine.attributes["activation"] === "none") {
    replace(node, AFFINE, affine.operands, { ...affine.attributes, activation: name });
  }
}

function updateOfProduct(node: Node, changed: readonly Tensor[]): void {
  const update = computedBy(node, SGD);
  const [w, rates, g] = update?.operands ?? [];
  const product = computedBy(g, MATMUL);
  if (update === undefined || w === undefined || product === undefined || !isPassing(g)) return;
  if (product.operands.some((operand) => readsAny(operand, changed))) return;
  // Sparse rows are followed where they stand transposed, as they do in a gradient.
  const isSparse = product.operands[0]?.form.widest !== undefined;
  if (isSparse && product.attributes["transpose"] !== "a") return;
  replace(node, SGD_PRODUCT, [w, rates as Node, ...product.operands], { ...product.attributes, ...update.attributes });
}

function updateOfSums(node: Node, changed: readonly Tensor[]): void {
  const update = computedBy(node, SGD);
  const [w, rates, g] = update?.operands ?? [];
  const sums = computedBy(g, SUM);
  const [x] = sums?.operands ?? [];
  if (update === undefined || w === undefined || sums === undefined || x === undefined || !isPassing(g)) return;
  if (readsAny(x, changed)) return;
  const axes = sums.attributes["axes"] as readonly number[];
  if (x.form.shape.length !== 2 || axes.length !== 1 || axes[0] !== 0) return;
  replace(node, SGD_SUMS, [w, rates as Node, x], update.attributes);
}

const SUM = { name: "sum" } as Operation;

/** The instruction of the gradient computes the loss as well, where both are wanted of the same operands. */
function lossWithGradient(nodes: readonly Node[]): void {
  for (const loss of nodes) {
    const of = computedBy(loss, CROSS_ENTROPY);
    if (of === undefined || loss.uses === 0) continue;
    const gradient = nodes.find((other) => {
      const found = computedBy(other, CROSS_ENTROPY_GRADIENT);
      return found?.beside === undefined && found?.operands.every((operand, i) => operand === of.operands[i]);
    });
    if (gradient?.origin.kind !== "computed" || gradient.uses === 0) continue;
    gradient.origin = { ...gradient.origin, beside: loss };
  }
}
