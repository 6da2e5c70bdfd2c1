/** Intervals of numbers, as they are written: `[0, 1)` has 0 and not 1. */

/** Two bounds: `[` and `]` next to one that is included, `(` and `)` next to one that is not. */
export type Interval = `${"[" | "("}${number | "-∞"}, ${number | "∞"}${"]" | ")"}`;

/** Whether a value is a finite number within the interval. */
export function isWithin(value: unknown, interval: Interval): value is number {
  const [low, high] = interval.slice(1, -1).split(", ").map(Number) as [number, number];
  const x = value as number;
  if (!Number.isFinite(x) || x < low || x > high) return false; // ∞ is NaN here, beyond which nothing is
  return !(x === low && interval[0] === "(") && !(x === high && interval.endsWith(")"));
}
