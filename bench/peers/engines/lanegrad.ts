/**
 * lanegrad, build `simd`. Operands and results are tensors in the engine's memory, and every call ends with its
 * result there. The digits lie there as a data set does that is trained on: as the bytes that are not zero; that
 * they become floats is part of the time.
 */
import {
  abs,
  add,
  argmax,
  compile,
  cumsum,
  div,
  type Expression,
  exp,
  gather,
  input,
  log,
  matmul,
  max,
  maximum,
  mul,
  Engine as OurEngine,
  RandomState,
  ResidentDataset,
  relu,
  scatterAdd,
  sgd,
  sigmoid,
  sin,
  softmax,
  sort,
  sqrt,
  sum,
  tanh,
  tensor,
  topK,
  transpose,
  zeros,
} from "lanegrad";
import { TwoLayerNet } from "lanegrad/chapter";
import { layersOf, reluNetwork } from "../../deep_step.ts";
import { DigitForward } from "../../evaluation.ts";

import { type Engine, type Prepared, timed } from "../engine.ts";
import { type Functions, type OperationWork, SCATTERED } from "../operations.ts";
import { type Forward, flatten, joined, type Step, type Work } from "../work.ts";
import * as convnets from "./lanegrad_convnets.ts";

export async function loadLanegrad(): Promise<Engine> {
  const engine = await OurEngine.load();
  return { prepare: async (work) => prepare(engine, work), close: () => engine.dispose() };
}

function prepare(engine: OurEngine, work: Work): Prepared {
  switch (work.kind) {
    case "gemm": {
      const { layout, m, k, n } = work;
      const a = tensor(engine, work.a, { shape: layout === "nn" ? [m, k] : [k, m] });
      const b = tensor(engine, work.b, { shape: [k, n] });
      const c = zeros(engine, [m, n]);
      const options = { transpose: layout === "nn" ? "none" : "a", out: c } as const;
      return prepared(
        () => matmul(a, b, options),
        () => c.data.slice(),
        [a, b, c],
      );
    }
    case "map": {
      const x = tensor(engine, work.x);
      const y = zeros(engine, x.shape);
      const f = work.f === "exp" ? exp : sigmoid;
      return prepared(
        () => f(x, { out: y }),
        () => y.data.slice(),
        [x, y],
      );
    }
    case "softmax": {
      const x = tensor(engine, work.x, { shape: [work.rows, work.columns] });
      const p = zeros(engine, x.shape);
      return prepared(
        () => softmax(x, { out: p }),
        () => p.data.slice(),
        [x, p],
      );
    }
    case "step":
      return work.activation === "sigmoid" ? prepareChapter(engine, work) : prepareDeep(engine, work);
    case "forward":
      return prepareForward(engine, work);
    case "convForward":
      return convnets.prepareForward(engine, work);
    case "convStep":
      return convnets.prepareStep(engine, work);
    case "operation":
      return prepareOperation(engine, work);
  }
}

type Floats = Expression<"float32">;

const FUNCTIONS: Functions<Expression> = {
  add: (a, b) => add(a as Floats, b as Floats),
  addRow: (a, b) => add(a as Floats, b as Floats),
  mul: (a, b) => mul(a as Floats, b as Floats),
  div: (a, b) => div(a as Floats, b as Floats),
  maximum: (a, b) => maximum(a as Floats, b as Floats),
  relu: (x) => relu(x as Floats),
  abs: (x) => abs(x as Floats),
  sqrt: (x) => sqrt(x as Floats),
  exp: (x) => exp(x as Floats),
  log: (x) => log(x as Floats),
  sigmoid: (x) => sigmoid(x as Floats),
  tanh: (x) => tanh(x as Floats),
  sin: (x) => sin(x as Floats),
  sum: (x) => sum(x as Floats),
  sumColumns: (x) => sum(x as Floats, { axes: [0] }),
  sumRows: (x) => sum(x as Floats, { axes: [1] }),
  maxColumns: (x) => max(x as Floats, { axes: [0] }),
  maxRows: (x) => max(x as Floats, { axes: [1] }),
  argmaxRows: (x) => argmax(x as Floats, { axis: 1 }),
  softmax: (x) => softmax(x as Floats),
  transpose: (x) => transpose(x as Floats),
  transpose0213: (x) => transpose(x as Floats, { axes: [0, 2, 1, 3] }),
  transpose0312: (x) => transpose(x as Floats, { axes: [0, 3, 1, 2] }),
  transpose3210: (x) => transpose(x as Floats),
  matmul: (a, b) => matmul(a as Floats, b as Floats),
  matmulTransposed: (a, b) => matmul(a as Floats, b as Floats, { transpose: "b" }),
  gather: (x, rows) => gather(x as Floats, rows as Expression<"int32">),
  scatterAdd: (x, rows) =>
    scatterAdd(zeros(x.engine, [SCATTERED, x.shape[1] ?? 0]), rows as Expression<"int32">, x as Floats),
  sort: (x) => sort(x as Floats),
  top10: (x) => topK(x as Floats, 10).values,
  cumsum: (x) => cumsum(x as Floats, { axis: -1 }),
  cumsumColumns: (x) => cumsum(x as Floats, { axis: 0 }),
};

