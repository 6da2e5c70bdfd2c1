/**
 * Images changed a little: which amounts, as plain data, and their draw for one image after another.
 *
 *   moved, turned, scaled ─ flipped ─ cropped ─ colours shifted ─ a square cut out
 *
 * What is left out draws nothing, but for the first three, which always draw four numbers together.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions, type KeysOf } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { alikeAll, Dataset } from "./dataset.ts";
import { Warp } from "./warp.ts";

/** How far images are changed; each amount is drawn anew, uniformly, for each image. */
export type Augmentation = {
  /** Marks the description. */
  readonly kind: "augmentation";
  /** Pixels to the right and down, each from -shift to shift. */
  readonly shift: number;
  /** Degrees, from -rotate to rotate. */
  readonly rotate: number;
  /** Size, from 1 - scale to 1 + scale. */
  readonly scale: number;
  /** The chance that an image is mirrored, left to right; missing where none is. */
  readonly flip?: number;
  /** Pixels of background around an image, of which its own size is cut out anywhere. */
  readonly crop?: number;
  /** Side of the square that is set to 0, in pixels; its centre is anywhere. */
  readonly cutout?: number;
  /** How far each channel is made darker or lighter, as a share of 255. */
  readonly colour?: number;
};

/** Options of `augment`; defaults are 0. */
export type AugmentationAmounts = {
  /** Pixels, 0 to 4,096. */
  readonly shift?: number;
  /** Degrees, 0 to 180. */
  readonly rotate?: number;
  /** A share, 0 to 0.5. */
  readonly scale?: number;
  /** The chance that an image is mirrored, left to right, 0 to 1: 0.5 for half of them. */
  readonly flip?: number;
  /** Whole pixels, 0 to 4,096: each image is cut out of itself with so many pixels of background around it. */
  readonly crop?: number;
  /** Side of a square that is set to 0, whole pixels, 0 to 4,096. */
  readonly cutout?: number;
  /** How far each channel is made darker or lighter, a share of 255, 0 to 1. */
  readonly colour?: number;
};

/** The amounts that descriptions have only where they are not 0, so that those of earlier versions stay as they are. */
const FURTHER = ["flip", "crop", "cutout", "colour"] as const;
const KEYS: KeysOf<AugmentationAmounts> = {
  ...{ shift: 1, rotate: 1, scale: 1, flip: 1, crop: 1, cutout: 1, colour: 1 },
};

/** The sides of an image and the shift: positions, in 1/65,536 of a pixel, stay below 2³¹. */
const MOST_PIXELS = 4096;

/**
 * An augmentation of images; no amount is 0.
 *
 * @throws {OptionError} an amount that is negative, no number or beyond its bound
 */
export function augmentationOf(options: AugmentationAmounts): Augmentation {
  checkType("augment", "object", options);
  checkOptions<AugmentationAmounts>("augment", options, KEYS);
  const { shift = 0, rotate = 0, scale = 0 } = options;
  const further = FURTHER.flatMap((name) => (options[name] === undefined ? [] : [[name, options[name]] as const]));
  const augmentation = { kind: "augmentation", shift, rotate, scale, ...Object.fromEntries(further) } as const;
  checkAugmentation(augmentation);
  const kept = further.filter(([, amount]) => amount !== 0);
  return { kind: "augmentation", shift, rotate, scale, ...Object.fromEntries(kept) };
}

/**
 * Every image of a dataset, changed once, as a dataset of its own; labels are shared. To look at, or to keep.
 *
 * @param random four draws for each image, in order; then one for `flip`, two for `crop`, two for `cutout`, one for each channel
 *   for `colour`, where they are asked for
 * @throws {OptionError} examples that are not images of bytes
 * @example
 * const turned = augmented(mnist.test.slice(0, 9), augment({ rotate: 15 }), new RandomState(0));
 */
export function augmented(
  dataset: Dataset,
  augmentation: Augmentation,
  random: RandomState,
): Dataset<Uint8Array<ArrayBuffer>> {
  checkInstance("augmented: dataset", "a Dataset", Dataset, dataset);
  checkInstance("augmented: random", "a RandomState", RandomState, random);
  const { inputs, size, targetValues } = dataset;
  if (!(inputs instanceof Uint8Array)) throw new OptionError("augmented: dataset", "images of bytes", inputs);
  const augmenter = new Augmenter(augmentation, dataset.shape);
  const changed = new Uint8Array(inputs.length);
  for (let start = 0; start < inputs.length; start += size) {
    augmenter.draw(random);
    augmenter.apply(inputs, start, changed, start);
  }
  const labels = targetValues === undefined ? dataset.labels : undefined;
  return alikeAll(dataset, { inputs: changed, labels, targetValues });
}

