import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type CsvOptions, loadCsv, parseCsv } from "../../src/data/csv.ts";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { datasetOfTable } from "../../src/data/table.ts";
import { OptionError } from "../../src/errors.ts";
import { computingTime } from "../support/clock.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("csv");

const FLOWERS = [
  "sepal length,width,species",
  "5.1,3.5,setosa",
  "7, 3.2 ,versicolor",
  '6.3,-3.3e0,"virginica"',
  "4.9,.5,setosa",
].join("\n");

async function faultOf(text: string, options: CsvOptions): Promise<DatasetError["fault"]> {
  return (await assertRejects(() => parseCsv(text, options), DatasetError, text)).fault;
}

test("columns of numbers are inputs, words are classes in the order of their letters", async () => {
  const data = await parseCsv(FLOWERS, { label: "species", name: "flowers" });
  assert.equal(data.inputs, Float64Array.of(5.1, 3.5, 7, 3.2, 6.3, -3.3, 4.9, 0.5));
  assert.equal(data.classNames, ["setosa", "versicolor", "virginica"]);
  assert.equal([...data.labels], [0, 1, 2, 0]);
  assert.equal(data.inputNames, ["sepal length", "width"]);
  assert.equal([data.name, data.classes, data.shape], ["flowers", 3, [2]]);
});

test("the order of records does not change the numbers of the classes", async () => {
  const [head, ...records] = FLOWERS.split("\n");
  const data = await parseCsv([head, ...records.reverse()].join("\n"), { label: "species" });
  assert.equal(data.classNames, ["setosa", "versicolor", "virginica"]);
  assert.equal([...data.labels], [0, 2, 1, 0]);
});

test("classes whose names are numbers are ordered by value", async () => {
  const data = await parseCsv("x,c\n1,10\n2,9\n3,1\n", { label: "c" });
  assert.equal(data.classNames, ["1", "9", "10"]);
  assert.equal([...data.labels], [2, 1, 0]);
  const orders: readonly (readonly string[])[] = [
    ["1.0", "2.0", "10.0"],
    ["-10", "-9.5", "-1", "-0.5", "+2", "1e1", "1e3"],
    [".5", "1.", "02", "3E2"],
    ["-1e999", "0", "1e308", "1e999", "2e999"], // beyond float64: at the ends, by their letters
    ["9007199254740992", "9007199254740993", "9007199254740994"],
    ["+1", "01", "1", "1.0", "1e0"], // one value: by their letters
  ];
  for (const order of orders) {
    for (const names of [order, order.toReversed(), [...order.slice(2), ...order.slice(0, 2)]]) {
      const text = `x,c\n${names.map((name) => `1,${name}\n`).join("")}`;
      assert.equal((await parseCsv(text, { label: "c" })).classNames, order);
    }
  }
});

test("classes of numbers and words are ordered by letters, and classes that are handed in keep their order", async () => {
  for (const word of ["0x10", "1,000", "1e", "--1", "1_0", "NaN", "Infinity", "1 0", "١"]) {
    const data = await parseCsv(`x,c\n1,10\n2,9\n3,"${word}"\n`, { label: "c" });
    assert.equal(data.classNames, ["10", "9", word].sort(), word);
  }
  const kept = await parseCsv("x,c\n1,10.0\n2,2.0\n", { label: "c", classes: ["10.0", "1.0", "2.0"] });
  assert.equal(
    [kept.classNames, [...kept.labels]],
    [
      ["10.0", "1.0", "2.0"],
      [0, 2],
    ],
  );
});

test("known classes keep their numbers, and others are refused", async () => {
  const classes = ["virginica", "setosa", "versicolor", "other"];
  const data = await parseCsv(FLOWERS, { label: "species", classes });
  assert.equal([...data.labels], [1, 2, 0, 1]);
  assert.is(data.classes, 4);
  const fault = await faultOf(FLOWERS, { label: "species", classes: ["setosa", "virginica"], file: "f.csv" });
  assert.equal(fault, {
    kind: "cell",
    file: "f.csv",
    line: 3,
    column: '"species"',
    expected: "one of setosa, virginica",
    found: '"versicolor"',
  });
});

