/** Gradients of several minibatches, added up: the same update as by one minibatch of all their rows. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, IndexError, OptionError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { momentum } from "../../src/nn/optimizers/momentum.ts";
import type { Optimizer } from "../../src/nn/optimizers/record.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("accumulation");
const ROWS = [6, 6, 3];
const COUNT = 15;

function netOf(): Network<"float64"> {
  return network(engine, sequential(dense(7, 5), relu(), dense(5, 4)), { seed: 2, dtype: "float64" });
}

function examples(): { readonly x: Float64Array; readonly t: Int32Array } {
  const random = new RandomState(3);
  return { x: random.randn(COUNT, 7), t: random.choice(4, COUNT) };
}

const OPTIMIZERS: readonly Optimizer[] = [
  sgd({ learningRate: 0.3 }),
  sgd({ learningRate: 0.3, clipNorm: 0.1 }),
  momentum({ learningRate: 0.1, weightDecay: 0.01 }),
  adam({ learningRate: 0.01 }),
];

for (const optimizer of OPTIMIZERS) {
  test(`three minibatches of 6, 6 and 3 rows are one of 15: ${JSON.stringify(optimizer)}`, () => {
    const { x, t } = examples();
    using whole = netOf();
    using wholeState = whole.optimize(optimizer);
    using allX = tensor(engine, x, { shape: [COUNT, 7] });
    using allT = tensor(engine, t);

    using net = netOf();
    using state = net.optimize(optimizer);
    using sums = net.accumulation(state);
    for (let update = 0; update < 3; update++) {
      whole.step(wholeState, allX, allT);
      let start = 0;
      for (const rows of ROWS) {
        using partX = tensor(engine, x.slice(7 * start, 7 * (start + rows)), { shape: [rows, 7] });
        using partT = tensor(engine, t.slice(start, start + rows));
        const part = sums.part(sourceOf(partX, partT));
        part.run();
        part.dispose();
        start += rows;
      }
      sums.update();
    }
    assert.is(state.step, 3);
    for (const [name, { data }] of Object.entries(net.parameters)) {
      const want = whole.parameters[name]!.data;
      for (let i = 0; i < want.length; i++) {
        assert.ok(Math.abs(data[i]! - want[i]!) <= 1e-12 * Math.max(1, Math.abs(want[i]!)), `${name}[${i}]`);
      }
    }
  });
}

test("a part's loss is its minibatch's, and masks differ from part to part", () => {
  const { x, t } = examples();
  using net = network(engine, sequential(dense(7, 20), relu(), dropout(0.5), dense(20, 4)), {
    seed: 2,
    dtype: "float64",
  });
  using allX = tensor(engine, x, { shape: [COUNT, 7] });
  using allT = tensor(engine, t);
  using state = net.optimize(sgd({ learningRate: 0 }));
  using sums = net.accumulation(state);
  const part = sums.part(sourceOf(allX, allT));
  part.run();
  const first = part.loss.data[0]!;
  part.run();
  assert.is.not(part.loss.data[0], first, "another mask");
  sums.update();
  assert.is(net.counter?.data[1], 2, "one mask for each part");
  part.dispose();
});

test("an update needs a minibatch, and a label out of range adds nothing", () => {
  using net = netOf();
  using state = net.optimize(sgd({ learningRate: 1 }));
  using sums = net.accumulation(state);
  assertThrows(() => sums.update(), OptionError, "sums.update");
  using x = tensor(engine, new Float64Array(7), { shape: [1, 7] });
  using t = tensor(engine, new Int32Array([4]));
  const part = sums.part(sourceOf(x, t));
  assertThrows(() => part.run(), IndexError, "part.run");
  assertThrows(() => sums.update(), OptionError, "sums.update");
  t.data[0] = 1;
  part.run();
  sums.update();
  assertThrows(() => sums.update(), OptionError, "added up once only");
  part.dispose();
  net.dispose();
  assertThrows(() => net.accumulation(state), DisposedError, "net.accumulation");
});

test("when the sums were disposed, what needs them says so", () => {
  using net = netOf();
  using state = net.optimize(sgd({ learningRate: 1 }));
  using x = tensor(engine, new Float64Array(7), { shape: [1, 7] });
  using t = tensor(engine, new Int32Array(1));
  const sums = net.accumulation(state);
  const part = sums.part(sourceOf(x, t));
  part.run();
  sums.dispose();
  assert.match(assertThrows(() => part.run(), DisposedError, "part.run").message, /sum of d[Wb][12] float64/);
  assert.match(assertThrows(() => sums.update(), DisposedError, "sums.update").message, /share float64/);
  part.dispose();
});

test("everything is given back", () => {
  const before = engine.stats();
  {
    using net = netOf();
    using state = net.optimize(adam({ learningRate: 1 }));
    using sums = net.accumulation(state);
    using x = tensor(engine, new Float64Array(7), { shape: [1, 7] });
    using t = tensor(engine, new Int32Array(1));
    const part = sums.part(sourceOf(x, t));
    part.run();
    part.dispose();
    assertThrows(() => part.run(), DisposedError, "a part that was disposed");
    sums.update();
  }
  assert.equal(engine.stats(), before);
});

test.run();

function sourceOf(x: ReturnType<typeof tensor<Float64Array, "float64">>, t: ReturnType<typeof tensor<Int32Array>>) {
  return { x: expressionOf(x), t: expressionOf(t) };
}
