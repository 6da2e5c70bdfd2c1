/** What a network is given: which plain numbers are examples, labels and targets. */
import * as assert from "uvu/assert";
import { DTypeError, ShapeError } from "../../src/errors.ts";
import { checkFloatType, examplesOf, type Targets, withTensors } from "../../src/nn/inputs.ts";
import type { TensorData } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("inputs", engine);

/** What examples of three numbers become, beside labels or targets of so many classes. */
function described(x: TensorData, t: Targets<"float32">, classes: number): readonly [string, string] {
  const form = { inputSize: 3, outputSize: classes, dtype: "float32" } as const;
  type Described = readonly [string, string];
  return withTensors<"float32", never, Described>(engine, { x, t }, form, (x, t) => [x.describe(), t.describe()]);
}

test("numbers are labels where there is one for each example, and targets where each class has one", () => {
  const two = new Float32Array(6);
  for (const [t, classes, want] of [
    [[1, 0], 4, "t int32 [2]"],
    [[1, 0], 1, "t int32 [2]"],
    [new Float32Array(2), 1, "t int32 [2]"],
    [[[1], [0]], 4, "t int32 [2]"],
    [[[1], [0]], 1, "t float32 [2, 1]"],
    [new Float32Array(8), 4, "t float32 [2, 4]"],
    [[0, 1, 2, 3, 4, 5], 3, "t float32 [2, 3]"],
  ] as const) {
    assert.equal(described(two, t as TensorData, classes), ["x float32 [2, 3]", want], `${t}`);
  }
  assert.equal(described([1, 2, 3], 2, 4), ["x float32 [1, 3]", "t int32 [1]"], "one example and its label");
});

test("numbers that are neither labels nor targets are refused, and so are examples that fill no rows", () => {
  for (const t of [[1], [1, 2, 3], new Float32Array(7), [[1, 2, 3, 4]]]) {
    const error = assertThrows(() => described(new Float32Array(6), t, 4), ShapeError, `${t}`);
    assert.equal([error.op, error.argument, error.expected], ["network", "t", "2 labels or [2, 4] targets"]);
  }
  for (const x of [[1, 2], new Float32Array(7), [[1], [2]]]) {
    const error = assertThrows(() => examplesOf(engine, x, 3, "float32"), ShapeError, `${x}`);
    assert.equal([error.op, error.argument, error.expected], ["network", "x", "rows of 3 numbers"]);
  }
});

test("nested numbers that are ragged are refused by the name of what they are", () => {
  const ragged = [[1, 2, 3], [4]];
  assert.is(assertThrows(() => described(ragged, [1, 0], 4), ShapeError, "x").argument, "x[1]");
  assert.is(assertThrows(() => described(new Float32Array(6), ragged, 4), ShapeError, "t").argument, "t[1]");
});

test("a network's numbers are float32 or float64", () => {
  for (const dtype of ["float32", "float64"] as const) checkFloatType(dtype);
  for (const dtype of ["int32", "float16", undefined, null]) {
    const error = assertThrows(() => checkFloatType(dtype as FloatType), DTypeError, `${dtype}`);
    assert.equal([error.op, error.argument, error.found], ["network", "dtype", `${dtype}`]);
  }
});

test.run();
