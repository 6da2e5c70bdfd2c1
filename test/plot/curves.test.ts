/** Lines: their names, their markers and their points. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { lines } from "../../src/plot/index.ts";
import { styleOf } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, frameOf, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, type Node, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("lines");

const line = async (x: readonly number[], y: readonly number[], options = {}): Promise<Node> =>
  readSvg(await lines([{ label: "", x, y }], options));
/** Paths that markers are. */
const markers = (root: Node): Node[] =>
  all(root, "path").filter(({ attributes }) => /^M.*Z$/.test(attributes.get("d")!));
/** The attributes of a stroke, which Plot gives to a line's group. */
const strokes = (root: Node) =>
  marks(root, "line").flatMap((group) => all(group, "g").filter(({ attributes }) => attributes.has("stroke")));

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
    ["log", [10, 1000], 900, true],
    ["linear", [10, 20], 19.9, true],
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
  const both = [
    { label: "a", x: [0, 10], y: [1, 2] },
    { label: "b", x: [0, 1], y: [2, 2] },
  ];
  assert.not.ok(isAtEnd(readSvg(await lines(both))), "all names in one key");
  const upright = readSvg(await lines([{ label: "a", x: [0, 10, 10], y: [0, 1, 4] }]));
  isNear(
    numberOf(
      all(upright, "text").find(({ text }) => text === "a"),
      "y",
    ) - 5,
    ticks(upright, "y").get("4"),
    "the last",
  );
  const outside = readSvg(await lines([{ label: "a", x: [0, 1], y: [1, 2] }], { xDomain: [5, 6] }));
  assert.not.ok(isAtEnd(outside), "it is named, though nothing of it is to be seen");
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
    const root = await line([0, 10], [0, 10], { points: [{ x, y: 5, label }] });
    const ring = all(root, "circle").find(({ attributes }) => attributes.get("r") === "5");
    assert.equal(
      ["fill", "stroke"].map((part) => ring?.attributes.get(part)),
      ["none", "currentColor"],
    );
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
  const none = [Number.NaN, Number.NaN];
  for (const [options, argument] of [
    [{}, "x"],
    [{ xDomain: [0, 1] }, "y"],
  ] as const) {
    const error = await assertRejects(() => lines([{ label: "a", y: none }], options), ShapeError, argument);
    assert.equal([error.op, error.argument], ["lines", argument]);
  }
  for (const option of ["xDomain", "yDomain"]) {
    const error = await assertRejects(() => lines([{ label: "a", y }], { [option]: [1, 0] }), OptionError, option);
    assert.is(error.option, `lines: ${option}`);
  }
});

test.run();
