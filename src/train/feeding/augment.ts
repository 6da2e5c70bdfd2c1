/**
 * Images that are changed before every step. An augmentation carries its own batch builder, so that bundles that
 * use none do not contain it.
 */
import { type AugmentationAmounts, augmentationOf } from "../../data/augmentation.ts";
import { Dataset } from "../../data/dataset.ts";
import { OptionError } from "../../errors.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { type FeedParts, FILL, type Filled, type TrainingAugmentation } from "./feed.ts";
import type { ResidentDataset } from "./resident.ts";
import type { Sampler } from "./sampler.ts";
import { StagedMinibatch } from "./staged.ts";

/**
 * Describes an augmentation of images: each is moved, turned and scaled by amounts of its own, anew for every step; also mirrored,
 * cropped, shifted in colour, and cut out of, where that is asked for.
 *
 * @param amounts shift in pixels, rotate in degrees, scale as a share, flip as a chance, crop and cutout in whole pixels, colour as
 *   a share; what is left out is 0
 * @throws {OptionError} an amount that is negative, no number or beyond its bound
 * @example
 * await train(net, mnist.train, { epochs: 5, learningRate: 0.1, augmentation: augment({ shift: 2, rotate: 10, scale: 0.1 }) });
 */
export function augment(amounts: AugmentationAmounts): TrainingAugmentation {
  return { ...augmentationOf(amounts), [FILL]: changed };
}

/** Minibatches of examples as they are drawn, each image changed. */
function changed<D extends FloatType>(
  train: Dataset | ResidentDataset,
  batchSize: number,
  sampler: Sampler,
  { engine, dtype, plan, random, own }: FeedParts<D>,
): Filled<D> {
  if (!(train instanceof Dataset)) {
    throw new OptionError("augment", "needs a Dataset to train on, not one in the engine's memory");
  }
  const batch = own(new StagedMinibatch(engine, train, { batchSize, dtype, layout: plan.layout }));
  const indices = new Int32Array(batchSize);
  const options = { augment: plan.augmentation, random };
  const fill = () => {
    sampler.draw(indices);
    batch.load(train, indices, options);
  };
  return { batch, layout: batch.layout, fill };
}
