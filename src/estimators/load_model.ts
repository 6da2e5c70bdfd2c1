/** Models from files, addresses and bytes: what `save` and `encode` made. */
import { checkSource } from "../arguments.ts";
import { DatasetError } from "../data/dataset_error.ts";
import { readFile } from "../data/read.ts";
import { inputNames } from "../data/tables/apply.ts";
import type { Preprocessing } from "../data/tables/columns.ts";
import { parsePreprocessing } from "../data/tables/preprocessing_text.ts";
import { FormatError } from "../formats/format_error.ts";
import { decodeSafetensors } from "../formats/safetensors.ts";
import { decodeNetwork } from "../nn/files/network_file.ts";
import type { CustomLayers } from "../nn/layers/known.ts";
import type { Network } from "../nn/network.ts";
import { checkOptions } from "../options.ts";
import { emptyHistory } from "../train/loop/history.ts";
import { tagOf } from "../values.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { Classifier } from "./classifier.ts";
import { defaultEngine } from "./default_engine.ts";
import { PREPROCESSING } from "./model_bytes.ts";
import { Regressor } from "./regressor.ts";

/** Where the model goes. */
export type LoadModelOptions = CustomLayers & {
  /** Default: the one that all estimators share. */
  readonly engine?: Engine;
  /** The most bytes that the file may have. Default 2 GiB. */
  readonly maxBytes?: number;
};

/**
 * A classifier or a regressor as it was saved, in any process, worker or page: it predicts the same.
 *
 * @param source a path or an address, or the bytes: `await (await fetch(url)).arrayBuffer()`
 * @throws {DatasetError} (rejects) there is no such file, or it cannot be read
 * @throws {FormatError} (rejects) damaged, a network without its preprocessing, or one that does not fit it
 * @throws {OptionError} (rejects) neither a path nor bytes
 * @example
 * const model = await classifier([[0, 0], [0, 1], [1, 0], [1, 1]], { target: ["same", "other", "other", "same"] });
 * const again = await loadModel(model.encode());
 * again.predict([0, 1]); // → "other"
 */
export async function loadModel(
  source: string | URL | Uint8Array | ArrayBuffer,
  options: LoadModelOptions = {},
): Promise<Classifier | Regressor> {
  checkOptions<LoadModelOptions>("loadModel", options, { engine: 1, maxBytes: 1, layers: 1 });
  const { engine, maxBytes = 2 ** 31, layers } = options;
  const file = typeof source === "string" || tagOf(source) === "URL" ? String(source) : undefined;
  const bytes = await bytesOf(source, file, maxBytes);
  const text = decodeSafetensors(bytes, { file }).metadata.get(PREPROCESSING);
  if (text === undefined) {
    const reason = `no ${PREPROCESSING} in the metadata: a network alone, which decodeNetwork reads`;
    throw new FormatError("lanegrad network", { kind: "description", reason }, file);
  }
  const preprocessing = parsePreprocessing(text, file);
  const network = decodeNetwork(engine ?? (await defaultEngine()), bytes, {
    ...(file === undefined ? {} : { file }),
    ...(layers === undefined ? {} : { layers }),
  });
  try {
    checkSizes(network, preprocessing, file);
  } catch (error) {
    network.dispose();
    throw error;
  }
  const parts = { network, preprocessing, history: emptyHistory() };
  return preprocessing.target.kind === "classes" ? new Classifier(parts) : new Regressor(parts);
}

async function bytesOf(source: unknown, file: string | undefined, maxBytes: number): Promise<Uint8Array> {
  if (tagOf(source) === "ArrayBuffer") return new Uint8Array(source as ArrayBuffer);
  if (ArrayBuffer.isView(source)) return source as Uint8Array;
  checkSource("loadModel: source", source);
  const bytes = await readFile(file ?? "", maxBytes);
  if (bytes !== undefined) return bytes;
  throw new DatasetError({ kind: "missing", file: file ?? "", looked: [file ?? ""] });
}

function checkSizes(
  { inputSize, outputSize }: Network<FloatType>,
  { inputs, target }: Preprocessing,
  file: string | undefined,
): void {
  const wanted =
    inputs.kind === "columns" ? inputNames(inputs).length : inputs.shape.reduce((size, dim) => size * dim, 1);
  const answers = target.kind === "classes" ? target.names.length : target.columns.length;
  if (wanted === inputSize && answers === outputSize) return;
  const reason = `preprocessing: ${wanted} inputs and ${answers} outputs, of a network of ${inputSize} and ${outputSize}`;
  throw new FormatError("lanegrad network", { kind: "description", reason }, file);
}
