/** Where ticks stand, how numbers are written, and how much room text takes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { cut, widthOf, wrapped } from "../../src/plot/letters.ts";
import { fixed, niceDomain, readable, ticksOf } from "../../src/plot/ticks.ts";

const test = suite("ticks and letters");

const labels = (scale: "linear" | "log", low: number, high: number, count = 5) =>
  ticksOf(scale, [low, high], count).map(({ label }) => label);

test("a tick's label is its value", () => {
  const value = (label: string) => {
    const [, factor = "1", ten, exponent = ""] = /^(?:([−\d.,]+))??(?:×?(−?10)([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?$/.exec(label) ?? [];
    const plain = [...exponent]
      .map((digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹".indexOf(digit))
      .join("")
      .replace("-1", "-");
    const sign = ten?.startsWith("−") ? -1 : 1;
    return sign * Number(`${factor.replaceAll(",", "").replace("−", "-")}${ten === undefined ? "" : `e${plain}`}`);
  };
  for (const [scale, low, high] of [
    ["linear", -3, 3],
    ["linear", 0, 0.004],
    ["linear", -5e7, 3e7],
    ["linear", 0, 9_999_999],
    ["linear", 0, 10_000_000],
    ["linear", -2e-5, 3e-5],
    ["linear", 1234, 1235],
    ["log", 1e-20, 1e20],
    ["log", 0.001, 1000],
    ["log", 1, 1e5],
    ["log", 2e-7, 3e-6],
    ["log", 0.3, 40],
  ] as const) {
    const ticks = ticksOf(scale, [low, high], 5);
    assert.ok(ticks.length >= 2, `${low} to ${high}`);
    for (const tick of ticks) {
      assert.ok(tick.value >= low * (1 - Math.sign(low) * 1e-9) && tick.value <= high * (1 + 1e-9), tick.label);
      const error = Math.abs(value(tick.label) - tick.value);
      assert.ok(error <= 1e-9 * Math.abs(tick.value), `${tick.label} stands at ${tick.value}`);
    }
  }
});

test("linear ticks: every multiple of the step, with the decimals of the step", () => {
  assert.equal(labels("linear", 0, 1), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
  assert.equal(labels("linear", 0, 5), ["0", "1", "2", "3", "4", "5"]);
  assert.equal(labels("linear", 0, 5.1), ["0", "2", "4"]);
  assert.equal(labels("linear", 0, 25), ["0", "5", "10", "15", "20", "25"]);
  assert.equal(labels("linear", 0, 26), ["0", "10", "20"]);
  assert.equal(labels("linear", -1, 1), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
  assert.equal(labels("linear", 0.3, 0.7), ["0.3", "0.4", "0.5", "0.6", "0.7"]);
  assert.equal(labels("linear", 0, 0.001), ["0.0000", "0.0002", "0.0004", "0.0006", "0.0008", "0.0010"]);
  assert.equal(labels("linear", 0, 3, 3), ["0", "1", "2", "3"]);
  assert.equal(
    ticksOf("linear", [0, 0.7], 7).map(({ value }) => value),
    [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7],
    "no rounding of 0.1 adds up",
  );
});

test("numbers that are long are written by powers of ten", () => {
  assert.equal(labels("linear", 0, 9_000_000), ["0", "2,000,000", "4,000,000", "6,000,000", "8,000,000"]);
  assert.equal(labels("linear", 0, 10_000_000), ["0", "2×10⁶", "4×10⁶", "6×10⁶", "8×10⁶", "10⁷"]);
  assert.equal(labels("linear", -1e7, 0), ["−10⁷", "−8×10⁶", "−6×10⁶", "−4×10⁶", "−2×10⁶", "0"]);
  assert.equal(labels("linear", 0, 0.0002), ["0", "5×10⁻⁵", "10⁻⁴", "1.5×10⁻⁴", "2×10⁻⁴"]);
});

test("logarithmic ticks: fewer factors of ten the more decades there are", () => {
  assert.equal(labels("log", 1, 20), ["1", "2", "5", "10", "20"]);
  assert.equal(labels("log", 1, 46), ["1", "2", "5", "10", "20"]);
  assert.equal(labels("log", 1, 50), ["1", "3", "10", "30"]);
  assert.equal(labels("log", 1, 300), ["1", "3", "10", "30", "100", "300"]);
  assert.equal(labels("log", 1, 1000), ["1", "10", "100", "1,000"]);
  assert.equal(labels("log", 0.001, 100), ["0.001", "0.01", "0.1", "1", "10", "100"]);
  assert.equal(labels("log", 0.001, 1000), ["0.01", "1", "100"]);
  assert.equal(labels("log", 0.0001, 1), ["10⁻⁴", "10⁻³", "10⁻²", "10⁻¹", "10⁰"]);
  assert.equal(labels("log", 10, 100_000), ["10", "100", "1,000", "10,000", "100,000"]);
  assert.equal(labels("log", 100, 1_000_000), ["10²", "10³", "10⁴", "10⁵", "10⁶"]);
  assert.equal(labels("log", 1e3, 1e13), ["10⁴", "10⁶", "10⁸", "10¹⁰", "10¹²"]);
  assert.equal(labels("log", 3e6, 4e7), ["5×10⁶", "10⁷", "2×10⁷"]);
});

test("a domain grows to the next ticks, and not where it ends at one", () => {
  assert.equal(niceDomain("linear", [0.3, 9.7], 5), [0, 10]);
  assert.equal(niceDomain("linear", [-0.9, 0.9], 5), [-1, 1]);
  assert.equal(niceDomain("linear", [0.1, 0.6], 5), [0.1, 0.6]);
  assert.equal(niceDomain("linear", [2, 12], 5), [2, 12]);
  assert.equal(niceDomain("log", [0.3, 9.7], 5), [0.3, 9.7]);
});

test("readable numbers have about three digits, in any size", () => {
  for (const [value, want] of [
    [0, "0"],
    [0.001, "0.001"],
    [0.00099, "9.9×10⁻⁴"],
    [0.1234, "0.123"],
    [1, "1"],
    [1.234, "1.23"],
    [9.876, "9.88"],
    [10.04, "10"],
    [12.34, "12.3"],
    [100.4, "100"],
    [-999_999, "−999,999"],
    [1e6, "10⁶"],
    [-1e-9, "−10⁻⁹"],
    [1.239e12, "1.24×10¹²"],
    [Number.NEGATIVE_INFINITY, "-Infinity"],
  ] as const) {
    assert.is(readable(value), want, `${value}`);
  }
});

test("decimals are as many as asked for, thousands apart, and no zero is negative", () => {
  assert.equal([fixed(1_234_567, 0), fixed(-1_234.5, 2), fixed(999, 0)], ["1,234,567", "−1,234.50", "999"]);
  assert.equal([fixed(-0, 1), fixed(-0.04, 1), fixed(-0.06, 1)], ["0.0", "0.0", "−0.1"]);
  assert.equal([fixed(12_345.6789, undefined), fixed(-2, undefined)], ["12,345.6789", "−2"]);
});

test("text is cut to as much of its beginning as fits, and lines are broken where the next word does not", () => {
  assert.is(cut("four", widthOf("four")), "four");
  const shown = cut("a long name of things", 80);
  assert.match(shown, /^a long.*…$/);
  assert.ok(widthOf(shown) <= 80 && widthOf(`${shown}m`) > 80 - 14, shown);
  assert.is(cut("a bc", widthOf("a …") + 1), "a…", "no space before the ellipsis");
  assert.is(cut("mm", 1), "…");
  const lines = wrapped("one two three four five six", 90);
  assert.is(lines.join(" "), "one two three four five six");
  for (const [i, line] of lines.entries()) {
    assert.ok(widthOf(line) <= 90, line);
    const next = lines[i + 1]?.split(" ")[0];
    if (next !== undefined) assert.ok(widthOf(`${line} ${next}`) > 90, `${line} has room for ${next}`);
  }
  assert.equal(wrapped("a \n b", 90), ["a b"]);
  assert.ok(wrapped("one two three", 110, "bold").length > wrapped("one two three", 110).length, "bold is wider");
});

test("text is no narrower than its letters are in a wide font", () => {
  // Advances of DejaVu Sans in thousandths of its size.
  for (const [letter, advance] of Object.entries({
    m: 974,
    W: 989,
    "@": 1000,
    "%": 950,
    "—": 1000,
    "…": 1000,
    "−": 838,
    "×": 838,
    "=": 838,
    "<": 838,
    A: 684,
    Z: 685,
    f: 352,
    i: 278,
    t: 392,
    ".": 318,
    "(": 390,
    " ": 318,
    a: 613,
    x: 592,
    "0": 636,
    "9": 636,
  })) {
    assert.ok(widthOf(letter, 1000) >= advance, letter);
    assert.ok(widthOf(letter, 1000) <= 1.5 * advance, letter);
  }
  assert.is(widthOf("ab", 28), 2 * widthOf("ab"));
  assert.is(widthOf("ab"), widthOf("a") + widthOf("b"));
});

test.run();
