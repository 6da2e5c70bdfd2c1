/** Train, pause, stop, reset; and everything that is seen of a run while it lasts, brought to the screen's pace. */
import { DivergedError, OptionError } from "lanegrad";
import { Button } from "./buttons.ts";
import { Chart } from "./charts.ts";
import { ConfusionTable } from "./confusion.ts";
import { element, write } from "./dom.ts";
import { Figures, percentOf } from "./figures.ts";
import type { SettingsForm } from "./form.ts";
import { atMostEvery, oneAtATime } from "./frames.ts";
import { messageAt, wordsOf } from "./message.ts";
import { MistakeList } from "./mistakes.ts";
import type { Phase, Session } from "./session.ts";
import type { Field } from "./settings.ts";
import { WeightPictures } from "./weights.ts";

/** How often parts of the page are drawn during a run: as often as the eye has something of it. */
const MILLISECONDS = { figures: 100, charts: 66, weights: 200, report: 1000 };
/** Which control an option of the library is chosen with. */
const FIELD_OF: ReadonlyMap<string, Field> = new Map([
  ["batchSize", "batch"],
  ["epochs", "epochs"],
  ["learningRate", "rate"],
]);

export class TrainingPanel {
  /** Told when the network has changed: by training, or because another has taken its place. */
  onNetwork: () => void = () => {};
  readonly #session: Session;
  readonly #form: SettingsForm;
  readonly #status = element("status", HTMLParagraphElement);
  readonly #networkState = element("network-state", HTMLParagraphElement);
  readonly #memory = element("memory", HTMLParagraphElement);
  readonly #note = element("settings-note", HTMLParagraphElement);
  readonly #message = messageAt("training-message");
  readonly #figures = new Figures();
  readonly #places = {
    loss: element("loss-chart", HTMLDivElement),
    accuracy: element("accuracy-chart", HTMLDivElement),
  };
  readonly #charts: readonly Chart[];
  readonly #weights = new WeightPictures();
  readonly #confusion = new ConfusionTable();
  readonly #mistakes = new MistakeList();
  readonly #buttons = {
    train: new Button("train", () => this.#train()),
    pause: new Button("pause", () => this.#pauseOrResume()),
    stop: new Button("stop", () => this.#session.stop()),
    reset: new Button("reset", () => this.#reset()),
  };
  /** What the network was made from. */
  #origin = "";
  #isFirstStepSeen = false;

  constructor(session: Session, form: SettingsForm) {
    this.#session = session;
    this.#form = form;
    this.#charts = [
      new Chart(this.#places.loss, session.loss, { colour: "--loss", scale: "logarithmic" }),
      new Chart(this.#places.accuracy, session.accuracy, { colour: "--accuracy", scale: "percent" }),
    ];
    session.onPhase = (phase) => this.#enter(phase);
  }

  readonly #askWeights = oneAtATime(async () => {
    const layer = await this.#session.firstLayer();
    if (layer !== undefined) {
      if (this.#session.steps === 0) this.#weights.startFrom(layer);
      this.#weights.draw(layer);
    }
    this.onNetwork();
  });

  readonly #askReport = oneAtATime(async () => {
    const report = await this.#session.report();
    if (report === undefined) return;
    const { evaluation, mistakes } = report;
    this.#confusion.fill(evaluation);
    this.#mistakes.show(mistakes, evaluation.examples - (evaluation.correct ?? 0), evaluation.examples);
    if (this.#session.phase === "running") return;
    this.#session.lastAccuracy = evaluation.accuracy;
    this.#figures.show(this.#session);
  });

  readonly #askMemory = oneAtATime(async () => {
    const { networks, datasets, tensors, bytes, memoryBytes } = await this.#session.stats();
    const what = `networks: ${networks}, datasets: ${datasets}, tensors: ${tensors}`;
    write(this.#memory, `In the worker, ${what}; ${megabytes(bytes)} of ${megabytes(memoryBytes)} in use.`);
  });

  /** Everything anew: the network, or the digits, are others. */
  refresh(origin?: string): void {
    if (origin !== undefined) this.#origin = origin;
    write(this.#networkState, `${this.#session.sizes.join(" – ")}, ${this.#origin}.`);
    this.#figures.show(this.#session);
    for (const chart of this.#charts) chart.draw();
    this.#describeCharts();
    this.#askWeights();
    this.#askMemory();
    if (this.#session.steps > 0 || this.#origin.startsWith("from a file")) this.#askReport();
    else {
      this.#confusion.clear();
      this.#mistakes.clear();
      this.#figures.clear();
    }
    this.#noteSettings();
    this.#switchButtons(this.#session.phase);
  }

  /** The settings of the network may have changed. */
  async settingsChanged(): Promise<void> {
    if (this.#session.isUntouched) await this.#renew();
    else this.#noteSettings();
  }

  say(text: string): void {
    write(this.#status, text);
  }

  async #renew(): Promise<void> {
    try {
      await this.#session.renew(this.#form.settings);
      this.refresh("untrained");
    } catch (error) {
      this.#message.say(wordsOf(error));
    }
  }

  async #train(): Promise<void> {
    if (this.#form.check() === "faulty") return;
    this.#message.clear();
    this.#isFirstStepSeen = false;
    this.#figures.clear();
    for (const mark of ["train", "first step", "end"]) performance.clearMarks(mark); // or they add up
    performance.mark("train");
    const { steps } = this.#session;
    this.say(steps === 0 ? "Training." : "Training goes on.");
    try {
      const outcome = await this.#session.train(this.#form.settings);
      if (outcome === undefined) return;
      performance.mark("end");
      this.#origin = `after ${this.#session.steps.toLocaleString("en")} steps`;
      this.refresh();
      const right = `${percentOf(this.#session.lastAccuracy)} of the test digits are read rightly`;
      this.say(`${outcome === "aborted" ? "Stopped" : "Finished"} ${this.#origin}: ${right}.`);
    } catch (error) {
      this.#refuse(error);
    }
  }

  #refuse(error: unknown): void {
    this.#origin = `after ${this.#session.steps.toLocaleString("en")} steps`;
    this.refresh();
    const field = error instanceof DivergedError ? "rate" : error instanceof OptionError ? fieldOf(error) : undefined;
    const words =
      error instanceof DivergedError
        ? "The loss is no number any more: the learning rate is too large. Choose a smaller one, then Reset."
        : wordsOf(error);
    if (field === undefined) this.#message.say(words);
    else this.#form.say(field, words);
    this.say("The run has ended with an error.");
  }

  async #pauseOrResume(): Promise<void> {
    if (this.#isPaused) {
      this.#session.resume();
      this.say("Training goes on.");
      return;
    }
    await this.#session.pause();
    if (this.#isPaused) this.say(`Paused after ${this.#session.steps.toLocaleString("en")} steps.`);
  }

  get #isPaused(): boolean {
    return this.#session.phase === "paused";
  }

  async #reset(): Promise<void> {
    this.#message.clear();
    if (this.#form.check() === "faulty") return;
    await this.#renew();
    this.#form.show(this.#form.settings);
    this.say("A new network, untrained.");
  }

  #enter(phase: Phase): void {
    this.#switchButtons(phase);
    if (phase === "running") requestAnimationFrame(this.#frame);
    else if (phase === "paused") this.#draw();
  }

  /** One picture of the screen. */
  readonly #frame = (): void => {
    const { phase } = this.#session;
    if (phase === "idle" || phase === "paused") return;
    this.#session.takeRecords();
    if (!this.#isFirstStepSeen && this.#session.steps > 0) {
      this.#isFirstStepSeen = true;
      performance.mark("first step");
    }
    this.#drawFigures();
    this.#drawCharts();
    this.#drawWeights();
    this.#drawReport();
    requestAnimationFrame(this.#frame);
  };

  readonly #drawFigures = atMostEvery(MILLISECONDS.figures, () => this.#figures.show(this.#session));
  readonly #drawCharts = atMostEvery(MILLISECONDS.charts, () => {
    for (const chart of this.#charts) chart.draw();
  });
  readonly #drawWeights = atMostEvery(MILLISECONDS.weights, () => this.#askWeights());
  readonly #drawReport = atMostEvery(MILLISECONDS.report, () => this.#askReport());

  #draw(): void {
    this.#figures.show(this.#session);
    for (const chart of this.#charts) chart.draw();
    this.#describeCharts();
    this.#askWeights();
    this.#askReport();
  }

  /** For who does not see them: from where to where. */
  #describeCharts(): void {
    const { loss, accuracy } = this.#session;
    const between = (values: readonly number[], show: (value: number) => string) =>
      values.length === 0 ? "nothing yet" : `from ${show(values[0] ?? 0)} to ${show(values.at(-1) ?? 0)}`;
    const steps = `over ${this.#session.steps} steps`;
    this.#places.loss.setAttribute("aria-label", `Loss by step: ${between(loss.y, (y) => y.toPrecision(3))} ${steps}`);
    this.#places.accuracy.setAttribute("aria-label", `Accuracy by step: ${between(accuracy.y, percentOf)} ${steps}`);
  }

  #noteSettings(): void {
    const isWaiting = !this.#session.isUntouched;
    write(this.#note, isWaiting ? "Layers, activation and seed are those of the next network: after Reset." : "");
  }

  #switchButtons(phase: Phase): void {
    const { train, pause, stop, reset } = this.#buttons;
    const isUnder = phase !== "idle";
    const on = (isOn: boolean) => (isOn ? "on" : "off");
    train.switch(on(!isUnder && this.#session.digits !== undefined), this.#session.steps > 0 ? "Train more" : "Train");
    pause.switch(on(phase === "running" || phase === "paused"), phase === "paused" ? "Resume" : "Pause");
    stop.switch(on(isUnder && phase !== "stopping"));
    reset.switch(on(!this.#session.isUntouched && phase !== "stopping"));
  }
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MB`;
}

function fieldOf({ option }: OptionError): Field | undefined {
  return FIELD_OF.get(option);
}
