/**
 * Which bytes a kernel call reads and writes, from its row in the table of kernels: what tells whether two threads may run two
 * calls at the same time.
 */
import { bytesPerElement } from "../wasm/dtype.ts";
import { type Elements, extentsOf, type OperandRole, type Signature, type Size } from "../wasm/signature.ts";

/**
 * Equally long pieces of memory: `rows` of `width` bytes, each `stride` bytes behind the one before. Operands of more axes are
 * as many bytes as lie between their first and their last.
 */
export type Access = {
  readonly writes: boolean;
  readonly start: number;
  readonly rows: number;
  readonly stride: number;
  readonly width: number;
};

/** A piece of memory that belongs to one value. */
export type Region = { readonly pointer: number; readonly bytes: number };

/**
 * What a call reads and writes, but for its scratch, of which each thread has its own.
 *
 * @param regions the memory that calls know, for operands whose extent the kernel is not given
 */
export function accessesOf(signature: Signature, args: readonly number[], regions: readonly Region[]): Access[] {
  const values = new Map<Size, number>(signature.parameters.map(({ name }, at) => [name, args[at] ?? 0]));
  return signature.parameters.flatMap((parameter, at): Access[] => {
    const pointer = (args[at] ?? 0) >>> 0;
    if (parameter.kind !== "operand" || (parameter.isOptional && pointer === 0)) return [];
    const access = accessOf(signature, elementsOf(parameter, values), { pointer, values, regions });
    if (access === undefined) return [];
    const { access: kind } = parameter;
    // An operand that is only written is a write; one that is both is one write, which excludes readers as well.
    return [{ writes: kind !== "in", ...access }];
  });
}

/** The elements of an operand, of the two forms that some have. */
export function elementsOf(operand: OperandRole, values: ReadonlyMap<Size, number>): Elements {
  const { otherwise } = operand;
  return otherwise !== undefined && values.get(otherwise.flag) === 0 ? otherwise.elements : operand;
}

/** Bytes of one element of an operand. */
export function elementBytes({ dtype }: Signature, elements: Elements): number {
  return bytesPerElement(elements.dtype === "T" ? (dtype ?? "float32") : elements.dtype);
}

type Place = {
  readonly pointer: number;
  readonly values: ReadonlyMap<Size, number>;
  readonly regions: readonly Region[];
};

function accessOf(signature: Signature, elements: Elements, place: Place): Omit<Access, "writes"> | undefined {
  const { pointer, values, regions } = place;
  const size = elementBytes(signature, elements);
  if (elements.axes.some((axis) => typeof axis.size === "string" && !values.has(axis.size))) {
    const end = endOfRegion(pointer, regions);
    return { start: pointer, rows: 1, stride: 0, width: end - pointer };
  }
  const axes = extentsOf(elements, (name) => (typeof name === "number" ? name : (values.get(name) ?? 1)));
  if (axes.some((axis) => axis.size === 0)) return undefined;
  let [width, stride, rows] = [size, 0, 1];
  const steps = axes.map((axis) => ({ count: axis.size, step: axis.stride * size })).sort((a, b) => a.step - b.step);
  for (const { count, step } of steps) {
    if (count === 1 || step === 0) continue; // step 0: repeated along this axis
    if (rows === 1 && step <= width) width += step * (count - 1);
    else if (rows === 1) [rows, stride] = [count, step];
    else [width, rows, stride] = [stride * (rows - 1) + width + step * (count - 1), 1, 0];
  }
  return { start: pointer, rows, stride, width: width + elements.more * size };
}

/**
 * Up to the end of the largest value that holds it, since values have the same place at different times. An address that nothing
 * known holds may be followed by anything.
 */
function endOfRegion(pointer: number, regions: readonly Region[]): number {
  const ends = regions.flatMap(({ pointer: start, bytes }) =>
    start <= pointer && pointer < start + bytes ? [start + bytes] : [],
  );
  return ends.length === 0 ? Number.POSITIVE_INFINITY : Math.max(...ends);
}

/** Whether two accesses exclude each other: they share a byte, as far as can be told, and one of them writes. */
export function conflict(a: Access, b: Access): boolean {
  if (!a.writes && !b.writes) return false;
  const [endOfA, endOfB] = [a.start + a.stride * (a.rows - 1) + a.width, b.start + b.stride * (b.rows - 1) + b.width];
  if (endOfA <= b.start || endOfB <= a.start) return false;
  const stride = a.rows > 1 ? a.stride : b.stride;
  if (stride === 0 || (b.rows > 1 && b.stride !== stride)) return true;
  if (a.width > stride || b.width > stride) return true;
  // Columns of one matrix: where each begins within a row of it, seen from the first.
  const offset = (((b.start - a.start) % stride) + stride) % stride;
  return offset < a.width || offset + b.width > stride;
}
