/** The committed golden table: read, written and shown. What it holds is said in programs/golden.ts. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { GoldenResult, GoldenRow } from "./programs/golden.ts";
import { ROOT } from "./tools.ts";

export const GOLDEN_FILE: string = join(ROOT, "test/fixtures/golden/weights.json");

export function goldenRows(): readonly GoldenRow[] {
  return JSON.parse(readFileSync(GOLDEN_FILE, "utf8")) as readonly GoldenRow[];
}

/** The file for a table: a line for each of a row's parts, so that a diff shows which part changed. */
export function goldenText(rows: readonly GoldenRow[]): string {
  const texts = rows.map((row) => {
    const parts = Object.entries(row).map(([key, value]) => `    ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `  {\n${parts.join(",\n")}\n  }`;
  });
  return `[\n${texts.join(",\n")}\n]\n`;
}

/** A row as Markdown: network, seed, training, SHA-256. */
export function goldenLine({ name, seed, options, sha256 }: GoldenRow): string {
  const { iterations, epochs, batchSize } = options;
  const length = epochs === undefined ? `${iterations} steps` : `${epochs} epochs`;
  return `| ${name} | ${seed} | ${length}, batch ${batchSize} | \`${sha256}\` |`;
}

/** What is wrong with a table that was found somewhere; undefined when every row is as committed. */
export function faultOfGolden(found: readonly GoldenResult[] | undefined): string | undefined {
  const rows = goldenRows();
  if (found?.length !== rows.length) return `expected ${rows.length} rows of the golden table, found ${found?.length}`;
  const others = rows.filter(({ name, sha256 }, i) => found[i]?.name !== name || found[i].sha256 !== sha256);
  return others.length === 0 ? undefined : `other weights: ${others.map(({ name }) => name).join("; ")}`;
}