test("targets may be numbers, one column or several, and inputs may be chosen", async () => {
  const text = "id,rooms,area,price\n1,2,40,100.5\n2,3,60,150\n";
  const data = await parseCsv(text, { label: "price", target: "numbers", inputs: ["area", "rooms"] });
  assert.equal(data.inputs, Float64Array.of(40, 2, 60, 3));
  assert.equal(data.targetValues, Float64Array.of(100.5, 150));
  assert.equal(data.inputNames, ["area", "rooms"]);
  const wide = await parseCsv(text, { label: [-1, "id"], target: "numbers" });
  assert.equal(wide.targetValues, Float64Array.of(100.5, 1, 150, 2));
  assert.equal(wide.targetShape, [2, 2]);
});

test("without a header, columns are positions; other delimiters, breaks and a byte-order mark are read", async () => {
  const text = "\ufeffa;1;2\r\n\r\nb;3;4\rc;5;6\n\n";
  const data = await parseCsv(text, { label: 0, header: false, delimiter: ";" });
  assert.equal(data.inputs, Float64Array.of(1, 2, 3, 4, 5, 6));
  assert.equal(data.classNames, ["a", "b", "c"]);
  assert.is(data.inputNames, undefined);
  const tabs = await parseCsv("1\t2\n3\t4\n", { label: -1, header: false, delimiter: "\t" });
  assert.equal(tabs.inputs, Float64Array.of(1, 3));
});

test("quoted fields hold delimiters, quotes and breaks", async () => {
  const data = await parseCsv('x,"the ""class"""\n1,"a,b"\n2,"c\r\nd"\n', { label: 'the "class"' });
  assert.equal(data.classNames, ["a,b", "c\nd"]);
});

test("what is wrong is named by file, line and column, whatever stands before it", async () => {
  const file = "t.csv";
  const base = { kind: "cell", file, expected: "a number" } as const;
  const before = 'x,y,c\n\n1,2,"two\nlines"\n'; // the next record begins on line 5
  const of = (record: string, options: Partial<CsvOptions> = {}) =>
    faultOf(`${before}${record}\n`, { label: "c", file, ...options });
  assert.equal(await of("1,two,a"), { ...base, line: 5, column: '"y"', found: '"two"' });
  assert.equal(await of("1,,a"), { ...base, line: 5, column: '"y"', found: "nothing" });
  assert.equal(await of("1,2, "), { ...base, line: 5, column: '"c"', expected: "a class", found: "nothing" });
  assert.equal(await of("1,2"), { kind: "record", file, line: 5, expected: "3 fields", found: "2" });
  assert.equal(await of("1,2,3,4"), { kind: "record", file, line: 5, expected: "3 fields", found: "4" });
  assert.equal(await of('1,2,"a'), {
    kind: "record",
    file,
    line: 5,
    expected: "a closing quote",
    found: "the end of the text",
  });
  const quote = await of('1,"2"x,a');
  assert.is(quote.kind, "record");
  assert.match((quote as { found: string }).found, /quote.*malformed/i);
  assert.equal(await faultOf("1,a\nx,b\n", { label: 1, header: false, file }), {
    ...base,
    line: 2,
    column: "0",
    found: '"x"',
  });
});

test("a text is named by its file, its name, or neither", async () => {
  const of = async (options: Partial<CsvOptions>) => {
    const fault = await faultOf("x,c\n1\n", { label: "c", ...options });
    return "file" in fault && fault.file;
  };
  assert.is(await of({ name: "flowers", file: "f.csv" }), "f.csv");
  assert.is(await of({ name: "flowers" }), "flowers");
  assert.is(await of({}), "csv");
});

