/** What errors say, and what they keep: their facts, and a cause, be it an error or none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { LanegradError, MissingPackageError, OptionError, SaveError } from "../src/errors.ts";
import * as errors from "../src/index.ts";
import { reasonOf } from "../src/platform/reason.ts";
import { OverrunError, TrapError } from "../src/wasm/errors.ts";

const test = suite("errors");

test("a cause that is an error gives its message, anything else its text; the cause is kept", () => {
  for (const [cause, text] of [
    [new RangeError("no room"), "no room"],
    ["no room", "no room"],
    [28, "28"],
  ] as const) {
    const trap = new TrapError("relu", cause);
    assert.is(trap.message, `kernel relu trapped (${text}); this engine can no longer be used: load another`);
    const save = new SaveError("a.bin", cause);
    assert.equal([save.file, save.reason], ["a.bin", text]);
    assert.is(save.message, `cannot write a.bin: ${text}; free space there, or choose another folder`);
    assert.is(trap.cause, cause);
    assert.is(save.cause, cause);
  }
});

test("a reason is one line, with its cause where that is an error", () => {
  assert.is(reasonOf(new Error("fetch failed", { cause: new Error("refused") })), "fetch failed: refused");
  assert.is(reasonOf(new Error("fetch failed", { cause: "refused" })), "fetch failed");
  assert.is(reasonOf("a word"), "a word");
  assert.is(reasonOf(undefined), "undefined");
});

test("bytes are counted in the right number", () => {
  assert.match(new OverrunError(8, "after", 1).message, /written 1 byte after a block of 8 bytes/);
  assert.match(new OverrunError(8, "before", 2).message, /written 2 bytes before a block of 8 bytes/);
});

/** The names of the classes of errors that the library exports. */
const CLASSES = Object.entries(errors).flatMap(([name, exported]) =>
  Object.prototype.isPrototypeOf.call(LanegradError, exported) ? [name] : [],
);

type Sample = readonly [error: LanegradError, message: string, facts: object];

/** One of each class, with what it says and what it keeps. */
const ofEachClass = (): { readonly [name: string]: Sample } => ({
  ShapeError: [
    new errors.ShapeError("add", "b", "[2]", "[3]", "a cure"),
    "add: b: expected [2], found [3]; a cure",
    { op: "add", argument: "b", expected: "[2]", found: "[3]" },
  ],
  DTypeError: [
    new errors.DTypeError("add", "b", "float32", "float64"),
    "add: b: expected dtype float32, found float64",
    { op: "add", argument: "b", expected: "float32", found: "float64" },
  ],
  OptionError: [
    new OptionError("train: epochs", "at least 1", 0, "a cure"),
    "train: epochs: expected at least 1, found 0; a cure",
    { option: "train: epochs", expected: "at least 1", found: 0 },
  ],
  IndexError: [
    new errors.IndexError("take", "indices", 4, 7, 5),
    "take: indices[4] is 7; expected an integer from 0 to 4",
    { op: "take", argument: "indices", position: 4, value: 7, bound: 5 },
  ],
  DisposedError: [
    new errors.DisposedError("engine simd", "relu"),
    "relu: engine simd was disposed; it must live as long as it is used",
    { subject: "engine simd" },
  ],
  EngineMismatchError: [
    new errors.EngineMismatchError("add", "b"),
    "add: b belongs to another engine; operands of one call must share one memory",
    {},
  ],
  EngineError: [
    new errors.EngineError({ kind: "module", reason: "cut" }, { cause: "why" }),
    "the kernels cannot be loaded: cut",
    { fault: { kind: "module", reason: "cut" }, cause: "why" },
  ],
  AllocationError: [
    new errors.AllocationError(9, { kind: "block", limit: 8 }, { cause: "why" }),
    "allocate: expected at most 8 bytes in one block, found 9",
    { bytes: 9, fault: { kind: "block", limit: 8 }, cause: "why" },
  ],
  OverrunError: [
    new OverrunError(8, "after", 3),
    "memory: something was written 3 bytes after a block of 8 bytes; this engine can no longer be used: load another",
    { bytes: 8, side: "after", distance: 3 },
  ],
  TrapError: [
    new TrapError("srelu", "why"),
    "kernel srelu trapped (why); this engine can no longer be used: load another",
    { kernel: "srelu", cause: "why" },
  ],
  IdxError: [
    new errors.IdxError({ kind: "gzip", reason: "cut" }, "a.gz"),
    "a.gz: broken gzip: cut",
    { fault: { kind: "gzip", reason: "cut" }, file: "a.gz" },
  ],
  FormatError: [
    new errors.FormatError("npy", { kind: "header", reason: "cut" }, "a.npy"),
    "a.npy: npy: broken header: cut",
    { format: "npy", fault: { kind: "header", reason: "cut" }, file: "a.npy" },
  ],
  DatasetError: [
    new errors.DatasetError({ kind: "empty", file: "a" }, { cause: "why" }),
    "a: holds no examples",
    { fault: { kind: "empty", file: "a" }, cause: "why" },
  ],
  DownloadError: [
    new errors.DownloadError(
      "a.gz",
      [
        { address: "one", reason: "gone" },
        { address: "two", reason: "cut" },
      ],
      "by hand",
    ),
    "could not download a.gz: one (gone), two (cut); by hand",
    {
      file: "a.gz",
      attempts: [
        { address: "one", reason: "gone" },
        { address: "two", reason: "cut" },
      ],
    },
  ],
  CheckpointError: [
    new errors.CheckpointError({ kind: "damaged", reason: "cut" }, "b.npz", "a.npz"),
    "b.npz: damaged: cut; the one before it is whole: a.npz",
    { fault: { kind: "damaged", reason: "cut" }, file: "b.npz", previous: "a.npz" },
  ],
  SaveError: [
    new SaveError("a.bin", "why"),
    "cannot write a.bin: why; free space there, or choose another folder",
    { file: "a.bin", reason: "why", cause: "why" },
  ],
  DivergedError: [
    new errors.DivergedError(7, Number.NaN, "x[1]"),
    "x[1] is NaN at iteration 7; the descent stopped there: try a smaller learning rate",
    { iteration: 7, loss: Number.NaN, subject: "x[1]" },
  ],
  WorkerError: [
    new errors.WorkerError({ kind: "version", expected: 1, found: 2 }, { cause: "why" }),
    "the worker is of another release: expected protocol 1, found 2; renew its file with the program's",
    { fault: { kind: "version", expected: 1, found: 2 }, cause: "why" },
  ],
  MissingPackageError: [
    new MissingPackageError("plot", "canvas", "npm install canvas", { cause: new Error("not found\nat a line") }),
    "plot: needs the package canvas, which could not be loaded (not found); run npm install canvas",
    { package: "canvas", install: "npm install canvas" },
  ],
});

