/** Paths over contours, and tangents: what a reader takes from them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { tangents, trajectory } from "../../src/plot/index.ts";
import { styleOf } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, frameOf, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, type Node, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("paths and tangents");

/** x² + 2y */
const f = ([x = 0, y = 0]: Float64Array) => x * x + 2 * y;

test("trajectory: lines and dots of each path in its colour, and its marker where it ends", async () => {
  const paths = [
    {
      label: "a",
      points: [
        [0, 0],
        [1, 2],
        [2, 4],
      ],
    },
    {
      label: "b",
      points: [
        [0, 4],
        [2, 0],
      ],
    },
  ];
  const root = readSvg(await trajectory(f, paths, { xDomain: [0, 2], yDomain: [0, 4] }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [first, second] = linePaths(root).map(corners);
  isNear(first?.[1]?.[0], x.get("1.0"), "x");
  isNear(first?.[1]?.[1], y.get("2"), "y");
  isNear(second?.[1]?.[0], x.get("2.0"), "x of b");
  isNear(second?.[1]?.[1], y.get("0"), "y of b");
  assert.is(root.children[0]?.text, "", "no title");
  for (const label of ["line", "contour"]) {
    for (const group of marks(root, label)) assert.ok(group.attributes.has("clip-path"), `${label}: cut at the frame`);
  }
  const circle = all(root, "path").filter(({ attributes }) => attributes.get("d")?.includes("a"));
  const starts = circle.map(({ attributes }) => Number(/^M([\d.]+),/.exec(attributes.get("d") ?? "")?.[1]) + 3.5);
  assert.ok(
    starts.some((start) => Math.abs(start - x.get("2.0")!) < 0.05),
    "the marker of a is at its last point",
  );
  const dots = (i: number) =>
    all(root, "circle").filter(({ attributes }) => attributes.get("fill") === styleOf(i).color);
  assert.equal([dots(0).length, dots(1).length], [3, 2]);
  const groups = marks(root, "line").flatMap((group) =>
    all(group).filter(({ attributes }) => attributes.has("stroke")),
  );
  assert.equal(
    groups.map(({ attributes }) => attributes.get("stroke")),
    [styleOf(0).color, styleOf(1).color],
  );
  const dashed = all(root, "g").filter(({ attributes }) => attributes.has("stroke-dasharray"));
  assert.equal(
    dashed.map(({ attributes }) => attributes.get("stroke-dasharray")),
    [styleOf(1).dash],
  );
  // The hollow square of b, beside that of its name in the key.
  const squares = all(root, "path").filter(
    ({ attributes }) => attributes.get("fill") === "none" && attributes.get("d")?.endsWith("Z"),
  );
  assert.is(squares.length, 2);
  const ends = squares
    .map((square) => corners(square))
    .map(([[left = 0] = [], [right = 0] = []]) => (left + right) / 2);
  assert.ok(
    ends.some((end) => Math.abs(end - x.get("2.0")!) < 0.05),
    `${ends}`,
  );
  assert.ok(["a", "b", "x₀", "x₁"].every((name) => texts(root).includes(name)));
  assert.match(root.children[1]?.text ?? "", /^Ways of descent: a, b; contours at 0, 2, 4, /);
});

test("trajectory: axes span the paths and a tenth more, a path of many points has a dot at its first alone", async () => {
  const points = Array.from({ length: 61 }, (_, i) => [i / 6, i / 3]);
  const root = readSvg(await trajectory(f, [{ label: "", points }]));
  const { left, right, top, bottom } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  isNear((x.get("0")! - left) / (right - left), 1 / 12, "x from -1 to 11", 1e-3);
  isNear((right - x.get("10")!) / (right - left), 1 / 12, "x from -1 to 11", 1e-3);
  isNear((bottom - y.get("0")!) / (bottom - top), 1 / 12, "y from -2 to 22", 1e-3);
  isNear((y.get("20")! - top) / (bottom - top), 1 / 12, "y from -2 to 22", 1e-3);
  assert.match(root.children[1]?.text ?? "", /^Ways of descent; contours at /);
  const dotsOf = (svg: Node) => all(svg, "circle").filter(({ attributes }) => attributes.get("r") === "2.5");
  assert.is(dotsOf(root).length, 1);
  isNear(numberOf(dotsOf(root)[0], "cx"), x.get("0"), "the first");
  const fewer = readSvg(await trajectory(f, [{ label: "", points: points.slice(1) }]));
  assert.is(dotsOf(fewer).length, 60);
});

test("trajectory: axes end where the paths and a tenth more do, though a tick is near", async () => {
  const points = [
    [0.8, 100.8],
    [9.1, 109.1],
  ];
  const root = readSvg(await trajectory(f, [{ label: "", points }]));
  const { left, right, top, bottom } = frameOf(root);
  isNear((right - ticks(root, "x").get("8")!) / (right - left), 1.93 / 9.96, "x to 9.93", 1e-3);
  isNear((ticks(root, "y").get("108")! - top) / (bottom - top), 1.93 / 9.96, "y to 109.93", 1e-3);
});

test("trajectory: refusals name what they refuse", async () => {
  const paths = [{ label: "a", points: [[0, 0]] }];
  for (const [make, argument, expected] of [
    [() => trajectory(f, []), "paths", "at least one"],
    [() => trajectory(f, [{ label: "a", points: [[Number.NaN, 0]] }]), "paths", "at least a finite number"],
    [() => trajectory(() => Number.NaN, paths), "f", "at least a finite number"],
  ] as const) {
    const error = await assertRejects(make, ShapeError, expected);
    assert.equal([error.op, error.argument, error.expected], ["trajectory", argument, expected]);
  }
  for (const option of ["xDomain", "yDomain"]) {
    const error = await assertRejects(() => trajectory(f, paths, { [option]: [1, 0] }), OptionError, option);
    assert.is(error.option, `trajectory: ${option}`);
  }
});

test("trajectory: what lies beyond the frame has no dot, and the marker is at the last within", async () => {
  const points = [
    [0, 0],
    [1, 1],
    [5, 1],
    [1, 5],
    [-5, 1],
    [1, -5],
  ];
  const root = readSvg(await trajectory(f, [{ label: "", points }], { xDomain: [0, 2], yDomain: [0, 2] }));
  const dots = all(root, "circle");
  assert.is(dots.length, 2);
  const marker = all(root, "path").find(({ attributes }) => /^M.*a.*Z$/.test(attributes.get("d") ?? ""));
  const [, start] = /^M([\d.]+),/.exec(marker?.attributes.get("d") ?? "") ?? [];
  isNear(Number(start) + 3.5, ticks(root, "x").get("1.0"), "the marker");
  const none = readSvg(await trajectory(f, [{ label: "", points: [[9, 9]] }], { xDomain: [0, 2], yDomain: [0, 2] }));
  assert.is(all(none, "circle").length, 0);
  const gap = [
    [0, 0],
    [Number.POSITIVE_INFINITY, 1],
    [1, 1],
    [1, Number.NaN],
    [2, 2],
  ];
  const broken = readSvg(await trajectory(f, [{ label: "", points: gap }], { xDomain: [0, 2], yDomain: [0, 2] }));
  assert.is(linePaths(broken)[0]?.attributes.get("d")?.match(/M/g)?.length, 3);
});

test("trajectory: contours at the levels that are asked for, across the whole frame, on the axes' sides", async () => {
  // 10x + y = 5 runs from (0.5, 0) up to (0.3, 2).
  const plane = ([x = 0, y = 0]: Float64Array) => 10 * x + y;
  const options = { xDomain: [0, 1], yDomain: [0, 2], levels: [5] } as const;
  const root = readSvg(await trajectory(plane, [{ label: "", points: [[0, 0]] }], options));
  const { left, right, top, bottom } = frameOf(root);
  const drawn = marks(root, "contour").flatMap((group) => all(group, "path"));
  const places = corners(drawn[0]).map(([cx = 0, cy = 0]) => [
    (cx - left) / (right - left),
    ((bottom - cy) / (bottom - top)) * 2,
  ]);
  const inside = places.filter(([x = 0, y = 0]) => x > 0.01 && x < 0.99 && y > -0.02 && y < 2.02);
  assert.ok(inside.length > 20);
  for (const [x = 0, y = 0] of inside) isNear(10 * x + y, 5, `at ${x}, ${y}`, 0.03);
  const heights = inside.map(([, y = 0]) => y);
  assert.ok(Math.min(...heights) < 0.06 && Math.max(...heights) > 1.94, "from edge to edge");
  assert.match(root.children[1]?.text ?? "", /contours at 5\. /);
  for (const levels of [[1, Number.NaN], [Number.POSITIVE_INFINITY]]) {
    const error = await assertRejects(
      () => trajectory(plane, [{ label: "", points: [[0, 0]] }], { levels }),
      OptionError,
      "levels",
    );
    assert.equal([error.option, error.found], ["trajectory: levels", levels.join(", ")]);
  }
  for (const [points, argument] of [
    [[], 'path "p"'],
    [[[0, 0], [1]], 'path "p"[1]'],
  ] as const) {
    const error = await assertRejects(() => trajectory(plane, [{ label: "p", points }]), ShapeError, argument);
    assert.equal([error.op, error.argument], ["trajectory", argument]);
  }
});

test("tangents: the function from end to end, its points ringed, each tangent with its slope", async () => {
  const at = [
    { x: 1, slope: 2 },
    { x: -1, slope: -2 },
  ];
  const root = readSvg(await tangents((x) => x * x, at, { xDomain: [-2, 2] }));
  const { left, right } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [curve, rising, falling] = linePaths(root).map(corners);
  isNear(curve?.[0]?.[0], left, "from the left");
  isNear(curve?.at(-1)?.[0], right, "to the right", 0.05);
  isNear(curve?.at(-1)?.[1], y.get("4"), "4 at 2");
  isNear(Math.max(...curve!.map(([, place]) => place!)), y.get("0"), "0 at 0");
  const unit = (y.get("0")! - y.get("4")!) / 4;
  isNear(rising?.at(-1)?.[1], y.get("0")! - 3 * unit, "2x - 1 at 2");
  isNear(falling?.[0]?.[1], y.get("0")! - 3 * unit, "-2x - 1 at -2");
  const rings = all(root, "circle").map((ring) => [numberOf(ring, "cx"), numberOf(ring, "cy")]);
  for (const [i, place] of ["1", "−1"].entries()) {
    isNear(rings[i]?.[0], x.get(place), `ring at ${place}`);
    isNear(rings[i]?.[1], y.get("0")! - unit, "1");
  }
  assert.ok(
    ["f(x)", "slope 2", "slope −2", "x"].every((text) => texts(root).includes(text)),
    texts(root).join(),
  );
  assert.match(root.children[1]?.text ?? "", /^A function and 2 tangents: slope 2 at 1, slope −2 at −1\. /);
  const one = readSvg(await tangents((x) => x, at.slice(0, 1), { xDomain: [0, 2] }));
  assert.match(one.children[1]?.text ?? "", /^A function and its tangent: slope 2 at 1\. /);
  assert.is(all(root, "path").filter(({ attributes }) => attributes.get("d")?.endsWith("Z")).length, 0, "no markers");
  assert.is(root.children[0]?.text, "", "no title");
  assert.is(texts(root).filter((text) => text === "f(x)").length, 2, "the line and the axis");
  const colors = marks(root, "line").map((group) =>
    all(group)
      .find(({ attributes }) => attributes.has("stroke"))
      ?.attributes.get("stroke"),
  );
  assert.equal(colors, [styleOf(0).color, styleOf(1).color, styleOf(2).color]);
  const options = { xDomain: [1, 0] } as const;
  const reversed = await assertRejects(() => tangents((x) => x, at, options), OptionError, "xDomain");
  assert.is(reversed.option, "tangents: xDomain");
  for (const [tangent, option] of [
    [{ x: Number.NaN, slope: 1 }, "tangents: at[1].x"],
    [{ x: 0, slope: Number.POSITIVE_INFINITY }, "tangents: at[1].slope"],
  ] as const) {
    const error = await assertRejects(
      () => tangents((x) => x, [at[0]!, tangent], { xDomain: [0, 1] }),
      OptionError,
      option,
    );
    assert.is(error.option, option);
  }
  const error = await assertRejects(() => tangents(() => Number.NaN, at, { xDomain: [0, 1] }), ShapeError, "NaN");
  assert.equal([error.argument, error.found], ["f(1)", "NaN"]);
});

test.run();
