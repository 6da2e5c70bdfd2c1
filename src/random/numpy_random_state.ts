/**
 * All that NumPy programs draw from a `RandomState`: its distributions, choices with probabilities, and permutations of arrays.
 *
 * A class of its own, so that programs that only train do not carry it.
 */
import { checkList } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { checkChoice, checkWhole, MAX_COUNT } from "./checks.ts";
import { binomialOf, multinomial } from "./distributions/binomial.ts";
import { beta, standardExponential, standardGamma } from "./distributions/gamma.ts";
import { poissonOf } from "./distributions/poisson.ts";
import { type ChoiceOptions, RandomState } from "./random_state.ts";
import { checkedChoiceWeights, checkedPvals, distinctWeightedIndices, weightedIndices } from "./weights.ts";

/** How many draws: an integer, or a shape, outermost size first. */
export type DrawSize = number | readonly number[];

/** One number without a size; with a size, as many, row-major. */
export type Draws<Size extends DrawSize | undefined> = Size extends undefined ? number : Float64Array;

/** An array to draw from: nested rows are drawn whole. */
export type Population =
  | readonly unknown[]
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** Whether elements repeat, how likely each is, and where indices go. */
export type WeightedChoiceOptions = ChoiceOptions & {
  /** One probability for each element; all are equally likely by default. */
  readonly p?: ArrayLike<number>;
};

const WEIGHTED_CHOICE_KEYS = { replace: 1, out: 1, p: 1 } as const;

/** The greatest mean whose draws NumPy holds in 64 bits: 2⁶³ − 10·√2⁶³. */
const MOST_LAM = 2 ** 63 - 10 * Math.sqrt(2 ** 63);

/** The most trials: integers up to here are exact. */
const MOST_TRIALS = 2 ** 53;

/**
 * A `RandomState` with NumPy's distributions. The same seed and the same calls give NumPy's draws and leave NumPy's state.
 *
 * Integers and choices equal NumPy's. Real draws are NumPy's but for their last bits, where they depend on a logarithm or a power, which
 * C libraries round differently; here they have the same bits on every host. `size` is an integer or a shape, and the draws
 * are float64, row-major; without it a method returns one number. Everything that takes a `RandomState` takes this one.
 *
 * @example
 * const random = new NumpyRandomState(0);
 * random.poisson(3, 5); // → Float64Array [5, 6, 2, 0, 7]
 * random.choice(["red", "green", "blue"], 4, { p: [0.5, 0.3, 0.2] });
 */
export class NumpyRandomState extends RandomState {
  /**
   * Uniform draws from [0, 1), as `rand`, with a size in place of a shape's numbers.
   *
   * @throws {OptionError} an invalid size
   */
  randomSample<Size extends DrawSize | undefined = undefined>(size?: Size): Draws<Size> {
    return draws("randomSample", size, () => this.rand());
  }

  /**
   * Uniform draws: low + (high − low)·u, u from [0, 1).
   *
   * @throws {OptionError} a bound or their difference is not finite, or an invalid size
   */
  uniform<Size extends DrawSize | undefined = undefined>(low = 0, high = 1, size?: Size): Draws<Size> {
    checkFinite("uniform: low", low);
    checkFinite("uniform: high", high);
    const range = high - low;
    checkFinite("uniform: high − low", range);
    return draws("uniform", size, () => low + range * this.rand());
  }

  /**
   * Draws from the standard normal distribution, as `randn`, with a size in place of a shape's numbers.
   *
   * @throws {OptionError} an invalid size
   */
  standardNormal<Size extends DrawSize | undefined = undefined>(size?: Size): Draws<Size> {
    return draws("standardNormal", size, () => this.randn());
  }

  /**
   * Draws from the normal distribution of mean loc and standard deviation scale.
   *
   * @throws {OptionError} loc is not finite, scale not finite or negative, or an invalid size
   */
  normal<Size extends DrawSize | undefined = undefined>(loc = 0, scale = 1, size?: Size): Draws<Size> {
    checkFinite("normal: loc", loc);
    checkNotNegative("normal: scale", scale);
    return draws("normal", size, () => loc + scale * this.randn());
  }

  /**
   * Draws from the exponential distribution of mean 1: −ln(1 − u).
   *
   * @throws {OptionError} an invalid size
   */
  standardExponential<Size extends DrawSize | undefined = undefined>(size?: Size): Draws<Size> {
    return draws("standardExponential", size, () => standardExponential(this));
  }

  /**
   * Draws from the exponential distribution of mean scale.
   *
   * @throws {OptionError} scale is not finite or negative, or an invalid size
   */
  exponential<Size extends DrawSize | undefined = undefined>(scale = 1, size?: Size): Draws<Size> {
    checkNotNegative("exponential: scale", scale);
    return draws("exponential", size, () => scale * standardExponential(this));
  }

