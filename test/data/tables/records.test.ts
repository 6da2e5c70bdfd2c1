import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadRecords, MISSING_VALUES, parseRecords, type RecordsOptions } from "../../../src/data/csv.ts";
import { DatasetError } from "../../../src/data/dataset_error.ts";
import { OptionError } from "../../../src/errors.ts";
import { computingTime } from "../../support/clock.ts";
import { assertRejects } from "../../support/throws.ts";

const test = suite("records");

const TABLES = fileURLToPath(new URL("../../fixtures/tables/", import.meta.url));

async function faultOf(text: string, options: RecordsOptions = {}): Promise<DatasetError["fault"]> {
  return (await assertRejects(() => parseRecords(text, { file: "t.csv", ...options }), DatasetError, text)).fault;
}

/** Names and rows, of a text that another delimiter would read otherwise. */
async function read(text: string, options: RecordsOptions = {}): Promise<readonly unknown[]> {
  const { names, rows } = await parseRecords(text, options);
  return [names, ...rows];
}

test("each delimiter is found, with a decimal comma where the delimiter is no comma", async () => {
  const expected = [
    ["a", "b"],
    ["1.5", "-2.25"],
    [".5", "3"],
  ];
  assert.equal(await read("a,b\n1.5,-2.25\n.5,3\n"), expected);
  for (const delimiter of [";", "\t", "|", " ", "   ", " \t "]) {
    for (const mark of [".", ","]) {
      const text = "a_b\n1.5_-2.25\n.5_3\n".replaceAll(".", mark).replaceAll("_", delimiter);
      assert.equal(await read(text), expected, JSON.stringify(text));
      assert.equal(await read(text.replaceAll("\n", "\r\n")), expected, JSON.stringify(text));
    }
  }
});

test("what is in quotes decides nothing", async () => {
  assert.equal(await read('x,c\n1,"a;b;c"\n2,"d;e;f"\n'), [
    ["x", "c"],
    ["1", "a;b;c"],
    ["2", "d;e;f"],
  ]);
  assert.equal(await read('x;c\n1;"a,b"\n2;"c,d"\n'), [
    ["x", "c"],
    ["1", "a,b"],
    ["2", "c,d"],
  ]);
  assert.equal(await read('x c\n1 "a  ""b"""\n2 "c\n\td"\n'), [
    ["x", "c"],
    ["1", 'a  "b"'],
    ["2", "c\n\td"],
  ]);
});

test("words with spaces, commas and semicolons do not separate fields", async () => {
  const one = (text: string) => read(text).then(([, row]) => row);
  assert.equal(await one("city;size\nParis, France;2\nOslo, Norway;1\n"), ["Paris, France", "2"]);
  assert.equal(await one("at,n\n2020-01-01 10:00,5\n2020-01-02 10:00,6\n"), ["2020-01-01 10:00", "5"]);
  assert.equal(await one("59.9 10.7,Oslo\n60.1 5.3,Bergen\n"), ["60.1 5.3", "Bergen"]); // the first names the columns
  assert.equal(await one("x, y\n1, 2\n"), ["1", "2"]);
});

test("a single column is one: words with spaces, and numbers", async () => {
  assert.equal(await read("text\nhello there\nred\n"), [["text"], ["hello there"], ["red"]]);
  assert.equal(await read("the quick fox\njumps over it\n", { header: false }), [
    undefined,
    ["the quick fox"],
    ["jumps over it"],
  ]);
  assert.equal(await read("1\n2\n"), [undefined, ["1"], ["2"]]);
});

test("a header is found, and may be said", async () => {
  const named = async (text: string, header?: boolean) =>
    (await parseRecords(text, header === undefined ? {} : { header })).names;
  assert.equal(await named("a,b\n1,x\n"), ["a", "b"]);
  assert.equal(await named(",b\n1,x\n"), ["0", "b"]);
  assert.is(await named("1,b\n2,c\n"), undefined);
  assert.is(await named("?,b\n2,c\n"), undefined, "a missing value is no name");
  assert.equal(await named("cap,odor\nx,s\ny,s\n"), ["cap", "odor"]);
  assert.is(await named("x,s\ny,s\nx,t\n"), undefined, "words that come again");
  assert.is(await named("x,x\ny,s\n"), undefined, "a word twice");
  assert.equal(await named("1990,1991\n5,6\n", true), ["1990", "1991"]);
  assert.is(await named("a,b\n1,x\n", false), undefined);
});

