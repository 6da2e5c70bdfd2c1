/** Frozen layers: against a network of the layers that are left, trained on what the frozen ones give. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { flopsOf } from "../../src/autodiff/describe.ts";
import type { Program } from "../../src/autodiff/program.ts";
import { OptionError } from "../../src/errors.ts";
import { decodeNetwork, encodeNetwork } from "../../src/nn/files/network_file.ts";
import { encodeOnnx } from "../../src/nn/files/onnx_export.ts";
import { setWeights, weightsOf } from "../../src/nn/files/weights.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { conv2d } from "../../src/nn/layers/conv2d.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { flatten } from "../../src/nn/layers/flatten.ts";
import { freeze, unfreeze } from "../../src/nn/layers/freeze.ts";
import { parseLayers } from "../../src/nn/layers/known.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { model } from "../../src/nn/layers/model.ts";
import { layerNorm } from "../../src/nn/layers/normalization.ts";
import { maxPool2d } from "../../src/nn/layers/pooling.ts";
import { defineLayer } from "../../src/nn/layers/record.ts";
import { residual, sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adamW } from "../../src/nn/optimizers/adam.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { summary } from "../../src/nn/summary.ts";
import { mul } from "../../src/ops/binary.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = leakFreeSuite("frozen layers", engine);
const later = suite("frozen layers, trained");
const data = clusters({ count: 61, size: 12, classes: 3, seed: 4 });

const BASES: Readonly<Record<string, readonly Layer[]>> = {
  dense: [dense(12, 10), relu()],
  normalised: [dense(12, 10), batchNorm(), relu(), dropout(0.5), dense(10, 8), layerNorm()],
  containers: [sequential(dense(12, 10), batchNorm(), tanh()), residual({ projection: dense(6) }, dense(6), relu())],
};
const HEAD = [dense(5), relu(), dense(3)];
const OPTIMIZERS: readonly Optimizer[] = [
  sgd({ learningRate: 0.1 }),
  sgd({ learningRate: 0.1, weightDecay: 0.1, clipNorm: 0.01 }),
  adamW({ learningRate: 0.01, weightDecay: 0.5, clipValue: 0.1 }),
];

type Cost = { readonly flops: number; readonly bytes: number };

function flopsIn(program: Program): number {
  return program.instructions.reduce((sum, node) => sum + flopsOf(node), 0);
}

/** A network whose first layers are frozen; their running statistics are those of no batch. */
function frozenNet<D extends FloatType>(base: readonly Layer[], dtype: D): Network<D> {
  const net = network(engine, sequential(...base.map((layer) => freeze(layer)), ...HEAD), { seed: 2, dtype });
  for (const [name, { data }] of Object.entries(net.statistics)) {
    if (!/^(mean|variance)/.test(name)) continue;
    const drawn = new RandomState(3).rand(data.length);
    for (const [i, u] of drawn.entries()) data[i] = 0.5 + u;
  }
  return net;
}

for (const [name, base] of Object.entries(BASES)) {
  for (const dtype of ["float32", "float64"] as const) {
    test(`${name}, ${dtype}: the bits of the other layers, trained alone on what the frozen ones give`, () => {
      for (const optimizer of OPTIMIZERS) {
        using net = frozenNet<FloatType>(base, dtype);
        using features = network<FloatType>(engine, sequential(...base), { loss: "meanSquaredError", dtype });
        const all = weightsOf(net);
        const kept = all.filter(({ name }) => net.statistics[name] !== undefined);
        setWeights(features, kept);
        using alone = network<FloatType>(engine, sequential(...HEAD), { dtype, inputShape: [features.outputSize] });
        const names = Object.keys(alone.parameters);
        setWeights(
          alone,
          all.slice(kept.length).map((array, i) => ({ ...array, name: names[i] as string })),
        );
        using x = tensor(engine, new RandomState(1).rand(20 * 12), { dtype, shape: [20, 12] });
        using t = tensor(
          engine,
          Int32Array.from({ length: 20 }, (_, i) => i % 3),
        );
        using h = features.predict(x);
        using state = net.optimize(optimizer);
        using other = alone.optimize(optimizer);
        const before = bitsOf(kept);
        for (let step = 0; step < 5; step++) {
          net.step(state, x, t);
          alone.step(other, h, t);
        }
        assert.equal(bitsOf(weightsOf(net).slice(0, kept.length)), before);
        const [found, expected] = [net, alone].map(({ parameters }) =>
          Object.values(parameters).map(({ data }) => [...data]),
        );
        assert.equal(found, expected);
        assert.is(net.loss(x, t), alone.loss(h, t));
        assert.equal(
          state.averages.map(({ size }) => size),
          other.averages.map(({ size }) => size),
        );
      }
    });
  }
}

