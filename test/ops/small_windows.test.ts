/**
 * Every small size, stride, padding and dilation of what moves windows over images, with every gradient, against loops in
 * float64: poolings, other sizes, depthwise and transposed convolutions, sequences, and "same". Exactly on small integers.
 */
import * as assert from "uvu/assert";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { mul } from "../../src/ops/binary.ts";
import { conv1d, conv2d, convTranspose2d } from "../../src/ops/convolution.ts";
import { spanOf } from "../../src/ops/convolution_sizes.ts";
import { depthwiseConv2d } from "../../src/ops/depthwise.ts";
import { adaptiveAvgPool2d, avgPool2d, maxPool2d } from "../../src/ops/pooling.ts";
import { type ResizeOptions, resize } from "../../src/ops/resize.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { countOf, type Shape } from "../../src/tensor/layout.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { draws, EPS, FLOATS, integers } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import {
  type Along,
  type Array4,
  alongAxis,
  convolved,
  inputGradient,
  isAllowed,
  type Moves,
  weightsGradient,
} from "./convolution_oracle.ts";
import { mixtureOf } from "./resize_oracle.ts";

const engine = await loadEngine();
const test = leakFreeSuite("small windows", engine);

type Floats = Expression<FloatType>;
/** Around those of vectors of both types, and of panels. */
const CHANNELS = [1, 2, 3, 4, 5, 7, 8, 9, 16, 17] as const;

/** Small integers, another draw for each seed. */
function array(shape: Shape, seed: number): Array4 {
  return { shape, data: integers(countOf(shape), seed) };
}

/** f of these operands, and the gradient of Σ f · dy with respect to each. */
function computed(
  dtype: FloatType,
  f: (...operands: Floats[]) => Floats,
  operands: readonly Array4[],
  dy: (shape: Shape) => Array4,
): { readonly shape: Shape; readonly y: number[]; readonly gradients: number[][]; readonly dy: Array4 } {
  const tensors = operands.map(({ shape, data }) => tensor(engine, data, { shape, dtype }));
  const leaves = tensors.map((value) => expressionOf(value) as Floats);
  const y = f(...leaves);
  const factors = dy(y.shape);
  const weights = tensor(engine, factors.data, { shape: y.shape, dtype });
  const gradients = grad<FloatType>((...of) => sum(mul(f(...(of as Floats[])), weights)))(...leaves) as Expression[];
  const program = compile({ y, ...Object.fromEntries(gradients.map((gradient, i) => [`g${i}`, gradient])) });
  program.run();
  const outputs = program.outputs as Readonly<Record<string, { readonly data: ArrayLike<number> }>>;
  const of = (name: string) => Array.from(outputs[name]?.data ?? []);
  const got = { shape: y.shape, y: of("y"), gradients: gradients.map((_, i) => of(`g${i}`)), dy: factors };
  for (const owned of [program, weights, ...tensors]) owned.dispose();
  return got;
}

type Mixture = readonly (readonly [element: number, factor: number])[];

/** Of each output along an axis, the elements that it is made of. */
type Side = readonly Mixture[];

/** What is linear in each axis by itself: y and dx. */
function mixed(x: Array4, rows: Side, columns: Side, dy: Array4): { y: Float64Array; dx: Float64Array } {
  const [n = 0, h = 0, w = 0, c = 0] = x.shape;
  const [y, dx] = [new Float64Array(n * rows.length * columns.length * c), new Float64Array(x.data.length)];
  for (let k = 0; k < y.length; k++) {
    const [channel, pixel] = [k % c, Math.floor(k / c)];
    const [column, row] = [pixel % columns.length, Math.floor(pixel / columns.length) % rows.length];
    const image = Math.floor(pixel / columns.length / rows.length);
    for (const [i, t] of rows[row] ?? []) {
      for (const [j, u] of columns[column] ?? []) {
        const at = ((image * h + i) * w + j) * c + channel;
        y[k]! += t * u * x.data[at]!;
        dx[at]! += t * u * dy.data[k]!;
      }
    }
  }
  return { y, dx };
}

/** The elements of each window within the image. */
function windowsOf({ size, kernel, stride, before, after }: Along): number[][] {
  const windows: number[][] = [];
  for (let start = -before; start + kernel <= size + after; start += stride) {
    windows.push(Array.from({ length: kernel }, (_, t) => start + t).filter((at) => at >= 0 && at < size));
  }
  return windows;
}

