/**
 * Lines on which a sampled function has one value: marching squares.
 *
 *   c ──3── d     a cell has four corners and four edges; an edge whose corners are on both sides of the level is crossed,
 *   0       1     at the place that linear interpolation gives. Two crossings are one segment; of four, which are joined
 *   a ──2── b     is decided by the mean of the corners. Segments that share an edge of the grid make one line.
 */

/** Values of a function, row by row, and the coordinates of columns and rows. */
export type Field = {
  readonly values: ArrayLike<number>;
  readonly columns: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
};

/** Lines at a level, each its x and y in turn. Cells with a corner that is not finite have none. */
export function contourLines({ values, columns, rows }: Field, level: number): number[][] {
  const width = columns.length;
  const at = (row: number, column: number): number => values[row * width + column] ?? Number.NaN;
  /** Where each crossed edge is crossed, and the edges that it leads to. */
  const places = new Map<number, readonly [number, number]>();
  const next = new Map<number, number[]>();
  const join = (from: number, to: number): void => {
    next.set(from, [...(next.get(from) ?? []), to]);
    next.set(to, [...(next.get(to) ?? []), from]);
  };

  for (let row = 0; row + 1 < rows.length; row++) {
    for (let column = 0; column + 1 < width; column++) {
      const [a, b, c, d] = [at(row, column), at(row, column + 1), at(row + 1, column), at(row + 1, column + 1)];
      if (!Number.isFinite(a + b + c + d)) continue;
      const [left, right] = [columns[column] ?? 0, columns[column + 1] ?? 0];
      const [low, high] = [rows[row] ?? 0, rows[row + 1] ?? 0];
      // An edge has one number for both of its cells: twice that of the corner where it begins, and one more if it goes up.
      const corner = row * width + column;
      const crossed: number[] = [];
      const cross = (edge: number, from: number, to: number, place: (share: number) => readonly [number, number]) => {
        if (from >= level === to >= level) return;
        crossed.push(edge);
        places.set(edge, place((level - from) / (to - from)));
      };
      cross(2 * corner + 1, a, c, (t) => [left, low + t * (high - low)]);
      cross(2 * (corner + width), c, d, (t) => [left + t * (right - left), high]);
      cross(2 * (corner + 1) + 1, b, d, (t) => [right, low + t * (high - low)]);
      cross(2 * corner, a, b, (t) => [left + t * (right - left), low]);
      const [first = 0, second = 0, third = 0, fourth = 0] = crossed; // left, up, right, down
      if (crossed.length === 2) join(first, second);
      if (crossed.length < 4) continue;
      const isLikeA = (a + b + c + d) / 4 >= level === a >= level; // then b and c are cut off
      join(first, isLikeA ? second : fourth);
      join(isLikeA ? third : second, isLikeA ? fourth : third);
    }
  }

  const lines: number[][] = [];
  const follow = (start: number): void => {
    const line: number[] = [];
    for (let edge: number | undefined = start; edge !== undefined; ) {
      line.push(...(places.get(edge) ?? []));
      const to: number | undefined = next.get(edge)?.pop();
      if (to === undefined) break;
      const back = next.get(to) ?? [];
      back.splice(back.indexOf(edge), 1);
      edge = to;
    }
    if (line.length > 2) lines.push(line);
  };
  for (const [edge, { length }] of next) if (length === 1) follow(edge); // those that end somewhere, then those that do not
  for (const [edge, { length }] of next) if (length > 0) follow(edge);
  return lines;
}
