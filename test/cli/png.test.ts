/** PNG files as grey values: depths whose samples share bytes, palettes, transparency, damage. */
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { isPng, readPng } from "../../src/cli/png.ts";
import { assertRejects } from "../support/throws.ts";

const test = suite("PNG files");

type Samples = Parameters<typeof encode>[0];

async function greyOf(samples: Samples): Promise<readonly number[]> {
  const { width, height, grey } = await readPng(encode(samples), "x.png");
  assert.equal([width, height, grey.length], [samples.width, samples.height, samples.width * samples.height]);
  return [...grey].map((value) => Math.round(value * 1000) / 1000);
}

/** A file's first bytes, which say such a size. */
function headOf(width: number, height: number): Uint8Array {
  const bytes = encode({ width: 1, height: 1, data: new Uint8Array(1), channels: 1 }).slice();
  new DataView(bytes.buffer).setUint32(16, width);
  new DataView(bytes.buffer).setUint32(20, height);
  return bytes;
}

test("a file is known by its first eight bytes", () => {
  const bytes = encode({ width: 1, height: 1, data: new Uint8Array(1), channels: 1 });
  assert.ok(isPng(bytes));
  for (let i = 0; i < 8; i++) assert.not(isPng(bytes.with(i, bytes[i]! ^ 1)), `byte ${i}`);
  assert.not(isPng(bytes.subarray(0, 7)));
  assert.not(isPng(new Uint8Array(0)));
});

test("samples below 8 bits: several share a byte, a row begins with a new one, and the brightest is 255", async () => {
  const rows = (depth: 1 | 2 | 4, width: number, bytes: readonly number[]): Samples => {
    const height = bytes.length / Math.ceil((width * depth) / 8);
    return { width, height, depth, channels: 1, data: Uint8Array.from(bytes) };
  };
  assert.equal(
    await greyOf(rows(1, 9, [0b10110001, 0b10000000, 0b01000010, 0])),
    [1, 0, 1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0].map((bit) => 255 * bit),
  );
  assert.equal(await greyOf(rows(2, 3, [0b00011000, 0b11100100])), [0, 85, 170, 255, 170, 85]);
  assert.equal(await greyOf(rows(4, 3, [0x1f, 0x70, 0x8c, 0x20])), [17, 255, 119, 136, 204, 34]);
});

test("colours weigh as Rec. 601 has it; 16 bits are as 8", async () => {
  const data = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 10, 20, 30);
  const wanted = [76.245, 149.685, 29.07, 0.299 * 10 + 0.587 * 20 + 0.114 * 30];
  assert.equal(await greyOf({ width: 4, height: 1, channels: 3, data }), wanted);
  const wide = Uint16Array.from(data, (value) => value * 257);
  assert.equal(await greyOf({ width: 4, height: 1, channels: 3, depth: 16, data: wide }), wanted);
});

test("what is transparent lies on white", async () => {
  const grey = Uint8Array.of(0, 255, 0, 0, 0, 51, 100, 255);
  assert.equal(await greyOf({ width: 4, height: 1, channels: 2, data: grey }), [0, 255, 204, 100]);
  const colour = Uint8Array.of(0, 0, 0, 255, 255, 0, 0, 0, 0, 0, 255, 102);
  assert.equal(await greyOf({ width: 3, height: 1, channels: 4, data: colour }), [0, 255, 0.4 * 29.07 + 0.6 * 255]);
});

test("on black, where all would be white on white; but a page without transparency stays as it is", async () => {
  const white = Uint8Array.of(255, 255, 255, 0, 255, 51);
  assert.equal(await greyOf({ width: 3, height: 1, channels: 2, data: white }), [255, 0, 51]);
  const almost = Uint8Array.of(254, 255, 255, 255);
  assert.equal(
    await greyOf({ width: 2, height: 1, channels: 2, data: almost }),
    [254, 255],
    "one step is a difference",
  );
  for (const channels of [1, 3] as const) {
    const data = new Uint8Array(2 * channels).fill(255);
    assert.equal(await greyOf({ width: 2, height: 1, channels, data }), [255, 255]);
  }
});

