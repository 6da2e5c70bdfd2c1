/**
 * Reverse-mode differentiation: from the loss back to what it depends on, each node once, after everything that uses it.
 *
 *   dx = Σ over the nodes y that use x of (∂y/∂x)ᵀ·dy        dloss/dloss = 1
 *
 * Gradients are expressions, so they can be differentiated in turn.
 */
import { checkList } from "../arguments.ts";
import { OptionError, ShapeError } from "../errors.ts";
import { add } from "../ops/binary.ts";
import { isExpression, isFloat } from "../ops/operation.ts";
import { broadcastNumbers } from "../ops/sum.ts";
import { constant, type Expression } from "../tensor/expression.ts";
import { show } from "../tensor/layout.ts";
import type { PerOperand } from "../tensor/operation.ts";
import type { FloatType } from "../wasm/dtype.ts";

type Floats = Expression<FloatType>;

/**
 * ∂loss/∂x for each x: an expression of x's shape, zeros where the loss does not depend on it.
 *
 * Only nodes between an x and the loss are visited.
 *
 * @param loss an expression with one element
 * @param wrt leaves or nodes, floats
 * @throws {ShapeError} the loss is not a scalar
 * @throws {OptionError} the loss or an x is not an expression of floats
 * @returns one for each of `wrt`, in their order
 * @example
 * const w = input(engine, [2], { name: "w" });
 * const [dw] = gradientsOf(sum(square(w)), [w]); // an expression, for `compile`
 */
export function gradientsOf(loss: Expression, wrt: readonly Expression[]): Expression<FloatType>[] {
  checkFloats("loss", loss);
  if (loss.shape.length !== 0) {
    throw new ShapeError("grad", "loss", "a scalar: no axes", show(loss.shape), "take its sum or its mean");
  }
  checkList("grad: wrt", wrt, "an array of expressions");
  for (const [i, x] of wrt.entries()) checkFloats(`wrt[${i}]`, x);

  const order = orderOf([loss]);
  const isWanted = new Set<Expression>(wrt);
  for (const node of order) if (operandsOf(node).some((operand) => isWanted.has(operand))) isWanted.add(node);

  const gradients = new Map<Expression, Floats>([[loss, constant(loss.engine, 1, loss.dtype as FloatType)]]);
  for (const node of order.reverse()) {
    const dy = gradients.get(node);
    if (dy === undefined || node.source.kind !== "applied") continue;
    const { operation, operands, attributes } = node.source;
    for (const [which, operand] of operands.entries()) {
      if (!isWanted.has(operand)) continue;
      const applied = { operands: operands as unknown as PerOperand<Floats>, attributes, result: node as Floats };
      const dx = operation.gradient?.(which, applied, dy);
      if (dx === undefined) continue;
      const before = gradients.get(operand);
      gradients.set(operand, before === undefined ? dx : add(before, dx));
    }
  }
  return wrt.map((x) => broadcastNumbers(gradients.get(x) ?? constant(x.engine, 0, x.dtype as FloatType), x.shape));
}

/** The nodes below these, each once and after its operands. Without recursion: a graph may be deep. */
export function orderOf(roots: readonly Expression[]): Expression[] {
  const order = new Set<Expression>();
  const stack = [...roots].reverse();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    const missing = order.has(node) ? [] : operandsOf(node).filter((operand) => !order.has(operand));
    if (missing.length === 0) {
      order.add(node);
      stack.pop();
    } else {
      stack.push(...missing.reverse());
    }
  }
  return [...order];
}

/** A node's operands; none for a leaf. */
export function operandsOf({ source }: Expression): readonly Expression[] {
  return source.kind === "applied" ? source.operands : [];
}

function checkFloats(argument: string, x: Expression): void {
  if (!isExpression(x)) throw new OptionError(`grad: ${argument}`, "an expression", x);
  if (!isFloat(x.dtype)) throw new OptionError(`grad: ${argument}`, "floats", x.dtype);
}
