/**
 * Which examples come next.
 *
 *   with replacement   each minibatch is drawn from all n examples, as in Saito, *Deep Learning from Scratch*, ch. 4
 *   in epochs          every example once in each epoch, in an order that is drawn anew; the last minibatch of an epoch
 *                      has what is left, n mod batchSize examples, or with dropLast is left out where it would be short
 *
 * All that is needed to resume is plain data: `state` and `restore`.
 */
import { OptionError } from "../../errors.ts";
import type { RandomState } from "../../random/random_state.ts";

/** How examples are drawn. */
export type Sampling = "withReplacement" | "epochs";

/** A sampler's position. The random stream is not part of it: its owner keeps that. */
export type SamplerState = {
  /** Epochs that have been finished. */
  readonly epoch: number;
  /** Examples that the current epoch has given. */
  readonly position: number;
  /** The current epoch's order; undefined with replacement, and before the first draw. */
  readonly order: Int32Array | undefined;
};

/** Draws minibatches of positions in a dataset. */
export class Sampler {
  readonly sampling: Sampling;
  readonly batchSize: number;
  readonly #examples: number;
  /** Examples that an epoch gives. */
  readonly #end: number;
  readonly #random: RandomState;
  readonly #order: Int32Array;
  readonly #drawn: { out: Int32Array };
  #epoch = 0;
  #position = 0;

  /**
   * @param sizes.dropLast in epochs, leaves out a last minibatch that is not full
   * @param random the stream that it draws from, which others may draw from as well
   */
  constructor(sampling: Sampling, { examples, batchSize, dropLast = false }: SampleSizes, random: RandomState) {
    this.sampling = sampling;
    this.batchSize = batchSize;
    this.#examples = examples;
    this.#end = dropLast ? examples - (examples % batchSize) : examples;
    this.#random = random;
    this.#order = new Int32Array(sampling === "epochs" ? examples : 0);
    this.#drawn = { out: this.#order };
  }

  /** Every size that a minibatch can have. */
  get sizes(): readonly number[] {
    const rest = this.#end % this.batchSize;
    return this.sampling === "epochs" && rest > 0 ? [this.batchSize, rest] : [this.batchSize];
  }

  /** The size of the next minibatch. */
  get nextSize(): number {
    return this.sampling === "epochs" ? Math.min(this.batchSize, this.#end - this.#position) : this.batchSize;
  }

  /** Epochs that have been finished: passes over the data, or as many draws. */
  get epoch(): number {
    return this.#epoch;
  }

  /** Whether the next minibatch is the first of an epoch. */
  get isAtStart(): boolean {
    return this.#position === 0;
  }

  /** Minibatches in an epoch. With replacement: ⌊n / batchSize⌋, at least 1. */
  get batchesPerEpoch(): number {
    if (this.sampling === "epochs") return Math.ceil(this.#end / this.batchSize);
    return Math.max(1, Math.floor(this.#examples / this.batchSize));
  }

  /**
   * Writes the next minibatch's positions.
   *
   * @param indices `nextSize` elements
   */
  draw(indices: Int32Array): void {
    if (this.sampling === "withReplacement") {
      this.#drawn.out = indices;
      this.#random.choice(this.#examples, this.batchSize, this.#drawn);
      this.#advance(1, this.batchesPerEpoch);
      return;
    }
    if (this.#position === 0) this.#shuffle();
    const order = this.#order;
    const start = this.#position;
    for (let i = 0; i < indices.length; i++) indices[i] = order[start + i] as number;
    this.#advance(indices.length, this.#end);
  }

  /** A copy of its position. */
  state(): SamplerState {
    const isUnderWay = this.sampling === "epochs" && this.#position > 0;
    return { epoch: this.#epoch, position: this.#position, order: isUnderWay ? this.#order.slice() : undefined };
  }

  /**
   * Resumes from a state, which is copied.
   *
   * @throws {OptionError} not a state that a sampler of these sizes could have
   */
  restore({ epoch, position, order }: SamplerState): void {
    const end = this.sampling === "epochs" ? this.#end : this.batchesPerEpoch;
    checkBelow("sampler: epoch", epoch, Number.MAX_SAFE_INTEGER);
    checkBelow("sampler: position", position, end);
    if (this.sampling === "epochs" && position % this.batchSize !== 0) {
      throw new OptionError("sampler: position", `a multiple of the batch size ${this.batchSize}`, position);
    }
    if (this.sampling === "epochs" && position > 0) {
      if (order === undefined || !isPermutation(order, this.#examples)) {
        throw new OptionError("sampler: order", `expected each of 0 to ${this.#examples - 1} once`);
      }
      this.#order.set(order);
    }
    this.#epoch = epoch;
    this.#position = position;
  }

  #advance(by: number, end: number): void {
    this.#position += by;
    if (this.#position < end) return;
    this.#position = 0;
    this.#epoch += 1;
  }

  #shuffle(): void {
    for (let i = 0; i < this.#examples; i++) this.#order[i] = i;
    this.#random.shuffle(this.#order);
  }
}

type SampleSizes = { readonly examples: number; readonly batchSize: number; readonly dropLast?: boolean };

function checkBelow(option: string, value: number, end: number): void {
  if (Number.isSafeInteger(value) && value >= 0 && value < end) return;
  throw new OptionError(option, `an integer from 0 to below ${end}`, value);
}

function isPermutation(order: Int32Array, count: number): boolean {
  const seen = new Uint8Array(count);
  for (const index of order) seen[index] = 1; // of an index outside, nothing is kept
  return order.length === count && seen.every((mark) => mark === 1);
}
