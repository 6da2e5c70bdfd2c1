/** Images at another size: the reference for assembly/kernels/resize.ts. */
import type { FloatKernels } from "../wasm/abi.ts";
import type { Element } from "./element.ts";

export function resizes({ floats, at, add, mul, round }: Element): Pick<FloatKernels, "resize" | "resizeGradient"> {
  /** Calls `each` with the elements that an output is mixed of, and their factors: of the rows, and of the columns. */
  const walk = (
    [isBilinear, isAligned, n, h, w, c, oh, ow]: readonly [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ],
    each: (elements: readonly [number, number, number, number], to: number, t: Factors, u: Factors) => void,
  ): void => {
    let to = 0;
    for (let image = 0; image < n; image++) {
      for (let i = 0; i < oh; i++) {
        const row = place(i, h, oh, isBilinear, isAligned);
        const a = Math.floor(row);
        const below = Math.min(a + 1, h - 1);
        for (let j = 0; j < ow; j++) {
          const column = place(j, w, ow, isBilinear, isAligned);
          const b = Math.floor(column);
          const right = Math.min(b + 1, w - 1);
          const [t, u]: [Factors, Factors] = [
            [round(1 - (row - a)), round(row - a)],
            [round(1 - (column - b)), round(column - b)],
          ];
          for (let channel = 0; channel < c; channel++, to++) {
            const from = (y: number, x: number): number => ((image * h + y) * w + x) * c + channel;
            each([from(a, b), from(a, right), from(below, b), from(below, right)], to, t, u);
          }
        }
      }
    }
  };

  return {
    resize: (isBilinear, isAligned, n, h, w, c, oh, ow, x, y) => {
      const v = floats();
      const [from, first] = [at(x), at(y)];
      walk([isBilinear, isAligned, n, h, w, c, oh, ow], (elements, to, t, u) => {
        const [p, q, r, s] = elements.map((i) => v[from + i]!) as [number, number, number, number];
        if (!isBilinear) v[first + to] = p;
        else {
          const above = add(mul(p, u[0]), mul(q, u[1]));
          v[first + to] = add(mul(above, t[0]), mul(add(mul(r, u[0]), mul(s, u[1])), t[1]));
        }
      });
    },
    resizeGradient: (isBilinear, isAligned, n, h, w, c, oh, ow, dy, dx) => {
      const v = floats();
      const [from, first] = [at(dy), at(dx)];
      v.fill(0, first, first + n * h * w * c);
      walk([isBilinear, isAligned, n, h, w, c, oh, ow], (elements, to, t, u) => {
        const d = v[from + to]!;
        const parts = isBilinear
          ? [mul(mul(d, t[0]), u[0]), mul(mul(d, t[0]), u[1]), mul(mul(d, t[1]), u[0]), mul(mul(d, t[1]), u[1])]
          : [d];
        for (const [which, part] of parts.entries()) {
          const place = first + elements[which]!;
          v[place] = add(v[place]!, part);
        }
      });
    },
  };
}

type Factors = readonly [near: number, far: number];

function place(i: number, size: number, outputs: number, isBilinear: number, isAligned: number): number {
  if (!isBilinear) return Math.floor((i * size) / outputs);
  if (isAligned) return outputs > 1 ? (i * (size - 1)) / (outputs - 1) : 0;
  return Math.max(((i + 0.5) * size) / outputs - 0.5, 0);
}
