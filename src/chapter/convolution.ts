/**
 * The layers of chapter 7: `Convolution` and `Pooling` of the book's common folder. Images come as
 * [N, C, H, W], as in the book; between the two layers they are [N, H, W, C], as the matrix product gives them.
 *
 *   convolution   im2col(x)·Wᵀ + b, of W [filters, C, filterSize, filterSize]
 *   pooling       the largest of each 2 × 2, and the channels in front again
 */

import { OptionError, ShapeError } from "../errors.ts";
import { checkSize } from "../nn/inputs.ts";
import { type LayerRecord, layerOf } from "../nn/layers/record.ts";
import { add } from "../ops/binary.ts";
import { operate } from "../ops/operation.ts";
import { product } from "../ops/product.ts";
import { reshape } from "../ops/rows.ts";
import { transpose } from "../ops/transpose.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { checkWindow, type Floats, im2col, onHost, placesOf } from "./im2col.ts";

type Convolution = {
  readonly kind: "chapter/convolution";
  readonly filterNum: number;
  readonly filterSize: number;
  readonly stride: number;
  readonly pad: number;
};

/** Filters that move over images. */
export function convolution(config: Omit<Convolution, "kind">): Convolution {
  return layerOf({ ...config, kind: "chapter/convolution" }, CONVOLUTION);
}

const CONVOLUTION: LayerRecord<Convolution> = {
  kind: "chapter/convolution",
  keys: { kind: 1, filterNum: 1, filterSize: 1, stride: 1, pad: 1 },
  check(option, { filterNum, filterSize, stride, pad }) {
    checkSize(`${option}: filterNum`, filterNum);
    checkWindow(option, { filterH: filterSize, filterW: filterSize, stride, pad });
  },
  parameters: ({ filterNum, filterSize }, [channels = 0]) => ({
    W: { shape: [filterNum, channels, filterSize, filterSize], start: 0 },
    b: { shape: [filterNum], start: 0 },
  }),
  forward(x, { filterNum, filterSize, stride, pad }, { parameter }) {
    const [n = 0, channels = 0, h = 0, w = 0] = x.shape;
    const [outH, outW] = [placesOf(h, filterSize, stride, pad), placesOf(w, filterSize, stride, pad)];
    const col = im2col(x, filterSize, filterSize, stride, pad);
    const rows = reshape(parameter("W"), [filterNum, channels * filterSize * filterSize]);
    return reshape(add(product(col, rows, "b"), parameter("b")), [n, outH, outW, filterNum]);
  },
};

type Pooling = { readonly kind: "chapter/pooling" };

/** The largest number of each 2 × 2; a last row or column that has no partner is left out. */
export function pooling(): Pooling {
  return layerOf({ kind: "chapter/pooling" }, POOL);
}

const POOL: LayerRecord<Pooling> = {
  kind: "chapter/pooling",
  keys: { kind: 1 },
  check() {},
  forward: (x) => transpose(operate(POOLING, [x], {}) as typeof x, { axes: [0, 3, 1, 2] }),
};

const POOLING: Operation = {
  name: "pooling",
  spec([x]) {
    const { dtype, shape } = x as Value;
    const [n = 0, h = 0, w = 0, c = 0] = shape;
    if (h < 2 || w < 2) throw new ShapeError("pooling", "x", "[N, H, W, C] of at least 2 × 2 places", show(shape));
    return { dtype, shape: [n, Math.floor(h / 2), Math.floor(w / 2), c] };
  },
  bind(call) {
    const { shape } = call.specs[0];
    return [onHost(call, (x, y) => pool(x, shape, y))];
  },
  gradient: (_, { operands: [x] }, dy) => operate(UNPOOLING, [x, dy], {}) as Expression<FloatType>,
};

/** The gradient of pooling: what comes to a square goes to its largest number, of equal ones the first. */
const UNPOOLING: Operation = {
  name: "unpooling",
  spec: ([x]) => ({ dtype: (x as Value).dtype, shape: (x as Value).shape }),
  bind(call) {
    const { specs, memory, at } = call;
    const view = () => memory.view(specs[1].dtype as FloatType, at[1].pointer, countOf(specs[1].shape));
    let dy = view();
    return [
      onHost(call, (x, dx) => {
        if (dy.buffer !== memory.buffer) dy = view();
        unpool(x, specs[0].shape, dy, dx);
      }),
    ];
  },
  gradient() {
    throw new OptionError("grad: pooling", "has no second gradient");
  },
};

/** y ← the largest numbers of the squares of x, [N, H, W, C]. */
function pool(x: Floats, [n = 0, h = 0, w = 0, c = 0]: Shape, y: Floats): void {
  const line = w * c;
  let to = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row + 2 <= h; row += 2) {
      for (let column = 0; column + 2 <= w; column += 2) {
        const start = (image * h + row) * line + column * c;
        for (let at = start; at < start + c; at++) {
          y[to++] = Math.max(x[at]!, x[at + c]!, x[at + line]!, x[at + line + c]!);
        }
      }
    }
  }
}

/** dx ← dy where the largest numbers are, else 0: by arithmetic, because branches would be guessed wrongly half of the time. */
function unpool(x: Floats, [n = 0, h = 0, w = 0, c = 0]: Shape, dy: Floats, dx: Floats): void {
  const line = w * c;
  dx.fill(0);
  let from = 0;
  for (let image = 0; image < n; image++) {
    for (let row = 0; row + 2 <= h; row += 2) {
      for (let column = 0; column + 2 <= w; column += 2) {
        const start = (image * h + row) * line + column * c;
        for (let at = start; at < start + c; at++) {
          const a = x[at]!;
          const b = x[at + c]!;
          const d = x[at + line]!;
          const e = x[at + line + c]!;
          const isLower = Number(Math.max(d, e) > Math.max(a, b));
          const isRight = isLower * Number(e > d) + (1 - isLower) * Number(b > a);
          dx[at + isLower * line + isRight * c] = dy[from++]!;
        }
      }
    }
  }
}
