/** PNG files as grey values: depths whose samples share bytes, palettes, transparency, damage. */
import { crc32, deflateSync } from "node:zlib";
import { encode } from "fast-png";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { FileError } from "../../src/cli/files.ts";
import { isPng, readPng } from "../../src/cli/png.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { channelsOf, chunkOf, encodePng, FORMS, headerOf, type PngForm, pngOf } from "../support/png.ts";
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
  for (const [width, height] of [
    [4096, 4097],
    [4097, 1],
    [1, 2 ** 32 - 1],
  ] as const) {
    const message = `x.png: a picture of ${width} × ${height} pixels; at most 4096 × 4096 are read`;
    assert.is(await refusal(headOf(width, height)), message);
  }
  assert.match(await refusal(headOf(2 ** 12, 2 ** 12)), /broken PNG/, "the bound itself is read, and found damaged");
  const inside = new Uint8Array(whole.length + 5);
  inside.set(whole, 5);
  assert.is((await readPng(inside.subarray(5), "x.png")).width, 20, "bytes may lie within others");
});

/** The grey of each pixel of such samples, on white, or on black where all would be of one grey. */
function wantedOf({ colour, depth }: PngForm, samples: readonly number[], palette: readonly number[][]): number[] {
  const channels = channelsOf({ colour });
  const most = 2 ** depth - 1;
  const on = (paper: number) =>
    Array.from({ length: samples.length / channels }, (_, i) => {
      const own = samples.slice(i * channels, (i + 1) * channels);
      const values = colour === 3 ? (palette[own[0] ?? 0] ?? []) : own.map((sample) => (sample * 255) / most);
      const isColour = colour === 2 || colour === 3 || colour === 6;
      const [red = 0, green = 0, blue = 0] = values;
      const luma = isColour ? 0.299 * red + 0.587 * green + 0.114 * blue : red;
      const alpha = colour === 4 || colour === 6 ? (values.at(-1) ?? 0) / 255 : 1;
      return luma * alpha + paper * (1 - alpha);
    });
  const white = on(255);
  const isBlank = (colour === 4 || colour === 6) && white.every((value) => Math.abs(value - (white[0] ?? 0)) < 1);
  return isBlank ? on(0) : white;
}

test("every colour, depth, filter and interlacing, of every small size", async () => {
  const random = new RandomState(0);
  for (const { colour, depth } of FORMS) {
    const palette = Array.from({ length: Math.min(256, 2 ** depth) }, () => Array.from(random.randint(0, 256, 3)));
    const before = colour === 3 ? [chunkOf("PLTE", palette.flat())] : [];
    for (const isInterlaced of [false, true]) {
      for (const [width, height] of SIZES) {
        const form = { width, height, depth, colour, isInterlaced };
        const samples = Array.from(random.randint(0, 2 ** depth, width * height * channelsOf(form)));
        const bytes = encodePng(form, samples, { before, parts: 1 + (width % 3) });
        const label = JSON.stringify(form);
        const { grey, ...size } = await readPng(bytes, label);
        assert.equal(size, { width, height }, label);
        const wanted = wantedOf(form, samples, palette);
        const error = Math.max(...wanted.map((value, i) => Math.abs(value - (grey[i] ?? Number.NaN))));
        assert.ok(error <= 1e-9, `${label}: ${error}`);
      }
    }
  }
});

const SIZES = [
  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((width) => [width, 1 + ((7 * width) % 9)] as const),
  ...[[1, 9] as const, [9, 1] as const, [17, 3] as const, [28, 28] as const],
];

test("tRNS: one grey or one colour is transparent", async () => {
  const grey = encodePng({ width: 3, height: 1, depth: 4, colour: 0 }, [0, 5, 15], {
    before: [chunkOf("tRNS", [0, 5])],
  });
  assert.equal([...(await readPng(grey, "x.png")).grey], [0, 255, 255]);
  const clear = chunkOf("tRNS", [0, 1, 0, 2, 0, 3]);
  const colour = encodePng({ width: 2, height: 1, depth: 8, colour: 2 }, [1, 2, 3, 1, 2, 4], { before: [clear] });
  const [first, second = 0] = (await readPng(colour, "x.png")).grey;
  assert.is(first, 255);
  assert.ok(Math.abs(second - (0.299 + 2 * 0.587 + 4 * 0.114)) < 1e-9);
});

const FORM = { width: 4, height: 3, depth: 8, colour: 0 } as const;
const HEADER = headerOf(FORM);
const END = chunkOf("IEND");
const imageOf = (bytes = 15) => chunkOf("IDAT", deflateSync(new Uint8Array(bytes)));

test("chunks: text, profiles and frames of an animation are left out unread, wherever they are", async () => {
  const bomb = deflateSync(new Uint8Array(2 ** 20));
  const extra = [
    chunkOf("iCCP", [...new TextEncoder().encode("x\0\0"), ...bomb]),
    chunkOf("zTXt", [...new TextEncoder().encode("x\0\0"), ...bomb]),
    ...["acTL", "fcTL", "fdAT", "gAMA", "tEXt", "prVt"].map((name) => chunkOf(name, [1, 2, 3])),
  ];
  const file = pngOf(HEADER, ...extra, imageOf(), ...extra, END, ...extra);
  assert.equal([...(await readPng(file, "x.png")).grey], Array(12).fill(0));
});

