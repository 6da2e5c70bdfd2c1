/** From flags to what the library takes, and which flags exclude each other. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { UsageError } from "../../src/cli/flags.ts";
import { completed, descriptionOf, inputShapeOf, scheduleOf, stepsOf, trainerOptions } from "../../src/cli/recipe.ts";
import { ACTIVATIONS, type TrainValues } from "../../src/cli/train_flags.ts";
import { structureOf } from "../../src/nn/layers/structure.ts";
import type { Schedule } from "../../src/nn/learning_rate.ts";
import { rateAt } from "../../src/nn/schedules.ts";
import { assertThrows } from "../support/throws.ts";

const test = suite("recipe");
const SIZES = { size: 6, classes: 3 };

test("without flags it is the chapter's network and its training", () => {
  assert.equal(withoutGaps(completed({})), {
    hidden: 50,
    iterations: 10_000,
    batchSize: 100,
    learningRate: 0.1,
    weightInitStd: 0.01,
    seed: 0,
    dtype: "float32",
    build: "simd",
    layout: "auto",
    logEvery: 100,
  });
});

test("what is given stays as it is", () => {
  const given: TrainValues = {
    layers: [6, 4, 3],
    epochs: 2,
    batchSize: 5,
    learningRate: 0.5,
    weightInitStd: 0.2,
    seed: 9,
    dtype: "float64",
    build: "js",
    layout: "sparse",
    logEvery: 7,
    validation: 0.1,
    patience: 4,
  };
  assert.equal(withoutGaps(completed(given)), given);
  const { hidden, iterations } = completed({ hidden: 8, iterations: 12 });
  assert.equal([hidden, iterations], [8, 12]);
});

test("the learning rate is the optimizer's own", () => {
  for (const [optimizer, rate] of [
    ["sgd", 0.1],
    ["momentum", 0.01],
    ["nesterov", 0.01],
    ["adaGrad", 0.01],
    ["rmsProp", 0.01],
    ["adam", 0.001],
    ["adamW", 0.001],
  ] as const) {
    assert.is(completed({ optimizer }).learningRate, rate, optimizer);
    const options = trainerOptions({ optimizer }, 100);
    assert.is(options.optimizer?.kind, optimizer);
    assert.is(options.optimizer?.learningRate, rate, optimizer);
  }
});

test("the chapter's first weights are only for its own network", () => {
  const others: readonly TrainValues[] = [
    { layers: [6, 3] },
    { activation: "relu" },
    { dropout: 0.1 },
    { batchNorm: true },
  ];
  for (const values of others) assert.is(completed(values).weightInitStd, undefined, JSON.stringify(values));
  assert.is(completed({ hidden: 5 }).weightInitStd, 0.01);
  assert.is(completed({ dropout: 0.1, weightInitStd: 0.5 }).weightInitStd, 0.5);
});

test("flags that exclude each other, or would do nothing, are refused with what they need", () => {
  for (const [values, text] of [
    [{ data: "d", dataset: "mnist" }, "--data and --dataset exclude each other"],
    [{ layers: [6, 3], hidden: 4 }, "--layers and --hidden exclude each other"],
    [{ iterations: 4, epochs: 4 }, "--iterations and --epochs exclude each other"],
    [{ momentum: 0.5 }, "--momentum: sgd has none; --optimizer momentum, nesterov"],
    [{ optimizer: "adam", momentum: 0.5 }, "--momentum: adam has none; --optimizer momentum, nesterov"],
    [{ optimizer: "momentum", decay: 0.5 }, "--decay: momentum has none; --optimizer rmsProp"],
    [{ optimizer: "rmsProp", beta1: 0.5 }, "--beta1: rmsProp has none; --optimizer adam, adamW"],
    [{ optimizer: "adaGrad", beta2: 0.5 }, "--beta2: adaGrad has none; --optimizer adam, adamW"],
    [{ epsilon: 1e-8 }, "--epsilon: sgd has none; --optimizer adaGrad, rmsProp, adam, adamW"],
    [{ warmup: 5 }, "--warmup: the schedule constant has none; --schedule warmup-cosine"],
    [{ schedule: "cosine", decayEvery: 5 }, "--decay-every: the schedule cosine has none; --schedule step"],
    [
      { schedule: "cosine", decayFactor: 0.5 },
      "--decay-factor: the schedule cosine has none; --schedule step or exponential",
    ],
    [{ dropLast: true }, "--drop-last: --iterations draws full minibatches; --epochs has a last one"],
    [{ dropLast: true, iterations: 5 }, "--drop-last: --iterations draws full minibatches; --epochs has a last one"],
    [{ model: "lenet", layers: [6, 3] }, "--layers: describes a dense network, not --model lenet"],
    [{ model: "simple-conv", hidden: 4 }, "--hidden: describes a dense network, not --model simple-conv"],
    [{ model: "resnet-small", batchNorm: true }, "--batch-norm: resnet-small has it after every convolution"],
    [{ model: "convnet", batchNorm: true }, "--batch-norm: convnet has it after every convolution"],
    [{ model: "resnet-small", dropout: 0.5 }, "--dropout: resnet-small has no hidden dense layer"],
    [{ patience: 3 }, "--patience: watches validation examples: --validation 0.1 splits a tenth off"],
  ] as const) {
    assert.is(assertThrows(() => completed(values), UsageError, text).message, text);
  }
  const allowed: readonly TrainValues[] = [
    { optimizer: "nesterov", momentum: 0.5 },
    { optimizer: "rmsProp", decay: 0.5, epsilon: 1e-3 },
    { optimizer: "adamW", beta1: 0.5, beta2: 0.6, epsilon: 1e-3 },
    { optimizer: "adaGrad", epsilon: 1e-3 },
    { schedule: "warmup-cosine", warmup: 5 },
    { schedule: "step", decayEvery: 5, decayFactor: 0.5 },
    { schedule: "exponential", decayFactor: 0.5 },
    { validation: 0.1 },
    { dropLast: true, epochs: 1 },
    { dropLast: false },
    { model: "dense", layers: [6, 3] },
    { model: "lenet", dropout: 0.5, batchNorm: true, activation: "tanh", weightInitStd: 0.1, dropLast: true },
  ];
  for (const values of allowed) completed(values);
});

test("convolutional networks have defaults of their own", () => {
  assert.equal(withoutGaps(completed({ model: "lenet" })), {
    ...{ model: "lenet", epochs: 5, batchSize: 64, optimizer: "adam", schedule: "warmup-cosine", learningRate: 0.003 },
    ...{ seed: 0, dtype: "float32", build: "simd", layout: "auto", logEvery: 100 },
  });
  const given = completed({ model: "lenet", iterations: 5, optimizer: "momentum", batchSize: 10 });
  const { epochs, iterations, optimizer, batchSize, learningRate } = given;
  assert.equal([epochs, iterations, optimizer, batchSize, learningRate], [undefined, 5, "momentum", 10, 0.01]);
  const rates = [{ optimizer: "adam" }, { schedule: "constant" }, { learningRate: 0.1 }] as const;
  assert.equal(
    rates.map((values) => completed({ model: "lenet", ...values }).learningRate),
    [0.001, 0.001, 0.1],
  );
  const convnets = ["lenet", "convnet", "simple-conv", "resnet-small"] as const;
  const stds = convnets.map((model) => completed({ model }).weightInitStd);
  assert.equal(stds, [undefined, undefined, 0.01, undefined], "the book's network has its weights");
});

test("convolutional networks: their layers, from square images to classes", () => {
  const examples = { size: 784, classes: 10 };
  const sizes = (values: TrainValues, given: Parameters<typeof inputShapeOf>[1] = examples) =>
    structureOf(descriptionOf(values, given), inputShapeOf(values, given).inputShape);
  const kinds = (values: TrainValues) =>
    [...sizes(values).layers.values()].flatMap(({ layer, parameters }) =>
      layer.kind === "sequential" || layer.kind === "residual"
        ? []
        : [[layer.kind === "activation" ? layer.name : layer.kind, ...(parameters["W"]?.shape ?? [])].join(" ")],
    );
  assert.equal(kinds({ model: "lenet" }), [
    ...["conv2d 5 5 1 6", "relu", "maxPool2d", "conv2d 5 5 6 16", "relu", "maxPool2d", "flatten"],
    ...["dense 400 120", "relu", "dense 120 84", "relu", "dense 84 10"],
  ]);
  assert.equal(kinds({ model: "convnet", dropout: 0.25 }), [
    ...["conv2d 5 5 1 24", "maxPool2d", "batchNorm", "relu", "conv2d 3 3 24 48", "batchNorm", "relu"],
    ...["conv2d 3 3 48 48", "maxPool2d", "batchNorm", "relu", "flatten", "dense 768 128", "relu", "dropout"],
    "dense 128 10",
  ]);
  assert.equal(kinds({ model: "simple-conv", activation: "tanh", dropout: 0.5, batchNorm: true }), [
    ...["conv2d 5 5 1 30", "batchNorm", "tanh", "maxPool2d", "flatten", "dense 4320 100", "tanh", "dropout"],
    "dense 100 10",
  ]);
  const convolutions = kinds({ model: "resnet-small" }).filter((kind) => /^(conv2d|dense)/.test(kind));
  assert.equal(convolutions, [
    ...["conv2d 3 3 1 8", "conv2d 3 3 8 8", "conv2d 3 3 8 8", "conv2d 3 3 8 16", "conv2d 3 3 16 16"],
    ...["conv2d 1 1 8 16", "conv2d 3 3 16 32", "conv2d 3 3 32 32", "conv2d 1 1 16 32", "dense 32 10"],
  ]);
  assert.equal(inputShapeOf({ model: "lenet" }, { ...examples, inputShape: [5, 28, 28] }), { inputShape: [28, 28, 1] });
  assert.equal(inputShapeOf({ model: "lenet" }, { ...examples, inputShape: [5, 14, 28, 2] }).inputShape, [14, 28, 2]);
  assert.equal(inputShapeOf({}, examples), {});
  const { message } = assertThrows(
    () => inputShapeOf({ model: "lenet" }, { size: 6, classes: 3 }),
    UsageError,
    "no square",
  );
  assert.is(message, "--model lenet takes images, but an example has 6 pixels: no square");
});

test("the network: layers from pixels to classes, and what stands between them", () => {
  const kinds = (values: TrainValues) =>
    descriptionOf(values, SIZES).layers.map((layer) => (layer.kind === "activation" ? layer.name : layer.kind));
  const sizes = (values: TrainValues) =>
    descriptionOf(values, SIZES).layers.flatMap((layer) =>
      layer.kind === "dense" ? [[layer.inputSize, layer.outputSize]] : [],
    );
  assert.equal(kinds({}), ["dense", "sigmoid", "dense"]);
  assert.equal(sizes({}), [
    [6, 50],
    [50, 3],
  ]);
  assert.equal(sizes({ hidden: 4 }), [
    [6, 4],
    [4, 3],
  ]);
  assert.equal(kinds({ layers: [6, 3] }), ["dense"]);
  assert.equal(kinds({ layers: [6, 5, 4, 3] }), ["dense", "relu", "dense", "relu", "dense"]);
  assert.equal(sizes({ layers: [6, 5, 4, 3] }), [
    [6, 5],
    [5, 4],
    [4, 3],
  ]);
  for (const activation of ACTIVATIONS) {
    const kind = activation === "geluExact" ? "gelu" : activation;
    assert.equal(kinds({ activation }), ["dense", kind, "dense"]);
    assert.equal(kinds({ activation, layers: [6, 3, 3] }), ["dense", kind, "dense"]);
  }
  assert.equal(kinds({ batchNorm: true, dropout: 0.25 }), ["dense", "batchNorm", "sigmoid", "dropout", "dense"]);
  assert.equal(kinds({ batchNorm: false, dropout: 0 }), ["dense", "sigmoid", "dense"]);
  assert.match(JSON.stringify(descriptionOf({ dropout: 0.25 }, SIZES)), "0.25");
});

test("the first weights have the standard deviation that is asked for, or their own", () => {
  const first = (values: TrainValues) => {
    const [layer] = descriptionOf(values, SIZES).layers;
    return layer?.kind === "dense" ? layer.weights : undefined;
  };
  assert.equal(first({ weightInitStd: 0.5 }), { std: 0.5 });
  assert.not.equal(first({}), { std: 0.5 });
  assert.is(first({}), first({ layers: [6, 3] }));
});

test("layers that do not fit the examples are refused with both sizes", () => {
  for (const [layers, text] of [
    [[5, 4, 3], "--layers 5,4,3 begin with 5, but an example has 6 pixels"],
    [[6, 4, 2], "--layers 6,4,2 end with 2, but there are 3 classes"],
  ] as const) {
    assert.is(assertThrows(() => descriptionOf({ layers }, SIZES), UsageError, text).message, text);
  }
});

test("what training is told is what was given, and the number of its steps", () => {
  const { optimizer, ...others } = trainerOptions({}, 100);
  assert.equal(others, { iterations: 10_000 });
  assert.equal(optimizer?.kind, "sgd");
  const { optimizer: _, ...all } = trainerOptions(
    { epochs: 2, batchSize: 5, accumulate: 3, layout: "dense", patience: 4, augment: { shift: 2 } },
    100,
  );
  const { augmentation, ...plain } = all;
  assert.equal(plain, { epochs: 2, batchSize: 5, accumulate: 3, layout: "dense", earlyStopping: { patience: 4 } });
  assert.match(JSON.stringify(augmentation), '"shift":2');
  assert.is(trainerOptions({ iterations: 7 }, 100).iterations, 7);
});

test("minibatches of one row are refused for batch normalisation alone, before anything is made", () => {
  const left = (n: number, by: number) =>
    `--batch-size ${by} leaves 1 of ${n} examples for the last minibatch, which --batch-norm cannot normalise: --drop-last or another --batch-size`;
  const single = "--batch-size 1: --batch-norm needs at least 2 examples in a minibatch";
  for (const [values, examples, text] of [
    [{ epochs: 2 }, 201, left(201, 100)],
    [{ epochs: 2, batchSize: 4, accumulate: 2 }, 9, left(9, 4)],
    [{ epochs: 2, batchSize: 1, dropLast: true }, 9, single],
    [{ batchSize: 1 }, 9, single],
  ] as const) {
    const options = () => trainerOptions({ ...values, batchNorm: true }, examples);
    assert.is(assertThrows(options, UsageError, text).message, text);
    trainerOptions(values, examples);
  }
  for (const [values, examples] of [
    [{ epochs: 2 }, 202],
    [{ epochs: 2 }, 200],
    [{ iterations: 2 }, 201],
    [{ epochs: 2, dropLast: true }, 201],
  ] as const) {
    assert.is(
      trainerOptions({ ...values, batchNorm: true }, examples).dropLast,
      "dropLast" in values ? true : undefined,
    );
  }
});

test("an optimizer gets its own options and those that all have", () => {
  const values: TrainValues = {
    ...{ optimizer: "adamW", learningRate: 0.5, beta1: 0.6, beta2: 0.7, epsilon: 1e-3 },
    ...{ weightDecay: 0.2, clipNorm: 3, clipValue: 4 },
  };
  const { optimizer } = trainerOptions(values, 100);
  const { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, clipValue } = optimizer as never as TrainValues;
  assert.equal(
    { optimizer: optimizer?.kind, learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, clipValue },
    values,
  );
  const { optimizer: nesterov } = trainerOptions({ optimizer: "nesterov", momentum: 0.3 }, 100);
  assert.is((nesterov as { momentum?: number }).momentum, 0.3);
  const { optimizer: rmsProp } = trainerOptions({ optimizer: "rmsProp", decay: 0.3 }, 100);
  assert.is((rmsProp as { decay?: number }).decay, 0.3);
});

test("steps: as many as are asked for, or as epochs have, whose last minibatches may be smaller", () => {
  for (const [values, examples, steps] of [
    [{}, 8000, 10_000],
    [{ iterations: 7 }, 8000, 7],
    [{ epochs: 1 }, 8000, 80],
    [{ epochs: 3, batchSize: 30 }, 100, 12],
    [{ epochs: 3, batchSize: 30, accumulate: 3 }, 100, 6],
    [{ epochs: 1, batchSize: 100 }, 99, 1],
    [{ epochs: 3, batchSize: 30, dropLast: true }, 100, 9],
    [{ epochs: 3, batchSize: 30, dropLast: true, accumulate: 2 }, 100, 6],
    [{ epochs: 3, batchSize: 30, dropLast: false }, 100, 12],
  ] as const) {
    assert.is(stepsOf(values, examples), steps, JSON.stringify(values));
  }
});

test("schedules over the whole run: where they begin, change and end", () => {
  const rates = (values: TrainValues, at: readonly number[], steps = 300) => {
    const schedule: Schedule = scheduleOf(values, 0.5, steps);
    return at.map((step) => rateAt(schedule, step));
  };
  assert.is(scheduleOf({}, 0.5, 300), 0.5);
  assert.is(scheduleOf({ schedule: "constant" }, 0.5, 300), 0.5);
  near(rates({ schedule: "step" }, [0, 99, 100, 200, 299]), [0.5, 0.5, 0.05, 0.005, 0.005]);
  near(rates({ schedule: "step" }, [33, 34], 100), [0.5, 0.05]); // a third of 100 is 33⅓: the 34th step is the first beyond
  near(rates({ schedule: "step" }, [0, 1], 1), [0.5, 0.05]);
  near(rates({ schedule: "step", decayEvery: 2, decayFactor: 0.5 }, [1, 2, 4]), [0.5, 0.25, 0.125]);
  near(rates({ schedule: "exponential", decayFactor: 0.5 }, [0, 1, 3]), [0.5, 0.25, 0.0625]);
  const [first = 0, last = 0] = rates({ schedule: "exponential" }, [0, 300]);
  assert.is(first, 0.5);
  assert.ok(last > 0.5 * 0.009 && last < 0.5 * 0.0105, `${last} is a hundredth`);
  near(rates({ schedule: "exponential" }, [0, 1], 5), [0.5, 0.05]);
  near(rates({ schedule: "exponential" }, [0, 1], 46), [0.5, 0.45]);
  near(rates({ schedule: "cosine" }, [0, 150, 300]), [0.5, 0.25, 0]);
});

test("a warm-up from a first step that is not 0 to the rate, and a cosine down from there", () => {
  const at = (values: TrainValues, step: number, steps = 300) =>
    rateAt(scheduleOf({ schedule: "warmup-cosine", ...values }, 0.5, steps), step);
  near([at({ warmup: 5 }, 0), at({ warmup: 5 }, 1)], [0.1, 0.1 + 0.4 / 5]);
  near([at({ warmup: 100 }, 100), at({ warmup: 100 }, 200), at({ warmup: 100 }, 300)], [0.5, 0.25, 0]);
  near([at({}, 0), at({}, 15), at({}, 300)], [0.5 / 15, 0.5, 0]); // a twentieth of 300
  assert.ok(at({}, 14) < 0.5);
  near([at({}, 0, 30), at({}, 1, 30), at({}, 2, 30)], [0.25, 0.375, 0.5]); // of 30: 1½, rounded up
  near([at({ warmup: 4 }, 0, 4), at({ warmup: 4 }, 2, 4), at({ warmup: 4 }, 9, 4)], [0, 0.25, 0.5]);
  near([at({ warmup: 400 }, 150), at({ warmup: 400 }, 300)], [0.25, 0.5]);
});

function withoutGaps(values: TrainValues): TrainValues {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as TrainValues;
}

/** Equal but for the rounding of a few operations. */
function near(found: readonly number[], wanted: readonly number[]): void {
  assert.is(found.length, wanted.length);
  for (const [i, value] of wanted.entries()) {
    assert.ok(Math.abs((found[i] ?? Number.NaN) - value) <= 8 * Number.EPSILON * 0.5, `${found} for ${wanted}`);
  }
}

test.run();
