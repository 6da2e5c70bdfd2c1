/** Sums, means and maxima against folds of nested loops; small integers, so that sums are exact. */
import * as assert from "uvu/assert";

import { describeProgram } from "../../src/autodiff/describe.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { max, mean } from "../../src/ops/reduce.ts";
import { sum } from "../../src/ops/sum.ts";
import { expressionOf, input } from "../../src/tensor/expression.ts";
import { countOf, type Shape, show } from "../../src/tensor/layout.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("reduce", engine);

const EXTENTS = [0, 1, 3];
const FOLDS = { sum, max, mean } as const;

/** Every shape of up to four axes, and some that take several passes. */
const SHAPES: readonly Shape[] = [
  ...shapesOf(4),
  [2, 3, 4, 5],
  [2, 3, 4, 2, 3],
  [5, 7, 0, 3, 2],
  [2, 2, 2, 2, 2, 2, 2],
  [3, 37],
  [37, 3],
];

function shapesOf(rank: number): Shape[] {
  if (rank === 0) return [[]];
  const fewer = shapesOf(rank - 1);
  const longest = fewer.filter((shape) => shape.length === rank - 1);
  return [...fewer, ...longest.flatMap((shape) => EXTENTS.map((extent) => [...shape, extent]))];
}

function subsetsOf(axes: readonly number[]): number[][] {
  return Array.from({ length: 2 ** axes.length }, (_, bits) => axes.filter((_, i) => (bits >> i) % 2 === 1));
}

/** What each result is folded from, in the order of x. */
function partsOf(x: ArrayLike<number>, shape: Shape, axes: readonly number[]): number[][] {
  const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
  const parts = Array.from({ length: countOf(kept) }, (): number[] => []);
  for (let at = 0; at < x.length; at++) {
    let [rest, part, stride] = [at, 0, 1];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const index = rest % shape[axis]!;
      rest = Math.floor(rest / shape[axis]!);
      if (!axes.includes(axis)) part += index * stride;
      stride *= kept[axis]!;
    }
    parts[part]!.push(x[at]!);
  }
  return parts;
}

function total(values: readonly number[]): number {
  return values.reduce((partial, value) => partial + value, 0);
}

