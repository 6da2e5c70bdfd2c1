/** What is fuzzed: a function of bytes, words or calls, which may give a value or refuse, and nothing else. */
import type { Draw } from "./draw.ts";

/** One input, ready to be tried. */
export type Case = {
  /** What `bytesPerByte` counts from. */
  readonly size: number;
  /** The input as a file, for a look at it. */
  readonly bytes: () => Uint8Array;
  /** Tries it. May be called again. */
  readonly run: () => unknown;
};

/** A target that has what it needs: valid files, engines. */
export type Source = {
  readonly next: (draw: Draw) => Case;
  readonly close?: () => void;
};

export type Target = {
  readonly name: string;
  /** What is called with what. */
  readonly about: string;
  /** The most bytes that a case may allocate for each byte of its input, besides `SLACK_BYTES`. */
  readonly bytesPerByte: number;
  /** The most of the processor's time that a case may take. Default: `SLOW_MILLISECONDS`. */
  readonly milliseconds?: number;
  /** The errors that it says it throws. */
  readonly refusals: readonly (abstract new (
    ...args: never[]
  ) => Error)[];
  readonly open: () => Source | Promise<Source>;
};

/** An answer that is wrong: a file that is accepted and is not the same when it is written again. */
export class WrongAnswer extends Error {
  override readonly name = "WrongAnswer";
}

/** A case of bytes. */
export function caseOf(bytes: Uint8Array, read: (bytes: Uint8Array) => unknown): Case {
  return { size: bytes.length, bytes: () => bytes, run: () => read(bytes) };
}

/** A case of words. */
export function caseOfText(text: string, run: () => unknown): Case {
  return { size: text.length, bytes: () => new TextEncoder().encode(text), run };
}
