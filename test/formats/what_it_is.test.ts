/** What a file is that a reader does not expect: every kind, and every reader. */
import { gzipSync } from "node:zlib";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeIdx, parseIdx, readIdx } from "../../src/data/idx.ts";
import { IdxError } from "../../src/data/idx_error.ts";
import { FormatError } from "../../src/formats/format_error.ts";
import { identifyFile } from "../../src/formats/identify.ts";
import { decodeNpy, encodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz, encodeNpz } from "../../src/formats/npz.ts";
import { encodeOnnxGraph } from "../../src/formats/onnx.ts";
import { decodeSafetensors, encodeSafetensors } from "../../src/formats/safetensors.ts";
import { whatItIs } from "../../src/formats/what_it_is.ts";
import { encodeZip } from "../../src/formats/zip.ts";
import { rejection } from "../data/files.ts";
import { assertRejects, assertThrows } from "../support/throws.ts";

const test = suite("what it is");

const latin1 = (text: string) => new Uint8Array(Buffer.from(text, "latin1"));
const utf8 = (text: string) => new TextEncoder().encode(text);
const hex = (text: string) => new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
const rest = "\0\x01\x02\x03".repeat(300);

const POINTER =
  "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22e\nsize 47040016\n";
const PAGE = '<!DOCTYPE html>\n<html lang="en"><head><title>404</title></head><body></body></html>';
const one = { name: "W1", shape: [2], data: Float32Array.of(1, 2) };
const empty = new Uint8Array(0);
const onnx = encodeOnnxGraph({ nodes: [], inputs: [], outputs: [], constants: [] }, { opset: 20 });

