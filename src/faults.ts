/**
 * What can be wrong with what comes from outside, as data; `errors.ts` makes errors of it.
 */

/** A kind of file, and what to do with it where something is known. */
export type FileKind = {
  /** With its article: `an HTML page`. */
  readonly name: string;
  /** In the imperative: `run git lfs pull`. Empty where nothing is known. */
  readonly cure: string;
};

/** Why an engine could not start. */
export type EngineFault =
  | { readonly kind: "no-webassembly" }
  | { readonly kind: "no-simd" }
  | { readonly kind: "no-relaxed-simd" }
  | { readonly kind: "forbidden"; readonly reason: string }
  /** Service workers, and with them the backgrounds of browser extensions, have no `import()`. */
  | { readonly kind: "no-import"; readonly reason: string }
  | { readonly kind: "module"; readonly reason: string };

/** Why there is no block: larger than one can be, or larger than what memory can grow to. */
export type AllocationFault =
  | { readonly kind: "block"; readonly limit: number }
  | {
      readonly kind: "memory";
      /** How many there are, as `engine.stats()` counts them. */
      readonly tensors: number;
      /** The bytes in them. */
      readonly liveBytes: number;
      /** The size of the memory. */
      readonly memoryBytes: number;
      /** The size that it would need. */
      readonly neededBytes: number;
      /** The most that it could ever have. */
      readonly limit: number;
    };

/** How bytes are not the IDX file that was asked for. */
export type IdxFault =
  | { readonly kind: "gzip"; readonly reason: string }
  | {
      readonly kind: "magic";
      /** The first two bytes as a number. */
      readonly found: number;
      /** The first characters, `·` for those that cannot be printed. */
      readonly start: string;
      /** What the file is instead, where `readIdx` knows it. */
      readonly content?: FileKind | undefined;
    }
  | { readonly kind: "type"; readonly expected: string; readonly code: number }
  | { readonly kind: "rank"; readonly expected: string; readonly found: number }
  | { readonly kind: "length"; readonly expected: number; readonly found: number };

/** How files are not a dataset. */
export type DatasetFault =
  | { readonly kind: "missing"; readonly file: string; readonly looked: readonly string[] }
  | { readonly kind: "unreadable"; readonly file: string; readonly reason: string }
  | { readonly kind: "too-large"; readonly file: string; readonly limit: number }
  | { readonly kind: "empty"; readonly file: string }
  | { readonly kind: "count"; readonly images: number; readonly labels: number; readonly files: string }
  | {
      readonly kind: "label";
      readonly file: string;
      readonly position: number;
      readonly value: number;
      readonly classes: number;
      /** The label of the first class. Default: 0. */
      readonly first?: number;
      readonly cure?: string;
    }
  | { readonly kind: "number"; readonly file: string; readonly position: number; readonly value: number }
  | {
      readonly kind: "cell";
      readonly file: string;
      readonly line: number;
      readonly column: string;
      readonly expected: string;
      readonly found: string;
    }
  | {
      readonly kind: "record";
      readonly file: string;
      readonly line: number;
      readonly expected: string;
      readonly found: string;
    }
  | { readonly kind: "array"; readonly name: string; readonly expected: string; readonly found: string }
  | { readonly kind: "targets"; readonly name: string; readonly expected: string; readonly found: string }
  | { readonly kind: "shape"; readonly file: string; readonly expected: string; readonly found: string }
  | { readonly kind: "moved"; readonly name: string };

/** What a broken file was read as; `weights`: tensors by name, wherever they come from. */
export type FileFormat = "safetensors" | "npy" | "npz" | "lanegrad network" | "weights";

/** How bytes, or the tensors in them, are not what was asked for. */
export type FormatFault =
  | {
      readonly kind: "magic";
      readonly expected: string;
      /** What the file is, where it is known, else its first bytes. */
      readonly found: string;
      readonly cure?: string;
    }
  | { readonly kind: "length"; readonly part: string; readonly expected: string; readonly found: number }
  | { readonly kind: "header"; readonly reason: string }
  | { readonly kind: "version"; readonly expected: string; readonly found: string }
  | { readonly kind: "type"; readonly part: string; readonly expected: string; readonly found: string }
  | { readonly kind: "entry"; readonly entry: string; readonly reason: string }
  | { readonly kind: "deflate"; readonly reason: string }
  | { readonly kind: "checksum"; readonly entry: string; readonly expected: number; readonly found: number }
  | { readonly kind: "too-large"; readonly part: string; readonly limit: number; readonly found: number }
  | { readonly kind: "tensor"; readonly tensor: string; readonly expected: string; readonly found: string }
  | { readonly kind: "description"; readonly reason: string };