test("a frozen layer in the middle: the gradients before and after it are those without it", () => {
  const layers = [dense(12, 9), relu(), dense(9, 7), tanh(), dense(7, 3)] as const;
  const [first, activation, middle, ...rest] = layers;
  using whole = network(engine, sequential(...layers), { seed: 5 });
  using part = network(engine, sequential(first, activation, freeze(middle), ...rest), { seed: 5 });
  assert.equal(bitsOf(weightsOf(part)), bitsOf(weightsOf(whole)), "the same weights are drawn");
  const x = new RandomState(1).rand(8 * 12);
  const t = [0, 1, 2, 0, 1, 2, 0, 1];
  const [all, found] = [whole.gradient(x, t), part.gradient(x, t)];
  assert.equal(Object.keys(found), ["W1", "b1", "W3", "b3"]);
  for (const [name, { data }] of Object.entries(found)) assert.equal([...data], [...(all[name]?.data ?? [])], name);
});

test("a step gets cheaper: nothing is computed for frozen layers but their outputs", () => {
  const base = [dense(300), relu(), dense(300), relu()];
  const layers = (of: (layer: Layer) => Layer) => sequential(...base.map(of), dense(10));
  const [whole, part] = [layers((layer) => layer), layers(freeze)].map((description) => {
    using net = network(engine, description, { inputShape: [300] });
    using state = net.optimize(adamW());
    using x = tensor(engine, new Float32Array(50 * 300), { shape: [50, 300] });
    using t = tensor(engine, new Int32Array(50));
    using step = net.trainingStep(state, { x: expressionOf(x), t: expressionOf(t) });
    return { flops: flopsIn(step.program), bytes: step.program.bytes };
  }) as [Cost, Cost];
  // forward 2 · 2mnk; backward, of the second layer two products, of the first one; the update of 180,600 numbers
  assert.ok(part.flops < 0.41 * whole.flops, `${part.flops} of ${whole.flops}`);
  assert.ok(part.bytes < whole.bytes, `${part.bytes} of ${whole.bytes}`);
});

test("summary: frozen parameters are counted, running averages are not", () => {
  using net = network(engine, sequential(freeze(sequential(dense(12, 10), batchNorm())), relu(), dense(10, 3)));
  const found = summary(net);
  assert.equal([found.parameters, found.frozen], [130 + 20 + 33, 150]);
  assert.is(
    `${found}`,
    [
      "layer          output shape  parameters  frozen  multiply-adds",
      "input          [12]",
      "0.0 dense      [10]                 130     130            120",
      "0.1 batchNorm  [10]                  20      20              0",
      "1 relu         [10]                   0       0              0",
      "2 dense        [3]                   33       0             30",
      "total                               183     150            150",
    ].join("\n"),
  );
});

test("unfreeze: the description of before, of all layers within", () => {
  for (const base of Object.values(BASES)) {
    using net = network(engine, sequential(...base, dense(3)));
    const { description } = net;
    assert.equal(JSON.stringify(unfreeze(freeze(description))), JSON.stringify(description));
    using frozen = network(engine, sequential(...base.map((layer) => freeze(layer)), dense(3)));
    assert.match(JSON.stringify(frozen.description), "trainable");
    assert.equal(JSON.stringify(unfreeze(frozen.description)), JSON.stringify(description));
    using again = network(engine, unfreeze(frozen.description));
    setWeights(again, weightsOf(frozen));
    assert.equal(Object.keys(again.parameters), Object.keys(net.parameters));
  }
  const layer = freeze(dense(3, 2));
  assert.is(freeze(layer), layer);
});

test("files: the network with what is frozen, under the same names; ONNX is what it is without", () => {
  const images = [conv2d(3, 3), batchNorm(), relu(), maxPool2d(2), flatten(), dense(4), dense(3)];
  for (const [layers, inputShape] of [
    [[...(BASES["containers"] ?? []), dense(3)], [12]],
    [images, [8, 8, 1]],
  ] as const) {
    const half = layers.map((layer, i) => (i < layers.length - 1 ? freeze(layer) : layer));
    using net = network(engine, sequential(...half), { inputShape, seed: 3 });
    using whole = network(engine, sequential(...layers), { inputShape, seed: 3 });
    assert.equal(bitsOf(weightsOf(net)), bitsOf(weightsOf(whole)));
    for (const naming of ["lanegrad", "pytorch"] as const) {
      using read = decodeNetwork(engine, encodeNetwork(net, { naming }));
      assert.equal(JSON.stringify(read.description), JSON.stringify(net.description));
      assert.equal(bitsOf(weightsOf(read)), bitsOf(weightsOf(net)));
      assert.equal(Object.keys(read.parameters), Object.keys(net.parameters));
      assert.equal(
        weightsOf(net, { naming }).map(({ name }) => name),
        weightsOf(whole, { naming }).map(({ name }) => name),
      );
    }
    assert.equal(encodeOnnx(net), encodeOnnx(whole));
  }
});

