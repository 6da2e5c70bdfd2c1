/**
 * All that a run needs to resume with the same bits: its weights, the optimizer's averages, the random stream, its position and
 * its records. As a file: checkpoint_file.ts.
 */

import { checkInstance, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import type { ArrayData, NamedArray } from "../../formats/arrays.ts";
import type { Json } from "../../formats/json.ts";
import { describeNetwork } from "../../nn/files/description.ts";
import { describeValue, tagOf } from "../../values.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { WatchState } from "../evaluation/early_stopping.ts";
import { Trainer } from "../loop/trainer.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import type { CheckpointFacts } from "./facts.ts";
import { RESTORE } from "./restore_key.ts";

/**
 * Checkpoints of a later version are refused. Version 2 is written only for what version 1 cannot express: `dropLast`,
 * and that the current epoch's sum is of means over examples where the loss is `squaredError`; version 1 added up sums.
 */
export const VERSION = 2;
/** Of a run's numbers: the iteration, and the sum and the number of the current epoch's losses. The others are of its accuracy. */
const LOSS_NUMBERS = 3;

/** A run at one moment: copies, which later steps do not change. */
export type Checkpoint = {
  /** Steps made. */
  readonly iteration: number;
  /** What JSON can hold. */
  readonly facts: CheckpointFacts;
  /** The description of the network, as JSON. */
  readonly network: string;
  /** Parameters, statistics, the optimizer's averages, the random stream, losses: by name. */
  readonly arrays: ReadonlyMap<string, NamedArray>;
  /** The file that it was read from. */
  readonly file?: string | undefined;
  /** How `train` resumes from it. */
  readonly [RESTORE]?: typeof restore;
};

/**
 * The state of a run between two steps.
 *
 * @throws {DivergedError} its loss, its weights or the optimizer's averages are not finite: training could not resume from it
 * @example
 * using trainer = new Trainer(net, { train: mnist.train }, { iterations: 4, learningRate: 0.1 });
 * trainer.steps().next();
 * checkpointOf(trainer).iteration; // → 1
 */
export function checkpointOf<D extends FloatType>(trainer: Trainer<D>): Checkpoint {
  checkTrainer("checkpointOf: trainer", trainer);
  trainer.checkFinite();
  const { history, feed, plan } = trainer;
  const { order, ...position } = feed.state();
  const watch = trainer.best?.state();
  const facts: CheckpointFacts = {
    version: plan.dropLast || isSum(trainer) ? VERSION : 1,
    plan,
    data: dataOf(trainer),
    optimizerStep: trainer.state.step,
    sampler: position,
    evaluations: [...history.evaluations],
    epochs: [...history.epochs],
    watch: watch && { best: watch.best, waited: watch.waited },
  };
  const arrays = new Map<string, NamedArray>();
  const put = (name: string, data: ArrayData, shape: readonly number[] = [data.length]) =>
    arrays.set(name, { name, shape, data });
  for (const [name, { data, shape }] of tensorsOf(trainer)) put(name, data.slice(), shape);
  for (const [name, data] of stateOf(trainer)) put(name, data.slice());
  const { key, position: drawn, hasGauss, cachedGaussian } = trainer.random.getState();
  put("training/random/key", key);
  put("training/random/rest", Float64Array.of(drawn, hasGauss ? 1 : 0, cachedGaussian));
  if (order !== undefined) put("training/order", order);
  const numbers = trainer.position();
  put("training/position", numbers.slice(0, LOSS_NUMBERS));
  if (numbers.at(-1) !== 0) put("training/accuracy", numbers.slice(LOSS_NUMBERS));
  put("training/losses", Float64Array.from(history.losses));
  for (const [i, block] of (watch?.blocks ?? []).entries()) put(`training/best/${i}`, block);
  return { iteration: trainer.iteration, facts, network: descriptionOf(trainer), arrays, [RESTORE]: restore };
}

/**
 * Puts a run where a checkpoint left off; its history is the checkpoint's from here on. Nothing is changed where
 * something does not fit.
 *
 * The losses of steps and epochs that a checkpoint of version 1 recorded for `squaredError` are sums over the minibatch, and
 * stay as they are; those after it are means over examples.
 *
 * @throws {CheckpointError} of another network, of other data or of another way of training, or damaged
 * @example
 * using trainer = new Trainer(net, { train: mnist.train }, { iterations: 4, learningRate: 0.1 });
 * const before = checkpointOf(trainer);
 * trainer.steps().next();
 * restore(trainer, before); // the weights are those of before, too
 */
export function restore<D extends FloatType>(trainer: Trainer<D>, checkpoint: Checkpoint): void {
  checkTrainer("restore: trainer", trainer);
  checkCheckpoint("restore: checkpoint", checkpoint);
  const { facts, arrays, file } = checkpoint;
  const differences = differencesOf(trainer, checkpoint);
  if (differences.length > 0) throw new CheckpointError({ kind: "another-run", differences }, file);
  const read = <A extends ArrayData>(name: string, like: A, length = like.length): A => {
    const data = arrays.get(name)?.data;
    if (data?.constructor === like.constructor && data.length === length) return data as A;
    throw new CheckpointError({ kind: "damaged", reason: `no ${name} of ${length} numbers` }, file);
  };
  const targets: [ArrayData, ArrayData][] = [];
  for (const [name, { data }] of tensorsOf(trainer)) targets.push([data, read(name, data)]);
  for (const [name, data] of stateOf(trainer)) targets.push([data, read(name, data)]);
  const rest = read("training/random/rest", new Float64Array(3));
  const random = {
    algorithm: "MT19937" as const,
    key: read("training/random/key", new Uint32Array(624)),
    ...{ position: rest[0] ?? 0, hasGauss: rest[1] === 1, cachedGaussian: rest[2] ?? 0 },
  };
  const position = trainer.position().fill(0);
  position.set(read("training/position", position.slice(0, LOSS_NUMBERS)));
  if (arrays.has("training/accuracy")) {
    position.set(read("training/accuracy", position.slice(LOSS_NUMBERS)), LOSS_NUMBERS);
  }
  const losses = read("training/losses", new Float64Array(0), checkpoint.iteration);
  const bestBlocks = facts.watch?.best === undefined ? [] : trainer.network.blocks;
  const blocks = bestBlocks.map(({ data }, i) => read(`training/best/${i}`, data));
  const order = arrays.get("training/order")?.data;
  if (order !== undefined && !(order instanceof Int32Array)) {
    throw new CheckpointError({ kind: "damaged", reason: "training/order is not of int32" }, file);
  }

  const before = { random: trainer.random.getState(), step: trainer.state.step };
  try {
    trainer.random.setState(random);
    trainer.state.resume(facts.optimizerStep);
    trainer.feed.restore({ ...facts.sampler, order });
  } catch (error) {
    trainer.random.setState(before.random);
    trainer.state.resume(before.step);
    if (!(error instanceof OptionError)) throw error;
    throw new CheckpointError({ kind: "damaged", reason: error.message }, file);
  }
  for (const [data, saved] of targets) (data as Float64Array).set(saved as Float64Array);
  if (facts.version === 1 && isSum(trainer)) position[1] = (position[1] ?? 0) / trainer.plan.batchSize;
  trainer.resume(position);
  trainer.best?.resume({ best: undefined, waited: 0, ...facts.watch, blocks: blocks as WatchState["blocks"] });
  const { history } = trainer;
  history.losses.length = 0;
  for (const loss of losses) history.losses.push(loss);
  history.evaluations.splice(0, history.evaluations.length, ...facts.evaluations);
  history.epochs.splice(0, history.epochs.length, ...facts.epochs);
  if (facts.watch?.best) history.best = facts.watch.best;
  else delete history.best;
}

/** Whether the network's loss is a sum over the minibatch. */
function isSum<D extends FloatType>({ network }: Trainer<D>): boolean {
  return network.lossFunction === "squaredError";
}

/** Parameters and running statistics by name. */
function tensorsOf<D extends FloatType>({ network }: Trainer<D>) {
  return [...Object.entries(network.parameters), ...Object.entries(network.statistics)];
}

/** The optimizer's averages, and the counter of dropout's masks. */
function stateOf<D extends FloatType>({
  network,
  state,
}: Trainer<D>): [string, Float32Array | Float64Array | Int32Array][] {
  const averages = state.averages.map(({ name, data }) => [`training/${name}`, data] as const);
  const counter = network.counter === undefined ? [] : [["training/counter", network.counter.data] as const];
  return [...averages, ...counter] as [string, Float32Array | Float64Array | Int32Array][];
}

function descriptionOf<D extends FloatType>({ network }: Trainer<D>): string {
  return JSON.stringify(describeNetwork(network));
}

function dataOf<D extends FloatType>({ examples }: Trainer<D>): CheckpointFacts["data"] {
  return { examples: examples.length, size: examples.size };
}

/** What must be the same for the same bits. Learning rates and the number of steps may differ. */
function differencesOf<D extends FloatType>(trainer: Trainer<D>, { facts, network }: Checkpoint): string[] {
  const of = ({ plan, data }: Pick<CheckpointFacts, "plan" | "data">, description: string) => ({
    network: description,
    optimizer: plan.optimizer.kind,
    ...data,
    sampling: plan.sampling,
    batchSize: plan.batchSize,
    dropLast: plan.dropLast ?? (mayDropLast(trainer) && trainer.plan.dropLast),
    accumulate: plan.accumulate,
    lossAt: plan.lossAt,
    augmentation: JSON.stringify(plan.augmentation) ?? "none",
  });
  const here = Object.entries(of({ plan: trainer.plan, data: dataOf(trainer) }, descriptionOf(trainer)));
  const there = new Map<string, unknown>(Object.entries(of(facts, network)));
  return here.flatMap(([name, value]) =>
    there.get(name) === value ? [] : [`${name} ${valueText(there.get(name))} there, ${value} here`],
  );
}

/**
 * Whether a run of before there was `dropLast` may resume with it: where `batchNorm` was trained on a last minibatch of one
 * row, which is refused now.
 */
function mayDropLast<D extends FloatType>({ network, plan, examples: { length } }: Trainer<D>): boolean {
  return Object.keys(network.statistics).length > 0 && (length === undefined || length % plan.batchSize === 1);
}

/** A value from a file, for errors; what is not an object reads better without quotation marks. */
export function valueText(value: unknown): string {
  return typeof value === "object" ? describeValue(value as Json) : String(value);
}

function checkTrainer(option: string, trainer: unknown): void {
  checkInstance(option, "a Trainer", Trainer, trainer);
}

export function checkCheckpoint(option: string, checkpoint: Checkpoint): void {
  checkType(option, "object", checkpoint);
  checkType(`${option}.facts`, "object", checkpoint.facts);
  checkType(`${option}.network`, "string", checkpoint.network);
  if (tagOf(checkpoint.arrays) !== "Map")
    throw new OptionError(`${option}.arrays`, "a Map of arrays", checkpoint.arrays);
}