/** Why a run cannot resume from a checkpoint. */
export type CheckpointFault =
  | { readonly kind: "no-checkpoint" }
  | { readonly kind: "version"; readonly expected: number; readonly found: string }
  | { readonly kind: "newer"; readonly unknown: string }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "another-run"; readonly differences: readonly string[] };

/** Why a worker does not answer. */
export type WorkerFault =
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "version"; readonly expected: number; readonly found: number };

/** The way on without WebAssembly. */
const SLOWLY = 'build "js" runs here, slowly';

/** Why an engine could not start, in one line. */
export function describeEngineFault(fault: EngineFault): string {
  switch (fault.kind) {
    case "no-webassembly":
      return `this runtime has no WebAssembly; ${SLOWLY}`;
    case "no-simd":
      return `this runtime has no WebAssembly SIMD; expected Node 16.4, Chrome 91, Firefox 89, Safari 16.4 or later; ${SLOWLY}`;
    case "no-relaxed-simd":
      return 'this runtime has no relaxed SIMD (Node 20: --experimental-wasm-relaxed-simd); build "simd" runs everywhere';
    case "forbidden":
      return `compiling WebAssembly is forbidden here (${fault.reason}); a Content-Security-Policy must allow script-src 'wasm-unsafe-eval'; ${SLOWLY}`;
    case "no-import":
      return `service workers have no import() for the kernels (${fault.reason}); pass them, Engine.load({ wasm: new URL("simd.wasm", …) }), or bundle the program into one file`;
    case "module":
      return `the kernels cannot be loaded: ${fault.reason}`;
    default:
      return unreachable(fault);
  }
}

/** Why there is no block of so many bytes, in one line. */
export function describeAllocationFault(bytes: number, fault: AllocationFault): string {
  switch (fault.kind) {
    case "block":
      return `expected at most ${fault.limit} bytes in one block, found ${bytes}`;
    case "memory":
      return `no room for ${bytes} bytes: ${fault.tensors} tensors hold ${fault.liveBytes} of ${fault.memoryBytes} bytes of memory, which cannot grow to ${fault.neededBytes} (limit: ${fault.limit}); dispose of what is no longer used, and try again`;
    default:
      return unreachable(fault);
  }
}

/** How bytes are not the IDX file that was asked for, in one line. */
export function describeIdxFault(fault: IdxFault): string {
  switch (fault.kind) {
    case "gzip":
      return `broken gzip: ${fault.reason}`;
    case "magic":
      if (fault.content !== undefined) return `not an IDX file but ${fault.content.name}${cureOf(fault.content)}`;
      if (fault.found === 0x1f8b) return "not an IDX file: starts with 0x1f8b, which is gzip; readIdx inflates it";
      return `not an IDX file: starts with 0x${fault.found.toString(16).padStart(4, "0")} ("${fault.start}"), expected 0x0000`;
    case "type":
      return `expected IDX element type ${fault.expected}, found 0x${fault.code.toString(16).padStart(2, "0")}`;
    case "rank":
      // 3 and 1 are the ranks of images and labels; the cure helps with no other rank.
      return `expected IDX rank ${fault.expected}, found ${fault.found}${fault.found === 1 || fault.found === 3 ? "; images and labels swapped?" : ""}`;
    case "length":
      return `expected ${fault.expected} bytes, found ${fault.found}`;
    default:
      return unreachable(fault);
  }
}

