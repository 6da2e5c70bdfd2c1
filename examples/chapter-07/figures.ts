/** Pictures of filters: what they look for, and where they find it. */
import type { Dataset } from "lanegrad";
import { weightImages } from "lanegrad/plot";

const SIDE = 5;

/** The filters of the first layer, N × 1 × 5 × 5, as pictures on one scale: negative weights vermillion, positive ones blue. */
export async function filters(w1: ArrayLike<number>, title: string): Promise<string> {
  const count = w1.length / SIDE ** 2;
  const columns = Array.from({ length: SIDE ** 2 }, (_, i) =>
    Float64Array.from({ length: count }, (_, n) => w1[n * SIDE ** 2 + i]!),
  );
  return await weightImages(columns, { title, perRow: 10 });
}

/** What the strongest filters give of the first digit, before their bias: 24 × 24 places each. */
export async function responses(digits: Dataset, w1: ArrayLike<number>): Promise<string> {
  const { inputs } = digits.batch([0]);
  const side = 28 - SIDE + 1;
  const chosen = strongest(w1, 6);
  const maps = chosen.map((n) =>
    Float64Array.from({ length: side ** 2 }, (_, at) => {
      const [row, column] = [Math.floor(at / side), at % side];
      let sum = 0;
      for (let i = 0; i < SIDE; i++) {
        for (let j = 0; j < SIDE; j++) sum += w1[(n * SIDE + i) * SIDE + j]! * inputs[(row + i) * 28 + column + j]!;
      }
      return sum;
    }),
  );
  const columns = Array.from({ length: side ** 2 }, (_, at) => Float64Array.from(maps, (map) => map[at]!));
  const captions = chosen.map((n) => `filter ${n + 1}`);
  return await weightImages(columns, { title: "What filters give of a digit", perRow: 6, captions });
}

/** The filters with the largest sums of squares. */
function strongest(w1: ArrayLike<number>, count: number): number[] {
  const sums = Array.from({ length: w1.length / SIDE ** 2 }, (_, n) =>
    Array.from({ length: SIDE ** 2 }, (_, i) => w1[n * SIDE ** 2 + i]! ** 2).reduce((a, b) => a + b),
  );
  return [...sums.keys()].sort((a, b) => sums[b]! - sums[a]!).slice(0, count);
}