/** A program of the one operation. */
function prepareOperation(engine: OurEngine, { f, operands }: OperationWork): Prepared {
  const inputs = operands.map(({ shape, values }, i) => {
    return input(engine, shape, { name: `x${i}`, dtype: values instanceof Int32Array ? "int32" : "float32" });
  });
  const apply = FUNCTIONS[f] as (...x: Expression[]) => Expression;
  const program = compile({ y: apply(...inputs) });
  for (const [i, { values }] of operands.entries()) program.inputs[`x${i}`]!.set(values);
  return prepared(
    () => program.run(),
    () => Float32Array.from(program.outputs.y.data as ArrayLike<number>),
    [program],
  );
}

function prepareChapter(engine: OurEngine, { sizes, layers, rows, x, labels, learningRate }: Step): Prepared {
  const net = networkOf(engine, sizes, layers);
  const inputs = tensor(engine, x, { shape: [rows, net.inputSize] });
  const targets = tensor(engine, labels);
  const { W1, b1, W2, b2 } = net.parameters;
  return prepared(
    () => net.step(inputs, targets, learningRate),
    () => joined([W1, b1, W2, b2].map(({ data }) => data)),
    [net, inputs, targets],
  );
}

function prepareDeep(engine: OurEngine, { sizes, layers, rows, x, labels, learningRate }: Step): Prepared {
  const net = reluNetwork(engine, sizes);
  const state = net.optimize(sgd({ learningRate }));
  for (const [l, [weights, bias]] of layersOf(net).entries()) {
    weights.data.set(layers[l]!.weights);
    bias.data.set(layers[l]!.bias);
  }
  const inputs = tensor(engine, x, { shape: [rows, sizes[0]!] });
  const targets = tensor(engine, labels);
  return prepared(
    () => net.step(state, inputs, targets),
    () => flatten(layersOf(net).map(([weights, bias]) => ({ weights: weights.data, bias: bias.data }))),
    [net, state, inputs, targets],
  );
}

function prepareForward(engine: OurEngine, { sizes, layers, digits }: Forward): Prepared {
  const net = networkOf(engine, sizes, layers);
  const resident = new ResidentDataset(engine, digits);
  const forward = new DigitForward(net, resident);
  return prepared(
    () => forward.run(),
    () => forward.logits.data.slice(),
    [net, resident, forward],
  );
}

function networkOf(engine: OurEngine, sizes: readonly number[], layers: Step["layers"]): TwoLayerNet {
  const [inputSize = 0, hiddenSize = 0, outputSize = 0] = sizes;
  const net = new TwoLayerNet(engine, { inputSize, hiddenSize, outputSize, random: new RandomState(0) });
  const { W1, b1, W2, b2 } = net.parameters;
  for (const [l, [weights, bias]] of [[W1, b1] as const, [W2, b2] as const].entries()) {
    weights.data.set(layers[l]!.weights);
    bias.data.set(layers[l]!.bias);
  }
  return net;
}

function prepared(run: () => unknown, result: () => Float32Array, owned: readonly { dispose(): void }[]): Prepared {
  const dispose = () => {
    for (const each of owned) each.dispose();
  };
  return { seconds: timed(run), result, dispose };
}
