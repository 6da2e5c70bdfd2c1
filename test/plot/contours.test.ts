/** Contours: where they are, that they are whole, and what has none. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { contourLines, type Field } from "../../src/plot/contours.ts";

const test = suite("contours");

/** Samples of f on a square grid from -1 to 1. */
function fieldOf(f: (x: number, y: number) => number, count = 41): Field {
  const along = Float64Array.from({ length: count }, (_, i) => -1 + (2 * i) / (count - 1));
  const values = Float64Array.from({ length: count * count }, (_, i) =>
    f(along[i % count]!, along[Math.floor(i / count)]!),
  );
  return { values, columns: along, rows: along };
}

const pointsOf = (line: readonly number[]) =>
  Array.from({ length: line.length / 2 }, (_, i) => [line[2 * i]!, line[2 * i + 1]!] as const);

test("a circle is one closed line, within the error of linear interpolation", () => {
  const lines = contourLines(
    fieldOf((x, y) => x * x + y * y),
    0.5,
  );
  assert.is(lines.length, 1);
  const points = pointsOf(lines[0]!);
  assert.equal(points[0], points.at(-1), "closed");
  for (const [x, y] of points) assert.ok(Math.abs(Math.hypot(x, y) - Math.SQRT1_2) < 1e-3, `${x}, ${y}`);
  const angles = new Set(points.map(([x, y]) => Math.floor((4 * Math.atan2(y, x)) / Math.PI)));
  assert.ok(angles.size >= 8, "all the way round");
});

test("a plane has one straight line from edge to edge, at the very place", () => {
  const lines = contourLines(
    fieldOf((x, y) => 3 * x + y, 9),
    0.4,
  );
  assert.is(lines.length, 1);
  const points = pointsOf(lines[0]!);
  for (const [x, y] of points) assert.ok(Math.abs(3 * x + y - 0.4) < 1e-12, `${x}, ${y}`);
  assert.equal([points[0]![1], points.at(-1)![1]].map(Math.abs), [1, 1], "from the lower edge to the upper one");
});

test("of a saddle's cell, two corners of one side are cut off, as the mean of its corners says", () => {
  const corners = (values: readonly number[]): Field => ({ values, columns: [0, 1], rows: [0, 1] });
  const ends = (values: readonly number[]) =>
    contourLines(corners(values), 0.5).map((line) =>
      [line.slice(0, 2), line.slice(-2)].map((end) => end.join()).sort(),
    );
  // Rows from below: a b, c d. Where the mean is high, the low corners b and c are cut off; else a and d are.
  assert.equal(ends([1, 0, 0, 1.2]).sort(), [
    ["0,0.5", "0.4166666666666667,1"],
    ["0.5,0", "1,0.4166666666666667"],
  ]);
  assert.equal(ends([0.75, 0, 0, 1]).sort(), [
    ["0,0.3333333333333333", "0.3333333333333333,0"],
    ["0.5,1", "1,0.5"],
  ]);
});

test("a level that is not reached has no line, and neither has a cell with a corner that is not finite", () => {
  const field = fieldOf((x) => x, 3);
  assert.equal(contourLines(field, 2), []);
  assert.is(contourLines(field, -0.5).length, 1);
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const values = Float64Array.from(field.values);
    values[0] = bad; // of the lower left cell alone
    const lines = contourLines({ ...field, values }, -0.5);
    assert.equal(
      lines.map((line) => pointsOf(line).map(String).sort()),
      [["-0.5,0", "-0.5,1"]],
      `${bad}`,
    );
  }
});

test("segments of one line are one path, wherever it starts", () => {
  const lines = contourLines(
    fieldOf((x, y) => Math.sin(3 * x) * Math.cos(3 * y)),
    0.3,
  );
  const ends = lines.map((line) => [line.slice(0, 2).join(), line.slice(-2).join()]);
  const open = ends.filter(([from, to]) => from !== to);
  for (const [x, y] of open.flat().map((end) => end!.split(",").map(Number))) {
    assert.ok(Math.abs(x!) > 1 - 1e-9 || Math.abs(y!) > 1 - 1e-9, `ends within the grid at ${x}, ${y}`);
  }
});

test.run();
