/**
 * Trains and saves a checkpoint after every step, until it is killed: `tsx checkpoint_writer.ts FOLDER`. Prints the number
 * of steps when a checkpoint's `save` has returned.
 */
import { CheckpointFolder, checkpointOf, dense, Engine, momentum, network, relu, sequential, train } from "lanegrad";
import { clusters } from "../support/digits.ts";

const [path = ""] = process.argv.slice(2);
const folder = new CheckpointFolder(path, { keep: 2 });
using engine = await Engine.load();
using net = network(engine, sequential(dense(200, 300), relu(), dense(300, 4)), { seed: 1 });
await train(net, clusters({ count: 40, size: 200, classes: 4, seed: 1 }), {
  epochs: 1e6,
  batchSize: 40,
  optimizer: momentum({ learningRate: 0.01 }),
  checkpointEvery: 1,
  resume: await folder.latest(),
  onCheckpoint: async (trainer) => {
    await folder.save(checkpointOf(trainer));
    process.stdout.write(`${trainer.iteration}\n`);
  },
});
