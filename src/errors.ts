/**
 * Every error that the library throws.
 *
 * Each class carries what it found as data, for programs, and derives one line from it, for people:
 * what, expected, found, and the cure where it is known. All of them are `LanegradError`s, so one
 * `instanceof` separates them from a defect.
 */

import {
  type AllocationFault,
  type CheckpointFault,
  type DatasetFault,
  describeAllocationFault,
  describeCheckpointFault,
  describeDatasetFault,
  describeEngineFault,
  describeFormatFault,
  describeIdxFault,
  describeWorkerFault,
  type EngineFault,
  type FileFormat,
  type FormatFault,
  type IdxFault,
  type WorkerFault,
} from "./faults.ts";
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

/** The engine could not start here; `fault` is the reason, as data. */
export class EngineError extends LanegradError {
  override readonly name = "EngineError";
  readonly fault: EngineFault;

  constructor(fault: EngineFault, options?: ErrorOptions) {
    super(describeEngineFault(fault), options);
    this.fault = fault;
  }
}

/**
 * WebAssembly memory has no room for a block of this size; `fault` is the reason, as data. Only this allocation is refused: the
 * engine and everything in it can be used as before.
 */
export class AllocationError extends LanegradError {
  override readonly name = "AllocationError";
  /** What was asked for. */
  readonly bytes: number;
  readonly fault: AllocationFault;

  constructor(bytes: number, fault: AllocationFault, options?: ErrorOptions) {
    super(`allocate: ${describeAllocationFault(bytes, fault)}`, options);
    this.bytes = bytes;
    this.fault = fault;
  }
}

/**
 * Something was written beyond a block of memory: a defect of a kernel or of its caller. Found on the debug build,
 * whose blocks are between canaries. Memory is damaged, so the engine refuses every later call with this error.
 */
export class OverrunError extends LanegradError {
  override readonly name = "OverrunError";
  /** The size of the block. */
  readonly bytes: number;
  /** On which side of the block. */
  readonly side: "before" | "after";
  /** How far the nearest byte that changed is from the block: 1 is next to it. */
  readonly distance: number;

  constructor(bytes: number, side: "before" | "after", distance: number) {
    const where = `${distance} ${distance === 1 ? "byte" : "bytes"} ${side} a block of ${bytes} bytes`;
    super(`memory: something was written ${where}; this engine can no longer be used: load another`);
    this.bytes = bytes;
    this.side = side;
    this.distance = distance;
  }
}

/** A kernel trapped. Its memory may be half-written, so the engine refuses every later call with this error. */
export class TrapError extends LanegradError {
  override readonly name = "TrapError";
  /** Its export: `sgemm`. */
  readonly kernel: string;

  constructor(kernel: string, cause: unknown) {
    const reason = messageOf(cause);
    super(`kernel ${kernel} trapped (${reason}); this engine can no longer be used: load another`, { cause });
    this.kernel = kernel;
  }
}

/** The bytes are not the IDX file that was asked for; `fault` is the reason, as data. */
export class IdxError extends LanegradError {
  override readonly name = "IdxError";
  readonly fault: IdxFault;
  /** The file's name, where the bytes came from one. */
  readonly file: string | undefined;

  constructor(fault: IdxFault, file?: string) {
    super(`${file === undefined ? "" : `${file}: `}${describeIdxFault(fault)}`);
    this.fault = fault;
    this.file = file;
  }
}

/** A file of weights or arrays is damaged, or does not hold what was asked for; `fault` is the reason, as data. */
export class FormatError extends LanegradError {
  override readonly name = "FormatError";
  /** What the bytes were read as. */
  readonly format: FileFormat;
  readonly fault: FormatFault;
  /** The file's name, where the caller gave one. */
  readonly file: string | undefined;

  constructor(format: FileFormat, fault: FormatFault, file?: string) {
    super(`${file === undefined ? "" : `${file}: `}${format}: ${describeFormatFault(fault)}`);
    this.format = format;
    this.fault = fault;
    this.file = file;
  }
}

/** The files are readable, but are not a dataset; `fault` is the reason, as data. */
export class DatasetError extends LanegradError {
  override readonly name = "DatasetError";
  readonly fault: DatasetFault;

  constructor(fault: DatasetFault, options?: ErrorOptions) {
    super(describeDatasetFault(fault), options);
    this.fault = fault;
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

/** A checkpoint that cannot be resumed from; `fault` is the reason, as data. */
export class CheckpointError extends LanegradError {
  override readonly name = "CheckpointError";
  readonly fault: CheckpointFault;
  /** The file's name, where it came from one. */
  readonly file: string | undefined;

  /** The newest whole checkpoint before it, where one was looked for and found. */
  readonly previous: string | undefined;

  constructor(fault: CheckpointFault, file?: string, previous?: string) {
    const cure = previous === undefined ? "" : `; the one before it is whole: ${previous}`;
    super(`${file === undefined ? "checkpoint" : file}: ${describeCheckpointFault(fault)}${cure}`);
    this.fault = fault;
    this.file = file;
    this.previous = previous;
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

/** A worker could not be started, or ended by itself; `fault` is the reason, as data. */
export class WorkerError extends LanegradError {
  override readonly name = "WorkerError";
  readonly fault: WorkerFault;

  constructor(fault: WorkerFault, options?: ErrorOptions) {
    super(describeWorkerFault(fault), options);
    this.fault = fault;
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
