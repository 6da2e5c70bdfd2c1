/** Numbers of the run that the text speaks of, read from what the sections printed: none is typed in. */
import type { Section } from "../section.ts";
import type { SectionId } from "./outline.ts";

type Name =
  | "squaredRight"
  | "squaredWrong"
  | "crossRight"
  | "crossWrong"
  | "crossAtZero"
  | "crossSure"
  | "places"
  | "differentLosses"
  | "differentAccuracies"
  | "trainSize"
  | "distinct"
  | "lossOfAll"
  | "spread100"
  | "spread10000"
  | "forwardSlope"
  | "centralSlope"
  | "centralStep64"
  | "forwardStep64"
  | "centralStep32"
  | "forwardStep32"
  | "gradientPoints"
  | "rateTen"
  | "stuckAfter"
  | "lossOf2"
  | "lossOf0"
  | "lossOf0After"
  | "plainSeconds"
  | "incrementalSeconds"
  | "backwardSeconds"
  | "backwardTimes"
  | "steps"
  | "seconds"
  | "firstLoss"
  | "lnTen"
  | "meanFirst"
  | "meanLast"
  | "trainLast"
  | "testLast"
  | "testFinal"
  | "hardest"
  | "hardestRecall"
  | "shortSteps"
  | "sgd"
  | "momentum"
  | "adaGrad"
  | "adam"
  | "deep";

const PATTERNS: Readonly<Record<Name, readonly [section: SectionId, pattern: RegExp]>> = {
  squaredRight: ["losses", /squared error, class 2 at 0\.6: (\S+)/],
  squaredWrong: ["losses", /squared error, class 2 at 0\.1: (\S+)/],
  crossRight: ["losses", /cross entropy, class 2 at 0\.6: (\S+)/],
  crossWrong: ["losses", /cross entropy, class 2 at 0\.1: (\S+)/],
  crossAtZero: ["losses", /class 6 at 0: (\S+),/],
  crossSure: ["losses", /a sure and right answer: (\S+),/],
  places: ["loss-not-accuracy", /(\d+) places:/],
  differentLosses: ["loss-not-accuracy", /(\d+) different losses/],
  differentAccuracies: ["loss-not-accuracy", /(\d+) different accuracies/],
  trainSize: ["minibatches", /inputs \((\d+), 784\)/],
  distinct: ["minibatches", /of 100 drawn from 200, (\d+) are different/],
  lossOfAll: ["minibatches", /loss of all \d+ examples: (\S+)/],
  spread100: ["minibatches", /minibatches of +100: off by (\S+)/],
  spread10000: ["minibatches", /minibatches of +10000: off by (\S+)/],
  forwardSlope: ["numerical-differentiation", /forward difference, .*: +(\S+) at 5/],
  centralSlope: ["numerical-differentiation", /central difference, .*: +(\S+) at 5/],
  centralStep64: ["numerical-differentiation", /central, float64: best near h = (\S+)/],
  forwardStep64: ["numerical-differentiation", /forward, float64: best near h = (\S+)/],
  centralStep32: ["numerical-differentiation", /central, float32: best near h = (\S+)/],
  forwardStep32: ["numerical-differentiation", /forward, float32: best near h = (\S+)/],
  gradientPoints: ["numerical-gradient", /at a batch of (\d+) points/],
  rateTen: ["gradient-descent", /learning rate 10: +(\[.*\])/],
  stuckAfter: ["gradient-descent", /does not move any more after (\d+) steps/],
  lossOf2: ["gradient-of-a-network", /loss if class 2 is right: ([^,]+),/],
  lossOf0: ["gradient-of-a-network", /loss if class 0 is right: ([^,]+),/],
  lossOf0After: ["gradient-of-a-network", /after a step .*: (\S+)/],
  plainSeconds: ["two-layer-net", /numerical gradient: about (\S+) s,/],
  incrementalSeconds: ["two-layer-net", /, or (\S+) s where only/],
  backwardSeconds: ["two-layer-net", /backpropagation: (\S+) s/],
  backwardTimes: ["two-layer-net", /about (\d+) times less/],
  steps: ["training", /: (\d+) steps of 100/],
  seconds: ["training", /in (\S+) s$/m],
  firstLoss: ["training", /after its update: ([\d.]+),/],
  lnTen: ["training", /near ln 10 = (\S+)/],
  meanFirst: ["training", /mean loss from step 0: (\S+)/],
  meanLast: ["training", /mean loss of the last 100 steps: (\S+)/],
  trainLast: ["evaluation", /train (\S+), test \S+\nafter the last step/],
  testLast: ["evaluation", /train \S+, test (\S+)\nafter the last step/],
  testFinal: ["evaluation", /after the last step: test accuracy (\S+),/],
  hardest: ["evaluation", /hardest class: (\d)/],
  hardestRecall: ["evaluation", /of which (\S+) % are found/],
  shortSteps: ["summary", /test accuracy after (\d+) steps/],
  sgd: ["summary", /^SGD: (\S+)/m],
  momentum: ["summary", /^momentum: (\S+)/m],
  adaGrad: ["summary", /^AdaGrad: (\S+)/m],
  adam: ["summary", /^Adam: (\S+)/m],
  deep: ["summary", /^784-128-64-10 .*: (\S+)/m],
};

/** As they were printed. */
export type Values = Readonly<Record<Name, string>> & {
  /** Whether the digits are all of MNIST. */
  readonly isMnist: boolean;
};

/** @throws {Error} a section did not print what the text speaks of */
export function valuesOf(sections: readonly Section[], isMnist: boolean): Values {
  const printed = new Map<string, string>(sections.map(({ id, numbers }) => [id, numbers.join("\n")]));
  const read = Object.entries(PATTERNS).map(([name, [id, pattern]]) => {
    const value = pattern.exec(printed.get(id) ?? "")?.[1];
    if (value === undefined) throw new Error(`section ${id} printed nothing like ${pattern}, the text's ${name}`);
    return [name, value] as const;
  });
  return { ...(Object.fromEntries(read) as Record<Name, string>), isMnist };
}

/** A fraction of four decimals as it is spoken of: 0.9290 is 92.90 %, which stays on one line. */
export function percent(fraction: string): string {
  return `${(100 * Number(fraction)).toFixed(2)}\u00a0%`;
}

/** The distance between two accuracies, in points of a per cent. */
export function points(a: string, b: string): string {
  return (100 * Math.abs(Number(a) - Number(b))).toFixed(2);
}

/** Thousands with their comma. */
export function grouped(count: string | number): string {
  return Number(count).toLocaleString("en");
}
