import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { DTypeError } from "../../src/errors.ts";
import { add, div, equal, greater, greaterEqual, maximum, minimum, mul, sub } from "../../src/ops/binary.ts";
import { type CastType, cast } from "../../src/ops/cast.ts";
import { mean } from "../../src/ops/reduce.ts";
import { sum } from "../../src/ops/sum.ts";
import { where } from "../../src/ops/where.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import { assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { NUMPY, numbersOf, tensorOf } from "../support/numpy_types.ts";

const engine = await loadEngine();
const test = leakFreeSuite("casts and integers", engine);

test("cast: NumPy's numbers between all dtypes, at once and in a program", () => {
  assert.is(NUMPY.casts.length, 16);
  for (const { x: values, from, to, y: want } of NUMPY.casts) {
    using x = tensorOf(engine, values, from);
    using y = cast(x, to as CastType);
    assert.is(y.dtype, to);
    assertSame(y.data, numbersOf(want), `${from} to ${to}`);
    using program = compile({ y: cast(expressionOf(x), to as CastType) });
    program.run();
    assertSame(program.outputs.y.data, numbersOf(want), `${from} to ${to}, program`);
  }
});

test("cast: beyond an integer dtype its nearest number, 0 of NaN; int32 keeps the lowest bits as uint8", () => {
  const numbers = [NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31) - 1025, -0.9, 1e30, -7, 255.9, 256];
  for (const dtype of ["float32", "float64"] as const) {
    using x = tensor(engine, numbers, { dtype });
    using integers = cast(x, "int32");
    const [least, most] = [-(2 ** 31), 2 ** 31 - 1];
    assert.equal([...integers.data], [0, most, least, most, least, 0, most, -7, 255, 256], dtype);
    using bytes = cast(x, "uint8");
    assert.equal([...bytes.data], [0, 255, 0, 255, 0, 0, 255, 0, 255, 255], dtype);
  }
  using x = tensor(engine, Int32Array.of(-1, 256, 511));
  using y = cast(x, "uint8");
  assert.equal([...y.data], [255, 0, 255]);
});

test("cast: a program with both floats; its gradient flows between floats, not through integers", () => {
  const x = input(engine, [3], { name: "x" });
  const double = cast(x, "float64");
  const loss = cast(sum(mul(double, double)), "float32");
  const steps = sum(mul(cast(cast(x, "int32"), "float32"), x));
  const [dx] = gradientsOf(loss, [x]);
  const [ds] = gradientsOf(steps, [x]);
  using program = compile({ loss, dx: dx!, ds: ds! });
  program.inputs["x"]!.set([1.5, -2.5, 3]);
  program.run();
  assert.equal([...program.outputs.loss.data], [17.5]);
  assert.equal([...program.outputs.dx.data], [3, -5, 6]);
  assert.is(program.outputs.dx.dtype, "float32");
  assert.equal([...program.outputs.ds.data], [1, -2, 3], "of the other factor alone");
  assert.is(cast(x, "float32"), x);
});

test("cast: what it refuses", () => {
  using words = tensor(engine, Uint16Array.of(1));
  using x = tensor(engine, [1]);
  assert.throws(() => cast(words, "int32"), /cast: x: expected dtype float32, float64, int32 or uint8, found uint16/);
  assert.throws(() => cast(x, "uint16" as CastType), /cast: dtype: expected float32, float64, int32 or uint8/);
  assert.throws(() => cast(x, "toString" as CastType), /cast: dtype/);
  assert.throws(() => cast([1] as never, "int32"), /cast: x: expected a tensor/);
});

const FUNCTIONS = { add, sub, mul, maximum, minimum, greater, greaterEqual, equal };

for (const [name, f] of Object.entries(FUNCTIONS)) {
  test(`${name} of int32: NumPy's numbers, wrapping around, at once and in a program`, () => {
    const { values } = NUMPY.integers;
    const n = values.length;
    using row = tensor(engine, Int32Array.from(values), { shape: [1, n] });
    using column = tensor(engine, Int32Array.from(values), { shape: [n, 1] });
    using y = f(row, column);
    assert.is(y.dtype, "int32");
    assertSame(y.data, NUMPY.integers[name]!, name);
    using program = compile({ y: f(expressionOf(row), column) });
    program.run();
    assertSame(program.outputs.y.data, NUMPY.integers[name]!, name);
  });
}

