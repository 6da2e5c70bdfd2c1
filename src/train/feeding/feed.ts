/**
 * Where a run's minibatches come from: each fills a minibatch in the engine's memory, and names the step that it feeds.
 */
import type { Augmentation } from "../../data/augmentation.ts";
import type { Dataset } from "../../data/dataset.ts";
import type { StepSource } from "../../nn/training_step.ts";
import type { RandomState } from "../../random/random_state.ts";
import type { SparseMatrix } from "../../tensor/sparse.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Engine } from "../../wasm/engine.ts";
import { type InputLayout, Minibatch, type ResidentDataset } from "./resident.ts";
import { Sampler, type SamplerState, type Sampling } from "./sampler.ts";

/** A minibatch of one size that is filled, and the step on it. */
export type Slot<D extends FloatType> = {
  readonly size: number;
  readonly batch: {
    readonly inputs: Tensor<D> | SparseMatrix<D>;
    readonly targets: Tensor<"int32"> | Tensor<D>;
    readonly source: StepSource<D>;
  };
  readonly step: { readonly loss: Tensor; readonly logits: Tensor | undefined; run(): void };
};

/** A minibatch that a sampler draws, and how it is filled. */
export type Filled<D extends FloatType> = {
  readonly batch: Slot<D>["batch"];
  readonly layout: InputLayout;
  readonly fill: () => void;
};

/**
 * Hook through which an augmentation supplies its batch builder, as a stream supplies its feed: bundles that do not use them
 * contain neither. A symbol, because descriptions are data: copies for a worker or a file leave it out.
 */
export const FILL: unique symbol = Symbol.for("lanegrad.fill");

/** Minibatches, one after another. */
export type Feed<D extends FloatType> = {
  readonly layout: InputLayout;
  /** Epochs that have been finished. */
  readonly epoch: number;
  /** Whether the next minibatch is the first of an epoch. */
  readonly isAtStart: boolean;
  /** Minibatches in an epoch; undefined if unknown. */
  readonly batchesPerEpoch: number | undefined;
  /** undefined when the next minibatch is at hand, else a promise of it. */
  wait(): Promise<void> | undefined;
  /** Fills the next minibatch. */
  draw(): Slot<D>;
  state(): SamplerState;
  /** @throws {OptionError} not a state of such a feed */
  restore(state: SamplerState): void;
};

/** How images are changed, and what makes minibatches of changed ones. */
export type TrainingAugmentation = Augmentation & {
  readonly [FILL]: <D extends FloatType>(
    train: Dataset | ResidentDataset,
    size: number,
    sampler: Sampler,
    parts: FeedParts<D>,
  ) => Filled<D>;
};

/** What a feed needs of a training plan. */
export type FeedPlan = {
  readonly sampling: Sampling | "stream";
  readonly batchSize: number;
  readonly dropLast: boolean;
  readonly augmentation: TrainingAugmentation | undefined;
  readonly layout: InputLayout | "auto";
};

/** What every feed needs. */
export type FeedParts<D extends FloatType> = {
  readonly engine: Engine;
  readonly dtype: D;
  readonly plan: FeedPlan;
  readonly random: RandomState;
  /** The step on what a source gives. */
  readonly stepOn: (source: StepSource<D>) => Slot<D>["step"];
  /** Keeps something until the run is disposed of. */
  readonly own: <T extends { dispose(): void }>(made: T) => T;
};

/** Minibatches of a dataset, as a sampler draws them. */
export class SampledFeed<D extends FloatType> implements Feed<D> {
  readonly layout: InputLayout;
  readonly #sampler: Sampler;
  readonly #slots: ReadonlyMap<number, Slot<D> & { readonly fill: () => void }>;

  /**
   * @param resident the examples in the engine's memory; not needed where images are changed
   * @throws {OptionError} images that are to be changed, but are in the engine's memory only
   */
  constructor(train: Dataset | ResidentDataset, resident: ResidentDataset | undefined, parts: FeedParts<D>) {
    const { plan, random, stepOn } = parts;
    const { sampling, batchSize, dropLast, augmentation } = plan;
    const sampler = new Sampler(sampling as Sampling, { examples: train.length, batchSize, dropLast }, random);
    this.#sampler = sampler;
    let layout: InputLayout = "dense";
    this.#slots = new Map(
      sampler.sizes.map((size) => {
        const made =
          augmentation?.[FILL](train, size, sampler, parts) ??
          gathered(resident as ResidentDataset, size, sampler, parts);
        layout = made.layout;
        return [size, { size, batch: made.batch, fill: made.fill, step: stepOn(made.batch.source) }];
      }),
    );
    this.layout = layout;
  }

  get epoch(): number {
    return this.#sampler.epoch;
  }

  get isAtStart(): boolean {
    return this.#sampler.isAtStart;
  }

  get batchesPerEpoch(): number {
    return this.#sampler.batchesPerEpoch;
  }

  wait(): undefined {
    return undefined;
  }

  draw(): Slot<D> {
    // The sampler's sizes are all that it draws.
    const slot = this.#slots.get(this.#sampler.nextSize) as Slot<D> & { readonly fill: () => void };
    slot.fill();
    return slot;
  }

  state(): SamplerState {
    return this.#sampler.state();
  }

  restore(state: SamplerState): void {
    this.#sampler.restore(state);
  }
}

/** Examples that the step itself gathers. */
function gathered<D extends FloatType>(
  resident: ResidentDataset,
  size: number,
  sampler: Sampler,
  { dtype, own }: FeedParts<D>,
): Filled<D> {
  const batch = own(new Minibatch(resident, size, dtype));
  return { batch, layout: resident.layout, fill: () => sampler.draw(batch.indices.data) };
}
