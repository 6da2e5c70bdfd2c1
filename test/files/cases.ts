/**
 * The files that every later version reads: which networks, checkpoints and streams of random numbers they hold, and the
 * examples that they are held by. Examples are made of integers here, so that nothing of the library decides them.
 */
import {
  adaGrad,
  adam,
  adamW,
  augment,
  avgPool2d,
  batchNorm,
  conv2d,
  crossEntropyLoss,
  Dataset,
  type DatasetStream,
  dense,
  depthwiseConv2d,
  dropout,
  elu,
  type FloatType,
  flatten,
  gelu,
  globalAvgPool2d,
  groupNorm,
  hardSigmoid,
  hardSwish,
  huberLoss,
  type Layer,
  type Loss,
  layerNorm,
  leakyRelu,
  maxPool2d,
  mean,
  meanAbsoluteErrorLoss,
  mish,
  momentum,
  type Naming,
  nesterov,
  type Optimizer,
  type OptimizerNumbers,
  prelu,
  relu,
  relu6,
  residual,
  rmsProp,
  type Sequential,
  schedule,
  selu,
  sequential,
  sgd,
  sigmoid,
  silu,
  softplus,
  square,
  streamDataset,
  sub,
  type TrainOptions,
  tanh,
} from "lanegrad";

/** Which examples: labels of three classes, pictures of them, colour pictures, one column of 0 and 1, two columns of numbers. */
export type DataName = "classes" | "pictures" | "colours" | "binary" | "numbers";

export type NetworkCase = {
  readonly name: string;
  readonly layers: Sequential;
  readonly loss: Loss<FloatType>;
  readonly dtype: FloatType;
  /** Of an example, where it is not a row. */
  readonly inputShape?: readonly number[];
  readonly naming: Naming;
  readonly data: DataName;
};

export type CheckpointCase = Omit<NetworkCase, "naming"> & {
  /** Steps before the checkpoint. */
  readonly after: number;
  readonly options: TrainOptions;
  /** Whether the examples come as a stream. */
  readonly source: "dataset" | "stream";
};

const EXAMPLES = 22;
/** Of examples that are pictures: height, width and, of colour pictures, channels. */
const SHAPES: Partial<Record<DataName, readonly number[]>> = { pictures: [4, 4], colours: [6, 5, 3] };
const DTYPES = ["float32", "float64"] as const;

/** The mean of squares, as a caller writes it. */
export const CUSTOM: Loss<FloatType> = (z, t) => mean(square(sub(z, t)));

/** 22 examples; `part` tells apart those to train on (0), to watch (1) and to predict (2). */
export function examplesOf(name: DataName, part = 0): Dataset {
  const shape = SHAPES[name] ?? [4];
  const size = shape.reduce((product, side) => product * side);
  const draw = integers(1 + part);
  const labels = Uint8Array.from({ length: EXAMPLES }, () => draw(3));
  const inputs = new Uint8Array(EXAMPLES * size);
  for (let i = 0; i < inputs.length; i++) {
    const label = labels[Math.floor(i / size)] ?? 0;
    inputs[i] = ((label * 71 + (i % size) * 53) % 160) + draw(96);
  }
  const parts = { name, inputs, shape, scale: 1 / 255 };
  if (name !== "binary" && name !== "numbers") return new Dataset({ ...parts, labels, classes: 3 });
  const width = name === "binary" ? 1 : 2;
  const targetValues = Float32Array.from({ length: EXAMPLES * width }, (_, i) => {
    const label = labels[Math.floor(i / width)] ?? 0;
    return width === 1 ? Number(label > 0) : label / 2 - (i % 2);
  });
  return new Dataset({ ...parts, targetValues });
}

/** The same examples in chunks of 8. */
export function streamOf(name: DataName): DatasetStream {
  const dataset = examplesOf(name);
  return streamDataset({
    *chunks() {
      for (let start = 0; start < dataset.length; start += 8) {
        yield dataset.slice(start, Math.min(dataset.length, start + 8));
      }
    },
    shuffleBuffer: 12,
    seed: 3,
  });
}

/** Integers from 0 to below n (Numerical Recipes' generator of 32 bits). */
function integers(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * n);
  };
}

const LAYERS: Readonly<Record<string, Layer>> = {
  sigmoid: sigmoid(),
  tanh: tanh(),
  relu: relu(),
  leakyRelu: leakyRelu(),
  leakyReluSlope: leakyRelu({ slope: 0.2 }),
  softplus: softplus(),
  gelu: gelu(),
  dropout: dropout(0.25),
  batchNorm: batchNorm({ momentum: 0.2, epsilon: 1e-4 }),
};

const INITIALIZERS = ["he", "heUniform", "xavier", "xavierUniform", "zeros"] as const;

