/** zip archives, beside a writer that puts their fields in a row. */
import { crc32 } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeZip, openZip } from "../../src/formats/zip.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const test = suite("zip");

/** An entry, and what its record says of it where that is not the same. */
type Entry = {
  readonly name: string;
  readonly content?: readonly number[];
  readonly flags?: number;
  readonly record?: {
    readonly flags?: number;
    readonly name?: string;
    readonly size?: number;
    readonly local?: number;
  };
  /** Of the record: fields of 64 bits, and whatever else. */
  readonly extra?: readonly number[];
  readonly comment?: readonly number[];
};

type Directory = {
  /** Of the records, by the numbers of the entries. */
  readonly order?: readonly number[];
  /** Behind the last record. */
  readonly rest?: readonly number[];
  readonly count?: number;
  readonly comment?: readonly number[];
};

/** All ones: the number stands in the extra field. */
const CONTINUED = 2 ** 32 - 1;
const UTF8 = 0x800;
const ALL = 1000;

const little = (size: number, value: number) =>
  Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** i) % 256);
const bytesOf = (text: string) => [...new TextEncoder().encode(text)];

function zipOf(entries: readonly Entry[], { order, rest = [], count, comment = [] }: Directory = {}): Uint8Array {
  const bytes: number[] = [];
  const records = entries.map(({ name, content = [], flags = 0, record = {}, extra = [], comment: remark = [] }) => {
    const local = record.local ?? bytes.length;
    const named = bytesOf(record.name ?? name);
    const facts = (bits: number, size: number, length: number, more: number) => [
      ...[...little(2, 20), ...little(2, bits), ...little(2, 0)], // version, flags, method
      ...[...little(2, 0), ...little(2, 0x21)], // time, date: 1 January 1980
      ...[...little(4, crc32(Uint8Array.from(content))), ...little(4, size), ...little(4, size)],
      ...[...little(2, length), ...little(2, more)],
    ];
    bytes.push(
      0x50,
      0x4b,
      3,
      4,
      ...facts(flags, content.length, bytesOf(name).length, 0),
      ...bytesOf(name),
      ...content,
    );
    return [
      ...[0x50, 0x4b, 1, 2, ...little(2, 20)],
      ...facts(record.flags ?? flags, record.size ?? content.length, named.length, extra.length),
      ...[...little(2, remark.length), ...little(8, 0), ...little(4, local), ...named, ...extra, ...remark],
    ];
  });
  const directory = [...(order ?? records.keys())].flatMap((i) => records[i]!).concat(rest);
  const start = bytes.length;
  const counts = [...little(2, count ?? records.length), ...little(2, count ?? records.length)];
  bytes.push(...directory, 0x50, 0x4b, 5, 6, ...little(4, 0), ...counts);
  bytes.push(...little(4, directory.length), ...little(4, start), ...little(2, comment.length), ...comment);
  return Uint8Array.from(bytes);
}

async function namesIn(bytes: Uint8Array): Promise<string[]> {
  const { records, read } = openZip(bytes, { maxBytes: ALL, file: "a.zip" });
  return (await read(records)).map(({ name }) => name);
}

/** What is wrong with an archive, or with its entry. */
async function reasonOf(bytes: Uint8Array): Promise<string> {
  const { fault } = await assertRejects(() => namesIn(bytes), FormatError, "archive");
  return "reason" in fault ? fault.reason : fault.kind;
}

const [A, B] = [
  { name: "a", content: [1, 2, 3] },
  { name: "b", content: [4] },
] as const;

test("archives are these bytes", () => {
  const written = [A, { name: "größe", content: [] }, { name: "b/\ufeffc", content: [255] }];
  const wanted = written.map((entry) => (entry === A ? entry : { ...entry, flags: UTF8 }));
  assert.equal(
    encodeZip(written.map(({ name, content }) => ({ name, content: Uint8Array.from(content) }))),
    zipOf(wanted),
  );
});

test("a name comes back as it was given, with a byte-order mark, a colon and dots", async () => {
  const names = ["\ufeffa", "ab:c", "x/C:y", "...", "a..b", "a b/c"];
  const bytes = encodeZip(names.map((name) => ({ name, content: new Uint8Array(1) })));
  assert.equal(await namesIn(bytes), names);
});

test("what is wrong with a name is said, in both directions", async () => {
  const reasons = {
    "its name is a folder's": ["", "a/"],
    "its name is no plain relative path": ["/a", "a\\b", "C:a", "a\n", "a\x7fb"],
    "its name leads out of a folder": ["..", "a/../b", "./a", "a//b"],
  };
  for (const [reason, names] of Object.entries(reasons)) {
    for (const name of names) {
      assert.is(await reasonOf(zipOf([{ name }])), reason, JSON.stringify(name));
      const write = () => encodeZip([{ name, content: new Uint8Array(0) }]);
      assert.match(assertThrows(write, OptionError, name).message, `; ${reason}`);
    }
  }
});

