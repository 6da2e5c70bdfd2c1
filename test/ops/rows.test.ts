/** Elements in another order, against indices; nothing is computed, so everything is exact. */
import * as assert from "uvu/assert";

import { grad } from "../../src/autodiff/grad.ts";
import { gradCheck } from "../../src/autodiff/grad_check.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { DTypeError, EngineMismatchError, IndexError, OptionError, ShapeError } from "../../src/errors.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import { mul } from "../../src/ops/binary.ts";
import { softmaxCrossEntropy } from "../../src/ops/cross_entropy.ts";
import { gather } from "../../src/ops/indexing.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { slice } from "../../src/ops/slicing.ts";
import { sum } from "../../src/ops/sum.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { countOf, type NestedNumbers, nest, type Shape, show } from "../../src/tensor/layout.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { computingTime } from "../support/clock.ts";
import { assertEqual, assertSame } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { transposed } from "../support/oracle.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const other = await loadEngine();
const test = leakFreeSuite("rows", engine);

const SHAPES: readonly Shape[] = [[5], [4, 3], [3, 1, 4], [2, 3, 2, 5], [0, 3], [3, 0, 2]];

/** 1, 2, 3 …, so that each element tells where it came from. */
function counted(dtype: FloatType, shape: Shape, from = 1): Tensor<FloatType> {
  const values = Float64Array.from({ length: countOf(shape) }, (_, i) => from + i);
  return tensor(engine, values, { dtype, shape });
}

function dropped(x: Expression<"float64">, counter: Expression<"int32">): Expression {
  return dropout(x, counter, { rate: 0.5 });
}

type Nested = readonly NestedNumbers[];

/** `slice` of nested arrays, some axes down. */
function sliced(x: NestedNumbers, start: number, end: number, axis: number): NestedNumbers {
  if (axis === 0) return (x as Nested).slice(start, end);
  return (x as Nested).map((inner) => sliced(inner, start, end, axis - 1));
}

/** `concat` of nested arrays, some axes down. */
function joined(parts: readonly NestedNumbers[], axis: number): NestedNumbers {
  if (axis === 0) return parts.flatMap((part) => part as Nested);
  return (parts[0] as Nested).map((_, i) =>
    joined(
      parts.map((part) => (part as Nested)[i]!),
      axis - 1,
    ),
  );
}

for (const dtype of FLOATS) {
  test(`reshape keeps elements in their order, in a tensor of its own, ${dtype}`, () => {
    for (const [from, to] of [
      [[6], [2, 3]],
      [
        [2, 3],
        [3, 2],
      ],
      [
        [2, 3],
        [2, 3],
      ],
      [[1], []],
      [[], [1, 1]],
      [
        [0, 3],
        [5, 0],
      ],
    ] as const) {
      using x = counted(dtype, from);
      using y = reshape(x, to);
      assert.equal([y.shape, y.dtype], [to, dtype]);
      assertSame(y.data, x.data, show(to));
      assert.ok(y.pointer !== x.pointer, "a copy");
      using program = compile({ y: reshape(mul(expressionOf(x), 2), to) });
      program.run();
      assert.equal(program.outputs.y.shape, to);
      assertSame(
        program.outputs.y.data,
        x.data.map((value) => 2 * value),
        "in a program",
      );
    }
  });

  test(`transpose of every size from 0 to 9, ${dtype}`, () => {
    for (let m = 0; m <= 9; m++) {
      for (let n = 0; n <= 9; n++) {
        using x = counted(dtype, [m, n]);
        using y = transpose(x);
        assert.equal(y.shape, [n, m]);
        assertSame(y.data, transposed(m, n, x.data), `${m} × ${n}`);
      }
    }
  });

  test(`slice takes every range of every axis, counted from either end, ${dtype}`, () => {
    for (const shape of SHAPES) {
      using x = counted(dtype, shape);
      for (const [axis, extent] of shape.entries()) {
        for (let start = 0; start <= extent; start++) {
          for (let end = start; end <= extent; end++) {
            const label = `${show(shape)}: ${start}..${end} of axis ${axis}`;
            using y = slice(x, start, end, { axis });
            assert.equal([y.shape, y.dtype], [shape.with(axis, end - start), dtype], label);
            assert.equal(y.toArray(), sliced(x.toArray(), start, end, axis), label);
            using same = slice(x, start, end, { axis: axis - shape.length });
            assertSame(same.data, y.data, label);
          }
        }
      }
    }
    using x = counted(dtype, [4, 3]);
    using rows = slice(x, 1, 3);
    assert.equal(rows.toArray(), sliced(x.toArray(), 1, 3, 0), "axis 0 by default");
  });

  test(`concat puts values one after the other along every axis, ${dtype}`, () => {
    for (const shape of SHAPES) {
      for (const [axis, extent] of shape.entries()) {
        using a = counted(dtype, shape, 1);
        using b = counted(dtype, shape.with(axis, 2), 100);
        using none = counted(dtype, shape.with(axis, 0), 200);
        const values = [a, b, none, a];
        const want = joined(
          values.map((value) => value.toArray()),
          axis,
        );
        for (const counting of [axis, axis - shape.length]) {
          using y = concat(values, { axis: counting });
          assert.equal([y.shape, y.dtype], [shape.with(axis, 2 * extent + 2), dtype]);
          assert.equal(y.toArray(), want, `${show(shape)} along ${axis}`);
        }
        using program = compile({ y: concat([expressionOf(a), b, mul(expressionOf(none), 2), a], { axis }) });
        program.run();
        assertSame(program.outputs.y.data, (want as number[]).flat(9), "in a program");
      }
    }
    using x = counted(dtype, [2, 2]);
    using alone = concat([x]);
    assert.equal(alone.toArray(), x.toArray());
    assert.ok(alone.pointer !== x.pointer, "of one value, a copy");
  });

  test(`gather picks rows by their indices, as often as they come, ${dtype}`, () => {
    for (const shape of [[5], [4, 3], [3, 2, 5], [3, 0], [3, 1]]) {
      using x = counted(dtype, shape);
      for (const order of [[], [0], [2, 0, 2, 1, 2]]) {
        using indices = tensor(engine, new Int32Array(order));
        using y = gather(x, indices);
        assert.equal([y.shape, y.dtype], [[order.length, ...shape.slice(1)], dtype]);
        const table = nest(x.data, shape) as Nested;
        assert.equal(
          y.toArray(),
          order.map((row) => table[row]!),
          `${show(shape)}: ${show(order)}`,
        );
        using program = compile({ y: gather(expressionOf(x), expressionOf(indices)) });
        program.run();
        assertEqual(program.outputs.y.data, y.data, "in a program");
      }
    }
  });
}

