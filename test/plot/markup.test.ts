/** Elements, and the outermost one. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { frame } from "../../src/plot/frame.ts";
import { TITLE, WIDTH, widthOf } from "../../src/plot/letters.ts";
import { element, escaped, named, short, shortened } from "../../src/plot/markup.ts";
import { assertThrows } from "../support/throws.ts";
import { all, numberOf, readSvg, texts } from "./svg.ts";

const test = suite("markup");

test("an element: attributes in order, numbers of two decimals, ids that are named later", () => {
  assert.is(element("a", { y: 1.005, x: -0.001, z: undefined, b: "<" }), '<a b="&lt;" x="0" y="1"/>');
  assert.is(element("a", {}, "b", "c"), "<a>bc</a>");
  assert.is(element("a", {}, ""), "<a></a>");
  const markup = element("a", { id: { id: 12, form: "id" }, fill: { id: 12, form: "url" } });
  assert.is(named(markup, "mine"), '<a fill="url(#mine-12)" id="mine-12"/>');
  assert.equal([short(1.2345), short(1.25, 1), short(-0.001), short(12.5, 0)], ["1.23", "1.3", "0", "13"]);
  assert.is(shortened("M1e2,1E-1L-.5,1.25e+1,2e-12", 1), "M100,0.1L-0.5,12.5,0");
});

test("what is markup in XML is written as text", () => {
  assert.is(escaped(`a & b < c > d "e"`), "a &amp; b &lt; c &gt; d &quot;e&quot;");
});

test("what XML forbids is replaced, and nothing else", () => {
  for (const kept of ["\t", "\n", "\r", " ", "\ud7ff", "\ue000", "\ufffd", "\u{10000}", "\u{10ffff}", "'"]) {
    assert.is(escaped(kept), kept, JSON.stringify(kept));
  }
  for (const code of [0x00, 0x08, 0x0b, 0x0c, 0x0e, 0x1f, 0xd800, 0xdbff, 0xdc00, 0xdfff, 0xfffe, 0xffff]) {
    assert.is(escaped(String.fromCharCode(code)), "\ufffd", code.toString(16));
  }
});

test("a figure's size, title and ids are those that are asked for", () => {
  const content = { figure: "f", title: "Loss", description: "of each step", height: 99.5, body: "<circle/>" };
  const root = readSvg(frame(content, { width: 960 }));
  // 8 and a line of 21 for the title.
  assert.is(root.attributes.get("viewBox"), "0 0 480 129");
  assert.equal([root.attributes.get("width"), root.attributes.get("height")], ["960", "258"]);
  assert.equal(texts(root), ["Loss"]);
  assert.is(root.children.at(-1)?.attributes.get("transform"), "translate(0,29)", "what is shown stands below");
  assert.equal(
    all(root, "text").map(({ attributes }) => [
      attributes.get("font-weight"),
      numberOf(all(root, "text")[0], "y") < 29,
    ]),
    [["bold", true]],
  );
  const { attributes } = root;
  assert.equal(
    ["xmlns", "class", "role", "fill", "style"].map((name) => attributes.get(name)),
    ["http://www.w3.org/2000/svg", "lanegrad", "img", "currentColor", "max-width:100%;height:auto"],
  );
  assert.match(attributes.get("font-family") ?? "", /'DejaVu Sans', sans-serif$/);
  const ids = root.children.slice(0, 2).map((child) => child.attributes.get("id"));
  assert.is(attributes.get("aria-labelledby"), ids.join(" "));
  assert.is(new Set(ids).size, 2);
  assert.is(readSvg(frame(content, { title: "mine" })).children[0]?.text, "mine");
  for (let count = 1; count < 40; count++) {
    const wide = readSvg(frame(content, { title: "mmm ".repeat(count).trim() }));
    for (const line of texts(wide)) assert.ok(widthOf(line, 1.12 * TITLE) <= WIDTH - 16, line);
  }
  const plain = readSvg(frame(content, { title: "" }));
  assert.is(plain.attributes.get("viewBox"), "0 0 480 100");
  assert.is(plain.children.at(-1)?.attributes.get("transform"), "translate(0,0)");
  assert.equal([plain.children[0]?.text, texts(plain)], ["Loss", []], "who cannot see it is still told what it is");
  const long = readSvg(
    frame({ ...content, title: "a title of many words that goes on and on to a second line of it" }, {}),
  );
  const heights = all(long, "text").map((line) => numberOf(line, "y"));
  assert.is(heights.length, 2);
  assert.is(heights[1]! - heights[0]!, 21);
  const bodies = ["<circle/>", "<rect/>", "<line/>"].map((body) => frame({ ...content, body }, {}));
  assert.is(new Set(bodies.map((svg) => /lanegrad-[0-9a-f]{8}-title/.exec(svg)?.[0])).size, 3);
  const named3 = [{}, { title: "another" }, { description: "another" }].map((options) => frame(content, options));
  assert.is(new Set(named3.map((svg) => /id="[^"]*"/.exec(svg)?.[0])).size, 3, "ids tell all that is shown");
  for (const name of ["a", "Z9_-"]) assert.ok(frame(content, { name }).includes(`id="${name}-title"`));
  for (const [options, option] of [
    [{ name: "9a" }, "f: name"],
    [{ name: "a b" }, "f: name"],
    [{ name: "ab!" }, "f: name"],
    [{ width: 0 }, "f: width"],
    [{ width: Number.POSITIVE_INFINITY }, "f: width"],
  ] as const) {
    assert.is(assertThrows(() => frame(content, options), OptionError, option).option, option);
  }
});

test.run();
