/** Examples with weights: against float64 arithmetic, and against rows that come several times. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { applyScaling, standardize } from "../../src/data/scaling.ts";
import { split } from "../../src/data/split.ts";
import { sparseRows } from "../../src/data/tables/sparse_rows.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { crossEntropyLoss, huberLoss, meanAbsoluteErrorLoss } from "../../src/nn/described_losses.ts";
import { weightsOf } from "../../src/nn/files/weights.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { Loss } from "../../src/nn/losses.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { mean } from "../../src/ops/reduce.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { checkpointOf, restore } from "../../src/train/checkpoints/checkpoint.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { augment } from "../../src/train/feeding/augment.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { SparseDataset } from "../../src/train/feeding/sparse_dataset.ts";
import { DatasetStream } from "../../src/train/feeding/stream.ts";
import { type WeightedDataset, weighted } from "../../src/train/feeding/weighted.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { bitsOf, startLocalWorker } from "../support/workers.ts";

const engine = await loadEngine();
const test = suite("weighted examples");
const COUNT = 24;
const WEIGHTS = Int32Array.from({ length: COUNT }, (_, i) => [1, 0, 3, 2][i % 4] as number);
/** Each row as often as its weight. */
const REPEATED = Int32Array.from([...WEIGHTS].flatMap((weight, i) => new Array<number>(weight).fill(i)));

const random = new RandomState(3);
const inputs = Float64Array.from(random.randn(COUNT * 5));
const CLASSES = new Dataset({
  ...{ name: "classes", inputs, shape: [5], classes: 3 },
  labels: Uint8Array.from({ length: COUNT }, (_, i) => i % 3),
});
const numbers = (of: (u: number) => number) =>
  new Dataset({ name: "numbers", inputs, shape: [5], targetValues: Float64Array.from(random.rand(COUNT * 3), of) });
const NUMBERS = numbers((u) => 4 * u - 2);
const YES_NO = numbers((u) => Math.round(u));
const SHARES = new Dataset({
  ...{ name: "shares", inputs, shape: [5] },
  targetValues: Float64Array.from({ length: COUNT * 3 }, (_, i) => [0.5, 0.25, 0.25][(i + Math.floor(i / 3)) % 3] ?? 0),
});

const LOSSES: Readonly<Record<string, readonly [Loss<FloatType>, Dataset]>> = {
  softmaxCrossEntropy: ["softmaxCrossEntropy", CLASSES],
  "softmaxCrossEntropy, of probabilities": ["softmaxCrossEntropy", SHARES],
  binaryCrossEntropyWithLogits: ["binaryCrossEntropyWithLogits", YES_NO],
  meanSquaredError: ["meanSquaredError", NUMBERS],
  squaredError: ["squaredError", NUMBERS],
  huberLoss: [huberLoss({ delta: 0.5 }), NUMBERS],
  meanAbsoluteErrorLoss: [meanAbsoluteErrorLoss(), NUMBERS],
  "meanAbsoluteErrorLoss, sum": [meanAbsoluteErrorLoss({ reduction: "sum" }), NUMBERS],
  "crossEntropyLoss, class weights and smoothing": [
    crossEntropyLoss({ classWeights: [1, 4, 0.5], labelSmoothing: 0.1 }),
    CLASSES,
  ],
  "crossEntropyLoss, an ignored label": [crossEntropyLoss({ ignoreLabel: 1 }), CLASSES],
  "crossEntropyLoss, sum": [crossEntropyLoss({ reduction: "sum" }), CLASSES],
};

function netOf(loss: Loss<FloatType>, dtype: FloatType = "float64") {
  return network<FloatType>(engine, sequential(dense(5, 6), relu(), dense(6, 3)), { dtype, loss, seed: 4 });
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, label: string, bound = 1e-12): void {
  assert.is(found.length, expected.length, label);
  for (let i = 0; i < found.length; i++) {
    const [a, b] = [found[i] as number, expected[i] as number];
    if (!(Math.abs(a - b) <= bound * Math.max(1, Math.abs(b)))) assert.unreachable(`${label}, ${i}: ${a}, not ${b}`);
  }
}

