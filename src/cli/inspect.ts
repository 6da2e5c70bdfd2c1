/** `lanegrad inspect`: what is in a file of weights, arrays or images. */
import {
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  type NamedArray,
  type Preprocessing,
  parseDescription,
  readIdx,
  type SkippedEntry,
} from "lanegrad";
import { type Command, command } from "./command.ts";
import { FileError, readFile, relativePath } from "./files.ts";
import { toggle } from "./flags.ts";
import { remarkOnKind } from "./kind.ts";
import { modelFileOf } from "./model.ts";
import type { Parsed } from "./options.ts";
import { print, printJson } from "./report.ts";

type InspectValues = { readonly json?: boolean | undefined };

export const inspectCommand: Command = command<InspectValues>({
  name: "inspect",
  about:
    "Says what is in a file: a checkpoint, safetensors, .npz, .npy, IDX (also .gz), a network's description. Names, shapes,\n" +
    "types, ranges, metadata; of a table's model its columns. Of a run's folder its model.",
  usage: "inspect RUN|FILE [options]",
  operands: [1, 1],
  flags: { json: toggle("one JSON object") },
  examples: ["lanegrad inspect runs/one/weights.safetensors", "lanegrad inspect t10k-images-idx3-ubyte.gz --json"],
  run: inspect,
});

/** A file's content, as far as it is printed. */
type Content = {
  readonly format: string;
  readonly arrays: readonly NamedArray[];
  readonly metadata?: ReadonlyMap<string, string>;
  /** Entries of an archive that are not arrays of numbers. */
  readonly skipped?: readonly SkippedEntry[];
};

async function inspect({ values, operands: [path = ""] }: Parsed<InspectValues>): Promise<number> {
  const file = await modelFileOf(path);
  const bytes = readFile(file);
  const {
    format,
    arrays,
    metadata = new Map<string, string>(),
    skipped = [],
  } = await contentOf(bytes, relativePath(file));
  const tensors = arrays.map(summaryOf);
  if (values.json) {
    const known = Object.fromEntries([...metadata].map(([key, text]) => [key, parsedOf(text)]));
    printJson({ file, format, bytes: bytes.length, metadata: known, tensors, ...(skipped.length > 0 && { skipped }) });
    return 0;
  }
  print([`${relativePath(file)}: ${format}, ${bytes.length} bytes`]);
  for (const [key, text] of metadata)
    print(key === PREPROCESSING ? columnLines(text) : [`  ${key}  ${shortened(text)}`]);
  if (tensors.length > 0) print(["", ...table(tensors)]);
  if (skipped.length > 0) print(["", ...skipped.map(({ entry, reason }) => `not read: ${entry}, ${reason}`)]);
  return 0;
}

async function contentOf(bytes: Uint8Array, file: string): Promise<Content> {
  const [a, b] = bytes;
  if (a === 0x50 && b === 0x4b) {
    const skipped: SkippedEntry[] = [];
    const arrays = await decodeNpz(bytes, { file, onSkipped: (entry) => void skipped.push(entry) });
    return { format: "npz", arrays, skipped };
  }
  if (a === 0x93) return { format: "npy", arrays: [{ name: "", ...decodeNpy(bytes, { file }) }] };
  if (a === 0x1f && b === 0x8b) return { format: "IDX, gzip", arrays: [await idxOf(bytes, file)] };
  if (bytes[8] === "{".charCodeAt(0)) {
    const { tensors, metadata } = decodeSafetensors(bytes, { file });
    const isCheckpoint = metadata.has("lanegrad.checkpoint");
    return { format: isCheckpoint ? "checkpoint, safetensors" : "safetensors", arrays: tensors, metadata };
  }
  if (a === 0 && b === 0) return { format: "IDX", arrays: [await idxOf(bytes, file)] };
  const text = new TextDecoder().decode(bytes);
  const remark = await remarkOnKind(bytes);
  if (text.trimStart().startsWith("{") && !remark.includes("several files")) return descriptionOf(text, file);
  throw new FileError(file, `neither safetensors nor npz, npy, IDX or a network's description${remark}`);
}

async function idxOf(bytes: Uint8Array, file: string): Promise<NamedArray> {
  const { shape, data } = await readIdx(bytes, { file });
  return { name: "", shape, data };
}

