import { suite } from "uvu";
import * as assert from "uvu/assert";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { DivergedError, OptionError, ShapeError } from "../../src/errors.ts";
import { relu, sigmoid } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network as networkOf } from "../../src/nn/network.ts";
import type { Trainable } from "../../src/nn/trainable.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { Trainer, type TrainerData, type TrainProgress } from "../../src/train/loop/trainer.ts";
import type { TrainerOptions } from "../../src/train/loop/training_plan.ts";
import { computingTime } from "../support/clock.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";

const test = suite("trainer");
const engine = await loadEngine();
const trainSet = clusters({ count: 300, size: 19, classes: 4, seed: 2 });
const testSet = clusters({ count: 90, size: 19, classes: 4, seed: 3 });

function network(random: RandomState, hiddenSize = 6): TwoLayerNet<"float32"> {
  return new TwoLayerNet(engine, { inputSize: 19, hiddenSize, outputSize: 4, random, weightInitStd: 0.1 });
}

/** A run whose memory is given back when the loop over it ends. */
function* stepsOf(
  net: Trainable<"float32">,
  data: TrainerData,
  options: TrainerOptions,
): Generator<Readonly<TrainProgress>, void> {
  using trainer = new Trainer(net, data, options);
  yield* trainer.steps();
}

test("a step is: draw with replacement, gradient, update; its loss is that of the same minibatch after the update", () => {
  const random = new RandomState(5);
  using net = network(random);
  using resident = new ResidentDataset(engine, trainSet);
  const steps = stepsOf(
    net,
    { train: resident, test: resident },
    { iterations: 3, batchSize: 10, learningRate: 0.5, random },
  );
  const losses = Array.from(steps, ({ loss }) => loss);

  const again = new RandomState(5);
  using other = network(again);
  for (let i = 0; i < 3; i++) {
    const indices = again.choice(300, 10);
    const { inputs } = trainSet.batch(indices);
    const labels = Int32Array.from(indices, (index) => trainSet.labels[index]!);
    other.gradient(inputs, labels);
    other.descend(0.5);
    assert.ok(Math.abs(other.loss(inputs, labels) - losses[i]!) <= 1e-6, `loss ${i}`);
  }
});

test("accuracy is taken right after the first step of each epoch, and counts every example", () => {
  const random = new RandomState(6);
  using net = network(random);
  using a = new ResidentDataset(engine, trainSet);
  using b = new ResidentDataset(engine, testSet);
  const seen: number[] = [];
  for (const { iteration, evaluation } of stepsOf(
    net,
    { train: a, test: b },
    { iterations: 31, batchSize: 30, learningRate: 1, random },
  )) {
    if (evaluation === undefined) continue;
    seen.push(iteration);
    for (const [data, accuracy] of [
      [trainSet, evaluation.trainAccuracy],
      [testSet, evaluation.testAccuracy],
    ] as const) {
      const all = data.batch(Array.from({ length: data.length }, (_, i) => i));
      assert.is(accuracy, net.accuracy(all.inputs, Int32Array.from(data.labels)));
    }
  }
  assert.equal(seen, [0, 10, 20, 30]);
});

test("it learns: clusters are told apart", async () => {
  const random = new RandomState(7);
  using net = network(random);
  const history = await train(net, trainSet, {
    iterations: 400,
    batchSize: 30,
    learningRate: 1,
    random,
    test: testSet,
  });
  assert.is(history.losses.length, 400);
  assert.ok(history.losses[399]! < 0.3 * history.losses[0]!, `loss ${history.losses[0]} to ${history.losses[399]}`);
  assert.ok(evaluate(net, testSet).accuracy! > 0.95);
});

test("the same seed gives the same weights, bit for bit, and another seed does not", async () => {
  const weightsAfter = async (seed: number) => {
    const random = new RandomState(seed);
    using net = network(random);
    await train(net, trainSet, { iterations: 50, batchSize: 20, learningRate: 0.3, random });
    return [...net.parameters.W1.data, ...net.parameters.b1.data, ...net.parameters.W2.data, ...net.parameters.b2.data];
  };
  const first = await weightsAfter(8);
  assert.equal(await weightsAfter(8), first);
  assert.not.equal(await weightsAfter(9), first);
});

