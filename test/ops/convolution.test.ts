/** Convolutions against loops over every number: exactly on small integers, all small sizes. */
import * as assert from "uvu/assert";
import { valueAndGrad } from "../../src/autodiff/grad.ts";
import { mul } from "../../src/ops/binary.ts";
import { conv1d, conv2d, convTranspose2d } from "../../src/ops/convolution.ts";
import { type Padding, samePadding, spanOf } from "../../src/ops/convolution_sizes.ts";
import { sum } from "../../src/ops/sum.ts";
import type { Shape } from "../../src/tensor/layout.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { type Array4, convolved, inputGradient, type Moves, weightsGradient, zeros4 } from "./convolution_oracle.ts";

const engine = await loadEngine();
const test = leakFreeSuite("convolution", engine);

/** Small integers, whose sums are exact. */
function integers(shape: Shape, draw: () => number): Array4 {
  const x = zeros4(shape);
  for (let i = 0; i < x.data.length; i++) x.data[i] = Math.floor(9 * draw()) - 4;
  return x;
}

type Case = { readonly x: Shape; readonly w: Shape; readonly moves: Moves; readonly padding: Padding };

/** Compares y and the three gradients with the oracle's. */
function compare(dtype: FloatType, { x, w, moves, padding }: Case, draw: () => number): void {
  const label = `${dtype} x ${x} w ${w} ${JSON.stringify(moves)} ${padding}`;
  const outputs = w[3] ?? 0;
  const [images, kernel, bias] = [integers(x, draw), integers(w, draw), integers([outputs], draw)];
  const y = convolved(images, kernel, moves);
  const dy = integers(y.shape, draw);
  const { stride, dilation, groups } = moves;
  const options = { stride, dilation, padding, groups };

  using tx = tensor(engine, images.data, { shape: x, dtype });
  using tw = tensor(engine, kernel.data, { shape: w, dtype });
  using tb = tensor(engine, bias.data, { shape: [outputs], dtype });
  using td = tensor(engine, dy.data, { shape: y.shape, dtype });
  using plain = conv2d(tx, tw, options);
  using biased = conv2d(tx, tw, { ...options, bias: tb });
  assert.equal(plain.shape, y.shape, label);
  assertSame(plain.data, y.data, `y of ${label}`);
  const sums = y.data.map((value, i) => value + (bias.data[i % outputs] ?? 0));
  assertSame(biased.data, sums, `y with bias of ${label}`);

  const loss = valueAndGrad<FloatType>((a, b, c) => sum(mul(conv2d(a!, b!, { ...options, bias: c! }), td)));
  const { value, gradients } = loss(tx, tw, tb);
  assert.is(
    value,
    sums.reduce((total, one, i) => total + one * (dy.data[i] ?? 0), 0),
    `loss of ${label}`,
  );
  const [dx, dw, db] = gradients;
  assertSame(dx!.data, inputGradient(x, kernel, dy, moves).data, `dx of ${label}`);
  assertSame(dw!.data, weightsGradient(images, w, dy, moves).data, `dw of ${label}`);
  const columns = new Float64Array(outputs);
  for (const [i, d] of dy.data.entries()) columns[i % outputs]! += d;
  assertSame(db!.data, columns, `db of ${label}`);
  for (const gradient of gradients) gradient.dispose();
}

function assertSame(got: ArrayLike<number>, want: ArrayLike<number>, label: string): void {
  assert.is(got.length, want.length, label);
  for (let i = 0; i < got.length; i++) {
    if (got[i] !== want[i]) assert.unreachable(`${label}: [${i}] is ${got[i]}, expected ${want[i]}`);
  }
}

type Along = { size: number; kernel: number; stride: number; dilation: number; before: number; after: number };

