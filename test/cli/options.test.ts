/** Command lines, configuration files under them, and the page that explains them. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { amounts, type FlagsOf, named, section, sizes, toggle, UsageError, whole } from "../../src/cli/flags.ts";
import { CONFIG_FLAG, helpText, parse, readConfig, readJsonObject, suggestion } from "../../src/cli/options.ts";
import { TRAIN_FLAGS } from "../../src/cli/train_flags.ts";
import { computingTime } from "../support/clock.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("options");
const folder = makeTemporaryFolder();
const file = join(folder, "config.json");

test("a list within a list, or an object that only looks like words, is refused with file and key", () => {
  for (const [key, value] of [
    ["layers", '[784,{"toString":1,"valueOf":1}]'],
    ["layers", `${"[".repeat(6000)}${"]".repeat(6000)}`],
    ["layers", "[784,[10]]"],
    ["augment", '{"shift":{"toString":1}}'],
    ["augment", '{"shift":[2]}'],
  ] as const) {
    writeFileSync(file, `{"${key}":${value}}`);
    const error = assertThrows(() => readConfig(TRAIN_FLAGS, file), UsageError, key);
    assert.match(error.message, `${file}: ${key}: expected words or numbers, found a list or an object within another`);
  }
  writeFileSync(file, '{"layers":[784,10],"augment":{"shift":2,"scale":0.1}}');
  assert.equal(
    [...readConfig(TRAIN_FLAGS, file)],
    [
      ["layers", [784, 10]],
      ["augment", { shift: 2, scale: 0.1 }],
    ],
  );
});

type Values = {
  readonly batchSize?: number;
  readonly data?: string;
  readonly layers?: readonly number[];
  readonly augment?: Readonly<Partial<Record<"shift" | "scale", number>>>;
  readonly quiet?: boolean;
  readonly config?: string;
};

const FLAGS: FlagsOf<Values> = {
  batchSize: whole(1, "examples in a step"),
  data: named("DIR", "a folder"),
  layers: sizes("4,2", 2, "sizes of the layers"),
  augment: amounts(["shift", "scale"], "shift=2,scale=0.1", "changes images"),
  quiet: toggle("no progress"),
  config: CONFIG_FLAG,
};

/** The text of what is refused. */
function refusal(...args: readonly string[]): string {
  return assertThrows(() => parse(FLAGS, args), UsageError, args.join(" ")).message;
}

test("flags, with their values behind them or after =, and operands, in any order", () => {
  for (const [args, values, operands] of [
    [[], {}, []],
    [["a", "--batch-size", "3", "b"], { batchSize: 3 }, ["a", "b"]],
    [["--batch-size=3"], { batchSize: 3 }, []],
    [["--data=a=b\nc"], { data: "a=b\nc" }, []],
    [["--data", "-x"], { data: "-x" }, []],
    [["--data", "-"], { data: "-" }, []],
    [["--data", "--"], { data: "--" }, []],
    [["--batch-size", "3", "--batch-size", "4"], { batchSize: 4 }, []],
    [["-"], {}, ["-"]],
    [["", "a"], {}, ["", "a"]],
    [["--quiet", "a"], { quiet: true }, ["a"]],
    [["--quiet=false"], { quiet: false }, []],
    [["--quiet", "--", "--quiet", "--bogus", "-"], { quiet: true }, ["--quiet", "--bogus", "-"]],
    [["--help", "a", "-h", "--debug"], {}, ["a"]],
    [["--augment"], { augment: { shift: 2, scale: 0.1 } }, []],
    [["--augment", "a"], { augment: { shift: 2, scale: 0.1 } }, ["a"]],
    [["--augment", "x.a=b"], { augment: { shift: 2, scale: 0.1 } }, ["x.a=b"]],
    [["--augment", "shift=1", "a"], { augment: { shift: 1 } }, ["a"]],
    [["--augment=shift=1"], { augment: { shift: 1 } }, []],
    [["--augment", "--quiet"], { augment: { shift: 2, scale: 0.1 }, quiet: true }, []],
  ] as const) {
    const parsed = parse(FLAGS, args);
    assert.equal(parsed.values, values, args.join(" "));
    assert.equal(parsed.operands, operands, args.join(" "));
    assert.equal([...parsed.given], Object.keys(values), args.join(" "));
  }
});

test("what is no flag, and a value that is missing or not its flag's, is refused by name", () => {
  assert.is(refusal("--batch-size"), "--batch-size: a value is missing: N");
  assert.is(refusal("--batch-size", "--quiet"), "--batch-size: a value is missing: N");
  assert.is(refusal("--batch-size", "x--3"), '--batch-size: expected an integer from 1 to 2147483647, found "x--3"');
  assert.is(refusal("--quiet=yes"), '--quiet: takes no value, found "yes"');
  assert.is(refusal("--augment="), '--augment: expected shift, scale as in shift=2,scale=0.1, found ""');
  assert.is(refusal("--batchsize=3"), "unknown flag --batchsize; did you mean --batch-size?");
  assert.is(refusal("--hlep"), "unknown flag --hlep; did you mean --help?");
  assert.is(refusal("--something-else=1"), "unknown flag --something-else");
  assert.is(refusal("---quiet"), "unknown flag ---quiet; did you mean --quiet?");
  assert.is(refusal("-q"), "unknown flag -q; did you mean -h?");
  assert.is(suggestion("one", ["two"]), "");
});

