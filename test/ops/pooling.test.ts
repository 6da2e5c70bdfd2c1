/** Pooling against loops over windows in float64; ties, NaN, padding, overlaps; what is refused. */
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { conv2d } from "../../src/ops/convolution.ts";
import { relu, sigmoid, square, tanh } from "../../src/ops/elementwise.ts";
import {
  adaptiveAvgPool2d,
  avgPool2d,
  globalAvgPool2d,
  globalMaxPool2d,
  maxPool2d,
  type PoolFunction,
  type PoolOptions,
} from "../../src/ops/pooling.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertEqual, assertSame, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRefused } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("pooling", engine);

type Shape4 = readonly [n: number, h: number, w: number, c: number];
type Side = readonly [from: number, to: number];

/** Of each window along an axis, its elements within the image. */
function sides(size: number, kernel: number, stride: number, padding: number): Side[] {
  const count = Math.floor((size + 2 * padding - kernel) / stride) + 1;
  return Array.from({ length: count }, (_, i) => [
    Math.max(i * stride - padding, 0),
    Math.min(i * stride - padding + kernel, size),
  ]);
}

/** Of each window, channel by channel, the indices of its elements, row by row. */
function windowsOf([n, h, w, c]: Shape4, rows: readonly Side[], columns: readonly Side[]): number[][] {
  const windows: number[][] = [];
  for (let image = 0; image < n; image++) {
    for (const [y0, y1] of rows) {
      for (const [x0, x1] of columns) {
        for (let channel = 0; channel < c; channel++) {
          const window: number[] = [];
          for (let y = y0; y < y1; y++) {
            for (let x = x0; x < x1; x++) window.push(((image * h + y) * w + x) * c + channel);
          }
          windows.push(window);
        }
      }
    }
  }
  return windows;
}

/** The first of the largest, or of NaN. */
function topOf(x: ArrayLike<number>, window: readonly number[]): number {
  let top = window[0]!;
  for (const i of window) if (!Number.isNaN(x[top]) && (x[i]! > x[top]! || Number.isNaN(x[i]))) top = i;
  return top;
}

/** y, and dx where dy is given. */
function computed(
  f: (x: Expression<FloatType>) => Expression<FloatType>,
  x: Tensor<FloatType>,
  dy: ArrayLike<number>,
): { y: number[]; dx: number[] } {
  const inputs = expressionOf(x);
  const y = f(inputs as Expression<FloatType>);
  const weights = tensor(engine, dy as Float64Array, { shape: y.shape, dtype: x.dtype });
  const [dx] = grad((leaf: Expression<FloatType>) => sum(mul(f(leaf), weights)))(inputs as Expression<FloatType>);
  const program = compile({ y, dx: dx as Expression });
  program.run();
  const got = { y: [...program.outputs.y.data], dx: [...program.outputs.dx.data] };
  program.dispose();
  weights.dispose();
  return got;
}

const POOLS: readonly (PoolOptions & {
  size: readonly [number, number];
  stride: [number, number];
  padding: [number, number];
})[] = [
  { size: [2, 2], stride: [2, 2], padding: [0, 0] },
  { size: [3, 3], stride: [2, 2], padding: [1, 1] },
  { size: [3, 2], stride: [1, 1], padding: [1, 0] },
  { size: [1, 1], stride: [2, 3], padding: [0, 0] },
  { size: [2, 3], stride: [3, 1], padding: [1, 1] },
  { size: [5, 4], stride: [1, 2], padding: [2, 2] },
];
const IMAGES: readonly Shape4[] = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 17, 20, 30, 33].map((c): Shape4 => [2, 5, 6, c]),
  [1, 1, 1, 3],
  [0, 4, 4, 2],
  [2, 4, 4, 0],
  [1, 2, 2, 6],
  [3, 7, 4, 2],
];

