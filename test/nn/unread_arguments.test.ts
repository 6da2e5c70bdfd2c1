/** Losses that read neither targets nor inputs, or whose gradient does not: everything that a network does still works. */
import * as assert from "uvu/assert";
import { datasetFromArrays } from "../../src/data/arrays.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { numericalGradientOf } from "../../src/nn/numerical_gradient.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { mul, sub } from "../../src/ops/binary.ts";
import { mean } from "../../src/ops/reduce.ts";
import { compress, gatherSparseRows } from "../../src/ops/sparse.ts";
import { constant, type Expression } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { evaluate } from "../../src/train/evaluation/evaluate.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import type { TrainHistory } from "../../src/train/loop/history.ts";
import { train } from "../../src/train/loop/train.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";

const engine = await loadEngine();
const test = leakFreeSuite("arguments that a loss does not read", engine);

type Doubles = Expression<"float64">;
type Loss = (z: Doubles, t: Doubles) => Doubles;

/** Losses, and what each is of 4 rows of outputs z and targets t with means 0.5·(…). */
const LOSSES: Readonly<Record<string, Loss>> = {
  "outputs alone": (z) => mean(z),
  "a gradient without targets": (z, t) => mean(sub(z, t)),
  "targets alone": (_, t) => mean(t),
  "a constant": (z) => constant(z.engine, 3, z.dtype),
  "nothing of either": (z) => mul(constant(z.engine, 3, z.dtype), 2),
};
const INPUTS = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8);
const TARGETS = Float64Array.of(1, 0, 2, 5);

const DATA = datasetFromArrays({
  name: "rows",
  inputs: { shape: [4, 2], data: INPUTS },
  targets: { shape: [4, 1], data: TARGETS },
});

const histories: Record<string, Record<string, TrainHistory>> = {};
for (const [name, loss] of Object.entries(LOSSES)) {
  histories[name] = {};
  for (const [label, options] of Object.entries({ plain: {}, accumulated: { accumulate: 2 } })) {
    using net = netBy(loss);
    const run = { epochs: 2, batchSize: 2, learningRate: 0.5, evaluateEvery: 2, validation: DATA, ...options };
    histories[name][label] = await train(net, DATA, run);
  }
}

function netBy(loss: Loss): Network<"float64"> {
  return network(engine, sequential(dense(2, 1)), { dtype: "float64", loss, seed: 1 });
}

/** What a loss of this name is, by plain numbers. */
function wanted(name: string, net: Network<"float64">): number {
  const [w, b] = [net.parameters["W1"]!.data, net.parameters["b1"]!.data];
  const z = TARGETS.map((_, i) => INPUTS[2 * i]! * w[0]! + INPUTS[2 * i + 1]! * w[1]! + b[0]!);
  const average = (values: Float64Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  if (name === "outputs alone") return average(z);
  if (name === "targets alone") return average(TARGETS);
  if (name === "a gradient without targets") return average(z.map((value, i) => value - TARGETS[i]!));
  return name === "a constant" ? 3 : 6;
}

/** ∂mean(z)/∂w = the mean input, where the loss reads the outputs at all. */
function slope(name: string): readonly [w: readonly number[], b: number] {
  const reads = name === "outputs alone" || name === "a gradient without targets";
  return reads ? [[4, 5], 1] : [[0, 0], 0];
}

for (const [name, loss] of Object.entries(LOSSES)) {
  test(`${name}: loss, gradient and numerical gradient`, () => {
    using net = netBy(loss);
    using x = tensor(engine, INPUTS, { shape: [4, 2] });
    using t = tensor(engine, TARGETS, { shape: [4, 1] });
    assert.ok(Math.abs(net.loss(x, t) - wanted(name, net)) < 1e-12);
    using z = tensor(engine, net.logits(x).data.slice(), { shape: [4, 1] });
    assert.ok(Math.abs(net.lossOf(z, t) - wanted(name, net)) < 1e-12, "of outputs");
    const { W1, b1 } = net.gradient(x, t);
    const [w, b] = slope(name);
    assert.equal([[...W1!.data], b1!.data[0]], [w, b]);
    for (const method of ["plain", "incremental"] as const) {
      const numerical = numericalGradientOf(net, x, t, { method });
      for (const [i, value] of [...numerical["W1"]!.data].entries()) assert.ok(Math.abs(value - w[i]!) < 1e-6, method);
    }
  });

  test(`${name}: steps, evaluation, accumulation`, () => {
    using net = netBy(loss);
    using x = tensor(engine, INPUTS, { shape: [4, 2] });
    using t = tensor(engine, TARGETS, { shape: [4, 1] });
    const [w, b] = slope(name);
    for (const optimizer of [sgd({ learningRate: 0.5 }), momentum({ learningRate: 0.5 })]) {
      using state = net.optimize(optimizer);
      const before = [...net.parameters["W1"]!.data, ...net.parameters["b1"]!.data];
      net.step(state, x, t);
      const now = [...net.parameters["W1"]!.data, ...net.parameters["b1"]!.data];
      assert.equal(
        now,
        [...w, b].map((d, i) => before[i]! - 0.5 * d),
        optimizer.kind,
      );
    }
    using resident = new ResidentDataset(engine, DATA);
    assert.ok(Math.abs(evaluate(net, resident).loss - wanted(name, net)) < 1e-12, "evaluate");
    using state = net.optimize(sgd({ learningRate: 0.5 }));
    using accumulation = net.accumulation(state);
    using batch = new Minibatch(resident, 2, "float64");
    const part = accumulation.part(batch.source);
    const before = [...net.parameters["W1"]!.data];
    for (const rows of [
      [0, 1],
      [2, 3],
    ]) {
      batch.indices.set(rows);
      part.run();
    }
    accumulation.update();
    part.dispose();
    assert.equal(
      [...net.parameters["W1"]!.data],
      before.map((value, i) => value - 0.5 * w[i]!),
      "accumulated",
    );
  });

  test(`${name}: training with validation keeps its history`, () => {
    for (const [label, { losses, epochs, evaluations }] of Object.entries(histories[name] ?? {})) {
      assert.ok(losses.length > 0 && evaluations.length > 0 && losses.every(Number.isFinite), label);
      assert.is(epochs.length, 2, label);
      assert.ok(
        evaluations.every(({ validationLoss = Number.NaN }) => Number.isFinite(validationLoss)),
        label,
      );
    }
  });
}

test("sparse rows of any width are bound to one program", () => {
  using net = network(engine, sequential(dense(3, 2)), { seed: 1 });
  using state = net.optimize(sgd({ learningRate: 0.5 }));
  using labels = tensor(engine, Int32Array.of(0, 1));
  using order = tensor(engine, Int32Array.of(0, 1));
  for (const bytes of [
    [1, 0, 0, 0, 2, 0],
    [1, 2, 3, 4, 5, 6],
  ]) {
    using pixels = tensor(engine, Uint8Array.from(bytes), { shape: [2, 3] });
    using table = compress(pixels);
    using rows = new SparseMatrix(engine, [2, 3], { dtype: "float32", maxRowNonzeros: table.maxRowNonzeros });
    gatherSparseRows(table, order, rows);
    using dense = tensor(engine, Float32Array.from(bytes), { shape: [2, 3] });
    assert.ok(Math.abs(net.loss(rows, labels) - net.loss(dense, labels)) < 1e-6);
    net.step(state, rows, labels);
  }
});

test.run();
