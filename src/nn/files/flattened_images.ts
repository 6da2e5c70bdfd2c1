/**
 * Which vectors of a network are flattened images, whose elements PyTorch and ONNX have in another order: channels first.
 *
 *   image [H, W, C] ─ flatten ─ [H·W·C] ─ relu, dropout … ─ dense
 *
 * Found by the forward pass on expressions that nothing computes: each expression is one of
 *
 *   plain    its order is the same everywhere
 *   image    a vector of H·W·C elements in the order of an image
 *   mixed    made of such vectors and others, so that no order of its elements suits both
 */
import { Expression } from "../../tensor/expression.ts";
import { isSameShape, type Shape } from "../../tensor/layout.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { Engine } from "../../wasm/engine.ts";
import { forward } from "../forward.ts";
import { formatsOf } from "../layers/known.ts";
import { type Placed, type Structure, tensorsIn } from "../layers/structure.ts";

/** What is known of the order of a vector's elements. */
type Order = "plain" | "mixed" | { readonly image: Shape };

/** What a network's vectors were flattened from. */
export type FlattenedImages = {
  /** By the path of a layer: the image that its input was flattened from. */
  readonly inputs: ReadonlyMap<string, Shape>;
  /** Of layers whose tensors follow the order of their inputs, one that has no one order. */
  readonly mixed: string | undefined;
  /** Whether the network's output is such a vector. */
  readonly isLast: boolean;
};

/** Whether examples of three axes are images to one of the layers: then they are channels first elsewhere. */
export function hasImages(structure: Structure): boolean {
  return [...structure.layers.values()].some(isOfImages);
}

/** Whether a layer is given images. */
export function isOfImages({ layer, input }: Placed): boolean {
  return input.length === 3 && formatsOf(layer).isOfImages === true;
}

export function flattenedImages(structure: Structure): FlattenedImages {
  if (!hasImages(structure)) return { inputs: new Map(), mixed: undefined, isLast: false };
  const nowhere: Engine = Object.create(Engine.prototype); // nothing is computed there
  const leaf = (shape: Shape) => new Expression<FloatType>(nowhere, { dtype: "float32", shape }, { kind: "argument" });
  const leaves = (role: "parameters" | "statistics") =>
    Object.fromEntries(tensorsIn(structure, role).map(([name, { shape }]) => [name, leaf(shape)]));

  const orders = new Map<Expression, Order>();
  const inputs = new Map<string, Shape>();
  let mixed: string | undefined;
  const observe = (path: string, x: Expression, y: Expression) => {
    const { layer, parameters, statistics } = structure.layers.get(path) as Placed;
    if (layer.kind === "flatten" && x.shape.length === 4) {
      const image = x.shape.slice(1);
      if (isReordered(image)) orders.set(y, { image });
    } else if (layer.kind === "dense") {
      orders.set(y, "plain");
    }
    if (x.shape.length !== 2 || Object.keys({ ...parameters, ...statistics }).length === 0) return;
    const order = orderOf(x, orders);
    if (formatsOf(layer).features === undefined) {
      if (order !== "plain") orders.set(y, "mixed"); // what its numbers do with the elements is unknown
      return;
    }
    const before = inputs.get(path);
    if (typeof order === "object" && (before === undefined || isSameShape(before, order.image)))
      inputs.set(path, order.image);
    else if (order !== "plain" || before !== undefined) mixed = path;
  };
  const rows = 2;
  const { z } = forward(structure, leaf([rows, ...structure.inputShape]), "predict", {
    parameters: leaves("parameters"),
    statistics: leaves("statistics") as unknown as Readonly<Record<string, Tensor<FloatType>>>, // leaves as well
    counter: undefined,
    observe,
  });
  return { inputs, mixed, isLast: z.shape.length === 2 && orderOf(z, orders) !== "plain" };
}

/** Whether the elements come in another order with the channels first. */
function isReordered([height = 1, width = 1, channels = 1]: Shape): boolean {
  return height * width > 1 && channels > 1;
}

/** The order of a vector's elements, which element-wise operations keep. */
function orderOf(x: Expression, known: Map<Expression, Order>): Order {
  const found = known.get(x);
  if (found !== undefined) return found;
  const { source } = x;
  const order = source.kind === "applied" ? orderOfApplied(x, source.operands, known) : "plain";
  known.set(x, order);
  return order;
}

function orderOfApplied(x: Expression, operands: readonly Expression[], known: Map<Expression, Order>): Order {
  const orders = operands.map((operand) => orderOf(operand, known));
  const first = orders.find((order) => order !== "plain");
  if (first === undefined || first === "mixed") return first ?? "plain";
  const isKept = operands.every((operand, i) => {
    const order = orders[i] as Order;
    if (typeof order === "object") return isSameShape(operand.shape, x.shape) && isSameShape(order.image, first.image);
    return order === "plain" && (operand.source.kind !== "applied" || !isSameShape(operand.shape, x.shape));
  });
  return isKept ? first : "mixed";
}
