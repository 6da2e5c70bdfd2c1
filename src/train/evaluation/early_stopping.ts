/**
 * The best weights so far, by the validation metric, and when to stop waiting for better ones.
 */

import { checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import type { Network } from "../../nn/network.ts";
import { checkOptions } from "../../options.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { EvaluationRecord } from "../loop/history.ts";

/** When a run ends before its time. */
export type EarlyStopping = {
  /** Evaluations without an improvement after which training stops. */
  readonly patience: number;
  /** What is watched; default: the validation examples' loss. */
  readonly watch?: "loss" | "accuracy";
  /** What counts as an improvement: more than this. Default 0. */
  readonly minDelta?: number;
};

/** What a checkpoint keeps of it. */
export type WatchState = {
  readonly best: EvaluationRecord | undefined;
  /** Evaluations since the best, or since the start. */
  readonly waited: number;
  /** The network's blocks at the best, in their order. */
  readonly blocks: readonly (Float32Array | Float64Array | Int32Array)[];
};

/** @throws {OptionError} patience that is not an integer from 1 on, an unknown watch, a negative minDelta */
export function checkEarlyStopping(options: EarlyStopping): void {
  checkType("earlyStopping", "object", options);
  checkOptions<EarlyStopping>("earlyStopping", options, { patience: 1, watch: 1, minDelta: 1 });
  const { patience, watch = "loss", minDelta = 0 } = options;
  if (!Number.isInteger(patience) || patience < 1) {
    throw new OptionError("earlyStopping: patience", "an integer from 1 on", patience);
  }
  if (watch !== "loss" && watch !== "accuracy") {
    throw new OptionError("earlyStopping: watch", "loss or accuracy", watch);
  }
  if (!Number.isFinite(minDelta) || minDelta < 0) {
    throw new OptionError("earlyStopping: minDelta", "a number from 0 on", minDelta);
  }
}

/** Watches evaluations of one network, and keeps a copy of its best weights. */
export class BestWeights<D extends FloatType> {
  readonly #network: Network<D>;
  readonly #options: Required<EarlyStopping>;
  #best: EvaluationRecord | undefined;
  #blocks: WatchState["blocks"] = [];
  #waited = 0;

  constructor(network: Network<D>, { patience, watch = "loss", minDelta = 0 }: EarlyStopping) {
    this.#network = network;
    this.#options = { patience, watch, minDelta };
  }

  /** The best evaluation so far. */
  get best(): EvaluationRecord | undefined {
    return this.#best;
  }

  /** Whether patience has run out. */
  get isOver(): boolean {
    return this.#waited >= this.#options.patience;
  }

  /**
   * Takes an evaluation into account: the same record, with whether it is the best so far. The weights are copied then.
   */
  observe(record: EvaluationRecord): EvaluationRecord {
    const isBest = this.#isBetter(record);
    const observed = { ...record, isBest };
    if (isBest) {
      this.#best = observed;
      this.#blocks = this.#network.blocks.map(({ data }) => data.slice() as WatchState["blocks"][number]);
      this.#waited = 0;
    } else {
      this.#waited += 1;
    }
    return observed;
  }

  /** Puts the best weights back into the network. */
  restore(): void {
    for (const [i, block] of this.#blocks.entries()) this.#network.blocks[i]?.data.set(block);
  }

  /** The copies themselves, which the next improvement replaces and does not change. */
  state(): WatchState {
    return { best: this.#best, waited: this.#waited, blocks: this.#blocks };
  }

  /** @param state of a network with the same blocks */
  resume({ best, waited, blocks }: WatchState): void {
    this.#best = best;
    this.#waited = waited;
    this.#blocks = blocks;
  }

  #isBetter(record: EvaluationRecord): boolean {
    const { watch, minDelta } = this.#options;
    const [found, best] = [record, this.#best].map((of) =>
      watch === "loss" ? -(of?.validationLoss ?? Number.POSITIVE_INFINITY) : (of?.validationAccuracy ?? -1),
    ) as [number, number];
    return found > best + minDelta;
  }
}
