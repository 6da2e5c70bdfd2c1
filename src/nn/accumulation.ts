/**
 * One update from several minibatches, as if they were a single one:
 *
 *   s ← s + mᵢ·gᵢ   for each minibatch of mᵢ rows, gᵢ the gradient of its loss, a mean
 *   update by s / Σ mᵢ,   s ← 0
 *
 * `squaredError` is a sum: its gradients are added as they are, and the update is by s.
 *
 * For networks whose minibatches would not fit at once. Batch normalisation still sees one minibatch at a time.
 */

import { compile, type Program } from "../autodiff/program.ts";
import { gradientsOf } from "../autodiff/reverse.ts";
import { allOrNothing, Owner } from "../disposable.ts";
import { OptionError } from "../errors.ts";
import { add, mul } from "../ops/binary.ts";
import { ADVANCE, effect } from "../ops/update.ts";
import { fill } from "../ops/vectors.ts";
import { type Expression, expressionOf } from "../tensor/expression.ts";
import { type TensorGroup, tensorGroup } from "../tensor/group.ts";
import { type Tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { factorToSum, type Loss } from "./losses.ts";
import type { OptimizerState } from "./optimizers/state.ts";
import type { StepParts, StepSource } from "./training_step.ts";

/** What the gradients of one source's minibatches are added by. The caller disposes of it. */
export type AccumulationPart = {
  /** The minibatch's loss before the update, as the loss defines it: a scalar, overwritten by the next run. */
  readonly loss: Tensor;
  /** What the network made of the minibatch, where the source asks for it. */
  readonly logits: Tensor | undefined;
  /**
   * Adds the gradient of the source's minibatch.
   *
   * @throws {IndexError} a label or an index outside its range; nothing has been added then
   */
  run(): void;
  dispose(): void;
};

/** The parameters, their gradients, and the forward pass with the loss for a source. */
export type Accumulated<D extends FloatType> = Pick<StepParts<D>, "parameters" | "gradients"> & {
  readonly lossFunction: Loss<D>;
  partsOf(source: StepSource<D>): StepParts<D>;
};

/** Gradients that are added up, and the update that they are for. The caller disposes of it, and of its parts. */
export class Accumulation<D extends FloatType> extends Owner {
  static override get name(): string {
    return "Accumulation";
  }
  readonly #state: OptimizerState<D>;
  readonly #of: Accumulated<D>;
  readonly #sums: TensorGroup<string, D>;
  /** 1 / Σ mᵢ, or 1 where the loss is a sum */
  readonly #share: Tensor<D>;
  readonly #update: Program;
  #rows = 0;

  constructor(state: OptimizerState<D>, of: Accumulated<D>) {
    super();
    const { parameters, gradients } = of;
    const { engine, dtype } = parameters.whole;
    const entries = Object.entries<Tensor<D>>(parameters.parts);
    const shapes = Object.fromEntries(entries.map(([name, { shape }]) => [name, shape]));
    this.#state = state;
    this.#of = of;
    const parts = allOrNothing((own) => {
      const sums = tensorGroup(engine, shapes, dtype, { prefix: "sum of d" });
      own(sums.whole);
      const share = own(zeros(engine, [], { dtype, name: "share" }));
      const means = entries.map(([name]) => [
        name,
        mul(expressionOf(sums.parts[name] as Tensor<D>), expressionOf(share)),
      ]);
      const { into, effects } = state.plan(parameters, gradients, Object.fromEntries(means));
      return { sums, share, update: compile({}, { into, effects }) };
    });
    this.#sums = parts.sums;
    this.#share = parts.share;
    this.#update = parts.update;
  }

  /** A program that adds the gradient of what a source gives. */
  part(source: StepSource<D>): AccumulationPart {
    const { leaves, forward, loss, counter } = this.#of.partsOf(source);
    const names = Object.keys(leaves);
    const gradients = gradientsOf(loss, Object.values(leaves));
    const [rows = 0] = source.x.shape;
    const factor = factorToSum(this.#of.lossFunction, rows);
    const sums = names.map((name, i) => {
      const sum = this.#sumOf(name);
      return [add(expressionOf(sum), mul(gradients[i] as Expression<D>, factor)), sum] as const;
    });
    const program = compile<"loss">(
      { loss, ...(source.keepsLogits && { z: forward.z }) },
      {
        into: [...(source.into ?? []), ...sums, ...forward.statistics],
        effects: counter === undefined ? [] : [effect(ADVANCE, counter, [], {})],
      },
    );
    return {
      loss: program.outputs.loss,
      logits: (program.outputs as { readonly z?: Tensor }).z,
      run: () => {
        program.run();
        this.#rows += rows;
      },
      dispose: () => program.dispose(),
    };
  }

  /**
   * Updates the parameters by what was added since the last update.
   *
   * @param learningRate instead of the one that the optimizer's schedule gives
   * @throws {OptionError} nothing was added
   * @throws {DisposedError} the network or its engine was disposed
   */
  update(learningRate?: number): void {
    if (this.#rows === 0) throw new OptionError("update", "run a part first: no gradients were added");
    this.#share.data[0] = 1 / factorToSum(this.#of.lossFunction, this.#rows);
    this.#state.advance(learningRate);
    this.#update.run();
    fill(this.#sums.whole, 0);
    this.#rows = 0;
  }

  dispose(): void {
    this.#update.dispose();
    this.#share.dispose();
    this.#sums.whole.dispose();
  }

  #sumOf(name: string): Tensor<D> {
    return this.#sums.parts[name] as Tensor<D>;
  }
}
