import { readFileSync } from "node:fs";
import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
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
  const words = {
    ...{ objects: "Python objects, which only pickle reads", records: "records", "<U3": "text", S3: "bytes" },
    ...{ "<c8": "complex", "<M8[s]": "dates", V4: "raw bytes", "nine axes": "9 axes; at most 8 are read" },
  };
  for (const [name, text] of Object.entries(words)) {
    assert.match(faultOf(fromBase64(fixture.refused[name]!)).message, text, name);
  }
});

test("types are read by every name that NumPy reads, and by no other", () => {
  const bodies = {
    1: [0, 1],
    2: [0, 1, 2, 3],
    4: [0, 1, 2, 3, 4, 5, 6, 7],
    8: Array.from({ length: 16 }, (_, i) => i),
  };
  let read = 0;
  for (const [descr, known] of Object.entries(fixture.descriptions)) {
    const of = (name: string) => {
      const size = Number(/\d/.exec(known ?? "1")?.[0]) as 1 | 2 | 4 | 8;
      return Uint8Array.from([...fileOf(headerOf(`'${name}'`, "False", "(2,)")), ...bodies[size]]);
    };
    if (known === null) {
      assert.is(faultOf(of(descr)).fault.kind, "type", descr);
      continue;
    }
    read += 1;
    const [got, want] = [decodeNpy(of(descr)), decodeNpy(of(known))];
    assertSameArrays([{ name: descr, ...got }], [{ name: descr, ...want }]);
  }
  assert.ok(read > 150, `${read} names`);
});

test("bools are 0, and 1 for any other byte, whatever they are called", () => {
  for (const descr of ["'|b1'", "'?'", "'bool'", "'<?'", "b'|b1'", "u'?'"]) {
    const bytes = Uint8Array.from([...fileOf(headerOf(descr, "False", "(2, 2)")), 0, 1, 2, 255]);
    assert.equal(decodeNpy(bytes).data, Uint8Array.of(0, 1, 1, 1), descr);
  }
});

test("headers end where their length says, after spaces, a newline, several or none", () => {
  const header = headerOf("'>i4'", "False", "(1,)").trim();
  for (const end of ["", "\n", "    ", "   \n", "\n\n", "\r\n", "\t", " ".repeat(77)]) {
    for (const start of ["", " ", "\n "]) {
      const bytes = fileOf(`${start}${header}${end}`, 4);
      bytes[bytes.length - 1] = 7;
      assert.equal(decodeNpy(bytes).data, Int32Array.of(7), JSON.stringify(end));
    }
  }
});

