/** What resize computes, by PyTorch's coordinates in float64. */
import type { ResizeOptions } from "../../src/ops/resize.ts";

/** Which elements of an axis output i is mixed of, with their factors. */
export function mixtureOf(
  i: number,
  size: number,
  outputs: number,
  { mode = "nearest", alignCorners = false }: ResizeOptions,
): [number, number][] {
  if (mode === "nearest") return [[Math.floor((i * size) / outputs), 1]];
  const aligned = outputs > 1 ? (i * (size - 1)) / (outputs - 1) : 0;
  const at = alignCorners ? aligned : Math.max(((i + 0.5) * size) / outputs - 0.5, 0);
  const first = Math.floor(at);
  return [
    [first, 1 - (at - first)],
    [Math.min(first + 1, size - 1), at - first],
  ];
}
