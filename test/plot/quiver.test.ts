/** Fields of arrows: what a reader takes from them. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { ShapeError } from "../../src/errors.ts";
import { type Arrows, type ChartOptions, quiver } from "../../src/plot/index.ts";
import { BLUE } from "../../src/plot/palette.ts";
import { assertRejects } from "../support/throws.ts";
import { frameOf, isNear, ticks } from "./axes.ts";
import { all, type Node, readSvg, texts } from "./svg.ts";

const test = suite("quiver");

type Arrow = { readonly middle: readonly number[]; readonly shaft: readonly number[]; readonly barbs: number[][] };

/** The arrows of a quiver: shafts, and the barbs from their tips. */
function arrowsOf(root: Node): Arrow[] {
  const d =
    all(root, "path")
      .map(({ attributes }) => attributes.get("d") ?? "")
      .find((path) => /^M[^l]*l/.test(path)) ?? "";
  assert.match(d, /^[Ml\d.,-]*$/);
  const strokes = [...d.matchAll(/M(-?[\d.]+),(-?[\d.]+)l(-?[\d.]+),(-?[\d.]+)/g)].map((match) =>
    match.slice(1).map(Number),
  );
  const arrows: Arrow[] = [];
  for (let i = 0; i < strokes.length; i += 3) {
    const [[x = 0, y = 0, dx = 0, dy = 0] = [], ...barbs] = strokes.slice(i, i + 3);
    for (const [tipX, tipY] of barbs) {
      isNear(tipX, x + dx, "a barb begins at the tip", 0.11);
      isNear(tipY, y + dy, "a barb begins at the tip", 0.11);
    }
    arrows.push({ middle: [x + dx / 2, y + dy / 2], shaft: [dx, dy], barbs: barbs.map((barb) => barb.slice(2)) });
  }
  return arrows;
}

const quiverOf = async (arrows: Arrows, options: ChartOptions = {}) => readSvg(await quiver(arrows, options));

test("arrows are centred on their places, and as long as their share of the longest", async () => {
  const root = await quiverOf({ x: [0, 4, 0, 4], y: [0, 0, 2, 2], u: [3, 0, -1, 0], v: [4, 2.5, 0, -5] });
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const { left, right, top, bottom } = frameOf(root);
  const arrows = arrowsOf(root);
  const places = [
    [0, 0],
    [4, 0],
    [0, 2],
    [4, 2],
  ];
  for (const [i, [px, py]] of places.entries()) {
    isNear(arrows[i]?.middle[0], x.get(`${px}`), "x", 0.15);
    isNear(arrows[i]?.middle[1], y.get(`${py}`) ?? y.get(`${py}.0`), "y", 0.15);
  }
  const lengths = arrows.map(({ shaft: [dx = 0, dy = 0] }) => Math.hypot(dx, dy));
  const longest = 0.9 * Math.min((right - left) / 2, (bottom - top) / 2);
  for (const [i, share] of [1, 0.5, 0.2, 1].entries()) isNear(lengths[i], share * longest, `length ${i}`, 0.15);
  isNear(arrows[0]!.shaft[1]! / arrows[0]!.shaft[0]!, -4 / 3, "3 to the right, 4 up");
  assert.ok(arrows[3]!.shaft[1]! > 0, "down");
  for (const {
    shaft: [dx = 0, dy = 0],
    barbs,
  } of arrows) {
    const length = Math.hypot(dx, dy);
    assert.is(barbs.length, 2);
    const sides = barbs.map(([bx = 0, by = 0]) => {
      isNear(Math.hypot(bx, by), 0.35 * length, "a barb's length", 0.15);
      assert.ok(bx * dx + by * dy < 0, "a barb points back");
      return Math.sign(dx * by - dy * bx);
    });
    assert.equal(sides.sort(), [-1, 1], "one to either side");
  }
});

test("half a distance of room at each end, a unit as long on both axes, and the names of the axes", async () => {
  const root = await quiverOf({
    x: [0, 2, 4, 0, 2, 4],
    y: [0, 0, 0, 2, 2, 2],
    u: [1, 1, 1, 1, 1, 1],
    v: [0, 0, 0, 0, 0, 0],
  });
  const { left, right, top, bottom } = frameOf(root);
  const [x, y] = [ticks(root, "x"), ticks(root, "y")];
  const unit = (x.get("4")! - x.get("0")!) / 4;
  isNear(x.get("0")! - left, unit, "left", 0.05);
  isNear(right - x.get("4")!, unit, "right", 0.05);
  const unitY = (y.get("0")! - y.get("2")!) / 2;
  isNear(bottom - y.get("0")!, unitY, "bottom", 0.05);
  isNear(y.get("2")! - top, unitY, "top", 0.05);
  assert.ok(Math.abs(unit / unitY - 1) < 0.1, `${unit}, ${unitY}`);
  assert.ok(["x₀", "x₁"].every((name) => texts(root).includes(name)));
  assert.match(root.children[1]?.text ?? "", /^A field of 6 arrows; the longest is 1\. /);
  assert.is(root.children[0]?.text, "", "no title");
  const drawn = all(root, "path").at(-1);
  assert.equal(
    ["fill", "stroke"].map((name) => drawn?.attributes.get(name)),
    ["none", BLUE],
  );
  const tall = await quiverOf({ x: [0, 1], y: [0, 100], u: [1, 1], v: [0, 0] });
  assert.is(frameOf(tall).bottom - frameOf(tall).top, 400, "no higher");
  const asked = await quiverOf({ x: [0, 1], y: [0, 100], u: [1, 1], v: [0, 0] }, { height: 150 });
  assert.is(frameOf(asked).bottom - frameOf(asked).top, 150);
});

