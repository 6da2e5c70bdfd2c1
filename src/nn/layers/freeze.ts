/**
 * Layers that training leaves as they are: what they have learned is a statistic in place of a parameter, so that nothing is
 * differentiated by it and no optimizer knows it; and they compute what they compute when predicting.
 */
import { OptionError } from "../../errors.ts";
import type { Layer } from "./layer.ts";
import { checkLayer, type LayerDescription, type LayerRecord, layerOf, recordOf } from "./record.ts";

/** A layer's description, whose tensors training does not change. */
export type FrozenLayer<L extends LayerDescription = Layer> = L & {
  /** Of every layer that is frozen. */
  readonly trainable: false;
};

/** Under which the record of a frozen layer has the one that it was made of. */
const UNFROZEN: unique symbol = Symbol.for("lanegrad.unfrozen");

type FrozenRecord = LayerRecord<Layer> & { readonly [UNFROZEN]?: LayerRecord<Layer> };

/**
 * A layer, with all layers within it, that training leaves as it is, as PyTorch's `requires_grad_(False)` and Keras'
 * `trainable = False`: for fine-tuning a network that has learned something else.
 *
 * - Its parameters are not among `network.parameters`, but among `network.statistics`, under the same names: no optimizer has a
 *   state for them, weight decay and clipping do not see them. Files, checkpoints and `setWeights` have them as before.
 * - A step computes no gradient by them, and none at all for layers before which everything is frozen.
 * - It computes what it computes when predicting: `batchNorm` normalises by its running averages and leaves them as they are,
 *   `dropout` drops nothing (as `base(x, training=False)` of Keras).
 *
 * Weights are drawn as without it. `unfreeze` undoes it.
 *
 * @returns a description with `trainable: false`; the layer itself where it is frozen
 * @throws {OptionError} something that is not a layer
 * @example
 * const base = sequential(dense(784, 50), relu());
 * using learned = network(engine, sequential(base, dense(10)));
 * using net = network(engine, sequential(freeze(base), dense(2)));
 * setWeights(net, [...weightsOf(learned).slice(0, 2), ...weightsOf(net).slice(2)]); // W1 and b1 are those of `learned`
 * Object.keys(net.parameters); // → ["W2", "b2"]
 */
export function freeze<L extends Layer>(layer: L): FrozenLayer<L> {
  checkLayer(layer as Layer);
  return frozen(layer) as FrozenLayer<L>;
}

/**
 * The layer that was frozen, with all layers within it, which training changes again. The weights of a network are in the
 * network: `setWeights(network(engine, unfreeze(frozen)), weightsOf(net))` takes them along.
 *
 * @returns the layer itself where it is not frozen
 * @throws {OptionError} something that is not a layer
 * @example
 * using first = network(engine, sequential(freeze(dense(4, 8)), relu(), dense(8, 2)));
 * using all = network(engine, unfreeze(first.description));
 * setWeights(all, weightsOf(first));
 * Object.keys(all.parameters); // → ["W1", "b1", "W2", "b2"]
 */
export function unfreeze<L extends Layer>(layer: L): Omit<L, "trainable"> & Layer {
  checkLayer(layer as Layer);
  const own = unfrozenRecord(recordOf<Layer>(layer) as FrozenRecord);
  const { trainable: _, ...trained } = layer as L & { readonly trainable?: false };
  const inner = Object.entries(own.inner?.(layer) ?? {}).map(([key, each]) => [key, unfreeze(each as Layer)] as const);
  return layerOf(
    { ...trained, ...(inner.length > 0 && own.withInner?.(layer, Object.fromEntries(inner))) } as Layer,
    own as never,
  ) as never;
}

/** A layer without a record, such as JSON, is left to the check of the layer around it. */
function frozen(layer: Layer): Layer {
  const record = recordOf<Layer>(layer) as FrozenRecord | undefined;
  if (record === undefined || record[UNFROZEN]) return layer;
  return layerOf({ ...layer, trainable: false } as FrozenLayer, frozenRecord(record));
}

/** The record of a layer before it was frozen. */
export function unfrozenRecord(record: FrozenRecord): LayerRecord<Layer> {
  return record[UNFROZEN] ?? record;
}

/** The record of a layer that is frozen, from its own. */
export function frozenRecord(record: LayerRecord<Layer>): FrozenRecord {
  const { parameters, statistics, inner, complete, isRandom, ...others } = record;
  return {
    ...others,
    [UNFROZEN]: record,
    keys: { ...record.keys, ...{ trainable: 1 } },
    check(option, layer) {
      const { trainable } = layer as FrozenLayer;
      if (trainable !== false) throw new OptionError(`${option}: trainable`, "false", trainable);
      record.check(option, layer);
    },
    ...(complete && {
      complete: (layer, input, option) => ({ ...complete(layer, input, option), trainable: false }) as FrozenLayer,
    }),
    statistics: (layer, input) => ({ ...parameters?.(layer, input), ...statistics?.(layer, input) }),
    ...(inner && {
      inner: (layer) =>
        Object.fromEntries(Object.entries(inner(layer)).map(([key, each]) => [key, frozen(each as Layer)])),
    }),
    forward: (x, layer, context) =>
      record.forward(x, layer, {
        ...context,
        mode: "predict",
        parameter: context.statistic,
        update() {},
        counter: undefined,
      }),
  };
}
