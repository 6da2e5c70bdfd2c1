/**
 * The structure of a network from its description: sizes that layers leave to their input, parameters and statistics with
 * their names and shapes. It is found by the forward pass itself, on expressions that nothing computes, as JAX's
 * `eval_shape` does: what a layer computes says what comes out of it.
 *
 *   path   of a layer: the keys of the layers around it and its own, `1.0`, as in PyTorch's state dicts
 *   name   of a tensor: the layer's name for it, and a number, W1, b1, W2 … : of layers with tensors of one name, the next
 */

import { OptionError } from "../../errors.ts";
import { Expression } from "../../tensor/expression.ts";
import { checkShape, type Shape } from "../../tensor/layout.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import { Engine } from "../../wasm/engine.ts";
import type { Layer } from "./layer.ts";
import {
  type LayerDescription,
  type LayerRecord,
  layerOf,
  type ParameterSpec,
  pathOf,
  placeOf,
  recordOf,
} from "./record.ts";

/** One layer of a network. */
export type Placed = {
  readonly path: string;
  /** Complete: with all sizes. */
  readonly layer: Layer;
  /** Which one of its kind it is, from 1 on; of layers with parameters, the number in their names. */
  readonly number: number;
  /** The shape of one example that it is given. */
  readonly input: Shape;
  readonly parameters: { readonly [name: string]: ParameterSpec };
  readonly statistics: { readonly [name: string]: ParameterSpec };
};

/** The structure of a network. */
export type Structure = {
  /** Of one example. */
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  /** Complete: with all sizes. */
  readonly description: Layer;
  /** In the order in which they are first called; the containers among them. */
  readonly layers: ReadonlyMap<string, Placed>;
};

/** The record of a layer that has been checked. */
export function recordIn(layer: LayerDescription): LayerRecord<Layer> {
  return recordOf(layer) as LayerRecord<Layer>;
}

/**
 * @param inputShape of one example; undefined if the description gives it
 * @throws {OptionError} no shape is given, or an inner layer of a model that is never called
 * @throws {ShapeError} layers that do not fit one another
 */
export function structureOf(root: Layer, inputShape?: Shape): Structure {
  const shape = inputShape ?? recordIn(root).inputShape?.(root);
  if (shape === undefined) {
    throw new OptionError(
      "network: inputShape",
      "expected one, or a layer that says how many inputs it has, dense(784, 50)",
    );
  }
  const input = checkShape("network: inputShape", shape);
  if (input.length === 0 || input.includes(0))
    throw new OptionError("network: inputShape", "integers from 1 on", shape);
  const layers = new Map<string, Placed>();
  const numbers: Record<string, number> = {};
  const nowhere: Engine = Object.create(Engine.prototype); // nothing is computed there
  // Sizes that are too large fail on allocation.
  const leaf = (shape: Shape) => new Expression<FloatType>(nowhere, { dtype: "float32", shape }, { kind: "argument" });

  const placed = (path: string, given: LayerDescription, input: Shape): Placed => {
    const known = layers.get(path);
    if (known !== undefined) return known;
    const record = recordIn(given);
    const layer = record.complete?.(given as Layer, input, placeOf(path)) ?? (given as Layer);
    const parameters = record.parameters?.(layer, input) ?? {};
    const statistics = record.statistics?.(layer, input) ?? {};
    const names = Object.keys({ ...parameters, ...statistics });
    const name = names.find((each) => !/^[A-Za-z]+$/.test(each)); // a number follows it
    if (name !== undefined) throw new OptionError(placeOf(path), "names of tensors made of letters", name);
    const counted = names.length > 0 ? names : [record.kind];
    const number = 1 + Math.max(...counted.map((name) => numbers[name] ?? 0));
    for (const name of counted) numbers[name] = number;
    const made: Placed = { path, layer, number, input, parameters, statistics };
    layers.set(path, made);
    return made;
  };

  const call = (path: string, given: LayerDescription, x: Expression<FloatType>): Expression<FloatType> => {
    const { layer, number, parameters, statistics } = placed(path, given, x.shape.slice(1));
    const record = recordIn(given);
    const inner = record.inner?.(layer) ?? {};
    return record.forward(x, layer, {
      mode: "predict",
      number,
      parameter: (name) => leaf((parameters[name] as ParameterSpec).shape),
      statistic: (name) => leaf((statistics[name] as ParameterSpec).shape),
      update() {},
      counter: undefined,
      call: (key, x) => call(pathOf(path, key), inner[key] as LayerDescription, x),
    });
  };

  const complete = (path: string, given: LayerDescription): Layer => {
    const layer = layers.get(path)?.layer;
    if (layer === undefined) throw new OptionError(placeOf(path), "the model's forward never calls it");
    const record = recordIn(given);
    const inner = Object.entries(record.inner?.(layer) ?? {});
    const completed = inner.map(([key, each]) => [key, complete(pathOf(path, key), each)] as const);
    return layerOf({ ...layer, ...record.withInner?.(layer, Object.fromEntries(completed)) }, record);
  };

  const output = call("", root, leaf([2, ...input]));
  return { inputShape: input, outputShape: output.shape.slice(1), description: complete("", root), layers };
}

/**
 * That layers fit one another, where it is known what goes in.
 *
 * @throws {ShapeError} they do not
 */
export function checkFit(root: Layer): void {
  const shape = recordIn(root).inputShape?.(root);
  if (shape !== undefined) structureOf(root, shape);
}

/** The names and specifications of all parameters, or of all statistics. */
export function tensorsIn(structure: Structure, role: "parameters" | "statistics"): [string, ParameterSpec][] {
  return [...structure.layers.values()].flatMap((placed) =>
    Object.entries(placed[role]).map(([name, spec]): [string, ParameterSpec] => [name + placed.number, spec]),
  );
}
