import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { assertThrows } from "../support/throws.ts";
import { assertOnlyFormatErrors, assertSameArrays, damagesOf, namedArrays } from "./arbitrary.ts";

const test = suite("safetensors");

type Header = Record<string, { dtype: string; shape: number[]; data_offsets: [number, number] }>;

function split(bytes: Uint8Array): { header: Header; json: string; body: DataView } {
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const json = new TextDecoder().decode(bytes.subarray(8, 8 + length));
  return { header: JSON.parse(json) as Header, json, body: new DataView(bytes.buffer, 8 + length) };
}

test("tensors lie in order without gaps, little-endian, and the header ends on a multiple of 8", () => {
  const bytes = encodeSafetensors(
    [
      { name: "W", shape: [2, 2], data: Float32Array.of(1, -2, 0.5, Number.NaN) },
      { name: "empty", shape: [0, 3], data: new Float32Array(0) },
      { name: "b", shape: [1], data: Float64Array.of(Math.PI) },
    ],
    { format: "test" },
  );
  const { header, json, body } = split(bytes);
  assert.is(json.length % 8, 0);
  assert.equal(header, {
    __metadata__: { format: "test" },
    W: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    empty: { dtype: "F32", shape: [0, 3], data_offsets: [16, 16] },
    b: { dtype: "F64", shape: [1], data_offsets: [16, 24] },
  });
  assert.equal(
    [0, 4, 8].map((at) => body.getFloat32(at, true)),
    [1, -2, 0.5],
  );
  assert.ok(Number.isNaN(body.getFloat32(12, true)));
  assert.is(body.getFloat64(16, true), Math.PI);
  assert.is(body.byteLength, 24);
});

test("types have the format's names, in both directions", () => {
  const arrays = {
    ...{ F32: new Float32Array(1), F64: new Float64Array(1), I64: new BigInt64Array(1), I32: new Int32Array(1) },
    ...{ I16: new Int16Array(1), I8: new Int8Array(1), U64: new BigUint64Array(1), U32: new Uint32Array(1) },
    ...{ U16: new Uint16Array(1), U8: new Uint8Array(1) },
  };
  for (const [name, data] of Object.entries(arrays)) {
    const bytes = encodeSafetensors([{ name: "a", shape: [1], data }]);
    assert.is(split(bytes).header["a"]?.dtype, name);
    const file = fileOf(`{"a":${entry(name, "[1]", 0, data.byteLength)}}`, data.byteLength);
    assert.equal(decodeSafetensors(file).tensors, [{ name: "a", shape: [1], data }]);
  }
});

test("a name that comes twice or is reserved, and data that does not fill its shape, are refused", () => {
  const one = (name: string) => ({ name, shape: [1], data: Float32Array.of(1) });
  const isRefused = (e: unknown) => e instanceof OptionError;
  assert.throws(() => encodeSafetensors([one("a"), one("a")]), isRefused);
  assert.throws(() => encodeSafetensors([one("__metadata__")]), isRefused);
  assert.throws(() => encodeSafetensors([{ ...one("a"), shape: [2] }]), isRefused);
});