const OUTPUTS = { classes: 3, pictures: 3, colours: 3, binary: 1, numbers: 2 } as const;

/** The layers and losses of 0.2.0, in networks for rows. */
const LATER_LAYERS: Readonly<Record<string, Layer>> = {
  ...{ silu: silu(), mish: mish(), elu: elu({ alpha: 0.5 }), selu: selu(), relu6: relu6() },
  ...{ hardSigmoid: hardSigmoid(), hardSwish: hardSwish(), geluExact: gelu({ approximate: "none" }) },
  ...{ prelu: prelu(), layerNorm: layerNorm({ epsilon: 1e-4 }) },
};
const LATER_LOSSES: Readonly<Record<string, readonly [Loss<FloatType>, DataName]>> = {
  crossEntropy: [crossEntropyLoss({ classWeights: [1, 2, 0.5], labelSmoothing: 0.1 }), "classes"],
  ignoreLabel: [crossEntropyLoss({ ignoreLabel: 2, reduction: "sum" }), "classes"],
  huber: [huberLoss({ delta: 0.5 }), "numbers"],
  meanAbsoluteError: [meanAbsoluteErrorLoss(), "numbers"],
};

/** Every layer for images. */
const IMAGES: Readonly<Record<string, Sequential>> = {
  windows: sequential(
    ...[conv2d(4, 3, { padding: "same" }), batchNorm(), relu(), maxPool2d(2, { stride: [2, 1] })],
    ...[depthwiseConv2d(3, { padding: 1, multiplier: 2, bias: false }), groupNorm(2), silu()],
    ...[conv2d(4, [1, 2], { groups: 2, weights: "xavier" }), avgPool2d([2, 3], { stride: 1, padding: [1, 1] })],
    ...[flatten(), dense(6), layerNorm(), prelu(), dense(3)],
  ),
  residual: sequential(
    ...[conv2d(4, 3, { padding: [1, 2, 1, 0], dilation: [1, 2], bias: false }), batchNorm(), relu()],
    residual(conv2d(4, 3, { padding: 1 }), batchNorm(), relu(), conv2d(4, 3, { padding: 1 })),
    residual(
      { projection: sequential(conv2d(6, 1, { stride: 2, bias: false }), batchNorm()) },
      ...[conv2d(6, 3, { stride: 2, padding: 1 }), batchNorm(), relu()],
    ),
    ...[relu(), globalAvgPool2d(), dropout(0.2), dense(3)],
  ),
};

function networks(): NetworkCase[] {
  const of = (name: string, layers: Sequential, rest: Partial<NetworkCase> = {}): NetworkCase[] =>
    DTYPES.map((dtype) => ({
      ...{ name: `${name}-${dtype}`, layers, dtype, loss: "softmaxCrossEntropy", naming: "lanegrad", data: "classes" },
      ...rest,
    }));
  const layers = Object.entries(LAYERS).flatMap(([name, layer]) =>
    of(name, sequential(dense(4, 3), layer, dense(3, 3))),
  );
  const initializers = INITIALIZERS.flatMap((weights) =>
    of(`dense-${weights}`, sequential(dense(4, 2, { weights }), tanh(), dense(2, 3, { weights: { std: 0.5 } }))),
  );
  const namings = (["lanegrad", "pytorch"] as const).flatMap((naming) =>
    of(`naming-${naming}`, everyLayer("classes"), { naming }),
  );
  return [
    ...layers,
    ...initializers,
    ...namings,
    ...of("loss-softmaxCrossEntropy", sequential(dense(4, 3)), { loss: "softmaxCrossEntropy" }),
    ...of("loss-binaryCrossEntropyWithLogits", sequential(dense(4, 2), relu(), dense(2, 1)), {
      ...{ loss: "binaryCrossEntropyWithLogits", data: "binary" },
    }),
    ...of("loss-squaredError", sequential(dense(4, 3), tanh(), dense(3, 2)), { loss: "squaredError", data: "numbers" }),
    ...of("loss-custom", sequential(dense(4, 3), tanh(), dense(3, 2)), { loss: CUSTOM, data: "numbers" }),
    ...Object.entries(LATER_LAYERS).flatMap(([name, layer]) => of(name, sequential(dense(4, 3), layer, dense(3, 3)))),
    ...Object.entries(LATER_LOSSES).flatMap(([name, [loss, data]]) =>
      of(`loss-${name}`, sequential(dense(4, 3), tanh(), dense(3, OUTPUTS[data])), { loss, data }),
    ),
    ...Object.entries(IMAGES).flatMap(([name, layers]) =>
      (["lanegrad", "pytorch"] as const).flatMap((naming) =>
        of(`images-${name}-${naming}`, layers, { naming, data: "colours", inputShape: [6, 5, 3] }),
      ),
    ),
  ];
}

