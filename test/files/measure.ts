/** What the files are held by: predictions, weights after more steps, draws; as bits. */
import { createHash } from "node:crypto";
import {
  type ArrayData,
  type Classifier,
  checkpointOf,
  classifier,
  decodeCheckpoint,
  type Engine,
  encodeCheckpoint,
  type FloatType,
  type Network,
  network,
  RandomState,
  type Regressor,
  regressor,
  type TrainHistory,
  type TrainOptions,
  train,
  weightsOf,
} from "lanegrad";
import { type CheckpointCase, type DataName, examplesOf, type NetworkCase, streamOf } from "./cases.ts";

/** What the version that wrote a folder computed from its files. */
export type Expected = {
  readonly version: string;
  readonly commit: string;
  /** By the network's file: its output for `examplesOf(data, 2)`, as bytes. */
  readonly networks: Readonly<Record<string, string>>;
  /** By the checkpoint's file. */
  readonly checkpoints: Readonly<Record<string, ResumedRun>>;
  /** By the model's file: its answers for rows that it was not trained on. */
  readonly models?: Readonly<Record<string, readonly (string | number)[]>>;
  readonly random: readonly Draws[];
  /** The run of the command line in the folder `run`, where there is one. */
  readonly run?: ExpectedRun;
};

export type ExpectedRun = {
  /** SHA-256 that `train` reported. */
  readonly weights: string;
  /** SHA-256 that `train --resume` reported, with six more steps. */
  readonly resumed: string;
  /** Of all twelve steps. */
  readonly losses: readonly number[];
  /** Of `evaluate`. */
  readonly correct: number;
  readonly loss: number;
};

export type ResumedRun = {
  readonly iteration: number;
  /** Updates of the finished run. */
  readonly updates: number;
  readonly outcome: string;
  /** SHA-256 of parameters and statistics at its end. */
  readonly weights: string;
};

/** A stream of random numbers: its state, as NumPy has it, and what it draws next. */
export type Draws = {
  readonly state: {
    readonly algorithm: "MT19937";
    /** 624 words, as bytes. */
    readonly key: string;
    readonly position: number;
    readonly hasGauss: boolean;
    readonly cachedGaussian: number;
  };
  readonly draws: string;
};

/** The elements' bytes, lowest first. */
export function hexOf({ buffer, byteOffset, byteLength }: ArrayData): string {
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("hex");
}

/** SHA-256 of a network's parameters and running statistics, with their names and shapes. */
export function sumOf(net: Network<FloatType>): string {
  const hash = createHash("sha256");
  for (const { name, shape, data } of weightsOf(net)) hash.update(`${name} [${shape}]\n`).update(hexOf(data));
  return hash.digest("hex");
}

/** A new network of a case. */
export function networkOfCase(
  engine: Engine,
  { layers, dtype, loss, inputShape }: Pick<NetworkCase, "layers" | "dtype" | "loss" | "inputShape">,
): Network<FloatType> {
  return network<FloatType>(engine, layers, { dtype, loss, seed: 4, ...(inputShape && { inputShape }) });
}

/** The output for examples that no network was trained on. */
export function predictionsOf(net: Network<FloatType>, data: DataName): string {
  const { inputs, inputShape } = examplesOf(data, 2).batch([0, 1, 2, 3]);
  const rows = inputs.length / net.inputSize;
  if (inputShape[0] !== rows) throw new Error(`${data}: ${inputShape} for ${net.inputSize} inputs`);
  const numbers = net.dtype === "float64" ? Float64Array.from(inputs) : (inputs as Float32Array);
  using output = net.predict(rowsOf(numbers, net.inputSize));
  return hexOf(output.data);
}

function rowsOf(numbers: Float32Array | Float64Array, size: number): number[][] {
  return Array.from({ length: numbers.length / size }, (_, i) => [...numbers.subarray(i * size, (i + 1) * size)]);
}

/** A checkpoint of the case's run, and the run's end. */
export async function checkpointOfCase(
  engine: Engine,
  given: CheckpointCase,
): Promise<{ bytes: Uint8Array<ArrayBuffer>; end: Omit<ResumedRun, "iteration"> }> {
  using net = networkOfCase(engine, given);
  let bytes: Uint8Array<ArrayBuffer> | undefined;
  const history = await runOf(net, given, {
    checkpointEvery: given.after,
    onCheckpoint(trainer) {
      bytes ??= encodeCheckpoint(checkpointOf(trainer));
    },
  });
  if (bytes === undefined) throw new Error(`${given.name}: no checkpoint`);
  return { bytes, end: endOf(net, history) };
}

