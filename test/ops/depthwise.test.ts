/** depthwiseConv2d and its gradients against loops in float64; what is refused. */
import * as assert from "uvu/assert";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { depthwiseConv2d } from "../../src/ops/depthwise.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { countOf } from "../../src/tensor/layout.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, integers, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRefused } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("depthwise", engine);

type Four = readonly [number, number, number, number];
type Two = readonly [number, number];
type Case = {
  readonly x: Four;
  readonly w: Four;
  readonly stride: Two;
  readonly padding: Four;
  readonly dilation: Two;
};

/** Calls `each` with indices of x, w and y for every product of the sum, in order of y. */
function walk(
  { x: [n, h, w, c], w: [kh, kw, , m], ...of }: Case,
  each: (x: number, w: number, y: number) => void,
): Four {
  const [top, right, bottom, left] = of.padding;
  const oh = Math.floor((h + top + bottom - (kh - 1) * of.dilation[0] - 1) / of.stride[0]) + 1;
  const ow = Math.floor((w + left + right - (kw - 1) * of.dilation[1] - 1) / of.stride[1]) + 1;
  const channels = c * m;
  for (let image = 0; image < n; image++) {
    for (let i = 0; i < oh; i++) {
      for (let j = 0; j < ow; j++) {
        for (let k = 0; k < channels; k++) {
          const y = ((image * oh + i) * ow + j) * channels + k;
          for (let p = 0; p < kh; p++) {
            for (let q = 0; q < kw; q++) {
              const row = i * of.stride[0] - top + p * of.dilation[0];
              const column = j * of.stride[1] - left + q * of.dilation[1];
              if (row < 0 || row >= h || column < 0 || column >= w) continue;
              each(((image * h + row) * w + column) * c + Math.floor(k / m), (p * kw + q) * channels + k, y);
            }
          }
        }
      }
    }
  }
  return [n, oh, ow, channels];
}

const none = () => {};

const KERNELS: readonly Omit<Case, "x">[] = [
  { w: [3, 3, 0, 1], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [1, 1], padding: [2, 2, 2, 2], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [2, 2], padding: [1, 1, 1, 1], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [2, 1], padding: [1, 1, 1, 1], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [2, 2], padding: [0, 1, 1, 0], dilation: [1, 1] },
  { w: [3, 3, 0, 2], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] },
  { w: [3, 3, 0, 1], stride: [1, 1], padding: [2, 2, 2, 2], dilation: [2, 2] },
  { w: [3, 3, 0, 1], stride: [1, 1], padding: [2, 1, 2, 1], dilation: [2, 1] },
  { w: [2, 3, 0, 3], stride: [2, 3], padding: [1, 2, 0, 1], dilation: [2, 1] },
  { w: [5, 4, 0, 1], stride: [1, 2], padding: [2, 2, 2, 2], dilation: [1, 1] },
  { w: [1, 1, 0, 1], stride: [2, 3], padding: [0, 0, 0, 0], dilation: [1, 1] },
  { w: [2, 3, 0, 1], stride: [1, 1], padding: [0, 2, 0, 0], dilation: [1, 1] }, // the first column is that of no window's last tap
  { w: [3, 2, 0, 1], stride: [4, 2], padding: [2, 2, 2, 2], dilation: [2, 4] },
];
const IMAGES: readonly Four[] = [
  ...[1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 20, 33].map((c): Four => [2, 4, 5, c]),
  ...[1, 2, 3].flatMap((h) => [1, 2, 3, 6].map((w): Four => [1, h, w, 5])),
  [0, 5, 5, 4],
  [1, 5, 5, 0],
  [3, 7, 9, 4],
];

/** Every case whose windows all have an element of the image. */
function cases(): Case[] {
  return IMAGES.flatMap((x) =>
    KERNELS.map((kernel): Case => ({ ...kernel, x, w: [kernel.w[0], kernel.w[1], x[3], kernel.w[3]] })),
  ).filter((of) => {
    const alive = new Set<number>();
    const one: Case = { ...of, x: [1, of.x[1], of.x[2], 1], w: [of.w[0], of.w[1], 1, 1] };
    const shape = walk(one, (_, __, y) => alive.add(y));
    return shape[1] > 0 && shape[2] > 0 && alive.size === countOf(shape);
  });
}

