/** `inspect` in this process: every kind of file, as text and as JSON. */
import { writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { inspectCommand } from "../../src/cli/inspect.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { encodeNpy } from "../../src/formats/npy.ts";
import { encodeNpz } from "../../src/formats/npz.ts";
import { encodeSafetensors } from "../../src/formats/safetensors.ts";
import { encodeZip } from "../../src/formats/zip.ts";
import { describeNetwork } from "../../src/nn/files/description.ts";
import { encodeCheckpoint } from "../../src/train/checkpoints/checkpoint_file.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { assertRejects } from "../support/throws.ts";
import { newPath, ran } from "./ran.ts";
import { checkpointAfter, smallNetwork } from "./small_run.ts";

const test = suite("inspect, in this process");
const engine = await loadEngine();
const { NaN: NAN, POSITIVE_INFINITY: INFINITE } = Number;

function fileOf(content: string | Uint8Array, name = ""): string {
  const file = newPath(name);
  writeFileSync(file, content);
  return file;
}

/** What it prints, but for the file's name. */
async function textOf(content: string | Uint8Array): Promise<readonly string[]> {
  const file = fileOf(content);
  const { stdout, stderr, code } = await ran(inspectCommand, [file]);
  assert.equal([code, stderr], [0, ""]);
  assert.ok(stdout.startsWith(`${file}: `), stdout);
  return stdout.slice(file.length + 2).split("\n");
}

type Told = Readonly<Record<string, unknown>> & { readonly tensors: readonly Readonly<Record<string, unknown>>[] };

async function jsonOf(content: string | Uint8Array): Promise<Told> {
  const file = fileOf(content);
  const { stdout, rows } = await ran(inspectCommand, [file, "--json"]);
  assert.is(stdout.split("\n").length, 2, "one line");
  const { file: told, ...others } = rows[0] as Told;
  assert.is(told, file);
  return others as Told;
}

const ARRAYS: readonly NamedArray[] = [
  { name: "a", shape: [2, 3], data: Float32Array.of(-1.5, 2, NAN, 0, INFINITE, 0.5) },
  { name: "a longer name", shape: [1], data: Int32Array.of(123456) },
  { name: "none", shape: [2], data: Float64Array.of(NAN, -INFINITE) },
  { name: "", shape: [0], data: new Uint8Array(0) },
];

test("arrays in a table: names, types, shapes, the range of what is finite", async () => {
  const bytes = encodeSafetensors(ARRAYS);
  assert.equal(await textOf(bytes), [
    `safetensors, ${bytes.length} bytes`,
    "",
    "name           type     shape      min     max    mean",
    "none           float64  [2]          –       –       –  2 not finite",
    "a              float32  [2, 3]    -1.5       2    0.25  2 not finite",
    "a longer name  int32    [1]     123456  123456  123456",
    "               uint8    [0]          –       –       –",
    "",
  ]);
  const { format, bytes: length, metadata, tensors } = await jsonOf(bytes);
  assert.equal([format, length, metadata], ["safetensors", bytes.length, {}]);
  assert.equal(tensors, [
    { name: "none", dtype: "float64", shape: [2], min: null, max: null, mean: null, notFinite: 2 },
    { name: "a", dtype: "float32", shape: [2, 3], min: -1.5, max: 2, mean: 0.25, notFinite: 2 },
    { name: "a longer name", dtype: "int32", shape: [1], min: 123456, max: 123456, mean: 123456, notFinite: 0 },
    { name: "", dtype: "uint8", shape: [0], min: null, max: null, mean: null, notFinite: 0 },
  ]);
});

test("integers are shown with all their digits, of 64 bits too, and numbers beside them to the last integer digit", async () => {
  const arrays: NamedArray[] = [
    { name: "a", shape: [2], data: Int32Array.of(2 ** 31 - 1, -(2 ** 31)) },
    { name: "b", shape: [2], data: Uint32Array.of(4294967295, 4294967294) },
    { name: "c", shape: [1], data: Float32Array.of(16777216) },
    { name: "d", shape: [2], data: Float64Array.of(1234567.75, 1 / 3) },
    { name: "e", shape: [2], data: BigInt64Array.of(9007199254740993n, -5n) },
    { name: "f", shape: [1], data: Float64Array.of(1.23456789e300) },
  ];
  const text = (await textOf(encodeNpz(arrays))).map((line) => line.replace(/ +/g, " "));
  for (const line of [
    "a int32 [2] -2147483648 2147483647 -0.5",
    "b uint32 [2] 4294967294 4294967295 4294967295",
    "c float32 [1] 16777216 16777216 16777216",
    "d float64 [2] 0.33333 1234568 617284",
    "e int64 [2] -5 9007199254740993 4503599627370494",
    "f float64 [1] 1.2346e+300 1.2346e+300 1.2346e+300",
  ]) {
    assert.ok(text.includes(line), `${line}\nin\n${text.join("\n")}`);
  }
  const { tensors } = await jsonOf(encodeNpz(arrays));
  assert.equal([tensors[4]!["min"], tensors[4]!["max"]], [-5, "9007199254740993"], "what no double holds is text");
});

test("an array has the type that the file gives it: float16, bfloat16, bool", async () => {
  const header = (dtype: string) =>
    JSON.stringify({ w: { dtype, shape: [2], data_offsets: [0, dtype === "BOOL" ? 2 : 4] } });
  for (const [dtype, body, type, max] of [
    ["F16", [0, 0x3c, 0, 0x40], "float16", 2],
    ["BF16", [0x80, 0x3f, 0, 0x40], "bfloat16", 2],
    ["BOOL", [0, 1], "bool", 1],
  ] as const) {
    const json = new TextEncoder().encode(header(dtype));
    const bytes = Uint8Array.of(json.length, 0, 0, 0, 0, 0, 0, 0, ...json, ...body);
    const { tensors } = await jsonOf(bytes);
    assert.equal([tensors[0]!["dtype"], tensors[0]!["max"]], [type, max]);
  }
  const npy = (descr: string, body: readonly number[]) => {
    const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (2,), }`.padEnd(118);
    return Uint8Array.of(
      0x93,
      ...new TextEncoder().encode("NUMPY"),
      1,
      0,
      118,
      0,
      ...new TextEncoder().encode(text),
      ...body,
    );
  };
  for (const [descr, body, type] of [
    ["<f2", [0, 0x3c, 0, 0x40], "float16"],
    ["|b1", [0, 1], "bool"],
  ] as const) {
    assert.is((await jsonOf(npy(descr, body))).tensors[0]!["dtype"], type);
  }
});

test("what kind of file it is, its own bytes say", async () => {
  const [array] = ARRAYS;
  const idx = encodeIdx({ type: "int16", shape: [2], data: Int16Array.of(-3, 5) });
  for (const [bytes, format, shape] of [
    [encodeNpz([array!]), "npz", [2, 3]],
    [encodeNpy(array!), "npy", [2, 3]],
    [idx, "IDX", [2]],
    [gzipSync(idx), "IDX, gzip", [2]],
  ] as const) {
    const told = await jsonOf(bytes);
    assert.equal([told["format"], told.tensors.length, told.tensors[0]?.["shape"]], [format, 1, shape]);
    assert.equal(told["metadata"], {});
    assert.is(told.tensors[0]?.["name"], format === "npz" ? "a" : "");
  }
  const whole = await jsonOf(encodeNpy({ shape: [2], data: BigInt64Array.of(-2n, 7n) }));
  assert.equal([whole.tensors[0]?.["dtype"], whole.tensors[0]?.["mean"]], ["int64", 2.5]);
});

test("metadata: JSON as such, and as text what is too long is cut", async () => {
  const metadata = { plain: "words", json: '{"a":[1]}', edge: "x".repeat(500), long: "y".repeat(501) };
  const bytes = encodeSafetensors([], metadata);
  const lines = await textOf(bytes);
  assert.equal(lines.slice(1).sort(), [
    "",
    `  edge  ${"x".repeat(500)}`,
    '  json  {"a":[1]}',
    `  long  ${"y".repeat(500)}… (501 characters)`,
    "  plain  words",
  ]);
  const told = await jsonOf(bytes);
  assert.equal(told["metadata"], { ...metadata, json: { a: [1] } });
});

test("a checkpoint is called one", async () => {
  const told = await jsonOf(encodeCheckpoint(checkpointAfter(engine, 2)));
  assert.is(told["format"], "checkpoint, safetensors");
  assert.ok(told.tensors.some(({ name }) => name === "training/losses"));
});

test("a network's description: its type, its loss, its layers", async () => {
  using net = smallNetwork(engine);
  const text = `\n ${JSON.stringify(describeNetwork(net))}`;
  const [first, dtype, loss, ...layers] = await textOf(text);
  assert.is(first, `network, ${text.length} bytes`);
  assert.equal([dtype, loss], ["  dtype  float32", "  loss  softmaxCrossEntropy"]);
  assert.match(layers[0]!, /^ {2}layers\[0\] {2}\{.*"inputSize":4.*\}$/);
  assert.match(layers[2]!, /^ {2}layers\[2\] {2}\{/);
  assert.equal(layers.slice(3), [""], "and no table");
});

test("entries of an archive that are no arrays of numbers are listed after those that are", async () => {
  const bytes = encodeZip([
    { name: "README.txt", content: new Uint8Array(3) },
    { name: "a.npy", content: encodeNpy({ shape: [1], data: Uint8Array.of(7) }) },
  ]);
  const lines = await textOf(bytes);
  assert.equal(lines.slice(-2), ["not read: README.txt, no .npy file", ""]);
  const { tensors, skipped } = await jsonOf(bytes);
  assert.equal([tensors.length, skipped], [1, [{ entry: "README.txt", reason: "no .npy file" }]]);
  assert.is((await jsonOf(encodeNpz([])))["skipped"], undefined);
});

test("what is none of these is refused by name", async () => {
  for (const [content, reason] of [
    ["words", "neither safetensors nor npz, npy, IDX or a network's description"],
    ["", "neither safetensors nor npz, npy, IDX or a network's description"],
    ["[1]", "neither safetensors nor npz, npy, IDX or a network's description"],
    ["1234567{", "neither safetensors nor npz, npy, IDX or a network's description"],
    [Uint8Array.of(0x50, 0), "neither"],
    [Uint8Array.of(0, 0x4b), "neither"],
    [Uint8Array.of(0x1f, 0), "neither"],
    [Uint8Array.of(1, 0x8b), "neither"],
    [Uint8Array.of(0, 1), "neither"],
    [Uint8Array.of(1, 0), "neither"],
    ["{", "JSON"],
    ["", /; this is an empty file: download or copy it again$/],
    ["version https://git-lfs.github.com/spec/v1\n", /; this is a Git LFS pointer: run git lfs pull$/],
    [
      '{"metadata": {}, "weight_map": {}}',
      /; this is the index of a model in several files: read the files that it names$/,
    ],
    [Uint8Array.of(0x89, 0x48, 0x44, 0x46), /; this is an HDF5 file: in Python, /],
  ] as const) {
    const file = fileOf(content);
    const { message } = await assertRejects(() => ran(inspectCommand, [file]), FileError, `${content}`);
    assert.ok(message.startsWith(`${file}: `), message);
    assert.match(message, reason);
  }
  for (const [content, type] of [
    ['{"a":1}', FormatError],
    [Uint8Array.of(0x93, 1), FormatError],
    ["12345678{ and more", FormatError],
    [Uint8Array.of(0x50, 0x4b, 0), FormatError],
    [Uint8Array.of(0, 0, 1), IdxError],
    [Uint8Array.of(0x1f, 0x8b, 1), IdxError],
  ] as const) {
    const file = fileOf(content);
    const { message } = await assertRejects<FormatError | IdxError>(() => ran(inspectCommand, [file]), type, "damaged");
    assert.match(message, file);
  }
});

if (BUILD === "simd") test.run(); // nothing here depends on the build of the kernels