test("axes end half a distance beyond, though a tick is near", async () => {
  const root = await quiverOf({ x: [2.55, 7.45], y: [2.55, 7.45], u: [1, 1], v: [1, 1] });
  const { left, right, top, bottom } = frameOf(root);
  const [first, second] = arrowsOf(root);
  isNear(first?.middle[0], left + (right - left) / 4, "x", 0.15);
  isNear(second?.middle[0], right - (right - left) / 4, "x", 0.15);
  isNear(first?.middle[1], bottom - (bottom - top) / 4, "y", 0.15);
  isNear(second?.middle[1], top + (bottom - top) / 4, "y", 0.15);
});

test("the longest is as long as the nearer neighbours are apart, whichever way they lie", async () => {
  const lengths = async (columns: number, rows: number) => {
    const places = Array.from({ length: columns * rows }, (_, i) => [i % columns, Math.floor(i / columns)] as const);
    const [x, y] = [places.map(([column]) => column), places.map(([, row]) => row)];
    const root = await quiverOf({ x, y, u: x.map(() => 1), v: x.map(() => 0) }, { height: 200 });
    const { left, right, top, bottom } = frameOf(root);
    return [arrowsOf(root)[0]!.shaft[0]!, 0.9 * ((right - left) / columns), 0.9 * ((bottom - top) / rows)] as const;
  };
  const [across, column] = await lengths(20, 2);
  isNear(across, column, "columns are nearer", 0.1);
  const [along, , row] = await lengths(2, 20);
  isNear(along, row, "rows are nearer", 0.1);
});

test("arrows far from 0, where a step of 1 is nothing, are as long as others", async () => {
  const [low, high] = [1e20, 1e20 + 1e6];
  const root = await quiverOf({ x: [low, high], y: [low, high], u: [1, 0], v: [0, 1] });
  const { left, right, top, bottom } = frameOf(root);
  const longest = 0.9 * Math.min((right - left) / 2, (bottom - top) / 2);
  const [first, second] = arrowsOf(root);
  isNear(first?.shaft[0], longest, "to the right", 0.1);
  isNear(second?.shaft[1], -longest, "up", 0.1);
});

test("an arrow with a component that is not finite is left out; one beyond an edge, too", async () => {
  const whole = { x: [0, 1, 2, 3], y: [0, 1, 2, 3], u: [1, 1, 1, 1], v: [1, 1, 1, 1] };
  assert.is(arrowsOf(await quiverOf(whole)).length, 4);
  for (const name of ["x", "y", "u", "v"] as const) {
    const root = await quiverOf({ ...whole, [name]: [1, Number.NaN, 2, Number.POSITIVE_INFINITY] });
    assert.is(arrowsOf(root).length, 2, name);
    assert.match(root.children[1]?.text ?? "", /^A field of 2 arrows/);
  }
  for (const [domain, count] of [
    [{ xDomain: [0.9, 9] }, 2],
    [{ xDomain: [-9, 2.1] }, 2],
    [{ yDomain: [0.9, 9] }, 2],
    [{ yDomain: [-9, 2.1] }, 2],
    [{ xDomain: [-9, 9], yDomain: [-9, 9] }, 4],
  ] as const) {
    const arrows = { ...whole, u: [20, 20, 20, 20], v: [20, 20, 20, 20] };
    assert.is(arrowsOf(await quiverOf(arrows, domain)).length, count, JSON.stringify(domain));
    const back = { ...whole, u: [-20, -20, -20, -20], v: [-20, -20, -20, -20] };
    assert.is(arrowsOf(await quiverOf(back, domain)).length, count, `back, ${JSON.stringify(domain)}`);
  }
  const none = [Number.NaN, Number.NaN, Number.NaN, Number.NaN];
  for (const arrows of [
    { x: [], y: [], u: [], v: [] },
    { ...whole, v: none },
  ]) {
    assert.is((await assertRejects(() => quiver(arrows), ShapeError, "none")).argument, "x");
  }
  for (const name of ["y", "u", "v"] as const) {
    const error = await assertRejects(() => quiver({ ...whole, [name]: [1] }), ShapeError, name);
    assert.equal([error.op, error.argument], ["quiver", name]);
  }
});

test.run();
