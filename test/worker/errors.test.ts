/** Errors cross from a worker with their class, their fields and their cause. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Dataset } from "../../src/data/dataset.ts";
import { LanegradError } from "../../src/errors.ts";
import * as library from "../../src/index.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { sgd } from "../../src/nn/optimizers/sgd.ts";
import { schedule } from "../../src/nn/schedules.ts";
import type { Checkpoint } from "../../src/train/checkpoints/checkpoint.ts";
import { emptyHistory } from "../../src/train/loop/history.ts";
import { decodeError, encodeError } from "../../src/worker/errors.ts";
import { clusters } from "../support/digits.ts";
import { assertRejects } from "../support/throws.ts";
import { startLocalWorker } from "../support/workers.ts";

const test = suite("worker: errors");

/** Every class that the library throws. */
const examples: readonly Error[] = [
  new library.ShapeError("matmul", "b", "[3, 2]", "[2, 2]"),
  new library.DTypeError("add", "b", "float32", "float64"),
  new library.OptionError("batchSize", "an integer", Number.NaN),
  new library.IndexError("batch", "indices", 3, 12, 10),
  new library.DisposedError("engine simd", "step"),
  new library.EngineMismatchError("add", "b"),
  new library.EngineError({ kind: "no-simd" }),
  new library.AllocationError(2 ** 31, { kind: "block", limit: 2 ** 30 }),
  new library.OverrunError(48, "after", 1),
  new library.TrapError("sgemm", new RangeError("out of bounds")),
  new library.IdxError({ kind: "length", expected: 16, found: 3 }, "images"),
  new library.FormatError("npy", { kind: "header", reason: "none" }, "x.npy"),
  new library.DatasetError({ kind: "empty", file: "images" }),
  new library.DownloadError("images", [{ address: "a", reason: "b" }], "fetch it"),
  new library.CheckpointError({ kind: "no-checkpoint" }, "a", "b"),
  new library.SaveError("a", new Error("full")),
  new library.DivergedError(3, Number.NaN),
  new library.MissingPackageError("lines", "plot", "npm i plot"),
  new library.WorkerError({ kind: "ended", reason: "none" }),
];

/** What an error shows of itself, and whether it may be written. */
function fieldsOf(error: Error): [string, PropertyDescriptor][] {
  return Object.entries(Object.getOwnPropertyDescriptors(error)).filter(([, { enumerable }]) => enumerable);
}

test("every class of the library has an example here", () => {
  const isClass = (exported: unknown) => Object.prototype.isPrototypeOf.call(LanegradError, exported as object);
  const classes = Object.entries(library).flatMap(([name, exported]) => (isClass(exported) ? [name] : []));
  assert.ok(classes.length > 15, "or they were not found");
  assert.equal(examples.map(({ name }) => name).sort(), classes.sort());
});

for (const error of examples) {
  test(`${error.name} crosses with class, text and fields`, () => {
    const crossed = decodeError(structuredClone(encodeError(error)));
    assert.instance(crossed, error.constructor);
    assert.instance(crossed, library.LanegradError);
    assert.is(crossed.message, error.message);
    assert.is(crossed.stack, error.stack);
    assert.equal(fieldsOf(crossed), fieldsOf(error));
    assert.is("cause" in crossed, "cause" in error);
    assert.is((crossed.cause as Error | undefined)?.message, (error.cause as Error | undefined)?.message);
    assert.is(crossed.cause?.constructor, error.cause?.constructor);
    assert.is(String(crossed), String(error));
  });
}

test("errors of the language keep their class, others their name; what is no error becomes one", () => {
  const far = decodeError(encodeError(new RangeError("far")));
  assert.instance(far, RangeError);
  assert.equal(Object.keys(far), []);
  const own = decodeError(encodeError(Object.assign(new Error("own"), { name: "Own", code: 3 })));
  assert.is(own.name, "Own");
  assert.is((own as Error & { code?: number }).code, 3);
  assert.is(decodeError(encodeError(new DOMException("late", "AbortError"))).name, "AbortError");
  const words = decodeError(encodeError("words"));
  assert.is(String(words), "Error: words");
  assert.type(words.stack, "string");
  assert.is(decodeError(encodeError(new Error("a", { cause: "b" }))).cause, "b");
});

