/** Training steps whose examples are gathered by the step itself. */
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { DisposedError, EngineMismatchError, IndexError, LanegradError, ShapeError } from "../../src/errors.ts";
import { relu, tanh } from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adaGrad } from "../../src/nn/optimizers/ada_grad.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import { argument } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { KINDS, optimizerOf } from "../support/optimizers.ts";
import { assertThrows } from "../support/throws.ts";
import { assertNear, labelsFor, matrix, std1, TOLERANCE, valuesOf } from "./by_hand.ts";

const engine = await loadEngine();
/** Another engine, whose tensors are refused. */
const elsewhere = await loadEngine();
const test = leakFreeSuite("training step", engine);
const COUNT = 30;
const SIZE = 12;
const CLASSES = 3;

/** Bytes of which two thirds are 0. */
const dataset = (() => {
  const draw = draws(4);
  const inputs = Uint8Array.from({ length: COUNT * SIZE }, () => (draw() < 0.67 ? 0 : Math.floor(256 * draw())));
  const labels = Uint8Array.from({ length: COUNT }, () => Math.floor(CLASSES * draw()));
  return new Dataset({ name: "small", inputs, labels, shape: [SIZE], classes: CLASSES, scale: 1 / 255 });
})();

function small<D extends FloatType>(dtype: D, seed = 2): Network<D> {
  const layers = [dense(SIZE, 6, std1), tanh(), dense(6, CLASSES, std1)];
  return network(engine, sequential(...layers), { seed, dtype });
}

/** Everything that a layer may leave behind. */
const STATEFUL = sequential(dense(SIZE, 6, std1), batchNorm(), relu(), dropout(0.3), dense(6, CLASSES, std1));

/** The rows of a minibatch, dense. */
function rowsOf(inputs: Tensor<FloatType> | SparseMatrix<FloatType>): Float64Array {
  if (!(inputs instanceof SparseMatrix)) return Float64Array.from(inputs.data);
  const [m, n] = inputs.shape;
  const rows = new Float64Array(m * n);
  const [starts, columns, values] = [inputs.starts.data, inputs.columns.data, inputs.values.data];
  for (let i = 0; i < m; i++)
    for (let at = starts[i]!; at < starts[i + 1]!; at++) rows[i * n + columns[at]!] = values[at]!;
  return rows;
}

