/** Every class of error that the library has: what crosses between threads, and a file of its own in the package. */

export { DatasetError } from "../data/dataset_error.ts";
export { IdxError } from "../data/idx_error.ts";
export * from "../errors.ts";
export { FormatError } from "../formats/format_error.ts";
export { CheckpointError } from "../train/checkpoints/checkpoint_error.ts";
export { AllocationError, EngineError, OverrunError, TrapError } from "../wasm/errors.ts";
export { WorkerError } from "./worker_error.ts";
