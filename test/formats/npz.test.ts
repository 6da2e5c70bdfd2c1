import { readFileSync } from "node:fs";
import { deflateRawSync, crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { encodeZip } from "../../src/formats/zip.ts";
import { crc32 } from "../../src/platform/crc32.ts";
import { computingTime } from "../support/clock.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { assertOnlyFormatErrors, assertSameArrays, damagesOf, namedArrays } from "./arbitrary.ts";
import { assertIsCase, type Fixture, fromBase64 } from "./numpy.ts";

const test = suite("npz");
const { archives, foreign } = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-arrays.json", import.meta.url), "utf8"),
) as Fixture;

const faultOf = (bytes: Uint8Array, maxBytes?: number) =>
  assertRejects(
    () => decodeNpz(bytes, { file: "some.npz", ...(maxBytes === undefined ? {} : { maxBytes }) }),
    FormatError,
    "decode",
  );

const one = (name: string) => ({ name, shape: [1], data: Float32Array.of(1) });

/** Where records of the directory and local headers start. */
function signatures(bytes: Uint8Array, signature: number): number[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Array.from({ length: Math.max(0, bytes.length - 3) }, (_, at) => at).filter(
    (at) => view.getUint32(at, true) === signature,
  );
}

const RECORD = 0x02014b50;
const LOCAL = 0x04034b50;
const END = 0x06054b50;

/** The archive with one field changed, in the directory and, at the same place of a local header, there. */
function changed(
  bytes: Uint8Array,
  field: { record?: number; local?: number; end?: number },
  value: number,
  size = 2,
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  const set = (at: number) => (size === 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true));
  if (field.record !== undefined) set(signatures(copy, RECORD)[0]! + field.record);
  if (field.local !== undefined) set(signatures(copy, LOCAL)[0]! + field.local);
  if (field.end !== undefined) set(signatures(copy, END)[0]! + field.end);
  return copy;
}

test("what NumPy and Python's zipfile write is read: stored, deflated, with sizes before and after", async () => {
  for (const [label, file] of Object.entries(archives.files)) {
    const arrays = await decodeNpz(fromBase64(file));
    assert.equal(
      arrays.map(({ name }) => name),
      archives.members.map(({ name }) => name),
      label,
    );
    for (const [i, wanted] of archives.members.entries()) assertIsCase(arrays[i]!, wanted);
  }
  assert.is(Object.keys(archives.files).length, 4);
});

test("what is written is read, to the bit, and is the same bytes every time", async () => {
  await fc.assert(
    fc.asyncProperty(namedArrays, async (arrays) => {
      const harmless = arrays.filter(({ name }) => !/[\\\p{Cc}]|^\/|\/$|\/\/|^[A-Za-z]:|(^|\/)\.\.?($|\/)/u.test(name));
      const bytes = encodeNpz(harmless);
      assert.equal(bytes, encodeNpz(harmless));
      assertSameArrays(await decodeNpz(bytes), harmless);
    }),
  );
});

test("CRC-32 is zlib's", () => {
  assert.is(crc32(new Uint8Array(0)), 0);
  assert.is(crc32(Buffer.from("123456789")), 0xcbf43926); // the check value of the catalogue of parametrised CRCs
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      assert.is(crc32(bytes), zlibCrc32(bytes));
    }),
  );
});

test("an archive is bounded before anything is inflated", async () => {
  const size = encodeNpy({ shape: [10_000], data: new Float64Array(10_000) }).length;
  const bytes = encodeNpz([{ name: "a", shape: [10_000], data: new Float64Array(10_000) }]);
  assert.is((await decodeNpz(bytes, { maxBytes: size })).length, 1);
  assert.equal((await faultOf(bytes, size - 1)).fault, {
    kind: "too-large",
    part: "content",
    limit: size - 1,
    found: size,
  });
  assert.equal(await decodeNpz(encodeNpz([]), { maxBytes: 1 }), []);
  for (const maxBytes of [0, -1, 0.5, Number.NaN, "1" as unknown as number]) {
    await assertRejects(() => decodeNpz(bytes, { maxBytes }), OptionError, String(maxBytes));
  }
});

/** An archive of one deflated entry, which says that it holds `size` bytes. */
function deflated(content: Uint8Array, size = content.length, tail: readonly number[] = []): Uint8Array {
  const packed = Uint8Array.from([...deflateRawSync(content), ...tail]);
  let bytes: Uint8Array = encodeZip([{ name: "a.npy", content: packed }]);
  bytes = changed(bytes, { record: 10, local: 8 }, 8);
  bytes = changed(bytes, { record: 16, local: 14 }, zlibCrc32(content), 4);
  return changed(bytes, { record: 24, local: 22 }, size, 4);
}