/** What each file is, and the cure that its errors name. */
const FILES: readonly (readonly [name: string, cure: RegExp, ...files: readonly Uint8Array[]])[] = [
  ["an empty file", /download or copy it again/, empty],
  [
    "a Git LFS pointer",
    /^run git lfs pull$/,
    utf8(POINTER),
    utf8(POINTER.replace("git-lfs.github.com", "hawser.github.com")),
  ],
  [
    ...(["an HTML page", /download the file itself/] as const),
    ...[
      PAGE,
      `\n \t\r\n${PAGE}`,
      "<html>",
      "<HTML><BODY>",
      "<!doctype HTML PUBLIC>",
      "<!-- saved from -->\n<html>",
    ].map(utf8),
    ...[`\ufeff${PAGE}`, `\ufeff\n${PAGE}`, "<head>", '<script>location="/login"</script>'].map(utf8),
    Uint8Array.from([0xff, 0xfe, ...new Uint8Array(Buffer.from(PAGE, "utf16le"))]),
    Uint8Array.from([0xfe, 0xff, ...new Uint8Array(Buffer.from(PAGE, "utf16le").swap16())]),
  ],
  ["an XML page", /download the file itself/, utf8('<?xml version="1.0"?>\n<Error><Code>AccessDenied</Code></Error>')],
  [
    "the index of a model in several files",
    /read the files that it names/,
    utf8(
      '{\n  "metadata": {\n    "total_size": 26830\n  },\n  "weight_map": {\n    "W1": "model-00001-of-00002.safetensors" } }',
    ),
    utf8('{"weight_map":{}}'),
  ],
  [
    "a network's description, without weights",
    /^parseDescription reads it$/,
    utf8('{ "format": "lanegrad network", "version": 1 }'),
  ],
  [
    "JSON",
    /^$/,
    ...['{"error": "Not Found"}', "[1, 2]", " {}", "[]", '["a"]', "[[0.5]]", "[-1]", "[true]", "\ufeff{}"].map(utf8),
  ],
  [
    ...(["a PyTorch file", /safetensors\.torch\.save_file/] as const),
    encodeZip([{ name: "archive/data.pkl", content: hex("80 02") }]),
    encodeZip([{ name: "model_final/data.pkl", content: hex("80 02") }]),
    hex("80 02 8a 0a 6c fc 9c 46 f9 20 6a a8 50 19 2e 80 02 4d e9 03 2e"), // before version 1.6
  ],
  [
    "a Python pickle",
    /numpy\.savez/,
    hex("80 04 95 0b 00 00"),
    hex("80 03 7d 71 00"),
    hex("80 02 7d"),
    hex("80 05 95"),
  ],
  [
    ...(["a Keras file", /numpy\.savez/] as const),
    encodeZip(["metadata.json", "config.json"].map((name) => ({ name, content: utf8("{}") }))),
    encodeZip([{ name: "model.weights.h5", content: latin1("\x89HDF") }]),
  ],
  ["an HDF5 file", /safetensors|numpy/, latin1(`\x89HDF\r\n\x1a\n${rest}`)],
  ["an ONNX file", /^$/, onnx, hex("08 07 12 07 70 79 74 6f 72 63 68"), hex("08 09 3a 05"), hex("08 0a 42 02")],
  ["a TensorFlow Lite file", /^$/, latin1(`\x1c\0\0\0TFL3${rest}`)],
  ["a GGUF file", /^$/, latin1(`GGUF\x03\0\0\0${rest}`)],
  [
    ...(["a picture", /^$/] as const),
    ...[
      "\x89PNG\r\n\x1a\n\0",
      "\xff\xd8\xff\xe0\0\x10JFIF\0",
      "GIF89a\x01\0",
      "BM\x99\0\0\0\0\0\0\0",
      "RIFF\0\0\0\0WEBPVP8 ",
    ].map(latin1),
  ],
  ["a PDF file", /^$/, latin1("%PDF-1.7\n\x80")],
  ["gzip data", /^unpack it first$/, new Uint8Array(gzipSync("anything"))],
  ["a zip archive", /^unpack it first$/, encodeZip([]), encodeZip([{ name: "a.csv", content: utf8("1,2") }])],
  [
    ...(["an archive", /^unpack it first$/] as const),
    ...[
      "BZh91AY&SY\0",
      "\xfd7zXZ\0\0",
      "\x28\xb5\x2f\xfd\0",
      "7z\xbc\xaf\x27\x1c",
      "Rar!\x1a\x07",
      `${"\0".repeat(257)}ustar`,
    ].map(latin1),
  ],
  ["an .npy file", /^decodeNpy reads it$/, encodeNpy(one)],
  ["an .npz file", /^decodeNpz reads it$/, encodeNpz([one])],
  ["a safetensors file", /^decodeSafetensors reads it$/, encodeSafetensors([one]), encodeSafetensors([])],
  [
    ...(["an IDX file", /^readIdx reads it$/] as const),
    ...(
      [
        [8, 3],
        [9, 1],
        [11, 2],
        [12, 0],
        [13, 8],
        [14, 4],
      ] as const
    ).map(([code, rank]) => Uint8Array.of(0, 0, code, rank, 0)),
    encodeIdx({ type: "uint8", shape: [2], data: Uint8Array.of(0, 0) }),
  ],
  ["a table of text", /^parseCsv reads it$/, ...["a,b\n1,2\n", "label;x\r\n1;2", "1\t2\n3\t4\n", "é,ü\n1,2"].map(utf8)],
  ['text: "Entry not found"', /^$/, utf8("Entry not found"), utf8("\r\n Entry not found\nat all")],
  ['text: "größe"', /^$/, utf8("größe")],
];

test("files are known by how they begin", () => {
  for (const [name, cure, ...files] of FILES) {
    for (const [i, file] of files.entries()) {
      const kind = whatItIs(file);
      assert.is(kind?.name, name, `${name}, ${i}`);
      assert.match(kind?.cure ?? "none", cure, `${name}, ${i}`);
      // At any address, and however much comes after it.
      if (file.length > 0) assert.equal(whatItIs(Uint8Array.of(7, ...file).subarray(1)), kind);
    }
  }
});

test("identifyFile is the same, for programs", async () => {
  assert.equal(await identifyFile(utf8(POINTER)), { name: "a Git LFS pointer", cure: "run git lfs pull" });
  assert.is(await identifyFile(Uint8Array.of(0, 1)), undefined);
});

