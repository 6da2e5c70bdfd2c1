/** Convolutions against loops over every number: exactly on small integers, all small sizes. */
import * as assert from "uvu/assert";
import { describeProgram } from "../../src/autodiff/describe.ts";
import { grad, valueAndGrad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DisposedError, DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { affine } from "../../src/ops/affine.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { type Conv1dOptions, conv1d, conv2d, convTranspose2d } from "../../src/ops/convolution.ts";
import { type Padding, samePadding, spanOf } from "../../src/ops/convolution_sizes.ts";
import { relu, sigmoid, square, tanh } from "../../src/ops/elementwise.ts";
import { matmul } from "../../src/ops/matmul.ts";
import { reshape } from "../../src/ops/rows.ts";
import { sum } from "../../src/ops/sum.ts";
import { input } from "../../src/tensor/expression.ts";
import { countOf, type Shape } from "../../src/tensor/layout.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";
import {
  type Array4,
  alongAxis,
  convolved,
  inputGradient,
  isAllowed,
  type Moves,
  weightsGradient,
  zeros4,
} from "./convolution_oracle.ts";

const engine = await loadEngine();
const test = leakFreeSuite("convolution", engine);

/** Small integers, whose sums are exact. */
function integers(shape: Shape, draw: () => number): Array4 {
  const x = zeros4(shape);
  for (let i = 0; i < x.data.length; i++) x.data[i] = Math.floor(9 * draw()) - 4;
  return x;
}

function ones(shape: Shape): Tensor<"float32"> {
  return tensor(engine, new Float32Array(countOf(shape)).fill(1), { shape });
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

/** Sizes that are computed by Winograd's algorithm: 3 × 3 taps, stride 1, 32 channels or more. */
for (const dtype of FLOATS) {
  test(`tiles of two by two outputs, at odd edges, in several blocks and with sums that are cut, ${dtype}`, () => {
    const draw = draws(22);
    const plain: Moves = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 };
    for (const [x, outputs, padding] of [
      [[2, 4, 4, 32], 32, [1, 1, 1, 1]],
      [[3, 5, 7, 40], 48, [1, 1, 1, 1]],
      [[1, 6, 9, 32], 40, [0, 0, 0, 0]],
      [[2, 5, 4, 32], 32, [2, 0, 1, 2]],
      [[2, 5, 4, 32], 32, [0, 2, 2, 1]],
      [[33, 4, 4, 32], 32, [1, 1, 1, 1]], // 132 tiles
      [[1, 24, 23, 32], 32, [1, 1, 1, 1]], // 144 tiles of one image
      [[1, 4, 5, 264], 32, [1, 1, 1, 1]],
      [[2, 5, 5, 32], 520, [1, 1, 1, 1]],
    ] as const) {
      const moves: Moves = { ...plain, padding };
      compare(dtype, { x, w: [3, 3, x[3], outputs], moves, padding }, draw);
    }
  });

  test(`by tiles, the error is at most three times that of the sums, ${dtype}`, () => {
    const moves: Moves = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 };
    for (const [channels, outputs] of [
      [32, 32],
      [64, 64],
      [128, 32],
    ] as const) {
      // One output more is no multiple of a panel, and sums are made term by term.
      const x = { shape: [2, 8, 8, channels], data: reals(128 * channels, 23, dtype) };
      const w = { shape: [3, 3, channels, outputs + 1], data: reals(9 * channels * (outputs + 1), 24, dtype) };
      const want = convolved(x, w, moves);
      const isLive = (i: number) => i % (outputs + 1) < outputs;
      using tx = tensor(engine, x.data, { shape: x.shape, dtype });
      using all = tensor(engine, w.data, { shape: w.shape, dtype });
      using most = tensor(
        engine,
        w.data.filter((_, i) => isLive(i)),
        { shape: [3, 3, channels, outputs], dtype },
      );
      using sums = conv2d(tx, all, { padding: 1 });
      using tiles = conv2d(tx, most, { padding: 1 });
      const exact = want.data.filter((_, i) => isLive(i));
      const direct = [...sums.data].filter((_, i) => isLive(i));
      const distance = (got: ArrayLike<number>) =>
        Math.hypot(...exact.map((value, i) => value - got[i]!)) / Math.hypot(...exact);
      const [byTiles, bySums] = [distance(tiles.data), distance(direct)];
      assert.ok(byTiles > 0 && byTiles <= 3 * bySums, `${byTiles} and ${bySums} of ${channels} channels`);
      assert.ok(byTiles <= 8 * EPS[dtype], `${byTiles} of ${channels} channels`);
    }
  });

  test(`by tiles, NaN reaches at least the outputs that see it, and nothing beyond its tiles, ${dtype}`, () => {
    const moves: Moves = { stride: [1, 1], dilation: [1, 1], padding: [1, 1, 1, 1], groups: 1 };
    for (const hard of [Number.NaN, Number.POSITIVE_INFINITY]) {
      const x = { shape: [2, 7, 8, 32], data: reals(2 * 56 * 32, 25, dtype) };
      const w = { shape: [3, 3, 32, 32], data: reals(9 * 32 * 32, 26, dtype) };
      const clean = convolved(x, w, moves);
      x.data[(3 * 8 + 4) * 32 + 5] = hard;
      const want = convolved(x, w, moves);
      using tx = tensor(engine, x.data, { shape: x.shape, dtype });
      using tw = tensor(engine, w.data, { shape: w.shape, dtype });
      using y = conv2d(tx, tw, { padding: 1 });
      const columns = y.data;
      for (const [i, value] of want.data.entries()) {
        const [p, q] = [Math.floor(i / 256) % 7, Math.floor(i / 32) % 8];
        if (!Number.isFinite(value)) assert.not(Number.isFinite(columns[i]), `${hard}: [${i}]`);
        const isBeside = i < 56 * 32 && p >= 2 && p < 6 && q >= 2 && q < 6;
        if (isBeside) continue;
        assert.ok(Math.abs(columns[i]! - clean.data[i]!) < 1e-3, `${hard}: [${i}] is ${columns[i]}`);
      }
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

for (const dtype of FLOATS) {
  test(`the bits of a product with the matrix of windows, whose sums are cut where gemm cuts them, ${dtype}`, () => {
    for (const [h, c, oc, padding, dilation] of [
      [6, 3, 16, 1, 1],
      [5, 40, 30, 1, 1],
      [7, 33, 6, 0, 2],
      [4, 90, 17, 1, 1],
    ] as const) {
      const size = h + 2 * padding - 2 * dilation;
      const images = reals(2 * h * h * c, 11, dtype);
      const columns: number[] = [];
      for (let position = 0; position < 2 * size * size; position++) {
        const [image, p, q] = [Math.floor(position / size / size), Math.floor(position / size) % size, position % size];
        for (let tap = 0; tap < 9; tap++) {
          const row = p + Math.floor(tap / 3) * dilation - padding;
          const pixel = q + (tap % 3) * dilation - padding;
          const isInside = row >= 0 && row < h && pixel >= 0 && pixel < h;
          for (let e = 0; e < c; e++) columns.push(isInside ? images[((image * h + row) * h + pixel) * c + e]! : 0);
        }
      }
      using x = tensor(engine, images, { shape: [2, h, h, c], dtype });
      using w = tensor(engine, reals(9 * c * oc, 12, dtype), { shape: [3, 3, c, oc], dtype });
      using b = tensor(engine, reals(oc, 13, dtype), { dtype });
      using windows = tensor(engine, columns, { shape: [2 * size * size, 9 * c], dtype });
      using flat = reshape(w, [9 * c, oc]);
      using product = affine(windows, flat, b, { activation: "relu" });
      using y = conv2d(x, w, { bias: b, padding, dilation });
      using positive = relu(y);
      assertSame(positive.data, product.data, `${h} ${c} ${oc}`);
      using plain = matmul(windows, flat);
      using without = conv2d(x, w, { padding, dilation });
      assertSame(without.data, plain.data, `${h} ${c} ${oc} without bias`);
    }
  });

  test(`real numbers are within the bound of their sums, ${dtype}`, () => {
    const moves: Moves = { stride: [2, 1], dilation: [1, 2], padding: [1, 2, 1, 2], groups: 2 };
    const [x, w] = [
      { shape: [3, 12, 11, 20], data: reals(3 * 12 * 11 * 20, 14, dtype) },
      { shape: [3, 3, 10, 14], data: reals(9 * 10 * 14, 15, dtype) },
    ];
    const sizes = (a: Array4): Array4 => ({ shape: a.shape, data: a.data.map(Math.abs) });
    const y = convolved(x, w, moves);
    const dy = { shape: y.shape, data: reals(y.data.length, 16, dtype) };
    const { stride, dilation, padding, groups } = moves;
    using tx = tensor(engine, x.data, { shape: x.shape, dtype });
    using tw = tensor(engine, w.data, { shape: w.shape, dtype });
    using td = tensor(engine, dy.data, { shape: dy.shape, dtype });
    using ty = conv2d(tx, tw, { stride, dilation, padding, groups });
    const near = (got: ArrayLike<number>, want: Array4, bound: Array4, terms: number, label: string) => {
      for (const [i, value] of want.data.entries()) {
        const error = Math.abs(got[i]! - value);
        assert.ok(error <= (terms + 2) * EPS[dtype] * bound.data[i]!, `${label}[${i}] is ${got[i]}, expected ${value}`);
      }
    };
    near(ty.data, y, convolved(sizes(x), sizes(w), moves), 90, "y");
    const gradients = grad<FloatType>((a, b) => sum(mul(conv2d(a!, b!, { stride, dilation, padding, groups }), td)))(
      tx,
      tw,
    );
    const [dx, dw] = gradients;
    near(dx!.data, inputGradient(x.shape, w, dy, moves), inputGradient(x.shape, sizes(w), sizes(dy), moves), 63, "dx");
    near(
      dw!.data,
      weightsGradient(x, w.shape, dy, moves),
      weightsGradient(sizes(x), w.shape, sizes(dy), moves),
      250,
      "dw",
    );
    for (const gradient of gradients) gradient.dispose();
  });

  test(`a sequence is an image of one row, ${dtype}`, () => {
    const draw = draws(17);
    for (const [length, kernel, channels, outputs, options] of [
      [5, 3, 2, 3, {}],
      [6, 2, 4, 6, { stride: 2, groups: 2 }],
      [7, 3, 1, 9, { padding: [2, 1], dilation: 2 }],
      [7, 3, 3, 2, { padding: "same", stride: 2 }],
    ] as const) {
      const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options as Conv1dOptions<never>;
      const own = channels / groups;
      const [x, w, b] = [
        integers([2, length, channels], draw),
        integers([kernel, own, outputs], draw),
        integers([outputs], draw),
      ];
      using tx = tensor(engine, x.data, { shape: x.shape, dtype });
      using tw = tensor(engine, w.data, { shape: w.shape, dtype });
      using tb = tensor(engine, b.data, { shape: b.shape, dtype });
      using image = reshape(tx, [2, 1, length, channels]);
      using plane = reshape(tw, [1, kernel, own, outputs]);
      const sides =
        typeof padding === "object" ? ([0, padding[1], 0, padding[0]] as const) : padding === 0 ? 0 : padding;
      const moves = { stride: [1, stride], dilation: [1, dilation], padding: sides, groups } as const;
      using y = conv1d(tx, tw, { ...options, bias: tb });
      using want = conv2d(image, plane, { ...moves, bias: tb });
      assert.equal(y.shape, [2, want.shape[2], outputs]);
      assertSame(y.data, want.data, JSON.stringify(options));
      const f = grad<FloatType>((a, c) => sum(square(conv1d(a!, c!, options as Conv1dOptions<never>))));
      const g = grad<FloatType>((a, c) => sum(square(conv2d(a!, c!, moves))));
      const [ours, theirs] = [f(tx, tw), g(image, plane)];
      for (const [i, gradient] of ours.entries()) {
        assert.equal(gradient.shape, [tx.shape, tw.shape][i]);
        assertSame(gradient.data, theirs[i]!.data, `gradient ${i} of ${JSON.stringify(options)}`);
      }
      for (const gradient of [...ours, ...theirs]) gradient.dispose();
    }
  });

  test(`the transposed convolution is the gradient of a convolution's input, ${dtype}`, () => {
    const draw = draws(18);
    for (const { size, kernel, stride, dilation, before, after } of alongAxis()) {
      const span = spanOf(kernel, dilation);
      const columns = (size - 1) * 2 + 3 - 1;
      for (let end = 0; end < stride; end++) {
        const rows = (size - 1) * stride + span + end - before - after;
        const isPart = rows > 0 && isAllowed({ size: rows, kernel, stride, dilation, before, after });
        if (!isPart) continue;
        const moves: Moves = {
          stride: [stride, 2],
          dilation: [dilation, 1],
          padding: [before, 1, after, 0],
          groups: 2,
        };
        const [x, w] = [integers([2, size, size, 4], draw), integers([kernel, 3, 3, 4], draw)];
        const want = inputGradient([2, rows, columns, 6], w, x, moves);
        using tx = tensor(engine, x.data, { shape: x.shape, dtype });
        using tw = tensor(engine, w.data, { shape: w.shape, dtype });
        using y = convTranspose2d(tx, tw, { ...moves, outputPadding: [end, 0] });
        assert.equal(y.shape, want.shape);
        assertSame(y.data, want.data, `${JSON.stringify({ size, kernel, moves, end })}`);
      }
    }
  });
}

test('a transposed convolution with "same" gives the stride times as many pixels, and a bias is added', () => {
  for (const [kernel, stride] of [
    [3, 2],
    [2, 2],
    [2, 3],
    [4, 2],
    [3, 1],
  ] as const) {
    using x = ones([1, 3, 4, 2]);
    using w = ones([kernel, kernel, 5, 2]);
    using b = tensor(engine, [1, 2, 3, 4, 5]);
    using y = convTranspose2d(x, w, { stride, padding: "same" });
    using biased = convTranspose2d(x, w, { stride, padding: "same", bias: b });
    assert.equal(y.shape, [1, 3 * stride, 4 * stride, 5]);
    using want = add(y, b);
    assertSame(biased.data, want.data, "bias");
    // It is the gradient of a convolution with "same".
    using images = ones(y.shape);
    using w2 = reshape(w, [kernel, kernel, 5, 2]);
    using back = conv2d(images, w2, { stride, padding: "same" });
    assert.equal(back.shape, x.shape);
  }
});

test("nothing is computed of no images, and of no channels the bias alone", () => {
  using none = zeros(engine, [0, 3, 3, 2]);
  using w = ones([2, 2, 2, 3]);
  using y = conv2d(none, w);
  assert.equal(y.shape, [0, 2, 2, 3]);
  using x = zeros(engine, [1, 3, 3, 0]);
  using empty = zeros(engine, [2, 2, 0, 3]);
  using b = tensor(engine, [1, 2, 3]);
  using z = conv2d(x, empty, { bias: b });
  assert.equal(z.toArray(), [
    [
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    ],
  ]);
});

test("in a program an activation becomes part of the convolution, with the same bits", () => {
  const x = input(engine, [2, 5, 5, 3], { name: "x" });
  using w = tensor(engine, reals(9 * 3 * 6, 19, "float32"), { shape: [3, 3, 3, 6], dtype: "float32" });
  using b = tensor(engine, reals(6, 20, "float32"), { dtype: "float32" });
  for (const [name, f] of [
    ["relu", relu],
    ["tanh", tanh],
    ["sigmoid", sigmoid],
  ] as const) {
    using program = compile({ y: f(conv2d(x, w, { bias: b, padding: 1 })) });
    assert.match(describeProgram(program), new RegExp(`conv2d \\(${name}\\)`));
    const values = reals(2 * 5 * 5 * 3, 21, "float32");
    program.inputs["x"]!.set(values);
    program.run();
    using tx = tensor(engine, values, { shape: [2, 5, 5, 3], dtype: "float32" });
    using z = conv2d(tx, w, { bias: b, padding: 1 });
    using want = f(z);
    assertSame(program.outputs.y.data, want.data, name);
  }
});

test("what is refused is named, with both shapes and the arithmetic", () => {
  using x = zeros(engine, [1, 5, 6, 4]);
  using w = zeros(engine, [3, 3, 4, 8]);
  using tall = zeros(engine, [7, 3, 4, 8]);
  using other = zeros(engine, [3, 3, 3, 8]);
  using b = zeros(engine, [7]);
  using flat = zeros(engine, [5, 6, 4]);
  using turned = zeros(engine, [3, 3, 8, 4]);
  using long = zeros(engine, [9, 4, 8]);
  using double = zeros(engine, [3, 3, 4, 8], { dtype: "float64" });
  const refused: readonly (readonly [call: () => unknown, type: "shape" | "option" | "dtype", message: RegExp])[] = [
    [
      () => conv2d(x, tall),
      "shape",
      /^conv2d: x: .*w is \[7, 3, 4, 8\], found \[1, 5, 6, 4\]; height 5 with padding 0 is smaller than the kernel's 7$/,
    ],
    [
      () => conv2d(x, w, { dilation: 3 }),
      "shape",
      /height 5 with padding 0 is smaller than the kernel's 7 with dilation 3/,
    ],
    [
      () => conv2d(x, w, { padding: 3 }),
      "shape",
      /within the padding alone.*window 8 of the height has elements 5 to 7 of 5/,
    ],
    [() => conv2d(x, w, { padding: [0, 0, 0, 3] }), "shape", /window 0 of the width has elements -3 to -1 of 6/],
    [
      () => conv2d(x, other),
      "shape",
      /^conv2d: w: expected 4 channels \(axis 2\), as x has, which is \[1, 5, 6, 4\], found \[3, 3, 3, 8\]; 3 ≠ 4$/,
    ],
    [() => conv2d(x, w, { groups: 2 }), "shape", /expected 2 channels \(axis 2\), those of each of 2 groups of x/],
    [
      () => conv2d(x, w, { groups: 3 }),
      "option",
      /^conv2d: groups: expected a divisor of the 4 channels on the last axis of x, found 3$/,
    ],
    [() => conv2d(x, w, { bias: b }), "shape", /^conv2d: bias: expected \[8\], found \[7\]$/],
    [
      () => conv2d(flat, w),
      "shape",
      /^conv2d: x: expected 4 axes, images × height × width × channels, found \[5, 6, 4\]$/,
    ],
    [() => conv2d(x, double as never), "dtype", /^conv2d: w: expected dtype float32, found float64$/],
    [
      () => conv2d(x, w, { stride: 0 }),
      "option",
      /^conv2d: stride: expected positive integers, n or \[h, w\], found 0$/,
    ],
    [() => conv2d(x, w, { dilation: [1, 1.5] }), "option", /^conv2d: dilation/],
    [() => conv2d(x, w, { padding: -1 }), "option", /^conv2d: padding: expected "same", "valid", integers/],
    [() => conv2d(x, w, { padding: "full" as never }), "option", /^conv2d: padding/],
    [() => conv2d(x, w, { pading: 1 } as never), "option", /did you mean padding/],
    [() => conv1d(flat, long), "shape", /^conv1d: x: .*length 6 with padding 0 is smaller than the kernel's 9$/],
    [() => conv1d(flat, long, { stride: [1, 1] as never }), "option", /^conv1d: stride: expected a positive integer/],
    [
      () => convTranspose2d(x, w),
      "shape",
      /^convTranspose2d: w: expected 4 channels \(axis 3\), as x has, which is \[1, 5, 6, 4\], found \[3, 3, 4, 8\]; 8 ≠ 4$/,
    ],
    [
      () => convTranspose2d(x, turned, { stride: 2, outputPadding: 2 }),
      "option",
      /outputPadding: expected less than the stride, which is 2, 2, found 2/,
    ],
    [() => convTranspose2d(x, turned, { padding: 3 }), "shape", /a window of the height covers 3/],
    [
      () => convTranspose2d(x, turned, { padding: 4 }),
      "shape",
      /at least one pixel.*\(5 - 1\) · 1 \+ 3 with padding 8/,
    ],
  ];
  for (const [call, type, message] of refused) {
    const classes = { shape: ShapeError, option: OptionError, dtype: DTypeError };
    const error = assertThrows(call, classes[type] as typeof ShapeError, `${message}`);
    assert.match(error.message, message);
  }
});

test("sizes that kernels cannot count are refused before anything is allocated", () => {
  const lazy = (shape: Shape) => input(engine, shape, { name: "x" });
  const before = engine.stats().memoryBytes;
  const small = lazy([1, 1, 1, 1]);
  assert.match(
    assertThrows(() => conv2d(lazy([1, 40000, 40000, 1]), lazy([1, 1, 1, 2])), ShapeError, "result").message,
    /^conv2d: result: expected fewer than 2\^31 elements, found \[1, 40000, 40000, 2\]$/,
  );
  assertThrows(
    () => convTranspose2d(small, small, { stride: 2 ** 30, outputPadding: 2 ** 30 - 1 }),
    ShapeError,
    "transposed",
  );
  assertThrows(() => conv2d(lazy([1, 30000, 30000, 1]), lazy([3, 3, 1, 1]), { padding: 1 }), ShapeError, "scratch");
  assert.is(engine.stats().memoryBytes, before);
});

test("a transposed convolution whose bias was disposed of leaves nothing behind", () => {
  using x = zeros(engine, [1, 2, 2, 3]);
  using w = zeros(engine, [1, 2, 4, 3]);
  const bias = zeros(engine, [4]);
  bias.dispose();
  const before = engine.stats();
  for (const stride of [1, 2]) assertThrows(() => convTranspose2d(x, w, { bias, stride }), DisposedError, `${stride}`);
  assert.equal(engine.stats(), before);
});

test.run();
