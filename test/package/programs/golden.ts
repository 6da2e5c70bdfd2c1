/**
 * The golden table: networks, seeds and steps, and the SHA-256 of the weights that every machine and every runtime must
 * come to. A row is plain data, so that one file holds all of it: test/fixtures/golden/weights.json.
 *
 *   the first 1,000 bundled digits → network of `seed` → `options` → SHA-256 of parameters and running statistics
 *
 * It knows no build: the caller's engine has one, and what is promised holds for `simd` and for all that claim its bits.
 */
import {
  Dataset,
  type Engine,
  type FloatType,
  type Layer,
  type LossName,
  network,
  type Optimizer,
  parseDescription,
  parseOptimizer,
  RandomState,
  type SchedulePlan,
  type Shape,
  sequential,
  type TrainOptions,
  train,
  weightsOf,
} from "lanegrad";

/** What is trained, and what comes of it. */
export type GoldenRow = {
  readonly name: string;
  readonly dtype: FloatType;
  /** The shape of one example, where the layers do not give it: 784 pixels as an image. */
  readonly inputShape?: Shape;
  readonly layers: readonly Layer[];
  /** Default: softmax with cross entropy. */
  readonly loss?: LossName;
  /** `numbers`: the label as a number to be met. Default: the label as a class. */
  readonly targets?: "classes" | "numbers";
  /** Of the stream that the weights and then the examples are drawn from. */
  readonly seed: number;
  readonly options: Omit<TrainOptions, "optimizer"> & { readonly optimizer?: OptimizerPlan };
  readonly sha256: string;
};

/** An optimizer as JSON can say it: its record and its schedule's are not in a file. */
type OptimizerPlan = Omit<Optimizer, "learningRate"> & { readonly learningRate: number | SchedulePlan };

/** What was found for a row. */
export type GoldenResult = { readonly name: string; readonly sha256: string };

const EXAMPLES = 1000;

/** Trains every row. */
export async function goldenTable(
  engine: Engine,
  digits: Dataset,
  rows: readonly GoldenRow[],
): Promise<GoldenResult[]> {
  const results: GoldenResult[] = [];
  for (const row of rows) results.push({ name: row.name, sha256: await goldenWeights(engine, digits, row) });
  return results;
}

/**
 * SHA-256 of the weights after a row's training, in hexadecimal digits; nothing stays in the engine.
 *
 * @param digits the training part of the bundled digits, of which the first 1,000 are taken
 */
export async function goldenWeights(engine: Engine, digits: Dataset, row: GoldenRow): Promise<string> {
  const { dtype, inputShape, layers, loss = "softmaxCrossEntropy", targets = "classes", seed } = row;
  const { optimizer, ...options } = row.options;
  const random = new RandomState(seed);
  const images = inputShape === undefined ? {} : { inputShape };
  const plain = {
    format: "lanegrad network",
    version: inputShape === undefined ? 1 : 2,
    dtype,
    loss,
    ...images,
    layers,
  };
  const net = network(engine, sequential(...parseDescription(plain).layers), { random, dtype, loss, ...images });
  try {
    const some = digits.slice(0, EXAMPLES);
    await train(net, targets === "classes" ? some : withNumbers(some), {
      ...options,
      ...(optimizer === undefined ? {} : { optimizer: parseOptimizer(optimizer) }),
      random,
    });
    return await sha256(weightsOf(net).map(({ data }) => data.slice()));
  } finally {
    net.dispose();
  }
}

/** The same examples, each with its label as a number. */
function withNumbers({ name, inputs, shape, scale, labels }: Dataset): Dataset {
  return new Dataset({ name, inputs, shape, scale, targetValues: Float32Array.from(labels) });
}

async function sha256(arrays: readonly BlobPart[]): Promise<string> {
  const bytes = await new Blob([...arrays]).arrayBuffer();
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
