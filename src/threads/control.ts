/**
 * What the threads of a team have in common besides the kernels' memory: a few numbers in shared memory, each on a cache line of
 * its own, and how a thread waits for another. A thread first polls, because a core that sleeps takes 50 µs to wake, and sleeps
 * when nothing has come for about as long as a step's longest serial part.
 */

/** Places of the numbers, in elements of int32: 64 bytes apart. */
export const AT = {
  /** Counts commands. */
  command: 0,
  /** What to do: one of `DO`. */
  action: 1,
  /** Where the program is that `DO.run` and `DO.take` mean: an address in the kernels' memory. */
  program: 2,
  /** How often that memory was given another program. */
  version: 3,
  /** How many threads have come to the barrier. */
  arrived: 16,
  /** How often the barrier was opened. */
  opened: 32,
  /** How many threads sleep. */
  sleepers: 48,
  /** Not 0 after a kernel trapped, or the team was given up: nobody waits any more. */
  aborted: 64,
  /** Which kernel trapped in another thread than the first: its number among the sorted names, and 1. */
  trapped: 65,
} as const;

/** Commands. */
export const DO = { run: 1, end: 2 } as const;

/** Bytes of the shared numbers. */
export const CONTROL_BYTES = 512;

/** How often a number is read before a thread sleeps: 0.2 to 0.3 ms. */
const POLLS = 100_000;

/** Why a wait has ended: what was waited for, the end of the team, or that too much time has passed. */
export type Waited = "came" | "aborted" | "late";

/** Waits until the number at `place` is not `seen`. @param limit milliseconds; a thread that is not the first waits for ever */
export function awaitChange(control: Int32Array, place: number, seen: number, limit: number = Number.POSITIVE_INFINITY): Waited {
  for (let i = 0; i < POLLS; i++) if (Atomics.load(control, place) !== seen) return outcome(control);
  Atomics.add(control, AT.sleepers, 1);
  let result: Waited | undefined;
  while (result === undefined) {
    if (Atomics.load(control, place) !== seen) result = outcome(control);
    else if (Atomics.wait(control, place, seen, limit) === "timed-out") result = "late";
  }
  Atomics.sub(control, AT.sleepers, 1);
  return result;
}

function outcome(control: Int32Array): Waited {
  return Atomics.load(control, AT.aborted) === 0 ? "came" : "aborted";
}

/** Waits until all threads have come here. */
export function barrier(control: Int32Array, threads: number, limit?: number): Waited {
  const opened = Atomics.load(control, AT.opened);
  if (Atomics.add(control, AT.arrived, 1) !== threads - 1) return awaitChange(control, AT.opened, opened, limit);
  Atomics.store(control, AT.arrived, 0);
  open(control, AT.opened);
  return outcome(control);
}

/** Changes a number that others wait for. */
export function open(control: Int32Array, place: number): void {
  Atomics.add(control, place, 1);
  if (Atomics.load(control, AT.sleepers) !== 0) Atomics.notify(control, place);
}

/** Nobody waits any more, now and later. */
export function abort(control: Int32Array): void {
  Atomics.store(control, AT.aborted, 1);
  for (const place of [AT.opened, AT.command]) open(control, place);
}
