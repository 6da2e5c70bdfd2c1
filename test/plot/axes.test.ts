/** Axes: their ticks, their ends and their names. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { accuracyCurves, lines, lossCurve } from "../../src/plot/index.ts";
import { frameOf, isNear, ticks } from "./axes.ts";
import { assertInside } from "./boxes.ts";
import { all, marks, type Node, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("axes");

const line = async (x: readonly number[], y: readonly number[], options = {}): Promise<Node> =>
  readSvg(await lines([{ label: "", x, y }], options));
/** Paths that markers are. */
const markers = (root: Node): Node[] =>
  all(root, "path").filter(({ attributes }) => /^M.*Z$/.test(attributes.get("d")!));
test("each tick has its grid line, its stroke and its label, outside of the frame; the names stand beyond", async () => {
  const root = await line([0, 10], [0, 40], { xLabel: "step", yLabel: "loss (nats)" });
  const { left, right, top, bottom, columns, rows } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  assert.equal(
    [[...x.keys()], [...y.keys()]],
    [
      ["0", "2", "4", "6", "8", "10"],
      ["0", "10", "20", "30", "40"],
    ],
  );
  for (const [i, place] of [...x.values()].entries()) isNear(columns[i], place, "column");
  for (const [i, place] of [...y.values()].entries()) isNear(rows[i], place, "row");
  assert.equal([columns.length, rows.length], [x.size, y.size]);
  isNear(columns[0], left, "0 at the left");
  isNear(columns.at(-1), right, "10 at the right");
  isNear(rows[0], bottom, "0 at the bottom");
  isNear(rows.at(-1), top, "40 at the top");
  const grid = all(root, "path")[0];
  const lines4 = [...columns.map((at) => `M${at},${top}V${bottom}`), ...rows.map((at) => `M${left},${at}H${right}`)];
  assert.is(grid?.attributes.get("d"), lines4.join(""));
  const strokesOfTicks = all(root, "path").find(({ attributes }) => attributes.get("d")?.includes("v4"));
  const d = strokesOfTicks?.attributes.get("d") ?? "";
  for (const path of [grid, strokesOfTicks]) {
    assert.equal(
      ["stroke", "fill"].map((name) => path?.attributes.get(name)),
      ["currentColor", "none"],
    );
  }
  assert.is(d, [...columns.map((at) => `M${at},${bottom}v4`), ...rows.map((at) => `M${left},${at}h-4`)].join(""));
  for (const [axis, anchor] of [
    ["x", "middle"],
    ["y", "end"],
  ] as const) {
    const [group] = marks(root, `${axis} ticks`);
    assert.is(group?.attributes.get("text-anchor"), anchor);
    for (const label of all(group!, "text")) {
      assert.ok(axis === "x" ? numberOf(label, "y") > bottom + 4 : numberOf(label, "x") < left - 4, label.text);
    }
  }
  const [across, up] = ["step", "loss (nats)"].map((name) => all(root, "text").find(({ text }) => text === name));
  assert.ok(numberOf(across, "y") > bottom + 19, "below the labels");
  isNear(numberOf(across, "x"), (left + right) / 2, "in the middle");
  assert.is(across?.attributes.get("text-anchor"), "middle");
  assert.ok(numberOf(up, "y") < top && numberOf(up, "x") < left);
  assert.is(root.children[1]?.text, "A line. Horizontal: step, 0 to 10. Vertical: loss (nats), 0 to 40.");
  const plain = await line([0, 1], [0, 1]);
  assert.equal(texts(plain), [...ticks(plain, "x").keys(), ...ticks(plain, "y").keys()], "no name, no text");
});

test("a logarithmic axis is said to be one, and axes without ticks have no ends", async () => {
  const root = await line([1, 1000], [1, 100], { xLabel: "n", yLabel: "error", xScale: "log", yScale: "log" });
  const said = root.children[1]?.text;
  assert.is(said, "A line. Horizontal: n, 1 to 1,000, logarithmic. Vertical: error, 1 to 100, logarithmic.");
  const none = await line([1, 2], [1, 2], { xDomain: [6.1, 6.9], xScale: "log", xLabel: "n" });
  assert.match(none.children[1]?.text ?? "", /Horizontal: n, logarithmic\. Vertical: , /);
});