test("reshape refuses another number of elements, and what is no shape", () => {
  using x = zeros(engine, [2, 3]);
  for (const shape of [[5], [], [2, 3, 2], [0]]) {
    const error = assertThrows(() => reshape(x, shape), ShapeError, show(shape));
    assert.is(error.message, `reshape: x: expected ${countOf(shape)} elements for ${show(shape)}, found [2, 3]`);
  }
  for (const shape of [
    [-2, -3],
    [1.5, 4],
    [-1, 6],
  ]) {
    assert.is(assertThrows(() => reshape(x, shape), OptionError, show(shape)).option, "reshape: shape");
  }
  const given = [3, 2];
  using y = reshape(x, given);
  given[0] = 9;
  assert.equal(y.shape, [3, 2], "the shape is a copy");
});

test("transpose refuses axes that are not each of its own once", () => {
  using x = zeros(engine, [2, 2, 1]);
  for (const axes of [[], [0, 1], [0, 1, 1], [0, 1, 3], [0, 1, 0.5], [0, 1, 2, 2]]) {
    const error = assertThrows(() => transpose(x, { axes }), OptionError, show(axes));
    assert.match(error.message, "transpose: axes: expected each of the 3 axes of [2, 2, 1] once, found [");
  }
});

test("slice refuses axes that are not there and ranges that lie outside", () => {
  using x = zeros(engine, [4, 3]);
  for (const [start, end, axis, text] of [
    [0, 5, 0, "slice: range: expected a range within 0..4, found 0..5"],
    [0, 4, 1, "slice: range: expected a range within 0..3, found 0..4"],
    [-1, 2, 0, "slice: range: expected a range within 0..4, found -1..2"],
    [3, 2, -2, "slice: range: expected a range within 0..4, found 3..2"],
    [0.5, 2, 0, "slice: range: expected a range within 0..4, found 0.5..2"],
    [0, Number.NaN, 0, "slice: range: expected a range within 0..4, found 0..NaN"],
    [0, 1, 2, "slice: axis: expected an axis of [4, 3], found 2"],
    [0, 1, -3, "slice: axis: expected an axis of [4, 3], found -3"],
    [0, 1, 0.5, "slice: axis: expected an axis of [4, 3], found 0.5"],
  ] as const) {
    assert.is(assertThrows(() => slice(x, start, end, { axis }), ShapeError, text).message, text);
  }
  using scalar = zeros(engine, []);
  assertThrows(() => slice(scalar, 0, 1), ShapeError, "no axes");
});

test("concat refuses nothing, shapes that differ elsewhere, and dtypes and engines that differ", () => {
  using x = zeros(engine, [2, 3]);
  using wide = zeros(engine, [2, 4]);
  using row = zeros(engine, [3]);
  using doubles = zeros(engine, [2, 3], { dtype: "float64" });
  using bytes = zeros(engine, [2, 3], { dtype: "uint8" });
  using foreign = zeros(other, [2, 3]);
  assert.is(assertThrows(() => concat([]), OptionError, "none").message, "concat: values: expected at least one");
  const shape = assertThrows(() => concat([x, wide]), ShapeError, "shape");
  assert.is(shape.message, "concat: values[1]: expected [2, 3], found [2, 4]");
  assertThrows(() => concat([x, row]), ShapeError, "rank");
  assertThrows(() => concat([row, x]), ShapeError, "rank");
  assertThrows(() => concat([x, x], { axis: 2 }), ShapeError, "axis");
  const type = assertThrows(() => concat([x, doubles as never]), DTypeError, "dtype");
  assert.is(type.message, "concat: values[1]: expected dtype float32, found float64");
  assert.is(assertThrows(() => concat([x, bytes as never]), DTypeError, "bytes").argument, "values[1]");
  assertThrows(() => concat([x, foreign]), EngineMismatchError, "engine");
});

