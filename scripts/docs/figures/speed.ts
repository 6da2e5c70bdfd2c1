import { readFileSync } from "node:fs";
import { bars } from "lanegrad/plot";

const PAGE = new URL("../../../docs/performance.md", import.meta.url);
const STEP = "step 784-50-10 batch 100";
const MICROSECONDS: ReadonlyMap<string, number> = new Map([
  ["µs", 1],
  ["ms", 1000],
  ["s", 1_000_000],
]);

/** A training step in each engine, from the table of docs/performance.md: the figures that were measured, and no others. */
export async function speed(): Promise<string> {
  const page = readFileSync(PAGE, "utf8");
  const [, ...engines] = cellsOf(page, "");
  const [, ...times] = cellsOf(page, STEP);
  const items = engines.map((label, i) => {
    const [, amount = "", unit = ""] = /^([\d.]+) (\S+)/.exec(times[i] ?? "") ?? [];
    const value = Number(amount) * (MICROSECONDS.get(unit) ?? Number.NaN);
    return { label, value, note: `${amount} ${unit}` };
  });
  return await bars(
    items.sort((a, b) => a.value - b.value),
    { title: "A training step of 784-50-10, one thread" },
  );
}

/** The cells of the first row that begins so. */
function cellsOf(page: string, first: string): string[] {
  for (const line of page.split("\n")) {
    const cells = line.split("|").slice(1, -1);
    if (cells.length > 5 && cells[0]?.trim() === first) return cells.map((cell) => cell.trim());
  }
  throw new Error(`docs/performance.md: no row "${first}"`);
}
