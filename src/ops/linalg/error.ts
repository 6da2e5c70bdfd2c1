/** The matrix for which a decomposition does not exist, as NumPy's `LinAlgError`. */
import { LanegradError } from "../../errors.ts";

/** Why a matrix has no inverse, no factor or no decomposition. */
export type LinAlgFault = "singular" | "not positive definite" | "not finite" | "no convergence";

const MESSAGES: Readonly<Record<LinAlgFault, (pivot: number) => string>> = {
  singular: (pivot) => `the matrix is singular: pivot ${pivot} is 0`,
  "not positive definite": (pivot) => `the matrix is not positive definite: pivot ${pivot} is not positive`,
  "not finite": (pivot) => `the matrix has NaN or ∞ in row ${pivot}`,
  "no convergence": (pivot) => `value ${pivot} did not converge`,
};

/** A matrix is singular, not positive definite or not finite: its inverse, factor or decomposition does not exist. */
export class LinAlgError extends LanegradError {
  override readonly name = "LinAlgError";
  readonly op: string;
  readonly argument: string;
  readonly fault: LinAlgFault;
  /** The row, from 0 on, in which it was found: of a factorization, the index of the pivot. */
  readonly pivot: number;

  constructor(op: string, argument: string, fault: LinAlgFault, pivot: number) {
    super(`${op}: ${argument}: ${MESSAGES[fault](pivot)}`);
    this.op = op;
    this.argument = argument;
    this.fault = fault;
    this.pivot = pivot;
  }
}
