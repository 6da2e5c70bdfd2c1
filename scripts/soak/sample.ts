/** What a long run holds at one moment, and how a long run is told to others: one sample after another. */
import { existsSync, readdirSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { EngineStats } from "lanegrad";

/** One moment; what is held stands in bytes, and is measured after garbage was collected. */
export type Sample = {
  /** Work done until then: training steps, predictions, lives of a worker. */
  readonly done: number;
  /** The median time of one of those since the sample before. The machine may be shared, so it is noisy. */
  readonly milliseconds: number;
  /** Of the process, as the system counts it. */
  readonly residentBytes: number;
  /** Objects in JavaScript's heap. */
  readonly heapBytes: number;
  /** Typed arrays outside that heap. */
  readonly arrayBytes: number;
  /** WebAssembly's memory, live tensors, and the bytes in them. */
  readonly memoryBytes: number;
  readonly tensors: number;
  readonly tensorBytes: number;
  /** Open files and sockets, and threads; 0 where the system has no /proc. */
  readonly descriptors: number;
  readonly threads: number;
};

/** A long run: does `every` more of its work for each sample. */
export type Soak = {
  readonly about: string;
  /** What is counted, in the plural. */
  readonly unit: string;
  /** How much of it when nothing else is asked for. */
  readonly amount: number;
  readonly run: (amount: number, every: number) => AsyncGenerator<Sample, void>;
};

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Collects garbage, also what is found to be garbage only when something else has been collected. */
async function settle(): Promise<void> {
  for (let round = 0; round < 3; round++) {
    collectGarbage();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What the process holds now; the engine's part is given, since it may have ended by then. */
export async function measure(
  done: number,
  times: Float64Array,
  { memoryBytes, tensors, bytes }: Pick<EngineStats, "memoryBytes" | "tensors" | "bytes">,
): Promise<Sample> {
  await settle();
  const { rss, heapUsed, arrayBuffers } = process.memoryUsage();
  return {
    ...{ done, milliseconds: median(times), residentBytes: rss, heapBytes: heapUsed, arrayBytes: arrayBuffers },
    ...{ memoryBytes, tensors, tensorBytes: bytes, descriptors: entries("fd"), threads: entries("task") },
  };
}

/** How many entries a folder of /proc/self has. */
function entries(name: string): number {
  const folder = `/proc/self/${name}`;
  return existsSync(folder) ? readdirSync(folder).length : 0;
}

function median(times: Float64Array): number {
  return times.toSorted()[times.length >> 1] ?? Number.NaN;
}
