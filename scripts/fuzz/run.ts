/**
 * Runs cases, and says of each how it ended. A case may give a value or throw an error that its target is documented to throw.
 * It is a crash if it throws anything else, if it takes long, or if it allocates more than its input accounts for.
 */
import { setTimeout } from "node:timers/promises";
import { getHeapStatistics } from "node:v8";
import { TrapError } from "../../src/wasm/errors.ts";
import { Draw } from "./draw.ts";
import type { Case, Target } from "./target.ts";

/** What a case may take, where its target says nothing else. */
export const SLOW_MILLISECONDS = 50;
/** What any case may allocate: compiled code, errors with their stacks, small objects. */
export const SLACK_BYTES: number = 2 ** 20;
/** How often a case that was slow is tried alone: a compiler or a collection of garbage may have had its turn. */
const RETRIES = 6;
const PAUSE_MILLISECONDS = 10;

export type Verdict =
  | { readonly kind: "accepted" }
  | { readonly kind: "refused"; readonly by: string }
  | { readonly kind: "crash"; readonly reason: string };

/** What one try took. */
type Trial = { readonly verdict: Verdict; readonly milliseconds: number; readonly bytes: number };

/** A case that ended as it may not. */
export type Crash = { readonly index: number; readonly reason: string };

export type Tally = {
  cases: number;
  accepted: number;
  /** How many by the name of their error's class. */
  readonly refused: Map<string, number>;
  readonly slowest: { index: number; milliseconds: number };
  /** One for each reason, the first. */
  readonly crashes: Crash[];
  crashed: number;
};

export type RunOptions = {
  readonly seed: number;
  readonly cases: number;
  /** The first case's number. Default 0. */
  readonly from?: number;
  /** Called with its number before each case, and each time that one is tried again. */
  readonly onCase?: (index: number) => void;
};

/** Runs cases, one after the other on what the target has opened. */
export async function runCases(target: Target, { seed, cases, from = 0, onCase }: RunOptions): Promise<Tally> {
  const source = await target.open();
  const draw = new Draw();
  const tally: Tally = {
    ...{ cases: 0, accepted: 0, crashed: 0, crashes: [] },
    ...{ refused: new Map(), slowest: { index: 0, milliseconds: 0 } },
  };
  let current = from;
  const retry = () => {
    onCase?.(current);
    return tryCase(target, source.next(draw.start(seed, current)));
  };
  try {
    for (let index = from; index < from + cases; index++) {
      current = index;
      onCase?.(index);
      const drawn = source.next(draw.start(seed, index));
      let trial = attempt(target, drawn);
      if (trial instanceof Promise) trial = await trial;
      const verdict = await confirmed(target, trial, drawn.size, retry);
      count(tally, index, verdict);
      // Only a record is measured again.
      if (trial.milliseconds > tally.slowest.milliseconds) {
        const milliseconds = Math.min(trial.milliseconds, (await retry()).milliseconds, (await retry()).milliseconds);
        if (milliseconds > tally.slowest.milliseconds) Object.assign(tally.slowest, { index, milliseconds });
      }
    }
    tally.cases = cases;
    return tally;
  } finally {
    source.close?.();
  }
}

/** One case alone. Its input is handed out before it is tried, because it may never end. */
export async function runCase(
  target: Target,
  { seed, index }: { readonly seed: number; readonly index: number },
  onInput: (input: Uint8Array) => void,
): Promise<Verdict> {
  const source = await target.open();
  try {
    const draw = new Draw();
    const again = () => source.next(draw.start(seed, index));
    const drawn = again();
    onInput(drawn.bytes());
    const trial = await tryCase(target, drawn);
    return await confirmed(target, trial, drawn.size, () => tryCase(target, again()));
  } finally {
    source.close?.();
  }
}

function count(tally: Tally, index: number, verdict: Verdict): void {
  if (verdict.kind === "accepted") tally.accepted += 1;
  if (verdict.kind === "refused") tally.refused.set(verdict.by, (tally.refused.get(verdict.by) ?? 0) + 1);
  if (verdict.kind !== "crash") return;
  tally.crashed += 1;
  const kind = kindOf(verdict.reason);
  if (!tally.crashes.some(({ reason }) => kindOf(reason) === kind))
    tally.crashes.push({ index, reason: verdict.reason });
}

/** Crashes of one cause differ in numbers and quoted text only. */
function kindOf(reason: string): string {
  return reason.replace(/\d+|"[^"]*"/g, "#").slice(0, 400);
}

/**
 * A case that took too much is tried again. Of times the least counts, because other programs only add to them; of bytes the
 * median, because a compiler adds to them and a collection of garbage takes away.
 */
async function confirmed(target: Target, trial: Trial, size: number, retry: () => Promise<Trial>): Promise<Verdict> {
  const limit = size * target.bytesPerByte + SLACK_BYTES;
  const { milliseconds: slow = SLOW_MILLISECONDS } = target;
  if (trial.verdict.kind === "crash") return trial.verdict;
  if (trial.milliseconds <= slow && trial.bytes <= limit) return trial.verdict;
  const trials = [trial];
  for (let i = 1; i <= RETRIES; i++) {
    await setTimeout(PAUSE_MILLISECONDS * i);
    trials.push(await retry());
  }
  const milliseconds = Math.min(...trials.map((each) => each.milliseconds));
  if (milliseconds > slow) return { kind: "crash", reason: `took ${milliseconds.toFixed(0)} ms` };
  const bytes = trials.map((each) => each.bytes).sort((a, b) => a - b)[RETRIES / 2] ?? 0;
  if (bytes <= limit) return trial.verdict;
  return { kind: "crash", reason: `allocated ${bytes} bytes for an input of ${size}, expected at most ${limit}` };
}

async function tryCase(target: Target, drawn: Case): Promise<Trial> {
  return await attempt(target, drawn);
}

/** Not async, because most targets are not: a promise for each case would take as long as the case. */
function attempt(target: Target, drawn: Case): Trial | Promise<Trial> {
  const before = allocated();
  const start = processorMilliseconds();
  const end = (verdict: Verdict): Trial => {
    const milliseconds = processorMilliseconds() - start;
    return { verdict, milliseconds, bytes: allocated() - before };
  };
  try {
    const result = drawn.run();
    if (!(result instanceof Promise)) return end({ kind: "accepted" });
    return result.then(
      () => end({ kind: "accepted" }),
      (error) => end(verdictOf(target, error)),
    );
  } catch (error) {
    return end(verdictOf(target, error));
  }
}

function verdictOf(target: Target, error: unknown): Verdict {
  if (!(error instanceof Error)) return { kind: "crash", reason: `threw ${typeof error}, which is no error` };
  const isRefusal = target.refusals.some((known) => error instanceof known) && !(error instanceof TrapError);
  if (isRefusal) return { kind: "refused", by: error.name };
  const [, place = ""] = /\n\s+at (.*)/.exec(error.stack ?? "") ?? [];
  return { kind: "crash", reason: `threw ${error.name}: ${error.message.slice(0, 300)} at ${place}` };
}

/** Of the process: other programs add nothing, however busy the machine is. */
function processorMilliseconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** What is alive or was: what a case adds is what it allocated, unless garbage was collected meanwhile. */
function allocated(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}
