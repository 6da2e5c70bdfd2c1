/** What each kind of flag takes, and how it refuses the rest. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  amounts,
  type Flag,
  flagOf,
  named,
  positions,
  positive,
  real,
  section,
  share,
  sizes,
  toggle,
  UsageError,
  whole,
  word,
} from "../../src/cli/flags.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("flags");

/** The texts are taken as these values. */
function takes<T>(flag: Flag<T>, cases: readonly (readonly [text: string, value: T])[]): void {
  for (const [text, value] of cases) assert.equal(flag.parse(text, "--x"), value, JSON.stringify(text));
}

/** The texts are refused, with what was expected and what was found. */
function refuses(flag: Flag<unknown>, expected: string, texts: readonly string[]): void {
  for (const text of texts) {
    const { message } = assertThrows(() => flag.parse(text, "--x"), UsageError, JSON.stringify(text));
    assert.is(message, `--x: expected ${expected}, found "${text}"`);
  }
}

test("a key is a flag by its words", () => {
  assert.equal(["data", "batchSize", "weightInitStd", "topK"].map(flagOf), [
    "--data",
    "--batch-size",
    "--weight-init-std",
    "--top-k",
  ]);
});

test("flags under a heading are those that were given, with the heading", () => {
  const seed = whole(0, "a seed");
  const titled = section("data", { seed, quiet: toggle("no progress") });
  assert.equal(Object.keys(titled), ["seed", "quiet"]);
  assert.equal({ ...titled.seed }, { ...seed, section: "data" });
  assert.is((titled.quiet as Flag<boolean>).section, "data");
  assert.is(seed.section, undefined, "the flag itself has none");
});

test("a toggle takes no value, but what a configuration file writes for it", () => {
  const flag = toggle("no progress");
  assert.equal([flag.placeholder, flag.about], [undefined, "no progress"]);
  takes(flag, [
    ["", true],
    ["true", true],
    ["false", false],
  ]);
  for (const text of ["yes", "1", "True"]) {
    const { message } = assertThrows(() => flag.parse(text, "--x"), UsageError, text);
    assert.is(message, `--x: takes no value, found "${text}"`);
  }
});

test("a name is whatever is not empty", () => {
  const flag = named("DIR", "a folder");
  assert.equal([flag.placeholder, flag.about], ["DIR", "a folder"]);
  takes(flag, [
    ["a", "a"],
    [" ", " "],
  ]);
  refuses(flag, "a name (DIR)", [""]);
});

test("an integer is written with digits alone, and its bounds belong to it", () => {
  const flag = whole(2, "how many", 10);
  assert.equal([flag.placeholder, flag.about], ["N", "how many"]);
  takes(flag, [
    ["2", 2],
    ["10", 10],
    ["+3", 3],
    ["007", 7],
  ]);
  refuses(flag, "an integer from 2 to 10", ["1", "11", "", "3.0", "3e0", " 3", "3 ", "0x3", "-3", "x3", "3x", "NaN"]);
  takes(whole(-1, "from below 0"), [
    ["-1", -1],
    ["2147483647", 2147483647],
  ]);
  refuses(whole(0, "of no bound"), "an integer from 0 to 2147483647", ["-1", "2147483648"]);
});

test("a number is finite, and what holds of it holds", () => {
  const flag = real("an even number", (value) => value % 2 === 0, "how much");
  assert.equal([flag.placeholder, flag.about], ["X", "how much"]);
  takes(flag, [
    ["2", 2],
    ["-4e1", -40],
    [" 0 ", 0],
  ]);
  refuses(flag, "an even number", ["1", "", " ", "x", "Infinity", "NaN", "2,0"]);
  refuses(
    real("any number", () => true, ""),
    "any number",
    ["", "  ", "-Infinity", "1e999", "two"],
  );
});

test("positive is above 0, a share from 0 to below 1", () => {
  assert.equal([positive("p").about, share("s").about], ["p", "s"]);
  takes(positive("p"), [["1e-300", 1e-300]]);
  refuses(positive("p"), "a number above 0", ["0", "-1"]);
  takes(share("s"), [
    ["0", 0],
    ["0.999", 0.999],
  ]);
  refuses(share("s"), "a number from 0 to below 1", ["1", "-0.1"]);
});

test("one of several words is that word exactly", () => {
  const two = word("T", ["float32", "float64"], "a type");
  assert.equal([two.placeholder, two.about], ["T", "a type"]);
  takes(two, [["float64", "float64"]]);
  refuses(two, "float32 or float64", ["", "float", "Float32", "float32 "]);
  refuses(word("T", ["a"], ""), "a", ["b"]);
  refuses(word("T", ["a", "b", "c"], ""), "a, b, c", ["d"]);
});

test("sizes are integers from 1 on, as many as are needed", () => {
  const flag = sizes("784,10", 2, "layers");
  assert.equal([flag.placeholder, flag.about], ["784,10", "layers"]);
  takes(flag, [
    ["1,2147483647", [1, 2147483647]],
    [" 3 , 4 ,5", [3, 4, 5]],
  ]);
  const expected = "at least 2 integers with commas between them, such as 784,10";
  refuses(flag, expected, ["3", "3,0", "3,2147483648", "3,", ",3", "3,x4", "3,4x", "3,-4", "3,4.5", "3,1e2", ""]);
});

test("positions are integers from 0 on", () => {
  const flag = positions("which");
  assert.equal([flag.placeholder, flag.about], ["N,…", "which"]);
  takes(flag, [
    ["0", [0]],
    ["12, 3,3", [12, 3, 3]],
  ]);
  refuses(flag, "integers from 0 with commas between them", ["", "1,", "-1", "1.5", "x1", "1x", "1,x"]);
});

test("amounts are pairs of a known name and a number; the last of a name holds", () => {
  const flag = amounts(["shift", "rotate"], "shift=2,rotate=10", "changes");
  assert.equal([flag.placeholder, flag.bare, flag.about], ["[shift=2,rotate=10]", "shift=2,rotate=10", "changes"]);
  takes<object>(flag, [
    ["shift=1", { shift: 1 }],
    [" rotate = -2.5 ,shift=0", { rotate: -2.5, shift: 0 }],
    ["shift=1,shift=2", { shift: 2 }],
  ]);
  const texts = [
    "",
    "shift",
    "shift=",
    "shift= ",
    "shift=x",
    "shift=Infinity",
    "shift=1=2",
    "scale=1",
    "shift=1,",
    "=1",
  ];
  refuses(flag, "shift, rotate as in shift=2,rotate=10", texts);
});

test.run();
