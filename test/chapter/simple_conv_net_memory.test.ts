/** What a step of the book's network needs of the engine's memory, at the sizes of its training. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimpleConvNet } from "../../src/chapter/simple_conv_net.ts";
import { loadMnist } from "../../src/data/mnist.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { loadEngine } from "../support/engine.ts";

const test = suite("SimpleConvNet: memory");
const { train } = await loadMnist(new URL("../../data", import.meta.url));
/** The engine's memory with kernels, network, optimizer, 100 examples and a step of them. */
const LIMITS = [
  ["sgd", sgd({ learningRate: 0.1 }), 24e6],
  ["adam", adam(), 30e6],
] as const;

for (const [name, optimizer, limit] of LIMITS) {
  test(`a step of 100 examples by ${name}: at most ${limit / 1e6} MB of the engine's memory`, async () => {
    using engine = await loadEngine();
    using net = new SimpleConvNet(engine, { random: new RandomState(0) });
    using examples = new ResidentDataset(engine, train.slice(0, 100), { layout: "dense" });
    using batch = new Minibatch(examples, 100, net.dtype);
    batch.indices.set(Int32Array.from({ length: 100 }, (_, i) => i));
    using state = net.network.optimize(optimizer);
    using step = net.network.trainingStep(state, batch.source);
    step.run();
    const { memoryBytes } = engine.stats();
    assert.ok(memoryBytes <= limit, `${memoryBytes} bytes`);
  });
}

test.run();