for (const dtype of FLOATS) {
  test(`every subset of the axes of every shape is folded, kept or not, counted from either end, ${dtype}`, () => {
    for (const shape of SHAPES) {
      using x = tensor(engine, integers(countOf(shape), 5), { dtype, shape });
      for (const axes of subsetsOf([...shape.keys()])) {
        const parts = partsOf(x.data, shape, axes);
        const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent));
        const left = shape.filter((_, axis) => !axes.includes(axis));
        const label = `${show(shape)} over ${show(axes)}`;
        const fromTheEnd = axes.map((axis) => axis - shape.length).reverse();

        using sums = sum(x, { axes });
        assert.equal([sums.shape, sums.dtype], [left, dtype], label);
        assertSame(sums.data, parts.map(total), `sum of ${label}`);
        using keptSums = sum(x, { axes: fromTheEnd, keepAxes: true });
        assert.equal(keptSums.shape, kept, label);
        assertSame(keptSums.data, sums.data, label);

        using largest = max(x, { axes: fromTheEnd });
        assert.equal(largest.shape, left, label);
        assertSame(
          largest.data,
          parts.map((part) => Math.max(...part)),
          `max of ${label}`,
        );

        // 1 / n is rounded, and the product with it: at most one unit in all.
        const means = parts.map((part) => total(part) / part.length);
        using averages = mean(x, { axes, keepAxes: true });
        assert.equal(averages.shape, kept, label);
        const tolerance = (i: number) => (Number.isNaN(means[i]) ? Infinity : 1.1 * EPS[dtype] * Math.abs(means[i]!));
        assertWithin(
          averages.data.map((value) => (Number.isNaN(value) ? 0 : value)),
          means.map((value) => (Number.isNaN(value) ? 0 : value)),
          tolerance,
          `mean of ${label}`,
        );
        for (const [i, value] of averages.data.entries()) {
          assert.is(Number.isNaN(value), parts[i]!.length === 0, `a mean of nothing is NaN: ${label}`);
        }

        using out = zeros(engine, left, { dtype });
        out.data.fill(Number.NaN);
        assert.is(sum(x, { axes, out }), out);
        assertSame(out.data, sums.data, `${label} into out`);
      }
    }
  });

  test(`without axes everything is folded, and with none of them nothing, ${dtype}`, () => {
    using x = tensor(engine, [[-2, 5, 4], [1, 0, 1]], { dtype }); // biome-ignore format: a matrix
    for (const [f, want] of [
      [sum, 9],
      [max, 5],
      [mean, 1.5],
    ] as const) {
      using all = f(x);
      assert.equal([all.shape, all.toArray()], [[], want]);
      using kept = f(x, { keepAxes: true });
      assert.equal(kept.toArray(), [[want]]);
      using none = f(x, { axes: [] });
      assert.equal(none.toArray(), x.toArray());
    }
  });

  test(`means and maxima go into out, too, ${dtype}`, () => {
    using x = tensor(engine, integers(24, 6), { dtype, shape: [2, 3, 4] });
    for (const f of [mean, max]) {
      using want = f(x, { axes: [1] });
      using out = zeros(engine, [2, 4], { dtype });
      assert.is(f(x, { axes: [1], out }), out);
      assertSame(out.data, want.data, "out");
    }
  });

  test(`NaN is the largest wherever it stands, and -∞ the largest of nothing, ${dtype}`, () => {
    for (const n of [1, 2, 3, 4, 5, 9]) {
      for (let at = 0; at < n; at++) {
        using x = zeros(engine, [n, 3], { dtype });
        x.data.fill(Infinity);
        x.data[3 * at + 1] = Number.NaN;
        using columns = max(x, { axes: [0] });
        assert.equal(columns.toArray(), [Infinity, Number.NaN, Infinity], `${at} of ${n}`);
        using rows = max(x, { axes: [1] });
        assertSame(
          rows.data,
          Array.from({ length: n }, (_, i) => (i === at ? Number.NaN : Infinity)),
          `${at} of ${n}`,
        );
        using all = max(x);
        assert.ok(Number.isNaN(all.data[0]));
      }
    }
    using low = tensor(engine, [[-Infinity, -3], [-Infinity, -4]], { dtype }); // biome-ignore format: a matrix
    using columns = max(low, { axes: [0] });
    assert.equal(columns.toArray(), [-Infinity, -3]);
    using nothing = zeros(engine, [2, 0], { dtype });
    using largest = max(nothing, { axes: [1] });
    assert.equal(largest.toArray(), [-Infinity, -Infinity]);
  });

  test(`an expression gives the bits that a tensor gives, ${dtype}`, () => {
    for (const shape of [
      [2, 3, 4, 2, 3],
      [4, 5],
      [2, 0, 3],
    ]) {
      using x = tensor(engine, reals(countOf(shape), 7, dtype), { dtype, shape });
      for (const axes of subsetsOf([...shape.keys()])) {
        for (const f of Object.values(FOLDS)) {
          using want = f(x, { axes });
          using program = compile({ y: f(expressionOf(x), { axes }) });
          program.run();
          assert.equal(program.outputs.y.shape, want.shape);
          assertEqual(program.outputs.y.data, want.data, `${show(shape)} over ${show(axes)}`);
        }
      }
    }
  });
}

test("an axis that is named twice is refused, wherever among the others, and one that is not there", () => {
  using x = tensor(engine, [[[1, 2]]]);
  for (const axes of [[0, 1, 0], [1, 0, 1], [2, 0, 2], [0, 2, 1, 0], [0, -3], [3], [-4], [0.5]]) {
    const error = assertThrows(() => sum(x, { axes }), OptionError, `${axes}`);
    assert.is(error.option, "sum: axes");
    assert.match(error.message, show(axes));
  }
});

