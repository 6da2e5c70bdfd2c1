import fc from "fast-check";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DatasetError } from "../../src/data/dataset_error.ts";
import { encodeIdx, type IdxArray, type IdxExpectation, parseIdx, readIdx } from "../../src/data/idx.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import { OptionError, ShapeError } from "../../src/errors.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";
import { gzip, idxFile, ramp, rejection } from "./files.ts";

const test = suite("idx");

type Write = (view: DataView, at: number, value: number) => void;

/** Each type as its specification tells it: code, size, how one value is written, and values at its ends. */
const TYPES: readonly { type: IdxArray["type"]; code: number; size: number; write: Write; values: number[] }[] = [
  { type: "uint8", code: 0x08, size: 1, write: (v, at, x) => v.setUint8(at, x), values: [0, 1, 127, 128, 255] },
  { type: "int8", code: 0x09, size: 1, write: (v, at, x) => v.setInt8(at, x), values: [-128, -1, 0, 1, 127] },
  { type: "int16", code: 0x0b, size: 2, write: (v, at, x) => v.setInt16(at, x), values: [-32768, -2, 0, 258, 32767] },
  { type: "int32", code: 0x0c, size: 4, write: (v, at, x) => v.setInt32(at, x), values: [-(2 ** 31), -2, 0, 66051] },
  {
    type: "float32",
    code: 0x0d,
    size: 4,
    write: (v, at, x) => v.setFloat32(at, x),
    values: [0.5, -0, 1e-45, -Infinity],
  },
  { type: "float64", code: 0x0e, size: 8, write: (v, at, x) => v.setFloat64(at, x), values: [0.1, -0, 5e-324, NaN] },
];

/** 0 to 8 dimensions, with a one, without, and with a zero at each place. */
const SHAPES: readonly number[][] = [
  [],
  ...Array.from({ length: 8 }, (_, last) => Array.from({ length: last + 1 }, (_, axis) => 1 + (axis % 3))),
  ...Array.from({ length: 8 }, (_, zero) => Array.from({ length: 8 }, (_, axis) => (axis === zero ? 0 : 3))),
  ...Array.from({ length: 4 * 4 * 4 }, (_, i) => [i >> 4, (i >> 2) & 3, i & 3]),
];

function product(shape: readonly number[]): number {
  return shape.reduce((count, dim) => count * dim, 1);
}

function kindOf(bytes: Uint8Array, expected?: IdxExpectation): string {
  try {
    parseIdx(bytes, expected);
    return "ok";
  } catch (error) {
    if (error instanceof IdxError) return error.fault.kind;
    throw error;
  }
}

test("reads every element type in every shape", () => {
  for (const { type, code, size, write, values } of TYPES) {
    for (const shape of SHAPES) {
      const want = Array.from({ length: product(shape) }, (_, i) => values[i % values.length] ?? 0);
      const body = new Uint8Array(size * want.length);
      want.forEach((value, i) => {
        write(new DataView(body.buffer), i * size, value);
      });
      const parsed = parseIdx(idxFile(code, shape, body));
      assert.is(parsed.type, type);
      assert.equal(parsed.shape, shape);
      assert.is(parsed.data.length, want.length);
      assert.ok(
        want.every((value, i) => Object.is(parsed.data[i], type === "float32" ? Math.fround(value) : value)),
        `${type} [${shape}]`,
      );
      assert.is(Object.prototype.toString.call(parsed.data).toLowerCase(), `[object ${type}array]`);
    }
  }
});

test("single bytes are a view of the input, longer elements a copy", () => {
  for (const { code, size } of TYPES) {
    const bytes = idxFile(code, [3], new Uint8Array(3 * size));
    const { data } = parseIdx(bytes);
    assert.is(data.buffer === bytes.buffer, size === 1);
    assert.is(data.byteOffset, size === 1 ? 8 : 0);
    assert.is(data.byteLength, 3 * size);
  }
});

test("byteOffset is respected, at every alignment", () => {
  for (let offset = 0; offset < 9; offset++) {
    for (const { code, size } of TYPES) {
      const inner = idxFile(code, [2], ramp(2 * size));
      const outer = new Uint8Array(offset + inner.length + 3).fill(0xee);
      outer.set(inner, offset);
      const alone = parseIdx(inner);
      assert.equal(parseIdx(outer.subarray(offset, offset + inner.length)).data, alone.data);
    }
  }
});