  /**
   * Draws from the gamma distribution of scale 1, whose density is x^(shape − 1)·e^−x / Γ(shape). Source: Marsaglia and Tsang, ACM
   * TOMS 26 (2000), and Ahrens and Dieter, Computing 12 (1974), for a shape below 1.
   *
   * @throws {OptionError} shape is not finite or negative, or an invalid size
   */
  standardGamma<Size extends DrawSize | undefined = undefined>(shape: number, size?: Size): Draws<Size> {
    checkNotNegative("standardGamma: shape", shape);
    return draws("standardGamma", size, () => standardGamma(this, shape));
  }

  /**
   * Draws from the gamma distribution: scale times those of `standardGamma`.
   *
   * @throws {OptionError} shape or scale is not finite or negative, or an invalid size
   */
  gamma<Size extends DrawSize | undefined = undefined>(shape: number, scale = 1, size?: Size): Draws<Size> {
    checkNotNegative("gamma: shape", shape);
    checkNotNegative("gamma: scale", scale);
    return draws("gamma", size, () => scale * standardGamma(this, shape));
  }

  /**
   * Draws from the χ² distribution with df degrees of freedom: twice a gamma draw of shape df/2.
   *
   * @throws {OptionError} df is not finite and positive, or an invalid size
   */
  chisquare<Size extends DrawSize | undefined = undefined>(df: number, size?: Size): Draws<Size> {
    checkPositive("chisquare: df", df);
    return draws("chisquare", size, () => 2 * standardGamma(this, df / 2));
  }

  /**
   * Draws from the beta distribution on [0, 1], whose density is proportional to x^(a − 1)·(1 − x)^(b − 1). Source: Jöhnk, Metrika
   * 8 (1964), where a and b are at most 1; else a ratio of gamma draws.
   *
   * @throws {OptionError} a or b is not finite and positive, or an invalid size
   */
  beta<Size extends DrawSize | undefined = undefined>(a: number, b: number, size?: Size): Draws<Size> {
    checkPositive("beta: a", a);
    checkPositive("beta: b", b);
    return draws("beta", size, () => beta(this, a, b));
  }

  /**
   * Integers from the Poisson distribution of mean lam. Source: Hörmann, Insurance: Mathematics and Economics 12 (1993), from a mean of
   * 10 on.
   *
   * @throws {OptionError} lam is not a number from 0 to 2⁶³ − 10·√2⁶³, or an invalid size
   */
  poisson<Size extends DrawSize | undefined = undefined>(lam = 1, size?: Size): Draws<Size> {
    if (!(typeof lam === "number" && lam >= 0 && lam <= MOST_LAM)) {
      throw new OptionError("poisson: lam", `a number from 0 to ${MOST_LAM}`, lam);
    }
    const next = poissonOf(lam);
    return draws("poisson", size, () => next(this));
  }

  /**
   * Integers from the binomial distribution: successes of n trials, each with probability p. Source: Kachitvichyanukul and Schmeiser,
   * Communications of the ACM 31 (1988), where n·min(p, 1 − p) is above 30; else inversion.
   *
   * @throws {OptionError} n is not an integer from 0 to 2⁵³, p not a number from 0 to 1, or an invalid size
   */
  binomial<Size extends DrawSize | undefined = undefined>(n: number, p: number, size?: Size): Draws<Size> {
    checkWhole("binomial: n", n, MOST_TRIALS);
    if (!(typeof p === "number" && p >= 0 && p <= 1)) throw new OptionError("binomial: p", "a number from 0 to 1", p);
    const next = binomialOf(n, p);
    return draws("binomial", size, () => next(this));
  }

  /**
   * How often each of pvals.length results comes up in n trials: one row of counts without a size; with a size as many
   * rows, row-major.
   *
   * @param pvals the probabilities; the last one is taken to be 1 minus the others
   * @throws {OptionError} n is not an integer from 0 to 2⁵³, pvals not an array of numbers from 0 to 1, empty, or with a sum above
   *   1 without the last; or an invalid size
   */
  multinomial(n: number, pvals: ArrayLike<number>, size: DrawSize = []): Float64Array {
    checkWhole("multinomial: n", n, MOST_TRIALS);
    const p = checkedPvals(pvals);
    const rows = countOf("multinomial", size);
    checkWhole("multinomial: counts", rows * p.length, MAX_COUNT);
    const counts = new Float64Array(rows * p.length);
    for (let row = 0; row < rows; row++) {
      multinomial(this, n, p, counts.subarray(row * p.length, (row + 1) * p.length));
    }
    return counts;
  }

