import { Shown } from "./shown.ts";

/**
 * What owns something that is to be given back. One class for all, so that `using` finds its way in one place, and a bundler
 * sees that a class which nobody names can be left out: it cannot where the class itself has a computed key.
 */
export abstract class Owner extends Shown implements Disposable {
  /** Gives back what it owns. A second call does nothing. */
  abstract dispose(): void;

  /** What JSON has of it: its text. */
  toJSON(): unknown {
    return this.toString();
  }

  /** So that `using` disposes of it at the end of a block. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
