/** The bundled digits, all 10,000 of them as one dataset. */
import { fileURLToPath } from "node:url";
import { Dataset, loadMnist } from "lanegrad";

export async function loadDigits(): Promise<Dataset<Uint8Array>> {
  const { train, test } = await loadMnist(fileURLToPath(new URL("../data", import.meta.url)));
  return new Dataset({
    name: "bundled digits",
    inputs: joined(train.inputs, test.inputs),
    labels: Int32Array.of(...train.labels, ...test.labels),
    shape: train.shape,
    classes: train.classes,
    scale: train.scale,
  });
}

/** Pixels of the examples from `start` to before `end`, as numbers in 0..1. */
export function pixelsOf({ inputs, size, scale }: Dataset<Uint8Array>, start: number, end: number): Float32Array {
  return Float32Array.from(inputs.subarray(start * size, end * size), (byte) => byte * scale);
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
