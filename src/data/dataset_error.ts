/** What can be wrong with the files and arrays of a dataset. */
import { LanegradError } from "../errors.ts";
import { cureOf } from "../formats/format_error.ts";
import { unreachable } from "../unreachable.ts";

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

/** The files are readable, but are not a dataset; `fault` is the reason, as data. */
export class DatasetError extends LanegradError {
  override readonly name = "DatasetError";
  readonly fault: DatasetFault;

  constructor(fault: DatasetFault, options?: ErrorOptions) {
    super(describeDatasetFault(fault), options);
    this.fault = fault;
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
