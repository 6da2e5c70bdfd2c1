/**
 * A training step makes nothing: no block, no byte of WebAssembly memory, no object and no number in JavaScript's heap.
 * The heap is watched by the runtime's own sampling profiler, once its compiler has settled.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimpleConvNet } from "../../src/chapter/simple_conv_net.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { relu, sigmoid } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { conv2d } from "../../src/nn/layers/conv2d.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { depthwiseConv2d } from "../../src/nn/layers/depthwise_conv2d.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { globalAvgPool2d, maxPool2d } from "../../src/nn/layers/pooling.ts";
import { residual, sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { networkOf } from "../../src/nn/trainable.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { countRight } from "../../src/train/evaluation/count_right.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { weighted } from "../../src/train/feeding/weighted.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { bytesPerCall, runAlone } from "../support/heap.ts";
import { lion } from "../support/lion.ts";
import { KINDS, optimizerOf } from "../support/optimizers.ts";

const STEPS = { warmUp: 30_000, calls: 100_000 };
/** A convolutional network's step takes ten times as long as those of the others. */
const CONVOLUTIONAL_STEPS = { warmUp: 10_000, calls: 20_000 };
/** Bytes a step, on average: a single number a step would be 12 or 16. */
const LIMIT = 1;

const engine = await loadEngine();
const test = suite("allocation");

const DESCRIPTIONS = {
  "two layers by gradient descent": [sequential(dense(12, 5), sigmoid(), dense(5, 3)), sgd({ learningRate: 0.1 })],
  "relu, dropout, Adam with decay and clipping": [
    sequential(dense(12, 6), relu(), dropout(0.2), dense(6, 3)),
    adam({ learningRate: 1e-3, weightDecay: 1e-4, clipNorm: 1, clipValue: 1 }),
  ],
  "batch normalisation, momentum": [
    sequential(dense(12, 6), batchNorm(), relu(), dense(6, 3)),
    momentum({ learningRate: 0.01 }),
  ],
  "numbers as targets, by the mean squared error": [
    sequential(dense(12, 5), sigmoid(), dense(5, 3)),
    sgd({ learningRate: 0.1 }),
    "meanSquaredError",
  ],
} as const;

const OPTIMIZERS = Object.fromEntries(
  [...KINDS.map((kind) => optimizerOf(kind, { weightDecay: 1e-4 })), lion({ clipNorm: 1 })].map((optimizer) => [
    optimizer.kind,
    [sequential(dense(12, 5), sigmoid(), dense(5, 3)), optimizer] as const,
  ]),
);

/** The layers of convolutional networks, on images of 8 × 8: a step of a network and one of its optimizers. */
const CONVNETS = {
  "the book's SimpleConvNet": [
    () => {
      const sizes = { inputDim: [1, 8, 8], convParam: { filterNum: 3, filterSize: 5 } } as const;
      return new SimpleConvNet(engine, { ...sizes, hiddenSize: 4, outputSize: 3, random: new RandomState(0) });
    },
    sgd({ learningRate: 0.01 }),
  ],
  LeNet: [
    () =>
      ofImages(
        ...[conv2d(3, 5, { padding: 2 }), relu(), maxPool2d(2), conv2d(4, 3), relu(), maxPool2d(2)],
        ...[flatten(), dense(6), relu(), dropout(0.2), dense(3)],
      ),
    adam(),
  ],
  "residual blocks with a projection, batch normalisation": [
    () =>
      ofImages(
        ...[conv2d(3, 3, { padding: 1, bias: false }), batchNorm(), relu()],
        residual(
          { projection: sequential(conv2d(4, 1, { stride: 2, bias: false }), batchNorm()) },
          ...[conv2d(4, 3, { stride: 2, padding: 1, bias: false }), batchNorm(), relu()],
          ...[depthwiseConv2d(3, { padding: 1, bias: false }), batchNorm()],
        ),
        ...[relu(), globalAvgPool2d(), dense(3)],
      ),
    momentum({ learningRate: 0.01 }),
  ],
} as const;