function everyLayer(data: DataName): Sequential {
  const inputs = data === "pictures" ? 16 : 4;
  const outputs = OUTPUTS[data];
  return sequential(
    ...[dense(inputs, 4), batchNorm(), leakyRelu({ slope: 0.1 }), dropout(0.2)],
    ...[dense(4, 3), batchNorm(), gelu(), dense(3, outputs)],
  );
}

function checkpoints(): CheckpointCase[] {
  const plain = (data: DataName) =>
    sequential(dense(data === "pictures" ? 16 : 4, 3), sigmoid(), dense(3, OUTPUTS[data]));
  const of = (name: string, options: TrainOptions, rest: Partial<CheckpointCase> = {}): CheckpointCase => ({
    ...{ name, dtype: "float32", loss: "softmaxCrossEntropy", data: "classes", source: "dataset" },
    ...{ layers: plain(rest.data ?? "classes"), after: 7, options: { epochs: 4, batchSize: 5, ...options } },
    ...rest,
  });
  const optimizers: { readonly [K in keyof OptimizerNumbers]: Optimizer } = {
    sgd: sgd({ learningRate: 0.5, clipNorm: 1 }),
    momentum: momentum({ learningRate: 0.1, momentum: 0.8, weightDecay: 1e-3 }),
    nesterov: nesterov({ learningRate: 0.1 }),
    adaGrad: adaGrad({ learningRate: 0.1, clipValue: 0.5 }),
    rmsProp: rmsProp({ learningRate: 0.01 }),
    adam: adam({ learningRate: 0.02, weightDecay: 1e-3 }),
    adamW: adamW({ learningRate: 0.02 }),
  };
  const optimizer = optimizers.adam;
  const colours = { data: "colours", inputShape: [6, 5, 3] } as const;
  const watch = { validation: examplesOf("classes", 1), earlyStopping: { patience: 2 } };
  return [
    ...Object.entries(optimizers).map(([name, optimizer]) => of(name, { optimizer })),
    ...(["sgd", "adam"] as const).map((name) =>
      of(`${name}-float64`, { optimizer: optimizers[name] }, { dtype: "float64" }),
    ),
    {
      ...of("iterations", {}),
      options: { iterations: 20, batchSize: 5, learningRate: 0.5, test: examplesOf("classes", 2), evaluateEvery: 4 },
    },
    of("early-stopping", { optimizer: sgd({ learningRate: 20 }), epochs: 30, ...watch }, { after: 12 }),
    of("accumulation", { optimizer, accumulate: 2, batchSize: 11, epochs: 8 }, { after: 3 }),
    of("accumulation-mid-epoch", { optimizer, accumulate: 2, batchSize: 2 }, { after: 8 }),
    of("stream", { optimizer }, { source: "stream" }),
    of("schedule-cosine", { optimizer: sgd({ learningRate: schedule({ kind: "cosine", rate: 0.5 }) }) }),
    of("schedule-sequence", {
      optimizer: momentum({
        learningRate: schedule({
          kind: "sequence",
          parts: [
            { schedule: { kind: "warmup", rate: 0.2, steps: 5 }, steps: 5 },
            { schedule: { kind: "step", rate: 0.2, every: 3, factor: 0.5 }, steps: 6 },
            { schedule: { kind: "exponential", rate: 0.05, factor: 0.9 }, steps: 1 },
          ],
        }),
      }),
    }),
    of("dropout-batch-norm", { optimizer }, { layers: everyLayer("classes") }),
    of(
      "augmentation",
      { optimizer, augmentation: augment({ shift: 1, rotate: 20, scale: 0.1 }) },
      { data: "pictures", layers: everyLayer("pictures") },
    ),
    of("binary", { optimizer }, { data: "binary", loss: "binaryCrossEntropyWithLogits" }),
    of("squared-error", { optimizer }, { data: "numbers", loss: "squaredError" }),
    of("custom", { optimizer }, { data: "numbers", loss: CUSTOM }),
    ...Object.entries(LATER_LOSSES).map(([name, [loss, data]]) => of(`loss-${name}`, { optimizer }, { loss, data })),
    ...Object.entries(IMAGES).map(([name, layers]) => of(`images-${name}`, { optimizer }, { layers, ...colours })),
    of(
      "images-augmentation",
      { optimizer, augmentation: augment({ shift: 1, rotate: 20, flip: 0.5, crop: 1, cutout: 2, colour: 0.1 }) },
      { layers: IMAGES["residual"] as Sequential, ...colours },
    ),
    of("images-stream", { optimizer }, { layers: IMAGES["windows"] as Sequential, ...colours, source: "stream" }),
  ];
}

export const NETWORKS: readonly NetworkCase[] = networks();
export const CHECKPOINTS: readonly CheckpointCase[] = checkpoints();
