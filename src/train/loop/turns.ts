/** Long work in turns: a generator that yields wherever it can be interrupted, run with breaks or without. */
import { nextTurn } from "#platform";

/** The longest work without a turn for timers, input and signals. */
export const TURN_MILLISECONDS = 50;

/** What a generator returns, without a break. */
export function lastOf<R>(turns: Generator<undefined, R>): R {
  for (;;) {
    const { done, value } = turns.next();
    if (done) return value;
  }
}

/**
 * What a generator returns; timers, input and signals have their turn where it yields, when 50 ms have passed.
 *
 * @throws what `signal` was aborted with; the generator has freed what it held
 */
export async function inTurns<R>(turns: Generator<undefined, R>, signal: AbortSignal | undefined): Promise<R> {
  signal?.throwIfAborted();
  let turn = performance.now();
  try {
    for (;;) {
      const { done, value } = turns.next();
      if (done) return value;
      if (performance.now() - turn < TURN_MILLISECONDS) continue;
      await nextTurn();
      signal?.throwIfAborted();
      turn = performance.now();
    }
  } finally {
    turns.return(undefined as R); // disposes of what it holds, where it has not ended
  }
}
