/** Errors of engines and of their memory. Each class has its fault as data, and derives one line from it. */
import { LanegradError } from "../errors.ts";
import { unreachable } from "../unreachable.ts";
import { messageOf } from "../values.ts";

/** Why an engine could not start. */
export type EngineFault =
  | { readonly kind: "no-webassembly" }
  | { readonly kind: "no-simd" }
  | { readonly kind: "no-relaxed-simd" }
  | { readonly kind: "forbidden"; readonly reason: string }
  /** Service workers, and with them the backgrounds of browser extensions, and worklets have no `import()`. */
  | { readonly kind: "no-import"; readonly reason: string }
  /** Memory cannot be shared here, or workers cannot be started. */
  | { readonly kind: "no-threads"; readonly reason: string }
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

/** The way on without WebAssembly. */
const SLOWLY = 'build "js" runs here, slowly';

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
      return `service workers and worklets have no import() for the kernels (${fault.reason}); pass them, Engine.load({ wasm: … }), or bundle the program into one file`;
    case "no-threads":
      return fault.reason;
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
      return `no room for ${bytes} bytes: ${fault.tensors} tensors hold ${fault.liveBytes} of ${fault.memoryBytes} bytes of memory, which cannot grow to ${fault.neededBytes} (limit: ${fault.limit}); dispose of what is no longer used`;
    default:
      return unreachable(fault);
  }
}