test("the x axis reaches a tick that is within two hundredths of it, at either end, and no other", async () => {
  for (const [x, first, last] of [
    [[0.15, 9.85], 0, 10],
    [[0.3, 9.7], 0.3, 9.7],
    [[0.15, 9.7], 0, 9.7],
    [[0.3, 9.85], 0.3, 10],
  ] as const) {
    const root = await line(x, [0, 1]);
    const { left, right } = frameOf(root);
    const unit = (ticks(root, "x").get("8")! - ticks(root, "x").get("2")!) / 6;
    isNear(ticks(root, "x").get("2")! - left, (2 - first) * unit, `${x}: first`, 0.05);
    isNear(right - ticks(root, "x").get("8")!, (last - 8) * unit, `${x}: last`, 0.05);
  }
});

test("near is a share of what the axis spans, wherever that lies", async () => {
  for (const [ends, first, last] of [
    [[1000.3, 1009.7], 1000.3, 1009.7],
    [[1000.15, 1009.85], 1000, 1010],
  ] as const) {
    const root = await line(ends, [0, 1]);
    const { left, right } = frameOf(root);
    const x = ticks(root, "x");
    const unit = (x.get("1,008")! - x.get("1,002")!) / 6;
    isNear(x.get("1,002")! - left, (1002 - first) * unit, "left", 0.05);
    isNear(right - x.get("1,008")!, (last - 1008) * unit, "right", 0.05);
  }
});

test("a place without a number does not count for the other axis", async () => {
  const root = await line([0, 5, 10, 100], [1, 2, Number.NaN, Number.POSITIVE_INFINITY]);
  assert.is([...ticks(root, "x").keys()].at(-1), "5");
});

test("names and ticks of any length lie within the figure", async () => {
  const long = "a name that is far too long to stand in one line of this figure, whatever is left out of it";
  for (const [x, y] of [
    [
      [0, 1],
      [0, 1],
    ],
    [
      [0, 1e-9],
      [-1e-9, 1e15],
    ],
    [
      [0, 1_000_000],
      [-1_000_000, 9],
    ],
    [
      [999_000, 1_000_000],
      [1e-300, 2e-300],
    ],
  ] as const) {
    for (const label of ["", "a", "ten letters", "a name of words", long]) {
      for (const name of ["", "loss", long.slice(0, 50), long]) {
        assertInside(readSvg(await lines([{ label, x, y }], { xLabel: name, yLabel: name })));
      }
    }
  }
});

test("a key stands between the name of the axis and the frame, and a frame without one begins higher", async () => {
  const top = async (names: readonly string[]) => {
    const series = names.map((label) => ({ label, x: [0, 1], y: [0, 1] }));
    const root = readSvg(await lines([...series, { label: "", x: [0, 9], y: [0, 1] }], { yLabel: "loss" }));
    const axis = all(root, "text").find(({ text }) => text === "loss");
    const frame = frameOf(root);
    for (const sample of all(root, "line")) {
      assert.ok(numberOf(sample, "y1") - 9 >= numberOf(axis, "y"), "below the name of the axis");
      assert.ok(numberOf(sample, "y1") + 9 <= frame.top, "above the frame");
    }
    return frame.top;
  };
  const tops = [await top([]), await top(["a"]), await top(["a name of many words in it", "another name of as many"])];
  assert.ok(tops[0]! + 18 <= tops[1]! && tops[1]! + 18 <= tops[2]!, tops.join());
});

test("domains that are asked for are kept to the digit, and what is beyond them is neither marked nor named", async () => {
  const root = await line([0, 1, 2, 3, 4], [0, 1, 2, 3, 4], { xDomain: [0.5, 3.5], yDomain: [0.5, 2.5] });
  const { left, right, top, bottom } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  isNear((x.get("2.0") ?? x.get("2"))! - left, (right - left) / 2, "2 in the middle");
  isNear(bottom - y.get("1.5")!, (bottom - top) / 2, "1.5 in the middle");
  assert.is(markers(root).length, 2, "(1, 1) and (2, 2)");
  const named = await lines([{ label: "a", y: [0, 1, 2] }], { xDomain: [0, 1] });
  const name = all(readSvg(named), "text").find(({ text }) => text === "a");
  isNear(numberOf(name, "y") - 5, ticks(readSvg(named), "y").get("1.0")!, "where it leaves the frame");
});

test("a frame is as high as it is asked to be", async () => {
  for (const draw of [
    (height?: number) => lines([{ label: "", y: [0, 1] }], height === undefined ? {} : { height }),
    (height?: number) => lossCurve([1, 2], height === undefined ? {} : { height }),
    (height?: number) => accuracyCurves({ train: [0], test: [1] }, height === undefined ? {} : { height }),
  ]) {
    const { top, bottom } = frameOf(readSvg(await draw(100)));
    assert.is(bottom - top, 100);
    const given = frameOf(readSvg(await draw()));
    assert.ok(given.bottom - given.top > 200);
  }
});

test.run();
