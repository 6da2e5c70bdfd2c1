/** A network as a table: its layers, output shapes, parameters and multiply-adds. */

import { argument, type Expression } from "../tensor/expression.ts";
import { countOf, type Shape, show } from "../tensor/layout.ts";
import type { Operation } from "../tensor/operation.ts";
import type { FloatType } from "../wasm/dtype.ts";
import { forward } from "./forward.ts";
import { unfrozenRecord } from "./layers/freeze.ts";
import { recordIn } from "./layers/structure.ts";
import { networkOf, type Trainable } from "./trainable.ts";

/** A layer of a summary. */
export type LayerSummary = {
  /** Where it is: "0", or "2.0" in a container. */
  readonly path: string;
  /** Its kind, or an activation's name. */
  readonly layer: string;
  /** Of one example. */
  readonly outputShape: Shape;
  /** How many numbers are learned, or were before the layer was frozen. */
  readonly parameters: number;
  /** How many of them are frozen: all, or none. */
  readonly frozen: number;
  /** Of products and convolutions, for one example. */
  readonly multiplyAdds: number;
};

/** Plain data with a text. */
export type NetworkSummary = {
  /** Of one example. */
  readonly inputShape: Shape;
  /** From the input to the output; containers are their layers. */
  readonly layers: readonly LayerSummary[];
  /** Of all layers. */
  readonly parameters: number;
  /** Of all layers: training changes `parameters - frozen` numbers. */
  readonly frozen: number;
  /** Of all layers. */
  readonly multiplyAdds: number;
  /** The table. */
  toString(): string;
};

/**
 * The layers of a network with their output shapes, parameters and multiply-adds for one example, as data and, by
 * `toString`, as a table, which has a column of frozen parameters where there are any.
 *
 * @throws {OptionError} no network
 * @throws {DisposedError} the network was disposed
 * @example
 * using small = network(engine, sequential(dense(4, 8), relu(), dense(8, 3)));
 * summary(small).parameters; // → 67
 */
export function summary<D extends FloatType>(net: Trainable<D>): NetworkSummary {
  const { structure, engine, dtype, parameters, statistics, counter } = networkOf(net);
  const { inputShape } = structure;
  const layers: LayerSummary[] = [];
  const x = argument(engine, { dtype, shape: [1, countOf(inputShape)] }, "x");
  const leaves = Object.fromEntries(
    Object.entries(parameters).map(([name, { shape }]) => [name, argument(engine, { dtype, shape }, name)]),
  );
  forward(structure, x as Expression<D>, "predict", {
    ...{ parameters: leaves as Record<string, Expression<D>>, statistics, counter },
    observe(path, from, to) {
      const placed = structure.layers.get(path);
      if (placed === undefined) return;
      const record = recordIn(placed.layer);
      if (record.inner) return;
      const own = unfrozenRecord(record).parameters?.(placed.layer, placed.input) ?? {};
      const count = Object.values(own).reduce((sum, { shape }) => sum + countOf(shape), 0);
      layers.push({
        path,
        layer: "name" in placed.layer ? String(placed.layer.name) : placed.layer.kind,
        outputShape: to.shape.slice(1),
        parameters: count,
        frozen: "trainable" in placed.layer ? count : 0,
        multiplyAdds: multiplyAddsBetween(from, to),
      });
    },
  });
  const total = (of: "parameters" | "frozen" | "multiplyAdds") => layers.reduce((sum, layer) => sum + layer[of], 0);
  const found = {
    ...{ inputShape, layers },
    ...{ parameters: total("parameters"), frozen: total("frozen"), multiplyAdds: total("multiplyAdds") },
  };
  return { ...found, toString: () => textOf(found) };
}

const PRODUCTS = /matmul|conv|affine/i;

/** Of the products that lie between a layer's input and its output. */
function multiplyAddsBetween(from: Expression, to: Expression): number {
  let sum = 0;
  const seen = new Set<Expression>([from]);
  const pending = [to];
  for (let node = pending.pop(); node !== undefined; node = pending.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (node.source.kind !== "applied") continue;
    const { operands, attributes } = node.source;
    const operation: Operation = node.source.operation;
    pending.push(...operands);
    if (!PRODUCTS.test(operation.name)) continue;
    const flops = operation.flops?.({ specs: operands as never, result: node as never, attributes }) ?? 0;
    sum += (flops - (operands.length > 2 ? countOf(node.shape) : 0)) / 2; // without the bias
  }
  return Math.round(sum);
}

function textOf({ inputShape, layers, parameters, frozen, multiplyAdds }: Omit<NetworkSummary, "toString">): string {
  const number = (value: number) => String(value).replace(/\B(?=(\d{3})+$)/g, ",");
  const rows = [
    ["layer", "output shape", "parameters", "frozen", "multiply-adds"],
    ["input", show(inputShape), "", "", ""],
    ...layers.map((of) => [
      `${of.path} ${of.layer}`,
      show(of.outputShape),
      number(of.parameters),
      number(of.frozen),
      number(of.multiplyAdds),
    ]),
    ["total", "", number(parameters), number(frozen), number(multiplyAdds)],
  ].map((row) => (frozen > 0 ? row : row.filter((_, column) => column !== 3)));
  const widths = (rows[0] as string[]).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, c) => (c < 2 ? cell.padEnd(widths[c] ?? 0) : cell.padStart(widths[c] ?? 0)))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