test("a page of text for a flag is refused in no time", () => {
  const computed = computingTime();
  refusal(`--${"x".repeat(300_000)}`);
  assert.ok(computed() < 1000, "it is read once");
});

test("a configuration file lies under the command line; what is given is what the command line has", () => {
  writeFileSync(
    file,
    JSON.stringify({
      data: "d",
      batchSize: 5,
      quiet: false,
      layers: [3, 2],
      augment: null,
      lanegrad: "1",
      dataSha256: "0",
    }),
  );
  const { values, given } = parse(FLAGS, ["--batch-size", "7", "--config", file]);
  assert.equal(values, { data: "d", layers: [3, 2], batchSize: 7, config: file });
  assert.equal([...given].sort(), ["batchSize", "config"]);
  writeFileSync(file, JSON.stringify({ quiet: true, batchSize: "6" }));
  assert.equal(parse(FLAGS, ["--config", file]).values, { quiet: true, batchSize: 6, config: file });
});

test("a configuration file's unknown keys and wrong values are refused with the file; it names no other file", () => {
  for (const [content, text] of [
    [{ batchsize: 1 }, 'unknown key "batchsize"; did you mean batchSize?'],
    [{ "batch-size": 1 }, 'unknown key "batch-size"; did you mean batchSize?'],
    [{ somethingElse: 1 }, 'unknown key "somethingElse"'],
    [{ config: "other.json" }, 'unknown key "config"'],
    [{ confg: "other.json" }, 'unknown key "confg"'],
    [{ batchSize: 0 }, 'batchSize: expected an integer from 1 to 2147483647, found "0"'],
    [{ batchSize: [1, 2] }, 'batchSize: expected an integer from 1 to 2147483647, found "1,2"'],
    [{ layers: { a: 1 } }, 'layers: expected at least 2 integers with commas between them, such as 4,2, found "a=1"'],
    [
      { layers: [1, null] },
      'layers: expected at least 2 integers with commas between them, such as 4,2, found "1,null"',
    ],
  ] as const) {
    writeFileSync(file, JSON.stringify(content));
    const { message } = assertThrows(() => readConfig(FLAGS, file), UsageError, text);
    assert.is(message, `${file}: ${text}`);
  }
  writeFileSync(file, '{"resume":"runs/one"}');
  const { message } = assertThrows(() => readConfig(TRAIN_FLAGS, file), UsageError, "resume");
  assert.match(message, 'unknown key "resume"');
});

test("a file that holds no JSON object is refused for what it is", () => {
  for (const text of ["[1]", "null", "3", '"words"']) {
    writeFileSync(file, text);
    const { message } = assertThrows(() => readJsonObject(file), FileError, text);
    assert.is(message, `${file}: expected a JSON object`);
  }
  writeFileSync(file, "{");
  assert.match(assertThrows(() => readJsonObject(file), FileError, "{").message, /JSON/);
  const missing = join(folder, "missing.json");
  const { message } = assertThrows(() => readJsonObject(missing), FileError, "missing");
  assert.is(message, `${missing}: no such file or folder`);
  writeFileSync(file, '{"größe":1}');
  assert.equal(readJsonObject(file), { größe: 1 });
});

test("help: sections in their order, texts beside their flags or below long ones, in lines of 108 columns", () => {
  const words = Array.from({ length: 40 }, (_, i) => `word${i}`).join(" ");
  const exactly = `${"x".repeat(40)} ${"y".repeat(42)}`; // 83 columns
  const flags = {
    quiet: toggle("no progress"),
    ...section("network", { batchSize: whole(1, words), exact: toggle(exactly), over: toggle(`${exactly}z`) }),
    ...section("other things", {
      abcdefghijklmnop: named("DIR", "24 columns"),
      abcdefghijklmnopq: named("DIR", "25 columns"),
    }),
  };
  const page = helpText({
    about: "Does it.",
    usage: "it FILE",
    flags,
    examples: ["lanegrad it a && lanegrad it b", "x lanegrad it"],
  });
  const program = "npm run -s lanegrad --"; // what its sources call it
  assert.equal(page.split("\n"), [
    "Does it.",
    "",
    `usage: ${program} it FILE`,
    "",
    "options",
    "  --quiet                no progress",
    "",
    "network",
    "  --batch-size N         word0 word1 word2 word3 word4 word5 word6 word7 word8 word9 word10 word11 word12",
    "                         word13 word14 word15 word16 word17 word18 word19 word20 word21 word22 word23 word24",
    "                         word25 word26 word27 word28 word29 word30 word31 word32 word33 word34 word35 word36",
    "                         word37 word38 word39",
    `  --exact                ${exactly}`,
    `  --over                 ${"x".repeat(40)}`,
    `                         ${"y".repeat(42)}z`,
    "",
    "other things",
    "  --abcdefghijklmnop DIR 24 columns",
    "  --abcdefghijklmnopq DIR",
    "                         25 columns",
    "  --debug                show the stack of an error",
    "  --help                 this page",
    "",
    "examples",
    `  ${program} it a && ${program} it b`,
    "  x lanegrad it",
    "",
  ]);
});

test("help of a command without flags and examples has those that every command has", () => {
  const page = helpText({ about: "Does it.", usage: "it", flags: {}, examples: [] });
  assert.match(page, /it\n\noptions\n {2}--debug +show the stack of an error\n {2}--help +this page\n$/);
});

test.run();
