/**
 * What the page works with, without a word of how it looks: a worker, a network in it, the digits, and a run.
 *
 *   idle ── train ──▶ running ── pause ──▶ pausing ──▶ paused ── resume ──▶ running
 *     ▲                  └──────── stop ──▶ stopping ──▶ idle
 */
import { type Evaluation, emptyHistory, RandomState, type TrainHistory } from "lanegrad";
import {
  type NetworkWorker,
  startWorker,
  type TrainingRun,
  type WorkerDataset,
  type WorkerNetwork,
} from "lanegrad/worker";
import { CLASSES, type Digits, SIDE } from "./digits.ts";
import { descriptionOf, optimizerOf, type Settings } from "./settings.ts";
import { ThinnedCurve } from "./thinned.ts";

export type Phase = "idle" | "running" | "pausing" | "paused" | "stopping";

/** A test digit that the network reads wrongly. */
export type Mistake = {
  readonly pixels: Uint8Array;
  readonly label: number;
  readonly prediction: number;
  /** Of the prediction, 0..1. */
  readonly probability: number;
};

export type Report = { readonly evaluation: Evaluation; readonly mistakes: readonly Mistake[] };

/** Inputs × units, row-major. */
export type FirstLayer = { readonly units: number; readonly weights: Float32Array | Float64Array };

const INPUTS = SIDE * SIDE;
const MISTAKES = 18;
const MOST_POINTS = 800;
/** The least steps from one evaluation to the next: it takes about as long as ten steps with the page's own digits. */
const LEAST_EVALUATION_STEPS = 50;

type GivenDigits = Digits & { readonly trainSet: WorkerDataset; readonly testSet: WorkerDataset };

/** A run under way. */
type Under = {
  readonly run: TrainingRun;
  readonly history: TrainHistory;
  /** Steps of the network before it. */
  readonly start: number;
  /** Resolves when everything is as it was without a run, however it ended. */
  readonly over: Promise<unknown>;
};

export class Session {
  readonly loss = new ThinnedCurve(MOST_POINTS);
  readonly accuracy = new ThinnedCurve(MOST_POINTS);
  /** Told of every change of phase. */
  onPhase: (phase: Phase) => void = () => {};
  /** All steps of the network, over its runs. */
  steps = 0;
  lastLoss: number | undefined;
  /** A fraction of the test digits. */
  lastAccuracy: number | undefined;
  /** The steps after which it was measured. */
  #measuredAt = 0;
  #phase: Phase = "idle";
  readonly #worker: NetworkWorker;
  #network: WorkerNetwork;
  #random: RandomState;
  #isFromFile = false;
  #digits: GivenDigits | undefined;
  /** Digits that came during a run. */
  #next: GivenDigits | undefined;
  #run: Under | undefined;
  /** What changes the network is done one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  /** @throws {EngineError | WorkerError} (rejects) the browser cannot run the kernels, or start the worker */
  static async start(settings: Settings): Promise<Session> {
    const worker = await startWorker();
    const random = new RandomState(settings.seed);
    return new Session(worker, await worker.network(descriptionOf(settings, INPUTS, CLASSES), { random }), random);
  }

  private constructor(worker: NetworkWorker, network: WorkerNetwork, random: RandomState) {
    this.#worker = worker;
    this.#network = network;
    this.#random = random;
  }

  get phase(): Phase {
    return this.#phase;
  }

  get digits(): Digits | undefined {
    return this.#digits;
  }

  /** Whether another network can take this one's place without a loss. */
  get isUntouched(): boolean {
    return this.steps === 0 && !this.#isFromFile && this.#run === undefined;
  }

  /** The sizes of the layers, from the inputs to the classes. */
  get sizes(): readonly number[] {
    const { layers } = this.#network.description;
    return [INPUTS, ...layers.flatMap((layer) => (layer.kind === "dense" ? [layer.outputSize] : []))];
  }

