/** Names of series and the samples beside them, and markers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { apart, type Entry, endLabels, key, marker, roomAtEnds } from "../../src/plot/labels.ts";
import { WIDTH, widthOf } from "../../src/plot/letters.ts";
import { outline, styleOf } from "../../src/plot/palette.ts";
import { all, numberOf, readMarkup, texts } from "./svg.ts";

const test = suite("names and markers");

const entry = (label: string, more: Partial<Entry> = {}): Entry => ({
  ...{ label, style: styleOf(0), isMarked: true },
  ...more,
});

test("a key has a sample and a name for each series, in order, in as many rows as it needs", () => {
  const labels = ["alpha", "beta", "a name that takes more room than most", "another one that does", "delta"];
  const { markup, height } = key(
    labels.map((label, i) => entry(label, { style: styleOf(i) })),
    100,
  );
  const root = readMarkup(markup);
  assert.equal(texts(root), labels);
  const [lines, names] = [all(root, "line"), all(root, "text")];
  assert.is(lines.length, labels.length);
  for (const [i, line] of lines.entries()) {
    assert.is(line.attributes.get("stroke"), styleOf(i).color);
    assert.is(line.attributes.get("stroke-dasharray"), styleOf(i).dash);
    assert.is(numberOf(line, "y1"), numberOf(line, "y2"));
    assert.ok(numberOf(names[i], "x") > numberOf(line, "x2"), "a name stands behind its sample");
    assert.ok(numberOf(names[i], "x") + widthOf(labels[i]!) <= WIDTH, "and ends within the figure");
    assert.is(numberOf(names[i], "y") - numberOf(line, "y1"), 5, "on one line");
  }
  const rows = [...new Set(lines.map((line) => numberOf(line, "y1")))];
  assert.equal(
    rows.map((y) => y - 100),
    [9, 27, 45],
  );
  assert.is(height, 54, "as high as its rows");
  for (let i = 1; i < lines.length; i++) {
    const isBelow = numberOf(lines[i], "y1") > numberOf(lines[i - 1], "y1");
    if (isBelow) assert.is(numberOf(lines[i], "x1"), numberOf(lines[0], "x1"));
    else
      assert.ok(numberOf(lines[i], "x1") >= numberOf(names[i - 1], "x") + widthOf(labels[i - 1]!), "none on another");
  }
  assert.is(key([entry("one")], 0).height, 18);
  for (let length = 1; length < 60; length++) {
    const named = readMarkup(
      key(
        ["a", "b", "c"].map((letter) => entry(letter.repeat(length))),
        0,
      ).markup,
    );
    for (const name of all(named, "text")) {
      assert.ok(numberOf(name, "x") + widthOf(name.text) <= WIDTH - 7.99, `${name.text} ends within the figure`);
    }
  }
});

test("a sample has the line's opacity and width, and its marker where the series has markers", () => {
  const [plain, faint] = [entry("a", { isMarked: false }), entry("b", { opacity: 0.35, width: 12 })].map((one) =>
    readMarkup(key([one], 0).markup),
  );
  assert.equal([all(plain!, "path").length, all(faint!, "path").length], [0, 1]);
  const [first, second] = [plain, faint].map((root) => all(root!, "line")[0]!.attributes);
  assert.equal([first!.get("opacity"), first!.get("stroke-width")], [undefined, "2"]);
  assert.equal([second!.get("opacity"), second!.get("stroke-width")], ["0.35", "12"]);
  const center = centerOf(all(faint!, "path")[0]?.attributes.get("d") ?? "");
  const line = all(faint!, "line")[0];
  assert.ok(
    Math.abs(center[0]! - (numberOf(line, "x1") + numberOf(line, "x2")) / 2) < 0.1,
    "in the middle of its line",
  );
});

test("names at the ends of lines stand at their heights; one that is moved is led to from its line", () => {
  const place = { right: 300, top: 0, bottom: 200 };
  const root = readMarkup(
    endLabels(
      [
        { ...entry("a"), y: 150 },
        { ...entry("b"), y: 50 },
        { ...entry("c"), y: 52 },
      ],
      place,
    ),
  );
  assert.equal(texts(root), ["a", "b", "c"]);
  const heights = all(root, "text").map((name) => numberOf(name, "y") - 5);
  assert.equal(heights, [150, 50, 68]);
  const leaders = all(root, "line").filter(({ attributes }) => attributes.get("stroke") === "currentColor");
  assert.equal(
    leaders.map((line) => [numberOf(line, "y1"), numberOf(line, "y2")]),
    [[52, 68]],
  );
  assert.ok(numberOf(leaders[0], "x1") > 300 && numberOf(leaders[0], "x2") > numberOf(leaders[0], "x1"));
  const samples = all(root, "line").filter((line) => !leaders.includes(line));
  for (const [i, name] of all(root, "text").entries()) {
    assert.ok(numberOf(samples[i], "x1") > 300 && numberOf(name, "x") > numberOf(samples[i], "x2"), name.text);
  }
  const outside = readMarkup(
    endLabels(
      [
        { ...entry("above"), y: -500 },
        { ...entry("below"), y: 500 },
      ],
      place,
    ),
  );
  assert.equal(
    all(outside, "text").map((name) => numberOf(name, "y") - 5),
    [0, 200],
  );
  assert.is(all(outside, "line").length, 2, "and none is led to what is cut off");
});

test("the room at the ends of lines is the widest name's, and its sample's", () => {
  const [a, b] = ["short", "a little longer"];
  const [one, both] = [roomAtEnds([a!]), roomAtEnds([a!, b!])];
  assert.ok(Math.abs(both! - one! - (widthOf(b!) - widthOf(a!))) < 1e-9);
  const root = readMarkup(endLabels([{ ...entry(b!), y: 5 }], { right: 300, top: 0, bottom: 10 }));
  assert.ok(numberOf(all(root, "text")[0], "x") + widthOf(b!) <= 300 + both!);
  assert.is(roomAtEnds(["a name that is far too long for a margin"]), undefined);
  assert.is(roomAtEnds(["a name that is far too long for a margin", a!]), undefined);
});

test("markers are closed paths around their places, and hollow where their style is", () => {
  for (let i = 0; i < 10; i++) {
    const [path] = all(readMarkup(marker(styleOf(i), 100, 50)), "path");
    const d = path?.attributes.get("d") ?? "";
    const [x, y] = centerOf(d);
    assert.ok(Math.abs(x! - 100) < 1 && Math.abs(y! - 50) < 1, `${styleOf(i).marker} at ${x}, ${y}`);
    assert.match(d, /^M.*Z$/);
    const isHollow = i % 2 === 1;
    assert.is(path?.attributes.get("fill"), isHollow ? "none" : styleOf(i).color);
    assert.is(path?.attributes.get("stroke"), isHollow ? styleOf(i).color : undefined);
  }
});

test("outlines: as many corners as their shape has, and as large as the radius says", () => {
  const corners = (d: string) =>
    [...d.matchAll(/[ML]([^ML,Z]+),([^ML,Z]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
  for (const [shape, count] of [
    ["square", 4],
    ["triangle", 3],
    ["diamond", 4],
    ["cross", 12],
  ] as const) {
    const path = outline(shape, 10, 20, 5);
    assert.match(path, /^M[^M]*Z$/);
    const found = corners(path);
    assert.is(found.length, count, shape);
    assert.is(new Set(found.map(String)).size, count, shape);
    const twice = corners(outline(shape, 10, 20, 10));
    for (const [k, [x = 0, y = 0]] of found.entries()) {
      assert.ok(
        Math.abs(twice[k]![0]! - 10 - 2 * (x - 10)) < 1e-9 && Math.abs(twice[k]![1]! - 20 - 2 * (y - 20)) < 1e-9,
      );
      assert.ok(Math.hypot(x - 10, y - 20) > 2 && Math.hypot(x - 10, y - 20) < 9, shape);
    }
    const across = found.map(([x]) => x! - 10);
    assert.ok(Math.abs(Math.max(...across) + Math.min(...across)) < 1e-9, `${shape}: as far to either side`);
  }
  const [[, tip = 0] = [], ...base] = corners(outline("triangle", 10, 20, 5));
  assert.ok(
    base.every(([, y = 0]) => y > tip),
    "a triangle points up",
  );
  assert.is(outline("circle", 10, 20, 5), "M5,20a5,5,0,1,1,10,0a5,5,0,1,1,-10,0Z");
});

/** The middle of the box around a path of absolute corners, or of a circle of two arcs. */
function centerOf(d: string): number[] {
  const arc = /^M([-\d.]+),([-\d.]+)a([-\d.]+)/.exec(d);
  if (arc !== null) return [Number(arc[1]) + Number(arc[3]), Number(arc[2])];
  const places = [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)] as const);
  return [0, 1].map((axis) => {
    const along = places.map((place) => place[axis as 0 | 1]);
    return (Math.min(...along) + Math.max(...along)) / 2;
  });
}

test("series one after another differ in colour, dash, marker and fill at once", () => {
  const styles = Array.from({ length: 12 }, (_, i) => styleOf(i));
  for (const [name, count] of [
    ["color", 6],
    ["dash", 5],
    ["marker", 5],
    ["fill", 2],
  ] as const) {
    const looks = styles.map((style) => style[name]);
    assert.is(new Set(looks.slice(0, count)).size, count, name);
    assert.equal(looks.slice(count, 2 * count), looks.slice(0, count), `${name}s come again in order`);
  }
  assert.equal([styles[0]!.dash, styles[0]!.marker, styles[0]!.fill], [undefined, "circle", "full"]);
});

test("more names than the frame has room for go on below it", () => {
  const moved = apart(Array(8).fill(50), { top: 10, bottom: 100 });
  assert.equal(
    moved,
    Array.from({ length: 8 }, (_, i) => 10 + 18 * i),
  );
  assert.equal(apart([95, 99], { top: 10, bottom: 100 }), [82, 100]);
  assert.equal(apart([15, 12], { top: 10, bottom: 100 }), [30, 12]);
});

test.run();
