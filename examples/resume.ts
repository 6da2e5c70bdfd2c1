/**
 * A run that is cut short and resumed ends with the same bits as one that was not. A checkpoint holds all that the next
 * step depends on: weights, the optimizer's averages, the random stream, the order of the epoch, dropout's masks.
 *
 * Expect one SHA-256 for the unbroken run and the resumed one, and another for the half.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  adam,
  CheckpointFolder,
  checkpointOf,
  dense,
  dropout,
  Engine,
  encodeNetwork,
  loadMnist,
  network,
  relu,
  sequential,
  type TrainOptions,
  train,
} from "lanegrad";

const digits = await loadMnist("data");
const options: TrainOptions = { epochs: 2, batchSize: 100, optimizer: adam({ learningRate: 1e-3 }), seed: 1 };

/** Trains in an engine of its own, as another process would, and gives the SHA-256 of what the network has become. */
async function run(more: TrainOptions): Promise<string> {
  using engine = await Engine.load();
  using net = network(engine, sequential(dense(784, 50), relu(), dropout(0.2), dense(50, 10)), { seed: 0 });
  const { losses, outcome } = await train(net, digits.train, { ...options, ...more });
  return `${losses.length} steps, ${outcome}: ${createHash("sha256").update(encodeNetwork(net)).digest("hex")}`;
}

const path = mkdtempSync(join(tmpdir(), "lanegrad-resume-"));
try {
  console.log(`unbroken  ${await run({})}`);

  const folder = new CheckpointFolder(path);
  const stop = new AbortController();
  const cut = await run({
    signal: stop.signal, // in the middle of the second epoch
    onStep: ({ iteration }) => {
      if (iteration === 119) stop.abort();
    },
    onCheckpoint: (trainer) => folder.save(checkpointOf(trainer)),
  });
  console.log(`cut       ${cut}`);

  const resume = await folder.latest();
  console.log(`resumed   ${await run({ resume })}`);
} finally {
  rmSync(path, { recursive: true });
}
