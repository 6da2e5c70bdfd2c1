/** Evaluations that yield: the same results, other work in between, an end by a signal; datasets that are copied in pieces. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { DisposedError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { accuracyOf, evaluate } from "../../src/train/evaluation/evaluate.ts";
import { evaluateAsync, misclassifiedAsync } from "../../src/train/evaluation/evaluate_async.ts";
import { misclassified } from "../../src/train/evaluation/misclassified.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { clusters } from "../support/digits.ts";
import { loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("evaluate, in turns");
const ROWS = 256;
const BLOCKS = 8;
const data = clusters({ count: BLOCKS * ROWS - 100, size: 5, classes: 3, seed: 1 });

function netOf(size = 5): Network<"float32"> {
  return network(engine, sequential(dense(size, 4), relu(), dense(4, 3)), { seed: 1 });
}

/** Runs `body` with a clock that says how much time each look at it takes. */
async function withClock<T>(milliseconds: number, body: () => Promise<T>): Promise<T> {
  let clock = 0;
  const now = () => {
    clock += milliseconds;
    return clock;
  };
  Object.defineProperty(performance, "now", { value: now, configurable: true });
  try {
    return await body();
  } finally {
    Reflect.deleteProperty(performance, "now"); // and the runtime's own is there again
  }
}

/** Timers that fire until the promise is settled. */
async function ticksDuring<T>(promise: Promise<T>): Promise<number> {
  let [ticks, isOver] = [0, false];
  const tick = () => {
    if (isOver) return;
    ticks += 1;
    setImmediate(tick);
  };
  setImmediate(tick);
  await promise;
  isOver = true;
  return ticks;
}

test("the results are those of evaluate and misclassified, of datasets and of resident ones", async () => {
  using net = netOf();
  using resident = new ResidentDataset(engine, data);
  for (const given of [data, resident]) {
    assert.equal(await evaluateAsync(net, given, { topK: 2 }), evaluate(net, given, { topK: 2 }));
    assert.equal(await misclassifiedAsync(net, given, { limit: 30 }), misclassified(net, given, { limit: 30 }));
  }
  assert.ok((await misclassifiedAsync(net, data)).length > 5);
});

test("when a block takes 50 ms, timers have a turn after every block; when one takes 25 ms, after every second", async () => {
  using net = netOf();
  const calls: readonly (() => Promise<unknown>)[] = [
    () => evaluateAsync(net, data),
    () => misclassifiedAsync(net, data),
  ];
  for (const call of calls) {
    const often = await withClock(50, () => ticksDuring(call()));
    assert.ok(often >= BLOCKS, `${often}`);
    const every = await withClock(25, () => ticksDuring(call()));
    assert.ok(every >= BLOCKS / 2 - 1 && every < BLOCKS, `${every}`);
    assert.is(await withClock(0, () => ticksDuring(call())), 0);
  }
});

test("other work on the network in between changes nothing", async () => {
  using net = netOf();
  const expected = evaluate(net, data);
  const wrong = misclassified(net, data);
  const rows = data.slice(0, ROWS).inputs;
  const disturb = () => {
    using y = net.predict(Float32Array.from(rows, (byte) => byte * 3));
    return y.size;
  };
  for (const [call, want] of [
    [() => evaluateAsync(net, data), expected],
    [() => misclassifiedAsync(net, data), wrong],
  ] as const) {
    let isOver = false;
    let disturbances = 0;
    const disturbing = (async () => {
      while (!isOver) {
        disturb();
        disturbances += 1;
        await new Promise(setImmediate);
      }
    })();
    const found = await withClock(50, call as () => Promise<unknown>);
    isOver = true;
    await disturbing;
    assert.equal(found, want);
    assert.ok(disturbances >= BLOCKS, `${disturbances}`);
  }
});

test("a signal ends it with its reason, and everything that it held is freed", async () => {
  using net = netOf();
  evaluate(net, data); // the network keeps its programs
  const before = engine.stats();
  for (const call of [evaluateAsync, misclassifiedAsync]) {
    const reason = new Error("enough");
    const controller = new AbortController();
    setImmediate(() => controller.abort(reason));
    const running = withClock(50, () => call(net, data, { signal: controller.signal }) as Promise<unknown>);
    assert.is(await running.catch((error: unknown) => error), reason);
    const late = call(net, data, { signal: controller.signal }) as Promise<unknown>;
    assert.is(await late.catch((error: unknown) => error), reason);
  }
  const { tensors } = engine.stats();
  assert.is(tensors, before.tensors);
});

test("errors are those of evaluate, and reject", async () => {
  using net = netOf();
  const wide = clusters({ count: 10, size: 6, classes: 3, seed: 1 });
  await assertRejects(() => evaluateAsync(net, wide), ShapeError, "shape");
  await assertRejects(() => evaluateAsync(net, data, { topK: 4 }), OptionError, "topK");
  await assertRejects(() => misclassifiedAsync(net, data, { limit: 0 }), OptionError, "limit");
  const disposed = netOf();
  disposed.dispose();
  await assertRejects(() => evaluateAsync(disposed, data), DisposedError, "disposed");
});

/** 2,600 examples of 4,096 bytes, which are copied in three pieces: `share` of the bytes of an example are not zero. */
function wideData(share: (example: number) => number): Dataset<Uint8Array> {
  const random = new RandomState(2);
  const inputs = new Uint8Array(2600 * 4096);
  for (let example = 0; example < 2600; example++) {
    const count = Math.floor(4096 * share(example));
    const start = random.randint(0, 4096 - count + 1);
    for (let at = 0; at < count; at++) inputs[example * 4096 + start + at] = 1 + ((at * 7 + example) % 255);
  }
  const labels = Uint8Array.from({ length: 2600 }, (_, example) => example % 3);
  return new Dataset({ name: "wide", inputs, labels, shape: [4096], classes: 3, scale: 1 / 255 });
}

for (const [law, share] of [
  ["sparse", () => 0.05],
  ["dense", () => 0.6],
  ["sparse, of which a piece alone would be dense", (example: number) => (example < 1024 ? 0.7 : 0.01)],
  ["dense, of which a piece alone would be sparse", (example: number) => (example < 1024 ? 0.1 : 0.7)],
] as const) {
  test(`a dataset in pieces has the bits of a resident one: ${law}`, async () => {
    using net = netOf(4096);
    const wide = wideData(share);
    using resident = new ResidentDataset(engine, wide);
    assert.is(resident.layout, law.split(",")[0]);
    const expected = evaluate(net, resident, { topK: 2 });
    assert.equal(evaluate(net, wide, { topK: 2 }), expected);
    assert.equal(await evaluateAsync(net, wide, { topK: 2 }), expected);
    assert.equal(misclassified(net, wide, { limit: 2600 }), misclassified(net, resident, { limit: 2600 }));
    assert.is(accuracyOf(net, wide), expected.accuracy);
  });
}

test("a label that is no output is told by its position in the whole dataset", async () => {
  using net = netOf(4096);
  const wide = wideData(() => 0.05);
  const labels = wide.labels.slice();
  labels[2500] = 7;
  const { inputs, shape, scale } = wide;
  const wrong = new Dataset({ name: "wrong", inputs, labels, shape, classes: 8, scale });
  const error = await assertRejects(() => evaluateAsync(net, wrong), IndexError, "label");
  assert.is(error.value, 7);
});

test.run();
