/**
 * NumPy's legacy `RandomState`: the same seed and the same calls give the same draws.
 *
 * Uniform and integer draws, permutations and the state itself equal NumPy's bit for bit. So do normal
 * draws, but for the few where the logarithm of NumPy's C library is not the nearest double: there the two
 * differ in the last bit. The draws made here are the same bits on every host.
 */

import { checkList } from "../arguments.ts";
import { log } from "../numeric/log.ts";
import { checkOptions } from "../options.ts";
import { checkChoice, checkRange, checkSeed, checkWhole, countDraws, MAX_COUNT } from "./checks.ts";
import { Mt19937 } from "./mt19937.ts";
import { checkSnapshot, type RandomStateSnapshot } from "./snapshot.ts";

/** The sizes of a draw, outermost first; at least one. */
export type DrawShape = readonly [number, ...number[]];

/** Whether indices repeat, and where they go. */
export type ChoiceOptions = {
  /** Whether an index may be drawn twice; true by default. */
  readonly replace?: boolean;
  /** Receives the indices; exactly `size` long, owned by the caller. */
  readonly out?: Int32Array;
};

/** Not made anew by each `choice`, which allocates nothing when it draws into `out`. */
const CHOICE_KEYS = { replace: 1, out: 1 } as const;

/** Anything that can be shuffled in place: an array or a typed array. `reverse` distinguishes them from readonly ones. */
export type Shuffleable<T> = {
  /** How many there are. */
  readonly length: number;
  [index: number]: T;
  /** Not called. */
  reverse(): unknown;
};

/**
 * A seeded stream of random numbers.
 *
 * Every call checks its arguments before it draws: a call that throws leaves the stream where it was.
 *
 * @example
 * const random = new RandomState(0);
 * random.choice(60000, 4); // → Int32Array [2732, 43567, 42613, 52416]
 * const weights = random.randn(784, 50); // 39,200 numbers, row-major
 */
export class RandomState {
  readonly #generator: Mt19937;
  #hasGauss = false;
  #cachedGaussian = 0;

  /**
   * Seeds as `numpy.random.RandomState(seed)` does; a list of integers is a longer seed.
   *
   * @throws {OptionError} an integer outside 0 to 2³² − 1, or an empty list
   */
  constructor(seed: number | readonly number[]) {
    checkSeed(seed);
    this.#generator = new Mt19937(seed);
  }

  /** State libraries (Vue) leave objects with a tag of their own as they are. */
  get [Symbol.toStringTag](): string {
    return "RandomState";
  }

  /** One uniform draw from [0, 1). */
  rand(): number;
  /**
   * Uniform draws from [0, 1), float64, row-major in the given shape.
   *
   * @throws {OptionError} a size that is not an integer, or too many draws
   */
  rand(...shape: DrawShape): Float64Array;
  rand(...shape: readonly number[]): number | Float64Array {
    if (shape.length === 0) return this.#generator.uniform();
    const draws = new Float64Array(countDraws("rand", shape));
    for (let i = 0; i < draws.length; i += 1) draws[i] = this.#generator.uniform();
    return draws;
  }

  /** One draw from the standard normal distribution. */
  randn(): number;
  /**
   * Draws from the standard normal distribution, float64, row-major in the given shape.
   *
   * @throws {OptionError} a size that is not an integer, or too many draws
   */
  randn(...shape: DrawShape): Float64Array;
  randn(...shape: readonly number[]): number | Float64Array {
    if (shape.length === 0) return this.#gaussian();
    const draws = new Float64Array(countDraws("randn", shape));
    for (let i = 0; i < draws.length; i += 1) draws[i] = this.#gaussian();
    return draws;
  }