test("integers: numbers as operands, five axes, and in place", () => {
  using x = tensor(engine, Int32Array.of(1, -2, 3));
  using y = sub(10, x);
  assert.equal(y.toArray(), [9, 12, 7]);
  add(y, -1, { out: y });
  assert.equal(y.toArray(), [8, 11, 6]);
  assert.throws(() => add(x, 0.5), /add: b: expected an integer of int32, found 0.5/);
  assert.throws(() => add(2 ** 31, x), /add: a: expected an integer of int32, found 2147483648/);
  const program = compile({ y: mul(add(expressionOf(x), 4), 3) });
  program.run();
  assert.equal(program.outputs.y.toArray(), [15, 6, 21]);
  program.dispose();

  const shape = [2, 1, 2, 1, 3] as const;
  using a = tensor(
    engine,
    Int32Array.from({ length: 12 }, (_, i) => i),
    { shape },
  );
  using b = tensor(
    engine,
    Int32Array.from({ length: 6 }, (_, i) => 100 * i),
    { shape: [3, 1, 2, 1] },
  );
  using sums = add(a, b);
  assert.equal(sums.shape, [2, 3, 2, 2, 3]);
  for (const [at, value] of sums.data.entries()) {
    const [i, j, k, l, m] = [
      Math.floor(at / 36),
      Math.floor(at / 12) % 3,
      Math.floor(at / 6) % 2,
      Math.floor(at / 3) % 2,
      at % 3,
    ];
    assert.is(value, (i * 2 + k) * 3 + m + 100 * (j * 2 + l));
  }
});

test("integers: where chooses by a comparison of int32", () => {
  using a = tensor(engine, Int32Array.of(1, 5, -(2 ** 31)));
  using b = tensor(engine, Int32Array.of(4, 2, 0));
  using isLarger = greater(a, b);
  using y = where(isLarger, a, b);
  assert.equal(y.toArray(), [4, 5, 0]);
  using numbers = where(isLarger, 1, -1);
  assert.equal(numbers.toArray(), [-1, 1, -1]);
});

test("sum of int32: NumPy's numbers over any axes, wrapping around", () => {
  using x = tensorOf(engine, NUMPY.block, "int32", [2, 3, 2]);
  assert.is(NUMPY.sums.length, 7);
  for (const { axes, y: want } of NUMPY.sums) {
    using y = sum(x, { axes });
    assertSame(y.data, numbersOf(want), `axes ${axes}`);
    using program = compile({ y: sum(expressionOf(x), { axes, keepAxes: true }) });
    program.run();
    assertSame(program.outputs.y.data, numbersOf(want), `axes ${axes}, program`);
    assert.is(program.outputs.y.dtype, "int32");
  }
  using nothing = sum(x.part(0, [0, 3]), { axes: [0] });
  assert.equal(nothing.toArray(), [0, 0, 0]);
});

test("integers: dtypes are not mixed, and what floats alone have refuses them", () => {
  using i = tensor(engine, Int32Array.of(1));
  using x = tensor(engine, [1]);
  using bytes = tensor(engine, Uint8Array.of(1));
  for (const call of [
    () => add(i, x as never),
    () => add(x, i as never),
    () => div(i, i),
    () => div(1, i),
    () => add(bytes as never, bytes as never),
    () => sum(bytes as never),
    () => mean(i),
    () => where(x, i, x as never),
  ]) {
    assert.throws(call, (error: unknown) => error instanceof DTypeError);
  }
  assert.throws(() => add(bytes as never, 1), /add: a: expected dtype float32, float64 or int32, found uint8/);
  assert.throws(() => gradientsOf(sum(expressionOf(i)), []), /grad: loss: expected floats/);
});

test("a count of what is equal has no gradient, and stops none", () => {
  const x = input(engine, [4], { name: "x" });
  const rounded = cast(x, "int32") as Expression<"int32">;
  const share = cast(sum(equal(rounded, 2)), "float32");
  const loss = mul(sum(x), share);
  const [dx] = gradientsOf(loss, [x]);
  using program = compile({ loss, dx: dx! });
  program.inputs["x"]!.set([2.5, 2, 1, 0]);
  program.run();
  assert.equal([...program.outputs.loss.data], [11]);
  assert.equal([...program.outputs.dx.data], [2, 2, 2, 2]);
});

test.run();