test("only decimal numbers are numbers", async () => {
  for (const word of ["NaN", "Infinity", "0x10", "1e400", "1,5", "--1", "1_000", "e5", ".", "true", "1 2"]) {
    const fault = await faultOf(`x;c\n${word};a\n`, { label: "c", delimiter: ";" });
    assert.is(fault.kind, "cell", word);
  }
  const words = ["1", "-1.5", "+.5", "2.", "1e3", "1E-3", ".25", "-12.75", "1e12", "+1E+2"];
  const text = words.map((word) => `${word},a`).join("\n");
  const data = await parseCsv(text, { label: 1, header: false });
  assert.equal(data.inputs, Float64Array.of(1, -1.5, 0.5, 2, 1000, 0.001, 0.25, -12.75, 1e12, 100));
});

test("a line of one empty field is none, any other is a record", async () => {
  const options = { label: 1, header: false, file: "t.csv" };
  assert.is((await parseCsv("1,a\n   \n\n2,b\n", options)).length, 2);
  const record = (line: number, found: string) => ({
    ...{ kind: "record", file: "t.csv", line, expected: "2 fields", found },
  });
  assert.equal(await faultOf("1,a\n5\n", options), record(2, "1"));
  assert.equal(await faultOf("1,a\n,b\n", options), {
    ...{ kind: "cell", file: "t.csv", line: 2, column: "0", expected: "a number", found: "nothing" },
  });
  const rows = [[], ["1", "a"], []];
  assert.is(datasetOfTable({ file: "t", rows, head: "none" }, { label: 1 }).length, 1);
});

test("names have no spaces around them, and classes that are not all numbers are ordered by letters", async () => {
  const data = await parseCsv(" x , c \n1,10\n2,9\n3,1x\n4,x1\n", { label: "c" });
  assert.equal(data.inputNames, ["x"]);
  assert.equal(data.classNames, ["10", "1x", "9", "x1"]);
  for (const word of ["x", "9x", "x9"]) {
    const mixed = await parseCsv(`x,c\n1,10\n2,9\n3,${word}\n`, { label: "c" });
    assert.equal(mixed.classNames, ["10", "9", word]);
  }
});

test("what a column should have been is told", async () => {
  const of = async (options: CsvOptions, text = FLOWERS) => {
    const { option, expected, found } = await assertRejects(() => parseCsv(text, options), OptionError, "column");
    return [option, expected, found];
  };
  assert.equal(await of({ label: ["species", "width"] }), ["label", "one column", 2]);
  assert.equal(await of({ label: [], target: "numbers" }), ["label", "at least one column", 0]);
  assert.equal(await of({ label: "specis" }), ["label", "one of sepal length, width, species", "specis"]);
  const nameless = ["label", "a position, where columns have no names", "species"];
  assert.equal(await of({ label: "species", header: false }), nameless);
  const twice = ["inputs", "a name that comes once", "x"];
  assert.equal(await of({ label: "c", inputs: ["x"] }, "x,x,c\n1,2,a\n"), twice);
  assert.equal(await of({ label: "x" }, "y,x,x\n1,2,a\n"), ["label", "a name that comes once", "x"]);
  const both = ["inputs", "columns that are not the label", "species"];
  assert.equal(await of({ label: "species", inputs: ["species"] }), both);
  assert.equal(await of({ label: 0, inputs: [1, 0], header: false }, "1,2\n"), [...both.slice(0, 2), 0]);
});

test("no records are no dataset", async () => {
  for (const text of ["", "\n\n", "x,c\n", "x,c"]) assert.is((await faultOf(text, { label: "c" })).kind, "empty", text);
  assert.is((await faultOf("\n", { label: 0, header: false })).kind, "empty");
});

