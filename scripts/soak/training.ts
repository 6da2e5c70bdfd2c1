/**
 * The chapter's network on the bundled digits, in one run that is saved, closed and loaded again at every sample:
 *
 *   load → steps → save → close → load → …     in turn in an engine that stays, and in one of its own
 *
 * The weights are those of a run that nobody interrupts.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  CheckpointFolder,
  checkpointOf,
  Engine,
  type EngineStats,
  emptyHistory,
  loadMnist,
  RandomState,
  restore,
  Trainer,
} from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { measure, type Soak } from "./sample.ts";

export const training: Soak = {
  about: "training steps of 784-50-10, batch 100, with a checkpoint saved and loaded at each sample",
  unit: "steps",
  amount: 1_000_000,
  async *run(amount, every) {
    const digits = await loadMnist(new URL("../../data", import.meta.url));
    const path = mkdtempSync(join(tmpdir(), "lanegrad-soak-"));
    try {
      const folder = new CheckpointFolder(path, { keep: 2 });
      using engine = await Engine.load();
      for (let done = 0, leg = 0; done < amount; done += every, leg++) {
        const place = { from: done, to: Math.min(amount, done + every), amount };
        const times = new Float64Array(place.to - place.from);
        const stats = await steps(leg % 2 === 0 ? engine : undefined, digits, folder, place, times);
        yield await measure(place.to, times, stats);
      }
    } finally {
      rmSync(path, { recursive: true });
    }
  },
};

type Digits = Awaited<ReturnType<typeof loadMnist>>;

type Leg = { readonly from: number; readonly to: number; readonly amount: number };

/** One leg, in an engine of its own where none is given; what the engine held at the end of it. Everything is closed by then. */
async function steps(
  kept: Engine | undefined,
  digits: Digits,
  folder: CheckpointFolder,
  { from, to, amount }: Leg,
  times: Float64Array,
): Promise<EngineStats> {
  const engine = kept ?? (await Engine.load());
  using _own = kept === undefined ? engine : undefined;
  const random = new RandomState(0);
  using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });
  const options = { iterations: amount, learningRate: 0.1, evaluateEvery: to - from, random };
  using trainer = new Trainer(net, digits, options, emptyHistory());
  const checkpoint = await folder.latest();
  if (checkpoint !== undefined) restore(trainer, checkpoint);
  if (trainer.iteration !== from)
    throw new Error(`expected a checkpoint after ${from} steps, found ${trainer.iteration}`);
  let began = performance.now();
  for (const { iteration, evaluation } of trainer.steps()) {
    if (evaluation === undefined) times[iteration - from] = performance.now() - began;
    began = performance.now();
    if (iteration + 1 === to) break;
  }
  const stats = engine.stats();
  await folder.save(checkpointOf(trainer));
  return stats;
}
