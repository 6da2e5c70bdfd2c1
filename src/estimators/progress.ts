/** How far fitting has come, for people and for programs. */

/** After each epoch. */
export type FitProgress = {
  /** Epochs that were finished. */
  readonly epoch: number;
  /** The most that there will be: early stopping may end before. */
  readonly epochs: number;
  /** The mean loss of the epoch's examples. */
  readonly loss: number;
  /** Of the examples that were held out, where there are any. */
  readonly validationLoss?: number;
  /** Of a classifier. */
  readonly validationAccuracy?: number;
};

/** Draws a bar, or calls a function. */
export type Progress = boolean | ((progress: FitProgress) => void);

const WIDTH = 24;
const MILLISECONDS = 100;

/** What is called after each epoch, and once at the end. */
export type Report = { readonly step: (progress: FitProgress) => void; readonly end: () => void };

/** Nothing, the caller's function, or a bar: a line of stderr that is written over, or of a page's console once a second. */
export function reportTo(progress: Progress): Report {
  if (typeof progress === "function") return { step: progress, end: () => {} };
  if (!progress) return { step: () => {}, end: () => {} };
  const { stderr } = (globalThis as { process?: { stderr?: { write?: (text: string) => void } } }).process ?? {};
  const isTerminal = typeof stderr?.write === "function";
  let [last, line] = [Number.NEGATIVE_INFINITY, ""];
  const show = () => (isTerminal ? stderr?.write?.(`\r${line}`) : console.info(line));
  return {
    step(state) {
      const before = line.length;
      line = barOf(state);
      if (isTerminal) line = line.padEnd(before);
      if (performance.now() - last < MILLISECONDS * (isTerminal ? 1 : 10)) return;
      last = performance.now();
      show();
    },
    end() {
      show();
      if (isTerminal) stderr?.write?.("\n");
    },
  };
}

/** `[██████──────] 12/50  loss 0.1234  validation 0.1300  accuracy 95.2 %` */
export function barOf({ epoch, epochs, loss, validationLoss, validationAccuracy }: FitProgress): string {
  const full = Math.round((WIDTH * epoch) / epochs);
  const parts = [`[${"█".repeat(full)}${"─".repeat(WIDTH - full)}] ${epoch}/${epochs}`, `loss ${loss.toPrecision(4)}`];
  if (validationLoss !== undefined) parts.push(`validation ${validationLoss.toPrecision(4)}`);
  if (validationAccuracy !== undefined) parts.push(`accuracy ${(100 * validationAccuracy).toFixed(1)} %`);
  return parts.join("  ");
}