for (const dtype of FLOATS) {
  test(`windows and their gradients for every small shape, exactly on integers, ${dtype}`, () => {
    let checked = 0;
    for (const shape of IMAGES) {
      for (const { size, stride, padding } of POOLS) {
        const [n, h, w, c] = shape;
        if (h + 2 * padding[0] < size[0] || w + 2 * padding[1] < size[1]) continue;
        const rows = sides(h, size[0], stride[0], padding[0]);
        const columns = sides(w, size[1], stride[1], padding[1]);
        if ([...rows, ...columns].some(([from, to]) => from >= to)) continue;
        checked += 1;
        const label = `${shape} by ${size}, stride ${stride}, padding ${padding}`;
        const windows = windowsOf(shape, rows, columns);
        const values = integers(n * h * w * c, 1 + c);
        const dy = integers(windows.length, 2 + c);
        const x = tensor(engine, values, { shape, dtype });
        const options = { stride, padding };

        const max = computed((v) => maxPool2d(v, size, options), x, dy);
        const tops = windows.map((window) => topOf(values, window));
        assertEqual(
          max.y,
          tops.map((i) => values[i]!),
          `max, ${label}`,
        );
        const dx = new Float64Array(values.length);
        for (const [i, top] of tops.entries()) dx[top]! += dy[i]!;
        assertEqual(max.dx, dx, `max gradient, ${label}`);

        for (const countIncludePad of [true, false]) {
          const avg = computed((v) => avgPool2d(v, size, { ...options, countIncludePad }), x, dy);
          const counts = windows.map((window) => (countIncludePad ? size[0] * size[1] : window.length));
          const round = dtype === "float32" ? Math.fround : (value: number) => value;
          const means = windows.map((window, i) =>
            round(window.reduce((all, at) => all + values[at]!, 0) / counts[i]!),
          );
          assertEqual(avg.y, means, `avg, ${label}`);
          const spread = new Float64Array(values.length);
          for (const [i, window] of windows.entries()) for (const at of window) spread[at]! += dy[i]! / counts[i]!;
          assertWithin(avg.dx, spread, () => 40 * size[0] * size[1] * EPS[dtype], `avg gradient, ${label}`);
        }
        x.dispose();
      }
    }
    assert.ok(checked > 60);
  });

  test(`means of adaptive windows, ${dtype}`, () => {
    for (const [shape, size] of [
      [
        [2, 5, 7, 6],
        [3, 2],
      ],
      [
        [1, 2, 3, 5],
        [4, 5],
      ],
      [
        [1, 6, 4, 2],
        [3, 4],
      ],
      [
        [1, 1, 9, 1],
        [1, 4],
      ],
    ] as const) {
      const [n, h, w, c] = shape;
      const parts = (length: number, count: number): Side[] =>
        Array.from({ length: count }, (_, i) => [
          Math.floor((i * length) / count),
          Math.ceil(((i + 1) * length) / count),
        ]);
      const windows = windowsOf(shape, parts(h, size[0]), parts(w, size[1]));
      const values = reals(n * h * w * c, 3, dtype);
      const dy = reals(windows.length, 4, dtype);
      const x = tensor(engine, values, { shape, dtype });
      const { y, dx } = computed((v) => adaptiveAvgPool2d(v, size), x, dy);
      const want = windows.map((window) => window.reduce((all, i) => all + values[i]!, 0) / window.length);
      assertWithin(y, want, () => 20 * EPS[dtype], `${shape} to ${size}`);
      const spread = new Float64Array(values.length);
      for (const [i, window] of windows.entries()) for (const at of window) spread[at]! += dy[i]! / window.length;
      assertWithin(dx, spread, () => 20 * EPS[dtype], `gradient, ${shape} to ${size}`);
      x.dispose();
    }
  });

  test(`whole images, ${dtype}`, () => {
    const values = integers(2 * 3 * 4 * 5, 1);
    const x = tensor(engine, values, { shape: [2, 3, 4, 5], dtype });
    const windows = windowsOf([2, 3, 4, 5], [[0, 3]], [[0, 4]]);
    const [avg, max] = [globalAvgPool2d(x), globalMaxPool2d(x)];
    assert.equal(
      [avg.shape, max.shape],
      [
        [2, 5],
        [2, 5],
      ],
    );
    const means = windows.map((window) => window.reduce((all, i) => all + values[i]!, 0) / 12);
    assertWithin(avg.data, means, () => 4 * EPS[dtype], "means");
    assertEqual(
      max.data,
      windows.map((window) => values[topOf(values, window)]!),
      "largest",
    );
    for (const owned of [x, avg, max]) owned.dispose();
  });

  test(`maxPool2d: NaN wins from every place of a window, and has the gradient; -∞ is an element, padding none, ${dtype}`, () => {
    for (const c of [1, 4, 5, 16, 17]) {
      for (let place = 0; place < 9; place++) {
        const values = integers(9 * c, 5);
        for (let channel = 0; channel < c; channel++) values[place * c + channel] = Number.NaN;
        const x = tensor(engine, values, { shape: [1, 3, 3, c], dtype });
        const dy = new Float64Array(c).fill(2);
        const { y, dx } = computed((v) => maxPool2d(v, 3), x, dy);
        assertEqual(y, new Float64Array(c).fill(Number.NaN), `NaN at ${place} of ${c}`);
        assertEqual(
          dx,
          Array.from({ length: 9 * c }, (_, i) => (Math.floor(i / c) === place ? 2 : 0)),
          `gradient`,
        );
        x.dispose();
      }
    }
    const x = tensor(engine, new Float64Array(4).fill(-Infinity), { shape: [1, 2, 2, 1], dtype });
    const { y, dx } = computed((v) => maxPool2d(v, 2, { padding: 1 }), x, [1, 2, 3, 4]);
    assertEqual(y, [-Infinity, -Infinity, -Infinity, -Infinity], "-∞");
    assertEqual(dx, [1, 2, 3, 4], "gradient of -∞");
    x.dispose();
  });

  test(`maxPool2d: of equals the first has the gradient, also of 0 and -0, ${dtype}`, () => {
    for (const c of [1, 3, 4, 16]) {
      const ones = (value: number) => new Float64Array(4 * c).fill(value);
      const dy = new Float64Array(c).fill(3);
      const want = Array.from({ length: 4 * c }, (_, i) => (i < c ? 3 : 0));
      for (const values of [ones(1), ones(0), ones(Infinity), ones(0).map((_, i) => (i < c ? -0 : 0))]) {
        const x = tensor(engine, values, { shape: [1, 2, 2, c], dtype });
        const { y, dx } = computed((v) => maxPool2d(v, 2), x, dy);
        assertSame(y, values.subarray(0, c), "the first");
        assertEqual(dx, want, `gradient of ${values[0]}, ${c}`);
        x.dispose();
      }
    }
    const x = tensor(engine, new Float64Array(9).fill(7), { shape: [1, 3, 3, 1], dtype });
    const { dx } = computed((v) => maxPool2d(v, 2, { stride: 1 }), x, [1, 2, 3, 4]);
    assertEqual(dx, [1, 2, 0, 3, 4, 0, 0, 0, 0], "overlapping");
    x.dispose();
  });
}

