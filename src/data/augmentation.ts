/**
 * Images moved, turned and scaled a little: which amounts, as plain data, and their draw for one image after another.
 */

import { checkInstance, checkType } from "../arguments.ts";
import { OptionError } from "../errors.ts";
import { checkOptions } from "../options.ts";
import { RandomState } from "../random/random_state.ts";
import { alike, Dataset } from "./dataset.ts";
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
};

/** Options of `augment`; defaults are 0. */
export type AugmentationAmounts = {
  /** Pixels, 0 to 4,096. */
  readonly shift?: number;
  /** Degrees, 0 to 180. */
  readonly rotate?: number;
  /** A share, 0 to 0.5. */
  readonly scale?: number;
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
  checkOptions<AugmentationAmounts>("augment", options, { shift: 1, rotate: 1, scale: 1 });
  const { shift = 0, rotate = 0, scale = 0 } = options;
  const augmentation = { kind: "augmentation", shift, rotate, scale } as const;
  checkAugmentation(augmentation);
  return augmentation;
}

/**
 * Every image of a dataset, changed once, as a dataset of its own; labels are shared. To look at, or to keep.
 *
 * @param random four draws for each image, in order
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
  return alike(dataset, { inputs: changed, labels, targetValues });
}

function checkAugmentation(augmentation: Augmentation): void {
  checkType("augmentation", "object", augmentation);
  checkOptions<Augmentation>("augmentation", augmentation, { kind: 1, shift: 1, rotate: 1, scale: 1 });
  const { shift, rotate, scale } = augmentation;
  checkAmount("shift", shift, MOST_PIXELS);
  checkAmount("rotate", rotate, 180);
  checkAmount("scale", scale, 0.5);
}

function checkAmount(option: string, amount: number, most: number): void {
  if (typeof amount === "number" && amount >= 0 && amount <= most) return;
  throw new OptionError(`augment: ${option}`, `a number from 0 to ${most}`, amount);
}

/** Planes of rows × columns, one after another. */
export type ImageShape = { readonly channels: number; readonly rows: number; readonly columns: number };

/**
 * The planes in the shape of an example: [rows, columns], [channels, rows, columns], or [n] for a square of n pixels.
 *
 * @throws {OptionError} another shape, or a side of more than 4,096 pixels
 */
export function imageShapeOf(shape: readonly number[]): ImageShape {
  const side = Math.sqrt(shape[0] ?? 0);
  const [columns = 0, rows = 0, channels = 1] = shape.length === 1 ? [side, side] : [...shape].reverse();
  const isImage = shape.length <= 3 && Number.isInteger(rows) && rows >= 1 && columns >= 1;
  if (isImage && rows <= MOST_PIXELS && columns <= MOST_PIXELS) return { channels, rows, columns };
  const expected = `[rows, columns], [channels, rows, columns] or a square number of pixels, sides up to ${MOST_PIXELS}`;
  throw new OptionError("augment: shape of an example", expected, shape);
}

const RADIANS_PER_DEGREE = Math.PI / 180;

/** Changes images of one shape, one after another; makes nothing while it works. */
export class Augmenter {
  readonly augmentation: Augmentation;
  readonly image: ImageShape;
  readonly #warp: Warp;

  /** @throws {OptionError} amounts that `augment` refuses, or examples that are not images */
  constructor(augmentation: Augmentation, shape: readonly number[]) {
    checkAugmentation(augmentation);
    this.augmentation = augmentation;
    this.image = imageShapeOf(shape);
    this.#warp = new Warp(this.image.rows, this.image.columns);
  }

  /** Draws the amounts for the next image: four numbers, whatever the amounts are. */
  draw(random: RandomState): void {
    const { shift, rotate, scale } = this.augmentation;
    const right = shift * (2 * random.rand() - 1);
    const down = shift * (2 * random.rand() - 1);
    const radians = rotate * (2 * random.rand() - 1) * RADIANS_PER_DEGREE;
    const size = 1 + scale * (2 * random.rand() - 1);
    this.#warp.place(right, down, radians, size);
  }

  /** One image with the amounts that were drawn, from one array into another; all channels alike. */
  apply(from: Uint8Array, fromStart: number, to: Uint8Array, toStart: number): void {
    const { channels, rows, columns } = this.image;
    for (let start = 0; start < channels * rows * columns; start += rows * columns) {
      this.#warp.plane(from, fromStart + start, to, toStart + start);
    }
  }
}
