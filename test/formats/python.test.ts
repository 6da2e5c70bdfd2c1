/**
 * Files exchanged with Python, in both directions, where python3 and NumPy are installed; elsewhere one line says that
 * they are not. What NumPy wrote once is in test/fixtures and is read everywhere.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { decodeNpy, encodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { assertSameArrays, bytesOf } from "./arbitrary.ts";

const test = suite("python");
const hasNumpy = spawnSync("python3", ["-c", "import numpy"]).status === 0;
const folder = hasNumpy ? makeTemporaryFolder() : "";

/** Every type; a NaN with a payload, infinities, both zeros, and the ends of every range. */
const ARRAYS: readonly NamedArray[] = [
  { name: "u8", shape: [3], data: Uint8Array.of(0, 1, 255) },
  {
    name: "W1",
    shape: [2, 3],
    data: new Float32Array(Uint32Array.of(0x7fc12345, 0xff800000, 0x80000000, 1, 2, 3).buffer),
  },
  { name: "b1", shape: [2], data: Float64Array.of(Math.PI, -0) },
  { name: "größe/Ω", shape: [2, 1, 2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1, 0, 7) },
  { name: "i64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { name: "u64", shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
  { name: "u32", shape: [], data: Uint32Array.of(2 ** 32 - 1) },
  { name: "i16", shape: [2], data: Int16Array.of(-32768, 32767) },
  { name: "i8", shape: [2], data: Int8Array.of(-128, 127) },
  { name: "u16", shape: [1], data: Uint16Array.of(65535) },
  { name: "none", shape: [0, 4], data: new Float32Array(0) },
];

/** A safetensors file in a few lines, and what becomes of each array: name → [type, shape, bytes in hexadecimal]. */
const PRELUDE = `
import json, sys, numpy as np
TYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "|i1",
         "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "|u1", "BOOL": "|b1"}
def load(path):
    data = open(path, "rb").read()
    n = int.from_bytes(data[:8], "little")
    header = json.loads(data[8:8 + n])
    header.pop("__metadata__", None)
    arrays = {}
    for name, e in header.items():
        begin, end = e["data_offsets"]
        dtype = np.dtype(TYPES[e["dtype"]])
        assert begin % dtype.itemsize == 0 and n % 8 == 0
        arrays[name] = np.frombuffer(data[8 + n + begin:8 + n + end], dtype).reshape(e["shape"])
    return arrays
def save(path, arrays):
    header, body = {}, b""
    for name, a in arrays.items():
        code = next(code for code, dtype in TYPES.items() if np.dtype(dtype) == a.dtype)
        header[name] = {"dtype": code, "shape": list(a.shape), "data_offsets": [len(body), len(body) + a.nbytes]}
        body += a.tobytes()
    text = json.dumps(header).encode()
    open(path, "wb").write(len(text).to_bytes(8, "little") + text + body)
def told(arrays):
    print(json.dumps({k: [a.dtype.str, list(a.shape), a.tobytes().hex()] for k, a in arrays.items()}))
`;

function python(script: string): string {
  const { status, stdout, stderr } = spawnSync("python3", ["-c", PRELUDE + script], {
    cwd: folder,
    encoding: "utf8",
    env: { ...process.env, PYTHONIOENCODING: "utf-8" },
  });
  assert.is(status, 0, stderr);
  return stdout;
}

const CODES = new Map<unknown, string>([
  [Float32Array, "<f4"],
  [Float64Array, "<f8"],
  [Int8Array, "|i1"],
  [Int16Array, "<i2"],
  [Int32Array, "<i4"],
  [BigInt64Array, "<i8"],
  [Uint8Array, "|u1"],
  [Uint16Array, "<u2"],
  [Uint32Array, "<u4"],
  [BigUint64Array, "<u8"],
]);

function assertTold(output: string): void {
  const wanted = ARRAYS.map(({ name, shape, data }) => {
    return [name, [CODES.get(data.constructor), shape, Buffer.from(bytesOf(data)).toString("hex")]] as const;
  });
  assert.equal(JSON.parse(output), Object.fromEntries(wanted));
}

if (!hasNumpy) console.log("python3 with NumPy is not installed: files are not exchanged with it");
const check = hasNumpy ? test : test.skip;

check("Python reads our safetensors", () => {
  writeFileSync(join(folder, "ours.safetensors"), encodeSafetensors(ARRAYS, { by: "lanegrad" }));
  assertTold(python('told(load("ours.safetensors"))'));
});

check("NumPy reads our .npz and .npy", () => {
  writeFileSync(join(folder, "ours.npz"), encodeNpz(ARRAYS));
  assertTold(python('told(np.load("ours.npz", allow_pickle=False))'));
  for (const [i, array] of ARRAYS.entries()) writeFileSync(join(folder, `${i}.npy`), encodeNpy(array));
  const names = JSON.stringify(ARRAYS.map(({ name }) => name));
  assertTold(python(`told({k: np.load(f"{i}.npy", allow_pickle=False) for i, k in enumerate(${names})})`));
});

check("Python's zipfile finds nothing wrong with our archive", () => {
  writeFileSync(join(folder, "tested.npz"), encodeNpz(ARRAYS));
  assert.is(python('import zipfile; print(zipfile.ZipFile("tested.npz").testzip())').trim(), "None");
});

check("we read what Python and NumPy make of them", async () => {
  writeFileSync(join(folder, "start.safetensors"), encodeSafetensors(ARRAYS));
  python(`
arrays = load("start.safetensors")
save("theirs.safetensors", arrays)
np.savez("theirs.npz", **arrays)
np.savez_compressed("packed.npz", **{k: np.asfortranarray(a) if a.ndim else a for k, a in arrays.items()})
np.save("theirs.npy", arrays["W1"].astype(">f4"))
`);
  const read = (name: string) => readFileSync(join(folder, name));
  assertSameArrays(decodeSafetensors(read("theirs.safetensors")).tensors, ARRAYS);
  assertSameArrays(await decodeNpz(read("theirs.npz")), ARRAYS);
  assertSameArrays(await decodeNpz(read("packed.npz")), ARRAYS);
  assertSameArrays([{ name: "W1", ...decodeNpy(read("theirs.npy")) }], [ARRAYS[1]!]);
});

check("all half-precision numbers are NumPy's, to the bit", () => {
  python(`
halves = np.arange(65536, dtype="<u2").view("<f2")
halves = halves[~np.isnan(halves)]
np.save("halves.npy", halves)
np.save("floats.npy", halves.astype("<f4"))
`);
  const [got, want] = ["halves.npy", "floats.npy"].map((name) => decodeNpy(readFileSync(join(folder, name))).data);
  assert.is(got!.length, 65536 - 2 * 1023);
  assert.ok(Buffer.from(bytesOf(got!)).equals(bytesOf(want!)));
});

test.run();
