/** From the table of kernels: their number, and the text of assembly/index.ts, which exports them. */
import { createHash } from "node:crypto";
import { signatures } from "../../src/wasm/signature.ts";
import { COMMON_TABLE, FLOAT_TABLE } from "../../src/wasm/table.ts";

const LONGEST_LINE = 120;
const EXPORT = /^export function (\w+)\(/gm;

/** What a module imports: its memory. */
export const IMPORTS: readonly WebAssembly.ModuleImportDescriptor[] = [
  { module: "env", name: "memory", kind: "memory" },
];

/** What is imported, and names, parameters and results of all rows, as one number from 0 to before 2^31. */
export function abiNumber(): number {
  const rows = [FLOAT_TABLE, COMMON_TABLE].map((table) =>
    Object.entries(table).map(([name, row]) => [name, row.parameters, "result" in row ? row.result : ""]),
  );
  return (
    createHash("sha256")
      .update(JSON.stringify([IMPORTS, rows]))
      .digest()
      .readUInt32BE() >>> 1
  );
}

/**
 * The text of assembly/index.ts.
 *
 * @param sources texts of the files of assembly, by their paths from there
 * @throws {Error} no file exports a kernel of the table, or several do
 */
export function indexOf(sources: ReadonlyMap<string, string>): string {
  const files = new Map<string, string[]>();
  for (const [file, text] of sources) {
    for (const [, name = ""] of text.matchAll(EXPORT)) files.set(name, [...(files.get(name) ?? []), file]);
  }
  const named = new Map<string, string[]>();
  for (const name of signatures().keys()) {
    const [file, ...others] = files.get(name) ?? [];
    if (file === undefined || others.length > 0) {
      throw new Error(
        `${name} of src/wasm/table.ts: expected one file of assembly/ that exports it, found ${files.get(name)?.join(", ") ?? "none"}`,
      );
    }
    named.set(file, [...(named.get(file) ?? []), name]);
  }
  const lines = [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, names]) => line(names.sort(), file));
  return `/**
 * The ABI: every kernel, and the heap. Generated from src/wasm/table.ts by scripts/kernels.ts.
 *
 * s… is float32, d… is float64. Pointers are bytes, sizes and strides are elements, and nothing is
 * checked here: every kernel's header names the TypeScript file that has checked its operands.
 */
/** The number of the table. */
export const abi: i32 = ${abiNumber()};

${lines.join("\n")}
`;
}

function line(names: readonly string[], file: string): string {
  const from = `} from "./${file.replace(/\.ts$/, "")}";`;
  const short = `export { ${names.join(", ")} ${from}`;
  if (short.length <= LONGEST_LINE) return short;
  const rows = [""];
  for (const name of names) {
    if ((rows.at(-1) ?? "").length + name.length + 4 > LONGEST_LINE) rows.push("");
    rows.push(`${rows.pop()} ${name},`);
  }
  return `export {\n${rows.map((row) => ` ${row}`).join("\n")}\n${from}`;
}
