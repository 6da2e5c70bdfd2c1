/** Comparisons as a table: a row for each work item, a column for each engine. */
import { machine } from "../machine.ts";
import { duration, significant } from "../report.ts";
import type { Comparison } from "./compare.ts";

type Names = { readonly works: readonly string[]; readonly engines: readonly string[] };

/** For a terminal: times, and how many times ours each is. */
export function textTable(comparisons: readonly Comparison[]): string {
  const rows = cellsOf(comparisons);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return rows.map(line).join("\n");
}

/** For a README: the same, with what the figures were measured on. */
export function markdownTable(comparisons: readonly Comparison[], command: string): string {
  const [heading = [], ...rows] = cellsOf(comparisons);
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const ruler = heading.map((_, i) => (i === 0 ? "---" : "--:"));
  const versions = new Map(comparisons.map(({ engine, version }) => [engine, version]));
  const engines = [...versions].filter(([, version]) => version !== "").map((pair) => pair.join(" "));
  return [
    ...[heading, ruler, ...rows].map(line),
    "",
    `Medians of ${comparisons[0]?.rounds ?? 0} interleaved rounds by processor time, one thread each; in brackets, how many times lanegrad's time.`,
    `${machine()}. ${engines.join(", ")}. \`${command}\`, ${new Date().toISOString().slice(0, 10)}.`,
  ].join("\n");
}

/** A heading and the rows; "–" where nothing was timed. */
function cellsOf(comparisons: readonly Comparison[]): string[][] {
  const { works, engines } = namesOf(comparisons);
  const rows = works.map((work) => [
    work,
    ...engines.map((engine) => cellOf(comparisons.find((one) => one.work === work && one.engine === engine))),
  ]);
  return [["", ...engines], ...rows];
}

function cellOf(comparison: Comparison | undefined): string {
  if (comparison === undefined || comparison.medianSeconds === null || comparison.ratio === null) return "–";
  const time = duration(comparison.medianSeconds);
  if (comparison.engine !== "lanegrad") return `${time} (${significant(comparison.ratio)} ×)`;
  return comparison.share === null ? time : `${time} (${Math.round(100 * comparison.share)} % of sgemm 512)`;
}

function namesOf(comparisons: readonly Comparison[]): Names {
  return {
    works: [...new Set(comparisons.map(({ work }) => work))],
    engines: [...new Set(comparisons.map(({ engine }) => engine))],
  };
}