test("a tensor named __proto__ is a tensor", () => {
  const { json } = split(encodeSafetensors([{ name: "__proto__", shape: [1], data: Float32Array.of(1) }]));
  assert.match(json, /^\{"__proto__":\{"dtype":"F32"/);
});

const faultOf = (bytes: Uint8Array) =>
  assertThrows(() => decodeSafetensors(bytes, { file: "some.safetensors" }), FormatError, "decode");

/** A file with this header, and as many bytes after it. */
function fileOf(header: string, length = 0): Uint8Array {
  const json = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + json.length + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  return bytes;
}

const entry = (dtype: string, shape: string, begin: number, end: number) =>
  `{"dtype":"${dtype}","shape":${shape},"data_offsets":[${begin},${end}]}`;

test("what is written is read, to the bit, under any names and at any address", () => {
  fc.assert(
    fc.property(
      namedArrays,
      fc.dictionary(fc.string({ unit: "grapheme" }), fc.string()),
      fc.nat(9),
      (arrays, words, shift) => {
        const bytes = encodeSafetensors(arrays, words);
        const shifted = new Uint8Array(bytes.length + shift);
        shifted.set(bytes, shift);
        const { tensors, metadata } = decodeSafetensors(shifted.subarray(shift));
        assertSameArrays(tensors, arrays);
        assert.equal(new Map(metadata), new Map(Object.entries(words)));
      },
    ),
  );
});

test("every tensor begins at a multiple of its element's size, and the order given is kept where that can be", () => {
  fc.assert(
    fc.property(namedArrays, (arrays) => {
      const { header } = split(encodeSafetensors(arrays));
      let aligned = true;
      let at = 0;
      for (const { data } of arrays) {
        aligned &&= at % data.BYTES_PER_ELEMENT === 0;
        at += data.byteLength;
      }
      for (const { name, data } of arrays) {
        const [begin] = Object.getOwnPropertyDescriptor(header, name)!.value.data_offsets;
        assert.is(begin % data.BYTES_PER_ELEMENT, 0, name);
      }
      const order = decodeSafetensors(encodeSafetensors(arrays)).tensors.map(({ name }) => name);
      const isFilled = arrays.every(({ data }) => data.length > 0); // empty ones share their place with others
      if (aligned && isFilled)
        assert.equal(
          order,
          arrays.map(({ name }) => name),
        );
    }),
  );
});

test("elements are a copy", () => {
  const bytes = encodeSafetensors([{ name: "a", shape: [2], data: Float32Array.of(1, 2) }]);
  const { tensors } = decodeSafetensors(bytes);
  bytes.fill(0, 8);
  assert.equal([...tensors[0]!.data], [1, 2]);
});

test("every type has its array; half precision becomes float32, exactly; bools are 0 and 1", () => {
  const header = [
    `"half":${entry("F16", "[4]", 0, 8)}`,
    `"brain":${entry("BF16", "[4]", 8, 16)}`,
    `"yes":${entry("BOOL", "[2]", 16, 18)}`,
    `"u":${entry("U16", "[1]", 18, 20)}`,
  ];
  const bytes = fileOf(`{${header.join(",")}}`, 20);
  const view = new DataView(bytes.buffer, bytes.length - 20);
  for (const [i, half] of [0x3c00, 0x0001, 0xfbff, 0x7c00].entries()) view.setUint16(2 * i, half, true);
  for (const [i, half] of [0x3f80, 0x0001, 0xc049, 0xff80].entries()) view.setUint16(8 + 2 * i, half, true);
  view.setUint8(17, 1);
  view.setUint16(18, 65_535, true);
  const [half, brain, yes, u] = decodeSafetensors(bytes).tensors.map(({ data }) => data);
  assert.equal(half, Float32Array.of(1, 2 ** -24, -65504, Number.POSITIVE_INFINITY));
  assert.equal(brain, Float32Array.of(1, 2 ** -133, -3.140625, Number.NEGATIVE_INFINITY));
  assert.equal(yes, Uint8Array.of(0, 1));
  assert.equal(u, Uint16Array.of(65_535));
  view.setUint8(17, 2); // true, as for every reader that asks whether it is 0
  assert.equal(decodeSafetensors(bytes).tensors[2]?.data, Uint8Array.of(0, 1));
});

test("metadata may be null, as for the format's reference implementation", () => {
  const { tensors, metadata } = decodeSafetensors(fileOf(`{"__metadata__":null,"a":${entry("U8", "[1]", 0, 1)}}`, 1));
  assert.equal([tensors.length, metadata.size], [1, 0]);
  assert.is(decodeSafetensors(fileOf('{"__metadata__": null}', 0)).tensors.length, 0);
  for (const other of ["false", "0", '""', "[]", '{"a":null}']) {
    assert.is(faultOf(fileOf(`{"__metadata__":${other}}`, 0)).fault.kind, "header", other);
  }
});

test("what is read can be written: half of a surrogate pair is refused in both directions", () => {
  const one = { shape: [1], data: Uint8Array.of(7) };
  for (const half of ["\\ud800", "\\udfff", "a\\ud83d", "\\ude00\\ud83d", "\\uD800b"]) {
    const text = JSON.parse(`"${half}"`) as string;
    assert.throws(
      () => encodeSafetensors([{ name: text, ...one }]),
      (e: unknown) => e instanceof OptionError,
    );
    const name = faultOf(fileOf(`{"${half}":${entry("U8", "[1]", 0, 1)}}`, 1));
    assert.match(name.message, /half of a surrogate pair/);
    for (const metadata of [{ [text]: "a" }, { a: text }]) {
      assert.throws(
        () => encodeSafetensors([], metadata),
        (e: unknown) => e instanceof OptionError,
      );
      const file = fileOf(`{"__metadata__":${JSON.stringify(metadata)}}`, 0);
      assert.match(faultOf(file).message, /is not a Unicode string/);
    }
  }
  const pair = fileOf(`{"\\ud83d\\ude00":${entry("U8", "[1]", 0, 1)}}`, 1);
  const { tensors } = decodeSafetensors(pair);
  assert.is(tensors[0]?.name, "😀");
  assert.equal(decodeSafetensors(encodeSafetensors(tensors)).tensors, tensors);
});

test("all 65,536 half-precision numbers are read as what they stand for", () => {
  const bytes = fileOf(`{"all":${entry("F16", "[65536]", 0, 131072)}}`, 131_072);
  const view = new DataView(bytes.buffer, bytes.length - 131_072);
  for (let bits = 0; bits < 65_536; bits++) view.setUint16(2 * bits, bits, true);
  const data = decodeSafetensors(bytes).tensors[0]!.data as Float32Array;
  for (let bits = 0; bits < 65_536; bits++) {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
    let want = sign * 2 ** (Math.max(exponent, 1) - 15) * (fraction / 1024 + (exponent > 0 ? 1 : 0));
    if (exponent === 31) want = fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    if (!Object.is(data[bits], want)) assert.unreachable(`${bits}: ${data[bits]}, expected ${want}`);
  }
});

test("what is not a safetensors file says what is wrong, and where", () => {
  const good = entry("F32", "[1]", 0, 4);
  const huge = entry("F32", "[9007199254740991,9007199254740991,9007199254740991]", 0, 4);
  const cases: readonly (readonly [string, Uint8Array, string, RegExp])[] = [
    ["short", new Uint8Array(7), "length", /file: expected at least 8 bytes, found 7/],
    ["no header", new Uint8Array(8), "header", /does not start with \{/],
    ["long header", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0), "too-large", /header: expected at most 0 bytes, found 1/],
    ["huge header", Uint8Array.of(255, 255, 255, 255, 255, 255, 255, 255, 123), "too-large", /at most 1 bytes/],
    ["space before", fileOf(" {}"), "header", /does not start with \{/],
    ["array", fileOf("[]"), "header", /does not start with \{/],
    ["not JSON", fileOf("{'a':1}"), "header", /JSON/],
    ["something after", fileOf("{}x"), "header", /JSON/],
    ["same name", fileOf(`{"a":${good},"a":${good}}`, 4), "header", /key "a" comes twice/],
    ["same name in other letters", fileOf(`{"a":${good},"\\u0061":${good}}`, 4), "header", /comes twice/],
    ["same key", fileOf('{"a":{"dtype":"F32","dtype":"F32"}}'), "header", /key "dtype" comes twice/],
    ["same words", fileOf('{"__metadata__":{"a":"","a":""}}'), "header", /key "a" comes twice/],
    ["number as word", fileOf('{"__metadata__":{"a":1}}'), "header", /"a" is not a Unicode string/],
    ["words as list", fileOf('{"__metadata__":[]}'), "header", /__metadata__ is no object/],
    ["no entry", fileOf('{"a":3}'), "header", /"a": no object/],
    [
      "no type",
      fileOf('{"a":{"shape":[],"data_offsets":[0,0]}}'),
      "type",
      /a: expected element type F64.*found undefined/,
    ],
    ["unknown type", fileOf(`{"a":${entry("F8_E4M3", "[1]", 0, 1)}}`, 1), "type", /found "F8_E4M3"/],
    ["inherited type", fileOf(`{"a":${entry("constructor", "[1]", 0, 1)}}`, 1), "type", /found "constructor"/],
    ["unknown key", fileOf(`{"a":{"x":1,${good.slice(1)}}`, 4), "header", /unknown key "x"/],
    ["negative extent", fileOf(`{"a":${entry("F32", "[-1]", 0, 4)}}`, 4), "header", /shape/],
    ["broken extent", fileOf(`{"a":${entry("F32", "[0.5]", 0, 2)}}`, 2), "header", /shape/],
    ["nine axes", fileOf(`{"a":${entry("F32", "[1,1,1,1,1,1,1,1,1]", 0, 4)}}`, 4), "header", /at most 8/],
    [
      "too few bytes",
      fileOf(`{"a":${entry("F32", "[2]", 0, 4)}}`, 4),
      "length",
      /a F32 \[2\]: expected 8 bytes, found 4/,
    ],
    ["astronomic", fileOf(`{"a":${huge}}`, 4), "length", /expected 2.9.*e\+48 bytes, found 4/],
    ["descending", fileOf('{"a":{"dtype":"F32","shape":[0],"data_offsets":[4,0]}}', 4), "header", /ascending/],
    [
      "a hole",
      fileOf(`{"a":${good},"b":${entry("F32", "[1]", 8, 12)}}`, 12),
      "tensor",
      /b: expected data from byte 4 on/,
    ],
    [
      "an overlap",
      fileOf(`{"a":${good},"b":${entry("F32", "[1]", 2, 6)}}`, 6),
      "tensor",
      /b: expected data from byte 4/,
    ],
    ["beyond the end", fileOf(`{"a":${good}}`, 3), "tensor", /a: expected an end within 3 bytes, found 0 to 4/],
    ["bytes after", fileOf(`{"a":${good}}`, 5), "length", /tensors: expected 4 bytes, found 5/],
  ];
  for (const [label, bytes, kind, text] of cases) {
    const error = faultOf(bytes);
    assert.is(error.fault.kind, kind, `${label}: ${error.message}`);
    assert.match(error.message, text, label);
    assert.match(error.message, /^some\.safetensors: safetensors: /, label);
    assert.equal([error.format, error.file], ["safetensors", "some.safetensors"]);
  }
  const notUtf8 = fileOf('{"a":""}');
  notUtf8[13] = 0xff;
  assert.match(faultOf(notUtf8).message, /not UTF-8/);
  const deep = fileOf(`{"a":${"[".repeat(200_000)}`);
  assert.is(faultOf(deep).fault.kind, "header");
});

test("a header may be followed by spaces, may name tensors in another order, and may have none", () => {
  const { tensors } = decodeSafetensors(
    fileOf(
      `{"b":${entry("U8", "[]", 1, 2)},"a":${entry("U8", "[]", 0, 1)},"none":${entry("F64", "[0,7]", 2, 2)}}   `,
      2,
    ),
  );
  assert.equal(
    tensors.map(({ name }) => name),
    ["a", "b", "none"],
  );
  assert.equal(decodeSafetensors(fileOf("{}")).tensors, []);
});

test("names that are no text, shapes that are none, and arrays of other kinds are not written", () => {
  const data = Float32Array.of(1);
  const isRefused = (e: unknown) => e instanceof OptionError;
  const shapes = [[-1], [0.5], [1, 1, 1, 1, 1, 1, 1, 1, 1], [2 ** 53], "1" as unknown as number[]];
  for (const shape of shapes) assert.throws(() => encodeSafetensors([{ name: "a", shape, data }]), isRefused);
  assert.throws(() => encodeSafetensors([{ name: "\ud800", shape: [1], data }]), isRefused);
  assert.throws(() => encodeSafetensors([], { a: "\udc00" }), isRefused);
  assert.throws(() => encodeSafetensors([], { a: 1 as unknown as string }), isRefused);
  for (const other of [[1], new DataView(new ArrayBuffer(1)), new Uint8ClampedArray(1)]) {
    assert.throws(() => encodeSafetensors([{ name: "a", shape: [1], data: other as never }]), isRefused);
  }
});

test("a header that is nested more deeply than any stack is a FormatError", () => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    const deep = `${open.repeat(6000)}1${close.repeat(6000)}`;
    for (const header of [`{"a":{"dtype":${deep}}}`, `{"a":${deep}}`, `{"__metadata__":${deep}}`]) {
      const error = assertThrows(() => decodeSafetensors(fileOf(header)), FormatError, header.slice(0, 20));
      assert.match(error.message, /nested more than 64 levels deep/);
    }
  }
  assert.match(
    assertThrows(() => decodeSafetensors(fileOf(`{"a":${"[".repeat(63)}${"]".repeat(63)}}`)), FormatError, "63")
      .message,
    /no object/,
  );
});

test("damaged files are read, or are a FormatError", async () => {
  const whole = encodeSafetensors(
    [
      { name: "a", shape: [1, 2], data: Float32Array.of(1, 2) },
      { name: "b", shape: [], data: Uint8Array.of(1) },
    ],
    { by: "us" },
  );
  await assertOnlyFormatErrors(whole, (bytes) => decodeSafetensors(bytes), { positions: 400, values: damagesOf });
});

test("bytes without any order are refused", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      assertThrows(() => decodeSafetensors(bytes), FormatError, "noise");
    }),
  );
});

