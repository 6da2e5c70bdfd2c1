/** Runs of training: some steps of one, and a copy of all that it has changed by then. */
import type { TrainHistory } from "../../src/train/loop/history.ts";
import type { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";

export type RunResult = {
  readonly blocks: readonly number[][];
  readonly averages: readonly number[][];
  readonly history: TrainHistory;
  readonly random: unknown;
};

/** Everything that a run changes, and what it recorded: copies. */
export function resultOf<D extends FloatType>({ network, state, history, random }: Trainer<D>): RunResult {
  return {
    blocks: network.blocks.map(({ data }) => [...data]),
    averages: state.averages.map(({ data }) => [...data]),
    history: structuredClone(history),
    random: random.getState(),
  };
}

/** N steps of a trainer. */
export function advance<D extends FloatType>(trainer: Trainer<D>, steps: number): void {
  let made = 0;
  for (const _ of trainer.steps()) if (++made === steps) break;
}
