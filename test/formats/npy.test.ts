import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FormatError, OptionError } from "../../src/errors.ts";
import { decodeNpy, encodeNpy } from "../../src/formats/npy.ts";
import { assertThrows } from "../support/throws.ts";
import { assertOnlyFormatErrors, assertSameArrays, damagesOf, namedArrays } from "./arbitrary.ts";
import { assertIsCase, type Fixture, fromBase64 } from "./numpy.ts";

const test = suite("npy");
const fixture = JSON.parse(readFileSync(new URL("../fixtures/numpy-arrays.json", import.meta.url), "utf8")) as Fixture;

/** A file with this header, as version 1, and as many bytes after it. */
function fileOf(header: string, length = 0): Uint8Array {
  const text = Buffer.from(header, "latin1");
  const bytes = new Uint8Array(10 + text.length + length);
  bytes.set(Buffer.from("\x93NUMPY\x01\x00", "latin1"));
  new DataView(bytes.buffer).setUint16(8, text.length, true);
  bytes.set(text, 10);
  return bytes;
}

const faultOf = (bytes: Uint8Array) =>
  assertThrows(() => decodeNpy(bytes, { file: "some.npy" }), FormatError, "decode");

const headerOf = (descr: string, order: string, shape: string) =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }\n`;

test("what NumPy writes is read: every type, order of bytes and axes, shape and version", () => {
  assert.ok(fixture.arrays.length > 80);
  for (const wanted of fixture.arrays) {
    const bytes = fromBase64(wanted.file);
    assertIsCase(decodeNpy(bytes), wanted);
    const shifted = new Uint8Array([9, ...bytes]);
    assertIsCase(decodeNpy(shifted.subarray(1)), wanted);
  }
});

test("what is written is what NumPy writes, byte for byte", () => {
  let count = 0;
  for (const { name, file } of fixture.arrays) {
    const isOurs = !/^>|^<f2|columns|fastest|version|bool|b1/.test(name);
    if (!isOurs) continue;
    count += 1;
    const bytes = fromBase64(file);
    assert.equal(Buffer.from(encodeNpy(decodeNpy(bytes))), Buffer.from(bytes), name);
  }
  assert.ok(count > 20, `${count} files`);
});

test("what is written is read, to the bit", () => {
  fc.assert(
    fc.property(namedArrays, (arrays) => {
      for (const array of arrays) {
        const bytes = encodeNpy(array);
        assert.is((bytes.length - array.data.byteLength) % 64, 0);
        assertSameArrays([{ name: array.name, ...decodeNpy(bytes) }], [array]);
      }
    }),
  );
});

test("axes of any order become row-major, for any shape", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 2, maxLength: 5 }), (shape) => {
      const count = shape.reduce((product, extent) => product * extent, 1);
      const bytes = fileOf(headerOf("'<i4'", "True", `(${shape.join(", ")})`), 4 * count);
      const view = new DataView(bytes.buffer, bytes.length - 4 * count);
      for (let at = 0; at < count; at++) view.setInt32(4 * at, at, true);
      const { data } = decodeNpy(bytes);
      for (let at = 0; at < count; at++) {
        let [rest, want] = [at, 0];
        // The index of element `at`, last axis first; the file's position has the first axis's stride of 1.
        const index = [...shape].reverse().map((extent) => {
          const i = rest % extent;
          rest = Math.floor(rest / extent);
          return i;
        });
        for (let axis = shape.length - 1, stride = count; axis >= 0; axis--) {
          stride /= shape[axis]!;
          want += index[shape.length - 1 - axis]! * stride;
        }
        assert.is(data[at], want);
      }
    }),
  );
});

test("a NaN keeps its payload, whatever the order of bytes and axes", () => {
  const bytes = fileOf(headerOf("'>f4'", "True", "(1, 1)"), 4);
  bytes.set([0xff, 0xa1, 0x23, 0x45], bytes.length - 4); // signalling
  const { data } = decodeNpy(bytes);
  assert.equal([...new Uint8Array(data.buffer)], [0x45, 0x23, 0xa1, 0xff]);
});

test("objects, records, text, dates and complex numbers are refused, and the error says so", () => {
  for (const [name, file] of Object.entries(fixture.refused)) {
    const error = faultOf(fromBase64(file));
    assert.is(error.fault.kind, name === "nine axes" ? "header" : "type", name);
    assert.match(error.message, /^some\.npy: npy: /);
  }
  assert.match(faultOf(fromBase64(fixture.refused["objects"]!)).message, /Python objects, which only pickle reads/);
  assert.match(faultOf(fromBase64(fixture.refused["records"]!)).message, /found records/);
});

test("what is no .npy file says what is wrong", () => {
  const good = headerOf("'<f4'", "False", "(1,)");
  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ["empty", new Uint8Array(0), "magic", /expected 93 NUMPY at its start, found nothing/],
    ["zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), "magic", /found 50 4b 03 04 00 00/],
    ["version", Uint8Array.from([...fileOf(good).slice(0, 6), 4, 0]), "version", /found 4\.0/],
    ["long header", fileOf(good).slice(0, 40), "too-large", /header/],
    ["evaluation", fileOf("__import__('os')"), "header", /no Python dictionary/],
    ["no comma", fileOf(headerOf("'<f4'", "False", "(1)"), 4), "header", /comma after a single extent/],
    ["negative", fileOf(headerOf("'<f4'", "False", "(-1,)"), 4), "header", /no Python dictionary/],
    ["huge", fileOf(headerOf("'<f4'", "False", `(${"9".repeat(20)},)`), 4), "header", /whole numbers/],
    [
      "astronomic",
      fileOf(headerOf("'<f4'", "False", `(${"9007199254740991,".repeat(8)})`), 4),
      "length",
      /expected 1\.7.*e\+128/,
    ],
    ["nothing", fileOf("{}", 4), "header", /expected descr, fortran_order, shape, found nothing/],
    ["no UTF-8", Uint8Array.from([...fileOf("").slice(0, 6), 3, 0, 1, 0, 0, 0, 0xff]), "header", /not UTF-8/],
    ["missing", fileOf("{'descr': '<f4', 'shape': (1,)}", 4), "header", /found descr, shape/],
    ["twice", fileOf("{'descr': '<f4', 'descr': '<f4'}", 4), "header", /descr comes twice/],
    ["another key", fileOf("{'order': 'C'}", 4), "header", /found 'order'/],
    ["word", fileOf(headerOf("'<f4'", "Falsehood", "(1,)"), 4), "header", /no Python dictionary/],
    ["escape", fileOf(headerOf("'<f\\x34'", "False", "(1,)"), 4), "header", /no Python dictionary/],
    ["something after", fileOf(`${good}import os`, 4), "header", /follows/],
    ["native order", fileOf(headerOf("'=f4'", "False", "(1,)"), 4), "type", /found "=f4"/],
    ["no order", fileOf(headerOf("'|f4'", "False", "(1,)"), 4), "type", /found "\|f4"/],
    ["no type", fileOf(headerOf("''", "False", "(1,)"), 4), "type", /found ""/],
    ["bytes missing", fileOf(good, 3), "length", /\[1\]: expected 4 bytes, found 3/],
    ["bytes after", fileOf(good, 5), "length", /\[1\]: expected 4 bytes, found 5/],
    ["bool", Uint8Array.from([...fileOf(headerOf("'|b1'", "False", "(1,)")), 2]), "type", /bool bytes 0 and 1/],
  ];
  for (const [label, bytes, kind, text] of cases) {
    const error = faultOf(bytes);
    assert.is(error.fault.kind, kind, `${label}: ${error.message}`);
    assert.match(error.message, text, label);
    assert.equal([error.format, error.file], ["npy", "some.npy"]);
  }
});

test("Python 2's long integers, double quotes and spare commas are read", () => {
  const { shape } = decodeNpy(fileOf(`{"shape": (2L, 1L,), "fortran_order": False, "descr": "<f4"}`, 8));
  assert.equal(shape, [2, 1]);
});

test("damaged files are read, or are a FormatError", async () => {
  for (const shape of [[2, 1], []]) {
    const whole = encodeNpy({ shape, data: new Int16Array(shape[0] ?? 1) });
    await assertOnlyFormatErrors(whole, (bytes) => decodeNpy(bytes), { positions: 200, values: damagesOf });
  }
});

test("what does not fill its shape is not written", () => {
  const isRefused = (e: unknown) => e instanceof OptionError;
  for (const shape of [[2], [-1], [0.5], new Array(9).fill(1)]) {
    assert.throws(() => encodeNpy({ shape, data: Float32Array.of(1) }), isRefused);
  }
});

test("a header may be long, wherever its words lie", () => {
  for (let blanks = 4096 - 80; blanks < 4096 + 8; blanks++) {
    const header = `{${" ".repeat(blanks)}'descr': '|u1', 'fortran_order': False, 'shape': (1,), }\n`;
    const { shape, data } = decodeNpy(fileOf(header, 1));
    assert.equal([shape, data.length], [[1], 1], `${blanks}`);
  }
});

test.run();
