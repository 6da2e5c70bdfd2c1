/**
 * safetensors, the container in which weights travel:
 *
 *   u64 little-endian   length of the header
 *   JSON                { "W1": { "dtype": "F32", "shape": [784, 50], "data_offsets": [0, 156800] }, … },
 *                       filled up with spaces to a multiple of 8 bytes
 *   bytes               the tensors' elements, row-major, little-endian, in the header's order, without gaps
 *
 * The format is Hugging Face's: https://huggingface.co/docs/safetensors
 */
import { OptionError } from "../errors.ts";

/** A named tensor's elements, row-major. */
export type NamedArray = {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: Float32Array | Float64Array;
};

const ALIGNMENT = 8;
const METADATA = "__metadata__";

/**
 * The bytes of a safetensors file.
 *
 * @param metadata words about the file, such as which program wrote it
 * @throws {OptionError} a name that comes twice or is reserved, or data that does not fill its shape
 */
export function encodeSafetensors(
  tensors: readonly NamedArray[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const entries: [string, unknown][] = [];
  if (Object.keys(metadata).length > 0) entries.push([METADATA, metadata]);
  const names = new Set([METADATA]);
  let end = 0;
  for (const { name, shape, data } of tensors) {
    const count = shape.reduce((product, extent) => product * extent, 1);
    if (names.has(name)) throw new OptionError("safetensors: name", "a name that is not taken", name);
    if (count !== data.length) throw new OptionError(`safetensors: ${name}`, `${count} numbers`, data.length);
    names.add(name);
    const start = end;
    end += data.byteLength;
    const dtype = data instanceof Float64Array ? "F64" : "F32";
    entries.push([name, { dtype, shape, data_offsets: [start, end] }]);
  }

  // fromEntries defines own properties, so that a tensor named __proto__ is a tensor.
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(entries)));
  const headerLength = Math.ceil(json.length / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(8 + headerLength + end);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(headerLength), true);
  bytes.fill(0x20, 8, 8 + headerLength).set(json, 8);
  let offset = 8 + headerLength;
  for (const { data } of tensors) {
    for (const value of data) {
      if (data instanceof Float64Array) view.setFloat64(offset, value, true);
      else view.setFloat32(offset, value, true);
      offset += data.BYTES_PER_ELEMENT;
    }
  }
  return bytes;
}