test("what is no .npy file says what is wrong", () => {
  const good = headerOf("'<f4'", "False", "(1,)");
  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ["empty", new Uint8Array(0), "magic", /expected 93 NUMPY at its start, found an empty file; download or copy it/],
    ["zip", Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0), "magic", /found a zip archive; unpack it first/],
    [
      "anything",
      Uint8Array.of(0, 1, 2, 3, 4, 5, 6),
      "magic",
      /expected 93 NUMPY at its start, found 00 01 02 03 04 05$/,
    ],
    ["version", Uint8Array.from([...fileOf(good).slice(0, 6), 4, 0]), "version", /found 4\.0/],
    ["long header", fileOf(good).slice(0, 40), "too-large", /header/],
    ["evaluation", fileOf("__import__('os')"), "header", /no Python dictionary/],
    ["no comma", fileOf(headerOf("'<f4'", "False", "(1)"), 4), "header", /comma after a single size/],
    ["negative", fileOf(headerOf("'<f4'", "False", "(-1,)"), 4), "header", /no Python dictionary/],
    ["huge", fileOf(headerOf("'<f4'", "False", `(${"9".repeat(20)},)`), 4), "header", /integers from 0/],
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
    ["another order", fileOf(headerOf("'!f4'", "False", "(1,)"), 4), "type", /found "!f4"/],
    ["two orders", fileOf(headerOf("'<<f4'", "False", "(1,)"), 4), "type", /found "<<f4"/],
    ["no type", fileOf(headerOf("''", "False", "(1,)"), 4), "type", /found ""/],
    ["bytes missing", fileOf(good, 3), "length", /\[1\]: expected 4 bytes, found 3/],
    ["bytes after", fileOf(good, 5), "length", /\[1\]: expected 4 bytes, found 5/],
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

test("room for the first axis to grow is left as NumPy leaves it: up to 21 digits, where the header's blocks are counted", () => {
  const lengthOf = (shape: readonly number[]) => encodeNpy({ shape, data: new Float64Array(0) }).length;
  // The words of the header are 77 characters for eight axes of one digit each.
  const axes = (digits: number) => [0, ...Array(5).fill(9999), 999, 9 * 10 ** (digits - 1)];
  assert.is(lengthOf(axes(4)), 128); // 10 + (77 + 20) + (21 - 1) + 1
  assert.is(lengthOf(axes(5)), 192);
  assert.is(lengthOf([10 ** 3, 0, ...axes(5).slice(2, 7), 9]), 128);
});

test("a header is what its version says: lengths of 16 or 32 bits, text of one byte a letter or UTF-8", () => {
  const of = (major: number, minor: number, text: Uint8Array, size = major === 1 ? 2 : 4) => {
    const bytes = new Uint8Array(8 + size + text.length + 4);
    bytes.set(Buffer.from("\x93NUMPY", "latin1"));
    bytes.set([major, minor], 6);
    const view = new DataView(bytes.buffer);
    if (size === 2) view.setUint16(8, text.length, true);
    else view.setUint32(8, text.length, true);
    bytes.set(text, 8 + size);
    return bytes;
  };
  const text = (spaces: number) => Buffer.from(`${" ".repeat(spaces)}${headerOf("'<f4'", "False", "(1,)")}`);
  assert.equal(decodeNpy(of(2, 0, text(65_536 - text(0).length))).data, Float32Array.of(0));
  assert.equal(decodeNpy(of(3, 0, text(10))).shape, [1]);
  for (const [major, minor] of [
    [0, 0],
    [4, 0],
    [1, 1],
    [2, 3],
  ] as const) {
    const fault = { kind: "version", expected: "1.0, 2.0 or 3.0", found: `${major}.${minor}` };
    assert.equal(faultOf(of(major, minor, text(0))).fault, fault);
  }
  const marked = Uint8Array.from([0xef, 0xbb, 0xbf, ...text(0)]);
  assert.is(faultOf(of(3, 0, marked)).fault.kind, "header", "a byte-order mark is no space");
  const short = of(2, 0, text(0));
  assert.equal(faultOf(short.slice(0, 11)).fault, { kind: "length", part: "file", expected: "at least 12", found: 11 });
  for (const length of [6, 7]) assert.is(faultOf(short.slice(0, length)).fault.kind, "length", "no version yet");
  assert.is(faultOf(of(2, 0, new Uint8Array(0)).slice(0, 12)).fault.kind, "header", "an empty one");
  for (let at = 0; at < 6; at++) {
    const other = short.slice();
    other[at]! ^= 1;
    assert.is(faultOf(other).fault.kind, "magic", `letter ${at}`);
  }
  const long = short.slice();
  new DataView(long.buffer).setUint32(8, long.length - 12 + 1, true);
  assert.equal(faultOf(long).fault, {
    kind: "too-large",
    part: "header",
    limit: long.length - 12,
    found: long.length - 11,
  });
});

test("what cannot be written is refused by name", () => {
  const error = assertThrows(() => encodeNpy({ shape: [2], data: Float32Array.of(1) }), OptionError, "few");
  assert.equal([error.option, error.expected, error.found], ["npy", "2 elements", 1]);
});

test("what a header says that it should not is told", () => {
  const types = "numbers: f8, f4, f2, i8, i4, i2, i1, u8, u4, u2, u1, b1";
  const typeOf = (found: string) => ({ kind: "type", part: "descr", expected: types, found });
  const of = (header: string, length = 4) => faultOf(fileOf(header, length)).fault;
  assert.equal(of(headerOf("'|O'", "False", "(1,)")), typeOf('"|O" (Python objects, which only pickle reads)'));
  assert.equal(of(headerOf("'<fO'", "False", "(1,)")), typeOf('"<fO"'));
  assert.equal(of(headerOf("[('a', '<f4')]", "False", "(1,)")), typeOf("records (a structured type)"));
  assert.equal(of(headerOf("'<f4'", "False", "(2, 3)")), { kind: "length", part: "[2, 3]", expected: "24", found: 4 });
  const reasons: readonly (readonly [string, string])[] = [
    [headerOf("'<f4'", "False", "('1',)"), "shape: expected an integer, found '1'"],
    [headerOf("'<f4'", "False", "(True,)"), "shape: expected an integer, found true"],
    [headerOf("'<f4'", "False", "(,)"), "shape: expected an integer, found ,"],
    [headerOf("'<f4'", "1", "(1,)"), "fortran_order: expected True or False, found 1"],
    [headerOf("4", "False", "(1,)"), "descr: expected text, found 4"],
    ["{True: 4}", "expected descr, fortran_order, shape, found true"],
    ["{'descr' '<f4'}", "expected :, found '<f4'"],
    ["{'fortran_order': False, 'shape': (1,)}", "expected descr, fortran_order, shape, found fortran_order, shape"],
    ["{'descr': '<f4', 'fortran_order': False}", "expected descr, fortran_order, shape, found descr, fortran_order"],
    ["{'descr': '<f4' 'shape': (1,)}", "expected }, found 'shape'"],
  ];
  for (const [header, reason] of reasons) assert.equal(of(header), { kind: "header", reason });
});

test.run();
