/**
 * What the threads of a team have in common besides the kernels' memory: a few numbers in shared memory, each on a cache line of
 * its own, and how a thread waits for another. A thread first polls, because a core that sleeps takes 50 µs to wake, and sleeps
 * when nothing has come for about as long as a step's longest serial part.
 */

/** Places of the numbers, in elements of int32: 64 bytes apart. */
export const AT = {
  /** Changes with each command; `GONE` after the last. */
  command: 0,
  /** Where the program to be run is: an address in the kernels' memory. */
  program: 1,
  /** How often that place was given another program. */
  version: 2,
  /** Pages of the kernels' memory that the program may use. */
  pages: 3,
  /** How many threads have come to the barrier. */
  arrived: 16,
  /** Changes when the barrier opens; `GONE` when it opens no more. */
  opened: 32,
  /** How many threads sleep. */
  sleepers: 48,
  /** In which other thread than the first a kernel trapped; 0 in none. */
  trapped: 64,
  /** The place of that kernel's call in the thread's list. */
  call: 65,
} as const;

/** Bytes of the shared numbers. */
export const CONTROL_BYTES = 512;

/** In the place of a count: a kernel trapped, or the team has ended, and nobody waits any more. */
export const GONE = -1;

/** How often a number is read before a thread sleeps: 0.2 to 0.3 ms. */
const POLLS = 100_000;

/** Why a wait has ended: what was waited for, the end of the team, or that too much time has passed. */
export type Waited = "came" | "gone" | "late";

/**
 * Waits until the number at `place` is not `seen`.
 *
 * @param limit gives milliseconds; asked only by a thread that sleeps. Without it, it waits for ever.
 */
export function awaitChange(control: Int32Array, place: number, seen: number, limit?: () => number): Waited {
  for (let i = 0; i < POLLS; i++) if (Atomics.load(control, place) !== seen) return outcome(control, place);
  Atomics.add(control, AT.sleepers, 1);
  let isLate = false;
  while (!isLate && Atomics.load(control, place) === seen)
    isLate = Atomics.wait(control, place, seen, limit?.()) === "timed-out";
  Atomics.sub(control, AT.sleepers, 1);
  return isLate ? "late" : outcome(control, place);
}

function outcome(control: Int32Array, place: number): Waited {
  return Atomics.load(control, place) === GONE ? "gone" : "came";
}

/**
 * Waits until all threads have come here. Who is late gives up, and then it is certain that nobody has passed: the barrier opens,
 * or is gone, by one exchange.
 */
export function barrier(control: Int32Array, threads: number, limit?: () => number): Waited {
  const seen = Atomics.load(control, AT.opened);
  if (seen === GONE) return "gone";
  if (Atomics.add(control, AT.arrived, 1) === threads - 1) {
    Atomics.store(control, AT.arrived, 0);
    return exchange(control, AT.opened, seen, after(seen)) ? "came" : "gone";
  }
  const waited = awaitChange(control, AT.opened, seen, limit);
  if (waited !== "late") return waited;
  return exchange(control, AT.opened, seen, GONE) ? "late" : outcome(control, AT.opened);
}

/** Changes the number that others wait for. */
export function open(control: Int32Array, place: number): void {
  const seen = Atomics.load(control, place);
  if (seen !== GONE) exchange(control, place, seen, after(seen));
}

/** Nobody waits any more, now and later. */
export function end(control: Int32Array): void {
  for (const place of [AT.opened, AT.command]) {
    Atomics.store(control, place, GONE);
    Atomics.notify(control, place);
  }
}

function exchange(control: Int32Array, place: number, seen: number, to: number): boolean {
  if (Atomics.compareExchange(control, place, seen, to) !== seen) return false;
  if (Atomics.load(control, AT.sleepers) !== 0) Atomics.notify(control, place);
  return true;
}

/** The next count: never `GONE`, however long a program runs. */
function after(count: number): number {
  return (count + 1) & 0x7fffffff;
}
