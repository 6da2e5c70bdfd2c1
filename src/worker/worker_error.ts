/** What can be wrong with workers. */
import { LanegradError } from "../errors.ts";
import { unreachable } from "../unreachable.ts";

/** Why a worker does not answer. */
export type WorkerFault =
  | { readonly kind: "start"; readonly reason: string }
  | { readonly kind: "ended"; readonly reason: string }
  | { readonly kind: "version"; readonly expected: number; readonly found: number };

/** A worker could not be started, or ended by itself; `fault` is the reason, as data. */
export class WorkerError extends LanegradError {
  override readonly name = "WorkerError";
  readonly fault: WorkerFault;

  constructor(fault: WorkerFault, options?: ErrorOptions) {
    super(describeWorkerFault(fault), options);
    this.fault = fault;
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
