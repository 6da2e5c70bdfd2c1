/** Examples of any shape as vectors. */
import { reshape } from "../../ops/rows.ts";
import { countOf } from "../../tensor/layout.ts";
import { type LayerFormats, type LayerRecord, layerOf } from "./record.ts";

/** The elements of each example as one axis. */
export type FlattenLayer = { readonly kind: "flatten" };

/**
 * A layer that makes examples of any shape vectors, row-major, for `dense`.
 *
 * @example
 * using net = network(engine, sequential(flatten(), dense(10)), { inputShape: [28, 28] });
 */
export function flatten(): FlattenLayer {
  return layerOf<FlattenLayer>({ kind: "flatten" }, FLATTEN);
}

export const FLATTEN: LayerRecord<FlattenLayer> = {
  kind: "flatten",
  keys: { kind: 1 },
  check() {},
  forward: (x) => (x.shape.length === 2 ? x : reshape(x, [x.shape[0] ?? 0, countOf(x.shape.slice(1))])),
};

export const FLATTEN_FORMATS: LayerFormats<FlattenLayer> = { onnx: () => ({ op: "Flatten" }) };
