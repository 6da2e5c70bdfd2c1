/** Datasets of every kind in an engine's memory, and minibatches of them. */
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { IndexError, OptionError } from "../../src/errors.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { StagedMinibatch } from "../../src/train/feeding/staged.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("resident datasets", engine);
const DTYPES = ["float32", "float64"] as const;

/** y = 2x + 1 and y = -x at 64 points from -1 to below 1. */
function line(): Dataset {
  const inputs = Float64Array.from({ length: 64 }, (_, i) => i / 32 - 1);
  const targetValues = Float32Array.from({ length: 128 }, (_, i) => {
    const x = Math.floor(i / 2) / 32 - 1;
    return i % 2 === 0 ? 2 * x + 1 : -x;
  });
  return new Dataset({ name: "line", inputs, shape: [1], targetValues });
}

for (const dtype of DTYPES) {
  test(`a minibatch of ${dtype} has the very rows of floats and numbers that its indices name`, () => {
    const data = line();
    using resident = new ResidentDataset(engine, data);
    using batch = new Minibatch(resident, 5, dtype);
    batch.indices.set([63, 0, 7, 7, 31]);
    batch.gather();
    const { inputs, targets } = data.batch(batch.indices.data);
    assert.equal(
      (batch.inputs as { toArray(): unknown }).toArray(),
      [...inputs].map((x) => [x]),
    );
    assert.equal(batch.targets.shape, [5, 2]);
    assert.equal([...batch.targets.data], [...targets]);
    assert.is(batch.targets.dtype, dtype);
  });

  test(`a regression in ${dtype} finds the lines that its numbers lie on`, () => {
    using net = network(engine, sequential(dense(1, 2)), { loss: "squaredError", seed: 3, dtype });
    using resident = new ResidentDataset(engine, line());
    using batch = new Minibatch(resident, 16, dtype);
    using state = net.optimize(sgd({ learningRate: 0.05 }));
    using step = net.trainingStep(state, batch.source);
    const random = new RandomState(4);
    for (let i = 0; i < 400; i++) {
      random.choice(resident.length, 16, { out: batch.indices.data });
      step.run();
    }
    assert.ok((step.loss.data[0] ?? Number.NaN) < 1e-9, `loss ${step.loss.data[0]}`);
    const [w1 = 0, w2 = 0] = net.parameters["W1"]!.data;
    const [b1 = 0, b2 = 0] = net.parameters["b1"]!.data;
    for (const [found, wanted] of [
      [w1, 2],
      [w2, -1],
      [b1, 1],
      [b2, 0],
    ] as const) {
      assert.ok(Math.abs(found - wanted) < 1e-4, `${found}, expected ${wanted}`);
    }
  });
}

test("floats with class labels: both minibatches of one dataset see the same labels", () => {
  const labels = Int32Array.of(70_000, 3, 0);
  const data = new Dataset({
    name: "wide",
    inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
    shape: [2],
    labels,
    classes: 70_001,
  });
  using resident = new ResidentDataset(engine, data);
  for (const dtype of DTYPES) {
    using batch = new Minibatch(resident, 2, dtype);
    batch.indices.set([2, 0]);
    batch.gather();
    assert.equal([...batch.labels.data], [0, 70_000]);
    assert.is(batch.targets, batch.labels);
    assert.equal((batch.inputs as { toArray(): unknown }).toArray(), [
      [5, 6],
      [1, 2],
    ]);
  }
});

/** Examples of `size` bytes, the first `nonzeros` of which are not 0. */
function bytes(count: number, size: number, nonzeros: number): Dataset {
  const inputs = new Uint8Array(count * size).fill(7, 0, nonzeros);
  return new Dataset({ name: "bytes", inputs, shape: [size], labels: new Uint8Array(count), classes: 1 });
}

test("auto: sparse where fewer than 40 % of the bytes are not zero, and as long as columns can be numbered", () => {
  for (const [data, layout] of [
    [bytes(10, 10, 0), "sparse"],
    [bytes(10, 10, 39), "sparse"],
    [bytes(10, 10, 40), "dense"],
    [bytes(1, 65_536, 9), "sparse"],
    [bytes(1, 65_537, 9), "dense"],
    [line(), "dense"],
  ] as const) {
    using resident = new ResidentDataset(engine, data);
    assert.is(resident.layout, layout, `${data.length} × ${data.size}`);
    using staged = new StagedMinibatch(engine, data, { batchSize: 1, dtype: "float32" });
    assert.is(staged.layout, layout, `${data.length} × ${data.size}, staged`);
  }
});

test("errors call what lies in memory by what it is", () => {
  using numbers = new ResidentDataset(engine, line());
  using batch = new Minibatch(numbers, 3, "float64");
  assert.is((numbers.inputs("float64") as Tensor).describe(), "inputs float64 [64, 1]");
  assert.is(numbers.targets("float64").describe(), "targets float64 [64, 2]");
  assert.is((batch.inputs as Tensor).describe(), "inputs float64 [3, 1]");
  assert.is(batch.targets.describe(), "targets float64 [3, 2]");
  assert.is(batch.indices.describe(), "indices int32 [3]");
  using classes = new ResidentDataset(engine, bytes(10, 2, 20));
  assert.is((classes.inputs("float32") as Tensor).describe(), "inputs uint8 [10, 2]");
  assert.is(classes.labels.describe(), "labels int32 [10]");
  using few = new Minibatch(classes, 3, "float32");
  assert.is(few.labels.describe(), "labels int32 [3]");
  using staged = new StagedMinibatch(engine, bytes(10, 2, 20), { batchSize: 3, dtype: "float32" });
  assert.is((staged.inputs as Tensor).describe(), "inputs float32 [3, 2]");
});

test("floats are copied once for each dtype that is asked for, and only then", () => {
  const before = engine.stats().tensors;
  using resident = new ResidentDataset(engine, line());
  assert.is(engine.stats().tensors, before);
  assert.is(resident.inputs("float32"), resident.inputs("float32"));
  assert.is(engine.stats().tensors, before + 1);
  resident.targets("float64");
  resident.inputs("float64");
  assert.is(engine.stats().tensors, before + 3);
});

test("numbers have no labels: asking for them is an error, not an empty answer", () => {
  using resident = new ResidentDataset(engine, line());
  using batch = new Minibatch(resident, 1, "float32");
  for (const of of [resident, batch, line()]) {
    const name = of === batch ? "minibatch" : "line";
    const expected = { kind: "targets", name, expected: "class labels", found: "numbers" };
    assert.equal(assertThrows(() => of.labels, DatasetError, name).fault, expected);
  }
});

test("an index beyond the examples is refused for floats too, and nothing is written", () => {
  using resident = new ResidentDataset(engine, line());
  using batch = new Minibatch(resident, 2, "float32");
  batch.gather();
  batch.indices.set([1, 64]);
  assert.is(assertThrows(() => batch.gather(), IndexError, "gather").position, 1);
});

test("batch sizes of at least one, and no sparse rows of floats", () => {
  using resident = new ResidentDataset(engine, line());
  for (const size of [0, -1, 1.5, Number.NaN]) {
    assert.is(assertThrows(() => new Minibatch(resident, size, "float32"), OptionError, `${size}`).option, "batchSize");
  }
  const sparse = () => new ResidentDataset(engine, line(), { layout: "sparse" });
  assert.is(assertThrows(sparse, OptionError, "sparse").option, "layout");
});

test.run();
