/** The numbers of a run: steps, how many a second, loss, accuracy. */
import { element, write } from "./dom.ts";
import type { Phase, Session } from "./session.ts";

/** From one measurement of the speed to the next. */
const WINDOW_MILLISECONDS = 500;

export class Figures {
  readonly #steps = element("steps", HTMLElement);
  readonly #speed = element("speed", HTMLElement);
  readonly #loss = element("loss", HTMLElement);
  readonly #accuracy = element("accuracy", HTMLElement);
  /** Of the run, without its pauses. */
  #run = { steps: 0, milliseconds: 0 };
  #window: { readonly steps: number; readonly time: number } | undefined;

  show({ steps, lastLoss, lastAccuracy, phase }: Session): void {
    write(this.#steps, steps.toLocaleString("en"));
    write(this.#loss, lastLoss === undefined ? "–" : lastLoss.toPrecision(3));
    write(this.#accuracy, percentOf(lastAccuracy));
    this.#measure(steps, phase);
  }

  /** While it runs, the speed of the last half second; afterwards, that of the run. */
  #measure(steps: number, phase: Phase): void {
    const time = performance.now();
    const last = this.#window;
    if (last === undefined) {
      if (phase === "running") this.#window = { steps, time };
      return;
    }
    const milliseconds = time - last.time;
    if (phase === "running" && milliseconds < WINDOW_MILLISECONDS) return;
    this.#run = { steps: this.#run.steps + steps - last.steps, milliseconds: this.#run.milliseconds + milliseconds };
    this.#window = phase === "running" ? { steps, time } : undefined;
    if (phase === "running") this.#writeSpeed(steps - last.steps, milliseconds);
    else this.#writeSpeed(this.#run.steps, this.#run.milliseconds);
  }

  #writeSpeed(steps: number, milliseconds: number): void {
    write(this.#speed, Math.round((1000 * steps) / milliseconds).toLocaleString("en"));
  }

  /** A run begins, or the network is another. */
  clear(): void {
    this.#window = undefined;
    this.#run = { steps: 0, milliseconds: 0 };
    write(this.#speed, "–");
  }
}

/** A fraction, for a person. */
export function percentOf(fraction: number | undefined): string {
  return fraction === undefined ? "–" : `${(100 * fraction).toFixed(1)} %`;
}