test("an entry is inflated no further than it declares, and must hold as much", async () => {
  const content = encodeNpy({ shape: [100], data: new Float64Array(100) });
  assert.is((await decodeNpz(deflated(content))).length, 1);
  assert.match((await faultOf(deflated(content, content.length - 1))).message, /holds more than 927 bytes/);
  assert.match((await faultOf(deflated(content, content.length + 1))).message, /a\.npy: expected 929 bytes, found 928/);
  assert.match((await faultOf(deflated(content, 0))).message, /holds more than 0 bytes/);
  assert.is((await faultOf(deflated(content, content.length, [0]))).fault.kind, "deflate");
  const bomb = deflated(new Uint8Array(2 ** 26), 10);
  const computed = computingTime();
  assert.match((await faultOf(bomb)).message, /holds more than 10 bytes/);
  assert.ok(computed() < 500);
});

test("what is wrong with an archive is said, with the entry's name", async () => {
  const good = encodeNpz([one("a"), one("b")]);
  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ["nothing", new Uint8Array(0), "magic", /expected PK at its start, found an empty file; download or copy it again/],
    ["text", new Uint8Array(100).fill(65), "magic", /expected PK at its start, found text: "A{40}"/],
    ["anything", Uint8Array.of(0, 1, 2, 3, 4, 5), "header", /no zip archive: its end is missing/],
    ["the first half", good.slice(0, good.length / 2), "header", /no zip archive: its end is missing/],
    ["something after", Uint8Array.from([...good, 0]), "header", /no zip archive/],
    ["something before", Uint8Array.from([0, ...good]), "header", /not where its end says/],
    ["encrypted", changed(good, { record: 8, local: 6 }, 1), "entry", /"a\.npy": it is encrypted/],
    ["patched", changed(good, { record: 8, local: 6 }, 32), "entry", /flags 0x20/],
    ["method", changed(good, { record: 10, local: 8 }, 14), "entry", /"a\.npy": method 14; stored/],
    ["method here and there", changed(good, { local: 8 }, 8), "entry", /contradict each other/],
    [
      "checksum",
      changed(good, { record: 16 }, 1, 4),
      "checksum",
      /"a\.npy": expected CRC-32 00000001, found [0-9a-f]{8}/,
    ],
    ["two sizes", changed(good, { record: 24 }, 1, 4), "entry", /two sizes/],
    ["place", changed(good, { record: 42 }, 1, 4), "entry", /no local header where/],
    ["far place", changed(good, { record: 42 }, 2 ** 31, 4), "entry", /outside of the file/],
    ["64 bits missing", changed(good, { record: 42 }, 2 ** 32 - 1, 4), "entry", /64 bits is missing/],
    ["local name", changed(good, { local: 30 }, 0), "entry", /contradict/],
    ["several parts", changed(good, { end: 4 }, 1), "header", /several parts/],
    ["fewer records", changed(changed(good, { end: 8 }, 1), { end: 10 }, 1), "header", /longer than its records/],
    ["more records", changed(changed(good, { end: 8 }, 3), { end: 10 }, 3), "header", /no room for 3 records/],
    [
      "no array",
      encodeZip([{ name: "a.txt", content: new Uint8Array(1) }]),
      "entry",
      /"a\.txt": not a \.npy file, and there is none; this is a zip archive/,
    ],
  ];
  for (const [label, bytes, kind, text] of cases) {
    const error = await faultOf(bytes);
    assert.is(error.fault.kind, kind, `${label}: ${error.message}`);
    assert.match(error.message, text, label);
    assert.equal([error.format, error.file], ["npz", "some.npz"], label);
  }
  const inner = await faultOf(encodeZip([{ name: "W1.npy", content: encodeNpy(one("a")).slice(0, 20) }]));
  assert.equal([inner.format, inner.file], ["npy", "some.npz: W1.npy"]);
  const nameless = () => decodeNpz(encodeZip([{ name: "W1.npy", content: encodeNpy(one("a")).slice(0, 20) }]));
  assert.is((await assertRejects(nameless, FormatError, "no file")).file, "W1.npy");
});