  /** One integer from low ≤ x < high. */
  randint(low: number, high: number): number;
  /**
   * `size` integers from low ≤ x < high, as float64, which holds them exactly.
   *
   * @throws {OptionError} a bound that is not an integer within ±2⁵³ (both included), high ≤ low, more than 2⁵³
   *   values between them, or an invalid size
   */
  randint(low: number, high: number, size: number): Float64Array;
  randint(low: number, high: number, size?: number): number | Float64Array {
    const last = checkRange(low, high);
    if (size === undefined) return low + this.#generator.upTo(last);
    checkWhole("randint: size", size, MAX_COUNT);
    const draws = new Float64Array(size);
    for (let i = 0; i < size; i += 1) draws[i] = low + this.#generator.upTo(last);
    return draws;
  }

  /**
   * `size` indices from 0 ≤ x < n: a minibatch of n examples.
   *
   * Allocates nothing when it draws with replacement into `out`. Without replacement it permutes all n.
   *
   * @throws {OptionError} n or size not an integer, nothing to choose from, more indices than n without
   *   replacement, or `out` of another length than size
   */
  choice(n: number, size: number, options: ChoiceOptions = {}): Int32Array {
    checkOptions<ChoiceOptions>("choice", options, CHOICE_KEYS);
    const { replace = true, out } = options;
    checkChoice(n, size, replace, out);
    if (!replace) {
      const order = this.permutation(n);
      if (out === undefined) return order.slice(0, size);
      out.set(order.subarray(0, size));
      return out;
    }
    const indices = out ?? new Int32Array(size);
    for (let i = 0; i < size; i += 1) indices[i] = this.#generator.upTo(n - 1);
    return indices;
  }

  /**
   * 0, 1, …, n − 1 in random order.
   *
   * @throws {OptionError} n is not an integer, or too large
   */
  permutation(n: number): Int32Array {
    checkWhole("permutation: n", n, MAX_COUNT);
    const order = new Int32Array(n);
    for (let i = 0; i < n; i += 1) order[i] = i;
    this.shuffle(order);
    return order;
  }

  /**
   * Reorders an array or a typed array in place; all orders are equally likely.
   *
   * @throws {OptionError} neither an array nor a typed array
   */
  shuffle<T>(array: Shuffleable<T>): void {
    checkList("shuffle: array", array);
    for (let i = array.length - 1; i >= 1; i -= 1) {
      const j = this.#generator.upTo(i);
      const moved = array[i]!;
      array[i] = array[j]!;
      array[j] = moved;
    }
  }

  /** The state, copied: `setState` continues from here, in this or in any other `RandomState`. */
  getState(): RandomStateSnapshot {
    return {
      algorithm: "MT19937",
      key: this.#generator.copyKey(),
      position: this.#generator.position,
      hasGauss: this.#hasGauss,
      cachedGaussian: this.#cachedGaussian,
    };
  }

  /**
   * Continues the stream of a snapshot, which is copied.
   *
   * @throws {OptionError} the snapshot is not one that `getState` could have made
   */
  setState(snapshot: RandomStateSnapshot): void {
    checkSnapshot(snapshot);
    this.#generator.restore(snapshot.key, snapshot.position);
    this.#hasGauss = snapshot.hasGauss;
    this.#cachedGaussian = snapshot.cachedGaussian;
  }

  /**
   * Marsaglia's polar method: a point (x₁, x₂) uniform in the unit disc gives two independent draws,
   * x·√(−2·ln r²/r²) for each x. The second is returned at once, the first by the next call.
   */
  #gaussian(): number {
    if (this.#hasGauss) {
      const cached = this.#cachedGaussian;
      this.#hasGauss = false;
      this.#cachedGaussian = 0;
      return cached;
    }
    let x1: number;
    let x2: number;
    let r2: number;
    do {
      x1 = 2 * this.#generator.uniform() - 1;
      x2 = 2 * this.#generator.uniform() - 1;
      r2 = x1 * x1 + x2 * x2;
    } while (r2 >= 1 || r2 === 0);
    const scale = Math.sqrt((-2 * log(r2)) / r2);
    this.#cachedGaussian = scale * x1;
    this.#hasGauss = true;
    return scale * x2;
  }
}