for (const dtype of FLOATS) {
  for (const layout of ["dense", "sparse"] as const) {
    test(`a step leaves what it gathered in the minibatch, and its loss from before the update, ${layout}, ${dtype}`, () => {
      using resident = new ResidentDataset(engine, dataset, { layout });
      using batch = new Minibatch(resident, 7, dtype);
      using net = small(dtype);
      using state = net.optimize(sgd({ learningRate: 0.5 }));
      using step = net.trainingStep(state, batch.source);
      for (let i = 0; i < 4; i++) {
        const indices = Int32Array.from({ length: 7 }, (_, j) => (11 * i + 5 * j) % COUNT);
        batch.indices.set(indices);
        batch.gather();
        const before = net.loss(batch.inputs, batch.labels);
        batch.indices.set(Int32Array.from(indices).reverse());
        batch.gather(); // so that the minibatch holds something else
        batch.indices.set(indices);
        step.run();
        const store = dtype === "float32" ? Math.fround : (value: number) => value;
        const bytes = [...indices].flatMap((index) => [...dataset.inputs.subarray(index * SIZE, (index + 1) * SIZE)]);
        const scaled = bytes.map((byte) => store(byte * store(1 / 255)));
        assertWithin(rowsOf(batch.inputs), scaled, (j) => EPS[dtype] * scaled[j]!, "inputs");
        assertEqual(
          batch.labels.data,
          Int32Array.from(indices, (index) => dataset.labels[index]!),
          "labels",
        );
        assert.equal([step.loss.shape, step.loss.size], [[], 1]);
        assertWithin([step.loss.data[0]!], [before], () => 16 * EPS[dtype] * Math.max(1, before), `loss ${i}`);
        assert.ok(net.loss(batch.inputs, batch.labels) < before, "after the update it is less");
      }
    });

    test(`a step that gathers is a step on the gathered rows, for every optimizer, ${layout}, ${dtype}`, () => {
      using resident = new ResidentDataset(engine, dataset, { layout });
      using batch = new Minibatch(resident, 5, dtype);
      const options = [{ clipNorm: 0.3 }, {}, { weightDecay: 0.1 }, { clipValue: 0.1 }];
      const optimizers = KINDS.map((kind, i) =>
        optimizerOf(kind, { learningRate: 0.05, ...options[i % options.length] }, "defaults"),
      );
      for (const optimizer of optimizers) {
        using gathering = small(dtype);
        using plain = small(dtype);
        using ofGathering = gathering.optimize(optimizer);
        using ofPlain = plain.optimize(optimizer);
        using step = gathering.trainingStep(ofGathering, batch.source);
        for (let i = 0; i < 5; i++) {
          batch.indices.set(Int32Array.from({ length: 5 }, (_, j) => (7 * i + 4 * j) % COUNT));
          step.run();
          plain.step(ofPlain, batch.inputs, batch.labels);
        }
        assertNear(gathering.parameters, valuesOf(plain.parameters), TOLERANCE[dtype], optimizer.kind);
      }
    });
  }

  test(`an update follows the gradients of its own run, from the first one on, ${dtype}`, () => {
    using resident = new ResidentDataset(engine, dataset);
    using batch = new Minibatch(resident, 6, dtype);
    for (const optimizer of [
      sgd({ learningRate: 0.25, clipValue: 1e6 }),
      momentum({ learningRate: 0.25, momentum: 0 }),
      adaGrad({ learningRate: 0.25, epsilon: 1e-3 }),
    ]) {
      using net = small(dtype);
      using state = net.optimize(optimizer);
      using step = net.trainingStep(state, batch.source);
      const squares = Object.fromEntries(
        Object.entries(valuesOf(net.parameters)).map(([name, w]) => [name, w.fill(0)]),
      );
      for (let i = 0; i < 3; i++) {
        batch.indices.set(Int32Array.from({ length: 6 }, (_, j) => (5 * i + j) % COUNT));
        batch.gather();
        const gradient = valuesOf(net.gradient(batch.inputs, batch.labels));
        const want = valuesOf(net.parameters);
        for (const [name, w] of Object.entries(want)) {
          for (let at = 0; at < w.length; at++) {
            const g = gradient[name]![at]!;
            squares[name]![at]! += g * g;
            w[at]! -= (0.25 * g) / (optimizer.kind === "adaGrad" ? Math.sqrt(squares[name]![at]!) + 1e-3 : 1);
          }
        }
        for (const { data } of Object.values(net.gradient(batch.inputs, batch.labels))) data.fill(Number.NaN);
        step.run();
        assertNear(net.parameters, want, TOLERANCE[dtype], `${optimizer.kind}, step ${i}`);
      }
    }
  });

  test(`an index or a label outside its range updates nothing, and the step counts, ${dtype}`, () => {
    using resident = new ResidentDataset(engine, dataset);
    using batch = new Minibatch(resident, 4, dtype);
    for (const optimizer of [sgd({ learningRate: 0.5 }), adam({ learningRate: 0.5, clipNorm: 1 })]) {
      using net = network(engine, STATEFUL, { dtype });
      using state = net.optimize(optimizer);
      using step = net.trainingStep(state, batch.source);
      batch.indices.set(Int32Array.of(0, 1, 2, 3));
      step.run();
      const held = () => [
        valuesOf(net.parameters),
        valuesOf(net.statistics),
        state.averages.map(({ data }) => [...data]),
        [...net.counter!.data],
      ];
      const before = held();

      batch.indices.set(Int32Array.of(0, 1, COUNT, 3));
      const index = assertThrows(() => step.run(), IndexError, "index");
      assert.equal([index.argument, index.position, index.value, index.bound], ["indices", 2, COUNT, COUNT]);
      assert.equal(held(), before);

      batch.indices.set(Int32Array.of(0, 1, 2, 3));
      const right = resident.labels.data[1]!;
      resident.labels.data[1] = CLASSES;
      const label = assertThrows(() => step.run(), IndexError, "label");
      assert.equal([label.argument, label.position, label.value, label.bound], ["t", 1, CLASSES, CLASSES]);
      assert.equal(held(), before);
      resident.labels.data[1] = right;

      assert.is(state.step, 3);
      step.run(); // the engine still works
      assert.not.equal(held(), before);
    }
  });
}

test("a rate that a run is given stands for the schedule's, for this run", () => {
  using resident = new ResidentDataset(engine, dataset);
  using batch = new Minibatch(resident, 4, "float64");
  using net = small("float64");
  using state = net.optimize(sgd({ learningRate: schedule({ kind: "warmup", rate: 1, steps: 4 }) }));
  using step = net.trainingStep(state, batch.source);
  for (const [i, given] of [undefined, 0.125, 0, undefined].entries()) {
    batch.gather();
    const gradient = valuesOf(net.gradient(batch.inputs, batch.labels));
    const rate = given ?? i / 4;
    const want = valuesOf(net.parameters);
    for (const [name, w] of Object.entries(want))
      for (let at = 0; at < w.length; at++) w[at]! -= rate * gradient[name]![at]!;
    step.run(given);
    assertNear(net.parameters, want, 1e-15, `run ${i}`);
  }
});

