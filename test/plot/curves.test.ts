/** Axes and lines: what a reader takes from them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError } from "../../src/errors.ts";
import { accuracyCurves, lines, lossCurve } from "../../src/plot/index.ts";
import { styleOf } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, frameOf, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, type Node, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("curves");

const line = async (x: readonly number[], y: readonly number[], options = {}): Promise<Node> =>
  readSvg(await lines([{ label: "", x, y }], options));
/** Paths that markers are. */
const markers = (root: Node): Node[] =>
  all(root, "path").filter(({ attributes }) => /^M.*Z$/.test(attributes.get("d")!));
/** The attributes of a stroke, which Plot gives to a line's group. */
const strokes = (root: Node) =>
  marks(root, "line").flatMap((group) => all(group, "g").filter(({ attributes }) => attributes.has("stroke")));

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
  const strokesOfTicks = all(root, "path").find(({ attributes }) => attributes.get("d")?.includes("v4"));
  const d = strokesOfTicks?.attributes.get("d") ?? "";
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
  assert.equal(
    texts(await line([0, 1], [0, 1])).filter((text) => text === ""),
    [],
    "no name, no text",
  );
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

test("a line that ends in the last tenth of the axis is named at its end, and one before that in a key", async () => {
  const isAtEnd = (root: Node) => {
    const name = all(root, "text").find(({ text }) => text === "a");
    return numberOf(name, "x") > frameOf(root).right;
  };
  for (const [scale, domain, end, want] of [
    ["linear", [0, 10], 9.05, true],
    ["linear", [0, 10], 8.9, false],
    ["linear", [10, 20], 18.9, false],
    ["log", [1, 10_000], 4200, true],
    ["log", [1, 10_000], 3900, false],
    ["log", [10, 1000], 600, false],
  ] as const) {
    const series = [{ label: "a", x: [domain[0], end], y: [1, 2] }];
    assert.is(isAtEnd(readSvg(await lines(series, { xScale: scale, xDomain: domain }))), want, `${scale} ${end}`);
  }
  const late = [{ label: "a", x: [0, 9.5, 10], y: [1, 4, Number.NaN] }];
  const root = readSvg(await lines(late, { xDomain: [0, 10], yDomain: [0, 4] }));
  assert.ok(isAtEnd(root), "a gap at the end");
  isNear(
    numberOf(
      all(root, "text").find(({ text }) => text === "a"),
      "y",
    ) - 5,
    ticks(root, "y").get("4"),
    "y",
  );
  const beside = await lines([
    { label: "", y: [1, 2] },
    { label: "b", x: [0, 0.1], y: [1, 2] },
  ]);
  assert.equal(
    texts(readSvg(beside)).filter((text) => text === "b"),
    ["b"],
    "one that has no name needs no end",
  );
});

test("a few markers where there are many points, all where they are asked for, none where not", async () => {
  const count = async (length: number, how: "auto" | "all" | "none") => {
    const y = Array.from({ length }, (_, i) => i);
    return markers(readSvg(await lines([{ label: "", y, markers: how }]))).length;
  };
  assert.equal([await count(25, "auto"), await count(26, "auto")], [25, 9]);
  assert.equal([await count(26, "all"), await count(5, "none")], [26, 0]);
  const named = readSvg(await lines([{ label: "a", y: [0, 1], markers: "none" }]));
  assert.is(markers(named).length, 0, "nor beside its name");
});

test("a series has the colour, the dash and the marker of its place, and its name the same", async () => {
  const series = ["a", "b", "c", "d"].map((label, i) => ({ label, y: [i, i] }));
  const root = readSvg(await lines(series));
  for (const [i, stroke] of strokes(root).entries()) {
    const { color, dash } = styleOf(i);
    const own = all(stroke).find(({ attributes }) => attributes.has("stroke-dasharray"));
    assert.equal([stroke.attributes.get("stroke"), own?.attributes.get("stroke-dasharray")], [color, dash]);
    isNear(corners(linePaths(root)[i])[0]?.[1], ticks(root, "y").get(`${i}`), `series ${i}`);
  }
  assert.is(strokes(root).length, 4);
  const samples = all(root, "line").filter(({ attributes }) => attributes.get("stroke") !== "currentColor");
  assert.equal(
    samples.map(({ attributes }) => [attributes.get("stroke"), attributes.get("stroke-dasharray")]),
    [0, 1, 2, 3].map((i) => [styleOf(i).color, styleOf(i).dash]),
  );
  assert.match(root.children[1]?.text ?? "", /^Lines: a, b, c, d\. /);
});

test("a point's name stands to its right, or to its left where that has more room, and is cut to the room", async () => {
  const place = async (x: number, label: string) => {
    const root = await line([0, 10], [0, 10], { points: [{ x, y: 5, label }], markers: "none" });
    const ring = all(root, "circle").find(({ attributes }) => attributes.get("r") === "5");
    const name = all(root, "text").find(({ text }) => text.startsWith(label.slice(0, 3)));
    isNear(numberOf(ring, "cx"), frameOf(root).left + ((frameOf(root).right - frameOf(root).left) * x) / 10, "ring");
    return { side: numberOf(name, "x") - numberOf(ring, "cx"), anchor: name?.attributes.get("text-anchor"), name };
  };
  const near = await place(1, "minimum");
  assert.ok(near.side > 5 && near.anchor === "start");
  const far = await place(9.5, "minimum");
  assert.ok(far.side < -5 && far.anchor === "end");
  assert.is(far.name?.text, "minimum");
  assert.ok((await place(9.5, "min")).side < 0);
  assert.ok((await place(9, "m")).side > 0, "it fits");
  const long = await place(4, "m".repeat(60));
  assert.ok(long.side > 0 && long.name?.text.endsWith("…"), "more room to the right");
  const unnamed = await line([0, 10], [0, 10], { points: [{ x: 5, y: 5 }] });
  assert.is(all(unnamed, "circle").filter(({ attributes }) => attributes.get("r") === "5").length, 1);
});

test("points count for the axes, and those at the frame's edges are drawn", async () => {
  const root = await line([0, 1], [0, 1], { points: [{ x: 9.9, y: 40, label: "" }] });
  assert.equal([[...ticks(root, "x").keys()].at(-1), [...ticks(root, "y").keys()].at(-1)], ["10", "40"]);
  const corners4 = [0, 10].flatMap((x) => [0, 10].map((y) => ({ x, y })));
  const beyond = [
    [-0.5, 5],
    [10.5, 5],
    [5, -0.5],
    [5, 10.5],
  ].map(([x = 0, y = 0]) => ({ x, y }));
  const points = [...corners4, ...beyond];
  const rings = await line([0, 10], [0, 10], { points, xDomain: [0, 10], yDomain: [0, 10] });
  assert.is(all(rings, "circle").filter(({ attributes }) => attributes.get("r") === "5").length, 4);
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

test("lines: a refusal names its series", async () => {
  const y = [1, 2];
  for (const [series, argument] of [
    [[], "series"],
    [[{ label: "a", y: [] }], 'y of "a"'],
    [
      [
        { label: "a", y },
        { label: "b", x: [1], y },
      ],
      'x of "b"',
    ],
  ] as const) {
    const error = await assertRejects(() => lines(series), ShapeError, argument);
    assert.equal([error.op, error.argument], ["lines", argument]);
  }
});

test.run();
