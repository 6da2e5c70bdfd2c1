/**
 * Data that is larger than memory: chunks that come one after another, mixed in a buffer.
 *
 *   chunks ──→ ┌ buffer of N examples ┐ ──→ minibatches of examples that are drawn from it
 *              └ as many come in as go ┘
 *
 * Every example comes once in an epoch. With N as large as the data all orders are equally likely; with a smaller N, an
 * example comes at most N examples early. Memory holds the buffer and one chunk.
 */

import { checkType } from "../../arguments.ts";
import { checkBatchSize } from "../../data/batches.ts";
import { alike, type Dataset, isAlike, kindOf } from "../../data/dataset.ts";
import { DatasetError } from "../../data/dataset_error.ts";
import { zerosLike } from "../../data/parts.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import { checkSeed, checkWhole } from "../../random/checks.ts";
import { RandomState } from "../../random/random_state.ts";
import { Shown } from "../../shown.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { FeedParts } from "./feed.ts";
import { type StreamBatch, type StreamBatchesOptions, StreamFeed } from "./stream_feed.ts";

/** Where chunks come from, and how they are mixed. */
export type StreamOptions = {
  /** Starts the source anew, once for each epoch: datasets that are all alike. A generator function, for one. */
  readonly chunks: () => AsyncIterable<Dataset> | Iterable<Dataset>;
  /** N, the examples that are mixed; 0 and 1 keep the order of the source. */
  readonly shuffleBuffer?: number;
  /** Of the draws; each epoch has a stream of its own, so that any epoch can be had again. */
  readonly seed?: number;
};

/** Minibatches of data that come in chunks. `streamDataset` makes it. */
export class DatasetStream extends Shown {
  static override get name(): string {
    return "DatasetStream";
  }
  /** N, the examples that are mixed. */
  readonly shuffleBuffer: number;
  /** Of the draws. */
  readonly seed: number;
  readonly #chunks: StreamOptions["chunks"];

  /** @throws {OptionError} an invalid buffer or seed */
  constructor(options: StreamOptions) {
    super();
    checkType("streamDataset: options", "object", options);
    checkOptions<StreamOptions>("streamDataset", options, { chunks: 1, shuffleBuffer: 1, seed: 1 });
    const { chunks, shuffleBuffer = 0, seed = 0 } = options;
    if (!(Number.isSafeInteger(shuffleBuffer) && shuffleBuffer >= 0)) {
      throw new OptionError("shuffleBuffer", "an integer from 0 on", shuffleBuffer);
    }
    if (typeof chunks !== "function") throw new OptionError("chunks", "a function that starts the source", chunks);
    checkSeed(seed);
    this.#chunks = chunks;
    this.shuffleBuffer = shuffleBuffer;
    this.seed = seed;
  }