/** A run that resumes from a file of the case, in a new network. */
export async function resumedRun(engine: Engine, given: CheckpointCase, bytes: Uint8Array): Promise<ResumedRun> {
  using net = networkOfCase(engine, given);
  const checkpoint = decodeCheckpoint(bytes, { file: given.name });
  const history = await runOf(net, given, { resume: checkpoint });
  return { iteration: checkpoint.iteration, ...endOf(net, history) };
}

function runOf(
  net: Network<FloatType>,
  { data, source, options }: CheckpointCase,
  more: Partial<TrainOptions>,
): Promise<TrainHistory> {
  const examples = source === "stream" ? streamOf(data) : examplesOf(data);
  return train(net, examples, { ...options, layout: "dense", ...more });
}

function endOf(net: Network<FloatType>, { losses, outcome }: TrainHistory): Omit<ResumedRun, "iteration"> {
  return { updates: losses.length, outcome: outcome ?? "none", weights: sumOf(net) };
}

/** A table with words, missing values and numbers of several sizes. */
export const TABLE: readonly Readonly<Record<string, string | number | null>>[] = [
  { length: 1.5, colour: "red", age: 300, kind: "a", price: 10 },
  { length: 2.5, colour: "blue", age: null, kind: "b", price: 22 },
  { length: 0.5, colour: "red", age: 100, kind: "a", price: 8 },
  { length: 3.5, colour: "green", age: 400, kind: "c", price: 35 },
  { length: 2.25, colour: "blue", age: 200, kind: "b", price: 20 },
  { length: 1.25, colour: "red", age: 500, kind: "a", price: 11 },
  { length: 3.75, colour: "green", age: null, kind: "c", price: 36 },
  { length: 2.75, colour: "blue", age: 300, kind: "b", price: 24 },
];
const ROWS = [
  { length: 1, colour: "red", age: 250 },
  { length: 3.25, colour: "green", age: null },
  { length: 2.4, colour: "blue", age: 450 },
];

/** A classifier and a regressor of the table, by the names of their files. */
export const MODELS: Readonly<Record<string, (engine: Engine) => Promise<Classifier | Regressor>>> = {
  classifier: (engine) =>
    classifier(TABLE, { ...{ target: "kind", inputs: ["length", "colour", "age"], engine }, missing: "mean", seed: 5 }),
  regressor: (engine) =>
    regressor(TABLE, { ...{ target: "price", inputs: ["length", "colour", "age"], engine }, missing: "mean", seed: 5 }),
};

/** Answers for three rows: of a classifier the classes, and their probabilities as bits. */
export function answersOf(model: Classifier | Regressor): (string | number)[] {
  if (model.kind === "regressor") return [...(model.predict(ROWS) as readonly number[])];
  const probabilities = model.predictProbabilities(ROWS).flatMap((row) => Object.values(row));
  return [...model.predict(ROWS), hexOf(Float64Array.from(probabilities))];
}

/** The next draws of every kind, as bytes. */
export function drawsOf(random: RandomState): string {
  const order = random.permutation(7);
  return [random.rand(3), random.randn(3), random.randint(-5, 1000, 4), random.choice(40, 5), order]
    .map(hexOf)
    .join(" ");
}

/** Streams at their start, in the middle of a pair of normal draws, and of a list of seeds. */
export function streams(): RandomState[] {
  const [start, middle, listed] = [new RandomState(0), new RandomState(2 ** 32 - 1), new RandomState([1, 2, 3])];
  middle.randn(5);
  listed.rand(700);
  return [start, middle, listed];
}

/** One array of each type that files hold, with the ends of the type. */
export const ARRAYS: readonly { readonly name: string; readonly shape: readonly number[]; readonly data: ArrayData }[] =
  [
    { name: "float32", shape: [2, 2], data: Float32Array.of(-0, 1.5, 2 ** -149, Number.POSITIVE_INFINITY) },
    { name: "float64", shape: [3], data: Float64Array.of(-0, 5e-324, Number.NaN) },
    { name: "int8", shape: [2, 1], data: Int8Array.of(-128, 127) },
    { name: "int16", shape: [2], data: Int16Array.of(-32768, 32767) },
    { name: "int32", shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
    { name: "int64", shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
    { name: "uint8", shape: [1, 2], data: Uint8Array.of(0, 255) },
    { name: "uint16", shape: [1], data: Uint16Array.of(65535) },
    { name: "uint32", shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
    { name: "uint64", shape: [1], data: BigUint64Array.of(2n ** 64n - 1n) },
    { name: "scalar", shape: [], data: Float32Array.of(0.1) },
    { name: "empty", shape: [0, 3], data: new Float32Array(0) },
  ];
