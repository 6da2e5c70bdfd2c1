/**
 * Numerical gradients of a network, without computing it anew for each parameter.
 *
 *   z1 = x·W1 + b1,  u1 = f(z1),  z2 = u1·W2 + b2,  …,  loss
 *
 *   W1[i, j] + h     moves column j of z1 by h·x[:, i], b1[j] + h moves it by h; the other columns stay
 *   u1[:, j]         is made of column j alone: many such columns at a time, as the rows of one matrix
 *   z2               moves by (u1'[:, j] - u1[:, j]) ⊗ W2[j, :], a product of a column and a row
 *   from z2 on       the network runs as it always does
 *
 * So the work for a weight of the first layer, where most of them are, no longer depends on how many there are. What comes
 * out is what plain central differences give, but for rounding: the same values are added up in another order.
 */

import { compile, type Program } from "../autodiff/program.ts";
import { Owner } from "../disposable.ts";
import { checkStep } from "../numeric/central_differences.ts";
import { affine } from "../ops/affine.ts";
import { expressionOf } from "../tensor/expression.ts";
import { empty, type Tensor, zeros } from "../tensor/tensor.ts";
import type { FloatType } from "../wasm/dtype.ts";
import type { Engine } from "../wasm/engine.ts";
import { forward } from "./forward.ts";
import type { Layer } from "./layers/layer.ts";
import { sequential } from "./layers/sequential.ts";
import { structureOf } from "./layers/structure.ts";
import type { NamedTensors } from "./parameters.ts";

/** What is differentiated. */
export type Differentiated<D extends FloatType> = {
  readonly engine: Engine;
  readonly dtype: D;
  readonly layers: readonly Layer[];
  readonly parameters: NamedTensors<string, D>;
  /** The loss of what the last layer puts out. */
  readonly loss: (z: Tensor<D>) => number;
};

/** A dense layer at work, its bias as one more row of weights, whose input is 1. Copies in float64, all but z. */
type Dense<D extends FloatType> = {
  /** (fanIn + 1) × fanOut */
  readonly weights: Float64Array;
  /** (fanIn + 1) × m: the inputs, one row for each row of weights */
  readonly inputs: Float64Array;
  /** m × fanOut: the output */
  readonly z: Tensor<D>;
  readonly fanOut: number;
  /** The element-wise layers between it and the next dense one. */
  readonly after: readonly Layer[];
  /** Every layer that follows. */
  readonly rest: readonly Layer[];
};

/** Weight i of a column moved by `step`, which moves the column by that times input i. */
type Move = { readonly i: number; readonly step: number };

/** The losses with weights of column j moved, one at a time. */
type Losses = (j: number, moves: readonly Move[]) => readonly number[];

/** Numbers of moved columns that are made at a time: enough to fill the lanes, few enough for the cache. */
const COLUMN_NUMBERS = 2 ** 15;

/** Whether every layer is dense or element-wise, so that a column's way to the next dense layer is its own. */
export function isColumnwise(layers: readonly Layer[]): boolean {
  return layers.every(({ kind }) => kind === "dense" || kind === "activation" || kind === "dropout");
}

/**
 * Fills `gradients` by central differences, without changing a parameter.
 *
 * @param x m × inputSize
 * @param gradients by the parameters' names and in their shapes
 * @throws {OptionError} h is 0 or not a finite number
 */
export function incrementalGradients<D extends FloatType>(
  net: Differentiated<D>,
  x: Tensor<D>,
  gradients: NamedTensors<string, D>,
  h: number,
): void {
  checkStep(h);
  const made: Owner[] = [];
  try {
    const denses = densesOf(net, x, made);
    for (const [d, dense] of denses.entries()) {
      const isLast = d === denses.length - 1;
      const losses = isLast ? lossesOfLast(net, dense, made) : lossesOfHidden(net, denses, d, made);
      const gradient = differencesOf(dense, losses, h);
      const weightCount = gradient.length - dense.fanOut;
      gradients[`W${d + 1}`]?.data.set(gradient.subarray(0, weightCount));
      gradients[`b${d + 1}`]?.data.set(gradient.subarray(weightCount));
    }
  } finally {
    for (const one of made) one.dispose();
  }
}

/** (fanIn + 1) × fanOut: the loss's slope in each weight. */
function differencesOf<D extends FloatType>({ weights, z, fanOut }: Dense<D>, losses: Losses, h: number): Float64Array {
  const gradient = new Float64Array(weights.length);
  const fanIn = weights.length / fanOut;
  const most = columnsAtOnce(z) / 2;
  for (let j = 0; j < fanOut; j++) {
    for (let first = 0; first < fanIn; first += most) {
      const moves: Move[] = [];
      for (let i = first; i < Math.min(first + most, fanIn); i++) moves.push({ i, step: h }, { i, step: -h });
      const found = losses(j, moves);
      for (let r = 0; r < moves.length; r += 2) {
        const { i } = moves[r] as Move;
        gradient[i * fanOut + j] = ((found[r] as number) - (found[r + 1] as number)) / (2 * h);
      }
    }
  }
  return gradient;
}

/** The last dense layer: its output with one column moved, and on from there. */
function lossesOfLast<D extends FloatType>(net: Differentiated<D>, dense: Dense<D>, made: Disposable[]): Losses {
  const { inputs, fanOut, rest: layers } = dense;
  const base = Float64Array.from(dense.z.data);
  const m = base.length / fanOut;
  const z = kept(made, empty(net.engine, dense.z.shape, { dtype: net.dtype }));
  const rest = kept(made, new Passage(layers, z, {}));
  return (j, moves) =>
    moves.map(({ i, step }) => {
      const to = z.data;
      to.set(base);
      for (let n = 0; n < m; n++) to[n * fanOut + j] = (base[n * fanOut + j] as number) + step * inputs[i * m + n]!;
      return net.loss(rest.run());
    });
}

