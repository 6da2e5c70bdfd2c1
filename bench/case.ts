/** What is measured: a case by its name, and its trial, which exists only while its turn lasts. */
import type { Engine, FloatType, Tensor } from "lanegrad";

export type Case = {
  readonly name: string;
  /** Floating-point operations of one run, where that is its measure. */
  readonly flops?: number;
  /** Elements of one run, where operations are not. */
  readonly elements?: number;
  /** Which peak it is held against. */
  readonly dtype: FloatType;
  /** Makes the data. */
  readonly prepare: (engine: Engine) => Trial;
};

export type Trial = {
  /** One run; returns something of its result, so that the work cannot be left out. */
  readonly run: () => number;
  /** The same work in plain JavaScript over typed arrays. */
  readonly plain: () => number;
  /** How much of the work `plain` does, where all of it takes too long; default 1. */
  readonly plainShare?: number;
  /** Distance of the result from the float64 reference; looked at before anything is timed. */
  readonly residual: () => number;
  /** The largest residual that rounding explains. */
  readonly tolerance: number;
  /** What is disposed of afterwards. */
  readonly owned: readonly { dispose(): void }[];
};

/** A trial whose result is a tensor, held against a reference element by element. */
export type TensorTrial = Pick<Trial, "plainShare" | "tolerance" | "owned"> & {
  /** One run; returns its result. */
  readonly run: () => Tensor;
  readonly plain: () => ArrayLike<number>;
  readonly reference: () => ArrayLike<number>;
  /** What a difference is divided by: `one`, or the wanted value for relative errors. */
  readonly scale?: "one" | "wanted";
};

export function tensorTrial({ run, plain, reference, scale = "one", ...rest }: TensorTrial): Trial {
  return {
    ...rest,
    run: () => run().data[0] ?? 0,
    plain: () => plain()[0] ?? 0,
    residual: () => distanceOf(run().data, reference(), scale),
  };
}

/** The largest |got - want|, or |got - want| / |want|; NaN where the lengths differ. */
export function distanceOf(got: ArrayLike<number>, want: ArrayLike<number>, scale: "one" | "wanted" = "one"): number {
  let worst = got.length === want.length ? 0 : Number.NaN;
  for (let i = 0; i < want.length; i++) {
    const value = want[i] ?? Number.NaN;
    const difference = Math.abs((got[i] ?? Number.NaN) - value);
    if (difference !== 0) worst = Math.max(worst, scale === "one" ? difference : difference / Math.abs(value));
  }
  return worst;
}

/** The largest |value|. */
export function sizeOf(values: ArrayLike<number>): number {
  return distanceOf(values, new Float64Array(values.length));
}

/** Half the distance from 1 to the next number: what one rounding can do. */
export const ROUNDING: { readonly [D in FloatType]: number } = { float32: 2 ** -24, float64: 2 ** -53 };

/** A typed array of the dtype's numbers. */
export function arrayOf(dtype: FloatType, values: ArrayLike<number>): Float32Array | Float64Array {
  return dtype === "float32" ? Float32Array.from(values) : Float64Array.from(values);
}

/** A typed array of `size` zeros. */
export function zerosOf(dtype: FloatType, size: number): Float32Array | Float64Array {
  return dtype === "float32" ? new Float32Array(size) : new Float64Array(size);
}
