/**
 * A network's parameters and running statistics as named arrays, under lanegrad's names or PyTorch's:
 *
 *   layer                   lanegrad                  PyTorch, nn.Sequential: i is the layer's place, from 0
 *   n-th dense              Wn   fanIn × fanOut       i.weight   fanOut × fanIn, so transposed
 *                           bn   fanOut               i.bias
 *   n-th conv2d             Wn   KH × KW × C × OC     i.weight   OC × C × KH × KW
 *                           bn   OC                   i.bias
 *   n-th batchNorm          gamman, betan             i.weight, i.bias
 *                           meann, variancen          i.running_mean, i.running_var
 *                           –                         i.num_batches_tracked   int64, no axis; written as 0, not used
 *
 * Images are height × width × channels here, and channels × height × width there: for a vector that is a flattened image, a
 * dense layer's rows, and the numbers of batchNorm, come in another order as well.
 */

import { checkList, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkNamedArrays, type NamedArray, typeOf } from "../../formats/arrays.ts";
import type { FormatFault } from "../../formats/format_error.ts";
import { FormatError } from "../../formats/format_error.ts";
import { decodeSafetensors } from "../../formats/safetensors.ts";
import { checkOptions, type KeysOf } from "../../options.ts";
import { countOf, isSameShape, type Shape, show } from "../../tensor/layout.ts";
import { isArrayOf } from "../../values.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { formatsOf } from "../layers/known.ts";
import type { Layer } from "../layers/layer.ts";
import { pathOf, placeOf } from "../layers/record.ts";
import type { Placed, Structure } from "../layers/structure.ts";
import type { Network } from "../network.ts";
import { networkOf, type Trainable } from "../trainable.ts";
import { flattenedImages } from "./flattened_images.ts";

/** Whose names tensors have. */
export type Naming = "lanegrad" | "pytorch";

/** Whose names arrays get. */
export type WeightsOptions = {
  /** Default: lanegrad's. `pytorch`: names and shapes of the state of an `nn.Sequential`. */
  readonly naming?: Naming;
  /**
   * With `pytorch`: names of PyTorch's modules in place of an nn.Sequential's numbers, one for each layer that has parameters,
   * in their order: `["conv1", "conv2", "fc"]`.
   */
  readonly modules?: readonly string[];
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
  /** How it is in the network, and where its axes are in the file; undefined: as it is. */
  readonly axes?: { readonly own: Shape; readonly order: readonly number[] };
};

/** Tensors that fit: to be written without a doubt. */
export type FittedWeights = readonly (readonly [Place, NamedArray])[];

