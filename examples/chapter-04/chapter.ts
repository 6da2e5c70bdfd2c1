/** What the sections share: an engine, the digits, and the one long training run. */
import { fileURLToPath } from "node:url";
import { type Dataset, Engine, loadMnist, RandomState, type TrainHistory, train } from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";

export type Digits = {
  readonly train: Dataset;
  readonly test: Dataset;
  readonly isMnist: boolean;
  readonly name: string;
};

/** The chapter's network after its 10,000 steps. */
export type Trained = { readonly net: TwoLayerNet; readonly history: TrainHistory; readonly seconds: number };

export type Chapter = {
  readonly engine: Engine;
  readonly digits: Digits;
  /** Trains when it is first asked for, and only then. */
  readonly trained: () => Promise<Trained>;
  readonly [Symbol.dispose]: () => void;
};

/** All of MNIST from a folder, or without one the digits that come with the repository. */
export async function openChapter(folder: string | undefined): Promise<Chapter> {
  const engine = await Engine.load();
  const parts = await loadMnist(folder ?? fileURLToPath(new URL("../../data", import.meta.url)));
  const isMnist = parts.train.length === 60_000 && parts.test.length === 10_000;
  const name = isMnist ? "MNIST" : `${parts.train.length + parts.test.length} digits of MNIST's training images`;
  const digits = { ...parts, isMnist, name };
  let trained: Promise<Trained> | undefined;
  return {
    engine,
    digits,
    trained() {
      trained ??= trainedOn(engine, digits);
      return trained;
    },
    [Symbol.dispose]: () => engine.dispose(),
  };
}

/** 784-50-10, weights 0.01 · normal, minibatches of 100 drawn with replacement, learning rate 0.1; recorded as in the book. */
async function trainedOn(engine: Engine, { train: examples, test }: Digits): Promise<Trained> {
  const random = new RandomState(0);
  const net = new TwoLayerNet(engine, { inputSize: 784, hiddenSize: 50, outputSize: 10, random });
  const start = performance.now();
  const history = await train(net, examples, {
    ...{ iterations: 10_000, batchSize: 100, learningRate: 0.1, random, test },
    ...{ lossAt: "after update", evaluateTraining: true },
  });
  return { net, history, seconds: (performance.now() - start) / 1000 };
}