test("names that lead out of a folder, come twice or are none are refused, in both directions", async () => {
  const isRefused = (e: unknown) => e instanceof OptionError;
  for (const name of ["../x", "/x", "a/../b", "a//b", "./a", "a\\b", "C:x", "a\0b", "", "\ud800"]) {
    assert.throws(() => encodeNpz([one(name)]), isRefused, name);
  }
  assert.throws(() => encodeNpz([one("a"), one("a")]), isRefused);

  // Names of one length, exchanged in the bytes of an archive.
  const names = [
    "../xx.npy",
    "/xxxx.npy",
    "a/../.npy",
    "a//bb.npy",
    "./aaa.npy",
    "a\\bbb.npy",
    "C:xxx.npy",
    "a\0bbb.npy",
  ];
  for (const name of names) {
    const bytes = encodeZip([{ name: "01234.npy", content: encodeNpy(one("a")) }]);
    for (const at of [signatures(bytes, LOCAL)[0]! + 30, signatures(bytes, RECORD)[0]! + 46])
      bytes.set(Buffer.from(name), at);
    const { fault } = await faultOf(bytes);
    assert.is(fault.kind, "entry", name);
    assert.match((fault as { reason: string }).reason, /its name/, name);
  }
  const twice = encodeNpz([one("a"), one("b")]);
  for (const at of [signatures(twice, LOCAL)[1]! + 30, signatures(twice, RECORD)[1]! + 46]) twice[at] = 0x61;
  assert.match((await faultOf(twice)).message, /entry "a\.npy": its name comes twice/);
});

test("names are UTF-8 with or without saying so, else of code page 437", async () => {
  const content = encodeNpy(one("a"));
  const written = encodeZip([{ name: "aé.npy", content }]);
  const read = async (bytes: Uint8Array) => (await decodeNpz(bytes)).map(({ name }) => name);
  assert.equal(await read(written), ["aé"]);
  const unsaid = changed(written, { record: 8, local: 6 }, 0);
  assert.equal(await read(unsaid), ["aé"]);
  const withBytes = (bytes: Uint8Array, values: readonly number[]) => {
    const copy = bytes.slice();
    for (const at of [signatures(copy, LOCAL)[0]! + 31, signatures(copy, RECORD)[0]! + 47]) copy.set(values, at);
    return copy;
  };
  assert.equal(await read(withBytes(unsaid, [0x82, 0xe1])), ["aéß"]);
  assert.equal(await read(withBytes(unsaid, [0x80, 0xff])), ["aÇ\u00a0"]);
  assert.match((await faultOf(withBytes(written, [0xff, 0xff]))).message, /its name is not UTF-8, as it says/);
});

test("arrays of numbers are read, whatever else is in the archive", async () => {
  assert.is(Object.keys(foreign.files).length, 4);
  for (const [label, file] of Object.entries(foreign.files)) {
    const bytes = fromBase64(file);
    const skipped = new Map<string, string>();
    const arrays = await decodeNpz(bytes, { onSkipped: ({ entry, reason }) => skipped.set(entry, reason) });
    assert.equal(
      arrays.map(({ name }) => name),
      foreign.members.map(({ name }) => name),
      label,
    );
    for (const [i, wanted] of foreign.members.entries()) assertIsCase(arrays[i]!, wanted);
    for (const name of foreign.others) assert.ok(skipped.has(`${name}.npy`), `${label}: ${name}`);
    assert.match(skipped.get("names.npy") ?? "", '"<U4" (text)', label);
    assert.match(skipped.get("table.npy") ?? "", "records", label);
    assert.match(skipped.get("deep.npy") ?? "", "9 axes; at most 8 are read", label);
    if (label === "numpy.savez") continue;
    const words = {
      "README.txt": "no .npy file",
      "folder/": "a folder",
      "__MACOSX/._x_train.npy": "macOS's metadata of a file",
    };
    for (const [entry, reason] of Object.entries(words)) assert.is(skipped.get(entry), reason, label);
    for (const entry of ["größe.txt", "notes.bz2", "nested.zip", "bare", "empty"]) assert.ok(skipped.has(entry), entry);
    assert.is(skipped.size, foreign.others.length + 9, label);
  }
});

