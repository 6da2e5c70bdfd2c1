/**
 * Examples with weights: how much each counts in the loss.
 *
 *   mean losses   L = Σ wᵢlᵢ / Σ wᵢ       lᵢ the loss of row i; with class weights c, Σ wᵢcᵢlᵢ / Σ wᵢcᵢ
 *   sums          L = Σ wᵢlᵢ              squaredError, and losses with reduction: "sum"
 *
 * The mean is PyTorch's, as it is with class weights: weights that are all twice as large change nothing, and a row of weight 2 in a
 * minibatch is a row that comes twice. A dataset carries the code that this takes, so that what trains without weights does not.
 */
import { checkInstance, checkNumbers } from "../../arguments.ts";
import { Dataset } from "../../data/dataset.ts";
import { scoped } from "../../disposable.ts";
import { OptionError, ShapeError } from "../../errors.ts";
import type { LossDescription } from "../../nn/losses.ts";
import { factorToSum, type Loss, partsOf } from "../../nn/losses.ts";
import type { RowWeights } from "../../nn/training_step.ts";
import { add, div, keep, maximum, mul, sub } from "../../ops/binary.ts";
import { type ClassTargets, LABEL_WEIGHTS, onHost } from "../../ops/class_targets.ts";
import { softplus, square } from "../../ops/elementwise.ts";
import { checkCrossEntropy, crossEntropy, huber, meanAbsoluteError } from "../../ops/losses.ts";
import { operate } from "../../ops/operation.ts";
import { mean } from "../../ops/reduce.ts";
import { sum } from "../../ops/sum.ts";
import { type Expression, expressionOf, type Value } from "../../tensor/expression.ts";
import type { Operation } from "../../tensor/operation.ts";
import type { Tensor } from "../../tensor/tensor.ts";
import type { FloatType } from "../../wasm/dtype.ts";

type Floats = Value<FloatType>;
type Own = Parameters<Parameters<typeof scoped>[0]>[0];

/** A dataset whose examples have weights. */
export type WeightedDataset<T extends Dataset = Dataset> = T & {
  /** One for each example. */
  readonly sampleWeights: Float64Array;
};

/** What a weighted dataset carries. */
export type WeightedRows = WeightedDataset & {
  /** Weights of the rows that indices name, wherever a minibatch is made. */
  readonly rowWeights: <D extends FloatType>(indices: Tensor<"int32">, dtype: D) => RowWeights;
  /** Another dataset of as many examples with these weights. */
  readonly reweighted: (dataset: Dataset) => Dataset;
};

/** Smaller than any sum of weights that means something: a sum of losses of no weight, which is 0, is divided by it. */
const LEAST_WEIGHT = 1e-30;
const ROW = { axes: [1] } as const;

/**
 * The same examples with weights: how much each counts in the loss when training and in that of evaluations; 0 leaves it out.
 * `split`, `pick`, `slice` and `standardize` keep them, and so do `train`'s validation split and workers.
 *
 * A minibatch's loss is Σ wᵢlᵢ / Σ wᵢ, PyTorch's weighted mean, of losses that are sums Σ wᵢlᵢ; one of weights that are all 0 has the
 * loss 0, and changes nothing but what weight decay and averages do. Epochs weight the minibatches' losses by their rows. Accuracies and confusion
 * matrices count every row once, as Keras' `metrics`.
 *
 * @param weights one for each example: a list or an array of numbers from 0 on, of which one is above 0; copied
 * @returns a view of the dataset: its elements are not copied
 * @throws {OptionError} no dataset, a weight that is negative or not finite, or only zeros
 * @throws {ShapeError} not as many weights as examples
 * @example
 * const counted = weighted(mnist.train, mnist.train.labels.map((label) => (label === 8 ? 3 : 1)));
 * await train(net, counted, { epochs: 1, batchSize: 100 });
 */
export function weighted<T extends Dataset>(dataset: T, weights: ArrayLike<number>): WeightedDataset<T> {
  checkInstance("weighted: dataset", "a Dataset", Dataset, dataset);
  checkNumbers("weighted: weights", weights);
  const { length } = dataset;
  if (weights.length !== length) throw new ShapeError("weighted", "weights", `${length} of them`, `${weights.length}`);
  const own = Float64Array.from(weights);
  const wrong = own.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (wrong >= 0) throw new OptionError(`weighted: weights[${wrong}]`, "a number from 0 on", weights[wrong]);
  if (!own.some((weight) => weight > 0)) throw new OptionError("weighted: weights", "expected one above 0");
  return withWeights(dataset, own) as WeightedDataset<T>;
}

function withWeights(dataset: Dataset, weights: Float64Array): Dataset {
  const own: Omit<WeightedRows, keyof Dataset> & Pick<Dataset, "slice" | "pick"> = {
    sampleWeights: weights,
    slice: (start, end) => withWeights(dataset.slice(start, end), weights.subarray(start, end)),
    pick: (indices) =>
      withWeights(
        dataset.pick(indices),
        Float64Array.from(indices, (i) => weights[i] ?? 0),
      ),
    reweighted: (other) => withWeights(other, weights),
    rowWeights: (indices, dtype) => {
      const operation = weightsBy(weights, dtype);
      return rowWeightsOf(
        () => operate(operation, [expressionOf(indices)], {}),
        (row) => weights[indices.data[row] ?? 0] ?? 0,
      );
    },
  };
  return Object.assign(dataset.slice(0), own);
}

