/**
 * What a network is asked about: IDX images, a picture as PNG, or numbers as JSON. The format is detected from the bytes.
 */
import { readFileSync } from "node:fs";
import { prepareDigit, readIdx } from "lanegrad";
import { FileError, readFile } from "./files.ts";
import { remarkOnKind } from "./kind.ts";
import { isPng, readColourPng, readPng } from "./png.ts";

/** Rows as the network takes them. */
export type Inputs = {
  readonly rows: readonly Float64Array[];
  /** What each row is called: its position in the file. */
  readonly names: readonly string[];
  /** What was done to them, for a person. */
  readonly remarks: readonly string[];
};

export type InputOptions = {
  /** Values that the network takes. */
  readonly size: number;
  /** Which of several examples; all, without it. */
  readonly index: readonly number[] | undefined;
  /** Pictures that would have to be changed are refused. */
  readonly strict: boolean;
};

/** Bytes are pixels from 0 to 255, which the networks here see as 0 to 1. */
const SCALE = 1 / 255;

/**
 * Reads inputs from a file, or from standard input where that is `-`.
 *
 * @throws {FileError} it cannot be read, is nothing that is known, or does not fit the network
 * @throws {IdxError} damaged IDX
 */
export async function readInputs(file: string, options: InputOptions): Promise<Inputs> {
  const name = file === "-" ? "standard input" : file;
  const bytes = file === "-" ? standardInput() : readFile(file);
  if (bytes.length === 0) throw new FileError(name, "empty");
  if (isPng(bytes)) return await pictureOf(bytes, name, options);
  const isIdx = (bytes[0] === 0 && bytes[1] === 0) || (bytes[0] === 0x1f && bytes[1] === 0x8b);
  if (isIdx) return chosen(await imagesOf(bytes, name, options), name, options);
  return chosen(await numbersOf(bytes, name, options), name, options);
}

function standardInput(): Uint8Array {
  try {
    return readFileSync(0);
  } catch (error) {
    throw new FileError("standard input", error);
  }
}

async function pictureOf(bytes: Uint8Array, name: string, { size, index, strict }: InputOptions): Promise<Inputs> {
  const side = Math.sqrt(size);
  if (index !== undefined) throw new FileError(name, "one picture: --index is for IDX files and JSON");
  if (!Number.isInteger(side)) return await coloursOf(bytes, name, size);
  const picture = await readPng(bytes, name);
  const made = prepareDigit(picture, side);
  if (made === undefined) throw new FileError(name, "no ink: the picture is of one grey");
  if (strict && made.changes.length > 0) {
    const expected = `a grey picture of ${side} × ${side}, light on dark`;
    throw new FileError(name, `--strict: expected ${expected}; it would have to be ${made.changes.join(", ")}`);
  }
  const row = Float64Array.from(made.pixels, (byte) => byte * SCALE);
  return { rows: [row], names: [name], remarks: made.changes.map((change) => `${name}: ${change}`) };
}

/** A picture in colour, of as many pixels as the network takes. */
async function coloursOf(bytes: Uint8Array, name: string, size: number): Promise<Inputs> {
  const { width, height, colours } = await readColourPng(bytes, name);
  if (colours.length !== size) {
    const found = `a picture of ${width} × ${height}, ${colours.length} values in colour`;
    throw new FileError(name, `${found}, but the network takes ${size}: no square in grey`);
  }
  return { rows: [Float64Array.from(colours, (byte) => byte * SCALE)], names: [name], remarks: [] };
}

async function imagesOf(bytes: Uint8Array, name: string, { size }: InputOptions): Promise<Inputs> {
  const { shape, data } = await readIdx(bytes, { type: "uint8", file: name });
  const [count = 0, ...image] = shape;
  const found = image.reduce((a, b) => a * b, 1);
  if (image.length === 0 || found !== size) {
    throw new FileError(name, `expected images of ${size} pixels, found ${image.join(" × ") || "labels"}`);
  }
  const rows = Array.from({ length: count }, (_, i) =>
    Float64Array.from(data.subarray(i * size, (i + 1) * size), (byte) => byte * SCALE),
  );
  return { rows, names: rows.map((_, i) => `${i}`), remarks: [] };
}

async function numbersOf(bytes: Uint8Array, name: string, { size }: InputOptions): Promise<Inputs> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new FileError(name, `neither PNG nor IDX nor JSON${await remarkOnKind(bytes, "JSON")}`);
  }
  if (!Array.isArray(value) || value.length === 0)
    throw new FileError(name, "expected a JSON array of numbers or rows");
  const given: readonly unknown[] = Array.isArray(value[0]) ? value : [value];
  const rows = given.map((row, i) => {
    if (!Array.isArray(row) || !row.every(Number.isFinite)) {
      throw new FileError(name, `row ${i}: expected numbers alone`);
    }
    if (row.length !== size) throw new FileError(name, `row ${i}: expected ${size} numbers, found ${row.length}`);
    return Float64Array.from(row as number[]);
  });
  const isBytes = rows.some((row) => row.some((x) => x > 1));
  const remarks = isBytes ? [`${name}: numbers above 1; networks trained here take pixels from 0 to 1`] : [];
  return { rows, names: rows.map((_, i) => `${i}`), remarks };
}

/** The rows that --index asks for. */
function chosen(inputs: Inputs, name: string, { index }: InputOptions): Inputs {
  if (index === undefined) return inputs;
  const { length } = inputs.rows;
  const rows = index.map((i) => {
    const row = inputs.rows[i];
    if (row === undefined) throw new FileError(name, `--index ${i}: expected 0 to ${length - 1}`);
    return row;
  });
  return { ...inputs, rows, names: index.map((i) => `${i}`) };
}
