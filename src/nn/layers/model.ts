/** Layers in any arrangement: branches, and layers that are used more than once. */
import { checkRecord, checkType } from "../../arguments.ts";
import { OptionError } from "../../errors.ts";
import { checkOptions } from "../../options.ts";
import type { Expression } from "../../tensor/expression.ts";
import type { FloatType } from "../../wasm/dtype.ts";
import type { Layer } from "./layer.ts";
import { type CustomKind, checkKind, checkLayer, type LayerContext, type LayerRecord, layerOf } from "./record.ts";

/** What `model` gives: a layer's description, whose inner layers have names. */
export type ModelLayer = {
  readonly kind: CustomKind;
  /** By name. */
  readonly layers: { readonly [name: string]: Layer };
};

/** Layers by name, and how they follow one another. */
export type ModelParts<Name extends string> = {
  /** By name. */
  readonly layers: { readonly [N in Name]: Layer };
  /**
   * The output, of operations on expressions: m × … of x, m × … A layer that is called twice is one layer with one set of
   * parameters. It is called whenever a program is compiled, and must do the same each time.
   */
  readonly forward: <D extends FloatType>(
    x: Expression<D>,
    layers: { readonly [N in Name]: (x: Expression<D>) => Expression<D> },
  ) => Expression<D>;
};

/**
 * A layer composed of named layers and a function that applies them.
 *
 * A file holds its layers and their parameters, and not the function: to read it, pass the model,
 * `decodeNetwork(engine, bytes, { layers: [towers] })`; a worker has it from its script, `serve(self, { layers: [towers] })`.
 *
 * @param kind its name in files: one's own, with a slash
 * @throws {OptionError} a kind without a slash, or something that is not a layer
 * @example
 * const towers = model("acme/towers", {
 *   layers: { wide: dense(32), narrow: dense(32), head: dense(10) },
 *   forward: (x, { wide, narrow, head }) => head(add(relu(wide(x)), tanh(narrow(x)))),
 * });
 * using net = network(engine, towers, { inputShape: [784] });
 */
export function model<Name extends string>(kind: CustomKind, parts: ModelParts<Name>): ModelLayer {
  checkKind("model: kind", kind);
  checkType("model", "object", parts);
  checkOptions<ModelParts<Name>>("model", parts, { layers: 1, forward: 1 });
  const { layers, forward } = parts;
  checkRecord("model: layers", layers);
  checkType("model: forward", "function", forward);
  const record: LayerRecord<ModelLayer> = {
    kind,
    keys: { kind: 1, layers: 1 },
    check(option, { layers: found }) {
      checkType(`${option}: layers`, "object", found);
      const names = Object.keys(found);
      if (names.length !== Object.keys(layers).length || names.some((name) => !Object.hasOwn(layers, name))) {
        throw new OptionError(`${option}: layers`, Object.keys(layers).join(", "), names.join(", "));
      }
    },
    inner: ({ layers }) => layers,
    withInner: (_, inner) => ({ kind, layers: inner as ModelLayer["layers"] }),
    forward<D extends FloatType>(x: Expression<D>, { layers }: ModelLayer, { call }: LayerContext<D>) {
      const functions: Record<string, (x: Expression<D>) => Expression<D>> = {};
      for (const name of Object.keys(layers)) functions[name] = (x) => call(name, x);
      return forward(x, functions as { readonly [N in Name]: (x: Expression<D>) => Expression<D> });
    },
  };
  const description = layerOf<ModelLayer>({ kind, layers }, record);
  checkLayer(description);
  return description;
}