  /**
   * One epoch. What is yielded belongs to the stream, and is overwritten by the next minibatch.
   *
   * @throws {OptionError} an invalid batch size or epoch
   * @throws {DatasetError} (rejects) chunks that are not alike, or no chunk at all
   * @throws (rejects) what the source throws; the source is closed when the loop over the minibatches ends early
   * @example
   * const stream = streamDataset({ chunks: () => [mnist.test] });
   * for await (const { dataset, indices } of stream.batches({ batchSize: 1000 })) dataset.batch(indices);
   */
  batches(options: StreamBatchesOptions): AsyncGenerator<StreamBatch, void> {
    checkType("batches: options", "object", options);
    checkOptions<StreamBatchesOptions>("batches", options, { batchSize: 1, epoch: 1, dropLast: 1 });
    const { batchSize, epoch = 0, dropLast = false } = options;
    checkBatchSize(batchSize);
    checkType("batches: dropLast", "boolean", dropLast);
    checkWhole("epoch", epoch, 2 ** 32 - 1);
    const random = this.shuffleBuffer > 1 ? new RandomState([this.seed, epoch]) : undefined;
    return mix(this.#chunks, { capacity: Math.max(this.shuffleBuffer, batchSize), batchSize, random, dropLast });
  }

  /** What a run takes its minibatches from. */
  feed<D extends FloatType>(inputSize: number, parts: FeedParts<D>): StreamFeed<D> {
    return new StreamFeed(this, inputSize, parts);
  }
}

/**
 * Describes a stream of chunks; nothing is read before its minibatches are asked for.
 *
 * @throws {OptionError} an invalid buffer or seed
 * @example
 * const stream = streamDataset({
 *   async *chunks() {
 *     for (const start of [0, 4000]) yield mnist.train.slice(start, start + 4000); // or what a file holds
 *   },
 *   shuffleBuffer: 5_000,
 * });
 */
export function streamDataset(options: StreamOptions): DatasetStream {
  return new DatasetStream(options);
}

type Mixing = {
  readonly capacity: number;
  readonly batchSize: number;
  readonly random: RandomState | undefined;
  readonly dropLast: boolean;
};

/** A loop that ends early ends this one at a `yield`, which closes the source. */
async function* mix(
  chunks: StreamOptions["chunks"],
  { capacity, batchSize, random, dropLast }: Mixing,
): AsyncGenerator<StreamBatch, void> {
  let buffer: MixingBuffer | undefined;
  for await (const chunk of chunks()) {
    if ("rowWeights" in chunk)
      throw new OptionError("stream", "examples without weights; weighted() takes a Dataset", chunk);
    buffer ??= new MixingBuffer(chunk, { capacity, batchSize, random });
    for (let taken = 0; taken < chunk.length; ) {
      taken += buffer.take(chunk, taken);
      if (buffer.count === capacity) yield buffer.draw(batchSize);
    }
  }
  if (buffer === undefined) throw new DatasetError({ kind: "empty", file: "stream" });
  while (buffer.count >= batchSize) yield buffer.draw(batchSize);
  if (buffer.count > 0 && !dropLast) yield buffer.draw(buffer.count);
}

/** Rows that are taken and free: the first `count` of `#order` are taken. */
class MixingBuffer {
  readonly #dataset: Dataset;
  readonly #order: Int32Array;
  readonly #indices: Int32Array;
  readonly #random: RandomState | undefined;
  #count = 0;

  constructor(like: Dataset, { capacity, batchSize, random }: Omit<Mixing, "dropLast">) {
    const { inputs, size, targetValues, targetWidth } = like;
    this.#dataset = alike(like, {
      inputs: zerosLike(inputs, capacity * size),
      labels: targetValues === undefined ? new Int32Array(capacity) : undefined,
      targetValues: targetValues === undefined ? undefined : zerosLike(targetValues, capacity * targetWidth),
    });
    this.#order = Int32Array.from({ length: capacity }, (_, row) => row);
    this.#indices = new Int32Array(batchSize);
    this.#random = random;
  }

  /** Examples that wait. */
  get count(): number {
    return this.#count;
  }

  /**
   * Takes examples from `start` on, as many as there is room for.
   *
   * @returns how many
   * @throws {DatasetError} the chunk is not like the first one
   */
  take(chunk: Dataset, start: number): number {
    const dataset = this.#dataset;
    if (!isAlike(chunk, dataset)) {
      throw new DatasetError({ kind: "shape", file: chunk.name, expected: kindOf(dataset), found: kindOf(chunk) });
    }
    const count = Math.min(this.#order.length - this.#count, chunk.length - start);
    for (let i = 0; i < count; i++) {
      const row = this.#order[this.#count + i] ?? 0;
      const { size, targetWidth } = dataset;
      dataset.inputs.set(chunk.inputs.subarray((start + i) * size, (start + i + 1) * size), row * size);
      if (dataset.targetValues === undefined) dataset.labels[row] = chunk.labels[start + i] ?? 0;
      else {
        const numbers = chunk.targetValues?.subarray((start + i) * targetWidth, (start + i + 1) * targetWidth) ?? [];
        dataset.targetValues.set(numbers, row * targetWidth);
      }
    }
    this.#count += count;
    return count;
  }

  /** `size` of the examples that wait: drawn, or all of them in order. */
  draw(size: number): StreamBatch {
    const indices = this.#indices.subarray(0, size);
    const order = this.#order;
    for (let i = 0; i < size; i++) {
      const last = this.#count - 1 - i;
      if (this.#random === undefined) {
        indices[i] = order[i] ?? 0;
        continue;
      }
      const at = this.#random.randint(0, last + 1);
      const row = order[at] ?? 0;
      order[at] = order[last] ?? 0;
      order[last] = row;
      indices[i] = row;
    }
    this.#count -= size;
    return { dataset: this.#dataset, indices };
  }
}
