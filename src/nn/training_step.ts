/**
 * A training step as one program: (gather →) forward → loss → backward → update.
 */

import { compile, type Program } from "../autodiff/program.ts";
import { gradientsOf } from "../autodiff/reverse.ts";
import { Owner } from "../disposable.ts";
import { ADVANCE, effect } from "../ops/update.ts";
import type { Expression } from "../tensor/expression.ts";
import type { TensorGroup } from "../tensor/group.ts";
import type { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Forward, Named } from "./forward.ts";
import type { TensorRows } from "./inputs.ts";
import type { Loss } from "./losses.ts";
import type { OptimizerState } from "./optimizers/state.ts";

/** Where a step's examples come from. */
export type StepSource<D extends FloatType> = {
  /** m × inputSize, dense or sparse rows */
  readonly x: Expression<D>;
  /** m labels, or m × outputSize targets */
  readonly t: Expression;
  /** Tensors that keep what the step gathered, so that others can use it after the step. */
  readonly into?: readonly (readonly [Expression, Tensor | SparseMatrix])[];
  /** Arguments that are bound before each step, also where the loss does not read them. */
  readonly arguments?: readonly Expression[];
  /** Where rows have weights. */
  readonly weights?: RowWeights | undefined;
  /** Whether the step's logits can be read after it. */
  readonly keepsLogits?: boolean;
};

/** How rows that have weights count: what a source brings in place of its network's loss. */
export type RowWeights = {
  /** The loss of a minibatch, as an expression. */
  lossOf(loss: Loss<FloatType>, z: Expression<FloatType>, t: Expression): Expression<FloatType>;
  /** Σ wᵢlᵢ and Σ wᵢ of rows, once they are gathered. */
  measured(loss: Loss<FloatType>, z: Tensor<FloatType>, t: Tensor): readonly [sum: number, weight: number];
  /** The loss of the minibatch that was gathered, by the network as it is now. */
  lossAfter(
    net: { readonly lossFunction: Loss<FloatType>; logits(x: TensorRows<FloatType>): Tensor<FloatType> },
    batch: { readonly inputs: TensorRows<FloatType>; readonly targets: Tensor<FloatType> | Tensor<"int32"> },
  ): number;
};

/** What a step does its work on. */
export type StepParts<D extends FloatType> = {
  readonly parameters: TensorGroup<string, D>;
  /** Room for gradients, for optimizers that need it. */
  readonly gradients: () => TensorGroup<string, D>;
  /** The parameters as leaves of the graph. */
  readonly leaves: Named<Expression<D>>;
  readonly forward: Forward<D>;
  readonly loss: Expression<D>;
  /** [seed, step] of the dropout masks, where there is dropout. */
  readonly counter: Tensor<"int32"> | undefined;
};

/**
 * Steps of one size. The caller disposes of it; network and optimizer state live on.
 *
 * @example
 * using digits = new ResidentDataset(engine, mnist.train);
 * using batch = new Minibatch(digits, 100, "float32");
 * using state = net.optimize(sgd({ learningRate: 0.1 }));
 * using step = net.trainingStep(state, batch.source);
 * batch.indices.set(new RandomState(0).choice(digits.length, 100));
 * step.run();
 */
export class TrainingStep<D extends FloatType> extends Owner {
  static override get name(): string {
    return "TrainingStep";
  }
  /** What a step runs: `describeProgram` shows each instruction. */
  readonly program: Program<"loss">;
  readonly #state: OptimizerState<D>;

  constructor(
    state: OptimizerState<D>,
    { into = [], arguments: declared = [], keepsLogits }: StepSource<D>,
    parts: StepParts<D>,
  ) {
    super();
    const { parameters, gradients, leaves, forward, loss, counter } = parts;
    const names = Object.keys(leaves);
    const values = gradientsOf(
      loss,
      names.map((name) => leaves[name] as Expression<D>),
    );
    const updates = state.plan(
      parameters,
      gradients,
      Object.fromEntries(names.map((name, i) => [name, values[i] as Expression])),
    );
    this.#state = state;
    this.program = compile<"loss">(
      { loss, ...(keepsLogits && { z: forward.z }) },
      {
        into: [...into, ...updates.into, ...forward.statistics],
        effects: [...updates.effects, ...(counter === undefined ? [] : [effect(ADVANCE, counter, [], {})])],
        arguments: declared,
      },
    );
  }

  /** The minibatch's loss before the last step's update, as the loss defines it: a scalar, overwritten by the next step. */
  get loss(): Tensor {
    return this.program.outputs.loss;
  }

  /** What the network made of the last minibatch, before the update, where the source asks for it. */
  get logits(): Tensor | undefined {
    return (this.program.outputs as { readonly z?: Tensor }).z;
  }

  /**
   * Makes one step.
   *
   * @param learningRate instead of the one that the optimizer's schedule gives
   * @throws {IndexError} a label or an index outside its range; nothing has been updated then
   * @throws {DisposedError} the network, its engine, or a tensor of the step was disposed
   */
  run(learningRate?: number): void {
    this.#state.advance(learningRate);
    this.program.run();
  }

  dispose(): void {
    this.program.dispose();
  }
}
