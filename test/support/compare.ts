/** Comparisons of results with what was wanted. All are written so that NaN fails. */
import * as assert from "uvu/assert";

type Numbers = ArrayLike<number>;

/** Equal as numbers; NaN only where NaN is wanted. */
export function assertEqual(got: Numbers, want: Numbers, label: string): void {
  assertLength(got, want, label);
  for (let i = 0; i < want.length; i++) {
    const g = got[i];
    const w = want[i];
    if (g !== w && !(Number.isNaN(g) && Number.isNaN(w))) fail(label, i, `${g}, expected ${w}`);
  }
}

/** |got - want| <= tolerance(i) for every element; equal infinities agree. */
export function assertWithin(got: Numbers, want: Numbers, tolerance: (i: number) => number, label: string): void {
  assertLength(got, want, label);
  for (let i = 0; i < want.length; i++) {
    const g = got[i] ?? Number.NaN;
    const w = want[i] ?? Number.NaN;
    if (!(g === w || Math.abs(g - w) <= tolerance(i))) fail(label, i, `${g}, expected ${w} within ${tolerance(i)}`);
  }
}

/** One number for all elements, to the bit: 0 is not -0, NaN is NaN. */
export function assertAll(got: Numbers, want: number | undefined, label: string): void {
  for (let i = 0; i < got.length; i++) if (!Object.is(got[i], want)) fail(label, i, `${got[i]}, expected ${want}`);
}

/** As `assertEqual`, but 0 is not -0. */
export function assertSame(got: Numbers, want: Numbers, label: string): void {
  assertLength(got, want, label);
  for (let i = 0; i < want.length; i++)
    if (!Object.is(got[i], want[i])) fail(label, i, `${got[i]}, expected ${want[i]}`);
}

function assertLength(got: Numbers, want: Numbers, label: string): void {
  if (got.length !== want.length) assert.unreachable(`${label}: ${got.length} elements, expected ${want.length}`);
}

function fail(label: string, i: number, what: string): void {
  assert.unreachable(`${label}: element ${i} is ${what}`);
}