test("names are unique: a repeated one gets a number, one that is empty its position", async () => {
  const { names } = await parseRecords("x, x ,,x.1,x\n1,2,3,4,5\n", { header: true });
  assert.equal(names, ["x", "x.2", "2", "x.1", "x.3"]);
  assert.equal((await parseRecords("1,\n5,6\n", { header: true })).names, ["1", "1.1"]);
});

test("words for missing values are empty cells, and may be others", async () => {
  const cells = [...MISSING_VALUES, ""].map((word) => `1,${word}\n`).join("");
  const { rows } = await parseRecords(`x,y\n${cells}2, NA \n3,-\n4,Na\n`);
  assert.equal(
    rows.map(([, cell]) => cell),
    [...new Array(MISSING_VALUES.length + 2).fill(""), "-", "Na"],
  );
  const other = await parseRecords("x,y\n1,-\n2,NA\n", { missingValues: ["-"] });
  assert.equal(other.rows, [
    ["1", ""],
    ["2", "NA"],
  ]);
});

test("decimal commas and points in one table are refused, unless one is said", async () => {
  const text = "a;b\n7;8\n1,5;2\n3;2.5\n";
  assert.equal(await faultOf(text), {
    ...{ kind: "cell", file: "t.csv", line: 4, column: '"b"', found: '"2.5"' },
    expected: 'the decimal mark of "1,5" in line 3, unless the option decimal says which it is',
  });
  assert.equal(await read(text, { decimal: "." }), [
    ["a", "b"],
    ["7", "8"],
    ["1,5", "2"],
    ["3", "2.5"],
  ]);
  assert.equal(await read(text, { decimal: "," }), [
    ["a", "b"],
    ["7", "8"],
    ["1.5", "2"],
    ["3", "2.5"],
  ]);
  const quoted = 'a,b\n"1,5",2\n';
  assert.equal(
    await read(quoted),
    [
      ["a", "b"],
      ["1,5", "2"],
    ],
    "it may be a separator of thousands",
  );
  assert.equal(await read(quoted, { decimal: "," }), [
    ["a", "b"],
    ["1.5", "2"],
  ]);
});

test("separators of thousands are not guessed", async () => {
  assert.equal(await read("a;b\n1.234,5;1\n1,5;2\n"), [
    ["a", "b"],
    ["1.234,5", "1"],
    ["1.5", "2"],
  ]);
  assert.equal(await read('a,b\n"1,234.5",1\n'), [
    ["a", "b"],
    ["1,234.5", "1"],
  ]);
});

test("what is wrong is named by file and line, whatever stands before it", async () => {
  const file = "t.csv";
  const before = 'x,c\n\n1,"two\nlines"\n'; // the next record begins on line 5
  assert.equal(await faultOf(`${before}2\n`), { kind: "record", file, line: 5, expected: "2 fields", found: "1" });
  assert.equal(await faultOf(`${before}2,a,b\n3,4,5\n`), {
    kind: "record",
    file,
    line: 5,
    expected: "2 fields",
    found: "3",
  });
  const open = { kind: "record", file, line: 5, expected: "a closing quote", found: "the end of the text" };
  assert.equal(await faultOf(`${before}2,"a\n`), open);
  assert.equal(await faultOf('x c\n1 2\n2 "a\n'), { ...open, line: 3 });
  for (const text of ["", "\n \n", "\ufeff", "a,b\n", "a,b"])
    assert.equal(await faultOf(text), { kind: "empty", file });
});