for (const dtype of FLOATS) {
  test(`sums and the three gradients for every small shape, exactly on integers, ${dtype}`, () => {
    const all = cases();
    assert.ok(all.length > 150);
    for (const of of all) {
      const { x: shape, w: weights, stride, padding, dilation } = of;
      const label = JSON.stringify(of);
      const [x, w] = [integers(countOf(shape), 1 + shape[3]), integers(countOf(weights), 2)];
      const outputs = walk(of, none);
      const [b, dy] = [integers(outputs[3], 3), integers(countOf(outputs), 4)];
      const y = dy.map((_, i) => b[i % outputs[3]]!);
      const [dx, dw, db] = [x.map(() => 0), w.map(() => 0), b.map(() => 0)];
      for (const [i, d] of dy.entries()) db[i % outputs[3]]! += d;
      walk(of, (i, j, k) => {
        y[k]! += x[i]! * w[j]!;
        dx[i]! += dy[k]! * w[j]!;
        dw[j]! += dy[k]! * x[i]!;
      });
      const tensors = [
        tensor(engine, x, { shape, dtype }),
        tensor(engine, w, { shape: weights, dtype }),
        tensor(engine, b, { dtype }),
        tensor(engine, dy, { shape: outputs, dtype }),
      ] as const;
      const options = { stride, padding, dilation } as const;
      const leaves = tensors.slice(0, 3).map((value) => expressionOf(value) as Expression<typeof dtype>);
      const f = (...[image, kernel, bias]: Expression<typeof dtype>[]) =>
        depthwiseConv2d(image!, kernel!, { ...options, bias: bias! });
      const gradients = grad<typeof dtype>((...of) => sum(mul(f(...of), tensors[3])))(...leaves);
      const [gx, gw, gb] = gradients as [Expression, Expression, Expression];
      const program = compile({ y: f(...leaves), gx, gw, gb });
      program.run();
      assert.equal(program.outputs.y.shape, outputs, label);
      assertEqual(program.outputs.y.data, y, `y, ${label}`);
      assertEqual(program.outputs.gx.data, dx, `dx, ${label}`);
      assertEqual(program.outputs.gw.data, dw, `dw, ${label}`);
      assertEqual(program.outputs.gb.data, db, `db, ${label}`);
      const [image, kernel, bias] = tensors;
      const now = depthwiseConv2d(image, kernel, { ...options, bias });
      assertEqual(now.data, y, `tensors, ${label}`);
      for (const owned of [program, now, ...tensors]) owned.dispose();
    }
  });

  test(`sums are within their rounding of float64's, ${dtype}`, () => {
    const of: Case = { x: [2, 9, 11, 24], w: [3, 3, 24, 1], stride: [1, 1], padding: [1, 1, 1, 1], dilation: [1, 1] };
    const [x, w] = [reals(countOf(of.x), 1, dtype), reals(countOf(of.w), 2, dtype)];
    const outputs = walk(of, none);
    const [y, size] = [new Float64Array(countOf(outputs)), new Float64Array(countOf(outputs))];
    walk(of, (i, j, k) => {
      y[k]! += x[i]! * w[j]!;
      size[k]! += Math.abs(x[i]! * w[j]!);
    });
    const [image, kernel] = [tensor(engine, x, { shape: of.x, dtype }), tensor(engine, w, { shape: of.w, dtype })];
    const got = depthwiseConv2d(image, kernel, { padding: "same" });
    assertWithin(got.data, y, (i) => 11 * EPS[dtype] * size[i]!, "y");
    for (const owned of [image, kernel, got]) owned.dispose();
  });
}

test("padding is left out: infinite weights beyond the image make no NaN", () => {
  const [x, w] = [
    zeros(engine, [1, 1, 1, 1]),
    tensor(engine, new Float64Array(9).fill(Infinity), { shape: [3, 3, 1, 1], dtype: "float32" }),
  ];
  const one = tensor(engine, [1], { shape: [1, 1, 1, 1] });
  const y = depthwiseConv2d(one, w, { padding: 1 });
  assertEqual(y.data, [Infinity], "one tap");
  for (const owned of [x, w, one, y]) owned.dispose();
});

test("what does not fit is refused, by name", () => {
  const [x, w] = [zeros(engine, [1, 4, 4, 3]), zeros(engine, [3, 3, 3, 1])];
  const others = {
    matrix: zeros(engine, [4, 4]),
    channels: zeros(engine, [3, 3, 2, 1]),
    none: zeros(engine, [3, 3, 3, 0]),
    doubles: zeros(engine, [3, 3, 3, 1], { dtype: "float64" }),
    bias: zeros(engine, [2]),
    out: zeros(engine, [1, 4, 4, 3]),
  };
  const op = "depthwiseConv2d";
  assertRefused(() => depthwiseConv2d(others.matrix, w), ShapeError, { op, argument: "x", found: "[4, 4]" });
  assertRefused(() => depthwiseConv2d(x, others.matrix), ShapeError, { op, argument: "w", found: "[4, 4]" });
  assertRefused(() => depthwiseConv2d(x, others.channels), ShapeError, {
    op,
    argument: "w",
    expected: "[KH, KW, 3, M]",
  });
  assertRefused(() => depthwiseConv2d(x, others.none), ShapeError, { op, argument: "w", found: "[3, 3, 3, 0]" });
  assertRefused(() => depthwiseConv2d(x, others.doubles as never), DTypeError, { op, argument: "w" });
  assertRefused(() => depthwiseConv2d(x, w, { bias: others.bias }), ShapeError, {
    op,
    argument: "bias",
    expected: "[3]",
  });
  assertRefused(() => depthwiseConv2d(x, w, { out: others.out }), ShapeError, { op, argument: "out" });
  assertRefused(() => depthwiseConv2d(x, w, { stride: 0 }), OptionError, { option: `${op}: stride` });
  assertRefused(() => depthwiseConv2d(x, w, { dilation: 2 }), ShapeError, { op, argument: "x" });
  assertRefused(() => depthwiseConv2d(x, w, { padding: 5 }), ShapeError, { op, argument: "x" });
  const padding = [2 ** 30, 0, 2 ** 30, 0] as const;
  const huge = { padding, dilation: [2 ** 30, 1] } as const;
  assertRefused(() => depthwiseConv2d(x, w, huge), ShapeError, { op, argument: "padded x" });
  for (const owned of [x, w, ...Object.values(others)]) owned.dispose();
});

test.run();
