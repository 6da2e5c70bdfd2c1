/** What an engine is to the comparison. */
import type { Work } from "./work.ts";

/** An engine at work. */
export type Engine = {
  /** Only where it is not known before. */
  readonly version?: string;
  /**
   * Takes the operands in and gets ready.
   *
   * @throws {Error} (rejects) the engine cannot do it
   */
  readonly prepare: (work: Work) => Promise<Prepared>;
  /** Ends the engine. */
  readonly close: () => void;
};

export type Prepared = {
  /** Does the work so many times, each time to its end, and says how many seconds of processor time that took. */
  readonly seconds: (runs: number) => number | Promise<number>;
  /** The result of the last run. */
  readonly result: () => Float32Array | Promise<Float32Array>;
  readonly dispose: () => void;
};

/** Times work that is done when the call returns, by processor time. */
export function timed(run: () => void): (runs: number) => number {
  return (runs) => {
    const start = processorSeconds();
    for (let i = 0; i < runs; i++) run();
    return processorSeconds() - start;
  };
}

/** Times work that is done when the promise is fulfilled. */
export function timedAsync(run: () => Promise<void>): (runs: number) => Promise<number> {
  return async (runs) => {
    const start = processorSeconds();
    for (let i = 0; i < runs; i++) await run();
    return processorSeconds() - start;
  };
}

/** Of this process: what others do at the same time is not counted. */
function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
