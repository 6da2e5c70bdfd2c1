/** The chapter's slopes, gradients and descents, with NumPy's digits. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { gradientDescent } from "../../src/chapter/gradient_descent.ts";
import { numericalDiff, tangentLine } from "../../src/chapter/numerical_diff.ts";
import { numericalGradient } from "../../src/chapter/numerical_gradient.ts";
import { DivergedError, OptionError } from "../../src/errors.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("calculus");
const parabola = (x: number) => 0.01 * x ** 2 + 0.1 * x;
const bowl = ([x0, x1]: readonly [number, number]) => x0 ** 2 + x1 ** 2;

test("central differences give the chapter's slopes, forward ones are off by h/2 times the curvature", () => {
  assert.is(numericalDiff(parabola, 5), 0.1999999999990898);
  assert.is(numericalDiff(parabola, 10), 0.2999999999986347);
  const forward = numericalDiff(parabola, 5, { method: "forward", h: 1e-3 });
  assert.ok(Math.abs(forward - (0.2 + 1e-3 * 0.01)) < 1e-12, `${forward}`);
  assert.is(
    numericalDiff((x) => 3 * x, 1, { h: -0.5 }),
    3,
  );
});

test("a step that is lost in x + h gives 0, as in the chapter's bad example", () => {
  assert.is(numericalDiff(parabola, 5, { h: 1e-50, method: "forward" }), 0);
});

test("a tangent touches the function where it was taken", () => {
  const { slope, intercept } = tangentLine(parabola, 5);
  assert.is(slope, 0.1999999999990898);
  assert.ok(Math.abs(slope * 5 + intercept - parabola(5)) < 1e-15);
});

test("gradients of x0² + x1² are the chapter's, and the caller's array stays as it is", () => {
  assert.equal(numericalGradient(bowl, [3, 4]), Float64Array.of(6.00000000000378, 7.999999999999119));
  assert.equal(numericalGradient(bowl, [0, 2]), Float64Array.of(0, 4.000000000004));
  assert.equal(numericalGradient(bowl, [3, 0]), Float64Array.of(6.000000000012662, 0));
  const x = Int8Array.of(3, 4); // float64 all the same
  const gradient = numericalGradient((p) => p[0]! ** 2 + p[1]! ** 2, x);
  assert.equal(gradient, Float64Array.of(6.00000000000378, 7.999999999999119));
  assert.equal(x, Int8Array.of(3, 4));
});

test("f sees what the caller gave: plain arrays as such, typed ones as Float64Arrays; what f does to them is undone", () => {
  const seen: boolean[] = [];
  const rude = (x: readonly number[]) => {
    seen.push(Array.isArray(x));
    const value = x.reduce((total, coordinate) => total + coordinate * coordinate, 0);
    (x as number[]).fill(99);
    return value;
  };
  const given = [3, 4];
  assert.equal(numericalGradient(rude, given), Float64Array.of(6.00000000000378, 7.999999999999119));
  assert.equal(
    [seen, given],
    [
      [true, true, true, true],
      [3, 4],
    ],
  );
  numericalGradient((x) => {
    seen.push(x instanceof Float64Array);
    return x[0]!;
  }, Float32Array.of(1));
  assert.equal(seen.slice(4), [true, true]);
});

test("a matrix's gradient has its shape, deeper nests too", () => {
  const weighted = (w: readonly (readonly number[])[]) =>
    w.reduce((total, row, i) => total + row.reduce((sum, value, j) => sum + (10 * i + j) * value, 0), 0);
  const gradient = numericalGradient(weighted, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  assert.ok(gradient.every((row) => row instanceof Float64Array));
  gradient.forEach((row, i) => {
    for (const [j, value] of row.entries()) assert.ok(Math.abs(value - (10 * i + j)) < 1e-9, `[${i}][${j}]: ${value}`);
  });
  const deep = numericalGradient((x) => 5 * x[0][0][0] + 7 * x[0][1][0], [[[1], [2]]]);
  assert.ok(Math.abs(deep[0]![1]![0]! - 7) < 1e-9);
});

test("a batch's gradient is each row's own", () => {
  const points = [
    [3, 4],
    [0, 2],
    [3, 0],
  ] as const;
  const gradients = numericalGradient(bowl, points, { points: "rows" });
  assert.equal(
    gradients,
    points.map((point) => numericalGradient(bowl, point)),
  );
});

test("descent from (-3, 4) ends where the chapter's does for three rates", () => {
  const start = Float64Array.of(-3, 4);
  for (const [learningRate, want] of [
    [0.1, [-6.111107928998789e-10, 8.148143905314271e-10]],
    [10, [-25898374737328.363, -1295248616896.5398]],
    [1e-10, [-2.999999939999995, 3.9999999199999934]],
  ] as const) {
    const { x, trajectory } = gradientDescent((p) => p[0]! ** 2 + p[1]! ** 2, start, { learningRate, steps: 100 });
    assert.equal(x, Float64Array.from(want), `${learningRate}`);
    assert.is(trajectory.length, 101);
    assert.equal([trajectory[0], trajectory[100]], [Float64Array.of(-3, 4), x]);
    const plain: [number, number] = [-3, 4];
    assert.equal(gradientDescent(bowl, plain, { learningRate, steps: 100 }).trajectory, trajectory);
    assert.equal(plain, [-3, 4]);
  }
  assert.equal(start, Float64Array.of(-3, 4));
  assert.equal(gradientDescent(bowl, [-3, 4], { steps: 0 }).x, start);
});

test("a descent that leaves the finite numbers says in which step, and what", () => {
  // e^(x²): a slope of 6e⁹ at 3 leads to -48,600, where the function is infinite and its differences are no numbers.
  const steep = ([x]: readonly [number]) => Math.exp(x * x);
  const error = assertThrows(() => gradientDescent(steep, [3], { learningRate: 1 }), DivergedError, "e^(x²)");
  assert.is(error.iteration, 1);
  assert.is(error.subject, "x[0]");
  assert.ok(Number.isNaN(error.loss));
});

test("what is no number, no step and no rate is refused by name", () => {
  const one = () => 1;
  const refused: [string, () => unknown][] = [
    ["h", () => numericalDiff(one, 1, { h: 0 })],
    ["h", () => numericalGradient(one, [1], { h: Number.NaN })],
    ["h", () => gradientDescent(one, [1], { h: 0 })],
    ["numericalDiff: x", () => numericalDiff(one, "1" as never)],
    ["numericalDiff: method", () => numericalDiff(one, 1, { method: "backward" as never })],
    ["numericalDiff: f(x)", () => numericalDiff((() => undefined) as never, 1)],
    ["numericalDiff: f(x)", () => numericalDiff((() => "1") as never, 1)],
    ["numericalGradient: f(x)", () => numericalGradient((() => [1]) as never, [1])],
    ["numericalGradient: x[1]", () => numericalGradient(one, [1, "2"] as never)],
    ["numericalGradient: x[1][0]", () => numericalGradient(one, [[1], [null]] as never, { points: "rows" })],
    ["numericalGradient: x[1][0]", () => numericalGradient(one, [[1], [null]] as never)],
    ["numericalGradient: x", () => numericalGradient(one, 3 as never)],
    ["numericalGradient: points", () => numericalGradient(one, [[1]], { points: "all" as never })],
    ["numericalGradient: x", () => numericalGradient(one, Float64Array.of(1) as never, { points: "rows" })],
    ["gradientDescent: start", () => gradientDescent(one, [[1]] as never)],
    ["learningRate", () => gradientDescent(one, [1], { learningRate: Number.NaN })],
    ["steps", () => gradientDescent(one, [1], { steps: 1.5 })],
    ["steps", () => gradientDescent(one, [1], { steps: -1 })],
  ];
  for (const [option, call] of refused) assert.is(assertThrows(call, OptionError, option).option, option);
});

test.run();