test("an entry that is an .npy file by its name alone is left out; asked for, it is an error", async () => {
  const array = { shape: [2], data: Float32Array.of(1, 2) };
  const contents = { x: encodeNpy(array), text: new TextEncoder().encode("not npy"), empty: new Uint8Array(0) };
  const zip = encodeZip(Object.entries(contents).map(([name, content]) => ({ name: `${name}.npy`, content })));
  const skipped: string[] = [];
  const arrays = await decodeNpz(zip, { onSkipped: ({ entry, reason }) => skipped.push(`${entry}: ${reason}`) });
  assert.equal(arrays, [{ name: "x", ...array }]);
  assert.equal(skipped, ['text.npy: text: "not npy"', "empty.npy: an empty file"]);
  const error = await assertRejects(() => decodeNpz(zip, { names: ["text"] }), FormatError, "asked for");
  assert.match(error.message, /expected 93 NUMPY at its start, found text: "not npy"/);
});

test("with names, nothing is looked at but these arrays, which come in the order of the names", async () => {
  for (const [label, file] of Object.entries(foreign.files)) {
    const bytes = fromBase64(file);
    const wanted = foreign.members.map(({ name }) => name).reverse();
    assert.equal(
      (await decodeNpz(bytes, { names: wanted })).map(({ name }) => name),
      wanted,
      label,
    );
    const [twice, again] = await decodeNpz(bytes, { names: ["labels", "labels"] });
    assert.equal(twice?.data, again?.data);
    assert.equal(await decodeNpz(bytes, { names: [] }), []);
    const refusal = async (name: string) => {
      const read = () => decodeNpz(bytes, { names: ["labels", name], file: "some.npz" });
      return (await assertRejects(read, FormatError, label)).message;
    };
    assert.match(await refusal("names"), "some.npz: names.npy: npy: descr: expected element type numbers");
    assert.match(await refusal("objects"), "Python objects, which only pickle reads");
    assert.match(await refusal("deep"), "9 axes");
    assert.match(
      await refusal("y_train"),
      'npz: entry "y_train": not in the archive, whose arrays are x_train, labels, kept/too',
    );
    if (label === "numpy.savez") continue;
    // NumPy goes by an entry's content, not by its extension.
    assert.equal((await decodeNpz(bytes, { names: ["bare", "labels.npy"] }))[0]?.data, Int32Array.of(7, 8));
    assert.match(
      await refusal("README.txt"),
      'README.txt: npy: expected 93 NUMPY at its start, found text: "What is in here.',
    );
    assert.match(await refusal("notes.bz2"), "method 12; stored (0) and deflated (8) can be read");
  }
  for (const names of ["x", [1], [undefined], {}] as unknown as string[][]) {
    await assertRejects(() => decodeNpz(encodeNpz([]), { names }), OptionError, String(names));
  }
});

test("an entry that is not asked for may be damaged, encrypted or too large; one that is may not", async () => {
  const good = encodeNpz([one("a"), one("b")]);
  const damages: readonly (readonly [string, Uint8Array])[] = [
    ["encrypted", changed(good, { record: 8, local: 6 }, 1)],
    ["flags", changed(good, { record: 8, local: 6 }, 32)],
    ["method", changed(good, { record: 10, local: 8 }, 14)],
    ["checksum", changed(good, { record: 16 }, 1, 4)],
    ["sizes", changed(good, { record: 24 }, 2 ** 31, 4)],
    ["place", changed(good, { record: 42 }, 2 ** 31, 4)],
    ["64 bits missing", changed(good, { record: 42 }, 2 ** 32 - 1, 4)],
    ["the local name", changed(good, { local: 30 }, 0)],
  ];
  const size = encodeNpy(one("b")).length;
  for (const [label, bytes] of damages) {
    assertSameArrays(await decodeNpz(bytes, { names: ["b"], maxBytes: size }), [one("b")]);
    await assertRejects(() => decodeNpz(bytes, { names: ["b", "a"] }), FormatError, label);
    await faultOf(bytes);
  }
  await assertRejects(() => decodeNpz(good, { names: ["b"], maxBytes: size - 1 }), FormatError, "one byte too many");
  await assertRejects(() => decodeNpz(good, { names: ["b", "a"], maxBytes: 2 * size - 1 }), FormatError, "both");
});

test("archives of other programs are named", async () => {
  const pytorch = encodeZip([{ name: "archive/data.pkl", content: Uint8Array.of(0x80, 2) }]);
  assert.match(
    (await faultOf(pytorch)).message,
    /not a \.npy file, and there is none; this is a PyTorch file: in Python/,
  );
  const keras = encodeZip(["metadata.json", "config.json"].map((name) => ({ name, content: new Uint8Array(2) })));
  assert.match((await faultOf(keras)).message, /this is a Keras file/);
  assert.equal(await decodeNpz(encodeZip([])), []);
});

