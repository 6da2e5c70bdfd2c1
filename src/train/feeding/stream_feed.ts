/**
 * Minibatches of a stream: read ahead by one, so that the last one of an epoch is known as such.
 */
import type { Dataset } from "../../data/dataset.ts";
import { OptionError, ShapeError } from "../../errors.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Feed, FeedParts, Slot } from "./feed.ts";
import type { InputLayout } from "./resident.ts";
import type { SamplerState } from "./sampler.ts";
import { StagedMinibatch } from "./staged.ts";

/** Which epoch of a stream, and in batches of which size. */
export type StreamBatchesOptions = {
  /** Examples in a minibatch, at least 1; the last one has what is left. */
  readonly batchSize: number;
  /** Which epoch's draws, from 0 on. */
  readonly epoch?: number;
  /** Leaves out a last minibatch that is not full. */
  readonly dropLast?: boolean;
};

/** A minibatch of a stream: valid until the next one is asked for. */
export type StreamBatch = {
  /** The buffer, which holds the minibatch and more. */
  readonly dataset: Dataset;
  /** Where in it the minibatch's examples are. */
  readonly indices: Int32Array;
};

/** What gives a feed its minibatches: a `DatasetStream`. */
export type BatchSource = {
  batches(options: StreamBatchesOptions): AsyncGenerator<StreamBatch, void>;
};

type StreamSlot<D extends FloatType> = Slot<D> & { readonly batch: StagedMinibatch<D> };

/** Minibatches of data that comes in chunks. Its position counts minibatches; resuming reads up to there again. */
export class StreamFeed<D extends FloatType> implements Feed<D> {
  readonly batchesPerEpoch = undefined;
  readonly #stream: BatchSource;
  readonly #inputSize: number;
  readonly #parts: FeedParts<D>;
  readonly #slots = new Map<number, StreamSlot<D>>();
  /** The layout of the first minibatch is that of all. */
  #layout: InputLayout | undefined;
  #batches: AsyncGenerator<StreamBatch, void> | undefined;
  /** The minibatch after the one that is filled. */
  #ahead: IteratorResult<StreamBatch, void> | undefined;
  #filled: StreamSlot<D> | undefined;
  #reading: Promise<void> | undefined;
  #epoch = 0;
  #position = 0;

  constructor(stream: BatchSource, inputSize: number, parts: FeedParts<D>) {
    this.#stream = stream;
    this.#inputSize = inputSize;
    this.#parts = parts;
  }

  get layout(): InputLayout {
    return this.#layout ?? "dense";
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isAtStart(): boolean {
    return this.#position === 0;
  }

  wait(): Promise<void> | undefined {
    if (this.#filled !== undefined) return undefined;
    if (this.#reading === undefined) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      this.#reading.catch(() => {}); // a failure reaches the code that awaits it; a loop that has ended need not
    }
    return this.#reading;
  }

  draw(): Slot<D> {
    const slot = this.#filled;
    if (slot === undefined) throw new OptionError("draw", "nothing is at hand; await wait() first");
    this.#filled = undefined;
    this.#position += 1;
    if (this.#ahead?.done) {
      this.#epoch += 1;
      this.#position = 0;
      this.#batches = undefined;
      this.#ahead = undefined;
    }
    return slot;
  }

  state(): SamplerState {
    return { epoch: this.#epoch, position: this.#position, order: undefined };
  }

  restore({ epoch, position }: SamplerState): void {
    for (const count of [epoch, position]) {
      if (!Number.isSafeInteger(count) || count < 0) throw new OptionError("stream: position", "integers", count);
    }
    void this.#batches?.return();
    this.#batches = undefined;
    this.#ahead = undefined;
    this.#filled = undefined;
    this.#epoch = epoch;
    this.#position = position;
  }

  /** Closes the source. */
  dispose(): void {
    void this.#batches?.return();
    this.#batches = undefined;
  }

  async #read(): Promise<void> {
    const { plan } = this.#parts;
    if (this.#batches === undefined) {
      const { batchSize, dropLast } = plan;
      this.#batches = this.#stream.batches({ batchSize, dropLast, epoch: this.#epoch });
      this.#ahead = await this.#batches.next();
      for (let skipped = 0; skipped < this.#position && !this.#ahead.done; skipped++) {
        this.#ahead = await this.#batches.next();
      }
    }
    const found = this.#ahead;
    if (found === undefined || found.done) {
      if (this.#position === 0)
        throw new OptionError("dropLast", `the stream has fewer examples than the batch size ${plan.batchSize}`);
      throw new OptionError("stream", `expected more than ${this.#position} minibatches, as the stream had before`);
    }
    const filled = this.#fill(found.value);
    this.#ahead = await this.#batches.next(); // which may overwrite what was found
    this.#filled = filled;
  }

  #fill({ dataset, indices }: StreamBatch): StreamSlot<D> {
    const { plan, random } = this.#parts;
    const slot = this.#slots.get(indices.length) ?? this.#slot(dataset, indices.length);
    slot.batch.load(dataset, indices, { augment: plan.augmentation, random });
    return slot;
  }

  #slot(dataset: Dataset, batchSize: number): StreamSlot<D> {
    const { engine, dtype, plan, own, stepOn } = this.#parts;
    if (dataset.size !== this.#inputSize) {
      throw new ShapeError("train", "stream", `${this.#inputSize} values each`, `${dataset.size}`);
    }
    const layout = this.#layout ?? plan.layout;
    const batch = own(new StagedMinibatch(engine, dataset, { batchSize, dtype, layout }));
    this.#layout = batch.layout;
    const slot = { size: batchSize, batch, step: stepOn(batch.source) };
    this.#slots.set(batchSize, slot);
    return slot;
  }
}