for (const [name, [loss, data]] of Object.entries(LOSSES)) {
  test(`${name}: a weight is as many rows`, async () => {
    using net = netOf(loss);
    using other = netOf(loss);
    const repeated = data.pick(REPEATED);
    const own = weighted(data, WEIGHTS);
    const before = [evaluate(net, own).loss, evaluate(net, repeated).loss];
    assertClose([before[0] as number], [before[1] as number], "evaluation");
    const options = { epochs: 4, optimizer: adam({ learningRate: 0.05 }), batchSize: 1000 };
    const { losses } = await train(net, own, options);
    const { losses: expected } = await train(other, repeated, options);
    // Sums are reported by the number of rows, of which there are more where rows are repeated.
    const rows = losses[0] !== undefined && /sum|squaredError$/.test(name) ? REPEATED.length / COUNT : 1;
    if (name !== "meanSquaredError")
      assertClose(
        losses,
        expected.map((each) => each * rows),
        "losses",
      );
    else assertClose(losses, expected, "losses");
    for (const [i, { data }] of Object.values(net.parameters).entries()) {
      assertClose(data, Object.values(other.parameters)[i]?.data ?? [], "parameters", 1e-9);
    }
    assert.not.equal(Array.from(net.parameters["b1"]?.data ?? []), [0, 0, 0, 0, 0, 0], "it has learned");
  });
}

test("the loss of a step in float64 arithmetic: Σ w·l / Σ w of its minibatch", () => {
  const weights = Float64Array.from(new RandomState(8).rand(COUNT), (u, i) => (i % 5 === 0 ? 0 : 3 * u));
  for (const dtype of ["float32", "float64"] as const) {
    using net = netOf("softmaxCrossEntropy", dtype);
    using fresh = netOf("softmaxCrossEntropy", dtype);
    const options = { epochs: 1, batchSize: 7, optimizer: adam() };
    using trainer = new Trainer(net, { train: weighted(CLASSES, weights) }, options);
    const { value } = trainer.steps().next();
    const rows = Array.from((trainer.feed.state().order ?? []).slice(0, 7));
    assert.is(rows.length, 7);
    using p = fresh.predict(CLASSES.batch(rows).inputs);
    const losses = rows.map((row, at) => -Math.log(p.data[at * 3 + (row % 3)] ?? 0));
    const total = rows.reduce((sum, row, at) => sum + (weights[row] ?? 0) * (losses[at] ?? 0), 0);
    const expected = total / rows.reduce((sum, row) => sum + (weights[row] ?? 0), 0);
    assertClose([value?.loss ?? 0], [expected], dtype, dtype === "float64" ? 1e-13 : 1e-6);
  }
});

test("weights that are all alike change nothing but rounding; the loss after the update is weighted as well", async () => {
  for (const lossAt of ["before update", "after update"] as const) {
    const options = { iterations: 6, batchSize: 7, learningRate: 0.1, lossAt };
    using net = netOf("softmaxCrossEntropy");
    using other = netOf("softmaxCrossEntropy");
    const { losses } = await train(net, weighted(CLASSES, new Float32Array(COUNT).fill(5)), options);
    const { losses: expected } = await train(other, CLASSES, options);
    assertClose(losses, expected, lossAt);
  }
  using net = netOf("meanSquaredError");
  const [first] = (await train(net, weighted(NUMBERS, WEIGHTS), { iterations: 1, batchSize: COUNT, learningRate: 0 }))
    .losses;
  assert.ok(Number.isFinite(first));
});

