/**
 * Ten lines: an engine, the bundled digits, a network, 1,000 steps, its accuracy.
 *
 * Expect a tenth before, as of ten classes, and 87 % after.
 */
import { Engine, evaluate, loadMnist, RandomState, TwoLayerNet, train } from "lanegrad";

using engine = await Engine.load();
const digits = await loadMnist("data");
const random = new RandomState(0);
using net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });

const before = evaluate(net, digits.test).accuracy;
await train(net, digits.train, { iterations: 1000, batchSize: 100, learningRate: 0.1, random });
const after = evaluate(net, digits.test).accuracy;

console.log(`accuracy on 2,000 held-out digits: ${before.toFixed(4)} before, ${after.toFixed(4)} after 1,000 steps`);
