import { Shown } from "./shown.ts";

/**
 * Makes something that owns several parts: where `make` throws, the parts that were made before are disposed of.
 *
 * @param make hands each part to `own` as soon as it is there
 */
export function allOrNothing<T>(make: (own: <P extends { dispose(): void }>(part: P) => P) => T): T {
  const parts: { dispose(): void }[] = [];
  try {
    return make((part) => {
      parts.push(part);
      return part;
    });
  } catch (error) {
    for (const part of parts) part.dispose();
    throw error;
  }
}

/**
 * Works with parts that are disposed of at the end, however it ends: `using` in a form that costs a page nothing where it is
 * compiled for browsers without it.
 *
 * @param work hands each part to `own` as soon as it is there
 */
export function scoped<T>(work: (own: <P extends { dispose(): void }>(part: P) => P) => T): T {
  const parts: { dispose(): void }[] = [];
  try {
    return work((part) => {
      parts.push(part);
      return part;
    });
  } finally {
    for (const part of parts) part.dispose();
  }
}

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
