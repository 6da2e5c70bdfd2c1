/**
 * Expressions computed one operation at a time, each by its own kernel into memory of its own: nothing is fused, shared or
 * written in place.
 *
 * Where the order of additions is documented to be another one in a fused instruction (the bias where the sums start, a step
 * of descent that is added to its product), the fused kernel is called instead. Where the operands are small integers, whose
 * sums are exact in every order, it must give the same numbers as the operations one by one.
 */
import type { Graph, Node } from "../../../src/autodiff/graph.ts";
import { orderOf } from "../../../src/autodiff/reverse.ts";
import { AFFINE } from "../../../src/ops/affine.ts";
import { compute } from "../../../src/ops/operation.ts";
import type { Expression } from "../../../src/tensor/expression.ts";
import type { Attributes, Operation } from "../../../src/tensor/operation.ts";
import { SparseMatrix } from "../../../src/tensor/sparse.ts";
import { empty, Tensor } from "../../../src/tensor/tensor.ts";
import type { Engine } from "../../../src/wasm/engine.ts";
import { WrongAnswer } from "../target.ts";

type Values = Tensor | SparseMatrix;

/** Sums of this many products of numbers up to `SMALL` are exact. */
const SMALL = 256;

export class Reference {
  readonly #engine: Engine;
  readonly #graph: Graph;
  readonly #values = new Map<Expression, Values>();
  readonly #owned: { dispose(): void }[] = [];
  readonly #expressions = new Map<Node, Expression>();
  /** What stands for inputs and arguments. */
  readonly #given: (leaf: Expression) => Values;
  /** How many instructions were computed by the kernel of several operations. */
  substitutes = 0;

  /** @param graph the program's, after fusing: which expressions have become one instruction */
  constructor(engine: Engine, graph: Graph, given: (leaf: Expression) => Values) {
    this.#engine = engine;
    this.#graph = graph;
    this.#given = given;
    for (const [expression, node] of graph.outputs) {
      if (!this.#expressions.has(node)) this.#expressions.set(node, expression);
    }
  }

  /** A value that was computed elsewhere. */
  know(expression: Expression, value: Values): void {
    this.#values.set(expression, value);
  }

  /** Whether an expression has become an instruction whose additions have another order. */
  isFused(expression: Expression): boolean {
    const node = this.#graph.outputs.get(expression);
    const { source } = expression;
    if (node?.origin.kind !== "computed" || source.kind !== "applied") return false;
    return node.origin.operation !== source.operation && node.origin.operation === (AFFINE as Operation<never>);
  }

  valueOf(root: Expression): Values {
    for (const expression of orderOf([root])) {
      if (!this.#values.has(expression)) this.#values.set(expression, this.#computed(expression));
    }
    return this.#values.get(root) as Values;
  }

  /** An effect on the tensors that `bufferOf` gives for those of the program. */
  perform(effect: Expression, bufferOf: (tensor: Tensor) => Tensor): void {
    const node = this.#graph.outputs.get(effect);
    if (node?.origin.kind !== "computed" || effect.source.kind !== "applied") throw new Error("not an effect");
    const operandOf = (of: Expression): Values => {
      const leaf = of.source.kind === "tensor" || of.source.kind === "argument" ? this.valueOf(of) : undefined;
      return leaf instanceof Tensor ? bufferOf(leaf) : this.valueOf(of);
    };
    const { operation, operands, attributes } = effect.source;
    const alone = operands.map(operandOf);
    const isFused = node.origin.operation !== operation;
    // What, unfused, a product or a sum would have read before any effect: all but the parameters and the hyperparameters.
    const ofNode = (of: Node, i: number) => (i < 2 ? operandOf : this.valueOf.bind(this))(this.#expressionOf(of));
    const fused = isFused ? node.origin.operands.map(ofNode) : alone;
    const target = alone[0] as Tensor;
    const isExact = [...alone, ...fused].every(isSmall);
    const before = target.data.slice();
    compute(operation, this.#engine, alone, attributes, target);
    if (!isFused) return;
    const wanted = target.data.slice();
    target.data.set(before);
    compute(node.origin.operation, this.#engine, fused, node.origin.attributes, target);
    this.substitutes++;
    // Exact but for the sign of 0, which depends on what is added to what.
    if (isExact && wanted.some((value, i) => value !== target.data[i])) {
      throw new WrongAnswer(`${node.origin.operation.name}: ${target.data}, one by one ${wanted}`);
    }
  }

  dispose(): void {
    for (const each of this.#owned.splice(0)) each.dispose();
  }

  #computed(expression: Expression): Values {
    const { source, dtype } = expression;
    switch (source.kind) {
      case "tensor":
        return source.tensor;
      case "constant": {
        const number = this.#own(empty(this.#engine, [], { dtype }));
        number.data[0] = source.value;
        return number;
      }
      case "applied": {
        const operands = source.operands.map((operand) => this.#values.get(operand) as Values);
        // Nodes that are their first operand under another gradient rule compute nothing.
        const node = this.#graph.outputs.get(expression);
        const [first] = source.operands;
        if (node !== undefined && first !== undefined && node === this.#graph.outputs.get(first))
          return operands[0] as Values;
        if (this.isFused(expression)) {
          const { origin } = this.#graph.outputs.get(expression) as Node;
          if (origin.kind !== "computed") throw new Error("not computed");
          const together = origin.operands.map((operand) => this.valueOf(this.#expressionOf(operand)));
          if (!together.every(isSmall)) {
            this.substitutes++;
            return this.#result(expression, origin.operation, together, origin.attributes);
          }
        }
        return this.#result(expression, source.operation, operands, source.attributes);
      }
      default:
        return this.#given(expression);
    }
  }

  #result(spec: Expression, operation: Operation, operands: readonly Values[], attributes: Attributes): Values {
    const { shape, dtype, maxRowNonzeros } = spec;
    const made =
      maxRowNonzeros === undefined
        ? empty(this.#engine, shape, { dtype })
        : new SparseMatrix(this.#engine, shape as readonly [number, number], { dtype, maxRowNonzeros });
    this.#own(made);
    compute(operation, this.#engine, operands, attributes, made);
    return made;
  }

  #expressionOf(node: Node): Expression {
    return this.#expressions.get(node) as Expression;
  }

  #own<T extends { dispose(): void }>(made: T): T {
    this.#owned.push(made);
    return made;
  }
}

function isSmall(value: Values): boolean {
  const { data } = value instanceof SparseMatrix ? value.values.part(0, [value.nonzeros]) : value;
  return (data as Float64Array).every(
    (each) => Math.abs(2 * each) <= SMALL && Number.isInteger(2 * each) && !Object.is(each, -0),
  );
}
