/**
 * Which of two tiles the products of the build `relaxed` are computed in: 2 rows × 4 vectors, or 2 × 6, which is a fifth faster where
 * the runtime's compiler keeps its twelve sums in registers, and a fourth slower where it does not. Their bits are equal, so the
 * choice is by time, once in a process.
 *
 * A runtime runs the code of its baseline compiler first, of which the times say nothing. So both are timed until both have become
 * twice as fast. Where that is not seen, or the clock is too coarse, 2 × 4 remains.
 */
import type { Kernel, LinearMemory } from "./abi.ts";
import type { Loaded } from "./load.ts";

/** The address of the byte that says which: `WIDER` of assembly/params.ts. */
export const WIDER = 4;

/** Of a product, Aᵀ in rows, so that packing takes little: about 10 µs, and its operands fit into the first page of memory. */
const [M, N, K] = [48, 48, 64];
const BYTES = 4;

const LIMIT_MILLISECONDS = 200;
/** A time is of as many products as take so long, or so many of the clock's ticks. */
const LEAST_MILLISECONDS = 0.05;
const LEAST_TICKS = 3;
/** Optimized code is at least so many times as fast as that of the baseline compiler: in V8, 3 times. */
const SPEEDUP = 2;
const PAIRS = 21;
/** Pairs from one turn of the event loop to the next. */
const PAIRS_PER_TURN = 3;

/** What the choice is made by: a product in one of the tiles, milliseconds, and a pause. */
export type Trial = {
  readonly run: (wider: boolean) => void;
  readonly now: () => number;
  readonly turn: () => Promise<void>;
};

/** What was found in this process; measured once, because an engine that is loaded later starts with optimized code. */
let found: boolean | undefined;

/** Makes the choice for an instance of the build `relaxed`, of which nothing is in use yet. */
export default async function chooseTile({ memory, exports }: Loaded): Promise<void> {
  const { alloc, free, sgemm, sgemmScratch } = exports as Readonly<Record<string, Kernel>>;
  if (found === undefined) {
    const operand = alloc!(BYTES * Math.max(M, N) * K);
    const result = alloc!(BYTES * M * N);
    const scratch = alloc!(sgemmScratch!(M, N, K));
    const run = (wider: boolean) => {
      useWider(memory, wider);
      sgemm!(M, N, K, operand, 1, M, operand, N, 1, result, N, 0, 0, scratch, 1, 0, 0);
    };
    const isFaster = await isWiderFaster({ run, now: () => performance.now(), turn });
    for (const pointer of [operand, result, scratch]) free!(pointer);
    found ??= isFaster;
  }
  useWider(memory, found);
}

/** Which tile the products in this memory are computed in. */
export function useWider(memory: Pick<LinearMemory, "buffer">, wider: boolean): void {
  new Uint8Array(memory.buffer)[WIDER] = Number(wider);
}

/** Whether the wider one is faster, both optimized. False where that cannot be seen. */
export async function isWiderFaster(trial: Trial): Promise<boolean> {
  const { run, now, turn } = trial;
  const end = now() + LIMIT_MILLISECONDS;
  const tick = nextTick(now);
  const least = Math.max(LEAST_MILLISECONDS, LEAST_TICKS * (nextTick(now) - tick));
  if (2 * PAIRS * least > LIMIT_MILLISECONDS) return false;
  const timed = () => [timeOf(trial, false, least), timeOf(trial, true, least)] as const;
  for (const wider of [false, true]) run(wider); // a function is compiled when it is first called
  const baseline = timed();
  const ratios: number[] = [];
  for (let pairs = 0; ratios.length < PAIRS; pairs++) {
    if (pairs % PAIRS_PER_TURN === 0) await turn();
    if (now() > end) return false;
    const [wide, wider] = timed();
    if (SPEEDUP * wide < baseline[0] && SPEEDUP * wider < baseline[1]) ratios.push(wide / wider);
  }
  return ratios.sort((a, b) => a - b)[PAIRS >> 1]! > 1;
}

/** An empty turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve);
  });
}

/** Milliseconds of a product. */
function timeOf({ run, now }: Trial, wider: boolean, least: number): number {
  const start = nextTick(now);
  for (let runs = 1; ; runs++) {
    run(wider);
    const passed = now() - start;
    if (passed >= least) return passed / runs;
  }
}

function nextTick(now: () => number): number {
  const before = now();
  let next = before;
  while (next === before) next = now();
  return next;
}