test("columns and options that cannot be meant are refused by name", async () => {
  const of = async (options: CsvOptions) =>
    (await assertRejects(() => parseCsv(FLOWERS, options), OptionError, JSON.stringify(options))).option;
  assert.is(await of({ label: "specis" }), "label");
  assert.is(await of({ label: 3 }), "label");
  assert.is(await of({ label: -4 }), "label");
  assert.is(await of({ label: ["species", "width"] }), "label");
  assert.is(await of({ label: [], target: "numbers" }), "label");
  assert.is(await of({ label: "species", header: false }), "label");
  assert.is(await of({ label: "species", inputs: ["species"] }), "inputs");
  assert.is(await of({ label: "species", inputs: [] }), "inputs");
  assert.is(await of({ label: "species", classes: ["setosa", "setosa"] }), "classes");
  for (const delimiter of ["", ";;", '"', "\n", [","] as unknown as string])
    assert.is(await of({ label: 0, delimiter }), "delimiter");
  const twice = () => parseCsv("x,x,c\n1,2,a\n", { label: "c", inputs: ["x"] });
  assert.is((await assertRejects(twice, OptionError, "twice")).option, "inputs");
});

test("a file is read as its text is, and what cannot be read is said", async () => {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-csv-"));
  try {
    const file = join(folder, "flowers.csv");
    writeFileSync(file, FLOWERS);
    const data = await loadCsv(file, { label: "species" });
    assert.equal(data.inputs, (await parseCsv(FLOWERS, { label: "species" })).inputs);
    assert.is(data.name, file);
    writeFileSync(file, Uint8Array.of(0x78, 0x2c, 0xff));
    const errorOf = (path: string, maxBytes = 1000) =>
      assertRejects(() => loadCsv(path, { label: 0, maxBytes }), DatasetError, path);
    const broken = await errorOf(file);
    assert.equal(broken.fault, { kind: "unreadable", file, reason: "not UTF-8" });
    for (const [content, reason] of [
      ["version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n", "this is a Git LFS pointer; run git lfs pull"],
      ["\ufeff\n<!DOCTYPE html><html>", /^this is an HTML page; download the file itself/],
      [Uint8Array.of(0x50, 0x4b, 3, 4, 0xff), "not UTF-8: this is a zip archive; unpack it first"], // as a workbook is
      [Uint8Array.of(0x1f, 0x8b, 8), "not UTF-8: this is gzip data; unpack it first"],
    ] as const) {
      writeFileSync(file, content);
      const { fault } = await assertRejects(() => loadCsv(file, { label: -1 }), DatasetError, "another kind");
      assert.is(fault.kind, "unreadable");
      assert.match((fault as { reason: string }).reason, reason);
    }
    assert.instance(broken.cause, TypeError);
    assert.is((await errorOf(file, 2)).fault.kind, "too-large");
    const none = join(folder, "none.csv");
    assert.equal((await errorOf(none)).fault, { kind: "missing", file: none, looked: [none] });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("without its parser, the bundled reader says what to install", async () => {
  // In a folder of its own, where no package is found.
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-csv-"));
  try {
    const outfile = join(folder, "csv.mjs");
    const source = (path: string) => fileURLToPath(new URL(`../../src/${path}`, import.meta.url));
    await build({
      entryPoints: [source("data/csv.ts")],
      outfile,
      bundle: true,
      format: "esm",
      platform: "node",
      external: ["papaparse"],
      alias: { "#platform": source("platform/node.ts") },
    });
    const bundled = (await import(pathToFileURL(outfile).href)) as typeof import("../../src/data/csv.ts");
    const read = () => bundled.parseCsv(FLOWERS, { label: "species" });
    const error = await assertRejects(read, bundled.MissingPackageError, "parseCsv");
    assert.is(error.package, "papaparse");
    assert.match(error.message, /npm install papaparse/);
    assert.match(String(error.cause), "papaparse");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("a field of many digits that is no number is refused in the time that it takes to read it", async () => {
  const computed = computingTime();
  const text = `x,y\n1,2\n${"9".repeat(100_000)}x,1\n`;
  const error = await assertRejects(() => parseCsv(text, { label: "y", target: "numbers" }), DatasetError, "digits");
  assert.is(error.fault.kind, "cell");
  assert.ok(computed() < 1000, "not the square of its length");
  const numbers = await parseCsv("x,y\n1.,.5\n-2.25e1,+3E-1\n", { label: "y", target: "numbers" });
  assert.equal([...numbers.inputs], [1, -22.5]);
  assert.equal([...numbers.targetValues!], [0.5, 0.3]);
});

test.run();
