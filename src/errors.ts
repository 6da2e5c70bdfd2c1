/**
 * The errors of the library that belong to no format, and the base of all of them.
 *
 * Each class carries what it found as data, for programs, and derives one line from it, for people:
 * what, expected, found, and the cure where it is known. All of them are `LanegradError`s, so one
 * `instanceof` separates them from a defect. Errors of engines, files, checkpoints and workers are declared where these are read.
 */

import { describeValue, hasMessage, messageOf } from "./values.ts";

/** The common base: `catch (error) { if (error instanceof LanegradError) … }`. */
export abstract class LanegradError extends Error {}

/** An operand's shape does not fit the operation. */
export class ShapeError extends LanegradError {
  override readonly name = "ShapeError";
  readonly op: string;
  readonly argument: string;
  readonly expected: string;
  readonly found: string;

  constructor(op: string, argument: string, expected: string, found: string, cure = "") {
    super(`${op}: ${argument}: expected ${expected}, found ${found}${cure && `; ${cure}`}`);
    this.op = op;
    this.argument = argument;
    this.expected = expected;
    this.found = found;
  }
}

/** An operand holds the wrong kind of element: float32 and float64 are never mixed silently. */
export class DTypeError extends LanegradError {
  override readonly name = "DTypeError";
  readonly op: string;
  readonly argument: string;
  readonly expected: string;
  readonly found: string;

  constructor(op: string, argument: string, expected: string, found: string) {
    super(`${op}: ${argument}: expected dtype ${expected}, found ${found}`);
    this.op = op;
    this.argument = argument;
    this.expected = expected;
    this.found = found;
  }
}

/**
 * An argument or option is invalid: a batch size of 0, a NaN learning rate, two options that exclude each other.
 *
 *   new OptionError("train: epochs", "a positive integer", 0)              train: epochs: expected a positive integer, found 0
 *   new OptionError("train", "pass either iterations or epochs, not both")  train: pass either iterations or epochs, not both
 */
export class OptionError extends LanegradError {
  override readonly name = "OptionError";
  /** Its name, often with the function's: `train: batchSize`. */
  readonly option: string;
  /** What would be valid, or the problem where no single value is wrong. */
  readonly expected: string;
  /** The invalid value; undefined where the error is a problem without a value. */
  readonly found: unknown;

  constructor(option: string, problem: string);
  constructor(option: string, expected: string, found: unknown, cure?: string);
  constructor(option: string, expected: string, ...rest: [found?: unknown, cure?: string]) {
    const [found, cure = ""] = rest;
    const text = rest.length === 0 ? expected : `expected ${expected}, found ${describeValue(found)}`;
    super(`${option}: ${text}${cure && `; ${cure}`}`);
    this.option = option;
    this.expected = expected;
    this.found = found;
  }
}

/** A label or an index points outside its range. */
export class IndexError extends LanegradError {
  override readonly name = "IndexError";
  readonly op: string;
  readonly argument: string;
  /** Where in that argument, from 0 on. */
  readonly position: number;
  /** What is there. */
  readonly value: number;
  /** Values are integers from 0 to before this. */
  readonly bound: number;

  constructor(op: string, argument: string, position: number, value: number, bound: number) {
    const expected = bound > 0 ? `expected an integer from 0 to ${bound - 1}` : "there is nothing to point at";
    super(`${op}: ${argument}[${position}] is ${value}; ${expected}`);
    this.op = op;
    this.argument = argument;
    this.position = position;
    this.value = value;
    this.bound = bound;
  }
}

/** Something was used after its `dispose()`, or after its engine's. */
export class DisposedError extends LanegradError {
  override readonly name = "DisposedError";
  /** What was used: `tensor float32 [2, 3]`, `engine simd`. */
  readonly subject: string;

  constructor(subject: string, during: string) {
    super(`${during}: ${subject} was disposed; it must live as long as it is used`);
    this.subject = subject;
  }
}

/** Operands live in different engines, and so in different memories. */
export class EngineMismatchError extends LanegradError {
  override readonly name = "EngineMismatchError";

  constructor(op: string, argument: string) {
    super(`${op}: ${argument} belongs to another engine; operands of one call must share one memory`);
  }
}

/** Every mirror failed; `attempts` lists each address and its error. */
export class DownloadError extends LanegradError {
  override readonly name = "DownloadError";
  readonly file: string;
  /** One for each mirror: where, and what happened. */
  readonly attempts: readonly { readonly address: string; readonly reason: string }[];

  constructor(
    file: string,
    attempts: readonly { readonly address: string; readonly reason: string }[],
    manual: string,
  ) {
    const tried = attempts.map(({ address, reason }) => `${address} (${reason})`).join(", ");
    super(`could not download ${file}: ${tried}; ${manual}`);
    this.file = file;
    this.attempts = attempts;
  }
}

/** A file could not be written; what was there before is unchanged. */
export class SaveError extends LanegradError {
  override readonly name = "SaveError";
  readonly file: string;
  readonly reason: string;

  constructor(file: string, cause: unknown) {
    const reason = messageOf(cause);
    super(`cannot write ${file}: ${reason}; free space there, or choose another folder`, { cause });
    this.file = file;
    this.reason = reason;
  }
}

/** The loss, or a coordinate of a descent, left the finite numbers; what was trained is useless from here on. */
export class DivergedError extends LanegradError {
  override readonly name = "DivergedError";
  /** The step in which it happened, from 0 on. */
  readonly iteration: number;
  /** What is no longer finite. */
  readonly loss: number;
  /** What that is: `loss`, or `x[1]`. */
  readonly subject: string;

  constructor(iteration: number, loss: number, subject = "loss") {
    super(`${subject} is ${loss} at iteration ${iteration}; the descent stopped there: try a smaller learning rate`);
    this.iteration = iteration;
    this.loss = loss;
    this.subject = subject;
  }
}

/** A figure, or a table, needs a package that is not installed with the library; `install` is the command that does. */
export class MissingPackageError extends LanegradError {
  override readonly name = "MissingPackageError";
  /** Its name. */
  readonly package: string;
  /** The command that installs it. */
  readonly install: string;

  constructor(op: string, missing: string, install: string, options?: ErrorOptions) {
    const { cause } = options ?? {};
    const reason = !hasMessage(cause) ? "" : ` (${messageOf(cause).split("\n", 1)[0]})`;
    super(`${op}: needs the package ${missing}, which could not be loaded${reason}; run ${install}`, options);
    this.package = missing;
    this.install = install;
  }
}