function descriptionOf(text: string, file: string): Content {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new FileError(file, error);
  }
  const { dtype, loss, layers, inputShape } = parseDescription(value, { file });
  const metadata = new Map([
    ["dtype", dtype],
    ["loss", typeof loss === "string" ? loss : JSON.stringify(loss)],
    ...(inputShape === undefined ? [] : [["inputShape", JSON.stringify(inputShape)] as [string, string]]),
    ...layers.map((layer, i): [string, string] => [`layers[${i}]`, JSON.stringify(layer)]),
  ]);
  return { format: "network", arrays: [], metadata };
}

type Summary = {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  /** Text where no number of JSON's is exact: integers of 64 bits beyond 2⁵³. */
  readonly min: number | string | null;
  readonly max: number | string | null;
  readonly mean: number | null;
  /** Elements that are NaN or infinite. */
  readonly notFinite: number;
};

/** Ranges of the finite elements; null where there are none. */
function summaryOf({ name, shape, data, storedAs }: NamedArray): Summary {
  let [sum, finite] = [0, 0];
  let least: number | bigint | undefined;
  let most: number | bigint | undefined;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number | bigint;
    if (typeof value === "number" && !Number.isFinite(value)) continue;
    if (least === undefined || value < least) least = value;
    if (most === undefined || value > most) most = value;
    sum += Number(value);
    finite += 1;
  }
  const [min, max, mean] = [exact(least), exact(most), finite === 0 ? null : sum / finite];
  return { name, dtype: storedAs ?? typeOf(data), shape, min, max, mean, notFinite: data.length - finite };
}

function exact(value: number | bigint | undefined): number | string | null {
  if (typeof value !== "bigint") return value ?? null;
  return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
}

function typeOf(data: NamedArray["data"]): string {
  return data.constructor.name.replace(/Big|Clamped|Array/g, "").toLowerCase();
}

const DIGITS = 5;

/** Integers with all their digits, other numbers with five, and all of those before the point. */
function shownNumber(value: number | string | null): string {
  if (value === null) return "–";
  if (typeof value === "string" || Number.isSafeInteger(value)) return String(value);
  const before = Math.abs(value) < Number.MAX_SAFE_INTEGER ? Math.trunc(Math.abs(value)).toString().length : 0;
  return String(Number(value.toPrecision(Math.max(DIGITS, before))));
}

function table(tensors: readonly Summary[]): string[] {
  const rows = [
    ["name", "type", "shape", "min", "max", "mean", ""],
    ...tensors.map(({ name, dtype, shape, min, max, mean, notFinite }) => [
      name,
      dtype,
      `[${shape.join(", ")}]`,
      ...[min, max, mean].map(shownNumber),
      notFinite === 0 ? "" : `${notFinite} not finite`,
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, c) => (c < 3 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
}

/** Metadata that is JSON as such, else the text. */
function parsedOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const PREPROCESSING = "lanegrad.preprocessing";

/** The columns of a table's model, a line for each, as far as the text is what it should be. */
function columnLines(text: string): string[] {
  const { inputs, target } = (parsedOf(text) ?? {}) as Partial<Preprocessing>;
  if (inputs?.kind !== "columns" || target === undefined) return [`  ${PREPROCESSING}  ${shortened(text)}`];
  const nameOf = ({ name, position }: { readonly name?: string; readonly position?: number }) =>
    name ?? `${position ?? ""}`;
  const lines = inputs.columns.map((column) => {
    const fill = column.fill === undefined ? "" : `, missing values are ${column.fill}`;
    const of =
      column.kind === "number"
        ? `a number, mean ${shownNumber(column.mean)}, deviation ${shownNumber(column.deviation)}`
        : `one of ${column.words.join(", ")}`;
    return `  input ${nameOf(column)}: ${of}${fill}`;
  });
  const answers =
    target.kind === "classes"
      ? [`  target ${nameOf(target)}: one of ${target.names.join(", ")}`]
      : target.columns.map(
          (of) =>
            `  target ${nameOf(of)}: a number, mean ${shownNumber(of.mean)}, deviation ${shownNumber(of.deviation)}`,
        );
  return [...lines, ...answers].map(shortened);
}

const LONGEST = 500;

function shortened(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}