test("an archive that would need zip64 is not written", () => {
  const content = new Uint8Array(0);
  const most = Array.from({ length: 65_534 }, (_, i) => ({ name: `${i}`, content }));
  assert.is(signatures(encodeZip(most).slice(-22), END).length, 1);
  const manyOf = () => encodeZip([...most, { name: "one more", content }]);
  assert.match(assertThrows(manyOf, OptionError, "entries").message, /fewer than 65535 entries, found 65535/);
  encodeZip([{ name: "é".repeat(32_767), content }]);
  const long = () => encodeZip([{ name: "é".repeat(32_768), content }]);
  assert.match(assertThrows(long, OptionError, "name").message, /fewer than 65536 bytes, found 65536/);
});

test("entries that share bytes are refused", async () => {
  const inner = encodeNpz([one("b")]);
  const outer = encodeZip([
    { name: "a.npy", content: inner },
    { name: "b.npy", content: encodeNpy(one("b")) },
  ]);
  // The second record points at the local header inside of the first entry's content.
  const record = signatures(outer, RECORD).at(-1)!;
  new DataView(outer.buffer).setUint32(record + 42, signatures(outer, LOCAL)[1]!, true);
  assert.match((await faultOf(outer)).message, /"a\.npy": shares bytes with "b\.npy"/);
});

test("sizes of 64 bits are read", async () => {
  const content = encodeNpy(one("a"));
  const small = encodeZip([{ name: "a.npy", content }]);
  const [record] = signatures(small, RECORD) as [number];
  const [end] = signatures(small, END) as [number];
  // The same archive with its numbers in an extra field, a zip64 end and its locator.
  const extra = new DataView(new ArrayBuffer(4 + 24));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  for (const [i, value] of [content.length, content.length, 0].entries())
    extra.setBigUint64(4 + 8 * i, BigInt(value), true);
  const head = small.slice(record, end);
  const headView = new DataView(head.buffer);
  for (const at of [20, 24, 42]) headView.setUint32(at, 2 ** 32 - 1, true);
  headView.setUint16(30, 28, true);
  const directory = [...head, ...new Uint8Array(extra.buffer)];
  const end64 = new DataView(new ArrayBuffer(56 + 20));
  end64.setUint32(0, 0x06064b50, true);
  end64.setBigUint64(4, 44n, true);
  for (const at of [24, 32]) end64.setBigUint64(at, 1n, true);
  end64.setBigUint64(40, BigInt(directory.length), true);
  end64.setBigUint64(48, BigInt(record), true);
  end64.setUint32(56, 0x07064b50, true);
  end64.setBigUint64(64, BigInt(record + directory.length), true);
  end64.setUint32(72, 1, true);
  const last = small.slice(end);
  last.fill(0xff, 8, 20);
  const whole = Uint8Array.from([...small.slice(0, record), ...directory, ...new Uint8Array(end64.buffer), ...last]);
  assertSameArrays(await decodeNpz(whole), [one("a")]);
  await assertOnlyFormatErrors(whole, (bytes) => decodeNpz(bytes), { positions: 0, values: damagesOf });
  const endOf64 = whole.length - 22 - 76;
  for (const [at, text] of [
    [16, /several parts/], // another disk
    [24, /several parts/], // fewer entries here than there are
    [64, /not where its locator says/],
    [0, /not where its locator says/],
  ] as const) {
    const damaged = whole.slice();
    damaged[endOf64 + at]! ^= 2;
    assert.match((await faultOf(damaged)).message, text, `byte ${at}`);
  }
  const field = whole.length - 22 - 76 - 24;
  for (const value of [2n ** 63n, 2n ** 53n, 1000n]) {
    for (const at of [0, 8, 16]) {
      const damaged = whole.slice();
      new DataView(damaged.buffer).setBigUint64(field + at, value, true);
      await faultOf(damaged);
    }
  }
});

test("damaged archives are read, or are a FormatError; a changed byte of content is always found", async () => {
  const stored = encodeNpz([{ name: "a", shape: [2], data: Float64Array.of(1, 2) }]);
  const content = encodeNpy({ shape: [2], data: Float64Array.of(1, 2) });
  for (const whole of [stored, deflated(content)]) {
    await assertOnlyFormatErrors(whole, (bytes) => decodeNpz(bytes), { positions: 500, values: damagesOf });
  }
  for (let at = 0; at < content.length; at++) {
    const damaged = stored.slice();
    damaged[30 + "a.npy".length + at]! ^= 1;
    assert.is((await faultOf(damaged)).fault.kind, "checksum");
  }
});

test.run();