test("memory, live tensors and live bytes are the same after 100,000 steps", () => {
  const random = new RandomState(10);
  using net = network(random, 3);
  using resident = new ResidentDataset(engine, trainSet.slice(0, 160));
  const steps = stepsOf(
    net,
    { train: resident, test: resident },
    { iterations: 100_010, batchSize: 4, learningRate: 0.1, random },
  );
  for (let i = 0; i < 10; i++) steps.next();
  const before = engine.stats();
  for (let i = 0; i < 100_000; i++) assert.not(steps.next().done);
  assert.equal(engine.stats(), before);
  steps.return();
});

test("a run that is left early gives back its minibatch", () => {
  const random = new RandomState(11);
  using net = network(random);
  using resident = new ResidentDataset(engine, trainSet);
  const leaveEarly = () => {
    const options = { iterations: 9, batchSize: 4, learningRate: 0.1, random };
    for (const { iteration } of stepsOf(net, { train: resident, test: resident }, options)) if (iteration === 3) break;
  };
  leaveEarly(); // the network keeps its programs for these sizes
  const before = engine.stats().tensors;
  leaveEarly();
  assert.is(engine.stats().tensors, before);
});

test("a loss that stops being finite ends the run, names the iteration, and keeps the history", async () => {
  const random = new RandomState(12);
  using net = network(random);
  const history = emptyHistory();
  await train(net, trainSet, { iterations: 1, batchSize: 10, learningRate: 0.1, random }); // compiles its programs
  const before = engine.stats().tensors;
  const onStep = ({ iteration }: { iteration: number }) => {
    if (iteration === 4) net.parameters.b2.data[1] = Number.NaN;
  };
  const options = { iterations: 50, batchSize: 10, learningRate: 0.1, random, onStep };
  try {
    await train(net, trainSet, options, history);
    assert.unreachable("it went on");
  } catch (error) {
    assert.ok(error instanceof DivergedError);
    assert.is(error.iteration, 5);
    assert.match(error.message, /iteration 5/);
  }
  assert.is(history.losses.length, 6);
  assert.ok(history.losses.slice(0, 5).every(Number.isFinite));
  assert.is(engine.stats().tensors, before);
});

test("an aborted run ends after its step, with its history", async () => {
  const random = new RandomState(13);
  using net = network(random);
  const controller = new AbortController();
  const onStep = ({ iteration }: { iteration: number }) => {
    if (iteration === 6) controller.abort();
  };
  const options = { iterations: 1000, batchSize: 10, learningRate: 0.1, random, onStep, signal: controller.signal };
  assert.is((await train(net, trainSet, options)).losses.length, 7);
});

test("a long run lets timers have their turn", async () => {
  const random = new RandomState(14);
  using net = network(random);
  let ticks = 0;
  const timer = setInterval(() => ticks++, 5);
  const computed = computingTime(); // a process that does not run takes no turns
  const onStep = () => {
    const step = computingTime();
    while (step() < 2);
  };
  await train(net, trainSet, { iterations: 150, batchSize: 10, learningRate: 0.1, random, onStep });
  clearInterval(timer);
  const turns = computed() / 100; // at least one in 100 ms, promised in 50
  assert.ok(ticks >= turns - 1, `${ticks} ticks, expected about ${turns}`);
});

test("options that make no sense are refused before anything is drawn", () => {
  const random = new RandomState(15);
  using net = network(random);
  using resident = new ResidentDataset(engine, trainSet);
  const data = { train: resident, test: resident };
  const good = { iterations: 1, batchSize: 10, learningRate: 0.1, random };
  const state = random.getState();
  for (const [option, value] of [
    ["batchSize", 0],
    ["batchSize", 2.5],
    ["learningRate", Number.NaN],
    ["iterations", -1],
  ] as const) {
    assert.throws(
      () => stepsOf(net, data, { ...good, [option]: value }).next(),
      (e: unknown) => e instanceof OptionError && e.option === option,
      `${option} ${value}`,
    );
  }
  using wide = new ResidentDataset(engine, clusters({ count: 10, size: 20, classes: 4, seed: 1 }));
  assert.throws(
    () => stepsOf(net, { train: resident, test: wide }, good).next(),
    (e: unknown) => e instanceof ShapeError,
  );
  assert.equal(random.getState(), state);
});

