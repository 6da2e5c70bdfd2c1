/** Comparisons with tolerances; a NaN never passes. */
import * as assert from "uvu/assert";
import type { NestedNumbers } from "../../src/tensor/layout.ts";

/** Nested numbers of one shape, each within tolerance · max(1, |want|). */
export function near(got: NestedNumbers, want: NestedNumbers, tolerance: number, label: string): void {
  if (typeof got === "number" && typeof want === "number") {
    assert.ok(Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want)), `${label}: ${got}, expected ${want}`);
    return;
  }
  if (typeof got === "number" || typeof want === "number" || got.length !== want.length) {
    throw new Error(`${label}: shapes differ`);
  }
  for (const [index, inner] of got.entries()) near(inner, want[index]!, tolerance, `${label}[${index}]`);
}

/**
 * Numbers each within tolerance · |want|, and one smallest number of got's type: what underflows
 * there has no digits left to compare.
 */
export function nearRelative(
  got: Float32Array | Float64Array,
  want: readonly number[],
  tolerance: number,
  label: string,
): void {
  assert.is(got.length, want.length, `${label}: length`);
  const smallest = got instanceof Float32Array ? 2 ** -149 : 2 ** -1074;
  for (let i = 0; i < want.length; i++) {
    const difference = Math.abs(got[i]! - want[i]!);
    assert.ok(
      difference <= tolerance * Math.abs(want[i]!) + smallest,
      `${label}[${i}]: ${got[i]}, expected ${want[i]}`,
    );
  }
}
