/** What can be wrong with checkpoints. */
import { LanegradError } from "../../errors.ts";
import { unreachable } from "../../unreachable.ts";

/** Why a run cannot resume from a checkpoint. */
export type CheckpointFault =
  | { readonly kind: "no-checkpoint" }
  | { readonly kind: "version"; readonly expected: number; readonly found: string }
  | { readonly kind: "newer"; readonly unknown: string }
  | { readonly kind: "damaged"; readonly reason: string }
  | { readonly kind: "another-run"; readonly differences: readonly string[] };

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
