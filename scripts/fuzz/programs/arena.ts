/**
 * Two arenas of equal content: a program runs on the tensors of one, the same operations one by one on those of the other.
 *
 *   ours    ░ x ░░ w ░ target ░░        ░ is a pattern that no tensor covers
 *   theirs  ░ x ░░ w ░ target ░░        afterwards, both must be the same to the last byte
 */
import { type Tensor, zeros } from "../../../src/tensor/tensor.ts";
import { bytesPerElement, type DType } from "../../../src/wasm/dtype.ts";
import type { Engine } from "../../../src/wasm/engine.ts";

const DTYPES = ["float32", "float64", "int32", "uint8"] as const;
const ELEMENTS = 4096;
/** NaN in floats, -1 in int32. */
const PATTERN = 0xff;

/** The elements from `start` on of the field of a dtype. */
export type Region = { readonly dtype: DType; readonly start: number; readonly shape: readonly number[] };

export class Arena {
  readonly engine: Engine;
  readonly #ours: ReadonlyMap<DType, Tensor>;
  readonly #theirs: ReadonlyMap<DType, Tensor>;
  readonly #ends = new Map<DType, number>();
  readonly #regions = new Map<Tensor, Region>();

  constructor(engine: Engine) {
    this.engine = engine;
    const fields = () => new Map<DType, Tensor>(DTYPES.map((dtype) => [dtype, zeros(engine, [ELEMENTS], { dtype })]));
    this.#ours = fields();
    this.#theirs = fields();
  }

  /** Nothing but the pattern. */
  clear(): void {
    this.#ends.clear();
    this.#regions.clear();
    for (const field of this.#ours.values()) bytesOf(field).fill(PATTERN);
  }

  /** Room for a tensor, apart from all others; undefined where none is left. */
  room(dtype: DType, shape: readonly number[], gap: number): Region | undefined {
    const start = (this.#ends.get(dtype) ?? 0) + gap;
    const end = start + shape.reduce((product, size) => product * size, 1);
    if (end >= ELEMENTS) return undefined;
    this.#ends.set(dtype, end);
    return { dtype, start, shape };
  }

  /** The program's tensor of a region. */
  tensor(region: Region): Tensor {
    const tensor = (this.#ours.get(region.dtype) as Tensor).part(region.start, region.shape);
    this.#regions.set(tensor, region);
    return tensor;
  }

  /** The same elements where the operations work one by one. */
  twinOf(tensor: Tensor): Tensor {
    const { dtype, start, shape } = this.regionOf(tensor);
    return (this.#theirs.get(dtype) as Tensor).part(start, shape);
  }

  regionOf(tensor: Tensor): Region {
    return this.#regions.get(tensor) as Region;
  }

  /** Both become the same. */
  level(): void {
    for (const [dtype, field] of this.#ours) bytesOf(this.#theirs.get(dtype) as Tensor).set(bytesOf(field));
  }

  /** Where the two differ; undefined if they do not. */
  difference(): string | undefined {
    for (const [dtype, field] of this.#ours) {
      const [ours, theirs] = [bytesOf(field), bytesOf(this.#theirs.get(dtype) as Tensor)];
      if (Buffer.compare(ours, theirs) === 0) continue;
      const regions = [...this.#regions.values()].filter((region) => region.dtype === dtype);
      const size = bytesPerElement(dtype);
      const other = this.#theirs.get(dtype)?.data ?? [];
      // The bits of a NaN that was computed are not promised.
      const isOther = (byte: number, i: number) => {
        const at = Math.floor(i / size);
        const isNaNOfBoth = Number.isNaN(field.data[at]) && Number.isNaN(other[at]);
        return byte !== theirs[i] && !(isNaNOfBoth && regions.some((region) => isWithin(at, region)));
      };
      const first = ours.findIndex(isOther);
      if (first < 0) continue;
      const at = Math.floor(first / size);
      const owners = regions.filter((region) => isWithin(at, region));
      const where = owners.length === 0 ? "which no tensor covers" : `of ${owners.map(describe).join(" and ")}`;
      return `${dtype} ${at} ${where}: ${field.data[at]}, expected ${other[at]}`;
    }
    return undefined;
  }

  dispose(): void {
    for (const field of [...this.#ours.values(), ...this.#theirs.values()]) field.dispose();
  }
}

/** Whether two regions have an element in common. */
export function isShared(a: Region, b: Region): boolean {
  const [countA, countB] = [countOf(a), countOf(b)];
  if (a.dtype !== b.dtype || countA === 0 || countB === 0) return false;
  return a.start < b.start + countB && b.start < a.start + countA;
}

/** Dtype, shape and bits of a tensor, for comparisons; every NaN is the same, because the bits of one that was computed are not promised. */
export function bitsOf(tensor: Tensor): string {
  const { dtype, shape, data } = tensor;
  const bits = (values: Uint8Array) => `${dtype} [${shape}] ${Buffer.from(values).toString("latin1")}`;
  if (!data.some(Number.isNaN)) return bits(bytesOf(tensor));
  const copy = data.slice();
  for (const [i, value] of copy.entries()) if (Number.isNaN(value)) copy[i] = Number.NaN;
  return bits(new Uint8Array(copy.buffer));
}

/** The bytes of a tensor, as a view. */
export function bytesOf({ data }: Tensor): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

function isWithin(at: number, region: Region): boolean {
  return at >= region.start && at < region.start + countOf(region);
}

function countOf({ shape }: Region): number {
  return shape.reduce((product, size) => product * size, 1);
}

function describe({ start, shape }: Region): string {
  return `[${shape}] from ${start}`;
}
