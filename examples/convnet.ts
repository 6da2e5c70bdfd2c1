/**
 * A convolutional network, LeNet, on the bundled digits; and as a model for ONNX runtimes.
 *
 * Expect 94 % of the test digits after two epochs, in some seconds; ten epochs reach 98 %.
 */
import {
  accuracyOf,
  adam,
  conv2d,
  dense,
  Engine,
  encodeOnnx,
  flatten,
  loadMnist,
  maxPool2d,
  network,
  relu,
  sequential,
  train,
} from "lanegrad";

using engine = await Engine.load();
const digits = await loadMnist(new URL("../data", import.meta.url));
const layers = sequential(
  ...[conv2d(6, 5, { padding: 2 }), relu(), maxPool2d(2)],
  ...[conv2d(16, 5), relu(), maxPool2d(2)],
  ...[flatten(), dense(120), relu(), dense(84), relu(), dense(10)],
);
// Rows of 784 pixels are images of 28 × 28 with one channel; all other sizes follow.
using net = network(engine, layers, { inputShape: [28, 28, 1], seed: 0 });
await train(net, digits.train, {
  epochs: 2,
  batchSize: 100,
  optimizer: adam(),
  onEpoch: ({ epoch, loss }) => console.log(`epoch ${epoch}: loss ${loss.toFixed(1)}`),
});
console.log(`accuracy: ${(100 * accuracyOf(net, digits.test)).toFixed(0)} %`);
console.log(`ONNX: ${encodeOnnx(net).length} bytes`); // input x, N × 1 × 28 × 28