test("layers of one's own: their parameters and statistics are frozen, and what is within a model", () => {
  type Scale = { readonly kind: "acme/scale" };
  const scale = defineLayer<Scale>({
    kind: "acme/scale",
    keys: { kind: 1 },
    check() {},
    keepsShape: true,
    parameters: (_, input) => ({ s: { shape: input, start: 2 } }),
    forward: (x, _, { parameter }) => mul(x, parameter("s")),
  });
  const inner = model("acme/chain", {
    layers: { wide: dense(6), scaled: scale({}) },
    forward: (x, { wide, scaled }) => scaled(wide(x)),
  });
  using net = network(engine, sequential(freeze(inner), dense(3)), { inputShape: [12] });
  assert.equal(
    [Object.keys(net.parameters), Object.keys(net.statistics)],
    [
      ["W2", "b2"],
      ["W1", "b1", "s1"],
    ],
  );
  const layers = { layers: [inner, scale] };
  using read = decodeNetwork(engine, encodeNetwork(net), layers);
  assert.equal(Object.keys(read.parameters), ["W2", "b2"]);
  const parsed = parseLayers(JSON.parse(JSON.stringify([scale({})])), { layers: [freeze(scale({}))] });
  assert.equal(JSON.stringify(parsed), '[{"kind":"acme/scale"}]', "a carrier that is frozen is no reason to freeze");
});

test("refused: what is no layer, another value than false, a network that has nothing to train", () => {
  for (const wrong of [undefined, null, 5, "dense", {}, { kind: "dense", outputSize: 3 }]) {
    assertThrows(() => freeze(wrong as never), OptionError, "freeze");
    assertThrows(() => unfreeze(wrong as never), OptionError, "unfreeze");
  }
  for (const trainable of [true, null, 0]) {
    const [layer] = parseLayers([{ kind: "dense", inputSize: 2, outputSize: 1, trainable }]) as [Layer];
    assert.match(assertThrows(() => sequential(layer), OptionError, "trainable").message, /layers\[0\]: trainable/);
  }
  for (const description of [freeze(dense(4, 3)), freeze(sequential(dense(4, 3)))]) {
    const { message } = assertThrows(() => network(engine, description), OptionError, "all frozen");
    assert.match(message, /a layer with parameters to train/);
  }
});

later(
  "minibatches of one row: batch normalisation that is frozen takes them, and no dense layer asks for two",
  async () => {
    using net = network(engine, sequential(freeze(sequential(dense(12, 8), batchNorm())), dense(8, 3)));
    const { losses } = await train(net, data, { epochs: 1, batchSize: 20, learningRate: 0.1 });
    assert.is(losses.length, 4);
    using open = network(engine, sequential(freeze(dense(12, 8)), batchNorm(), dense(8, 3)));
    const refused = await train(open, data, { epochs: 1, batchSize: 20 }).then(
      () => undefined,
      (error: Error) => error,
    );
    assert.instance(refused, OptionError);
  },
);

later("checkpoints, workers and evaluation: the bits of one run", async () => {
  const description = sequential(...(BASES["normalised"] ?? []).map((layer) => freeze(layer)), dense(3));
  const options = { epochs: 3, batchSize: 16, optimizer: adamW(), seed: 1 };
  using net = network(engine, description, { seed: 6 });
  await train(net, data, options);

  using first = network(engine, description, { seed: 6 });
  using trainer = new Trainer(first, { train: data }, options);
  let steps = 0;
  for (const _ of trainer.steps()) if (++steps === 5) break;
  const bytes = encodeCheckpoint(checkpointOf(trainer));
  using second = network(engine, description, { seed: 9 });
  using resumed = new Trainer(second, { train: data }, options);
  restore(resumed, decodeCheckpoint(bytes));
  for (const _ of resumed.steps());
  assert.equal(bitsOf(weightsOf(second)), bitsOf(weightsOf(net)));

  await using worker = await startLocalWorker();
  const there = await worker.network(description, { seed: 6 });
  const set = await worker.dataset(data, { transfer: "copy" });
  await there.train(set, options);
  assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(net)));
  assert.equal((await there.evaluate(set)).loss, evaluate(net, data).loss);
});

test.run();
later.run();
