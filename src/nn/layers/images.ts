/** What layers of images have in common: examples of height × width × channels, and windows over them. */
import { OptionError, ShapeError } from "../../errors.ts";
import {
  type Pair,
  paddingOf,
  pairOf,
  type WindowOptions,
  type Windows,
  windowsOf,
} from "../../ops/convolution_sizes.ts";
import { type Shape, show } from "../../tensor/layout.ts";

/**
 * Refuses examples that are no images.
 *
 * @throws {ShapeError} so
 */
export function checkImage(kind: string, option: string, input: Shape): void {
  if (input.length === 3) return;
  const cure = "inputShape: [height, width, channels] makes images of rows";
  throw new ShapeError(kind, option, "images, height × width × channels", show(input), cure);
}

/** @throws {OptionError} sizes that are not positive integers, or negative padding */
export function checkWindow(
  option: string,
  kernel: { readonly [name: string]: Pair },
  { stride = 1, padding = 0, dilation = 1 }: WindowOptions,
): void {
  for (const [name, size] of Object.entries(kernel)) pairOf(`${option}: ${name}`, size, 1);
  pairOf(`${option}: stride`, stride, 1);
  pairOf(`${option}: dilation`, dilation, 1);
  paddingOf(option, padding, () => [0, 0]);
}

/**
 * The windows of a layer over an image.
 *
 * @param place the layer's kind and where it is, for errors
 * @throws {ShapeError} an image that is smaller than the kernel
 */
export function windowsOver(place: string, input: Shape, kernel: Pair, options: WindowOptions): Windows {
  const [height = 0, width = 0] = input;
  const sides = pairOf(place, kernel, 1);
  return windowsOf(
    { op: place, shape: input, image: [height, width], kernel: sides, shownKernel: `the kernel is ${show(sides)}` },
    options,
  );
}

/** A layer's options as its description has them: copies, without those that are undefined. */
export function described<T extends object>(options: T): T {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(
    entries.map(([key, value]) => [key, Array.isArray(value) ? [...(value as readonly unknown[])] : value]),
  ) as T;
}

/** @throws {OptionError} neither true nor false */
export function checkBoolean(option: string, value: boolean | undefined): void {
  if (value !== undefined && typeof value !== "boolean") throw new OptionError(option, "true or false", value);
}
