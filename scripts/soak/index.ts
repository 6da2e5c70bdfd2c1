/**
 * Long runs: `npm run soak -- --of training --steps 1000000`. Takes samples of what the process holds, writes them as a table,
 * and says of each quantity whether it stays as it was. Exit code: 0 all do, 1 one does not, 2 wrong usage.
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { runCommand, wholeOf } from "../shared/command.ts";
import { writeFigures } from "./figures.ts";
import { prediction } from "./prediction.ts";
import type { Sample, Soak } from "./sample.ts";
import { training } from "./training.ts";
import { type Bounds, verdict } from "./verdict.ts";
import { workers } from "./workers.ts";

const MEGABYTE = 2 ** 20;

/** `warmUp`: units of work in which the runtime still compiles. Node 22 and 26 do so for about 2,000 training steps. */
type Judged = { readonly soak: Soak; readonly bounds: Bounds; readonly warmUp?: number };

/** The bounds are per unit of work; a floor is what the quantity wavers by when nothing grows. */
const SOAKS: ReadonlyMap<string, Judged> = new Map([
  [
    "training",
    {
      soak: training,
      warmUp: 2000,
      bounds: {
        residentBytes: { bytesEach: 32, floorBytes: 32 * MEGABYTE },
        heapBytes: { bytesEach: 1, floorBytes: MEGABYTE },
        arrayBytes: { bytesEach: 1, floorBytes: MEGABYTE },
      },
    },
  ],
  [
    "prediction",
    {
      soak: prediction,
      bounds: {
        residentBytes: { bytesEach: 8, floorBytes: 32 * MEGABYTE },
        heapBytes: { bytesEach: 1, floorBytes: MEGABYTE },
        arrayBytes: { bytesEach: 1, floorBytes: MEGABYTE },
      },
    },
  ],
  [
    "workers",
    {
      soak: workers,
      bounds: {
        residentBytes: { bytesEach: 8192, floorBytes: 32 * MEGABYTE },
        heapBytes: { bytesEach: 1024, floorBytes: MEGABYTE },
        arrayBytes: { bytesEach: 1024, floorBytes: MEGABYTE },
      },
    },
  ],
]);

const HELP = `usage: npm run soak -- [options]

  --of NAME       ${[...SOAKS.keys()].join(", ")} (training)
  --steps N       how much of it (1000000; workers 2000)
  --samples N     how many samples are taken, from 4 on (100)
  --csv FILE      where they go (build/soak.csv)
  --figures DIR   draws them: soak.svg and soak_times.svg
  --help          this page
`;

process.exitCode = await runCommand(HELP, read, main);

async function main({
  soak,
  bounds,
  warmUp,
  amount,
  samples: count,
  csv,
  figures,
}: ReturnType<typeof read>): Promise<number> {
  console.log(`${amount} ${soak.about}; Node ${process.version}, ${cpus()[0]?.model.trim()}`);
  const samples: Sample[] = [];
  const began = performance.now();
  for await (const sample of soak.run(amount, Math.ceil(amount / count))) {
    samples.push(sample);
    if (samples.length % Math.ceil(count / 20) === 0) console.log(lineOf(sample, soak));
  }
  console.log(`${((performance.now() - began) / 1000).toFixed(0)} s`);
  mkdirSync(dirname(csv), { recursive: true });
  writeFileSync(csv, tableOf(samples));
  if (figures !== undefined) await writeFigures(figures, "soak", soak, samples);
  const findings = verdict(samples, bounds, Math.min(warmUp ?? 0, amount / 2));
  for (const { quantity, isFlat, text } of findings)
    console.log(`${isFlat ? "flat" : "NOT FLAT"}  ${quantity}: ${text}`);
  return findings.every(({ isFlat }) => isFlat) ? 0 : 1;
}

function read() {
  const { values } = parseArgs({
    options: {
      of: { type: "string", default: "training" },
      steps: { type: "string" },
      samples: { type: "string", default: "100" },
      csv: { type: "string", default: "build/soak.csv" },
      figures: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  const found = SOAKS.get(values.of);
  if (found === undefined) throw new Error(`--of: expected one of ${[...SOAKS.keys()].join(", ")}, found ${values.of}`);
  const samples = wholeOf("--samples", values.samples, 4);
  const amount = wholeOf("--steps", values.steps ?? String(found.soak.amount), samples);
  return { ...values, ...found, amount, samples };
}

function lineOf(
  { done, milliseconds, residentBytes, heapBytes, memoryBytes, tensors }: Sample,
  { unit }: Soak,
): string {
  const [resident, heap, memory] = [residentBytes, heapBytes, memoryBytes].map((bytes) => (bytes / 1e6).toFixed(1));
  const parts = [`resident ${resident} MB`, `heap ${heap} MB`, `WebAssembly ${memory} MB`, `${tensors} tensors`];
  return `${done} ${unit}: ${(1000 * milliseconds).toFixed(0)} µs each, ${parts.join(", ")}`;
}

function tableOf(samples: readonly Sample[]): string {
  const columns = Object.keys(samples[0] ?? {}) as (keyof Sample)[];
  const rows = samples.map((sample) => columns.map((column) => sample[column]).join(","));
  return `${[columns.join(","), ...rows].join("\n")}\n`;
}
