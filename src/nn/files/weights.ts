/**
 * A network's parameters and running statistics as named arrays, under lanegrad's names or PyTorch's:
 *
 *   layer                   lanegrad                  PyTorch, nn.Sequential: i is the layer's place, from 0
 *   n-th dense              Wn   fanIn × fanOut       i.weight   fanOut × fanIn, so transposed
 *                           bn   fanOut               i.bias
 *   n-th batchNorm          gamman, betan             i.weight, i.bias
 *                           meann, variancen          i.running_mean, i.running_var
 *                           –                         i.num_batches_tracked   int64, no axis; written as 0, not used
 */

import { OptionError } from "../../errors.ts";
import { checkNamedArrays, type NamedArray, typeOf } from "../../formats/arrays.ts";
import type { FormatFault } from "../../formats/format_error.ts";
import { FormatError } from "../../formats/format_error.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { checkOptions } from "../../options.ts";
import { isSameShape, type Shape, show } from "../../tensor/layout.ts";
import { isArrayOf } from "../../values.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { formatsOf } from "../layers/known.ts";
import { pathOf } from "../layers/record.ts";
import type { Structure } from "../layers/structure.ts";
import type { Network } from "../network.ts";
import { networkOf, type Trainable } from "../trainable.ts";

/** Whose names tensors have. */
export type Naming = "lanegrad" | "pytorch";

/** Whose names arrays get. */
export type WeightsOptions = {
  /** Default: lanegrad's. `pytorch`: names and shapes of the state of an `nn.Sequential`. */
  readonly naming?: Naming;
};

/** Which names arrays have, and what is refused. */
export type SetWeightsOptions = WeightsOptions & {
  /** Prefix of every name, such as `"model."`; names without it are ignored. */
  readonly prefix?: string;
  /** Whether float64 numbers are rounded for a float32 network. Default: they are refused. */
  readonly narrowing?: "refuse" | "round";
  /** The file's name, for errors. */
  readonly file?: string;
};

/** Where a tensor of a file belongs. */
type Place = {
  /** Its name in the file. */
  readonly name: string;
  /** Its name in the network; undefined for what is not used. */
  readonly key: string | undefined;
  /** Its shape in the file. */
  readonly shape: Shape;
  readonly order: "as it is" | "transposed";
};

/** Tensors that fit: to be written without a doubt. */
export type FittedWeights = readonly (readonly [Place, NamedArray])[];

const NAMINGS: readonly string[] = ["lanegrad", "pytorch"];
/** What a checkpoint keeps in addition to the weights. */
const TRAINING = "training/";

/**
 * The parameters and running statistics of a network: copies, row-major.
 *
 * @throws {OptionError} an unknown naming
 * @throws {DisposedError} the network was disposed
 * @example
 * weightsOf(net).map(({ name }) => name); // → ["W1", "b1", "W2", "b2"]
 */
export function weightsOf<D extends FloatType>(trainable: Trainable<D>, options: WeightsOptions = {}): NamedArray[] {
  checkOptions<WeightsOptions>("weightsOf", options, { naming: 1 });
  const { naming = "lanegrad" } = options;
  const net = networkOf(trainable);
  checkNaming(naming);
  return placesOf(net.structure, naming).map(({ name, key, shape, order }) => {
    if (key === undefined) return { name, shape, data: new BigInt64Array(1) };
    const data = floatsOf(net, key);
    return { name, shape, data: order === "transposed" ? transposed(data, shape) : data.slice() };
  });
}

/**
 * Puts arrays into a network as its parameters and running statistics. Nothing is changed unless everything fits.
 *
 * Every parameter and statistic must be there, and nothing else under the prefix, apart from what checkpoints keep
 * next to them (`training/…`). A float64 network takes float32 numbers as they are.
 *
 * @throws {FormatError} an array is missing, unknown, of another shape or of another type; it is named
 * @throws {OptionError} an unknown option, or a name that comes twice
 * @throws {DisposedError} the network was disposed
 * @example
 * using other = network(engine, net.description, { random: "none" });
 * setWeights(other, weightsOf(net));
 */
export function setWeights<D extends FloatType>(
  trainable: Trainable<D>,
  arrays: readonly NamedArray[],
  options: SetWeightsOptions = {},
): void {
  const net = networkOf(trainable);
  checkOptions<SetWeightsOptions>("weights", options, { naming: 1, prefix: 1, narrowing: 1, file: 1 });
  const { naming = "lanegrad", prefix = "", narrowing = "refuse", file } = options;
  checkNaming(naming);
  if (narrowing !== "refuse" && narrowing !== "round") {
    throw new OptionError("weights: narrowing", '"refuse" or "round"', narrowing);
  }
  const types = net.dtype === "float64" || narrowing === "round" ? ["float32", "float64"] : ["float32"];
  const fail = (fault: FormatFault) => new FormatError("weights", fault, file);
  const fitted = fitWeights(net.structure, arrays, { naming, prefix, types, fail });
  writeWeights(net, fitted);
}

