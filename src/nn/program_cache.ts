/**
 * Programs by their keys: one for each number of rows and way of asking. Where there are many, the one that was
 * made first, or used longest ago, goes.
 */
import { SparseMatrix } from "../tensor/sparse.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** Programs that are kept. */
const MOST_PROGRAMS = 16;

/** Owns what it keeps. */
export class ProgramCache<P extends { dispose(): void }> {
  readonly #programs = new Map<string, P>();

  /** The program of this key, compiled where there is none. */
  get(key: string, compiled: () => P): P {
    const known = this.#programs.get(key);
    if (known !== undefined) {
      // The one in use goes last where the next one takes the first's place: its output may be the next one's input.
      if (this.#programs.size === MOST_PROGRAMS) {
        this.#programs.delete(key);
        this.#programs.set(key, known);
      }
      return known;
    }
    const program = compiled();
    this.#programs.set(key, program);
    const [oldest] = this.#programs.keys();
    if (this.#programs.size > MOST_PROGRAMS && oldest !== undefined) {
      this.#programs.get(oldest)?.dispose();
      this.#programs.delete(oldest);
    }
    return program;
  }

  dispose(): void {
    for (const program of this.#programs.values()) program.dispose();
    this.#programs.clear();
  }
}

/** The part of a program's key that depends on its operands. */
export function formOf(x: Tensor | SparseMatrix): string {
  return `${x.dtype} ${x.shape.join("×")} ${x instanceof SparseMatrix ? "sparse" : "dense"}`;
}