/** All small windows along an axis that are not refused. */
function* alongAxis(): Generator<Along> {
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
function isAllowed({ size, kernel, stride, dilation, before, after }: Along): boolean {
  let count = 0;
  for (let start = -before; start + spanOf(kernel, dilation) <= size + after; start += stride) {
    const taps = Array.from({ length: kernel }, (_, t) => start + t * dilation);
    if (!taps.some((tap) => tap >= 0 && tap < size)) return false;
    count += 1;
  }
  return count > 0;
}

const CHANNELS = [
  [1, 1, 1],
  [2, 3, 1],
  [1, 9, 1],
  [5, 2, 1],
  [4, 4, 2],
  [3, 6, 3],
  [2, 17, 1],
  [6, 4, 2],
] as const;

for (const dtype of FLOATS) {
  test(`all small sizes, strides, paddings and dilations, with every gradient, ${dtype}`, () => {
    const draw = draws(7);
    const all = [...alongAxis()];
    assert.ok(all.length > 400, `${all.length} cases`);
    for (const [i, rows] of all.entries()) {
      const columns = all[Math.floor(draw() * all.length)]!;
      const [channels, outputs, groups] = CHANNELS[i % CHANNELS.length]!;
      const moves: Moves = {
        stride: [rows.stride, columns.stride],
        dilation: [rows.dilation, columns.dilation],
        padding: [rows.before, columns.after, rows.after, columns.before],
        groups,
      };
      const x = [1 + (i % 3), rows.size, columns.size, channels];
      const w = [rows.kernel, columns.kernel, channels / groups, outputs];
      compare(dtype, { x, w, moves, padding: moves.padding }, draw);
    }
  });

  test(`channels on both sides of vectors and panels, and sums that are cut, ${dtype}`, () => {
    const draw = draws(8);
    const moves: Moves = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 };
    for (const outputs of [1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 33]) {
      for (const channels of [1, 3, 4, 16, 33]) {
        compare(dtype, { x: [2, 5, 4, channels], w: [3, 3, channels, outputs], moves, padding: 1 }, draw);
      }
    }
    compare(dtype, { x: [1, 4, 4, 70], w: [3, 3, 70, 20], moves, padding: "same" }, draw);
    compare(dtype, { x: [1, 3, 3, 10], w: [3, 3, 10, 300], moves, padding: "same" }, draw);
    compare(dtype, { x: [2, 19, 18, 3], w: [3, 3, 3, 10], moves, padding: 1 }, draw); // more than 256 positions
    compare(dtype, { x: [50, 4, 4, 2], w: [3, 3, 2, 6], moves, padding: 1 }, draw); // several images in 256 positions
    const strided: Moves = { ...moves, stride: [2, 3] };
    compare(dtype, { x: [3, 33, 34, 3], w: [3, 3, 3, 10], moves: strided, padding: 1 }, draw);
  });

  test(`a kernel of one pixel is a product of matrices, ${dtype}`, () => {
    const draw = draws(9);
    const moves: Moves = { stride: [1, 1], dilation: [1, 1], padding: [0, 0, 0, 0], groups: 1 };
    for (const [n, h, w, c, oc] of [
      [1, 1, 1, 1, 1],
      [2, 3, 5, 7, 9],
      [3, 4, 4, 32, 17],
    ] as const) {
      compare(dtype, { x: [n, h, w, c], w: [1, 1, c, oc], moves, padding: "valid" }, draw);
    }
  });
}

test('"same" pads as TensorFlow does: an odd element at the end', () => {
  assert.equal(samePadding(32, 3, 2), [0, 1]);
  assert.equal(samePadding(5, 3, 1), [1, 1]);
  assert.equal(samePadding(5, 2, 1), [0, 1]);
  assert.equal(samePadding(6, 1, 3), [0, 0]);
  const draw = draws(10);
  for (let size = 1; size < 8; size++) {
    for (let kernel = 1; kernel < 5; kernel++) {
      for (let stride = 1; stride < 4; stride++) {
        const [before, after] = samePadding(size, kernel, stride);
        if (!isAllowed({ size, kernel, stride, dilation: 1, before, after })) continue;
        const moves: Moves = {
          stride: [stride, stride],
          dilation: [1, 1],
          padding: [before, after, after, before],
          groups: 1,
        };
        using x = tensor(engine, integers([1, size, size, 2], draw).data, { shape: [1, size, size, 2] });
        using w = tensor(engine, integers([kernel, kernel, 2, 3], draw).data, { shape: [kernel, kernel, 2, 3] });
        using y = conv2d(x, w, { stride, padding: "same" });
        using z = conv2d(x, w, { stride, padding: moves.padding });
        assert.equal(y.shape, [1, Math.ceil(size / stride), Math.ceil(size / stride), 3]);
        assert.equal(y.toArray(), z.toArray());
      }
    }
  }
});

void [conv1d, convTranspose2d];
test.run();