test("entries are in the order of the directory, wherever they lie", async () => {
  const entries = ["a", "b", "c", "d"].map((name) => ({ name, content: [7] }));
  for (const order of [
    [3, 2, 1, 0],
    [1, 0, 3, 2],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
  ]) {
    assert.equal(
      await namesIn(zipOf(entries, { order })),
      order.map((i) => entries[i]!.name),
    );
  }
});

test("comments, of the archive and of entries, are passed over", async () => {
  for (const length of [1, 3, 300, 65_535]) {
    const comment = Array.from({ length }, (_, i) => i % 256);
    assert.equal(await namesIn(zipOf([{ ...A, comment }, B], { comment })), ["a", "b"], `${length} bytes`);
  }
});

test("records are as many, and as long, as the end says", async () => {
  const long = { ...A, name: "n".repeat(50) };
  const record = [0x50, 0x4b, 1, 2];
  assert.is(await reasonOf(zipOf([long], { count: 2, rest: record })), "invalid directory record 1");
  const other = zipOf([A, B]);
  other[other.length - 22 - 47] = 3; // in the signature of the second record
  assert.is(await reasonOf(other), "invalid directory record 1");
  const beyond = zipOf([A]);
  beyond[beyond.length - 22 - 47 + 32] = 1; // a comment where the directory ends
  assert.is(await reasonOf(beyond), "record 0 reaches beyond the directory");
  const parts = zipOf([A]);
  parts[parts.length - 22 + 8] = 2;
  assert.is(await reasonOf(parts), "an archive in several parts");
});

test("a local header lies before the directory, with its content, and says what the record says", async () => {
  const size = 30 + 1 + 3;
  const none = "there is no local header where the directory says";
  for (const [record, reason] of [
    [{ local: size - 30 }, none],
    [{ local: size - 29 }, "its local header is outside of the file"],
    [{ local: size + 10 }, "its local header is outside of the file"],
    [{ size: 4 }, "its content reaches into the directory"],
    [{ flags: UTF8 }, "its local header and the directory contradict each other"],
    [{ name: "ab" }, "its local header and the directory contradict each other"],
  ] as const) {
    assert.is(await reasonOf(zipOf([{ ...A, record }])), reason, JSON.stringify(record));
  }
  const longer = { name: "ab", content: [1], record: { name: "a" } };
  assert.is(await reasonOf(zipOf([longer])), "its local header and the directory contradict each other");
  const shorter = { name: "a", content: [1], record: { name: "ab" } };
  assert.is(await reasonOf(zipOf([shorter])), "its local header and the directory contradict each other");
});

test("numbers of 64 bits are in their own extra field, whatever stands beside it", async () => {
  const before = [...little(2, 0x5455), ...little(2, 5), 1, 0, 0, 0, 0];
  const after = [...little(2, 0x7875), ...little(2, 2), 1, 0];
  const record = { size: CONTINUED };
  const sizes = [...little(8, 3), ...little(8, 3)];
  const field = [...little(2, 1), ...little(2, 16), ...sizes];
  for (const extra of [field, [...before, ...field], [...field, ...after], [...before, ...field, ...after, 1, 0]]) {
    assert.equal(await namesIn(zipOf([{ ...A, record, extra }, B])), ["a", "b"]);
  }
  for (const extra of [[], before, field.slice(0, -8), [...field.slice(0, 2), 15, ...field.slice(3)]]) {
    assert.is(await reasonOf(zipOf([{ ...A, record, extra }])), "a size of 64 bits is missing");
  }
});

test("a zip64 locator that points elsewhere is refused", async () => {
  const locator = (place: number) => [0x50, 0x4b, 6, 7, ...little(4, 0), ...little(8, place), ...little(4, 1)];
  const wrong = "the zip64 end is not where its locator says";
  const whole = zipOf([A]);
  const [front, end] = [[...whole.slice(0, -22)], [...whole.slice(-22)]];
  const at = front.length;
  for (const place of [0, at - 1, at, at + 20, at + 41, at + 42, at + 50, 2 ** 40, 2 ** 60]) {
    assert.is(await reasonOf(Uint8Array.from([...front, ...locator(place), ...end])), wrong, `${place}`);
  }
  const empty = [0x50, 0x4b, 5, 6, ...little(8, 0), ...little(4, 0), ...little(4, 20), 0, 0];
  assert.is(await reasonOf(Uint8Array.from([...locator(0), ...empty])), wrong, "a locator alone");
});

test.run();