  /** Gives digits to the worker: for the next run, where one is under way. */
  async giveDigits(digits: Digits): Promise<"at once" | "after the run"> {
    const [trainSet, testSet] = [
      await this.#worker.dataset(digits.train),
      await this.#worker.dataset(digits.test, { transfer: "copy" }), // mistakes are shown here
    ];
    const given = { ...digits, trainSet, testSet };
    if (this.#run !== undefined) {
      await disposeOf(this.#next);
      this.#next = given;
      return "after the run";
    }
    await this.#exchangeDigits(given);
    return "at once";
  }

  async #exchangeDigits(given: GivenDigits): Promise<void> {
    const last = this.#digits;
    this.#digits = given;
    await disposeOf(last);
  }

  /** Stops the run, and starts from the seed again. */
  async renew(settings: Settings): Promise<void> {
    await this.#inTurn(async () => {
      await this.stop();
      const random = new RandomState(settings.seed);
      const network = await this.#worker.network(descriptionOf(settings, INPUTS, CLASSES), { random });
      await this.#exchangeNetwork(network, random, "from settings");
    });
  }

  /**
   * The network in a file takes the place of this one.
   *
   * @throws {FormatError} (rejects) a damaged file, or one without a network; this one stays
   * @throws {Error} (rejects) a network for something else, or a run is under way
   */
  async load(bytes: Uint8Array, file: string): Promise<void> {
    await this.#inTurn(async () => {
      const network = await this.#worker.load(bytes, { file });
      const fault = this.#faultOf(network);
      if (fault !== undefined) {
        await network.dispose();
        throw new Error(`${file}: ${fault}`);
      }
      await this.#exchangeNetwork(network, new RandomState(0), "from a file");
    });
  }

  #faultOf({ inputSize, outputSize }: WorkerNetwork): string | undefined {
    if (inputSize !== INPUTS || outputSize !== CLASSES) {
      return `a network for ${inputSize} values and ${outputSize} classes; one for ${INPUTS} pixels and ${CLASSES} digits is needed.`;
    }
    return this.#run && "the file is good, but a training run is under way, and goes on. Stop it, then load.";
  }

  async #exchangeNetwork(
    network: WorkerNetwork,
    random: RandomState,
    origin: "from settings" | "from a file",
  ): Promise<void> {
    const last = this.#network;
    this.#network = network;
    this.#random = random;
    this.#isFromFile = origin === "from a file";
    this.steps = this.#measuredAt = 0;
    this.lastLoss = this.lastAccuracy = undefined;
    this.loss.clear();
    this.accuracy.clear();
    await last.dispose();
  }

  /**
   * Trains the network on, until its epochs are over or it is stopped.
   *
   * @returns undefined where there are no digits, or a run is under way
   * @throws {LanegradError} (rejects) an option that the digits do not allow, or a loss that is no number any more
   */
  async train(settings: Settings): Promise<TrainHistory["outcome"]> {
    await this.#turn.catch(() => {}); // a new network may be on its way
    const digits = this.#digits;
    if (digits === undefined || this.#run !== undefined) return undefined;
    const { batch: batchSize, epochs } = settings;
    const history = emptyHistory();
    const run = this.#network.train(
      digits.trainSet,
      {
        ...{ epochs, batchSize, optimizer: optimizerOf(settings), random: this.#random, test: digits.testSet },
        evaluateEvery: Math.max(LEAST_EVALUATION_STEPS, Math.ceil(digits.trainSet.length / batchSize / 4)),
      },
      history,
    );
    const outcome = this.#outcomeOf(run, digits.testSet);
    this.#run = { run, history, start: this.steps, over: outcome.catch(() => {}) };
    this.#enter("running");
    return outcome;
  }

  async #outcomeOf(run: TrainingRun, testSet: WorkerDataset): Promise<TrainHistory["outcome"]> {
    try {
      const { outcome } = await run;
      this.takeRecords();
      await this.#measure(testSet);
      return outcome;
    } finally {
      this.takeRecords();
      this.#run = undefined;
      if (this.#next !== undefined) await this.#exchangeDigits(this.#next);
      this.#next = undefined;
      this.#enter("idle");
    }
  }

  /** Evaluations during a run are some steps apart: this one is of the network as the run has left it. */
  async #measure(testSet: WorkerDataset): Promise<void> {
    if (this.steps === this.#measuredAt) return;
    const { accuracy = 0 } = await this.#network.evaluate(testSet); // digits have classes
    this.#take(this.steps, accuracy);
  }

  #take(steps: number, accuracy: number): void {
    this.accuracy.add(steps, accuracy);
    this.lastAccuracy = accuracy;
    this.#measuredAt = steps;
  }

  async pause(): Promise<void> {
    if (this.#phase !== "running") return;
    this.#enter("pausing");
    await this.#run?.run.pause();
    if (this.phase !== "pausing") return; // it ended meanwhile, or was stopped
    this.takeRecords();
    this.#enter("paused");
  }

  resume(): void {
    if (this.#phase !== "paused") return;
    this.#run?.run.resume();
    this.#enter("running");
  }

  /** Resolves when the run is over, however it ends. */
  async stop(): Promise<void> {
    const under = this.#run;
    if (under === undefined) return;
    under.run.stop();
    this.#enter("stopping");
    await under.over;
  }

  /** Takes what the run has recorded since the last time into the curves. */
  takeRecords(): void {
    if (this.#run === undefined) return;
    const { history, start } = this.#run;
    for (const loss of history.losses) {
      this.steps += 1;
      this.loss.add(this.steps, loss);
      this.lastLoss = loss;
    }
    for (const { iteration, testAccuracy } of history.evaluations) {
      if (testAccuracy === undefined) continue;
      this.#take(start + iteration + 1, testAccuracy);
    }
    history.losses.length = history.evaluations.length = history.epochs.length = 0;
  }

  /** The probabilities of the ten digits for 784 pixels, 0..255; undefined where the network was exchanged meanwhile. */
  async read(pixels: Uint8Array): Promise<ArrayLike<number> | undefined> {
    const read = await this.#ask((network) => network.predict(Float32Array.from(pixels, (byte) => byte / 255)));
    return read?.data;
  }

  /** The weights between pixels and the first units. */
  async firstLayer(): Promise<FirstLayer | undefined> {
    const arrays = await this.#ask((network) => network.weights());
    const first = arrays?.find(({ shape }) => shape.length === 2);
    if (first === undefined) return undefined;
    return { units: first.shape[1] ?? 0, weights: first.data as Float32Array | Float64Array };
  }

  /** What the network makes of the test digits. */
  async report(): Promise<Report | undefined> {
    const digits = this.#digits;
    if (digits === undefined) return undefined;
    const { testSet, test } = digits;
    return this.#ask(async (network) => {
      const [evaluation, wrong] = await Promise.all([
        network.evaluate(testSet),
        network.misclassified(testSet, { limit: MISTAKES }),
      ]);
      const mistakes = wrong.map(({ index, ...one }) => ({
        ...one,
        pixels: test.inputs.subarray(index * INPUTS, (index + 1) * INPUTS),
      }));
      return { evaluation, mistakes };
    });
  }

  /** The bytes of a file with the network. */
  async save(): Promise<Uint8Array<ArrayBuffer> | undefined> {
    return this.#ask((network) => network.save());
  }

  /** What the worker holds. */
  async stats() {
    return this.#worker.stats();
  }

  #inTurn<T>(call: () => Promise<T>): Promise<T> {
    const result = this.#turn.catch(() => {}).then(call);
    this.#turn = result;
    return result;
  }

  /** An answer about a network, or digits, that have been exchanged while it was on its way is worth nothing, and neither is an error. */
  async #ask<T>(call: (network: WorkerNetwork) => Promise<T>): Promise<T | undefined> {
    const [network, digits] = [this.#network, this.#digits];
    const isCurrent = () => this.#network === network && this.#digits === digits;
    try {
      const answer = await call(network);
      return isCurrent() ? answer : undefined;
    } catch (error) {
      if (isCurrent()) throw error;
      return undefined;
    }
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.onPhase(phase);
  }
}

async function disposeOf(given: GivenDigits | undefined): Promise<void> {
  await given?.trainSet.dispose();
  await given?.testSet.dispose();
}
