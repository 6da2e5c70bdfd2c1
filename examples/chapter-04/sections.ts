/** The chapter's sections, in the order in which a learner meets them. */
import { losses } from "./01-losses.ts";
import { lossNotAccuracy } from "./02-loss-not-accuracy.ts";
import { minibatches } from "./03-minibatches.ts";
import { numericalDifferentiation } from "./04-numerical-differentiation.ts";
import { numericalGradients } from "./05-numerical-gradient.ts";
import { descent } from "./06-gradient-descent.ts";
import { gradientOfNetwork } from "./07-gradient-of-a-network.ts";
import { twoLayerNet } from "./08-two-layer-net.ts";
import { training } from "./09-training.ts";
import { evaluation } from "./10-evaluation.ts";
import { summary } from "./11-summary.ts";
import type { SectionFunction } from "./section.ts";

export const SECTIONS: readonly SectionFunction[] = [
  ...[losses, lossNotAccuracy, minibatches, numericalDifferentiation, numericalGradients, descent],
  ...[gradientOfNetwork, twoLayerNet, training, evaluation, summary],
];
