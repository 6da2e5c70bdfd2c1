/** Ticks, labels, colours and pictures, each beside what it says of itself. */
import { inflateSync } from "node:zlib";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { pngOf } from "../../src/plot/image.ts";
import { apart } from "../../src/plot/labels.ts";
import { wrapped } from "../../src/plot/letters.ts";
import { escaped, shortened } from "../../src/plot/markup.ts";
import { COLORS, styleOf } from "../../src/plot/palette.ts";
import { fixed, niceDomain, readable, ticksOf } from "../../src/plot/ticks.ts";
import { readSvg } from "./svg.ts";

const test = suite("parts of figures");

test("ticks of a linear axis: multiples of 1, 2 or 5 · 10ⁿ, within it, about as many as asked for", () => {
  const labels = (low: number, high: number) => ticksOf("linear", [low, high], 5).map(({ label }) => label);
  assert.equal(labels(0, 10_000), ["0", "2,000", "4,000", "6,000", "8,000", "10,000"]);
  assert.equal(labels(-0.3, 0.31), ["−0.2", "0.0", "0.2"]);
  assert.equal(labels(0, 0.5), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
  fc.assert(
    fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-3, max: 1e6, noNaN: true }),
      (low, span) => {
        const ticks = ticksOf("linear", [low, low + span], 5).map(({ value }) => value);
        assert.ok(ticks.length >= 2 && ticks.length <= 6, `${low} + ${span}: ${ticks}`);
        // Less than a step more at each end, and a step is at most 2.5 fifths of the span (from 2 to 5 · 10ⁿ).
        const [nice, nicer] = niceDomain("linear", [low, low + span], 5);
        const slack = 1e-8 * (span + Math.abs(low));
        assert.ok(nice <= low + slack && nicer >= low + span - slack && nicer - nice <= 2 * span + slack);
      },
    ),
  );
});

test("ticks of a logarithmic axis: powers of ten, or 1, 2, 5 times them", () => {
  const labels = (low: number, high: number) => ticksOf("log", [low, high], 5).map(({ label }) => label);
  assert.equal(labels(1, 1000), ["1", "10", "100", "1,000"]);
  assert.equal(labels(0.2, 3), ["0.2", "0.5", "1", "2"]);
  assert.equal(labels(1e-16, 1e-1), ["10⁻¹⁵", "10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³"]);
});

test("numbers are written with what they tell", () => {
  assert.equal([0, 0.2, -1.234, 123.4, 12_345, 1.5e-7, -2e9].map(readable), [
    "0",
    "0.2",
    "−1.23",
    "123",
    "12,345",
    "1.5×10⁻⁷",
    "−2×10⁹",
  ]);
  assert.equal([Number.NaN, Number.POSITIVE_INFINITY].map(readable), ["NaN", "Infinity"]);
  assert.equal([fixed(-0.001, 2), fixed(1234.5, 1), fixed(0.1, undefined)], ["0.00", "1,234.5", "0.1"]);
});

test("labels are moved apart, stay in order, and within the frame as long as that has room", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 260 }), { minLength: 1, maxLength: 12 }), (places) => {
      const moved = apart(places, { top: 0, bottom: 260 });
      const order = places.map((_, i) => i).sort((a, b) => places[a]! - places[b]!);
      for (let k = 1; k < order.length; k++) assert.ok(moved[order[k]!]! - moved[order[k - 1]!]! >= 18);
      for (const place of moved) assert.ok(place >= 0 && place <= 260, `${place}`);
    }),
  );
  assert.equal(apart([10, 100], { top: 0, bottom: 200 }), [10, 100], "what is apart stays");
});

test("words are kept when text is broken into lines", () => {
  assert.equal(wrapped("4 taken for 9, 98 %", 90), ["4 taken for", "9, 98 %"]);
  assert.equal(wrapped("an incomprehensibility", 60), ["an", "inco…"]);
});

test("text is text, whatever is in it", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (content) => {
      const root = readSvg(`<text a="${escaped(content)}">${escaped(content)}</text>`);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML forbids
      const want = content.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/gu, "\ufffd");
      assert.is(root.text, want);
      assert.is(root.attributes.get("a"), want);
    }),
  );
});

test("numbers in paths are rounded, and nothing else is changed", () => {
  assert.is(shortened("M0.12345,-1e-7L12,3.999999A1,1,0,1,1,.5,-0.001Z"), "M0.12,0L12,4A1,1,0,1,1,0.5,0Z");
});

test("every colour has a contrast to light and to dark pages, and thirty series differ", () => {
  for (const color of COLORS) {
    assert.ok(contrast(color, "#ffffff") >= 2.9, `${color} on white: ${contrast(color, "#ffffff")}`);
    assert.ok(contrast(color, "#0d1117") >= 2.9, `${color} on #0d1117: ${contrast(color, "#0d1117")}`);
  }
  const looks = new Set(Array.from({ length: 30 }, (_, i) => JSON.stringify(styleOf(i))));
  assert.is(looks.size, 30);
});

test("a picture is a PNG: its chunks' checks hold, and its pixels come out of zlib as they went in", () => {
  for (const [rows, columns] of [
    [1, 1],
    [2, 3],
    [28, 28],
    [300, 501],
    [255, 512], // as many bytes as a stored block has at most
  ] as const) {
    const pixels = Uint8Array.from({ length: rows * columns }, (_, i) => (i * 7) % 16);
    const file = Buffer.from(pngOf(pixels, rows, columns, [0x000000, 0x0072b2]));
    const chunks = new Map<string, Buffer>();
    for (let at = 8; at < file.length; ) {
      const length = file.readUInt32BE(at);
      const type = file.toString("latin1", at + 4, at + 8);
      assert.is(file.readUInt32BE(at + 8 + length), crcOf(file.subarray(at + 4, at + 8 + length)), type);
      chunks.set(type, file.subarray(at + 8, at + 8 + length));
      at += 12 + length;
    }
    assert.equal([...chunks.keys()], ["IHDR", "PLTE", "IDAT", "IEND"]);
    assert.is(chunks.get("IEND")?.length, 0);
    assert.equal([...chunks.get("PLTE")!], [0, 0, 0, 0x00, 0x72, 0xb2]);
    const raw = inflateSync(chunks.get("IDAT")!); // checks the Adler-32
    const stride = 1 + Math.ceil(columns / 2);
    assert.is(raw.length, rows * stride);
    for (let i = 0; i < pixels.length; i++) {
      const column = i % columns;
      const byte = raw[Math.floor(i / columns) * stride + 1 + (column >> 1)]!;
      assert.is(column % 2 === 0 ? byte >> 4 : byte & 15, pixels[i]);
    }
  }
});

/** CRC-32 by a division of polynomials over whole bits, another way than the writer's. */
function crcOf(bytes: Uint8Array): number {
  let remainder = 0xffffffffn;
  for (const byte of bytes) {
    for (let bit = 0; bit < 8; bit++) {
      const next = (remainder ^ BigInt((byte >> bit) & 1)) & 1n;
      remainder = (remainder >> 1n) ^ (next === 1n ? 0xedb88320n : 0n);
    }
  }
  return Number(remainder ^ 0xffffffffn);
}

/** WCAG 2: (L₁ + 0.05) / (L₂ + 0.05). */
function contrast(a: string, b: string): number {
  const [low = 0, high = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

test.run();
