/** A long run as two figures: what it holds, and what a unit of its work takes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { lines } from "lanegrad/plot";
import type { Sample, Soak } from "./sample.ts";

const MEMORY = {
  "resident set": "residentBytes",
  WebAssembly: "memoryBytes",
  "JavaScript heap": "heapBytes",
  tensors: "tensorBytes",
} as const;

/** Writes `name`.svg and `name`_times.svg. */
export async function writeFigures(
  folder: string,
  name: string,
  soak: Soak,
  samples: readonly Sample[],
): Promise<void> {
  const amount = samples.at(-1)?.done ?? 0;
  const each = amount < 10_000 ? 1 : 1000;
  const xLabel = each === 1 ? soak.unit : `1,000 ${soak.unit}`;
  const x = samples.map(({ done }) => done / each);
  const curves = Object.entries(MEMORY).map(([label, key]) => ({ label, x, y: samples.map((s) => s[key] / 1e6) }));
  const largest = Math.max(...curves.flatMap(({ y }) => y));
  const memory = await lines(curves, {
    title: `What ${amount.toLocaleString("en")} ${soak.unit} leave in memory`,
    xLabel,
    yLabel: "MB",
    yDomain: [0, 1.1 * largest],
  });
  const milliseconds = samples.map((sample) => sample.milliseconds);
  const times = await lines([{ label: "", x, y: milliseconds, markers: "none" }], {
    title: "The median time of one, sample by sample",
    xLabel,
    yLabel: "ms",
    yDomain: [0, 1.1 * Math.max(...milliseconds)],
    height: 160,
  });
  writeFileSync(join(folder, `${name}.svg`), `${memory}\n`);
  writeFileSync(join(folder, `${name}_times.svg`), `${times}\n`);
}
