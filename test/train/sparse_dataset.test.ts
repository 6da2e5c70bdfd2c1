import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { standardize } from "../../src/data/scaling.ts";
import { split } from "../../src/data/split.ts";
import { denseRows, type SparseRow, sparseRows } from "../../src/data/tables/sparse_rows.ts";
import { IndexError, OptionError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sparseMatrix } from "../../src/ops/sparse_rows.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { accuracyOf, evaluate } from "../../src/train/evaluation/evaluate.ts";
import { Minibatch } from "../../src/train/feeding/resident.ts";
import { SparseDataset } from "../../src/train/feeding/sparse_dataset.ts";
import { train } from "../../src/train/loop/train.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("sparse dataset", engine);
const trained = suite("sparse dataset, trained");
const COLUMNS = 60;

/** n rows of up to six nonzeros; every seventh has none. Odd rows have odd columns. */
function drawn(n: number, seed: number): SparseRow[] {
  const random = new RandomState(seed);
  return Array.from({ length: n }, (_, i) => {
    const count = i % 7 === 6 ? 0 : 1 + random.randint(0, 6);
    const columns = Array.from({ length: count }, () => 2 * random.randint(0, COLUMNS / 2) + (i % 2));
    return Object.fromEntries(columns.map((column) => [column, random.randint(1, 100) / 64]));
  });
}

const ROWS = sparseRows(drawn(300, 1), { columns: COLUMNS });
const LABELS = Array.from({ length: 300 }, (_, i) => (i % 2 === 0 ? "even" : "odd"));
const DATA = new SparseDataset({ name: "parity", rows: ROWS, labels: LABELS });
const DENSE = new Dataset({
  ...{ name: "parity", inputs: denseRows(ROWS), shape: [COLUMNS], labels: DATA.labels, classes: 2 },
});

test("it has the fields of a dataset, and classes from names", () => {
  assert.equal([DATA.length, DATA.size, DATA.shape, DATA.inputShape], [300, COLUMNS, [COLUMNS], [300, COLUMNS]]);
  assert.equal([DATA.classNames, DATA.classes, DATA.targets], [["even", "odd"], 2, "labels"]);
  assert.equal([...DATA.labels.subarray(0, 3)], [0, 1, 0]);
  const numbers = new SparseDataset({ name: "n", rows: sparseRows([{ 0: 1 }, { 1: 1 }]), labels: [0, 2] });
  assert.equal([numbers.classes, numbers.classNames], [3, undefined]);
  const named = { name: "n", rows: sparseRows([{ 0: 1 }, { 1: 1 }]), inputNames: ["p", "q"] };
  const targets = new SparseDataset({ ...named, targetValues: [1, 2, 3, 4] });
  assert.equal([targets.targetWidth, targets.targets, targets.inputNames], [2, "numbers", ["p", "q"]]);
});

test("batches, slices and picks are those of the dense dataset", () => {
  const indices = [299, 6, 0, 6];
  assert.equal(DATA.batch(indices), DENSE.batch(indices));
  assert.equal(DATA.slice(5, 40).batch([0, 34]), DENSE.slice(5, 40).batch([0, 34]));
  assert.equal(DATA.pick(indices).batch([0, 1, 2, 3]), DENSE.batch(indices));
  assert.instance(DATA.pick([1]), SparseDataset);
  const options = () => ({ share: 0.2, random: new RandomState(3), stratify: "classes" }) as const;
  const [sparse, full] = [split(DATA, options()), split(DENSE, options())];
  for (const part of [0, 1] as const) {
    const all = Array.from({ length: sparse[part].length }, (_, i) => i);
    assert.equal(sparse[part].batch(all), full[part].batch(all));
  }
  const wide = new SparseDataset({ name: "w", rows: sparseRows([{ 0: 1 }, {}, { 2: 1 }]), targetValues: [1, 2, 3] });
  assert.equal([...wide.pick([2, 0]).targetValues!], [3, 1]);
});