test("chunks: each has its place, its number and its checksum", async () => {
  const palette = chunkOf("PLTE", [1, 2, 3]);
  const half = deflateSync(new Uint8Array(15));
  const broken = imageOf().slice();
  broken[10] = 7;
  const cases: Record<string, readonly [Uint8Array, RegExp]> = {
    "two headers": [
      pngOf(HEADER, headerOf({ ...FORM, width: 2 ** 30 }), imageOf(), END),
      /the chunk IHDR is not where it belongs/,
    ],
    "a header after the data": [pngOf(HEADER, imageOf(), HEADER, END), /the chunk IHDR is not where/],
    "no header": [pngOf(imageOf(), END), /it does not begin with a header/],
    "a header that is not the first chunk": [
      pngOf(chunkOf("tEXt", Array(20).fill(0)), HEADER, imageOf(), END),
      /not begin with a header/,
    ],
    "a palette after the data": [pngOf(HEADER, imageOf(), palette, END), /the chunk PLTE is not where/],
    "two palettes": [pngOf(HEADER, palette, palette, imageOf(), END), /the chunk PLTE is not where/],
    "data in two places": [
      pngOf(HEADER, chunkOf("IDAT", half.subarray(0, 5)), chunkOf("tEXt"), chunkOf("IDAT", half.subarray(5)), END),
      /the chunk IDAT is not where/,
    ],
    "no data": [pngOf(HEADER, END), /it has no picture/],
    "no end": [pngOf(HEADER, imageOf()), /no IEND chunk ends it/],
    "a checksum": [pngOf(HEADER, broken, END), /the chunk IDAT is damaged/],
    "a length": [pngOf(HEADER, imageOf().fill(255, 0, 4), END), /the chunk IDAT is cut off/],
    "a name": [pngOf(HEADER, chunkOf("ID\0T"), imageOf(), END), /no chunk begins at byte 33/],
    "a critical chunk of another standard": [
      pngOf(HEADER, chunkOf("CgBI"), imageOf(), END),
      /the chunk CgBI is unknown/,
    ],
    "no pixels": [pngOf(headerOf({ ...FORM, width: 0 }), imageOf(), END), /it has no pixels/],
    "a depth": [pngOf(headerOf({ ...FORM, depth: 3 as never }), imageOf(), END), /colour 0 of 3 bits/],
    "a colour": [pngOf(headerOf({ ...FORM, colour: 5 as never }), imageOf(), END), /colour 5 of 8 bits/],
    "a palette without colours": [
      pngOf(headerOf({ ...FORM, colour: 3 }), imageOf(), END),
      /its palette has no colours/,
    ],
    "a colour beyond the palette": [
      encodePng({ ...FORM, colour: 3 }, [1], { before: [palette] }),
      /colour 1 of a palette of 1/,
    ],
    "more transparencies than colours": [
      encodePng({ ...FORM, colour: 3 }, [0], { before: [palette, chunkOf("tRNS", [1, 2])] }),
      /more transparencies than colours/,
    ],
    "a transparent colour of another length": [
      encodePng(FORM, [0], { before: [chunkOf("tRNS", [1])] }),
      /another number of samples/,
    ],
    "a filter": [encodePng(FORM, [0], { filter: () => 5 }), /Unsupported filter: 5/],
    "an interlaced filter": [encodePng({ ...FORM, isInterlaced: true }, [0], { filter: () => 9 }), /filter: 9/],
    "too few rows": [pngOf(HEADER, imageOf(14), END), /expected 15 bytes of image data, found 14/],
    "too many rows": [pngOf(HEADER, imageOf(16), END), /more than 15 bytes of image data/],
    "no zlib stream": [pngOf(HEADER, chunkOf("IDAT", [1, 2, 3]), END), /incorrect header check/],
    "a stream that ends early": [pngOf(HEADER, chunkOf("IDAT", half.subarray(0, 6)), END), /unexpected end of file/],
  };
  for (const [label, [bytes, message]] of Object.entries(cases)) {
    const error = await assertRejects(() => readPng(bytes, "x.png"), FileError, label);
    assert.match(error.message, message, label);
    assert.match(error.message, /^x\.png: broken PNG: /, label);
  }
});

test("bombs: memory and time are those of the picture, whatever the file would inflate to", async () => {
  const zeros = deflateSync(new Uint8Array(2 ** 28)); // 256 MiB from 261 KB
  const bombs: Record<string, Uint8Array> = {
    "two headers": pngOf(
      headerOf(FORM),
      headerOf({ ...FORM, width: 20_000, height: 20_000 }),
      chunkOf("IDAT", zeros),
      END,
    ),
    IDAT: pngOf(HEADER, chunkOf("IDAT", zeros), END),
    iCCP: pngOf(HEADER, chunkOf("iCCP", Buffer.concat([Buffer.from("x\0\0"), zeros])), imageOf(), END),
    zTXt: pngOf(HEADER, chunkOf("zTXt", Buffer.concat([Buffer.from("x\0\0"), zeros])), imageOf(), END),
    "a size that the data does not have": pngOf(headerOf({ ...FORM, width: 4096, height: 4096 }), imageOf(), END),
  };
  await readPng(pngOf(HEADER, imageOf(), END), "x.png"); // what is loaded once
  for (const [label, bytes] of Object.entries(bombs)) {
    const before = process.memoryUsage();
    const start = performance.now();
    await readPng(bytes, label).catch((error) => assert.instance(error, FileError, label));
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    const grown = arrayBuffers + heapUsed - before.arrayBuffers - before.heapUsed;
    assert.ok(grown < 2 ** 24, `${label}: ${grown} bytes more`);
    assert.ok(performance.now() - start < 2000, `${label}: ${performance.now() - start} ms`);
  }
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
  new DataView(header.buffer).setUint32(21, crc32(header.subarray(4, 21)));
  const chunks = [chunkOf("PLTE", palette.flat()), ...(alpha === undefined ? [] : [chunkOf("tRNS", alpha)])];
  return Uint8Array.from([signature, header, ...chunks, ...rest].flatMap((part) => [...part]));
}

test.run();