/** Dense layer d: its moved columns through what follows it, then into the next one's output, and on from there. */
function lossesOfHidden<D extends FloatType>(
  net: Differentiated<D>,
  denses: readonly Dense<D>[],
  d: number,
  made: Disposable[],
): Losses {
  const { inputs, z, fanOut, after } = denses[d] as Dense<D>;
  const next = denses[d + 1] as Dense<D>;
  const [base, baseNext] = [Float64Array.from(z.data), Float64Array.from(next.z.data)];
  const m = base.length / fanOut;
  const { dtype, engine } = net;
  const columns = kept(made, zeros(engine, [columnsAtOnce(z), m], { dtype }));
  const activation = kept(made, new Passage(after, columns, {}));
  const zNext = kept(made, empty(engine, next.z.shape, { dtype }));
  const rest = kept(made, new Passage(next.rest, zNext, parametersFrom(net.parameters, d + 3)));
  return (j, moves) => {
    const column = Float64Array.from({ length: m }, (_, n) => base[n * fanOut + j] as number);
    const to = columns.data;
    for (const [r, { i, step }] of moves.entries()) {
      for (let n = 0; n < m; n++) to[r * m + n] = (column[n] as number) + step * inputs[i * m + n]!;
    }
    const moved = Float64Array.from(activation.run().data);
    const still = next.inputs.subarray(j * m, (j + 1) * m);
    const row = next.weights.subarray(j * next.fanOut, (j + 1) * next.fanOut);
    return moves.map((_, r) => {
      addProduct(baseNext, { moved: moved.subarray(r * m, (r + 1) * m), still, row }, zNext.data);
      return net.loss(rest.run());
    });
  };
}

/** to ← base + (moved - still) ⊗ row */
function addProduct(
  base: Float64Array,
  { moved, still, row }: { readonly moved: Float64Array; readonly still: Float64Array; readonly row: Float64Array },
  to: Float32Array | Float64Array,
): void {
  const width = row.length;
  for (let n = 0; n < moved.length; n++) {
    const difference = (moved[n] as number) - (still[n] as number);
    for (let k = 0; k < width; k++) to[n * width + k] = (base[n * width + k] as number) + difference * row[k]!;
  }
}

/** The dense layers with what they take and give for x. */
function densesOf<D extends FloatType>(net: Differentiated<D>, x: Tensor<D>, made: Disposable[]): Dense<D>[] {
  const { layers, parameters } = net;
  const places = layers.flatMap(({ kind }, at) => (kind === "dense" ? [at] : []));
  let u = kept(made, new Passage(layers.slice(0, places[0]), x, {})).run();
  return places.map((at, d) => {
    const [w, b] = [parameters[`W${d + 1}`], parameters[`b${d + 1}`]] as [Tensor<D>, Tensor<D>];
    const [m = 0, fanIn = 0] = u.shape;
    const inputs = new Float64Array((fanIn + 1) * m).fill(1);
    for (const [at, value] of u.data.entries()) inputs[(at % fanIn) * m + Math.floor(at / fanIn)] = value;
    const weights = new Float64Array(w.size + b.size);
    weights.set(w.data);
    weights.set(b.data, w.size);
    const z = kept(made, affine(u, w, b));
    const after = layers.slice(at + 1, places[d + 1]);
    u = kept(made, new Passage(after, z, {})).run();
    return { weights, inputs, z, fanOut: b.size, after, rest: layers.slice(at + 1) };
  });
}

/** Layers from a tensor that is written again and again. */
class Passage<D extends FloatType> extends Owner {
  readonly #program: Program<"z"> | undefined;
  readonly #z: Tensor<D>;

  constructor(layers: readonly Layer[], from: Tensor<D>, parameters: NamedTensors<string, D>) {
    super();
    const leaves = Object.fromEntries(
      Object.entries<Tensor<D>>(parameters).map(([name, value]) => [name, expressionOf(value)]),
    );
    const input = expressionOf(from);
    const structure = layers.length > 0 && structureOf(sequential(...layers), from.shape.slice(1));
    const parts = { parameters: leaves, statistics: {}, counter: undefined };
    const z = structure ? forward(structure, input, "predict", parts).z : input;
    this.#program = z === input ? undefined : compile({ z });
    this.#z = (this.#program?.outputs.z ?? from) as Tensor<D>;
  }

  /** What comes out: the same tensor each time. */
  run(): Tensor<D> {
    this.#program?.run();
    return this.#z;
  }

  dispose(): void {
    this.#program?.dispose();
  }
}

/** W3, b3 … under the names W1, b1 … : what layers from the third dense one on call theirs. */
function parametersFrom<D extends FloatType>(
  parameters: NamedTensors<string, D>,
  first: number,
): NamedTensors<string, D> {
  const renamed: Record<string, Tensor<D>> = {};
  for (let d = first; parameters[`W${d}`] !== undefined; d++) {
    for (const letter of ["W", "b"]) renamed[`${letter}${d - first + 1}`] = parameters[`${letter}${d}`] as Tensor<D>;
  }
  return renamed;
}

/** Moved columns in one matrix: an even number, two for each weight. */
function columnsAtOnce({ shape: [m = 1] }: Tensor): number {
  return 2 * Math.max(1, Math.floor(COLUMN_NUMBERS / (2 * m)));
}

function kept<T extends Disposable>(made: Disposable[], one: T): T {
  made.push(one);
  return one;
}