/** A deeper network, with layers that do other things while training. */
function deeper(random: RandomState): Network<"float32"> {
  const layers = [dense(19, 16), batchNorm(), relu(), dropout(0.1), dense(16, 8), relu(), dense(8, 4)];
  return networkOf(engine, sequential(...layers), { random, seed: 4 });
}

for (const layout of ["dense", "sparse"] as const) {
  test(`a network of layers learns through the same loop, and tells the clusters apart, ${layout}`, async () => {
    const random = new RandomState(16);
    using net = deeper(random);
    assert.ok(evaluate(net, testSet).accuracy! < 0.6, "before");
    const history = await train(net, trainSet, {
      iterations: 300,
      batchSize: 30,
      learningRate: 0.1,
      random,
      test: testSet,
      layout,
    });
    assert.is(history.layout, layout);
    assert.is(history.losses.length, 300);
    assert.equal(
      history.evaluations.map(({ iteration }) => iteration),
      Array.from({ length: 30 }, (_, i) => 10 * i),
    );
    assert.ok(history.losses[299]! < 0.3 * history.losses[0]!, `loss ${history.losses[0]} to ${history.losses[299]}`);
    const { correct, accuracy } = evaluate(net, testSet);
    assert.is(accuracy, correct! / testSet.length);
    assert.ok(accuracy! > 0.95, `${accuracy}`);
    const all = testSet.batch(Array.from({ length: testSet.length }, (_, i) => i));
    assert.is(accuracy, net.accuracy(all.inputs, Int32Array.from(testSet.labels)));
    assert.is(net.counter?.data[1], 300);
  });

  test(`the loop moves a network of two dense layers as it moves TwoLayerNet, to the bit, ${layout}`, async () => {
    const after = async (net: TwoLayerNet<"float32"> | Network<"float32">, random: RandomState) => {
      const options = { iterations: 40, batchSize: 20, learningRate: 0.3, random, layout };
      const { losses, evaluations } = await train(net, trainSet, options);
      return { losses, evaluations, weights: Object.values(net.parameters).flatMap(({ data }) => [...data]) };
    };
    const [first, second] = [new RandomState(17), new RandomState(17)];
    using two = network(first);
    const weights = { weights: { std: 0.1 } };
    const layers = [dense(19, 6, weights), sigmoid(), dense(6, 4, weights)];
    using layered = networkOf(engine, sequential(...layers), { random: second });
    assert.equal(await after(layered, second), await after(two, first));
  });
}

test("what an evaluation counts does not depend on dropout, and changes nothing", () => {
  const random = new RandomState(18);
  using net = deeper(random);
  using resident = new ResidentDataset(engine, trainSet);
  const data = { train: resident, test: resident };
  for (const _ of stepsOf(net, data, { iterations: 5, batchSize: 30, learningRate: 0.1, random }));
  const held = () => [
    [...(net.counter?.data ?? [])],
    ...Object.values({ ...net.parameters, ...net.statistics }).map((value) => [...value.data]),
  ];
  const before = held();
  const { accuracy, correct } = evaluate(net, resident);
  assert.is(evaluate(net, trainSet).correct, correct);
  assert.is(accuracy, correct! / 300);
  assert.equal(held(), before);
});

test("with dropout and batch normalisation, the same seed gives the same weights, bit for bit", async () => {
  const weightsAfter = async (seed: number) => {
    const random = new RandomState(seed);
    using net = deeper(random);
    await train(net, trainSet, { iterations: 30, batchSize: 20, learningRate: 0.1, random });
    return Object.values({ ...net.parameters, ...net.statistics }).flatMap(({ data }) => [...data]);
  };
  const first = await weightsAfter(19);
  assert.equal(await weightsAfter(19), first);
  assert.not.equal(await weightsAfter(20), first);
});

test.run();
