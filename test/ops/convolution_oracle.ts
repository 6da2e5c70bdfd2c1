/** Convolutions by loops over every number, in float64. */
import { spanOf } from "../../src/ops/convolution_sizes.ts";
import { countOf, type Shape } from "../../src/tensor/layout.ts";

export type Array4 = { readonly shape: Shape; readonly data: Float64Array };

/** How windows move, with the padding of each side. */
export type Moves = {
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly padding: readonly [top: number, right: number, bottom: number, left: number];
  readonly groups: number;
};

export function zeros4(shape: Shape): Array4 {
  return { shape, data: new Float64Array(countOf(shape)) };
}

/** How many windows fit. */
export function outputs(size: number, kernel: number, stride: number, dilation: number, padding: number): number {
  let count = 0;
  for (let start = 0; start + (kernel - 1) * dilation < size + padding; start += stride) count += 1;
  return count;
}

type Term = (x: number, w: number, y: number) => void;

/** Calls `term` with the places of x, w and y of each product, inside of the image alone. */
function eachTerm(x: Shape, w: Shape, y: Shape, { stride, dilation, padding, groups }: Moves, term: Term): void {
  const [n = 0, h = 0, width = 0, channels = 0] = x;
  const [kh = 0, kw = 0, own = 0, oc = 0] = w;
  const [, oh = 0, ow = 0] = y;
  for (let image = 0; image < n; image++)
    for (let p = 0; p < oh; p++)
      for (let q = 0; q < ow; q++)
        for (let o = 0; o < oc; o++)
          for (let i = 0; i < kh; i++)
            for (let j = 0; j < kw; j++)
              for (let c = 0; c < own; c++) {
                const row = p * stride[0] + i * dilation[0] - padding[0];
                const pixel = q * stride[1] + j * dilation[1] - padding[3];
                if (row < 0 || row >= h || pixel < 0 || pixel >= width) continue;
                const channel = Math.floor(o / (oc / groups)) * own + c;
                term(
                  ((image * h + row) * width + pixel) * channels + channel,
                  ((i * kw + j) * own + c) * oc + o,
                  ((image * oh + p) * ow + q) * oc + o,
                );
              }
}

export function convolved(x: Array4, w: Array4, moves: Moves): Array4 {
  const [top, right, bottom, left] = moves.padding;
  const size = (axis: 0 | 1, padding: number) =>
    outputs(x.shape[axis + 1]!, w.shape[axis]!, moves.stride[axis], moves.dilation[axis], padding);
  const y = zeros4([x.shape[0]!, size(0, top + bottom), size(1, left + right), w.shape[3]!]);
  eachTerm(x.shape, w.shape, y.shape, moves, (i, j, k) => {
    y.data[k]! += x.data[i]! * w.data[j]!;
  });
  return y;
}

/** ∂ Σ y·dy / ∂x. */
export function inputGradient(x: Shape, w: Array4, dy: Array4, moves: Moves): Array4 {
  const dx = zeros4(x);
  eachTerm(x, w.shape, dy.shape, moves, (i, j, k) => {
    dx.data[i]! += dy.data[k]! * w.data[j]!;
  });
  return dx;
}

/** ∂ Σ y·dy / ∂w. */
export function weightsGradient(x: Array4, w: Shape, dy: Array4, moves: Moves): Array4 {
  const dw = zeros4(w);
  eachTerm(x.shape, w, dy.shape, moves, (i, j, k) => {
    dw.data[j]! += x.data[i]! * dy.data[k]!;
  });
  return dw;
}

/** How windows move along one axis. */
export type Along = { size: number; kernel: number; stride: number; dilation: number; before: number; after: number };

/** All small windows along an axis that are not refused. */
export function* alongAxis(): Generator<Along> {
  for (let size = 1; size <= 5; size++) {
    for (let kernel = 1; kernel <= 3; kernel++) {
      for (let stride = 1; stride <= 3; stride++) {
        for (let dilation = 1; dilation <= (kernel > 1 ? 2 : 1); dilation++) {
          for (let before = 0; before < spanOf(kernel, dilation); before++) {
            for (let after = 0; after < spanOf(kernel, dilation); after++) {
              const along = { size, kernel, stride, dilation, before, after };
              if (isAllowed(along)) yield along;
            }
          }
        }
      }
    }
  }
}

/** Whether there is a window, and each has an element. */
export function isAllowed({ size, kernel, stride, dilation, before, after }: Along): boolean {
  let count = 0;
  for (let start = -before; start + spanOf(kernel, dilation) <= size + after; start += stride) {
    const taps = Array.from({ length: kernel }, (_, t) => start + t * dilation);
    if (!taps.some((tap) => tap >= 0 && tap < size)) return false;
    count += 1;
  }
  return count > 0;
}