function checkAugmentation(augmentation: Augmentation): void {
  checkType("augmentation", "object", augmentation);
  checkOptions<Augmentation>("augmentation", augmentation, { kind: 1, ...KEYS });
  const { shift, rotate, scale, flip = 0, crop = 0, cutout = 0, colour = 0 } = augmentation;
  checkAmount("shift", shift, MOST_PIXELS);
  checkAmount("rotate", rotate, 180);
  checkAmount("scale", scale, 0.5);
  checkAmount("flip", flip, 1);
  checkPixels("crop", crop);
  checkPixels("cutout", cutout);
  checkAmount("colour", colour, 1);
}

function checkPixels(option: string, amount: number): void {
  if (Number.isInteger(amount) && amount >= 0 && amount <= MOST_PIXELS) return;
  throw new OptionError(`augment: ${option}`, `an integer from 0 to ${MOST_PIXELS}`, amount);
}

function checkAmount(option: string, amount: number, most: number): void {
  if (typeof amount === "number" && amount >= 0 && amount <= most) return;
  throw new OptionError(`augment: ${option}`, `a number from 0 to ${most}`, amount);
}

/** The size of an image, and whether its channels come last, pixel by pixel, or first, as planes of rows × columns. */
export type ImageShape = {
  /** 1 for grey, 3 for red, green and blue. */
  readonly channels: number;
  /** Pixels from top to bottom. */
  readonly rows: number;
  /** Pixels from left to right. */
  readonly columns: number;
  /** Where a pixel's channels are next to each other. Of one channel, both are the same. */
  readonly channelsLast: boolean;
};

/** As many as a pixel has: grey, grey or colour with alpha, colour. */
const MOST_CHANNELS = 4;

/**
 * The image in the shape of an example: [rows, columns]; [rows, columns, channels] where the last of three axes is 1 to 4 and the
 * first is larger, else [channels, rows, columns]; or [n] for a square of n pixels.
 *
 * @throws {OptionError} another shape, or a side of more than 4,096 pixels
 * @example
 * imageShapeOf([32, 32, 3]); // → { channels: 3, rows: 32, columns: 32, channelsLast: true }
 */
export function imageShapeOf(shape: readonly number[]): ImageShape {
  if (!Array.isArray(shape)) throw new OptionError("imageShapeOf: shape", "an array of sizes", shape);
  for (const [axis, size] of shape.entries()) checkType(`imageShapeOf: shape[${axis}]`, "number", size);
  const side = Math.sqrt(shape[0] ?? 0);
  const [first = 0, , last = 0] = shape;
  const channelsLast = shape.length === 3 && last <= MOST_CHANNELS && first > MOST_CHANNELS;
  const square = shape.length === 1 ? [side, side] : [...shape].reverse();
  const [columns = 0, rows = 0, channels = 1] = channelsLast ? [shape[1], first, last] : square;
  const isImage = shape.length <= 3 && [rows, columns, channels].every((size) => Number.isInteger(size) && size >= 1);
  if (isImage && rows <= MOST_PIXELS && columns <= MOST_PIXELS) return { channels, rows, columns, channelsLast };
  const expected = `[rows, columns], [rows, columns, channels], [channels, rows, columns] or a square number of pixels, sides up to ${MOST_PIXELS}`;
  throw new OptionError("augment: shape of an example", expected, shape);
}

const RADIANS_PER_DEGREE = 0.017453292519943295; // π / 180

/** Changes images of one shape, one after another; makes nothing while it works. */
export class Augmenter {
  readonly augmentation: Augmentation;
  readonly image: ImageShape;
  readonly #warp: Warp;
  /** A plane of its own, for channels that come last, and where it goes. */
  readonly #plane: Uint8Array;
  readonly #warped: Uint8Array;
  /** An image before it is flipped or cropped. */
  readonly #copy: Uint8Array;
  /** What was drawn. */
  #isFlipped = false;
  #right = 0;
  #down = 0;
  #cutRow = 0;
  #cutColumn = 0;
  readonly #offsets: Int32Array;

  /** @throws {OptionError} amounts that `augment` refuses, or examples that are not images */
  constructor(augmentation: Augmentation, shape: readonly number[]) {
    checkAugmentation(augmentation);
    this.augmentation = augmentation;
    this.image = imageShapeOf(shape);
    const { channels, rows, columns, channelsLast } = this.image;
    const { flip = 0, crop = 0 } = augmentation;
    this.#warp = new Warp(rows, columns);
    this.#plane = new Uint8Array(channelsLast ? rows * columns : 0);
    this.#warped = new Uint8Array(channelsLast ? rows * columns : 0);
    this.#copy = new Uint8Array(flip > 0 || crop > 0 ? channels * rows * columns : 0);
    this.#offsets = new Int32Array(channels);
  }

