/** Owners of memory: their class, and functions that dispose of several. */
import { Shown } from "./shown.ts";

type Disposables = { dispose(): void }[];
/** Takes a part as soon as it exists, and returns it. */
type Own = <P extends { dispose(): void }>(part: P) => P;

/**
 * Makes something that owns several parts: where `make` throws, the parts that were made before are disposed of.
 *
 * @param make hands each part to `own` as soon as it exists
 */
export function allOrNothing<T>(make: (own: Own) => T): T {
  const parts: Disposables = [];
  try {
    return make(into(parts));
  } catch (error) {
    disposeAll(parts);
    throw error;
  }
}

/**
 * Works with parts that are disposed of at the end, whether it returns or throws: as `using`, which costs a page helper code
 * where it is compiled for browsers without it.
 *
 * @param work hands each part to `own` as soon as it exists
 */
export function scoped<T>(work: (own: Own) => T): T {
  const parts: Disposables = [];
  try {
    return work(into(parts));
  } finally {
    disposeAll(parts);
  }
}

function into(parts: Disposables): Own {
  return (part) => {
    parts.push(part);
    return part;
  };
}

function disposeAll(parts: Disposables): void {
  for (const part of parts) part.dispose();
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
