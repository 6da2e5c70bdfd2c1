/** The numbers of a run: steps, how many a second, loss, accuracy. */
import { element, write } from "./dom.ts";
import type { Session } from "./session.ts";

/** From one measurement of the speed to the next. */
const WINDOW_MILLISECONDS = 500;

export class Figures {
  readonly #steps = element("steps", HTMLElement);
  readonly #speed = element("speed", HTMLElement);
  readonly #loss = element("loss", HTMLElement);
  readonly #accuracy = element("accuracy", HTMLElement);
  #window: { readonly steps: number; readonly time: number } | undefined;

  show({ steps, lastLoss, lastAccuracy, phase }: Session): void {
    write(this.#steps, steps.toLocaleString("en"));
    write(this.#loss, lastLoss === undefined ? "–" : lastLoss.toPrecision(3));
    write(this.#accuracy, percentOf(lastAccuracy));
    this.#measure(steps, phase === "running");
  }

  #measure(steps: number, isRunning: boolean): void {
    const time = performance.now();
    if (!isRunning || this.#window === undefined || steps < this.#window.steps) {
      this.#window = isRunning ? { steps, time } : undefined;
      return;
    }
    const elapsed = time - this.#window.time;
    if (elapsed < WINDOW_MILLISECONDS) return;
    write(this.#speed, Math.round(((steps - this.#window.steps) / elapsed) * 1000).toLocaleString("en"));
    this.#window = { steps, time };
  }

  clear(): void {
    write(this.#speed, "–");
  }
}

/** A fraction, for a person. */
export function percentOf(fraction: number | undefined): string {
  return fraction === undefined ? "–" : `${(100 * fraction).toFixed(1)} %`;
}
