/**
 * Whether a piece of work is better done together or alone, found out by doing it: the bits are the same, so that it may change at
 * any run. Small steps, and machines whose cores are busy with something else, are faster with one thread.
 */

/** Runs of each way in a trial; the first of each is not counted. */
const TRIES = 3;
/** Runs between trials: as many as this at first, twice as many after each trial that changes nothing, up to the second. */
const [FIRST, MOST] = [50, 5_000];
/** A run together that takes so many times as long as one alone is followed by a trial. */
const SLOW = 1.5;

export class Choice {
  /** Milliseconds of the fastest run of the last trial. */
  #alone = Number.POSITIVE_INFINITY;
  #together = Number.POSITIVE_INFINITY;
  #isTogether = false;
  /** Runs that are left of a trial. */
  #trial = 2 * TRIES;
  /** Runs until the next trial. */
  #left = FIRST;
  #pause = FIRST;
  #started = 0;

  /** Whether the next run is to be done together. Call `end` after it. */
  begin(): boolean {
    this.#started = performance.now();
    return this.#trial === 0 ? this.#isTogether : this.#trial % (2 * TRIES) < TRIES;
  }

  end(): void {
    const took = performance.now() - this.#started;
    if (this.#trial > 0) this.#tried(took);
    else if (--this.#left === 0 || (this.#isTogether && took > SLOW * this.#alone)) this.#beginTrial();
  }

  #beginTrial(): void {
    this.#trial = 2 * TRIES;
    this.#alone = Number.POSITIVE_INFINITY;
    this.#together = Number.POSITIVE_INFINITY;
  }

  #tried(took: number): void {
    const isTogether = this.#trial % (2 * TRIES) < TRIES;
    const isFirst = this.#trial === 2 * TRIES || this.#trial === TRIES - 1;
    if (isTogether && !isFirst) this.#together = Math.min(this.#together, took);
    if (!isTogether && !isFirst) this.#alone = Math.min(this.#alone, took);
    this.#trial -= 1;
    if (this.#trial > 0) return;
    const before = this.#isTogether;
    this.#isTogether = this.#together < this.#alone;
    this.#pause = before === this.#isTogether ? Math.min(MOST, 2 * this.#pause) : FIRST;
    this.#left = this.#pause;
  }
}
