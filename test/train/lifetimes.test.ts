/** Everything that owns memory, by one table: what it holds it gives back, once, and then it is of no use. */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import { SimpleNet } from "../../src/chapter/simple_net.ts";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { DisposedError } from "../../src/errors.ts";
import { sigmoid, softplus } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { exp } from "../../src/ops/elementwise.ts";
import { compress } from "../../src/ops/sparse.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { input } from "../../src/tensor/expression.ts";
import { tensorGroup } from "../../src/tensor/group.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { Minibatch, ResidentDataset } from "../../src/train/feeding/resident.ts";
import { StagedMinibatch } from "../../src/train/feeding/staged.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { clusters } from "../support/digits.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

type Owner = { readonly dispose: () => void; readonly [Symbol.dispose]?: () => void };
/** An owner, and what it is for. What it was made from lives as long as `rest` is not disposed of. */
type Made = { readonly owner: Owner; readonly use: () => unknown; readonly rest?: readonly Owner[] };

const SIZE = 4;
const data = clusters({ count: 12, size: SIZE, classes: 3, seed: 2 });
const rows = [[1, 2, 3, 4]];

const OWNERS: Readonly<Record<string, (engine: Engine) => Made>> = {
  tensor(engine) {
    const owner = tensor(engine, rows);
    return { owner, use: () => owner.data };
  },
  "an operation's result"(engine) {
    const x = tensor(engine, rows);
    const owner = exp(x);
    return { owner, use: () => softplus(owner), rest: [x] };
  },
  "tensor group"(engine) {
    const { whole, parts } = tensorGroup(engine, { a: [2, 3], b: [4] }, "float64");
    return { owner: whole, use: () => parts.b.data };
  },
  "sparse rows"(engine) {
    const bytes = tensor(engine, new Uint8Array(SIZE), { shape: [1, SIZE] });
    const owner = compress(bytes);
    return { owner, use: () => owner.starts.data, rest: [bytes] };
  },
  program(engine) {
    const owner = compile({ y: sigmoid(input(engine, [2, SIZE], { name: "x" })) });
    return { owner, use: () => owner.run() };
  },
  network(engine) {
    const owner = network(engine, sequential(dense(SIZE, 3)), { seed: 0 });
    owner.predict(rows.flat()).dispose();
    return { owner, use: () => owner.predict(rows.flat()) };
  },
  "optimizer's state"(engine) {
    const net = network(engine, sequential(dense(SIZE, 3)), { seed: 0 });
    const owner = net.optimize(adam({ learningRate: 0.1 }));
    return { owner, use: () => owner.averages[0]?.data, rest: [net] };
  },
  "training step"(engine) {
    const net = network(engine, sequential(dense(SIZE, 3)), { seed: 0 });
    const state = net.optimize(sgd({ learningRate: 0.1 }));
    const resident = new ResidentDataset(engine, data);
    const batch = new Minibatch(resident, 2, "float32");
    const owner = net.trainingStep(state, batch.source);
    owner.run();
    return { owner, use: () => owner.run(), rest: [batch, resident, state, net] };
  },
  TwoLayerNet(engine) {
    const random = new RandomState(0);
    const owner = new TwoLayerNet(engine, { inputSize: SIZE, hiddenSize: 2, outputSize: 3, random });
    return { owner, use: () => owner.predict(rows.flat()) };
  },
  SimpleNet(engine) {
    const owner = new SimpleNet(engine, { inputSize: SIZE, random: new RandomState(0) });
    return { owner, use: () => owner.parameters.W.data };
  },
  "resident dataset"(engine) {
    const owner = new ResidentDataset(engine, data);
    return { owner, use: () => owner.labels.data };
  },
  minibatch(engine) {
    const resident = new ResidentDataset(engine, data);
    const owner = new Minibatch(resident, 2, "float32");
    return { owner, use: () => owner.gather(), rest: [resident] };
  },
  "staged minibatch"(engine) {
    const owner = new StagedMinibatch(engine, data, { batchSize: 2, dtype: "float32" });
    return { owner, use: () => owner.load(data, [0, 1]) };
  },
  trainer(engine) {
    const net = network(engine, sequential(dense(SIZE, 3)), { seed: 0 });
    const owner = new Trainer(net, { train: data }, { iterations: 2, batchSize: 2, learningRate: 0.1 });
    return { owner, use: () => owner.steps().next(), rest: [net] };
  },
};

const engine = await loadEngine();
const { module } = engine;
const test = leakFreeSuite("lifetimes", engine);

for (const [name, make] of Object.entries(OWNERS)) {
  test(`${name}: disposed of twice like once, and a block given anew in between stays whole`, () => {
    const before = engine.stats();
    const { owner, rest = [] } = make(engine);
    assert.ok(engine.stats().tensors > before.tensors);
    owner.dispose();
    const between = Array.from({ length: 40 }, (_, i) => tensor(engine, Array(1 + i).fill(i)));
    const { tensors, bytes } = engine.stats();
    owner.dispose();
    owner[Symbol.dispose]?.();
    assert.equal([engine.stats().tensors, engine.stats().bytes], [tensors, bytes]);
    const more = Array.from({ length: 40 }, (_, i) => tensor(engine, Array(1 + i).fill(-1)));
    for (const [i, { data: numbers }] of between.entries()) {
      assert.ok(
        numbers.every((value) => value === i),
        `block ${i}`,
      );
    }
    disposeAll([...between, ...more, ...rest]);
    assert.equal([engine.stats().tensors, engine.stats().bytes], [before.tensors, before.bytes]);
  });

  test(`${name}: what was disposed of is refused, and says so`, () => {
    const { owner, use, rest = [] } = make(engine);
    owner.dispose();
    assertThrows(use, DisposedError, name);
    disposeAll(rest);
  });

  test(`${name}: a scope gives its memory back, even when its body throws`, () => {
    const before = engine.stats();
    const scope = () => {
      const { owner, rest = [] } = make(engine);
      using _ = { [Symbol.dispose]: () => disposeAll([owner, ...rest]) };
      throw new RangeError("in the scope");
    };
    assertThrows(scope, RangeError, name);
    assert.equal([engine.stats().tensors, engine.stats().bytes], [before.tensors, before.bytes]);
  });
}

const atTheEnd = suite("lifetimes, after the engine's end");
for (const [name, make] of Object.entries(OWNERS)) {
  atTheEnd(`${name} is refused, and disposing of it is quiet`, async () => {
    const own = await Engine.load({ build: BUILD, wasm: module });
    const { owner, use, rest = [] } = make(own);
    own.dispose();
    assertThrows(use, DisposedError, name);
    assert.not.throws(() => disposeAll([owner, ...rest]));
    assert.is(own.stats().tensors, 0);
  });
}

test.run();
atTheEnd.run();

function disposeAll(owners: readonly Owner[]): void {
  for (const owner of owners) owner.dispose();
}