/** w_(r_i), read by the host: nothing of the weights is in the engine's memory but those of a minibatch. */
function weightsBy(weights: Float64Array, dtype: FloatType): Operation {
  return {
    name: "sampleWeights",
    spec: ([indices]) => ({ dtype, shape: (indices as Value).shape }),
    bind: (call) =>
      onHost(call, (indices, out) => {
        for (let i = 0; i < out.length; i++) out[i] = weights[indices[i] ?? 0] ?? 0;
      }),
    flops: () => 0,
  };
}

function rowWeightsOf(of: () => unknown, at: (row: number) => number): RowWeights {
  return {
    lossOf(loss, z, t) {
      return scoped((own) => {
        const w = of() as Expression<FloatType>;
        const total = sum(product(w, lossesOfRows(loss, z, t, own)) as Expression<FloatType>);
        if (factorToSum(loss, 2) === 1) return total;
        const each = classWeightsOf(loss, z, t);
        const share = each === undefined ? sum(w) : sum(mul(w, each) as Expression<FloatType>);
        return div(total, maximum(share, LEAST_WEIGHT)) as Expression<FloatType>;
      });
    },
    measured(loss, z, t) {
      return scoped((own) => {
        const { data } = own(lossesOfRows(loss, z, t, own) as Tensor<FloatType>);
        const { weightOf = () => 1 } = partsOf(loss);
        let [total, weight] = [0, 0];
        for (let row = 0; row < data.length; row++) {
          const w = at(row);
          if (w === 0) continue;
          total += w * (data[row] ?? 0);
          weight += w * (t.dtype === "int32" ? weightOf(t.data[row] ?? 0) : 1);
        }
        return [total, Math.max(weight, LEAST_WEIGHT)];
      });
    },
    lossAfter(net, { inputs, targets }) {
      const { lossFunction } = net;
      const [total, weight] = this.measured(lossFunction, net.logits(inputs), targets);
      return factorToSum(lossFunction, 2) === 1 ? total : total / weight;
    },
  };
}

/** weight · loss, 0 where the weight is 0, be the loss ∞. */
function product(weight: Floats, loss: Floats): Floats {
  return mul(weight, keep(weight, loss) as Floats) as Floats;
}

/**
 * The loss of each row, with its class's weight.
 *
 * @throws {OptionError} a loss of one's own, which gives the mean of a minibatch alone
 */
function lossesOfRows(loss: Loss<FloatType>, z: Floats, t: Value, own: Own): Floats {
  const targets = t as Floats;
  const reduced = factorToSum(loss, 2) === 1 ? sum : mean;
  const rows = (each: Floats): Floats => reduced(own(each as Tensor<FloatType>), ROW);
  switch (loss) {
    case "softmaxCrossEntropy":
      return crossEntropy(z as Tensor<FloatType>, targets as Tensor<FloatType>, { reduction: "none" });
    case "meanSquaredError":
      return rows(square(own(sub(z, targets) as Tensor<FloatType>)));
    case "squaredError":
      return mul(own(rows(square(own(sub(z, targets) as Tensor<FloatType>))) as Tensor<FloatType>), 0.5) as Floats;
    case "binaryCrossEntropyWithLogits": {
      const opposite = own(mul(z, -1) as Tensor<FloatType>);
      const yes = own(product(targets, own(softplus(opposite))) as Tensor<FloatType>);
      const no = own(
        product(own(sub(1, targets) as Tensor<FloatType>), own(softplus(z as Tensor<FloatType>))) as Tensor<FloatType>,
      );
      return rows(add(yes, no) as Floats);
    }
    default:
      return described(partsOf(loss).description, z, targets, rows);
  }
}

function described(
  description: LossDescription | undefined,
  z: Floats,
  t: Floats,
  rows: (each: Floats) => Floats,
): Floats {
  const [y, targets] = [z, t] as unknown as [Tensor<FloatType>, Tensor<FloatType>];
  if (description?.kind === "crossEntropy") {
    const { kind, ...options } = description;
    return crossEntropy(y, targets, { ...options, reduction: "none" });
  }
  if (description?.kind === "huber") {
    const { kind, ...options } = description;
    return rows(huber(y, targets, { ...options, reduction: "none" }));
  }
  if (description?.kind === "meanAbsoluteError") return rows(meanAbsoluteError(y, targets, { reduction: "none" }));
  throw new OptionError(
    "weighted: loss",
    "a loss by name, or with options, for examples with weights: a function gives the minibatch's mean alone",
  );
}

/** The weights of labels' classes, by which the mean divides as well. */
function classWeightsOf(
  loss: Loss<FloatType>,
  z: Expression<FloatType>,
  t: Expression,
): Expression<FloatType> | undefined {
  const { description } = partsOf(loss);
  if (description?.kind !== "crossEntropy" || t.dtype !== "int32") return undefined;
  const { kind, ...options } = description;
  const { weights, smoothing, ignored } = checkCrossEntropy("weighted", options, undefined);
  const of: ClassTargets = { dtype: z.dtype, classes: z.shape[1] ?? 0, weights, smoothing, ignored };
  return operate<FloatType, ClassTargets>(LABEL_WEIGHTS, [t], of) as Expression<FloatType>;
}