  /** Draws the amounts for the next image: four numbers, whatever the amounts are, then those of what else is asked for. */
  draw(random: RandomState): void {
    const { shift, rotate, scale, flip = 0, crop = 0, cutout = 0, colour = 0 } = this.augmentation;
    const { rows, columns } = this.image;
    const right = shift * (2 * random.rand() - 1);
    const down = shift * (2 * random.rand() - 1);
    const radians = rotate * (2 * random.rand() - 1) * RADIANS_PER_DEGREE;
    const size = 1 + scale * (2 * random.rand() - 1);
    this.#warp.place(right, down, radians, size);
    if (flip > 0) this.#isFlipped = random.rand() < flip;
    if (crop > 0) {
      this.#right = Math.floor(random.rand() * (2 * crop + 1)) - crop;
      this.#down = Math.floor(random.rand() * (2 * crop + 1)) - crop;
    }
    if (cutout > 0) {
      this.#cutRow = Math.floor(random.rand() * rows);
      this.#cutColumn = Math.floor(random.rand() * columns);
    }
    if (colour > 0) {
      const offsets = this.#offsets;
      for (let i = 0; i < offsets.length; i++) offsets[i] = Math.round(255 * colour * (2 * random.rand() - 1));
    }
  }

  /** One image with the amounts that were drawn, from one array into another. */
  apply(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
    const { flip = 0, crop = 0, cutout = 0, colour = 0 } = this.augmentation;
    if (this.image.channelsLast) this.#warpPixels(from, fromStart, to, toStart);
    else this.#warpPlanes(from, fromStart, to, toStart);
    if (flip > 0 || crop > 0) this.#cropped(to, toStart);
    if (colour > 0) this.#recoloured(to, toStart);
    if (cutout > 0) this.#cutOut(to, toStart, cutout);
  }

  #warpPlanes(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
    const { channels, rows, columns } = this.image;
    for (let start = 0; start < channels * rows * columns; start += rows * columns) {
      this.#warp.plane(from, fromStart + start, to, toStart + start);
    }
  }

  #warpPixels(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
    const { channels, rows, columns } = this.image;
    const plane = this.#plane;
    const warped = this.#warped;
    const count = rows * columns;
    for (let channel = 0; channel < channels; channel++) {
      for (let i = 0, at = fromStart + channel; i < count; i++, at += channels) plane[i] = from[at]!;
      this.#warp.plane(plane, 0, warped, 0);
      for (let i = 0, at = toStart + channel; i < count; i++, at += channels) to[at] = warped[i]!;
    }
  }

  /** Mirrors the image where that was drawn, and moves it by whole pixels; background follows. */
  #cropped(to: Uint8Array, start: number): void {
    const { channels, rows, columns, channelsLast } = this.image;
    const copy = this.#copy;
    for (let i = 0; i < copy.length; i++) copy[i] = to[start + i]!;
    const planes = channelsLast ? 1 : channels;
    const width = channelsLast ? channels : 1;
    let at = start;
    for (let plane = 0; plane < planes; plane++) {
      for (let row = 0; row < rows; row++) {
        const y = row - this.#down;
        for (let column = 0; column < columns; column++) {
          const moved = column - this.#right;
          const x = this.#isFlipped ? columns - 1 - moved : moved;
          const isInside = y >= 0 && y < rows && x >= 0 && x < columns;
          const pixel = ((plane * rows + y) * columns + x) * width;
          for (let i = 0; i < width; i++) to[at++] = isInside ? copy[pixel + i]! : 0;
        }
      }
    }
  }

  #recoloured(to: Uint8Array, start: number): void {
    const { channels, rows, columns, channelsLast } = this.image;
    const step = channelsLast ? channels : 1;
    for (let channel = 0; channel < channels; channel++) {
      const offset = this.#offsets[channel]!;
      let at = start + channel * (channelsLast ? 1 : rows * columns);
      for (let i = 0; i < rows * columns; i++, at += step) to[at] = Math.max(0, Math.min(255, to[at]! + offset));
    }
  }

  #cutOut(to: Uint8Array, start: number, side: number): void {
    const { channels, rows, columns, channelsLast } = this.image;
    const top = this.#cutRow - (side >> 1);
    const left = this.#cutColumn - (side >> 1);
    const planes = channelsLast ? 1 : channels;
    const width = channelsLast ? channels : 1;
    for (let plane = 0; plane < planes; plane++) {
      for (let row = Math.max(0, top); row < Math.min(rows, top + side); row++) {
        const line = start + (plane * rows + row) * columns * width;
        to.fill(0, line + Math.max(0, left) * width, line + Math.min(columns, left + side) * width);
      }
    }
  }
}