test("gather refuses an index that names no row by its position, and leaves nothing behind", () => {
  using x = zeros(engine, [3, 2]);
  for (const bad of [3, -1, 2 ** 31 - 1]) {
    using indices = tensor(engine, new Int32Array([0, 1, bad]));
    const before = engine.stats();
    const error = assertThrows(() => gather(x, indices), IndexError, `${bad}`);
    assert.is(error.message, `gather: indices[2] is ${bad}; expected an integer from 0 to 2`);
    assert.equal(engine.stats(), before);
  }
  using nothing = zeros(engine, [0, 2]);
  using one = zeros(engine, [1], { dtype: "int32" });
  assert.match(assertThrows(() => gather(nothing, one), IndexError, "empty").message, /there is nothing to point at$/);
});

test("gather refuses a table without rows, and indices that are not int32", () => {
  using scalar = zeros(engine, []);
  using x = zeros(engine, [3, 2]);
  using indices = zeros(engine, [2], { dtype: "int32" });
  using floats = zeros(engine, [2]);
  assert.is(
    assertThrows(() => gather(scalar, indices), ShapeError, "x").message,
    "gather: x: expected at least one axis, found []",
  );
  assert.is(assertThrows(() => gather(x, floats as never), DTypeError, "floats").argument, "indices");
});

test("rows without columns are not walked along, however many there are", () => {
  const many = 2 ** 30;
  using x = zeros(engine, [many, 0]);
  const computed = computingTime();
  using turned = transpose(x);
  using twice = concat([x, x], { axis: 1 });
  using none = slice(x, 0, 0, { axis: 1 });
  assert.ok(computed() < 1000, "no walk");
  assert.equal([turned.shape, twice.shape, none.shape].map(show), [`[0, ${many}]`, `[${many}, 0]`, `[${many}, 0]`]);
});

test("integers have no gradient: no rule gives one for indices, labels or a counter", () => {
  using x = zeros(engine, [2, 3], { dtype: "float64" });
  using indices = zeros(engine, [2], { dtype: "int32" });
  const [leaf, order] = [expressionOf(x), expressionOf(indices)];
  const loss = softmaxCrossEntropy(leaf, order);
  const [ofLogits] = gradientsOf(loss, [leaf]);
  const ofTable = gradientsOf(sum(gather(leaf, order)), [leaf])[0]!;
  for (const result of [gather(leaf, order), loss, ofTable, ofLogits!, dropped(leaf, order)]) {
    if (result.source.kind !== "applied") return assert.unreachable("a leaf");
    const { operation, operands, attributes } = result.source;
    const rule = (which: number) =>
      operation.gradient?.(
        which,
        { operands: operands as never, attributes, result: result as never },
        result as never,
      );
    assert.is(operands[1]?.dtype, "int32", operation.name);
    assert.is(rule(1), undefined, operation.name);
    assert.is(rule(0)?.shape.length, operands[0]?.shape.length, operation.name);
  }
});

test("rows that are cut, joined and picked have gradients along every axis, and these have gradients in turn", () => {
  using x = tensor(engine, reals(12, 1, "float64"), { shape: [3, 4] });
  using y = tensor(engine, reals(12, 2, "float64"), { shape: [3, 4] });
  using order = tensor(engine, Int32Array.of(2, 0, 2));
  type Doubles = Expression<"float64">;
  const cubed = (x: Doubles) => sum(mul(x, mul(x, x)));
  const functions: Readonly<Record<string, (x: Doubles, y: Doubles) => Doubles>> = {
    "slice, rows": (x) => cubed(slice(x, 1, 3)),
    "slice, columns": (x) => cubed(slice(x, 1, 3, { axis: 1 })),
    "concat, rows": (x, y) => cubed(concat([x, y])),
    "concat, columns": (x, y) => cubed(concat([x, y, x], { axis: 1 })),
    gather: (x) => cubed(gather(x, order)),
    transpose: (x) => cubed(transpose(x)),
  };
  for (const [name, f] of Object.entries(functions)) {
    assert.ok(gradCheck((x) => f(x, expressionOf(y)), [x]).passed, name);
    const slope = (x: Doubles) => grad((x: Doubles) => f(x, expressionOf(y)))(x)[0] as Doubles;
    assert.ok(gradCheck((x) => sum(mul(slope(x), y)), [x]).passed, `${name}: second`);
  }
  assert.ok(gradCheck((x, y) => cubed(concat([x, y], { axis: 1 })), [x, y]).passed, "both pieces");
});

test.run();