test("in a program relu before maxPool2d is computed after it, with the same bits and gradients", () => {
  for (const [size, stride] of [
    [2, 2],
    [3, 2],
  ] as const) {
    const x = tensor(engine, integers(2 * 9 * 7 * 5, 3), { shape: [2, 9, 7, 5], dtype: "float32" });
    x.data.set([Number.NaN, Infinity, -0, -Infinity], 40);
    const leaf = expressionOf(x) as Expression<"float32">;
    const pooled = (r: Expression<"float32">) => square(maxPool2d(r, size, { stride }));
    const y = pooled(relu(mul(leaf, 2)));
    const [dx] = gradientsOf(sum(y), [leaf]) as [Expression];
    const program = compile({ y, dx });
    // r is an output here, which keeps it where it is.
    const r = relu(mul(leaf, 2));
    const kept = pooled(r);
    const [same] = gradientsOf(sum(kept), [leaf]) as [Expression];
    const other = compile({ y: kept, dx: same, r });
    const forward = compile({ y });
    const names = (described: Parameters<typeof describeProgram>[0]) =>
      describeProgram(described).match(/maxPool2d\w*( \(relu\))?|relu\w*/g) ?? [];
    assert.equal(names(program), ["maxPool2d (relu)", "reluGradient", "maxPool2dGradient"]);
    assert.equal(names(other), ["relu", "maxPool2d", "maxPool2dGradient", "reluGradient"]);
    assert.equal(names(forward), ["maxPool2d (relu)"]);
    for (const each of [program, other, forward]) each.run();
    assertSame(program.outputs.y.data, other.outputs.y.data, "y");
    assertSame(program.outputs.dx.data, other.outputs.dx.data, "dx");
    assertSame(forward.outputs.y.data, other.outputs.y.data, "forward");
    for (const owned of [x, program, other, forward]) owned.dispose();
  }
});

test("in a program a pooling takes the activation that follows, with the same bits", () => {
  for (const [name, f] of Object.entries({ relu, sigmoid, tanh })) {
    for (const dtype of ["float32", "float64"] as const) {
      const x = tensor(engine, integers(2 * 6 * 7 * 5, 3), { shape: [2, 6, 7, 5], dtype });
      x.data.set([Number.NaN, Infinity, -0, -Infinity], 40);
      x.data.fill(-0, 100, 200);
      const program = compile({ y: f(maxPool2d(expressionOf(x) as Expression<"float32">, 2)) });
      assert.is(program.instructions.length, 1, name);
      program.run();
      const pooled = maxPool2d(x as Tensor<"float32">, 2);
      const y = f(pooled);
      assertSame(program.outputs.y.data, y.data, `${name}, ${dtype}`);
      for (const owned of [x, program, pooled, y]) owned.dispose();
    }
  }
});