test("a fold counts an operation for each element", () => {
  const x = input(engine, [3, 4], { name: "x" });
  using program = compile({ y: sum(x, { axes: [0] }) });
  assert.match(describeProgram(program), /; 12 operations a run$/);
});

test("a row of float32 is added in float64 and rounded once", () => {
  const n = 1_000_000;
  using x = zeros(engine, [2, n]);
  x.data.fill(1, 0, n);
  x.data.fill(2 ** -10, n); // each of them would be lost beside a million
  using all = sum(x);
  assert.is(all.data[0], n + n * 2 ** -10);
  using rows = sum(x, { axes: [1] });
  assert.equal(rows.toArray(), [n, n * 2 ** -10]);
  using average = mean(x, { axes: [-1] });
  assert.equal(average.toArray(), [n * Math.fround(1 / n), n * 2 ** -10 * Math.fround(1 / n)].map(Math.fround));
});

test("columns of float32 are added from the first to the last, rounded each time", () => {
  const [m, n] = [50, 11];
  const values = reals(m * n, 8, "float32");
  using x = tensor(engine, values, { dtype: "float32", shape: [m, n] });
  using sums = sum(x, { axes: [0] });
  const want = Array.from({ length: n }, (_, j) => {
    let column = 0;
    for (let i = 0; i < m; i++) column = Math.fround(column + values[i * n + j]!);
    return column;
  });
  assertEqual(sums.data, want, "columns");
});

test("folds in several passes write nowhere but into their results, even of nothing", () => {
  using x = zeros(engine, [50, 7, 0, 30, 2]);
  using out = zeros(engine, [7, 30]);
  engine.scratch(1 << 17);
  const below = () => engine.memory.view("uint8", 0, Math.min(x.pointer, out.pointer));
  const before = below().slice();
  for (const f of Object.values(FOLDS)) {
    f(x, { axes: [0, 2, 4], out });
    assert.ok(Buffer.compare(before, below()) === 0);
  }
});

for (const [name, f] of Object.entries(FOLDS)) {
  test(`${name} refuses axes that are not there, or come twice, by its own name`, () => {
    using x = zeros(engine, [2, 3]);
    for (const axes of [[2], [-3], [0, 0], [1, -1], [0.5], [Number.NaN], [0, 1, 2]]) {
      const error = assertThrows(() => f(x, { axes }), OptionError, show(axes));
      assert.is(error.message, `${name}: axes: expected different axes of [2, 3], found ${show(axes)}`);
      assertThrows(() => f(expressionOf(x), { axes }), OptionError, show(axes));
    }
    using scalar = zeros(engine, []);
    assertThrows(() => f(scalar, { axes: [0] }), OptionError, "no axes at all");
  });

  test(`${name} refuses integers, and an out that does not fit, by its own name`, () => {
    const ofFloats = ["mean", "logSumExp", "variance", "std", "norm"].includes(name);
    const isTruth = name === "any" || name === "all";
    const [dtype, taken] = ofFloats
      ? (["int32", "float32 or float64"] as const)
      : isTruth
        ? (["uint16", "float32, float64, int32 or uint8"] as const)
        : (["uint8", "float32, float64 or int32"] as const);
    using labels = zeros(engine, [2], { dtype });
    const type = assertThrows(() => f(labels as never), DTypeError, dtype);
    assert.is(type.message, `${name}: x: expected dtype ${taken}, found ${dtype}`);
    using x = zeros(engine, [4, 3]);
    using wrong = zeros(engine, [4]);
    const error = assertThrows(() => f(x, { axes: [0], out: wrong }), ShapeError, "out");
    assert.is(error.message, `${name}: out: expected [3], found [4]`);
    assertThrows(() => f(x, { axes: [0], out: x.part(3, [3]) }), ShapeError, "a part of x");
    assertThrows(() => f(x, { axes: [], out: x }), ShapeError, "x itself");
  });
}

test.run();