runAlone(import.meta.url, "allocation", () => {
  for (const [name, [description, optimizer, loss]] of Object.entries({ ...DESCRIPTIONS, ...OPTIMIZERS })) {
    test(`a step leaves both heaps as they are: ${name}`, async () => {
      if (BUILD !== "simd") return; // the JavaScript is the same for every build
      using net = network(engine, description, { seed: 1, loss: loss ?? "softmaxCrossEntropy" });
      const bytes = await bytesPerStep(net, optimizer, STEPS);
      assert.ok(bytes < LIMIT, `${bytes} bytes a step`);
    });
  }
  for (const [name, [made, optimizer]] of Object.entries(CONVNETS)) {
    test(`a step leaves both heaps as they are: ${name}`, async () => {
      if (BUILD !== "simd") return;
      using net = made();
      const bytes = await bytesPerStep(networkOf(net), optimizer, CONVOLUTIONAL_STEPS);
      assert.ok(bytes < LIMIT, `${bytes} bytes a step`);
    });
  }
  test("a step with weights, and counting its right answers, leave both heaps as they are", async () => {
    if (BUILD !== "simd") return;
    using net = network(engine, sequential(dense(12, 5), relu(), dense(5, 3)), { seed: 1 });
    const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 3);
    const inputs = Uint8Array.from({ length: 40 * 12 }, (_, i) => i % 256);
    const dataset = new Dataset({ name: "small", inputs, shape: [12], labels, classes: 3 });
    using resident = new ResidentDataset(engine, weighted(dataset, labels));
    using batch = new Minibatch(resident, 8, net.dtype);
    using state = net.optimize(adam());
    using step = net.trainingStep(state, { ...batch.source, keepsLogits: true });
    const counts = new Float64Array(4);
    const both = () => {
      step.run();
      if (step.logits !== undefined) countRight(counts, net, step.logits, batch.targets);
    };
    const { warmUp, calls } = STEPS;
    for (let i = 0; i < warmUp; i++) both();
    const before = engine.stats();
    const bytes = await bytesPerCall(both, { warmUp: 0, calls, limit: LIMIT / 2 });
    assert.equal(engine.stats(), before);
    assert.ok(bytes < LIMIT, `${bytes} bytes a step`);
    assert.ok((counts[3] ?? 0) >= 8 * calls);
  });
  test.run();
});

function ofImages(...layers: Layer[]): Network<"float32"> {
  return network(engine, sequential(...layers), { seed: 1, inputShape: [8, 8, 1] });
}

async function bytesPerStep(
  net: Network<"float32">,
  optimizer: Optimizer,
  { warmUp, calls }: { readonly warmUp: number; readonly calls: number },
): Promise<number> {
  const { inputSize: size, lossFunction: loss } = net;
  const inputs = Uint8Array.from({ length: 40 * size }, (_, i) => (i % 3 === 0 ? i % 256 : 0));
  const labels = Uint8Array.from({ length: 40 }, (_, i) => i % 3);
  const targetValues = Float32Array.from({ length: 40 * 3 }, (_, i) => (i % 7) / 7);
  const targets = loss === "meanSquaredError" ? { targetValues } : { labels, classes: 3 };
  const dataset = new Dataset({ name: "small", inputs, shape: [size], ...targets });
  const layout = net.inputShape.length > 1 ? "dense" : "auto";
  using resident = new ResidentDataset(engine, dataset, { layout });
  using batch = new Minibatch(resident, 8, net.dtype);
  for (let i = 0; i < batch.indices.size; i++) batch.indices.data[i] = 5 * i;
  using state = net.optimize(optimizer);
  using step = net.trainingStep(state, batch.source);
  for (let i = 0; i < warmUp; i++) step.run();
  const before = engine.stats();
  const bytes = await bytesPerCall(() => step.run(), { warmUp: 0, calls, limit: LIMIT / 2 });
  assert.equal(engine.stats(), before);
  return bytes;
}
