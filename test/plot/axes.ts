/** Where a figure's frame, its ticks and its lines are. */
import * as assert from "uvu/assert";
import { all, marks, type Node, numberOf } from "./svg.ts";

/** The frame, and where its grid has columns and rows. */
export type Frame = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly columns: readonly number[];
  readonly rows: readonly number[];
};

/** The frame of a figure whose axes have ticks: the grid goes from edge to edge. */
export function frameOf(root: Node): Frame {
  const grid = all(root, "path").find(({ attributes }) => /^M[\d.,]+[VH]/.test(attributes.get("d") ?? ""));
  const d = grid?.attributes.get("d") ?? "";
  const columns = [...d.matchAll(/M([\d.]+),([\d.]+)V([\d.]+)/g)].map((match) => match.slice(1).map(Number));
  const rows = [...d.matchAll(/M([\d.]+),([\d.]+)H([\d.]+)/g)].map((match) => match.slice(1).map(Number));
  const [, top = Number.NaN, bottom = Number.NaN] = columns[0] ?? [];
  const [left = Number.NaN, , right = Number.NaN] = rows[0] ?? [];
  for (const column of columns) assert.equal(column.slice(1), [top, bottom]);
  for (const row of rows) assert.equal([row[0], row[2]], [left, right]);
  return { left, right, top, bottom, columns: columns.map(([x]) => x!), rows: rows.map(([, y]) => y!) };
}

/** The corners of a path of M and L. */
export function corners(path: Node | undefined): number[][] {
  const d = path?.attributes.get("d") ?? "";
  return [...d.matchAll(/[ML](-?[\d.]+),(-?[\d.]+)/g)].map(([, x, y]) => [Number(x), Number(y)]);
}

export function linePaths(root: Node): Node[] {
  return marks(root, "line").flatMap((group) => all(group, "path"));
}

/** The places of an axis's ticks by their labels. */
export function ticks(root: Node, axis: "x" | "y"): Map<string, number> {
  const labels = marks(root, `${axis} ticks`).flatMap((group) => all(group, "text"));
  // A label of the y axis stands 5 units below its tick.
  return new Map(labels.map((label) => [label.text, numberOf(label, axis) - (axis === "x" ? 0 : 5)]));
}

export function isNear(got: number | undefined, want: number | undefined, label: string, tolerance = 0.02): void {
  assert.ok(Math.abs((got ?? Number.NaN) - (want ?? Number.NaN)) <= tolerance, `${label}: ${got}, expected ${want}`);
}
