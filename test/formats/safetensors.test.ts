import { suite } from "uvu";
import * as assert from "uvu/assert";
import { OptionError } from "../../src/errors.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";

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

test.run();
