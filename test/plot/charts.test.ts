/** What stands where in figures with axes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import {
  accuracyCurves,
  band,
  histogram,
  lines,
  lossCurve,
  quiver,
  scatter,
  tangents,
  trajectory,
} from "../../src/plot/index.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, readSvg, texts } from "./svg.ts";

const test = suite("charts");

test("a line's points stand where the axes say", async () => {
  const root = readSvg(await lines([{ label: "a", x: [0, 5, 10], y: [0, 4, 2] }]));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [first, second, third] = corners(linePaths(root)[0]);
  isNear(first?.[0], x.get("0"), "x of 0");
  isNear(first?.[1], y.get("0"), "y of 0");
  isNear(second?.[1], y.get("4"), "y of 4");
  isNear(third?.[0], x.get("10"), "x of 10");
  isNear(third?.[1], y.get("2"), "y of 2");
  assert.ok(y.get("4")! < y.get("0")!, "up is more");
});

test("so they do on logarithmic axes, whose ticks are equal ratios apart", async () => {
  const root = readSvg(
    await lines([{ label: "a", x: [1e-8, 1e-4, 1], y: [1e-12, 1e-6, 1] }], { xScale: "log", yScale: "log" }),
  );
  const [x, y] = [[...ticks(root, "x")], [...ticks(root, "y")]];
  assert.equal(
    x.map(([label]) => label),
    ["10⁻⁸", "10⁻⁶", "10⁻⁴", "10⁻²", "10⁰"],
  );
  const steps = x.slice(1).map(([, place], i) => place - x[i]![1]);
  for (const step of steps) isNear(step, steps[0], "step", 0.03);
  const middle = corners(linePaths(root)[0])[1];
  isNear(middle?.[0], new Map(x).get("10⁻⁴"), "x");
  isNear(middle?.[1], new Map(y).get("10⁻⁶"), "y");
});

test("the y axis ends at ticks, the x axis where the numbers do, or at a tick that is near", async () => {
  const root = readSvg(await lines([{ label: "", x: [0.3, 9.9], y: [0.3, 9.7] }]));
  const [x, y] = [[...ticks(root, "x").keys()], [...ticks(root, "y").keys()]];
  assert.equal([y.at(0), y.at(-1)], ["0", "10"]);
  assert.equal([x.at(0), x.at(-1)], ["2", "10"]);
});

test("markers lie on their lines, and points are ringed and named", async () => {
  const root = readSvg(
    await lines([{ label: "", x: [0, 10], y: [0, 4] }], {
      points: [
        { x: 5, y: 2, label: "half" },
        { x: 99, y: 9 },
      ],
      xDomain: [0, 10],
      yDomain: [0, 4],
    }),
  );
  const rings = all(root, "circle");
  assert.is(rings.length, 1, "what lies outside the axes is not drawn");
  isNear(Number(rings[0]?.attributes.get("cy")), ticks(root, "y").get("2"), "ring");
  assert.ok(texts(root).includes("half"));
});

test("every series has its name, its dash and its marker", async () => {
  const y = [1, 2, 3];
  const labels = ["a", "b", "c", "d", "e", "f", "g"];
  const root = readSvg(await lines(labels.map((label) => ({ label, y }))));
  const drawn = linePaths(root);
  assert.is(drawn.length, 7);
  const styles = marks(root, "line").flatMap((group) => all(group, "g").map(({ attributes }) => attributes));
  const looks = new Set(
    styles
      .filter((style) => style.has("stroke"))
      .map((style) => `${style.get("stroke")} ${style.get("stroke-dasharray")}`),
  );
  assert.is(looks.size, 7);
  for (const label of labels) assert.is(texts(root).filter((text) => text === label).length, 1, label);
});

test("names at the ends of lines that meet do not touch", async () => {
  const root = readSvg(await lines(["a", "b", "c", "d"].map((label) => ({ label, y: [0, 1] }))));
  const places = all(root, "text")
    .filter(({ text }) => /^[abcd]$/.test(text))
    .map(({ attributes }) => Number(attributes.get("y")))
    .sort((a, b) => a - b);
  assert.is(places.length, 4);
  for (let i = 1; i < 4; i++) assert.ok(places[i]! - places[i - 1]! >= 17.9, places.join());
});

test("a line that runs from right to left is named at its right end, too", async () => {
  const far = await lines([{ label: "a", x: [100, 10, 1], y: [3, 0, 1] }], { xScale: "log" });
  const near = await lines([{ label: "a", x: [2, 1, 0], y: [3, 0, 1] }]);
  for (const root of [readSvg(far), readSvg(near)]) {
    const name = all(root, "text").find(({ text }) => text === "a");
    isNear(Number(name?.attributes.get("y")) - 5, ticks(root, "y").get("3"), "y of the name");
  }
});

test("names that are long, and of lines that end early, stand in a key above the frame", async () => {
  const long = "a name that is too long for the margin";
  for (const series of [
    [{ label: long, y: [0, 1] }],
    [
      { label: "b", x: [0, 1], y: [0, 1] },
      { label: "c", x: [0, 9], y: [0, 1] },
    ],
  ]) {
    const root = readSvg(await lines(series));
    const top = Math.min(...ticks(root, "y").values());
    for (const { label } of series) {
      const name = all(root, "text").find(({ text }) => text === label);
      assert.ok(Number(name?.attributes.get("y")) < top, label);
    }
  }
});

test("NaN, infinities and what a logarithm has not are gaps", async () => {
  for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
    const root = readSvg(await lines([{ label: "", y: [1, 2, bad, 4, 5] }]));
    assert.is(linePaths(root)[0]?.attributes.get("d")?.match(/M/g)?.length, 2, `${bad}`);
  }
  for (const bad of [0, -1]) {
    const root = readSvg(await lines([{ label: "", y: [1, 2, bad, 4, 5] }], { yScale: "log" }));
    assert.is(linePaths(root)[0]?.attributes.get("d")?.match(/M/g)?.length, 2, `${bad}`);
  }
});

test("a figure of equal numbers, and of one, has axes", async () => {
  for (const y of [[3, 3, 3], [0], [1e-9], [-5, -5], [1e15]]) {
    const root = readSvg(await lines([{ label: "a", y }]));
    assert.ok(ticks(root, "y").size >= 2, `${y}: ${[...ticks(root, "y").keys()]}`);
  }
});

test("numbers of any size keep their labels within the figure", async () => {
  for (const scale of [1e-300, 1e-9, 1, 1e6, 1e12, 1e300]) {
    const root = readSvg(await lines([{ label: "a", y: [-scale, scale / 3, scale] }]));
    const labels = [...ticks(root, "y").keys()];
    assert.ok(labels.length >= 3 && labels.length <= 7, `${scale}: ${labels}`);
    assert.is(new Set(labels).size, labels.length, labels.join());
    assert.ok(
      labels.every((label) => label.length <= 10),
      labels.join(),
    );
  }
});

test("what lies outside the domain is cut off", async () => {
  const root = readSvg(await lines([{ label: "", y: [0, 100] }], { yDomain: [0, 1] }));
  assert.ok(all(root, "clipPath").length >= 1);
  assert.ok(marks(root, "line").every(({ attributes }) => attributes.has("clip-path")));
});

test("typed arrays and plain arrays make the same figure", async () => {
  const y = [0.5, 1, 2];
  assert.is(await lines([{ label: "a", y: Float64Array.from(y) }]), await lines([{ label: "a", y }]));
  assert.is(await lossCurve(Float32Array.from(y)), await lossCurve(y));
});

test("lossCurve: each step and its mean; a short run has no mean", async () => {
  const losses = Float64Array.from({ length: 1000 }, (_, i) => 2 - i / 1000 + (i % 2 === 0 ? 0.5 : -0.5));
  const root = readSvg(await lossCurve(losses, { smoothing: 100, yDomain: [0, 3] }));
  const [each, mean] = linePaths(root).map(corners);
  const y = ticks(root, "y");
  const scale = (y.get("0")! - y.get("3")!) / 3;
  // Within the noise the mean is the line itself: 2 - i / 1000, at the middle of its points.
  const place = mean?.[Math.floor(mean.length / 2)];
  const x = ticks(root, "x");
  const step = (((place?.[0] ?? 0) - x.get("0")!) / (x.get("1,000")! - x.get("0")!)) * 1000;
  isNear(place?.[1], y.get("0")! - (2 - step / 1000) * scale, "mean", 1);
  const span = (dots: number[][] | undefined) =>
    Math.max(...dots!.slice(0, 9).map((dot) => dot[1]!)) - Math.min(...dots!.slice(0, 9).map((dot) => dot[1]!));
  assert.ok(span(each) > 0.9 * scale, "the noise is to be seen");
  assert.ok(span(mean) < 0.2 * scale, "and not in the mean");
  assert.is(linePaths(readSvg(await lossCurve([1, 2, 3]))).length, 1);
});

test("lossCurve: more steps make no larger figure, and a peak of one step is seen", async () => {
  const steps = (length: number) => Float64Array.from({ length }, (_, i) => 1 + (i % 97) / 97);
  const small = (await lossCurve(steps(10_000))).length;
  const losses = steps(300_000);
  losses[123_456] = 9;
  const svg = await lossCurve(losses);
  assert.ok(svg.length < 1.3 * small, `${svg.length} beside ${small}`);
  const root = readSvg(svg);
  const heights = corners(linePaths(root)[0]).map(([, y]) => y!);
  const y = ticks(root, "y");
  isNear(Math.min(...heights), y.get("8")! - (y.get("6")! - y.get("8")!) / 2, "the peak of 9", 0.2);
});

test("accuracyCurves: from 0 to 1, a circle and a square", async () => {
  const root = readSvg(await accuracyCurves({ train: [0.5, 0.7], test: [0.45, 0.6] }));
  const y = ticks(root, "y");
  assert.equal([[...y.keys()].at(0), [...y.keys()].at(-1)], ["0.0", "1.0"]);
  const shapes = all(root, "path").filter(({ attributes }) => attributes.get("d")?.endsWith("Z"));
  assert.is(
    shapes.filter(({ attributes }) => attributes.get("d")?.includes("a")).length,
    3,
    "two circles and the name's",
  );
  assert.is(
    shapes.filter(({ attributes }) => attributes.get("fill") === "none").length,
    3,
    "two squares and the name's",
  );
  assert.ok(texts(root).includes("train") && texts(root).includes("test"));
});

test("tangents: through their points, with their slopes", async () => {
  const root = readSvg(await tangents((x) => x * x, [{ x: 1, slope: 2 }], { xDomain: [0, 2] }));
  const [, tangent] = linePaths(root).map(corners);
  const y = ticks(root, "y");
  const scale = y.get("0")! - y.get("1")!;
  isNear(tangent?.[0]?.[1], y.get("0")! + scale, "y = 2x - 1 at 0");
  isNear(tangent?.at(-1)?.[1], y.get("0")! - 3 * scale, "and at 2");
  assert.ok(texts(root).includes("slope 2"), texts(root).join());
});

test("quiver: an arrow points where its components say, and the longest is as long as neighbours are apart", async () => {
  const root = readSvg(await quiver({ x: [0, 1, 0, 1], y: [0, 0, 1, 1], u: [1, 0, 0.5, 0], v: [0, 1, 0, 0] }));
  const path =
    all(root, "path")
      .find(({ attributes }) => attributes.get("d")?.includes("l"))
      ?.attributes.get("d") ?? "";
  const shafts = [...path.matchAll(/l(-?[\d.]+),(-?[\d.]+)/g)]
    .filter((_, i) => i % 3 === 0)
    .map(([, x, y]) => [Number(x), Number(y)]);
  assert.is(shafts.length, 4);
  const longest = shafts[0]![0]!;
  assert.ok(longest > 20);
  assert.equal(shafts, [
    [longest, 0],
    [0, -longest],
    [Math.round(5 * longest) / 10, 0],
    [0, 0],
  ]);
});

test("trajectory: every point of a path has its dot, and contours run where the function is so high", async () => {
  const points = [
    [-1, 0],
    [0, 1],
    [1, 0],
  ];
  const root = readSvg(
    await trajectory(([x = 0, y = 0]) => x * x + y * y, [{ label: "", points }], {
      levels: [1],
      xDomain: [-2, 2],
      yDomain: [-2, 2],
    }),
  );
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const dots = all(root, "circle").map(({ attributes }) => [
    Number(attributes.get("cx")),
    Number(attributes.get("cy")),
  ]);
  assert.equal(
    dots.map(([cx]) => cx),
    ["-1", "0", "1"].map((label) => Math.round(x.get(label.replace("-", "−"))! * 100) / 100),
  );
  const unit = x.get("1")! - x.get("0")!;
  const unitY = y.get("0")! - y.get("1")!;
  const radii = corners(marks(root, "contour").flatMap((group) => all(group, "path"))[0])
    .map(([cx = 0, cy = 0]) => [(cx - x.get("0")!) / unit, (cy - y.get("0")!) / unitY] as const)
    .filter(([dx, dy]) => Math.max(Math.abs(dx), Math.abs(dy)) <= 2) // the rest closes the contour outside the frame
    .map(([dx, dy]) => Math.hypot(dx, dy));
  assert.ok(radii.length > 20);
  for (const radius of radii) isNear(radius, 1, "radius");
});

test("histogram: every value in its interval, the ends of the domain too", async () => {
  const root = readSvg(
    await histogram([0, 0.1, 0.25, 0.5, 0.5, 1, 1.1, -3, Number.NaN], { bins: 4, xDomain: [0, 1], yDomain: [0, 4] }),
  );
  const y = ticks(root, "y");
  const unit = y.get("0")! - y.get("1")!;
  const bars = marks(root, "rect").flatMap((group) => all(group, "rect"));
  const heights = bars.map(({ attributes }) => Math.round((Number(attributes.get("height")) + 1) / unit));
  assert.equal(heights, [2, 1, 2, 1]);
  assert.match(root.children[1]?.text ?? "", /6 values in 4 intervals; 3 are outside/);
});

test("band: between its quantiles", async () => {
  const root = readSvg(
    await band({ x: [1, 10], lower: [0, 1], median: [2, 2], upper: [4, 3] }, { bandLabel: "quartiles" }),
  );
  const area = marks(root, "area").flatMap((group) => all(group, "path"))[0];
  const y = ticks(root, "y");
  const heights = corners(area).map(([, place]) => place!);
  isNear(Math.min(...heights), y.get("4"), "upper");
  isNear(Math.max(...heights), y.get("0"), "lower");
  assert.ok(texts(root).includes("quartiles") && texts(root).includes("median"));
});

test("band: where a quantile has no place on the scale, there is a gap", async () => {
  const parts = { x: [1, 2, 3, 4], lower: [1, 0, 1, 1], median: [2, 2, 2, 2], upper: [4, 4, 4, 4] };
  const pieces = (d = "") => d.match(/M/g)?.length;
  for (const [yScale, count] of [
    ["linear", 1],
    ["log", 2],
  ] as const) {
    const root = readSvg(await band(parts, { yScale, xScale: "linear" }));
    const area = marks(root, "area").flatMap((group) => all(group, "path"))[0];
    assert.is(pieces(area?.attributes.get("d")), count, yScale);
  }
});

test("quiver: arrows of no length are points, one column has room, and what would leave the frame is left out", async () => {
  const shafts = async (u: readonly number[], yDomain: readonly [number, number]) => {
    const root = readSvg(await quiver({ x: [1, 1], y: [0, 1], u, v: [0, 0] }, { yDomain }));
    const path = all(root, "path").find(({ attributes }) => /M.*l/.test(attributes.get("d") ?? ""));
    const all3 = [...(path?.attributes.get("d") ?? "").matchAll(/l(-?[\d.]+),(-?[\d.]+)/g)];
    return all3.filter((_, i) => i % 3 === 0).map(([, x, y]) => [Number(x), Number(y)]);
  };
  assert.equal(await shafts([0, 0], [-1, 2]), [
    [0, 0],
    [0, 0],
  ]);
  const [first, second] = await shafts([1, -1], [-1, 2]);
  assert.ok(first![0]! > 10);
  assert.equal(second, [-first![0]!, 0]);
  assert.equal((await shafts([1, 1], [0.5, 2])).length, 1);
});

test("a point that is named at the top of the frame has its name below", async () => {
  const heights = async (y: number) => {
    const points = [{ x: 1, y, label: "here" }];
    const root = readSvg(await lines([{ label: "a", y: [0, 5, 10] }], { points, yDomain: [0, 10] }));
    const ring = all(root, "circle").find(({ attributes }) => attributes.get("r") === "5");
    const name = all(root, "text").find(({ text }) => text === "here");
    return Number(name?.attributes.get("y")) - Number(ring?.attributes.get("cy"));
  };
  assert.ok((await heights(10)) > 0);
  assert.ok((await heights(5)) < 0);
});

test("scatter: dots are at their numbers, the diagonal from corner to corner, and NaN has no dot", async () => {
  const root = readSvg(await scatter([0, 5, Number.NaN, 10], [0, 10, 1, 5], { line: "diagonal" }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const [path] = marks(root, "dot").flatMap((group) => all(group, "path"));
  const dots = [...(path?.attributes.get("d") ?? "").matchAll(/M([\d.]+),([\d.]+)h0/g)].map((match) =>
    match.slice(1).map(Number),
  );
  assert.is(dots.length, 3);
  for (const [i, [wantX, wantY]] of [
    ["0", "0"],
    ["5", "10"],
    ["10", "5"],
  ].entries()) {
    isNear(dots[i]?.[0], x.get(wantX!) ?? (x.get("4")! + x.get("6")!) / 2, `x of dot ${i}`, 0.06);
    isNear(dots[i]?.[1], y.get(wantY!) ?? (y.get("4")! + y.get("6")!) / 2, `y of dot ${i}`, 0.06);
  }
  const [from, to] = corners(linePaths(root)[0]);
  isNear(from![0], x.get("0"), "from the left");
  isNear(to![1], y.get("10"), "to the top");
  assert.match(root.children[1]?.text ?? "", /^4 dots, of which 3 are shown\. The line is y = x\./);
  const many = Float64Array.from({ length: 5000 }, (_, i) => i);
  const [thinned] = marks(readSvg(await scatter(many, many)), "dot").flatMap((group) => all(group, "path"));
  assert.is(thinned?.attributes.get("d")?.match(/h0/g)?.length, 2000);
  await assertRejects(() => scatter([1], [1], { line: "x" as "zero" }), OptionError, "an unknown line");
});

test.run();