/** How files are not a dataset, in one line. */
export function describeDatasetFault(fault: DatasetFault): string {
  switch (fault.kind) {
    case "missing":
      return `${fault.file} not found; looked for ${fault.looked.join(", ")}`;
    case "unreadable":
      return `${fault.file}: cannot be read: ${fault.reason}`;
    case "too-large":
      return `${fault.file}: holds more than the limit of ${fault.limit} bytes`;
    case "empty":
      return `${fault.file}: holds no examples`;
    case "count":
      return `${fault.files}: ${fault.images} images but ${fault.labels} labels`;
    case "label":
      return `${fault.file}: label ${fault.position} is ${fault.value}; expected ${fault.first ?? 0} to ${(fault.first ?? 0) + fault.classes - 1}${cureOf(fault)}`;
    case "number":
      return `${fault.file}: number ${fault.position} is ${fault.value}; expected a finite number`;
    case "cell":
      return `${fault.file}: line ${fault.line}, column ${fault.column}: expected ${fault.expected}, found ${fault.found}`;
    case "record":
      return `${fault.file}: line ${fault.line}: expected ${fault.expected}, found ${fault.found}`;
    case "array":
      return `${fault.name}: expected ${fault.expected}, found ${fault.found}`;
    case "targets":
      return `${fault.name}: expected ${fault.expected} as targets, found ${fault.found}`;
    case "shape":
      return `${fault.file}: expected ${fault.expected}, found ${fault.found}`;
    case "moved":
      return `${fault.name}: its elements were transferred; { transfer: "copy" } leaves them here`;
    default:
      return unreachable(fault);
  }
}

/** How bytes, or the tensors in them, are not what was asked for, in one line. */
export function describeFormatFault(fault: FormatFault): string {
  switch (fault.kind) {
    case "magic":
      return `expected ${fault.expected} at its start, found ${fault.found}${cureOf(fault)}`;
    case "length":
      return `${fault.part}: expected ${fault.expected} bytes, found ${fault.found}`;
    case "header":
      return `broken header: ${fault.reason}`;
    case "version":
      return `expected version ${fault.expected}, found ${fault.found}`;
    case "type":
      return `${fault.part}: expected element type ${fault.expected}, found ${fault.found}`;
    case "entry":
      return `entry ${JSON.stringify(fault.entry)}: ${fault.reason}`;
    case "deflate":
      return `broken deflate stream: ${fault.reason}`;
    case "checksum":
      return `entry ${JSON.stringify(fault.entry)}: expected CRC-32 ${hexadecimal(fault.expected)}, found ${hexadecimal(fault.found)}`;
    case "too-large":
      return `${fault.part}: expected at most ${fault.limit} bytes, found ${fault.found}`;
    case "tensor":
      return `${fault.tensor}: expected ${fault.expected}, found ${fault.found}`;
    case "description":
      return `the description of the network: ${fault.reason}`;
    default:
      return unreachable(fault);
  }
}

function cureOf({ cure }: { readonly cure?: string }): string {
  return cure ? `; ${cure}` : "";
}

function hexadecimal(value: number): string {
  return value.toString(16).padStart(8, "0");
}

/** Why a run cannot resume from a checkpoint, in one line. */
export function describeCheckpointFault(fault: CheckpointFault): string {
  switch (fault.kind) {
    case "no-checkpoint":
      return "weights without a checkpoint: cannot resume from here";
    case "version":
      return `expected a checkpoint of version ${fault.expected}, found ${fault.found}`;
    case "newer":
      return `of a newer version: ${fault.unknown} is unknown here`;
    case "damaged":
      return `damaged: ${fault.reason}`;
    case "another-run":
      return `of another run: ${fault.differences.join("; ")}`;
    default:
      return unreachable(fault);
  }
}

/** Why a worker does not answer, in one line. */
export function describeWorkerFault(fault: WorkerFault): string {
  switch (fault.kind) {
    case "start":
      return `the worker cannot be started: ${fault.reason}; startWorker({ worker: () => … }) takes one of your own`;
    case "ended":
      return `the worker ended: ${fault.reason}; what was in it is lost: start another`;
    case "version":
      return `the worker is of another release: expected protocol ${fault.expected}, found ${fault.found}; renew its file with the program's`;
    default:
      return unreachable(fault);
  }
}

/** Closes an exhaustive switch: adding a variant makes every such switch fail to compile. */
export function unreachable(value: never): never {
  throw new Error(`unreachable: ${JSON.stringify(value)}`);
}
