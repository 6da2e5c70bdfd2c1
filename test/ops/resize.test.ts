/** resize and its gradient against PyTorch's coordinates in float64, and some of its values; what is refused. */
import * as assert from "uvu/assert";
import { grad } from "../../src/autodiff/grad.ts";
import { compile } from "../../src/autodiff/program.ts";
import { DTypeError, OptionError, ShapeError } from "../../src/errors.ts";
import { mul } from "../../src/ops/binary.ts";
import { type ResizeOptions, resize } from "../../src/ops/resize.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { tensor, zeros } from "../../src/tensor/tensor.ts";
import { assertEqual, assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS, reals } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertRefused } from "../support/throws.ts";
import { mixtureOf } from "./resize_oracle.ts";

const engine = await loadEngine();
const test = leakFreeSuite("resize", engine);

const MODES: readonly ResizeOptions[] = [
  { mode: "nearest" },
  { mode: "bilinear", alignCorners: false },
  { mode: "bilinear", alignCorners: true },
];
const SIZES = [
  [2, 3],
  [5, 4],
  [1, 1],
  [7, 2],
  [3, 9],
] as const;

for (const dtype of FLOATS) {
  test(`every mode, larger and smaller, and its gradient, ${dtype}`, () => {
    for (const c of [1, 2, 3, 4, 5, 9]) {
      for (const [h, w] of [...SIZES, [1, 4] as const]) {
        for (const [oh, ow] of SIZES) {
          for (const options of MODES) {
            const label = `${[h, w, c]} to ${[oh, ow]}, ${JSON.stringify(options)}`;
            const values = reals(2 * h * w * c, 1, dtype);
            const dy = reals(2 * oh * ow * c, 2, dtype);
            const [y, dx] = [dy.map(() => 0), values.map(() => 0)];
            for (let k = 0; k < 2 * c; k++) {
              const [image, channel] = [Math.floor(k / c), k % c];
              for (let i = 0; i < oh; i++) {
                for (let j = 0; j < ow; j++) {
                  const to = ((image * oh + i) * ow + j) * c + channel;
                  for (const [row, t] of mixtureOf(i, h, oh, options)) {
                    for (const [column, u] of mixtureOf(j, w, ow, options)) {
                      const from = ((image * h + row) * w + column) * c + channel;
                      y[to]! += t * u * values[from]!;
                      dx[from]! += t * u * dy[to]!;
                    }
                  }
                }
              }
            }
            const x = tensor(engine, values, { shape: [2, h, w, c], dtype });
            const weights = tensor(engine, dy, { shape: [2, oh, ow, c], dtype });
            const leaf = expressionOf(x) as Expression<typeof dtype>;
            const f = (v: Expression<typeof dtype>) => resize(v, [oh, ow], options);
            const [gradient] = grad<typeof dtype>((v) => sum(mul(f(v as Expression<typeof dtype>), weights)))(leaf);
            const program = compile({ y: f(leaf), dx: gradient as Expression });
            program.run();
            assertWithin(program.outputs.y.data, y, () => 8 * EPS[dtype], `y, ${label}`);
            const most = Math.ceil(oh / h + 1) * Math.ceil(ow / w + 1) * 4;
            assertWithin(program.outputs.dx.data, dx, () => 4 * most * EPS[dtype], `dx, ${label}`);
            for (const owned of [x, weights, program]) owned.dispose();
          }
        }
      }
    }
  });
}

test("values of PyTorch", () => {
  const x = tensor(engine, [1, 2, 3, 4], { shape: [1, 2, 2, 1] });
  const results = MODES.map((options) => resize(x, options.alignCorners ? 3 : 4, options as object));
  assertEqual(results[0]!.data, [1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4], "nearest");
  const bilinear = [1, 1.25, 1.75, 2, 1.5, 1.75, 2.25, 2.5, 2.5, 2.75, 3.25, 3.5, 3, 3.25, 3.75, 4];
  assertEqual(results[1]!.data, bilinear, "bilinear");
  assertEqual(results[2]!.data, [1, 1.5, 2, 2, 2.5, 3, 3, 3.5, 4], "corners aligned");
  for (const owned of [x, ...results]) owned.dispose();
});

test("the nearest is copied: NaN and ∞ stay where they are", () => {
  const x = tensor(engine, [Number.NaN, 1, Infinity, 2], { shape: [1, 2, 2, 1], dtype: "float32" });
  const y = resize(x, 4);
  const want = [1, 1, 2, 2].flatMap((row) =>
    [1, 1, 2, 2].map(
      (column) =>
        [
          [Number.NaN, 1],
          [Infinity, 2],
        ][row - 1]![column - 1]!,
    ),
  );
  assertEqual(y.data, want, "copies");
  for (const owned of [x, y]) owned.dispose();
});

test("what does not fit is refused, by name", () => {
  const x = zeros(engine, [1, 2, 2, 3]);
  const [matrix, whole] = [zeros(engine, [2, 2]), tensor(engine, new Int32Array(4), { shape: [1, 2, 2, 1] })];
  const op = "resize";
  assertRefused(() => resize(matrix, 2), ShapeError, { op, argument: "x", found: "[2, 2]" });
  assertRefused(() => resize(whole as never, 2), DTypeError, { op, argument: "x" });
  assertRefused(() => resize(x, 0), OptionError, { option: "resize: size", found: 0 });
  assertRefused(() => resize(x, 2 ** 16), ShapeError, { op, argument: "result" });
  assertRefused(() => resize(x, 2, { mode: "cubic" as never }), OptionError, {
    option: "resize: mode",
    found: "cubic",
  });
  assertRefused(() => resize(x, 2, { alignCorners: true }), OptionError, { option: "resize: alignCorners" });
  assertRefused(() => resize(x, 2, { out: x }), ShapeError, { op, argument: "out" });
  assert.is(resize(x, 2, { out: undefined as never }).dispose(), undefined);
  for (const owned of [x, matrix, whole]) owned.dispose();
});

test.run();