test("in a program sums of a pooling's gradient are those of its result's gradient", () => {
  const x = tensor(engine, integers(2 * 6 * 8 * 5, 3), { shape: [2, 6, 8, 5], dtype: "float32" });
  const w = tensor(engine, integers(25, 2), { shape: [1, 1, 5, 5], dtype: "float32" });
  const b = input(engine, [5], { name: "b" });
  const image = expressionOf(x) as Expression<"float32">;
  for (const [size, options] of [
    [2, {}],
    [3, { stride: 2, padding: 1 }],
    [2, { stride: 1 }],
  ] as const) {
    for (const z of [add(image, b), conv2d(image, w, { bias: b })]) {
      const y = maxPool2d(relu(z), size, options);
      const count = y.shape.reduce((product, extent) => product * extent, 1);
      const factors = tensor(engine, integers(count, 5), { shape: y.shape, dtype: "float32" });
      const loss = sum(mul(y, factors));
      const [db] = gradientsOf(loss, [b]) as [Expression];
      const [dz] = gradientsOf(loss, [z]) as [Expression];
      const [program, whole] = [compile({ db }), compile({ dz })];
      for (const each of [program, whole]) {
        each.inputs["b"]?.set([1, -2, 0, 3, -1]);
        each.run();
      }
      const sums = new Float32Array(5);
      for (const [i, value] of whole.outputs["dz"]!.data.entries()) sums[i % 5]! += value;
      assertSame(program.outputs["db"]!.data, sums, "small integers");
      assert.not.match(describeProgram(program), /maxPool2dGradient/);
      for (const owned of [factors, program, whole]) owned.dispose();
    }
  }
  x.dispose();
  w.dispose();
});

test("PyTorch's padding counts in means, or does not", () => {
  const x = tensor(engine, [1, 2, 3, 4], { shape: [1, 2, 2, 1] });
  const [counted, left] = [avgPool2d(x, 2, { padding: 1 }), avgPool2d(x, 2, { padding: 1, countIncludePad: false })];
  assertEqual(counted.data, [0.25, 0.5, 0.75, 1], "count_include_pad=True");
  assertEqual(left.data, [1, 2, 3, 4], "count_include_pad=False");
  for (const owned of [x, counted, left]) owned.dispose();
});

test("a result goes into `out`, and not into x", () => {
  const x = tensor(engine, integers(32, 1), { shape: [2, 4, 4, 1], dtype: "float32" });
  const out = zeros(engine, [2, 2, 2, 1]);
  assert.is(maxPool2d(x, 2, { out }), out);
  assert.is(avgPool2d(x, 2, { out }), out);
  assert.is(adaptiveAvgPool2d(x, 2, { out }), out);
  assertRefused(() => maxPool2d(x, 1, { out: x }), ShapeError, { op: "maxPool2d", argument: "out" });
  for (const owned of [x, out]) owned.dispose();
});

test("what does not fit is refused, by name", () => {
  const x = tensor(engine, integers(32, 1), { shape: [2, 4, 4, 1], dtype: "float32" });
  const matrix = tensor(engine, integers(32, 1), { shape: [8, 4] });
  const whole = tensor(engine, new Int32Array(16), { shape: [1, 4, 4, 1] });
  const nothing = zeros(engine, [1, 0, 4, 2]);
  for (const [op, f] of Object.entries<PoolFunction<PoolOptions>>({ maxPool2d, avgPool2d, adaptiveAvgPool2d })) {
    assertRefused(() => f(matrix, 2), ShapeError, { op, argument: "x", found: "[8, 4]" });
    assertRefused(() => f(nothing, 1), ShapeError, { op, argument: "x", found: "[1, 0, 4, 2]" });
    assertRefused(() => f(whole as never, 2), DTypeError, { op, argument: "x" });
    assertRefused(() => f(x, 0), OptionError, { option: `${op}: size`, found: 0 });
    assertRefused(() => f(x, [1, 2, 3] as never), OptionError, { option: `${op}: size` });
  }
  for (const [op, f] of Object.entries<PoolFunction<PoolOptions>>({ maxPool2d, avgPool2d })) {
    assertRefused(() => f(x, 5), ShapeError, { op, argument: "x", found: "[2, 4, 4, 1]" });
    assertRefused(() => f(x, 2, { stride: 0 }), OptionError, { option: `${op}: stride`, found: 0 });
    assertRefused(() => f(x, 3, { padding: 2 }), OptionError, { option: `${op}: padding`, found: 2 });
    assertRefused(() => f(x, 2, { padding: -1 }), OptionError, { option: `${op}: padding`, found: -1 });
  }
  const huge = 2 ** 16;
  assertRefused(() => adaptiveAvgPool2d(x, huge), ShapeError, { op: "adaptiveAvgPool2d", argument: "result" });
  assertRefused(() => avgPool2d(x, 2, { countIncludePad: 1 as never }), OptionError, {});
  assertRefused(() => globalAvgPool2d(matrix), ShapeError, { op: "globalAvgPool2d", argument: "x" });
  assertRefused(() => globalMaxPool2d(matrix), ShapeError, { op: "globalMaxPool2d", argument: "x" });
  for (const owned of [x, matrix, whole, nothing]) owned.dispose();
});

test.run();
