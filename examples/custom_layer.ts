/**
 * Layers of one's own, from a record and from named layers and a function.
 *
 * Expect nearly all points to be told apart, and the same predictions after loading.
 */
import {
  add,
  Dataset,
  decodeNetwork,
  defineLayer,
  dense,
  Engine,
  encodeNetwork,
  model,
  mul,
  network,
  RandomState,
  residual,
  sequential,
  sigmoid,
  tanh,
  train,
} from "lanegrad";

type Swish = { readonly kind: "example/swish"; readonly beta: number };
/** x · sigmoid(βx). */
const swish = defineLayer<Swish>({
  kind: "example/swish",
  keys: { kind: 1, beta: 1 },
  check() {},
  isRectifier: true,
  forward: (x, { beta }) => mul(x, sigmoid(mul(x, beta))),
});

/** Two branches that meet, and a block that learns a change of what they give. */
const towers = model("example/towers", {
  layers: { left: dense(16), right: dense(16), block: residual(dense(16), swish({ beta: 1 })), head: dense(2) },
  forward: (x, { left, right, block, head }) => head(block(add(tanh(left(x)), sigmoid(right(x))))),
});

/** Points of a ring, and those within it. */
const random = new RandomState(0);
const inputs = Float32Array.from(random.randn(400, 2));
const labels = Uint8Array.from({ length: 400 }, (_, i) =>
  Math.hypot(inputs[2 * i]!, inputs[2 * i + 1]!) < 1.2 ? 0 : 1,
);
const points = new Dataset({ name: "points", inputs, labels, shape: [2], classes: 2 });

using engine = await Engine.load();
using net = network(engine, sequential(towers), { inputShape: [2], seed: 0 });
await train(net, points, { epochs: 60, batchSize: 20, learningRate: 0.1 });
console.log(`accuracy: ${net.accuracy(inputs, labels).toFixed(2)}`);

// A file holds numbers and names, not what is computed.
using again = decodeNetwork(engine, encodeNetwork(net), { layers: [swish, towers] });
using before = net.predict([0.5, 0.5]);
using after = again.predict([0.5, 0.5]);
console.log(
  `loaded: ${after.data.every((p, i) => p === before.data[i]) ? "the same predictions" : "other predictions"}`,
);
