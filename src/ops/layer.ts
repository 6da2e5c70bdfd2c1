/**
 * What a layer does: a record that its description carries under a symbol, which JSON leaves out. So a bundle has only the
 * layers that it names, and `parseLayers` gives copies from JSON their records.
 */
import type { KeysOf } from "../options.ts";
import type { Expression } from "../tensor/expression.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";

/** Layers do more while training: units are dropped, and batches are normalised by themselves. */
export type Mode = "train" | "predict";

/** What a layer computes with. */
export type LayerContext<D extends FloatType> = {
  readonly mode: Mode;
  /** Which one of its kind the layer is, from 1 on. */
  readonly number: number;
  /** The layer's own parameter of this name: W, b, gamma … */
  readonly parameter: (name: string) => Expression<D>;
  /** The layer's own running statistic: mean, variance. */
  readonly statistic: (name: string) => Tensor<D>;
  /** [seed, step] of the dropout masks. */
  readonly counter: Tensor<"int32"> | undefined;
  /** Says what a training step leaves in a statistic. */
  readonly update: (statistic: Tensor<D>, value: Expression<D>) => void;
};

/** A kind of layer. */
export type LayerRecord<Layer extends { readonly kind: string }> = {
  readonly kind: Layer["kind"];
  /** Every key that a description can have. */
  readonly keys: KeysOf<Layer>;
  /** @throws {OptionError} a value outside its range; `option` says where the layer is */
  readonly check: (option: string, layer: Layer) => void;
  /** Its output for z, m × width. */
  readonly forward: <D extends FloatType>(z: Expression<D>, layer: Layer, context: LayerContext<D>) => Expression<D>;
};

const RECORD: unique symbol = Symbol.for("lanegrad.layer");

/** A description that carries its record. */
export function layerOf<Layer extends { readonly kind: string }>(layer: Layer, record: LayerRecord<Layer>): Layer {
  return { ...layer, [RECORD]: record };
}

/** The record of a description; undefined where it was made by nothing of the library, such as JSON. */
export function recordOf<Layer extends { readonly kind: string }>(layer: Layer): LayerRecord<Layer> | undefined {
  return (layer as { readonly [RECORD]?: LayerRecord<Layer> } | undefined)?.[RECORD];
}
