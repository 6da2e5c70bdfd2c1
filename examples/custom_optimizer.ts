/**
 * An optimizer of one's own, from operations: Lion (Chen et al. 2023, arXiv 2302.06675), which follows the sign of a momentum.
 *
 *   w ← w - η(sign(β₁m + (1 - β₁)g) + λw),   m ← β₂m + (1 - β₂)g
 *
 * Expect an accuracy like Adam's, and the same loss from a run that is resumed from a checkpoint in its middle.
 */
import {
  adam,
  add,
  checkpointOf,
  decodeCheckpoint,
  defineOptimizer,
  dense,
  Engine,
  type Expression,
  encodeCheckpoint,
  type FloatType,
  greater,
  loadMnist,
  mul,
  network,
  relu,
  sequential,
  sub,
  type TrainOptions,
  train,
} from "lanegrad";

type Floats = Expression<FloatType>;

const sign = (x: Floats) => sub(greater(x, 0), greater(0, x));
const average = (before: Floats, now: Floats, beta: Floats) => add(mul(beta, before), mul(sub(1, beta), now));

const lion = defineOptimizer({
  kind: "acme/lion",
  defaults: { learningRate: 1e-3, weightDecay: 0.01 },
  weightDecayOf: "parameter",
  hyperparameters: { beta1: { default: 0.9, range: "[0, 1)" }, beta2: { default: 0.99, range: "[0, 1)" } },
  averages: ["momentum"],
  update: ({ parameter, gradient, averages: { momentum }, hyperparameters: { beta1, beta2 }, learningRate }) => ({
    parameter: sub(parameter, mul(learningRate, sign(average(momentum, gradient, beta1)))),
    averages: { momentum: average(momentum, gradient, beta2) },
  }),
});

const digits = await loadMnist("data");
const files: Uint8Array[] = [];

async function run(name: string, options: TrainOptions): Promise<void> {
  using engine = await Engine.load();
  using net = network(engine, sequential(dense(784, 50), relu(), dense(50, 10)), { seed: 0 });
  const { evaluations, losses } = await train(net, digits.train, { epochs: 3, test: digits.test, ...options });
  console.log(`${name}: test accuracy ${evaluations.at(-1)?.testAccuracy?.toFixed(4)}, last loss ${losses.at(-1)}`);
}

await run("Adam", { optimizer: adam() });
const keep: TrainOptions["onCheckpoint"] = (trainer) => files.push(encodeCheckpoint(checkpointOf(trainer)));
await run("Lion", { optimizer: lion(), checkpointEvery: 150, onCheckpoint: keep }); // of 240 steps
await run("Lion, resumed", { optimizer: lion(), resume: decodeCheckpoint(files[0]!, { optimizers: [lion] }) });
