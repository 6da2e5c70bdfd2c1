/** A module service worker that answers every message with how an engine can be started in it. */
import { Dataset, dense, Engine, type EngineError, network, RandomState, sequential, train, weightsOf } from "lanegrad";

async function outcomeOf(load: () => Promise<Engine>): Promise<unknown> {
  try {
    const engine = await load();
    const random = new RandomState(1);
    const inputs = Float32Array.from({ length: 60 * 8 }, () => random.randint(0, 100) / 100);
    const labels = new Uint8Array(60).map((_, at) => at % 3);
    const data = new Dataset({ name: "noise", inputs, labels, shape: [8], classes: 3 });
    const net = network(engine, sequential(dense(8, 3)), { seed: 0 });
    await train(net, data, { epochs: 2, batchSize: 10, learningRate: 0.1 });
    return { weights: weightsOf(net).map(({ data: own }) => [...(own as Float32Array)]) };
  } catch (error) {
    const { name, message, fault } = error as EngineError;
    return { name, kind: fault?.kind, message };
  }
}

addEventListener("message", async ({ source }) => {
  const url = new URL("simd.wasm", location.href);
  const outcomes = {
    bare: await outcomeOf(() => Engine.load()),
    reference: await outcomeOf(() => Engine.load({ build: "js" })),
    url: await outcomeOf(() => Engine.load({ wasm: url })),
    response: await outcomeOf(async () => Engine.load({ wasm: await fetch(url) })),
    bytes: await outcomeOf(async () => Engine.load({ wasm: await (await fetch(url)).arrayBuffer() })),
  };
  (source as unknown as Worker).postMessage(outcomes);
});
