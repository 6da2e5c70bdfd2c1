/** Predictions for one digit at a time, each with a tensor of its own for the digit and one for the answer. */
import { Engine, loadMnist, RandomState, tensor } from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { measure, type Soak } from "./sample.ts";

export const prediction: Soak = {
  about: "predictions by 784-50-10, one digit at a time",
  unit: "predictions",
  amount: 1_000_000,
  async *run(amount, every) {
    const { test } = await loadMnist(new URL("../../data", import.meta.url));
    using engine = await Engine.load();
    using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random: new RandomState(0) });
    const digit = new Float32Array(784);
    for (let done = 0; done < amount; ) {
      const times = new Float64Array(Math.min(every, amount - done));
      for (let i = 0; i < times.length; i++, done++) {
        const first = (done % test.length) * 784;
        for (let pixel = 0; pixel < 784; pixel++) digit[pixel] = (test.inputs[first + pixel] ?? 0) / 255;
        const began = performance.now();
        using x = tensor(engine, digit, { shape: [1, 784] });
        net.predict(x).dispose();
        times[i] = performance.now() - began;
      }
      yield await measure(done, times, engine.stats());
    }
  },
};
