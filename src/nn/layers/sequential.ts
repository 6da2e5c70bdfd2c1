/** Layers one after the other, and the sum of their output and input. */
import { OptionError, ShapeError } from "../../errors.ts";
import { add } from "../../ops/binary.ts";
import { checkOptions } from "../../options.ts";
import type { Expression } from "../../tensor/expression.ts";
import { isSameShape, show } from "../../tensor/layout.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Layer, ResidualLayer, Sequential } from "./layer.ts";
import { checkLayer, type LayerContext, type LayerRecord, layerOf, recordOf } from "./record.ts";
import { checkFit } from "./structure.ts";

/**
 * Layers one after the other; also a layer within another. Sizes that a layer leaves out are those of the output before it.
 *
 * @throws {OptionError} no layers, or something that is not a layer
 * @throws {ShapeError} a layer's input is not as large as the output before it
 * @example
 * const layers = sequential(dense(784, 50), sigmoid(), dense(10));
 */
export function sequential(...layers: Layer[]): Sequential {
  const description = layerOf<Sequential>({ kind: "sequential", layers }, SEQUENTIAL);
  checkLayer(description);
  checkFit(description);
  return description;
}

/** What the input of a residual layer passes. */
export type ResidualOptions = {
  /** One layer, for f(x) of another shape than x: it makes of x what f(x) is added to. */
  readonly projection?: Layer;
};

/**
 * A layer x + f(x), where f is layers one after the other (He et al., arXiv 1512.03385): what they learn is a change of x.
 *
 * @throws {OptionError} no layers, or something that is not a layer
 * @throws {ShapeError} a layer's input is not as large as the output before it, or f(x) has another shape than x
 * @example
 * const block = residual(dense(64), relu(), dense(64));
 * const layers = sequential(dense(784, 64), block, dense(10));
 */
export function residual(...layers: Layer[]): ResidualLayer;
/**
 * A layer p(x) + f(x), where f is layers one after the other, and p a projection of x to the shape of f(x).
 *
 * @param options.projection p; without it, x itself
 * @throws {OptionError} no layers, or something that is not a layer
 * @throws {ShapeError} a layer's input is not as large as the output before it, or f(x) has another shape than p(x)
 * @example
 * const block = residual({ projection: dense(32) }, dense(64), relu(), dense(32));
 * const layers = sequential(dense(784, 64), block, dense(10));
 */
export function residual(options: ResidualOptions, ...layers: Layer[]): ResidualLayer;
export function residual(...given: (Layer | ResidualOptions)[]): ResidualLayer {
  const [first] = given;
  const hasOptions = typeof first === "object" && first !== null && !("kind" in first);
  const { projection } = hasOptions ? first : {};
  if (hasOptions) checkOptions<ResidualOptions>("residual", first, { projection: 1 });
  const layers = (hasOptions ? given.slice(1) : given) as Layer[];
  const projected = projection === undefined ? {} : { projection };
  const description = layerOf<ResidualLayer>({ kind: "residual", layers, ...projected }, RESIDUAL);
  checkLayer(description);
  checkFit(description);
  return description;
}

/** A description as a network has it: layers one after the other, also where they came without a record, or where there is one. */
export function sequentialOf(description: Layer): Layer {
  const record = recordOf(description);
  if (description?.kind === "sequential") return record ? description : layerOf(description, SEQUENTIAL);
  return record ? layerOf({ kind: "sequential", layers: [description] }, SEQUENTIAL) : description;
}

type Chain = Sequential | ResidualLayer;
type ChainOf<K> = Extract<Chain, { readonly kind: K }>;

/** The record of layers one after the other; the keys of layers are their positions, as in PyTorch's state dicts. */
function chainRecord<K extends Chain["kind"]>(
  kind: K,
  forward: LayerRecord<Chain>["forward"],
): LayerRecord<ChainOf<K>> {
  const record: LayerRecord<Chain> = {
    kind,
    keys: { kind: 1, layers: 1 },
    check(option, { layers }) {
      if (!Array.isArray(layers)) throw new OptionError(option, "a list of layers", layers);
      if (layers.length === 0) throw new OptionError(option, "expected at least one layer");
    },
    inputShape({ layers }) {
      const first = layers.find((layer) => !recordOf<Layer>(layer)?.keepsShape);
      return first && recordOf<Layer>(first)?.inputShape?.(first);
    },
    inner: ({ layers }) => Object.fromEntries(layers.entries()),
    withInner: (_, inner) => ({ kind, layers: Object.values(inner) as Layer[] }) as Chain,
    forward,
  };
  return record as unknown as LayerRecord<ChainOf<K>>; // descriptions of this kind alone carry it
}

function run<D extends FloatType>(x: Expression<D>, { layers }: Chain, { call }: LayerContext<D>): Expression<D> {
  return layers.reduce((z, _, i) => call(String(i), z), x);
}

export const SEQUENTIAL: LayerRecord<Sequential> = /* @__PURE__ */ chainRecord("sequential", run);

export const RESIDUAL: LayerRecord<ResidualLayer> = /* @__PURE__ */ residualRecord();

/** A chain, whose input may pass a layer under the key `projection`. */
function residualRecord(): LayerRecord<ResidualLayer> {
  const chain = chainRecord("residual", run);
  return {
    ...chain,
    keys: { kind: 1, layers: 1, projection: 1 } as LayerRecord<ResidualLayer>["keys"],
    inner: ({ layers, projection }) => ({ ...Object.fromEntries(layers.entries()), ...(projection && { projection }) }),
    withInner: (_, { projection, ...inner }) => ({
      ...{ kind: "residual", layers: Object.values(inner) as Layer[] },
      ...(projection && { projection: projection as Layer }),
    }),
    forward(x, layer, context) {
      const y = run(x, layer, context);
      const added = layer.projection === undefined ? x : context.call("projection", x);
      if (isSameShape(added.shape, y.shape)) return add(added, y);
      const what = layer.projection === undefined ? "input" : "projection";
      const [expected, found] = [show(added.shape.slice(1)), show(y.shape.slice(1))];
      throw new ShapeError("residual", "output", `the ${what}'s shape, ${expected}`, found);
    },
  };
}