test("a cause that is a field crosses as any cause", () => {
  const error = Object.assign(new Error("a"), { cause: new library.DivergedError(3, Number.NaN) });
  assert.instance(decodeError(structuredClone(encodeError(error))).cause, library.DivergedError);
});

test("a field that cannot be posted crosses as what it reads like", () => {
  const error = decodeError(structuredClone(encodeError(new library.OptionError("loss", "a name", String.raw))));
  assert.is((error as library.OptionError).found, String(String.raw));
});

test("what a worker refuses is rejected as the main thread throws it", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(sequential(dense(8, 2)));
  const data = await worker.dataset(clusters({ count: 30, size: 8, classes: 2, seed: 1 }));
  const narrow = await worker.dataset(clusters({ count: 30, size: 4, classes: 2, seed: 1 }));
  const options = { epochs: 1, learningRate: 0.1, batchSize: 10 };

  const option = await assertRejects(
    () => net.train(data, { ...options, batchSize: 0 }),
    library.OptionError,
    "OptionError",
  );
  assert.is(option.option, "batchSize");
  assert.is(option.found, 0);
  const shape = await assertRejects(() => net.train(narrow, options), library.ShapeError, "ShapeError");
  assert.is(shape.found, "4");
  await assertRejects(() => net.predict([1, 2, 3]), library.ShapeError, "ShapeError");
  await assertRejects(() => worker.load(Uint8Array.of(1, 2, 3)), library.FormatError, "FormatError");
  await assertRejects(() => worker.network(sequential(dense(8, 2)), { seed: 0.5 }), library.OptionError, "OptionError");
  await assertRejects(() => net.setWeights([]), library.FormatError, "FormatError");
  const loss = { loss: (() => 0) as never };
  assert.is(
    (await assertRejects(() => worker.network(sequential(dense(8, 2)), loss), library.OptionError, "OptionError"))
      .option,
    "network: loss",
  );
  const one = await assertRejects(() => worker.network(sequential(dense(8, 1))), library.OptionError, "one output");
  assert.match(one.message, "use binaryCrossEntropyWithLogits");
  assert.is((await worker.stats()).networks, 1); // what failed left nothing behind
});

test("a run that diverges is rejected, and its history holds the records up to there", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(sequential(dense(8, 2)), { loss: "squaredError", dtype: "float64" });
  const data = await worker.dataset(clusters({ count: 30, size: 8, classes: 2, seed: 1 }));
  const history = emptyHistory();
  const labels = { epochs: 1, learningRate: 1, batchSize: 10 };
  await assertRejects(() => net.train(data, labels), library.DTypeError, "DTypeError"); // labels are no numbers

  const classes = await worker.network(sequential(dense(8, 2)));
  const diverging = { epochs: 50, batchSize: 10, learningRate: 3e38 };
  const error = await assertRejects(
    () => classes.train(data, diverging, history),
    library.DivergedError,
    "DivergedError",
  );
  assert.is(history.losses.length, error.iteration + 1);
  assert.not.ok(Number.isFinite(history.losses.at(-1)));
});

test("a run whose last update overflows is rejected, and the checkpoints that were sent are finite", async () => {
  await using worker = await startLocalWorker();
  const net = await worker.network(sequential(dense(8, 2)), { seed: 0 });
  const { name, inputs, labels, shape, classes } = clusters({ count: 30, size: 8, classes: 2, seed: 1 });
  const data = await worker.dataset(new Dataset({ name, inputs, labels, shape, classes }));
  const parts = [
    { schedule: 1e-6, steps: 2 },
    { schedule: 3e38, steps: 1 },
  ];
  const sent: Checkpoint[] = [];
  const options = {
    ...{ epochs: 1, batchSize: 10, optimizer: sgd({ learningRate: schedule({ kind: "sequence", parts }) }) },
    ...{ checkpointEvery: 1, onCheckpoint: (checkpoint: Checkpoint) => void sent.push(checkpoint) },
  };
  const error = await assertRejects(() => net.train(data, options), library.DivergedError, "DivergedError");
  assert.equal([error.iteration, error.subject], [2, "W1"]);
  assert.equal(
    sent.map(({ iteration }) => iteration),
    [1, 2],
  );
  for (const { arrays } of sent) assert.ok(arrays.get("W1")?.data.every((x) => Number.isFinite(Number(x))));
});

test.run();