test("places in a file are two integers, ascending, and as far apart as the elements are long", () => {
  const of = (offsets: string, shape = "[1]") =>
    faultOf(fileOf(`{"a":{"dtype":"F32","shape":${shape},"data_offsets":${offsets}}}`, 8)).fault;
  for (const offsets of [
    "[]",
    "[0]",
    "[0,4,8]",
    "[-4,0]",
    "[0,0.5]",
    "[4,0]",
    '["0","4"]',
    "4",
    "null",
    '{"0":0,"1":4}',
  ]) {
    const reason = '"a": data_offsets are not two ascending integers';
    assert.equal(of(offsets), { kind: "header", reason }, offsets);
  }
  const part = "a F32 [1, 3]";
  assert.equal(of("[4,8]", "[1,3]"), { kind: "length", part, expected: "12", found: 4 });
});

test("elements that would not lie at multiples of their size are put in another order, those that would are not", () => {
  const of = (...lengths: (readonly [string, number, "double" | "byte"])[]) =>
    lengths.map(([name, length, type]) => ({
      ...{ name, shape: [length], data: type === "double" ? new Float64Array(length) : new Uint8Array(length) },
    }));
  const order = (arrays: ReturnType<typeof of>) =>
    decodeSafetensors(encodeSafetensors(arrays)).tensors.map(({ name }) => name);
  assert.equal(order(of(["a", 8, "byte"], ["b", 1, "double"], ["c", 1, "byte"])), ["a", "b", "c"]);
  assert.equal(order(of(["a", 1, "byte"], ["b", 1, "double"], ["c", 7, "byte"])), ["b", "a", "c"]);
  assert.equal(order(of(["a", 7, "byte"], ["c", 2, "byte"], ["b", 1, "double"])), ["b", "a", "c"]);
});

test("what cannot be written is refused by name", () => {
  const one = { name: "a", shape: [1], data: Float32Array.of(1) };
  const optionOf = (call: () => unknown) => assertThrows(call, OptionError, "encode").option;
  assert.is(
    optionOf(() => encodeSafetensors([{ ...one, name: "\ud800" }])),
    "safetensors: name",
  );
  assert.is(
    optionOf(() => encodeSafetensors([{ ...one, shape: [2] }])),
    "safetensors: a",
  );
  assert.is(
    optionOf(() => encodeSafetensors([one], { word: "\ud800" })),
    "safetensors: metadata",
  );
  const file = fileOf('\ufeff{"a":1}');
  assert.is(faultOf(file).fault.kind, "header");
});

test.run();
