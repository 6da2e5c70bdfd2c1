/** Where the functions of `unary` are hardest to get right. */
import type { UNARY } from "../../src/wasm/abi.ts";
import { draws } from "../support/floats.ts";

export type UnaryName = keyof typeof UNARY;

/** Inputs of each kind. */
const COUNT = 1500;

/** NaN, ±∞, ±0, the ends of both types, and halves. */
export const SPECIAL: readonly number[] = [
  ...[Number.NaN, Infinity, -Infinity, 0, -0],
  ...[2 ** -1074, 2 ** -1022, 2 ** -149, 2 ** -126, 2 ** -54, 2 ** -27].flatMap((x) => [x, -x]),
  ...[0.5, 1, 1.5, 2, 2.5, 3, 10, 88.8, 709.9, 710.5, 1e9, 2 ** 52, 2 ** 53 + 2].flatMap((x) => [x, -x]),
  ...[3.4028234663852886e38, Number.MAX_VALUE].flatMap((x) => [x, -x]),
];

/** Special values, and draws where the methods bend: seams of reductions, neighbourhoods of 0 and 1, ends of the range. */
export function hardInputs(name: UnaryName): number[] {
  const draw = draws(17);
  const sign = () => (draw() < 0.5 ? -1 : 1);
  const magnitude = (low: number, high: number) => 2 ** (low + (high - low) * draw());
  const nearly = (x: number) => x * (1 + (draw() - 0.5) * 1e-5);
  const whole = (low: number, high: number) => low + Math.floor((high - low + 1) * draw());
  const angles = [
    () => sign() * 10 * draw(),
    () => sign() * magnitude(-30, 21),
    () => sign() * magnitude(20, 1023),
    () => whole(-2000, 2000) * (Math.PI / 2), // where the digits of the reduction cancel
    () => whole(0, 2 ** 20) * (Math.PI / 4),
    () => nearly(1647099), // where the reduction changes
    () => sign() * 6381956970095103 * 2 ** (797 - (draw() < 0.5 ? 0 : whole(0, 600))), // nearest of all to a multiple of π/2
  ];
  const fractions = [() => 2 * draw() - 1, () => sign() * (1 - magnitude(-52, -1)), () => sign() * magnitude(-60, 0)];
  const exponents = [
    () => sign() * 3 * draw(),
    () => 1456 * draw() - 746,
    () => sign() * magnitude(-60, 10),
    () => nearly((whole(-60, 1023) + 0.5) * Math.LN2),
  ];
  const sizes = [
    () => magnitude(-1074, 1024),
    () => 1 + sign() * magnitude(-52, -1),
    () => 0.7 + 0.75 * draw(),
    () => magnitude(-149, 128),
    () => 2 ** whole(-1074, 1023),
    () => 10 ** whole(-300, 300),
  ];
  const any = [() => sign() * magnitude(-20, 60), () => whole(-50, 50) / 2, () => sign() * 4 * draw()];
  const kinds: { readonly [Name in UnaryName]: readonly (() => number)[] } = {
    ...{ abs: any, sign: any, floor: any, ceil: any, trunc: any, round: any },
    ...{ sin: angles, cos: angles, tan: angles, asin: fractions, acos: fractions },
    atan: [
      () => sign() * magnitude(-60, 60),
      () => nearly(Math.SQRT2 - 1),
      () => nearly(1),
      () => nearly(Math.SQRT2 + 1),
      () => 6 * draw() - 3,
    ],
    ...{ sinh: exponents, cosh: exponents, expm1: exponents },
    log1p: [
      () => 4 * draw() - 1,
      () => magnitude(-60, 1000),
      () => -magnitude(-60, -0.001),
      () => magnitude(-52, -1) - 1,
    ],
    ...{ log2: sizes, log10: sizes },
    erf: [() => 6 * draw() - 3, () => 13 * draw() - 6.5, () => sign() * magnitude(-60, 2), () => nearly(0.9)],
  };
  return [...SPECIAL, ...kinds[name].flatMap((kind) => Array.from({ length: COUNT }, kind))];
}