test("a byte-order mark is no part of the first name, and UTF-16 is refused by name", async () => {
  assert.equal(await read("\ufeffa;b\n1;2\n"), [
    ["a", "b"],
    ["1", "2"],
  ]);
  assert.equal(await read('\ufeff"a b" c\n1 2\n'), [
    ["a b", "c"],
    ["1", "2"],
  ]);
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-records-"));
  try {
    const file = join(folder, "t.csv");
    writeFileSync(file, Buffer.from("\ufeffa,b\n1,2\n", "utf8"));
    assert.equal(await loadRecords(file), { names: ["a", "b"], rows: [["1", "2"]], file });
    for (const text of [Buffer.from("\ufeffa,b\n1,2\n", "utf16le"), Buffer.from("\ufeffa\n1\n", "utf16le").swap16()]) {
      writeFileSync(file, text);
      const { fault } = await assertRejects(() => loadRecords(file), DatasetError, "UTF-16");
      assert.equal(fault, { kind: "unreadable", file, reason: "the text is UTF-16; save it as UTF-8" });
    }
    const large = await assertRejects(() => loadRecords(file, { maxBytes: 3 }), DatasetError, "too large");
    assert.is(large.fault.kind, "too-large");
    const none = join(folder, "none.csv");
    assert.is((await assertRejects(() => loadRecords(none), DatasetError, "none")).fault.kind, "missing");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("options that cannot be meant are refused by name", async () => {
  const of = async (options: object) =>
    (await assertRejects(() => parseRecords("a,b\n1,2\n", options), OptionError, JSON.stringify(options))).option;
  for (const delimiter of ["", ";;", '"', "\n", 1]) assert.is(await of({ delimiter }), "delimiter");
  assert.is(await of({ decimal: ";" }), "decimal");
  assert.is(await of({ header: "yes" }), "header");
  assert.is(await of({ missingValues: "NA" }), "missingValues");
  assert.is(await of({ missingValues: [1] }), "missingValues[0]");
});

test("five tables of well-known shapes are read without an option", async () => {
  const titanic = await loadRecords(join(TABLES, "titanic.csv"));
  assert.is(titanic.names?.join(), "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked");
  assert.is(titanic.rows[1]?.[3], 'Bellamy, Mrs. John Edward (Ada "Dot" Crane)');
  assert.equal([titanic.rows.length, titanic.rows[5]?.[5], titanic.rows[5]?.[10]], [12, "", ""]);
  const penguins = await loadRecords(join(TABLES, "penguins.csv"));
  assert.equal(penguins.rows[2], ["Adelie", "Biscoe", "", "", "", "", "", "2007"]);
  const mpg = await loadRecords(join(TABLES, "auto-mpg.data"));
  assert.is(mpg.names, undefined);
  assert.equal(mpg.rows[3], ["25.0", "4", "98.00", "", "2050.", "19.0", "71", "1", "corvid pinto"]);
  assert.ok(mpg.rows.every((row) => row.length === 9));
  const cancer = await loadRecords(join(TABLES, "breast-cancer-wisconsin.data"));
  assert.equal([cancer.names, cancer.rows[6]?.[6], cancer.rows[6]?.length], [undefined, "", 11]);
  const colic = await loadRecords(join(TABLES, "horse-colic.data"));
  assert.equal([colic.names, colic.rows.length], [undefined, 8]);
  assert.ok(colic.rows.every((row) => row.length === 28 && row[27] !== ""));
});

test("long runs of spaces, quotes and digits are read in the time that their length takes", async () => {
  const computed = computingTime();
  const [spaces, digits, quotes] = [" ".repeat(300_000), "9".repeat(300_000), '"'.repeat(300_000)];
  assert.is((await parseRecords(`1${spaces}2\n3 4\n`, { delimiter: " " })).rows.length, 2);
  assert.is((await parseRecords(`a;b\n${digits}x;1\n1;2\n`)).rows.length, 2);
  assert.equal((await parseRecords(`1 ${quotes}\n3 4\n`, { delimiter: " " })).rows[0], ["1", '"'.repeat(149_999)]);
  assert.is((await faultOf(`1 ${quotes}"\n3 4\n`, { delimiter: " " })).kind, "record");
  assert.ok(computed() < 5000, "not the square of their length");
});

test.run();