const movesOf = (rows: Along, columns: Along, groups: number): Moves => ({
  stride: [rows.stride, columns.stride],
  dilation: [rows.dilation, columns.dilation],
  padding: [rows.before, columns.after, rows.after, columns.before],
  groups,
});

const ALL = [...alongAxis()];
const POOLS = ALL.filter(
  ({ kernel, dilation, before, after }) => dilation === 1 && 2 * Math.max(before, after) <= kernel,
);

for (const dtype of FLOATS) {
  test(`poolings: every size, window, stride and padding, with both ways of counting, ${dtype}`, () => {
    const draw = draws(1);
    assert.ok(POOLS.length > 100, `${POOLS.length} cases`);
    const round = dtype === "float32" ? Math.fround : (value: number) => value;
    for (const [i, rows] of POOLS.entries()) {
      const columns = POOLS[Math.floor(draw() * POOLS.length)]!;
      const shape = [1 + (i % 2), rows.size, columns.size, CHANNELS[i % CHANNELS.length]!];
      const label = `${dtype} ${shape} ${JSON.stringify([rows, columns])}`;
      const { stride, padding } = movesOf(rows, columns, 1);
      const size = [rows.kernel, columns.kernel] as const;
      const x = array(shape, i);
      const [down, across] = [windowsOf(rows), windowsOf(columns)];
      const c = shape[3]!;

      const max = computed(
        dtype,
        (v) => maxPool2d(v!, size, { stride, padding }),
        [x],
        (of) => array(of, i + 1),
      );
      assert.equal(max.shape, [shape[0], down.length, across.length, c], label);
      const [y, dx] = [new Float64Array(max.y.length), new Float64Array(x.data.length)];
      for (let k = 0; k < y.length; k++) {
        const pixel = Math.floor(k / c);
        const [column, row] = [pixel % across.length, Math.floor(pixel / across.length) % down.length];
        const image = Math.floor(pixel / across.length / down.length);
        let top = -1;
        for (const p of down[row]!) {
          for (const q of across[column]!) {
            const at = ((image * rows.size + p) * columns.size + q) * c + (k % c);
            if (top < 0 || x.data[at]! > x.data[top]!) top = at;
          }
        }
        y[k] = x.data[top]!;
        dx[top]! += max.dy.data[k]!;
      }
      assertEqual(max.y, y, `max, ${label}`);
      assertEqual(max.gradients[0]!, dx, `max gradient, ${label}`);

      for (const countIncludePad of [true, false]) {
        const f = (v: Floats) => avgPool2d(v, size, { stride, padding, countIncludePad });
        const avg = computed(dtype, f as (...of: Floats[]) => Floats, [x], (of) => array(of, i + 2));
        const ones = (windows: number[][]): Side => windows.map((window) => window.map((at) => [at, 1] as const));
        const counts = Array.from({ length: y.length }, (_, k) => {
          const pixel = Math.floor(k / c);
          const [column, row] = [pixel % across.length, Math.floor(pixel / across.length) % down.length];
          return countIncludePad ? size[0] * size[1] : down[row]!.length * across[column]!.length;
        });
        const sums = mixed(x, ones(down), ones(across), avg.dy);
        assertEqual(
          avg.y,
          sums.y.map((value, k) => round(value / counts[k]!)),
          `avg ${countIncludePad}, ${label}`,
        );
        const shares = { ...avg.dy, data: avg.dy.data.map((value, k) => value / counts[k]!) };
        const spread = mixed(x, ones(down), ones(across), shares).dx;
        assertWithin(avg.gradients[0]!, spread, () => 40 * 9 * EPS[dtype], `avg gradient ${countIncludePad}, ${label}`);
      }
    }
  });

  test(`adaptive means and other sizes: every size of up to 6 to every size of up to 7, ${dtype}`, () => {
    const draw = draws(2);
    const below = (n: number) => Math.floor(draw() * n);
    const modes: readonly ResizeOptions[] = [{}, { mode: "bilinear" }, { mode: "bilinear", alignCorners: true }];
    for (let size = 1; size <= 6; size++) {
      for (let outputs = 1; outputs <= 7; outputs++) {
        const across = [1 + below(6), 1 + below(7)] as const;
        const c = CHANNELS[(size * 7 + outputs) % CHANNELS.length]!;
        const x = array([2, size, across[0], c], size * 7 + outputs);
        const label = `${dtype} ${x.shape} to ${outputs}, ${across[1]}`;
        const check = (f: (v: Floats) => Floats, side: (size: number, outputs: number) => Side, what: string) => {
          const got = computed(dtype, f as (...of: Floats[]) => Floats, [x], (of) => array(of, outputs));
          assert.equal(got.shape, [2, outputs, across[1], c], label);
          const { y, dx } = mixed(x, side(size, outputs), side(...across), got.dy);
          assertWithin(got.y, y, () => 40 * EPS[dtype], `${what}, ${label}`);
          assertWithin(got.gradients[0]!, dx, () => 4 * 49 * 4 * EPS[dtype], `gradient of ${what}, ${label}`);
        };
        check((v) => adaptiveAvgPool2d(v, [outputs, across[1]]), adaptiveSide, "adaptive mean");
        for (const options of modes) {
          const side = (from: number, to: number) => resizeSide(from, to, options);
          check((v) => resize(v, [outputs, across[1]], options), side, JSON.stringify(options));
        }
      }
    }
  });

  test(`depthwise convolutions: every size, kernel, stride, padding and dilation, ${dtype}`, () => {
    const draw = draws(3);
    for (const [i, rows] of ALL.entries()) {
      const columns = ALL[Math.floor(draw() * ALL.length)]!;
      const [c, multiplier] = [CHANNELS[i % CHANNELS.length]!, 1 + (i % 3)];
      const moves = movesOf(rows, columns, c);
      const x = array([1 + (i % 2), rows.size, columns.size, c], i);
      const w = array([rows.kernel, columns.kernel, c, multiplier], i + 1);
      const b = array([c * multiplier], i + 2);
      const { stride, dilation, padding } = moves;
      const f = (...[image, kernel, bias]: Floats[]) =>
        depthwiseConv2d(image!, kernel!, { stride, dilation, padding, bias: bias! });
      // A convolution with a group for each channel.
      const grouped = { shape: [rows.kernel, columns.kernel, 1, c * multiplier], data: w.data };
      check(dtype, f, { x, w: grouped, given: [x, w, b], b, moves, label: `${multiplier} ${JSON.stringify(moves)}` });
    }
  });

  test(`convolutions with "same" are those with the padding of TensorFlow, for every stride and dilation, ${dtype}`, () => {
    for (let size = 1; size <= 7; size++) {
      for (let kernel = 1; kernel <= 4; kernel++) {
        for (let stride = 1; stride <= 3; stride++) {
          for (let dilation = 1; dilation <= (kernel > 1 ? 3 : 1); dilation++) {
            const count = Math.ceil(size / stride);
            const all = Math.max((count - 1) * stride + spanOf(kernel, dilation) - size, 0);
            const [before, after] = [Math.floor(all / 2), Math.ceil(all / 2)];
            const along = { size, kernel, stride, dilation, before, after };
            if (!isAllowed(along)) continue;
            const moves = movesOf(along, along, 2);
            const x = array([2, size, size, 4], size);
            const w = array([kernel, kernel, 2, 6], kernel);
            const b = array([6], stride);
            const options = { stride, dilation, padding: "same", groups: 2 } as const;
            const f = (...[image, of, bias]: Floats[]) => conv2d(image!, of!, { ...options, bias: bias! });
            check(dtype, f, { x, w, given: [x, w, b], b, moves, label: JSON.stringify(along) });
            assert.is(convolved(x, w, moves).shape[1], count);
          }
        }
      }
    }
  });

  test(`sequences: every length, kernel, stride, padding, dilation and some groups, ${dtype}`, () => {
    for (const [i, along] of ALL.entries()) {
      const { size, kernel, stride, dilation, before, after } = along;
      const [c, outputs, groups] = (
        [
          [1, 3, 1],
          [4, 4, 2],
          [3, 6, 3],
          [5, 2, 1],
        ] as const
      )[i % 4]!;
      const one: Along = { size: 1, kernel: 1, stride: 1, dilation: 1, before: 0, after: 0 };
      const x = array([2, 1, size, c], i);
      const w = array([1, kernel, c / groups, outputs], i + 1);
      const b = array([outputs], i + 2);
      const given = [{ ...x, shape: [2, size, c] }, { ...w, shape: [kernel, c / groups, outputs] }, b];
      const f = (...[sequence, of, bias]: Floats[]) =>
        conv1d(sequence!, of!, { stride, dilation, padding: [before, after], groups, bias: bias! });
      check(dtype, f, { x, w, given, b, moves: movesOf(one, along, groups), label: JSON.stringify(along) });
    }
  });

  test(`transposed convolutions: every size, kernel, stride, padding, dilation and output padding, ${dtype}`, () => {
    const draw = draws(4);
    const cases = ALL.flatMap((along) => Array.from({ length: along.stride }, (_, end) => ({ ...along, end }))).filter(
      ({ end, ...along }) => isAllowed({ ...along, size: sizeBefore(along, end) }),
    );
    assert.ok(cases.length > 500, `${cases.length} cases`);
    for (const [i, rows] of cases.entries()) {
      const columns = cases[Math.floor(draw() * cases.length)]!;
      const [c, outputs, groups] = (
        [
          [1, 2, 1],
          [4, 6, 2],
          [3, 3, 3],
          [5, 4, 1],
          [8, 9, 1],
        ] as const
      )[i % 5]!;
      const moves = movesOf(rows, columns, groups);
      const { stride, dilation, padding } = moves;
      const x = array([1 + (i % 2), rows.size, columns.size, c], i);
      const w = array([rows.kernel, columns.kernel, outputs / groups, c], i + 1);
      const b = array([outputs], i + 2);
      const outputPadding = [rows.end, columns.end] as const;
      const label = `${dtype} ${x.shape} ${w.shape} ${JSON.stringify({ moves, outputPadding })}`;
      const f = (...[image, kernel, bias]: Floats[]) =>
        convTranspose2d(image!, kernel!, { stride, dilation, padding, outputPadding, groups, bias: bias! });
      const { shape, y, gradients, dy } = computed(dtype, f, [x, w, b], (of) => array(of, i + 3));
      const [high, wide] = [sizeBefore(rows, rows.end), sizeBefore(columns, columns.end)];
      assert.equal(shape, [x.shape[0], high, wide, outputs], label);
      const want = inputGradient(shape, w, x, moves);
      assertEqual(
        y,
        want.data.map((value, k) => value + b.data[k % outputs]!),
        `y, ${label}`,
      );
      assertEqual(gradients[0]!, convolved(dy, w, moves).data, `dx, ${label}`);
      assertEqual(gradients[1]!, weightsGradient(dy, w.shape, x, moves).data, `dw, ${label}`);
      assertEqual(gradients[2]!, columnSums(dy.data, outputs), `db, ${label}`);
    }
  });
}

