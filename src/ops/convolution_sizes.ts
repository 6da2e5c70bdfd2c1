/**
 * Where the windows of a convolution or a pooling are. Along an axis, with the kernel's taps `dilation` apart:
 *
 *   span     (kernel - 1) · dilation + 1
 *   output   ⌊(size + before + after - span) / stride⌋ + 1
 *   tap t of window o reads element o · stride - before + t · dilation
 *
 *   "valid"  before = after = 0
 *   "same"   output = ⌈size / stride⌉ by the least padding, as in TensorFlow: an odd one has the additional element at the end
 */
import { OptionError, ShapeError } from "../errors.ts";
import { isAddressable, type Shape, show } from "../tensor/layout.ts";

/** One number for height and width, or both. */
export type Pair = number | readonly [height: number, width: number];

/**
 * Elements around an image: one number for all sides, one for each axis, or one for each side. `"valid"` is 0; `"same"` gives as
 * many outputs as there are elements, divided by the stride and rounded up.
 */
export type Padding = Pair | readonly [top: number, right: number, bottom: number, left: number] | "same" | "valid";

/** How windows move over an image. */
export type WindowOptions = {
  /** From one window to the next; default 1. */
  readonly stride?: Pair;
  /** Default 0. */
  readonly padding?: Padding;
  /** From one tap of the kernel to the next; default 1. */
  readonly dilation?: Pair;
};

/** Height, then width. */
export type Sides = readonly [height: number, width: number];

/** Windows over an image, in numbers. */
export type Windows = {
  /** Of the kernel. */
  readonly kernel: Sides;
  readonly stride: Sides;
  readonly dilation: Sides;
  /** Top, right, bottom, left. */
  readonly padding: readonly [top: number, right: number, bottom: number, left: number];
  /** How many windows. */
  readonly output: Sides;
};

/** An image and a kernel, and how errors name them. */
export type Sizes = {
  /** The operation. */
  readonly op: string;
  /** Of x: images, height, width, channels; errors print it. */
  readonly shape: Shape;
  /** Height and width of the image, if not axes 1 and 2 of the shape. */
  readonly image?: Sides;
  readonly kernel: Sides;
  /** What has the kernel's size, as errors print it: `w is [3, 3, 1, 8]`. */
  readonly shownKernel: string;
  /** What errors call the axes; default height and width. */
  readonly axes?: readonly [string, string];
};

const AXES = ["height", "width"] as const;

/**
 * The windows of a kernel over an image.
 *
 * @throws {ShapeError} an image that is smaller than the kernel, or a window that is within the padding alone
 * @throws {OptionError} a stride or dilation that is not positive, negative padding, or other words
 */
export function windowsOf(sizes: Sizes, { stride = 1, padding = 0, dilation = 1 }: WindowOptions): Windows {
  const { op, shape, kernel, axes = AXES } = sizes;
  const image = sizes.image ?? [shape[1] ?? 0, shape[2] ?? 0];
  const strides = pairOf(`${op}: stride`, stride, 1);
  const dilations = pairOf(`${op}: dilation`, dilation, 1);
  const sides = axes.map((_, axis) => spanOf(kernel[axis]!, dilations[axis]!)) as unknown as Sides;
  const around = paddingOf(op, padding, (axis) => samePadding(image[axis]!, sides[axis]!, strides[axis]!));
  const output = axes.map((name, axis) => {
    const [before, after] = sidesOf(around, axis);
    const [size, span, step] = [image[axis]!, sides[axis]!, strides[axis]!];
    const count = Math.floor((size + before + after - span) / step) + 1;
    const refuse = (expected: string, why: string) =>
      new ShapeError(op, "x", `${expected}, ${sizes.shownKernel}`, show(shape), why);
    if (count < 1) {
      const of = span === kernel[axis] ? "" : ` with dilation ${dilations[axis]}`;
      const why = `${name} ${size} with padding ${before + after} is smaller than the kernel's ${span}${of}`;
      throw refuse("an image of at least the kernel's size", why);
    }
    const dead = windowInPadding(size, before, kernel[axis]!, step, dilations[axis]!, count);
    if (dead !== undefined && size > 0) {
      const last = dead + span - 1;
      const why = `window ${(dead + before) / step} of the ${name} has elements ${dead} to ${last} of ${size}`;
      throw refuse("windows that are not within the padding alone", why);
    }
    return count;
  }) as unknown as Sides;
  return { kernel, stride: strides, dilation: dilations, padding: around, output };
}

/** Elements from the first tap of a kernel to the last. */
export function spanOf(kernel: number, dilation: number): number {
  return (kernel - 1) * dilation + 1;
}

/** Padding before and after the elements of an axis: height is 0, width 1. */
export function sidesOf([top, right, bottom, left]: Windows["padding"], axis: number): readonly [number, number] {
  return axis === 0 ? [top, bottom] : [left, right];
}

/** The least padding, before and after, with which there are ⌈size / stride⌉ windows. */
export function samePadding(size: number, span: number, stride: number): readonly [before: number, after: number] {
  const all = Math.max((Math.ceil(size / stride) - 1) * stride + span - size, 0);
  return [Math.floor(all / 2), Math.ceil(all / 2)];
}

/**
 * Padding in numbers: top, right, bottom, left.
 *
 * @param same of an axis, for `"same"`
 * @throws {OptionError} negative padding, or none of the forms
 */
export function paddingOf(
  op: string,
  padding: Padding,
  same: (axis: number) => readonly [before: number, after: number],
): Windows["padding"] {
  if (padding === "valid") return [0, 0, 0, 0];
  if (padding === "same") {
    const [[top, bottom], [left, right]] = [same(0), same(1)];
    return [top, right, bottom, left];
  }
  const expected = '"same", "valid", integers ≥ 0 as n, [h, w] or [top, right, bottom, left]';
  if (Array.isArray(padding) && padding.length === 4 && [...padding].every((side) => isSize(side, 0))) {
    return Object.freeze([...padding]) as unknown as Windows["padding"];
  }
  const [height, width] = pairOf(`${op}: padding`, padding as Pair, 0, expected);
  return [height, width, height, width];
}

/**
 * Two integers from `least` on.
 *
 * @throws {OptionError} anything else
 */
export function pairOf(
  option: string,
  pair: Pair,
  least: 0 | 1,
  expected = `${least === 0 ? "integers ≥ 0" : "positive integers"}, n or [h, w]`,
): Sides {
  const both: readonly unknown[] = typeof pair === "number" ? [pair, pair] : pair;
  const isPair = Array.isArray(both) && both.length === 2 && [...both].every((side) => isSize(side, least));
  if (!isPair) throw new OptionError(option, expected, pair);
  return [both[0], both[1]];
}

/** @throws {ShapeError} more elements than kernels can count; found before anything is allocated */
export function checkAddressable(op: string, what: string, shape: Shape): void {
  if (!isAddressable(shape)) throw new ShapeError(op, what, "fewer than 2^31 elements", show(shape));
}

function isSize(value: unknown, least: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) < 2 ** 31;
}

/** The start of a window without a tap in the image, if there is one: at either end, or where the taps are wide apart. */
function windowInPadding(
  size: number,
  before: number,
  kernel: number,
  stride: number,
  dilation: number,
  count: number,
): number | undefined {
  const last = (count - 1) * stride - before;
  if (last >= size) return last;
  for (let start = -before; start < 0 && start <= last; start += stride) {
    const tap = Math.ceil(-start / dilation); // the first that is not before the image
    if (tap >= kernel || start + tap * dilation >= size) return start;
  }
  return undefined;
}
