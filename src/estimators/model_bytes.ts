/**
 * A model's file: that of a network, which `decodeNetwork` reads, with one more word in its metadata:
 *
 *   lanegrad.preprocessing   columns, words, scales and the target, as JSON
 */
import type { Preprocessing } from "../data/tables/columns.ts";
import { checkPreprocessing } from "../data/tables/preprocessing_text.ts";
import { encodeWith } from "../nn/files/network_file.ts";
import { networkOf, type Trainable } from "../nn/trainable.ts";
import type { FloatType } from "../wasm/dtype.ts";

export const PREPROCESSING = "lanegrad.preprocessing";

/**
 * The bytes of a safetensors file with a network and what it knows about its inputs and answers, for `loadModel`.
 *
 * @throws {OptionError} no network, or not what `fitPreprocessing` gave
 * @throws {DisposedError} the network was disposed
 * @example
 * const table = { names: ["size", "animal"], rows: [[1, "cat"], [3, "dog"]] };
 * const preprocessing = fitPreprocessing(table, { task: "classification", target: "animal" });
 * using small = network(engine, sequential(dense(1, 2)), { seed: 0 });
 * await train(small, applyPreprocessing(preprocessing, table), { epochs: 10, learningRate: 0.1 });
 * const model = await loadModel(encodeModel(small, preprocessing));
 * model.predict({ size: 3 }); // → "dog"
 */
export function encodeModel<D extends FloatType>(
  net: Trainable<D>,
  preprocessing: Preprocessing,
): Uint8Array<ArrayBuffer> {
  checkPreprocessing("encodeModel", preprocessing);
  return encodeWith(networkOf(net), "lanegrad", { [PREPROCESSING]: JSON.stringify(preprocessing) });
}