/** The image of which a convolution makes `size` outputs, with so many rows behind its last window. */
function sizeBefore({ size, kernel, stride, dilation, before, after }: Along, end: number): number {
  return (size - 1) * stride + spanOf(kernel, dilation) + end - before - after;
}

type Checked = {
  readonly x: Array4;
  readonly w: Array4;
  readonly b: Array4;
  /** The same, in the shapes that f takes. */
  readonly given: readonly Array4[];
  readonly moves: Moves;
  readonly label: string;
};

/** A convolution and its three gradients, against the oracle's. */
function check(dtype: FloatType, f: (...of: Floats[]) => Floats, { x, w, b, given, moves, label }: Checked): void {
  const want = convolved(x, w, moves);
  const outputs = b.data.length;
  const { y, gradients, dy } = computed(dtype, f, given, (of) => array(of, 9));
  const shaped = { shape: want.shape, data: dy.data };
  assertEqual(
    y,
    want.data.map((value, k) => value + b.data[k % outputs]!),
    `y, ${dtype} ${label}`,
  );
  assertEqual(gradients[0]!, inputGradient(x.shape, w, shaped, moves).data, `dx, ${dtype} ${label}`);
  assertEqual(gradients[1]!, weightsGradient(x, w.shape, shaped, moves).data, `dw, ${dtype} ${label}`);
  assertEqual(gradients[2]!, columnSums(dy.data, outputs), `db, ${dtype} ${label}`);
}

function columnSums(values: Float64Array, columns: number): Float64Array {
  const sums = new Float64Array(columns);
  for (const [i, value] of values.entries()) sums[i % columns]! += value;
  return sums;
}

/** Window i of n has the elements from ⌊i · size / n⌋ to before ⌈(i + 1) · size / n⌉. */
function adaptiveSide(size: number, outputs: number): Side {
  return Array.from({ length: outputs }, (_, i): Mixture => {
    const [from, to] = [Math.floor((i * size) / outputs), Math.ceil(((i + 1) * size) / outputs)];
    return Array.from({ length: to - from }, (_, at) => [from + at, 1 / (to - from)] as const);
  });
}

function resizeSide(size: number, outputs: number, options: ResizeOptions): Side {
  return Array.from({ length: outputs }, (_, i) => mixtureOf(i, size, outputs, options));
}

test.run();