/**
 * Reads a safetensors file into a network's parameters and running statistics. Nothing is changed unless everything fits.
 *
 * @throws {FormatError} a damaged file, or a tensor that is missing, unknown, of another shape or of another type
 * @throws {OptionError} an unknown option
 * @throws {DisposedError} the network was disposed
 * @example
 * const bytes = encodeNetwork(net, { naming: "pytorch" }); // or what PyTorch saved
 * loadWeights(net, bytes, { naming: "pytorch", file: "model.safetensors" });
 */
export function loadWeights<D extends FloatType>(
  net: Trainable<D>,
  bytes: Uint8Array,
  options: SetWeightsOptions = {},
): void {
  checkOptions<SetWeightsOptions>("weights", options, { naming: 1, prefix: 1, narrowing: 1, file: 1 });
  const { file } = options;
  setWeights(net, decodeSafetensors(bytes, { file }).tensors, options);
}

/** Refuses an invalid naming. */
export function checkNaming(naming: string): asserts naming is Naming {
  if (!NAMINGS.includes(naming)) throw new OptionError("naming", NAMINGS.join(" or "), naming);
}

/**
 * Pairs what layers need with what there is; `types` are the types of elements that are taken.
 *
 * @throws {FormatError} as `fail` makes it
 */
export function fitWeights(
  structure: Structure,
  arrays: readonly NamedArray[],
  {
    naming,
    prefix,
    types,
    fail,
  }: { naming: Naming; prefix: string; types: readonly string[]; fail: (fault: FormatFault) => FormatError },
): FittedWeights {
  const unused = new Map<string, NamedArray>();
  checkNamedArrays("weights", arrays);
  for (const array of arrays) {
    if (!array.name.startsWith(prefix)) continue;
    if (unused.has(array.name)) throw new OptionError("weights: name", "names that come once", array.name);
    unused.set(array.name, array);
  }
  const fitted: (readonly [Place, NamedArray])[] = [];
  for (const place of placesOf(structure, naming)) {
    const tensor = prefix + place.name;
    const array = unused.get(tensor);
    unused.delete(tensor);
    if (array === undefined && place.key === undefined) continue;
    const allowed = place.key === undefined ? ["int64"] : types;
    const expected = `${allowed.join(" or ")} ${show(place.shape)}`;
    if (array === undefined) throw fail({ kind: "tensor", tensor, expected, found: "no tensor of this name" });
    const type = typeOf(array.data);
    const fits = isSameShape(array.shape, place.shape) && type !== undefined && allowed.includes(type);
    if (!fits) throw fail({ kind: "tensor", tensor, expected, found: describe(array) });
    fitted.push([place, array]);
  }
  for (const [tensor, array] of unused) {
    if (naming === "lanegrad" && tensor.startsWith(prefix + TRAINING)) continue;
    throw fail({ kind: "tensor", tensor, expected: "no tensor of this name", found: describe(array) });
  }
  return fitted;
}

/** Writes tensors that fit. */
export function writeWeights<D extends FloatType>(net: Network<D>, fitted: FittedWeights): void {
  for (const [{ key, shape, order }, array] of fitted) {
    if (key === undefined) continue;
    const data = array.data as Float32Array | Float64Array; // or `fitWeights` had refused it
    const [rows = 1, columns = 1] = shape;
    floatsOf(net, key).set(order === "transposed" ? transposed(data, [columns, rows]) : data);
  }
}

/** What the layers have, in their order. */
function placesOf(structure: Structure, naming: Naming): Place[] {
  return [...structure.layers.values()].flatMap(({ layer, path, number, parameters, statistics }): Place[] => {
    const { pytorch = {}, isTransposed, ignored = [] } = formatsOf(layer);
    const places = Object.entries({ ...parameters, ...statistics }).map(([name, { shape }]): Place => {
      const key = name + number;
      if (naming === "lanegrad") return { name: key, key, shape, order: "as it is" };
      const place = { name: pathOf(path, pytorch[name] ?? name), key } as const;
      if (!isTransposed || shape.length !== 2) return { ...place, shape, order: "as it is" };
      return { ...place, shape: [...shape].reverse(), order: "transposed" };
    });
    if (naming === "lanegrad") return places;
    return [
      ...places,
      ...ignored.map((name): Place => ({ name: pathOf(path, name), key: undefined, shape: [], order: "as it is" })),
    ];
  });
}

/** A parameter or statistic, as a view. */
function floatsOf<D extends FloatType>(net: Network<D>, key: string): Float32Array | Float64Array {
  return (net.parameters[key] ?? net.statistics[key])?.data as Float32Array | Float64Array;
}

/** The transpose, which has `shape`. */
function transposed(
  from: Float32Array | Float64Array,
  [rows = 1, columns = 1]: Shape,
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const to = isArrayOf(from, "Float64Array") ? new Float64Array(from.length) : new Float32Array(from.length);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) to[i * columns + j] = from[j * rows + i] as number;
  }
  return to;
}

function describe({ data, shape }: NamedArray): string {
  return `${typeOf(data) ?? "no typed array"} ${show(shape)}`;
}