test("what is nothing known is not named", () => {
  for (const bytes of [
    "\0\x01\x02",
    "\x80\x01",
    "\x93NU",
    "\x1b[31mred",
    "\xff",
    "a\0b",
    "\0\0\x07\x01",
    "\0\0\x08\x09",
  ].map(latin1)) {
    assert.is(whatItIs(bytes), undefined, `${bytes}`);
  }
});

test("text that an error shows is cut, and a beginning that no pattern fits is read in no time", () => {
  assert.is(whatItIs(utf8("long ".repeat(500)))?.name, `text: "${"long ".repeat(8)}"`);
  assert.is(
    whatItIs(utf8(`${"ä".repeat(511)}€ and more`))?.name,
    `text: "${"ä".repeat(40)}"`,
    "cut within a character",
  );
  const start = performance.now();
  for (const text of ["<!-- -->", " ", "{", ",", "\n,", "PK\x03\x04/", "[", "<", "a;b,c\t"])
    whatItIs(utf8(text.repeat(2000)));
  assert.ok(performance.now() - start < 1000);
});

/** The error of each reader of bytes. */
const READERS: readonly (readonly [own: string, read: (bytes: Uint8Array) => unknown])[] = [
  ["an .npy file", (bytes) => decodeNpy(bytes, { file: "the file" })],
  ["an .npz file", (bytes) => decodeNpz(bytes, { file: "the file" })],
  ["a safetensors file", (bytes) => decodeSafetensors(bytes, { file: "the file" })],
  ["an IDX file", (bytes) => readIdx(bytes, { file: "the file" })],
];

test("every reader says what it was given in place of its own format, and what to do", async () => {
  for (const [own, read] of READERS) {
    for (const [name, , ...files] of FILES) {
      if (name === own || (own === "an IDX file" && name === "gzip data")) continue;
      for (const [i, file] of files.entries()) {
        const label = `${own}: ${name}, ${i}`;
        // The beginning of a tar archive is 257 zero bytes here, and an empty zip is an .npz file of no arrays.
        if (own === "an IDX file" && file[0] === 0 && file[1] === 0) continue;
        if (own === "an .npz file" && file.length === 22) continue;
        const error = await rejection(Promise.resolve().then(() => read(file)));
        if (!(error instanceof (own === "an IDX file" ? IdxError : FormatError))) throw error;
        assert.match(error.message, /^the file: /);
        assert.match(error.message, name, label);
        assert.match(error.message, whatItIs(file)?.cure ?? "", label);
        assert.not.match(error.message, /\d{12}/, label);
      }
    }
  }
});

test("a page that was served, and kept, as .gz is known as well", async () => {
  for (const page of [PAGE, `\ufeff${PAGE}`, POINTER]) {
    const error = await assertRejects(() => readIdx(gzipSync(page), { file: "train.gz" }), IdxError, page);
    assert.match(error.message, /^train\.gz: not an IDX file but an? .*; (download the file itself|run git lfs pull)/);
  }
  const array = await assertRejects(() => readIdx(gzipSync(encodeNpy(one))), IdxError, "npy");
  assert.equal(array.fault.kind === "magic" && array.fault.content, {
    name: "an .npy file",
    cure: "decodeNpy reads it",
  });
});

test("parseIdx shows how the file begins", () => {
  const message = assertThrows(() => parseIdx(utf8(PAGE)), IdxError, "page").message;
  assert.is(message, 'not an IDX file: starts with 0x3c21 ("<!DOCTYPE html>·<html la"), expected 0x0000');
});

test("files that are their own format, but cut, are not taken for another", async () => {
  const cut = encodeSafetensors([one]).slice(0, 40);
  assert.match(
    assertThrows(() => decodeSafetensors(cut), FormatError, "cut").message,
    /header: expected at most 32 bytes/,
  );
  const half = encodeNpz([one]).slice(0, 100);
  assert.match(
    (await assertRejects(() => decodeNpz(half), FormatError, "half")).message,
    /no zip archive: its end is missing/,
  );
  const noise = new Uint8Array(100).fill(0xee);
  const { message } = assertThrows(() => decodeSafetensors(noise), FormatError, "noise");
  assert.is(
    message,
    "safetensors: expected the length of a header and { at its start, found ee ee ee ee ee ee ee ee ee",
  );
});

test.run();
