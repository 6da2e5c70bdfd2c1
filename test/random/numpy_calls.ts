/** Calls of NumPy's `RandomState`, made by test/fixtures/numpy-distributions.py, and how far the library's draws are from them. */
import { crc32 } from "node:zlib";
import type { DrawSize } from "../../src/random/numpy_random_state.ts";
import { NumpyRandomState } from "../../src/random/numpy_random_state.ts";

/** Checksum of the key, position, whether a normal draw is cached, and this draw. */
type After = readonly [key: number, position: number, hasGauss: boolean, cachedGaussian: number];

type Numbers = number | readonly number[];

/** A method by NumPy's name, and its arguments; null where one is left out. */
export type MethodCall = { readonly call: string; readonly arguments: readonly (Numbers | boolean | null)[] };

export type NumpyCall = MethodCall & {
  readonly seed: number;
  /** How many normal draws come before it. */
  readonly normals: number;
  readonly want: Numbers;
  readonly after: After;
};

/** What one call drew and left, beside NumPy's. */
export type Comparison = {
  /** The largest distance of a draw, in doubles: 0 where all are equal, NaN where there are more or fewer. */
  readonly ulps: number;
  /** Whether key and position, and whether a normal draw is cached, are NumPy's. */
  readonly sameState: boolean;
  /** The distance of the cached draw, in doubles. */
  readonly cachedUlps: number;
};

/** Draws that no logarithm or power decides but by rejection: they must be equal. */
export const EXACT: ReadonlySet<string> = new Set([
  ...["random_sample", "uniform", "poisson", "binomial", "multinomial", "randint", "choice", "permutation", "shuffle"],
]);

type Method = (...args: readonly unknown[]) => Numbers | ArrayLike<number>;

/** @param summary of the draws, where `want` is NumPy's summary of its own */
export function compare(
  record: NumpyCall,
  summary: (draws: ArrayLike<number>) => number | undefined = () => undefined,
): Comparison {
  const random = new NumpyRandomState(record.seed);
  random.randn(record.normals);
  const drawn = play(random, record);
  const got = (typeof drawn === "number" ? undefined : summary(drawn)) ?? drawn;
  const { key, position, hasGauss, cachedGaussian } = random.getState();
  const [checksum, wantPosition, wantGauss, wantCached] = record.after;
  return {
    ulps: furthest(got, record.want),
    sameState: crc32(new Uint8Array(key.buffer)) === checksum && position === wantPosition && hasGauss === wantGauss,
    cachedUlps: distance(cachedGaussian, wantCached),
  };
}

/** What the library draws. */
export function play(random: NumpyRandomState, { call, arguments: given }: MethodCall): Numbers | ArrayLike<number> {
  const args = given.map((argument) => argument ?? undefined);
  if (call === "shuffle") {
    const list = [...(args[0] as readonly number[])];
    random.shuffle(list);
    return list;
  }
  if (call === "choice") {
    const [from, size, replace, p] = args as [number, DrawSize, boolean, readonly number[] | undefined];
    return random.choice(from, size, p === undefined ? { replace } : { replace, p });
  }
  if (call === "randint") {
    const [low, high, size] = args as [number, number, DrawSize | undefined];
    if (size === undefined) return random.randint(low, high);
    return random.randint(low, high, typeof size === "number" ? size : size.reduce((count, n) => count * n));
  }
  const name = call.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
  return (random[name as keyof NumpyRandomState] as Method).apply(random, args);
}

function furthest(got: Numbers | ArrayLike<number>, want: Numbers): number {
  if (typeof got === "number" || typeof want === "number") {
    return typeof got === "number" && typeof want === "number" ? distance(got, want) : Number.NaN;
  }
  if (got.length !== want.length) return Number.NaN;
  return want.reduce((most, number, i) => Math.max(most, distance(got[i]!, number)), 0);
}

const double = new Float64Array(1);
const bits = new BigInt64Array(double.buffer);

/** How many doubles from one to the other. */
export function distance(a: number, b: number): number {
  return Object.is(a, b) ? 0 : Math.abs(Number(rank(a) - rank(b)));
}

/** The doubles in order: those below 0 have their bits' order turned around. */
function rank(x: number): bigint {
  double[0] = x;
  return bits[0]! < 0n ? -(2n ** 63n) - bits[0]! : bits[0]!;
}