test("minibatches gather the rows that the indices name, in both dtypes, as often as they are named", () => {
  for (const dtype of ["float32", "float64"] as const) {
    using resident = DATA.resident(engine);
    assert.is(resident.layout, "sparse");
    using batch = new Minibatch(resident, 5, dtype);
    for (const order of [
      [0, 299, 6, 6, 13],
      [1, 1, 1, 1, 1],
      [298, 3, 4, 5, 6],
    ]) {
      batch.indices.set(order);
      batch.gather();
      const { starts, columns, values } = batch.inputs as ReturnType<typeof sparseMatrix>;
      const got = new Float64Array(5 * COLUMNS);
      for (let i = 0; i < 5; i++) {
        for (let at = starts.data[i]!; at < starts.data[i + 1]!; at++)
          got[i * COLUMNS + columns.data[at]!] = values.data[at]!;
      }
      assert.equal([...got], [...DENSE.batch(order).inputs]);
      assert.equal(
        [...batch.labels.data],
        order.map((i) => i % 2),
      );
    }
    batch.indices.set([0, 1, 2, 3, 300]);
    assertThrows(() => batch.gather(), IndexError, "beyond the last");
  }
});

trained("it trains, evaluates and predicts with sparse rows, as the dense dataset does but for rounding", async () => {
  const before = engine.stats().tensors;
  const options = { epochs: 8, batchSize: 32, optimizer: adam({ learningRate: 0.02 }), seed: 2 } as const;
  const fit = async (data: Dataset) => {
    const net = network(engine, sequential(dense(COLUMNS, 8), relu(), dense(8, 2)), { seed: 1, dtype: "float64" });
    return { net, history: await train(net, data, { ...options, validation: 0.1 }) };
  };
  const [sparse, full] = [await fit(DATA), await fit(DENSE)];
  assert.equal([sparse.history.layout, full.history.layout], ["sparse", "dense"]);
  for (const [i, loss] of sparse.history.losses.entries()) {
    assert.ok(
      Math.abs(loss - full.history.losses[i]!) <= 1e-10 * loss,
      `step ${i}: ${loss}, ${full.history.losses[i]}`,
    );
  }
  assert.ok(accuracyOf(sparse.net, DATA) > 0.9, "rows without nonzeros cannot be known");
  const [a, b] = [evaluate(sparse.net, DATA), evaluate(full.net, DENSE)];
  assert.is(a.correct, b.correct);
  assert.ok(Math.abs(a.loss - b.loss) <= 1e-10 * b.loss);
  const x = sparseMatrix(engine, ROWS, { dtype: "float64" });
  const p = sparse.net.predict(x);
  const q = full.net.predict(denseRows(ROWS));
  for (let i = 0; i < p.size; i++) assert.ok(Math.abs(p.data[i]! - q.data[i]!) <= 1e-9);
  assert.ok(Math.abs(sparse.net.loss(x, DATA.labels) - a.loss) <= 1e-10);
  for (const value of [x, p, q, sparse.net, full.net]) value.dispose();
  assert.is(engine.stats().tensors, before);
});

test("evaluation of many columns and rows keeps to the memory of the nonzeros", () => {
  const [n, k] = [3000, 20_000];
  const random = new RandomState(0);
  const rows = sparseRows(
    Array.from({ length: n }, () => ({ [random.randint(0, k)]: 1 })),
    { columns: k },
  );
  const data = new SparseDataset({ name: "wide", rows, labels: new Uint8Array(n), classes: 2 });
  using net = network(engine, dense(k, 2));
  const before = engine.stats().memoryBytes;
  assert.is(evaluate(net, data).examples, n);
  assert.ok(engine.stats().memoryBytes - before < (n * k * 4) / 10, "dense rows would be 240 MB");
});

test("what needs dense inputs says so, and parts that do not fit are refused by name", () => {
  for (const call of [() => DATA.inputs, () => standardize(DATA)]) {
    assert.match(assertThrows(call, DatasetError, "dense").message, /expected dense inputs, found sparse rows/);
  }
  const rows = sparseRows([{ 0: 1 }, { 1: 1 }]);
  const option = (parts: object) =>
    assertThrows(() => new SparseDataset({ name: "s", rows, ...parts } as never), OptionError, JSON.stringify(parts))
      .option;
  assert.is(option({}), "SparseDataset");
  assert.is(option({ labels: [0, 1], targetValues: [0, 1] }), "SparseDataset");
  assert.is(option({ labels: [0, 1], inputNames: ["a"] }), "inputNames");
  assert.is(option({ labels: ["a", "b"], classNames: ["a"] }), "SparseDataset: labels[1]");
  assert.is(option({ labels: [0, 1], inputs: 1 }), "SparseDataset: inputs");
  for (const parts of [{ labels: [0] }, { labels: [0, 0.5] }, { labels: [0, -1] }, { targetValues: [1, 2, 3] }]) {
    assertThrows(() => new SparseDataset({ name: "s", rows, ...parts } as never), DatasetError, JSON.stringify(parts));
  }
});

test.run();
trained.run();
