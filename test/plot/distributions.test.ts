/** Histograms and bands: what a reader takes from them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { band, histogram } from "../../src/plot/index.ts";
import { styleOf } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { corners, frameOf, isNear, linePaths, ticks } from "./axes.ts";
import { all, marks, type Node, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("distributions");

const barsOf = (root: Node) => marks(root, "rect").flatMap((group) => all(group, "rect"));

test("histogram: bars stand between the ends of their intervals, from 0 to their counts", async () => {
  const values = [-2, -2, -1.9, -1, 0.5, 1.99, 2, Number.NaN, Number.POSITIVE_INFINITY, 2.1, -2.1];
  const root = readSvg(await histogram(values, { bins: 4, xDomain: [-2, 2] }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const bars = barsOf(root);
  assert.is(bars.length, 4);
  for (const [i, count] of [3, 1, 1, 2].entries()) {
    const [left, width, top, height] = ["x", "width", "y", "height"].map((name) => numberOf(bars[i], name));
    const ends = [i - 2, i - 1].map((end) => x.get(`${end}`.replace("-", "−")));
    // Half a unit less on each side keeps bars apart.
    isNear(left! - 0.5, ends[0], `left of ${i}`);
    isNear(left! + width! + 0.5, ends[1], `right of ${i}`);
    isNear(top! + height! + 0.5, y.get("0") ?? y.get("0.0"), `bottom of ${i}`);
    isNear(
      ((y.get("0") ?? y.get("0.0"))! - top! + 0.5) / count,
      (y.get("0.0") ?? y.get("0"))! - y.get(y.has("1.0") ? "1.0" : "1")!,
      `height of ${i}`,
      0.6,
    );
  }
  assert.match(
    root.children[1]?.text ?? "",
    /^A histogram of 7 values in 4 intervals; 4 are outside\. Horizontal: value/,
  );
  assert.ok(["value", "count"].every((name) => texts(root).includes(name)));
});

test("histogram: thirty intervals between the ticks around the values, and an axis of counts from 0", async () => {
  const root = readSvg(await histogram([0.3, 9.7, 5]));
  assert.is(barsOf(root).length, 30);
  const { left, right, bottom, top } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  isNear(x.get("0"), left, "from 0");
  isNear(x.get("10"), right, "to 10");
  isNear(y.get("0.0"), bottom, "from 0");
  isNear(y.get("1.0"), top, "to 1");
  for (const bars of marks(root, "rect")) assert.ok(bars.attributes.has("clip-path"), "cut at the frame");
  assert.is(root.children[0]?.text, "", "no title");
  assert.ok(ticks(readSvg(await histogram([-3, 5])), "x").has("−2"), "what is below 0 counts for the axis");
  const seven = readSvg(await histogram(Array(7).fill(1)));
  isNear(ticks(seven, "y").get("8"), frameOf(seven).top, "counts up to 7 end at 8");
  assert.is((await assertRejects(() => histogram([]), ShapeError, "none")).argument, "values");
  const empty = readSvg(await histogram([1, 2], { xDomain: [5, 6] }));
  assert.equal([...ticks(empty, "y").keys()].at(-1), "1.0", "no count is above 0");
  assert.match(empty.children[1]?.text ?? "", /A histogram of 0 values .* 2 are outside/);
  const low = frameOf(readSvg(await histogram([1], { height: 100 })));
  assert.is(low.bottom - low.top, 100);
  for (const [options, option] of [
    [{ bins: 1.5 }, "histogram: bins"],
    [{ xDomain: [2, 1] }, "histogram: xDomain"],
  ] as const) {
    assert.is((await assertRejects(() => histogram([1], options), OptionError, option)).option, option);
  }
  const error = await assertRejects(() => histogram([Number.NaN]), ShapeError, "NaN");
  assert.equal([error.op, error.argument], ["histogram", "values"]);
  assert.is(barsOf(readSvg(await histogram([1], { bins: 1 }))).length, 1);
});

const quantiles = { x: [1, 10, 100], lower: [1, 2, 3], median: [3, 4, 4], upper: [8, 6, 5] };

test("band: its ends and its median stand at their numbers, on a logarithmic axis", async () => {
  const root = readSvg(await band(quantiles, { xLabel: "size", yLabel: "error" }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  assert.equal(
    [[...x.keys()], [...y.keys()]],
    [
      ["1", "3", "10", "30", "100"],
      ["0", "2", "4", "6", "8"],
    ],
  );
  const unit = (y.get("0")! - y.get("8")!) / 8;
  const drawn = linePaths(root).map(corners);
  assert.is(drawn.length, 3);
  for (const [k, values] of [quantiles.lower, quantiles.upper, quantiles.median].entries()) {
    for (const [i, value] of values.entries()) {
      isNear(drawn[k]?.[i]?.[0], x.get(`${quantiles.x[i]}`), "x");
      isNear(drawn[k]?.[i]?.[1], y.get("0")! - value * unit, `line ${k}, ${i}`, 0.05);
    }
  }
  const [area] = marks(root, "area").flatMap((group) => all(group, "path"));
  const edges = corners(area).map(([, place = 0]) => (y.get("0")! - place) / unit);
  for (const [i, want] of [8, 6, 5, 3, 2, 1].entries()) isNear(edges[i], want, `area ${i}`);
  for (const mark of [...marks(root, "area"), ...marks(root, "line")]) {
    assert.ok(mark.attributes.has("clip-path"), "cut at the frame");
  }
  assert.is(root.children[0]?.text, "", "no title");
  const plain = readSvg(await band(quantiles));
  const labels = [...ticks(plain, "x").keys(), ...ticks(plain, "y").keys()];
  assert.equal(texts(plain).sort(), ["median", "band", ...labels].sort(), "no names of axes");
  const color = styleOf(0).color;
  const of = (label: string, name: string) =>
    marks(root, label).map((group) =>
      all(group)
        .find(({ attributes }) => attributes.has(name))
        ?.attributes.get(name),
    );
  assert.equal([of("area", "fill"), of("area", "fill-opacity")], [[color], ["0.25"]]);
  assert.equal(of("line", "stroke"), [color, color, color]);
  const dashes = of("line", "stroke-dasharray");
  assert.ok(dashes[0] !== undefined && dashes[0] === dashes[1] && dashes[2] === undefined, `${dashes}`);
  assert.ok(["median", "band", "size", "error"].every((name) => texts(root).includes(name)));
  assert.match(
    root.children[1]?.text ?? "",
    /^median and band at 3 places\. Horizontal: size, 1 to 100, logarithmic\./,
  );
});

test("band: a marker at each median within the frame, and a key with a line and a band", async () => {
  // The first is the one in the key, beside the name of the line.
  const markersOf = (root: Node) => {
    const markers = all(root, "path").filter(({ attributes }) => /^M.*a.*Z$/.test(attributes.get("d") ?? ""));
    const places = markers.map(({ attributes }) =>
      /^M([\d.-]+),([\d.-]+)a/
        .exec(attributes.get("d") ?? "")!
        .slice(1)
        .map(Number),
    );
    return places.map(([x = 0, y = 0]) => [x + 3.5, y]).slice(1);
  };
  const root = readSvg(await band(quantiles, { medianLabel: "the median", bandLabel: "5 % to 95 %" }));
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const markers = markersOf(root);
  assert.is(markers.length, 3);
  for (const [i, label] of ["1", "10", "100"].entries()) isNear(markers[i]?.[0], x.get(label), `marker ${i}`, 0.03);
  isNear(markers[1]?.[1], y.get("4"), "4");
  const [line, wide] = all(root, "line");
  assert.equal(
    [line, wide].map((sample) => sample?.attributes.get("stroke-width")),
    ["2", "12"],
  );
  assert.is(wide?.attributes.get("opacity"), "0.35");
  assert.match(root.children[1]?.text ?? "", /^the median and 5 % to 95 % at 3 places\./);
  for (const [domain, count] of [
    [{ xDomain: [2, 50] }, 1],
    [{ xDomain: [1, 10] }, 2],
    [{ xDomain: [10, 100] }, 2],
    [{ yDomain: [3.5, 9] }, 2],
    [{ yDomain: [0, 3.5] }, 1],
  ] as const) {
    assert.is(markersOf(readSvg(await band(quantiles, domain))).length, count, JSON.stringify(domain));
  }
});

test("band: a place without all of its quantiles is a gap, and does not count for the axes", async () => {
  for (const name of ["lower", "median", "upper"] as const) {
    const values = [...quantiles[name]];
    values[2] = Number.NaN;
    const root = readSvg(await band({ ...quantiles, [name]: values }));
    assert.is([...ticks(root, "x").keys()].at(-1), "10", name);
    assert.equal(
      linePaths(root).map((path) => corners(path).length),
      [2, 2, 2],
    );
  }
  const root = readSvg(await band({ ...quantiles, x: [0, 10, 100] }));
  assert.is([...ticks(root, "x").keys()].at(0), "10");
  const linear = readSvg(await band({ ...quantiles, x: [0, 5, 10] }, { xScale: "linear", height: 90 }));
  assert.equal([...ticks(linear, "x").keys()], ["0", "2", "4", "6", "8", "10"]);
  assert.is(frameOf(linear).bottom - frameOf(linear).top, 90);
  for (const name of ["x", "lower", "median", "upper"] as const) {
    const error = await assertRejects(() => band({ ...quantiles, [name]: [] }), ShapeError, name);
    assert.equal([error.op, error.argument], ["band", name]);
  }
  const none = [Number.NaN, Number.NaN, Number.NaN];
  assert.is((await assertRejects(() => band({ ...quantiles, upper: none }), ShapeError, "x")).argument, "x");
  const error = await assertRejects(() => band({ ...quantiles, upper: none }, { xDomain: [1, 2] }), ShapeError, "y");
  assert.is(error.argument, "quantiles");
});

test.run();
