/**
 * Datasets of characters that come as MNIST's four files do:
 *
 *              images                        labels                       classes   images are
 *   MNIST      train-images-idx3-ubyte       train-labels-idx1-ubyte      10        rows of pixels
 *              t10k-images-idx3-ubyte        t10k-labels-idx1-ubyte
 *   EMNIST     emnist-SPLIT-train-images-…   emnist-SPLIT-train-labels-…  10 to 62  columns of pixels: transposed
 *   QMNIST     qmnist-train-images-…         qmnist-train-labels-idx2-int 10        rows of pixels
 *
 * Fashion-MNIST and KMNIST have MNIST's names and form. EMNIST's letters are labelled from 1. QMNIST's labels are rows of
 * 8 integers, the class first.
 */

/** A dataset by the name of its files. */
export type MnistVariant =
  | "mnist"
  | "emnist-balanced"
  | "emnist-byclass"
  | "emnist-bymerge"
  | "emnist-digits"
  | "emnist-letters"
  | "emnist-mnist"
  | "qmnist";

/** What the files of a variant hold. */
export type VariantFacts = {
  /** For people. */
  readonly title: string;
  /** The beginning of the names of each part's files. */
  readonly parts: readonly [train: string, test: string];
  /** The end of the names of labels; `idx2-int` has rows of integers. */
  readonly labels: "idx1-ubyte" | "idx2-int";
  readonly classes: number;
  readonly firstLabel: number;
  readonly transposed: boolean;
  readonly classNames?: readonly string[];
};

const DIGITS = "0123456789";
const CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function emnist(split: string, classNames: string, firstLabel = 0): VariantFacts {
  return {
    title: `EMNIST ${split}`,
    parts: [`emnist-${split}-train`, `emnist-${split}-test`],
    labels: "idx1-ubyte",
    classes: classNames.length,
    firstLabel,
    transposed: true,
    ...(classNames === DIGITS ? {} : { classNames: [...classNames] }),
  };
}

const MNIST_FORM = { classes: 10, firstLabel: 0, transposed: false } as const;

/** Every variant. */
export const VARIANTS: { readonly [V in MnistVariant]: VariantFacts } = /* @__PURE__ */ variants();

function variants(): { readonly [V in MnistVariant]: VariantFacts } {
  return {
    mnist: { ...MNIST_FORM, title: "MNIST", parts: ["train", "t10k"], labels: "idx1-ubyte" },
    // Small letters that look like capitals are one class with them.
    "emnist-balanced": emnist("balanced", `${DIGITS}${CAPITALS}abdefghnqrt`),
    "emnist-byclass": emnist("byclass", `${DIGITS}${CAPITALS}abcdefghijklmnopqrstuvwxyz`),
    "emnist-bymerge": emnist("bymerge", `${DIGITS}${CAPITALS}abdefghnqrt`),
    "emnist-digits": emnist("digits", DIGITS),
    "emnist-letters": emnist("letters", CAPITALS, 1),
    "emnist-mnist": emnist("mnist", DIGITS),
    qmnist: { ...MNIST_FORM, title: "QMNIST", parts: ["qmnist-train", "qmnist-test"], labels: "idx2-int" },
  };
}