test("a Buffer gives plain typed arrays", () => {
  const { data } = parseIdx(Buffer.from(idxFile(8, [2], [7, 9])));
  assert.is(Object.getPrototypeOf(data), Uint8Array.prototype);
  assert.equal([...data], [7, 9]);
});

test("every proper prefix and every extension of a file is refused", () => {
  for (const { code, size } of TYPES) {
    const whole = idxFile(code, [2, 3], ramp(6 * size));
    for (let n = 0; n < whole.length; n++) assert.is(kindOf(whole.slice(0, n)), "length", `${code}: ${n} bytes`);
    for (let n = 1; n < 70; n++) assert.is(kindOf(Uint8Array.from([...whole, ...ramp(n)])), "length", `${code}: +${n}`);
    assert.is(kindOf(whole), "ok");
  }
});

test("hostile headers are refused, and nothing is allocated for them", () => {
  const huge = 2 ** 32 - 1;
  const before = process.memoryUsage().arrayBuffers;
  for (const { code } of TYPES) {
    for (let rank = 1; rank <= 8; rank++) assert.is(kindOf(idxFile(code, Array(rank).fill(huge), [])), "length");
    assert.is(kindOf(idxFile(code, [65536, 65536], [])), "length", "a product that is 0 in 32 bits");
    assert.is(kindOf(idxFile(code, [2 ** 31, 2 ** 31, 4], [])), "length", "a product that is 0 in 64 bits");
    assert.is(kindOf(idxFile(code, [...Array(7).fill(huge), 0], [])), "ok", "truly empty");
    assert.is(kindOf(idxFile(code, [0, ...Array(7).fill(huge)], [])), "ok", "truly empty");
    for (const rank of [9, 128, 255]) assert.is(kindOf(idxFile(code, Array(rank).fill(0), [])), "rank");
  }
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6);
});

test("only the six element types exist", () => {
  const known = new Set(TYPES.map(({ code }) => code));
  for (let code = 0; code < 256; code++) {
    if (!known.has(code)) assert.is(kindOf(idxFile(code, [0], [])), "type", String(code));
  }
});

test("another type or rank than expected is refused", () => {
  for (const { type, code, size } of TYPES) {
    const bytes = idxFile(code, [1, 1], new Uint8Array(size));
    for (const other of TYPES) assert.is(kindOf(bytes, { type: other.type }), other.type === type ? "ok" : "type");
    for (let rank = 0; rank <= 8; rank++) assert.is(kindOf(bytes, { rank }), rank === 2 ? "ok" : "rank");
  }
});

test("each failure says what was expected, what was found, and in which file", () => {
  const file = "train-images-idx3-ubyte";
  const labels = idxFile(8, [2], [1, 2]);
  assert.throws(
    () => parseIdx(labels, { rank: 3, file }),
    /^train-images-idx3-ubyte: expected IDX rank 3, found 1; images and labels swapped\?$/,
  );
  assert.throws(() => parseIdx(labels.slice(0, 9)), /^expected 10 bytes, found 9$/);
  assert.throws(() => parseIdx(labels, { type: "float32" }), /^expected IDX element type float32, found 0x08$/);
  assert.throws(() => parseIdx(idxFile(7, [], [])), /^expected IDX element type uint8, .*float64, found 0x07$/);
  assert.throws(() => parseIdx(idxFile(8, Array(9).fill(0), [])), /^expected IDX rank 0 to 8, found 9$/);
  assert.throws(
    () => parseIdx(Uint8Array.of(0x3c, 0x21, 0x44, 0x4f)),
    /^not an IDX file: starts with 0x3c21 \("<!DO"\), expected 0x0000$/,
  );
  const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\n");
  assert.throws(() => parseIdx(pointer), /starts with 0x7665 \("version https:\/\/git-lfs\."\)/);
  assert.throws(() => parseIdx(new Uint8Array(0)), /^expected 4 bytes, found 0$/);
  assert.throws(() => parseIdx(gzip(labels)), /starts with 0x1f8b, which is gzip; readIdx inflates it$/);
});

test("encodes what it parses and parses what it encodes, bit for bit", () => {
  const file = fc.record({
    kind: fc.constantFrom(...TYPES),
    shape: fc.array(fc.integer({ min: 0, max: 3 }), { maxLength: 6 }),
    seed: fc.infiniteStream(fc.integer({ min: 0, max: 255 })),
  });
  fc.assert(
    fc.property(file, ({ kind, shape, seed }) => {
      const length = kind.size * product(shape);
      const bytes = idxFile(kind.code, shape, [...seed.take(length)]);
      const parsed = parseIdx(bytes);
      assert.equal(encodeIdx(parsed), bytes);
      const again = parseIdx(encodeIdx(parsed));
      assert.is(again.type, parsed.type);
      assert.equal(again.shape, parsed.shape);
    }),
    { numRuns: 500 },
  );
});

