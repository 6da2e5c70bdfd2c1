/** Pooling over images: the reference for assembly/kernels/pool.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import { type Element, pmax } from "./element.ts";

type Pools = "maxPool" | "maxPoolGradient" | "maxPoolPick" | "avgPool" | "avgPoolGradient";

export function pools({ floats, at, add, div }: Element): Pick<FloatKernels, Pools> {
  /** Calls `each` for every window and channel: its elements, each by its index from x on, and where its output is, from y on. */
  const walk = (
    [n, h, w, c, kh, kw, oh, ow, sh, sw, top, left]: readonly number[],
    [isPadded, isAdaptive]: readonly [number, number],
    each: (elements: readonly number[], to: number, size: number) => void,
  ): void => {
    const [rows, columns] = [
      bounds(h!, oh!, kh!, sh!, top!, isAdaptive !== 0),
      bounds(w!, ow!, kw!, sw!, left!, isAdaptive !== 0),
    ];
    let to = 0;
    for (let image = 0; image < n!; image++) {
      for (const [y0, y1] of rows) {
        for (const [x0, x1] of columns) {
          const size = isPadded ? kh! * kw! : Math.max(y1 - y0, 0) * Math.max(x1 - x0, 0);
          for (let channel = 0; channel < c!; channel++, to++) {
            const elements: number[] = [];
            for (let i = y0; i < y1; i++) {
              for (let j = x0; j < x1; j++) elements.push(((image * h! + i) * w! + j) * c! + channel);
            }
            each(elements, to, size);
          }
        }
      }
    }
  };

  /** Which of the elements is the first that equals y or is NaN. */
  const first = (elements: readonly number[], x: number, y: number): number | undefined => {
    const v = floats();
    return elements.find((i) => v[x + i] === v[y] || Number.isNaN(v[x + i]));
  };

  return {
    maxPool: (n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, xs, ys, least) => {
      const [x, y] = [at(xs), at(ys)];
      const v = floats();
      walk([n, h, w, c, kh, kw, oh, ow, sh, sw, top, left], [0, 0], (elements, to) => {
        const hasNaN = elements.some((i) => Number.isNaN(v[x + i]));
        v[y + to] = hasNaN ? Number.NaN : elements.reduce((top, i) => pmax(top, v[x + i]!), least);
      });
    },
    maxPoolGradient: (n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, xs, ys, dys, dxs) => {
      const [x, y, dy, dx] = [at(xs), at(ys), at(dys), at(dxs)];
      const v = floats();
      v.fill(0, dx, dx + n * h * w * c);
      walk([n, h, w, c, kh, kw, oh, ow, sh, sw, top, left], [0, 0], (elements, to) => {
        const hit = first(elements, x, y + to);
        if (hit !== undefined) v[dx + hit] = add(v[dx + hit]!, v[dy + to]!);
      });
    },
    maxPoolPick: (n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, xs, ys, froms, dys) => {
      const [x, y, from, dy] = [at(xs), at(ys), at(froms), at(dys)];
      const v = floats();
      walk([n, h, w, c, kh, kw, oh, ow, sh, sw, top, left], [0, 0], (elements, to) => {
        const hit = first(elements, x, y + to);
        v[dy + to] = hit === undefined ? 0 : v[from + hit]!;
      });
    },
    avgPool: (n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, xs, ys) => {
      const [x, y] = [at(xs), at(ys)];
      const v = floats();
      walk([n, h, w, c, kh, kw, oh, ow, sh, sw, top, left], [isPadded, isAdaptive], (elements, to, size) => {
        v[y + to] = div(
          elements.reduce((sum, i) => add(sum, v[x + i]!), 0),
          size,
        );
      });
    },
    avgPoolGradient: (n, h, w, c, kh, kw, oh, ow, sh, sw, top, left, isPadded, isAdaptive, dys, dxs) => {
      const [dy, dx] = [at(dys), at(dxs)];
      const v = floats();
      v.fill(0, dx, dx + n * h * w * c);
      walk([n, h, w, c, kh, kw, oh, ow, sh, sw, top, left], [isPadded, isAdaptive], (elements, to, size) => {
        const share = div(v[dy + to]!, size);
        for (const i of elements) v[dx + i] = add(v[dx + i]!, share);
      });
    },
  };
}

/** The first element of each window, and the one behind its last. */
function bounds(
  size: number,
  windows: number,
  kernel: number,
  step: number,
  before: number,
  isAdaptive: boolean,
): readonly (readonly [number, number])[] {
  return Array.from({ length: windows }, (_, i) => {
    if (isAdaptive) return [Math.floor((i * size) / windows), Math.ceil(((i + 1) * size) / windows)];
    return [Math.max(i * step - before, 0), Math.min(i * step - before + kernel, size)];
  });
}