  /** One integer from 0 ≤ x < n. */
  override choice(n: number, size?: undefined, options?: WeightedChoiceOptions): number;
  /** Integers from 0 ≤ x < n, row-major. */
  override choice(n: number, size: DrawSize, options?: WeightedChoiceOptions): Int32Array;
  /** One element of an array. */
  override choice<Elements extends Population>(
    array: Elements,
    size?: undefined,
    options?: WeightedChoiceOptions,
  ): Elements[number];
  /**
   * Elements of an array, as an array of its class.
   *
   * @throws {OptionError} neither an integer nor an array, an invalid size, nothing to choose from, more elements than there are (or than
   *   have a positive probability) without replacement, an `out` with an array or of another length, or
   *   probabilities that are not one non-negative number for each element, or do not sum to 1 within 2⁻²⁶
   */
  override choice<Elements extends Population>(
    array: Elements,
    size: DrawSize,
    options?: WeightedChoiceOptions,
  ): ReturnType<Elements["slice"]>;
  override choice(from: number | Population, size?: DrawSize, options: WeightedChoiceOptions = {}): unknown {
    checkOptions<WeightedChoiceOptions>("choice", options, WEIGHTED_CHOICE_KEYS);
    if (typeof from !== "number") {
      checkList("choice: from", from, "an integer or an array");
      if (options.out !== undefined)
        throw new OptionError("choice: out", "receives indices; pass a number to choose from");
    }
    const n = typeof from === "number" ? from : from.length;
    const count = size === undefined ? 1 : countOf("choice", size);
    const indices = "p" in options ? this.#chosen(n, count, options) : super.choice(n, count, options);
    if (typeof from === "number") return size === undefined ? indices[0] : indices;
    return size === undefined ? from[indices[0]!] : picked(from, indices);
  }

  #chosen(n: number, count: number, { p, ...options }: WeightedChoiceOptions): Int32Array {
    if (p === undefined) return super.choice(n, count, options);
    const { replace = true, out } = options;
    checkChoice(n, count, replace, out);
    const weights = checkedChoiceWeights(p, n);
    const possible = weights.reduce((sum, weight) => sum + (weight > 0 ? 1 : 0), 0);
    if (!replace && count > possible) {
      throw new OptionError("choice: size", `at most ${possible}, as many as have a positive probability`, count);
    }
    const indices = out ?? new Int32Array(count);
    if (replace) weightedIndices(this, weights, indices);
    else distinctWeightedIndices(this, weights, indices);
    return indices;
  }

  /** 0, 1, …, n − 1 in random order. */
  override permutation(n: number): Int32Array;
  /**
   * A copy of an array in random order.
   *
   * @throws {OptionError} neither an array nor an integer, or too many
   */
  override permutation<Elements extends Population>(array: Elements): ReturnType<Elements["slice"]>;
  override permutation(from: number | Population): unknown {
    if (typeof from === "number") return super.permutation(from);
    checkList("permutation: from", from, "an integer or an array");
    const copy = from.slice() as unknown[];
    this.shuffle(copy);
    return copy;
  }
}

function draws<Size extends DrawSize | undefined>(op: string, size: Size | undefined, next: () => number): Draws<Size> {
  if (size === undefined) return next() as Draws<Size>;
  const values = new Float64Array(countOf(op, size));
  for (let i = 0; i < values.length; i++) values[i] = next();
  return values as Draws<Size>;
}

function countOf(op: string, size: DrawSize): number {
  if (typeof size === "number") {
    checkWhole(`${op}: size`, size, MAX_COUNT);
    return size;
  }
  checkList(`${op}: size`, size, "an integer or an array of integers");
  let count = 1;
  for (let axis = 0; axis < size.length; axis++) {
    checkWhole(`${op}: size[${axis}]`, size[axis], MAX_COUNT);
    count *= size[axis]!;
  }
  checkWhole(`${op}: product of the size`, count, MAX_COUNT);
  return count;
}

/** These elements, in an array of the same class. */
function picked(from: Population, indices: Int32Array): unknown {
  if (Array.isArray(from)) return Array.from(indices, (i) => from[i]);
  const Class = from.constructor as new (length: number) => Record<number, unknown>;
  const elements = new Class(indices.length);
  for (let i = 0; i < indices.length; i++) elements[i] = from[indices[i]!];
  return elements;
}

function checkFinite(option: string, value: unknown): void {
  if (!Number.isFinite(value)) throw new OptionError(option, "a finite number", value);
}

function checkNotNegative(option: string, value: number): void {
  if (!(Number.isFinite(value) && value >= 0)) throw new OptionError(option, "a finite number of at least 0", value);
}

function checkPositive(option: string, value: number): void {
  if (!(Number.isFinite(value) && value > 0)) throw new OptionError(option, "a finite number above 0", value);
}