test("random damage never gives anything but the whole array or an IdxError", () => {
  const whole = idxFile(8, [2, 3], ramp(6));
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const bytes = whole.slice();
      bytes[at] = byte;
      if (kindOf(bytes) === "ok") assert.is(product(parseIdx(bytes).shape), parseIdx(bytes).data.length);
    }),
    { numRuns: 2000 },
  );
});

test("refuses to encode what could not be read back", () => {
  const data = new Uint8Array(2);
  const shapes = [[3], [], [2, 2], [-1, -2], [0.5, 4], [1, 1, 1, 1, 1, 1, 1, 1, 2], [Number.NaN]];
  for (const shape of shapes) {
    assert.throws(
      () => encodeIdx({ type: "uint8", shape, data }),
      (error: unknown) => error instanceof ShapeError,
      `[${shape}]`,
    );
  }
  const endless: IdxArray = { type: "uint8", shape: [2 ** 32, 0], data: new Uint8Array(0) };
  assert.throws(
    () => encodeIdx(endless),
    (error: unknown) => error instanceof ShapeError,
  );
});

test("readIdx takes a file plain or compressed", async () => {
  for (const { code, size } of TYPES) {
    const bytes = idxFile(code, [2, 3], ramp(6 * size));
    assert.equal(await readIdx(bytes), parseIdx(bytes));
    assert.equal(await readIdx(gzip(bytes)), parseIdx(bytes));
  }
  const few = await readIdx(gzip(idxFile(8, [1], [7])), { type: "uint8" });
  assert.is(few.data[0], 7);
  for (let n = 0; n < 4; n++) {
    const error = await rejection(readIdx(new Uint8Array(n)));
    assert.ok(error instanceof IdxError && error.fault.kind === (n === 0 ? "magic" : "length"), `${n}`);
  }
});

test("maxBytes bounds the file before and after inflation, to the byte", async () => {
  const bytes = idxFile(8, [100_000], new Uint8Array(100_000));
  await readIdx(bytes, { maxBytes: bytes.length });
  await readIdx(gzip(bytes), { maxBytes: bytes.length });
  for (const form of [bytes, gzip(bytes)]) {
    const error = await rejection(readIdx(form, { maxBytes: bytes.length - 1, file: "zeros" }));
    assert.ok(error instanceof DatasetError && error.fault.kind === "too-large");
    assert.is(error.message, "zeros: holds more than the limit of 100007 bytes");
  }
});

test("a maxBytes that is no limit is refused", async () => {
  for (const maxBytes of [0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 60]) {
    assert.ok((await rejection(readIdx(idxFile(8, [], [1]), { maxBytes }))) instanceof OptionError, String(maxBytes));
  }
});

test("the smallest and the largest that can be meant are read and written", async () => {
  const none = encodeIdx({ type: "uint8", shape: [0, 2 ** 32 - 1], data: new Uint8Array(0) });
  assert.equal(parseIdx(none).shape, [0, 2 ** 32 - 1]);
  const deep = { type: "uint8", shape: Array(8).fill(1), data: Uint8Array.of(7) } as const;
  assert.equal(parseIdx(encodeIdx(deep)), deep);
  await readIdx(none, { maxBytes: none.length });
  const least = await assertRejects(() => readIdx(none, { maxBytes: 1 }), DatasetError, "one byte is a limit");
  assert.is(least.fault.kind, "too-large");
  const fault = async (bytes: Uint8Array, options: Parameters<typeof readIdx>[1] = {}) => {
    try {
      await readIdx(bytes, options);
    } catch (error) {
      if (error instanceof IdxError) return error.fault;
      throw error;
    }
    throw new Error("nothing was thrown");
  };
  assert.is((await fault(Uint8Array.of(0x1f, 0x8b))).kind, "gzip");
  assert.equal(await fault(Uint8Array.of(0x1f)), { kind: "length", expected: 4, found: 1 });
  assert.equal(await fault(Uint8Array.of(0, 0, 8), { rank: 3 }), { kind: "length", expected: 16, found: 3 });
  const error = assertThrows(() => encodeIdx({ type: "uint8", shape: [2, 3], data: ramp(5) }), ShapeError, "few");
  assert.match(error.message, /\[2, 3\]/);
});

test.run();
