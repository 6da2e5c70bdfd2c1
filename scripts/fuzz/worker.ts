/** The thread that runs a target's cases, while another one watches the clock: a case that hangs cannot say so itself. */
import { parentPort, workerData } from "node:worker_threads";
import { runCases } from "./run.ts";
import { targetNamed } from "./targets.ts";

/** What the thread is told. */
export type Task = {
  readonly target: string;
  readonly seed: number;
  readonly cases: number;
  readonly from: number;
  /** Which case is running, and how many were begun. */
  readonly current: Int32Array<SharedArrayBuffer>;
};

const { target, seed, cases, from, current } = workerData as Task;
const onCase = (index: number) => {
  Atomics.store(current, 0, index);
  Atomics.add(current, 1, 1);
};
parentPort?.postMessage(await runCases(targetNamed(target), { seed, cases, from, onCase }));