const NAMINGS: readonly string[] = ["lanegrad", "pytorch"];
const OPTIONS: KeysOf<SetWeightsOptions> = { naming: 1, modules: 1, prefix: 1, narrowing: 1, file: 1 };
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
  checkOptions<WeightsOptions>("weightsOf", options, { naming: 1, modules: 1 });
  const { naming = "lanegrad", modules } = options;
  const net = networkOf(trainable);
  checkNaming(naming);
  return placesOf(net.structure, naming, modules).map(({ name, key, shape, axes }) => {
    if (key === undefined) return { name, shape, data: new BigInt64Array(1) };
    const data = floatsOf(net, key);
    return { name, shape, data: axes === undefined ? data.slice() : permuted(data, axes.own, axes.order) };
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
  checkOptions<SetWeightsOptions>("weights", options, OPTIONS);
  const { naming = "lanegrad", modules, prefix = "", narrowing = "refuse", file } = options;
  checkNaming(naming);
  if (narrowing !== "refuse" && narrowing !== "round") {
    throw new OptionError("weights: narrowing", '"refuse" or "round"', narrowing);
  }
  const types = net.dtype === "float64" || narrowing === "round" ? ["float32", "float64"] : ["float32"];
  const fail = (fault: FormatFault) => new FormatError("weights", fault, file);
  const fitted = fitWeights(net.structure, arrays, { naming, modules, prefix, types, fail });
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
  checkOptions<SetWeightsOptions>("weights", options, OPTIONS);
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
    modules,
    prefix,
    types,
    fail,
  }: {
    naming: Naming;
    modules?: readonly string[] | undefined;
    prefix: string;
    types: readonly string[];
    fail: (fault: FormatFault) => FormatError;
  },
): FittedWeights {
  const unused = new Map<string, NamedArray>();
  checkNamedArrays("weights", arrays);
  for (const array of arrays) {
    if (!array.name.startsWith(prefix)) continue;
    if (unused.has(array.name)) throw new OptionError("weights: name", "names that come once", array.name);
    unused.set(array.name, array);
  }
  const fitted: (readonly [Place, NamedArray])[] = [];
  for (const place of placesOf(structure, naming, modules)) {
    const tensor = prefix + place.name;
    const array = unused.get(tensor);
    unused.delete(tensor);
    if (array === undefined && place.key === undefined) continue;
    const allowed = place.key === undefined ? ["int64"] : types;
    const expected = `${allowed.join(" or ")} ${show(place.shape)}`;
    if (array === undefined) throw fail({ kind: "tensor", tensor, expected, found: "no tensor of this name" });
    const type = typeOf(array.data);
    // A count may have an axis: some writers know no numbers without one.
    const isShaped = isSameShape(array.shape, place.shape) || (place.key === undefined && countOf(array.shape) === 1);
    const fits = isShaped && type !== undefined && allowed.includes(type);
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
  for (const [{ key, axes }, array] of fitted) {
    if (key === undefined) continue;
    const data = array.data as Float32Array | Float64Array; // or `fitWeights` had refused it
    if (axes === undefined) floatsOf(net, key).set(data);
    else floatsOf(net, key).set(permuted(data, ...inverse(axes.own, axes.order)));
  }
}

/**
 * What the layers have, in their order.
 *
 * @throws {OptionError} modules that are not one name for each layer with parameters, or PyTorch's names for a network whose
 *   flattened images are mixed with other vectors
 */
function placesOf(structure: Structure, naming: Naming, modules?: readonly string[]): Place[] {
  const layers = [...structure.layers.values()].filter(({ parameters, statistics }) => {
    return Object.keys({ ...parameters, ...statistics }).length > 0;
  });
  if (naming === "lanegrad") {
    if (modules !== undefined) throw new OptionError("weights: modules", 'are PyTorch\'s: naming: "pytorch"');
    return layers.flatMap(({ number, parameters, statistics }) =>
      Object.entries({ ...parameters, ...statistics }).map(([name, { shape }]): Place => {
        const key = name + number;
        return { name: key, key, shape };
      }),
    );
  }
  if (modules !== undefined) checkModules(modules, layers);
  const { inputs, mixed } = flattenedImages(structure);
  if (mixed !== undefined)
    throw new OptionError("naming: pytorch", `${placeOf(mixed)}: flattened images are mixed with other vectors there`);
  return layers.flatMap((placed, i): Place[] => {
    const { layer, path, number, parameters, statistics } = placed;
    const { pytorch = {}, ignored = [] } = formatsOf(layer);
    const named = (name: string) => pathOf(modules?.[i] ?? path, name);
    return [
      ...Object.entries({ ...parameters, ...statistics }).map(([name, { shape }]): Place => {
        const place = { name: named(pytorch[name] ?? name), key: name + number } as const;
        return { ...place, ...arranged(layer, name, shape, { image: inputs.get(path), isPyTorch: true }) };
      }),
      ...ignored.map((name): Place => ({ name: named(name), key: undefined, shape: [] })),
    ];
  });
}

/** @throws {OptionError} not one name for each layer */
function checkModules(modules: readonly string[], layers: readonly Placed[]): void {
  checkList("weights: modules", modules, "an array of names");
  for (const [i, name] of modules.entries()) checkType(`weights: modules[${i}]`, "string", name);
  if (modules.length !== layers.length || new Set(modules).size !== layers.length) {
    const paths = layers.map(({ path, layer }) => `${layer.kind} ${path}`).join(", ");
    throw new OptionError("weights: modules", `${layers.length} names, for ${paths}`, modules.join(", "));
  }
}

/**
 * A tensor's shape and axes in another format.
 *
 * @param image what the layer's input was flattened from, if it was
 * @param isPyTorch whether matrices are those of PyTorch, which are transposed, or ONNX's
 */
export function arranged(
  layer: Layer,
  name: string,
  shape: Shape,
  { image, isPyTorch }: { readonly image: Shape | undefined; readonly isPyTorch: boolean },
): Pick<Place, "shape" | "axes"> {
  const { isTransposed, arrange, features = [] } = formatsOf(layer);
  const arrangement = arrange?.(name, shape);
  if (arrangement !== undefined) {
    const { axes, shape: there = axes.map((axis) => shape[axis] as number) } = arrangement;
    return { shape: there, axes: { own: shape, order: axes } };
  }
  const hasTransposed = isPyTorch && isTransposed === true && shape.length === 2;
  const there = hasTransposed ? [...shape].reverse() : shape;
  if (image === undefined || !features.includes(name)) {
    return { shape: there, ...(hasTransposed && { axes: { own: shape, order: [1, 0] } }) };
  }
  const own = [...image, ...shape.slice(1)];
  const others = own.slice(3).map((_, i) => 3 + i);
  const channelsFirst = [2, 0, 1];
  const order = hasTransposed ? [...others, ...channelsFirst] : [...channelsFirst, ...others];
  return { shape: there, axes: { own, order } };
}

/** A parameter or statistic, as a view. */
function floatsOf<D extends FloatType>(net: Network<D>, key: string): Float32Array | Float64Array {
  return (net.parameters[key] ?? net.statistics[key])?.data as Float32Array | Float64Array;
}

/** An array whose axis i is axis `order[i]` of one of this shape. */
export function permuted(
  from: Float32Array | Float64Array,
  shape: Shape,
  order: readonly number[],
): Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const to = isArrayOf(from, "Float64Array") ? new Float64Array(from.length) : new Float32Array(from.length);
  const strides = shape.map((_, axis) => countOf(shape.slice(axis + 1)));
  const steps = order.map((axis) => strides[axis] as number);
  const sizes = order.map((axis) => shape[axis] as number);
  const index = sizes.map(() => 0);
  for (let i = 0, at = 0; i < to.length; i++) {
    to[i] = from[at] as number;
    for (let axis = sizes.length - 1; axis >= 0; axis--) {
      const [size, step] = [sizes[axis] as number, steps[axis] as number];
      const next = (index[axis] as number) + 1;
      index[axis] = next === size ? 0 : next;
      at += next === size ? step - size * step : step;
      if (next < size) break;
    }
  }
  return to;
}

/** The shape and order by which `permuted` undoes itself. */
function inverse(shape: Shape, order: readonly number[]): readonly [Shape, readonly number[]] {
  return [order.map((axis) => shape[axis] as number), order.map((_, axis) => order.indexOf(axis))];
}

function describe({ data, shape }: NamedArray): string {
  return `${typeOf(data) ?? "no typed array"} ${show(shape)}`;
}