test("rows of weight 0 are ignored, be they what they are; minibatches of them alone have the loss 0", async () => {
  const wild = inputs.slice();
  for (const [i, weight] of WEIGHTS.entries()) if (weight === 0) wild.fill(1e3, 5 * i, 5 * i + 5);
  const { labels, classes } = CLASSES;
  const other = new Dataset({ name: "wild", inputs: wild, shape: [5], labels, classes });
  for (const data of [other, CLASSES]) {
    using net = netOf("softmaxCrossEntropy");
    using same = netOf("softmaxCrossEntropy");
    const options = { epochs: 3, batchSize: 5, learningRate: 0.1 };
    await train(net, weighted(data, WEIGHTS), options);
    await train(same, weighted(CLASSES, WEIGHTS), options);
    assertClose(
      weightsOf(net).flatMap(({ data }) => Array.from(data as Float64Array)),
      weightsOf(same).flatMap(({ data }) => Array.from(data as Float64Array)),
      "weights",
    );
  }
  using net = netOf("softmaxCrossEntropy");
  const one = Float64Array.from({ length: COUNT }, (_, i) => (i === 0 ? 1 : 0));
  const { losses } = await train(net, weighted(CLASSES, one), { epochs: 1, batchSize: 1, learningRate: 0.1 });
  assert.is(losses.filter((loss) => loss > 0).length, 1);
  assert.is(losses.filter((loss) => loss === 0).length, COUNT - 1);
});

test("split, pick, slice, scaling and the validation split keep weights; a view takes nothing from its dataset", async () => {
  const own = weighted(CLASSES, WEIGHTS);
  const weightsIn = (data: Dataset) => Array.from((data as WeightedDataset).sampleWeights);
  assert.equal(weightsIn(own.slice(1, 4)), [0, 3, 2]);
  assert.equal(weightsIn(own.slice(20)), [1, 0, 3, 2]);
  assert.equal(weightsIn(own.pick([3, 3, 0])), [2, 2, 1]);
  assert.equal(weightsIn(own.pick([3, 2]).slice(1)), [3]);
  assert.equal(weightsIn(applyScaling(standardize(own), own)), weightsIn(own));
  const [part, rest] = split(own, { share: 0.25, random: new RandomState(2), stratify: "classes" });
  assert.is(
    [...weightsIn(part), ...weightsIn(rest)].reduce((a, b) => a + b),
    WEIGHTS.reduce((a, b) => a + b),
  );
  assert.is((CLASSES as Partial<WeightedDataset>).sampleWeights, undefined);

  using net = netOf("softmaxCrossEntropy");
  const { evaluations } = await train(net, own, {
    epochs: 1,
    batchSize: 6,
    learningRate: 0.1,
    validation: 0.25,
    seed: 2,
  });
  assert.is(evaluations[0]?.validationLoss, evaluate(net, part).loss);
  assert.is.not(
    evaluate(net, part).loss,
    evaluate(net, CLASSES.pick([...part.inputs.keys()].slice(0, part.length))).loss,
  );
});

test("sparse rows, resident datasets, augmentation, accumulated gradients", async () => {
  const rows = sparseRows(Array.from({ length: COUNT }, (_, i) => ({ [i % 7]: 1 + (i % 3), 8: i / COUNT })));
  const labels = Array.from(CLASSES.labels);
  const sparse = new SparseDataset({ name: "sparse", rows, labels });
  const { inputs: all } = sparse.batch([...labels.keys()]);
  const full = new Dataset({ name: "full", inputs: all, shape: [9], labels: Uint8Array.from(labels), classes: 3 });
  const options = { epochs: 3, batchSize: 7, learningRate: 0.1 };
  const layers = sequential(dense(9, 3));
  using first = network(engine, layers, { dtype: "float64" });
  using second = network(engine, layers, { dtype: "float64" });
  const ran = [
    await train(first, weighted(sparse, WEIGHTS), options),
    await train(second, weighted(full, WEIGHTS), options),
  ];
  assertClose(ran[0]?.losses ?? [], ran[1]?.losses ?? [], "sparse");
  assertClose(
    [evaluate(first, weighted(sparse, WEIGHTS)).loss],
    [evaluate(second, weighted(full, WEIGHTS)).loss],
    "evaluated",
  );

  using third = network(engine, layers, { dtype: "float64" });
  using resident = new ResidentDataset(engine, weighted(full, WEIGHTS));
  const { losses } = await train(third, resident, options);
  assert.equal(losses, ran[1]?.losses);

  const images = clusters({ count: COUNT, size: 9, classes: 3, seed: 1 });
  const square = new Dataset({
    ...{ name: "images", shape: [1, 3, 3], classes: 3 },
    inputs: images.inputs as Uint8Array,
    labels: images.labels,
    scale: 1 / 255,
  });
  using plain = network(engine, layers);
  using moved = network(engine, layers);
  const augmentation = augment({ shift: 0 });
  for (const lossAt of ["before update", "after update"] as const) {
    const before = await train(plain, weighted(square, WEIGHTS), { ...options, epochs: 1, lossAt });
    const after = await train(moved, weighted(square, WEIGHTS), { ...options, epochs: 1, lossAt, augmentation });
    assertClose(after.losses, before.losses, "augmented", 1e-5);
  }

  using whole = netOf("meanSquaredError");
  using parts = netOf("meanSquaredError");
  const even = weighted(
    NUMBERS,
    Float64Array.from({ length: COUNT }, (_, i) => 1 + (i % 2)),
  );
  await train(whole, even, { epochs: 1, batchSize: COUNT, learningRate: 0.1 });
  await train(parts, even, { epochs: 1, batchSize: COUNT / 2, accumulate: 2, learningRate: 0.1 });
  assert.ok(Number.isFinite(evaluate(parts, even).loss));
});