test("a palette's colours are looked up, with their transparency", async () => {
  const palette = [
    [255, 0, 0],
    [0, 255, 0],
    [10, 20, 30],
  ];
  const { grey } = await readPng(indexed(Uint8Array.of(2, 0, 1), palette), "x.png");
  assert.equal(
    [...grey].map((value) => Math.round(value * 1000) / 1000),
    [18.15, 76.245, 149.685],
  );
  const few = await readPng(indexed(Uint8Array.of(0x20, 0x10), palette, undefined, 4), "x.png");
  assert.equal(
    [...few.grey].map((value) => Math.round(value * 1000) / 1000),
    [18.15, 76.245, 149.685],
    "indices of 4 bits, colours of 8",
  );
  const transparent = await readPng(indexed(Uint8Array.of(2, 0, 1), palette, [255, 0, 51]), "x.png");
  assert.equal(
    [...transparent.grey].map((value) => Math.round(value * 1000) / 1000),
    [0.2 * 18.15 + 0.8 * 255, 76.245, 255],
  );
});

test("a file that ends early, is damaged, or too large for any network is refused by name", async () => {
  const whole = encode({ width: 20, height: 20, data: new Uint8Array(400), channels: 1 });
  const refusal = async (bytes: Uint8Array) =>
    (await assertRejects(() => readPng(bytes, "x.png"), FileError, "refused")).message;
  assert.is(await refusal(whole.subarray(0, 23)), "x.png: broken PNG: it ends in its header");
  assert.match(await refusal(whole.subarray(0, 24)), /^x\.png: broken PNG: (?!it ends)./);
  assert.match(await refusal(whole.with(45, whole[45]! ^ 1)), /^x\.png: broken PNG: .*/);
  assert.match(await refusal(whole.with(32, whole[32]! ^ 1)), /^x\.png: broken PNG: .*/, "a checksum alone");
  assert.is(
    await refusal(headOf(2 ** 14, 2 ** 12 + 1)),
    `x.png: a picture of ${2 ** 26 + 2 ** 14} pixels; at most ${2 ** 26} are read`,
  );
  assert.match(await refusal(headOf(2 ** 14, 2 ** 12)), /broken PNG/, "the bound itself is read, and found damaged");
  const inside = new Uint8Array(whole.length + 5);
  inside.set(whole, 5);
  assert.is((await readPng(inside.subarray(5), "x.png")).width, 20, "bytes may lie within others");
});

/** A PNG file of one row of palette indices, which the encoder does not write: chunks around its own image data. */
function indexed(
  data: Uint8Array,
  palette: readonly (readonly number[])[],
  alpha?: readonly number[],
  depth: 4 | 8 = 8,
): Uint8Array {
  const grey = encode({ width: palette.length, height: 1, data, channels: 1, depth });
  const [signature, header, ...rest] = [grey.subarray(0, 8), grey.slice(8, 33), grey.subarray(33)];
  header[8 + 9] = 3; // the kind of colour, behind length, name, width, height and depth
  new DataView(header.buffer).setUint32(21, crcOf(header.subarray(4, 21)));
  const chunks = [chunkOf("PLTE", palette.flat()), ...(alpha === undefined ? [] : [chunkOf("tRNS", alpha)])];
  return Uint8Array.from([signature, header, ...chunks, ...rest].flatMap((part) => [...part]));
}

function chunkOf(name: string, content: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(content.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, content.length);
  bytes.set(
    [...name].map((letter) => letter.charCodeAt(0)),
    4,
  );
  bytes.set(content, 8);
  view.setUint32(content.length + 8, crcOf(bytes.subarray(4, content.length + 8)));
  return bytes;
}

/** CRC-32, bit by bit. */
function crcOf(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

test.run();
