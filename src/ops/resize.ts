/** Images [N, H, W, C] at another size. */
import { checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import type { Expression, Value } from "../tensor/expression.ts";
import { countOf, type Shape } from "../tensor/layout.ts";
import type { Operation, TensorSpec } from "../tensor/operation.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Into } from "./check.ts";
import { checkAddressable, type Pair, pairOf, type Sides } from "./convolution_sizes.ts";
import { operate } from "./operation.ts";
import { checkImages, intoOf } from "./pooling.ts";

type Floats = Expression<FloatType>;

/** Of `resize`. */
export type ResizeOptions = {
  /** Copies of the nearest pixels, or mixtures of four. Default "nearest". */
  readonly mode?: "nearest" | "bilinear";
  /** Of "bilinear": whether the corners' centres stay where they are, instead of the image's edges. Default false. */
  readonly alignCorners?: boolean;
};

/** Sizes of the image and of the result. */
type Resize = {
  readonly isBilinear: boolean;
  readonly isAligned: boolean;
  readonly image: Sides;
  readonly output: Sides;
};

/**
 * Images at another size, by the coordinates of PyTorch's `interpolate`: output i of n is at ⌊i · H / n⌋ for "nearest"; for
 * "bilinear" at (i + ½) · H / n - ½, but not before 0, or, where corners are aligned, at i · (H - 1)/(n - 1).
 *
 * @param x images [N, H, W, C]
 * @param size of the result, n or [h, w]
 * @returns images [N, h, w, C]: `out`, or a new tensor; an expression of an expression
 * @throws {ShapeError} not four axes, an image without elements, too large a result, or an `out` that does not fit or overlaps
 * @throws {OptionError} a size that is not positive, another mode, or `alignCorners` where nothing is mixed
 * @throws {DTypeError} integers
 * @example
 * using x = tensor(engine, [0, 4], { shape: [1, 1, 2, 1] });
 * using y = resize(x, [1, 4], { mode: "bilinear" });
 * y.toArray(); // → [[[[0], [1], [3], [4]]]]
 */
export function resize<D extends FloatType>(x: Tensor<D>, size: Pair, options?: ResizeOptions & Into<D>): Tensor<D>;
export function resize<D extends FloatType>(x: Expression<D>, size: Pair, options?: ResizeOptions): Expression<D>;
export function resize<D extends FloatType>(x: Value<D>, size: Pair, options?: ResizeOptions): Value<D>;
export function resize<D extends FloatType>(x: Value<D>, size: Pair, options: ResizeOptions & Into<D> = {}): Value<D> {
  checkOptions<ResizeOptions & Into<D>>("resize", options, { mode: 1, alignCorners: 1, out: 1 });
  const { mode = "nearest", alignCorners = false } = options;
  if (mode !== "nearest" && mode !== "bilinear") throw new OptionError("resize: mode", '"nearest" or "bilinear"', mode);
  checkType("resize: alignCorners", "boolean", alignCorners);
  if (alignCorners && mode === "nearest") throw new OptionError("resize: alignCorners", 'needs mode: "bilinear"');
  const image = checkImages("resize", x);
  const output = pairOf("resize: size", size, 1);
  checkAddressable("resize", "result", [x.shape[0] ?? 0, ...output, x.shape[3] ?? 0]);
  const attributes = { isBilinear: mode === "bilinear", isAligned: alignCorners, image, output };
  return operate(RESIZE, [x], attributes, intoOf(options));
}

function specOf({ dtype, shape }: Value, sides: Sides): TensorSpec {
  return { dtype, shape: [shape[0] ?? 0, ...sides, shape[3] ?? 0] };
}

function numbersOf({ isBilinear, isAligned, image, output }: Resize, [n = 0, , , c = 0]: Shape) {
  return [Number(isBilinear), Number(isAligned), n, ...image, c, ...output] as const;
}

const RESIZE: Operation<Resize> = {
  name: "resize",
  spec: ([x], { output }) => specOf(x as Value, output),
  bind: ({ kernels, specs: [x], attributes, at, out }) => [
    kernels.resize(...numbersOf(attributes, x.shape), at[0].pointer, out.pointer),
  ],
  gradient: (_, { attributes }, dy) => operate(RESIZE_GRADIENT, [dy], attributes) as Floats,
  flops: ({ attributes: { isBilinear }, result }) => (isBilinear ? 9 * countOf(result.shape) : 0),
};

const RESIZE_GRADIENT: Operation<Resize> = {
  name: "resizeGradient",
  spec: ([dy], { image }) => specOf(dy as Value, image),
  bind: ({ kernels, specs: [dy], attributes, at, out }) => [
    kernels.resizeGradient(...numbersOf(attributes, dy.shape), at[0].pointer, out.pointer),
  ],
  gradient: (_, { attributes }, v) => operate(RESIZE, [v], attributes) as Floats,
  flops: ({ attributes: { isBilinear }, specs: [dy] }) => (isBilinear ? 10 : 1) * countOf(dy.shape),
};