test("resuming and workers give the bits of one run", async () => {
  const data = weighted(CLASSES, Float64Array.from(new RandomState(1).rand(COUNT)));
  const options = { epochs: 3, batchSize: 7, optimizer: adam() };
  using net = netOf("softmaxCrossEntropy");
  await train(net, data, options);
  using half = netOf("softmaxCrossEntropy");
  using trainer = new Trainer(half, { train: data }, options);
  let steps = 0;
  for (const _ of trainer.steps()) if (++steps === 6) break;
  const checkpoint = checkpointOf(trainer);
  using second = netOf("softmaxCrossEntropy");
  using resumed = new Trainer(second, { train: data }, options);
  restore(resumed, checkpoint);
  for (const _ of resumed.steps());
  assert.equal(bitsOf(weightsOf(second)), bitsOf(weightsOf(net)));
  await using worker = await startLocalWorker();
  const there = await worker.network(sequential(dense(5, 6), relu(), dense(6, 3)), { dtype: "float64", seed: 4 });
  const set = await worker.dataset(data, { transfer: "copy" });
  await there.train(set, options);
  assert.equal(bitsOf(await there.weights()), bitsOf(weightsOf(net)));
  assert.is((await there.evaluate(set)).loss, evaluate(net, data).loss);
});

test("refused, in one line: weights that cannot be meant, a loss of one's own, a stream", async () => {
  const list = Array.from(WEIGHTS);
  for (const [weights, type, message] of [
    [list.slice(1), ShapeError, /24 of them/],
    [list.map((w, i) => (i === 5 ? -1 : w)), OptionError, /weights\[5\].*from 0 on/],
    [list.map((w, i) => (i === 7 ? Number.NaN : w)), OptionError, /weights\[7\]/],
    [list.map((w, i) => (i === 7 ? Number.POSITIVE_INFINITY : w)), OptionError, /weights\[7\]/],
    [list.map(() => 0), OptionError, /one above 0/],
    ["many", OptionError, /weights/],
    [undefined, OptionError, /weights/],
  ] as const) {
    const found = assertThrows(() => weighted(CLASSES, weights as never), type as never, `${message}`) as Error;
    assert.match(found.message, message);
    assert.not.match(found.message, /\n/);
  }
  assertThrows(() => weighted({} as never, list), OptionError, "no dataset");
  using net = netOf((z) => mean(z as never) as never);
  await assertRejects(() => train(net, weighted(NUMBERS, WEIGHTS), { epochs: 1 }), OptionError, "custom loss");
  using named = netOf("softmaxCrossEntropy");
  const stream = new DatasetStream({
    chunks: async function* () {
      yield weighted(CLASSES, WEIGHTS);
    },
  });
  await assertRejects(() => train(named, stream, { epochs: 1 }), OptionError, "stream");
});

test.run();