test("dropout's counter and running statistics move once with every step", () => {
  using resident = new ResidentDataset(engine, dataset);
  using batch = new Minibatch(resident, 4, "float32");
  using net = network(engine, STATEFUL, { seed: 5 });
  using state = net.optimize(sgd({ learningRate: 0 }));
  using step = net.trainingStep(state, batch.source);
  batch.indices.set(Int32Array.of(3, 1, 4, 1));
  const gradients: number[][] = [];
  const means: number[][] = [];
  for (let i = 1; i <= 3; i++) {
    step.run();
    assert.equal([...net.counter!.data], [5, i]);
    gradients.push([...net.gradient(batch.inputs, batch.labels)["W2"]!.data]);
    means.push([...net.statistics["mean1"]!.data]);
  }
  assert.not.equal(gradients[0], gradients[1]);
  assert.not.equal(gradients[1], gradients[2]);
  // At rate 0 the minibatch's mean stays: what is left of the way is nine tenths of it each time.
  const first = means[0]!.map((value) => 10 * value);
  for (const [i, mean] of means.entries()) {
    assertWithin(
      mean,
      first.map((value) => value * (1 - 0.9 ** (i + 1))),
      (j) => 1e-6 * Math.max(1, Math.abs(first[j]!)),
      `mean after ${i + 1}`,
    );
  }
});

test("two steps of one state share its memory, whatever their sizes", () => {
  using resident = new ResidentDataset(engine, dataset);
  using large = new Minibatch(resident, 6, "float64");
  using little = new Minibatch(resident, 2, "float64");
  using net = small("float64");
  using plain = small("float64");
  using state = net.optimize(adam({ learningRate: 0.1 }));
  using ofPlain = plain.optimize(adam({ learningRate: 0.1 }));
  using first = net.trainingStep(state, large.source);
  using second = net.trainingStep(state, little.source);
  for (const [step, batch] of [
    [first, large],
    [second, little],
    [first, large],
  ] as const) {
    step.run();
    plain.step(ofPlain, batch.inputs, batch.labels);
  }
  assert.is(state.step, 3);
  assertNear(net.parameters, valuesOf(plain.parameters), 1e-12, "parameters");
});

test("its description names the parameters, the gradients and the minibatch", () => {
  using resident = new ResidentDataset(engine, dataset, { layout: "dense" });
  using batch = new Minibatch(resident, 4, "float32");
  using net = network(engine, STATEFUL);
  using descent = net.optimize(sgd({ learningRate: 0.1 }));
  using adaptive = net.optimize(adam({ learningRate: 0.1, clipNorm: 1, clipValue: 1 }));
  using plain = net.trainingStep(descent, batch.source);
  using full = net.trainingStep(adaptive, batch.source);
  for (const [step, words] of [
    [plain, ["W1", "b1", "gamma1", "beta1", "W2", "b2", "hyperparameters", "inputs", "labels", "indices", "counter"]],
    [
      full,
      [
        "dW1",
        "db1",
        "dgamma1",
        "dbeta1",
        "dW2",
        "db2",
        "gradients",
        "parameters",
        "squares",
        "mean",
        "hyperparameters",
      ],
    ],
  ] as const) {
    const text = describeProgram(step.program);
    for (const word of words) assert.match(text, new RegExp(`(^|[ ,])${word}([ ,]|$)`, "m"), word);
  }
  const lines = describeProgram(full.program).split("\n");
  const place = (name: string) => lines.findIndex((line) => new RegExp(`^ *\\d+ +${name}`).test(line));
  const order = ["clip value", "clip norm", "adaptive"].map(place);
  assert.ok(order[0]! > 0 && order[0]! < order[1]! && order[1]! < order[2]!, `effects in order: ${order}`);
  assert.ok(place("advance") > order[2]!, "the masks' step comes last");
});

test("a step ends alone: the network and the state live on", () => {
  using resident = new ResidentDataset(engine, dataset);
  using batch = new Minibatch(resident, 4, "float32");
  using net = small("float32");
  using state = net.optimize(momentum({ learningRate: 0.1 }));
  const step = net.trainingStep(state, batch.source);
  step.run();
  step.dispose();
  step.dispose();
  assertThrows(() => step.run(), DisposedError, "step");
  assertThrows(() => step.loss.data, DisposedError, "loss");
  using another = net.trainingStep(state, batch.source);
  another.run();
  net.predict(new Float32Array(SIZE)).dispose();
  state.dispose();
  state.dispose();
  const before = valuesOf(net.parameters);
  assertThrows(() => another.run(), DisposedError, "state");
  assert.equal(valuesOf(net.parameters), before);
});

test("examples and targets that do not fit are refused, and hold nothing", () => {
  using net = small("float32");
  using state = net.optimize(adam({ learningRate: 0.1 }));
  using wide = matrix(engine, "float32", 4, SIZE + 1, 1);
  using x = matrix(engine, "float32", 4, SIZE, 1);
  using labels = labelsFor(engine, 4, CLASSES);
  using three = labelsFor(engine, 3, CLASSES);
  using foreign = tensor(elsewhere, Int32Array.of(0, 1, 2, 0));
  const of = (value: Tensor) => argument(value.engine, value, "value");
  const before = engine.stats();
  for (const [source, type] of [
    [{ x: of(wide), t: of(labels) }, ShapeError],
    [{ x: of(x), t: of(three) }, ShapeError],
    [{ x: of(x), t: of(foreign) }, EngineMismatchError],
  ] as const) {
    const error = assertThrows(() => net.trainingStep(state, source as never), type as typeof ShapeError, type.name);
    assert.ok(error instanceof LanegradError);
  }
  assert.equal(engine.stats(), before);
});

test.run();
