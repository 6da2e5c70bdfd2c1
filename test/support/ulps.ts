/** Distances of float32 results from what they should be, in units in the last place. */

const word = new Float64Array(1);
const halves = new Uint32Array(word.buffer);
const HIGH = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? 1 : 0;

/**
 * Units in the last place of `want`, as float32 has it, between the two: 0 where both are NaN, NaN where one is.
 *
 * ∞ counts as the number after the largest, and below 2^-126 the unit is 2^-149.
 *
 * @param got a float32
 * @param want the true value, in float64
 */
export function float32Ulps(got: number, want: number): number {
  if (got === want || (Number.isNaN(got) && Number.isNaN(want))) return 0;
  if (Math.abs(got) === Infinity && Math.sign(got) * want >= 2 ** 128) return 0;
  const finite = Math.abs(got) === Infinity ? Math.sign(got) * 2 ** 128 : got;
  word[0] = want;
  const exponent = (((halves[HIGH] ?? 0) >>> 20) & 0x7ff) - 1023;
  return Math.abs(finite - want) * 2 ** (23 - Math.max(exponent, -126));
}