test("each class has its name, tells its facts in one line and keeps them as fields", () => {
  assert.ok(CLASSES.length > 15, "or they were not found");
  assert.equal(Object.keys(ofEachClass()).sort(), CLASSES.sort(), "one of each");
  for (const [name, [error, message, facts]] of Object.entries(ofEachClass())) {
    assert.ok(error instanceof LanegradError, name);
    assert.is(error.constructor, Reflect.get(errors, name));
    assert.is(error.name, name);
    assert.is(error.message, message);
    for (const [field, value] of Object.entries(facts)) assert.equal(Reflect.get(error, field), value, name);
  }
});

test("what is left out is not spoken of", () => {
  const { CheckpointError, DivergedError, FormatError, IdxError, IndexError, ShapeError } = errors;
  assert.is(new ShapeError("add", "b", "[2]", "[3]").message, "add: b: expected [2], found [3]");
  assert.is(new OptionError("seed", "a number", "1").message, 'seed: expected a number, found "1"');
  assert.match(new IndexError("take", "indices", 0, 0, 1).message, /from 0 to 0$/);
  assert.match(new IndexError("take", "indices", 0, 0, 0).message, /is 0; there is nothing to point at$/);
  assert.is(new IdxError({ kind: "gzip", reason: "cut" }).message, "broken gzip: cut");
  assert.is(new FormatError("npy", { kind: "header", reason: "cut" }).message, "npy: broken header: cut");
  assert.is(new CheckpointError({ kind: "damaged", reason: "cut" }).message, "checkpoint: damaged: cut");
  assert.match(new DivergedError(7, Number.NaN).message, /^loss is NaN/);
  for (const options of [undefined, { cause: "no error" }]) {
    const { message } = new MissingPackageError("plot", "canvas", "npm install canvas", options);
    assert.match(message, "could not be loaded; run npm install canvas");
  }
});

test("OptionError: a problem without a value has no 'found'", () => {
  const error = new OptionError("train", "pass either iterations or epochs, not both");
  assert.is(error.message, "train: pass either iterations or epochs, not both");
  assert.is(error.found, undefined);
  assert.is(new OptionError("seed", "a number", undefined).message, "seed: expected a number, found undefined");
});

test.run();
