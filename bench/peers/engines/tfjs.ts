/**
 * TensorFlow.js on its WebAssembly backend: SIMD, one thread. An operation has run when its call returns, and the
 * result lies in the backend's memory; nothing is read back in the time.
 *
 * What this backend cannot do (steps of convolutional networks) is the work of the engine `tfjs-cpu`, its backend in plain
 * JavaScript.
 *
 * Products with a transposed operand run some twenty times slower than others, so the transpose is made first.
 */
import { createRequire } from "node:module";
import { type Engine, type Prepared, timed } from "../engine.ts";
import { type Functions, SCATTERED } from "../operations.ts";
import { importPackage, type TfjsTensor as Tensor, type Tfjs, type TfjsWasm } from "../packages.ts";
import { type Forward, joined, type Step, type Work } from "../work.ts";
import * as convnets from "./tfjs_convnets.ts";

const tf = await importPackage<Tfjs>("@tensorflow/tfjs-core");
const wasm = await importPackage<TfjsWasm>("@tensorflow/tfjs-backend-wasm");

type Parameters = readonly { readonly weights: Tensor; readonly bias: Tensor }[];

export async function loadTfjs(): Promise<Engine> {
  wasm.setThreadsCount(1);
  if (!(await tf.setBackend("wasm"))) throw new Error("its wasm backend does not start");
  if (!tf.env().get("WASM_HAS_SIMD_SUPPORT")) throw new Error("its wasm backend has no SIMD here");
  return { prepare: async (work) => onBackend("wasm", prepare(work)), close: () => {} };
}

export async function loadTfjsCpu(): Promise<Engine> {
  await importPackage("@tensorflow/tfjs-backend-cpu");
  createRequire(import.meta.url)("@tensorflow/tfjs-core/dist/register_all_gradients.js"); // no part of the core that Node loads
  const prepare = async (work: Work) => {
    if (work.kind !== "convStep") throw new Error("left to its backend of WebAssembly");
    return onBackend("cpu", convnets.prepareStep(tf, work));
  };
  return { prepare, close: () => {} };
}

/** Work that runs on one of the backends; which one that is belongs to all of the library. */
function onBackend(name: string, { seconds, ...rest }: Prepared): Prepared {
  return {
    ...rest,
    seconds: async (runs) => {
      await tf.setBackend(name);
      return seconds(runs);
    },
  };
}

function prepare(work: Work): Prepared {
  switch (work.kind) {
    case "gemm": {
      const { layout, m, k, n } = work;
      const a = tf.tensor2d(work.a, layout === "nn" ? [m, k] : [k, m]);
      const b = tf.tensor2d(work.b, [k, n]);
      if (layout === "nn") return prepared(() => tf.matMul(a, b), [a, b]);
      return prepared(() => transposedTimes(a, b), [a, b]);
    }
    case "map": {
      const x = tf.tensor1d(work.x);
      const f = work.f === "exp" ? tf.exp : tf.sigmoid;
      return prepared(() => f(x), [x]);
    }
    case "softmax": {
      const x = tf.tensor2d(work.x, [work.rows, work.columns]);
      return prepared(() => tf.softmax(x), [x]);
    }
    case "step":
      return prepareStep(work);
    case "convForward":
      return convnets.prepareForward(tf, work);
    case "convStep":
      throw new Error("its wasm backend has no Conv2DBackpropFilter");
    case "forward": {
      const { x, parameters } = operandsOf(work);
      return prepared(() => forward(x, parameters, work.activation).at(-1)!, [x, ...tensorsOf(parameters)]);
    }
    case "operation": {
      const operands = work.operands.map(({ values, shape }) =>
        tf.tensor(values, shape, values instanceof Int32Array ? "int32" : "float32"),
      );
      const apply = FUNCTIONS[work.f] as (...x: Tensor[]) => Tensor;
      return prepared(() => apply(...operands), operands);
    }
  }
}

const FUNCTIONS: Functions<Tensor> = {
  add: (a, b) => tf.add(a, b),
  addRow: (a, b) => tf.add(a, b),
  mul: (a, b) => tf.mul(a, b),
  div: (a, b) => tf.div(a, b),
  maximum: (a, b) => tf.maximum(a, b),
  relu: (x) => tf.relu(x),
  abs: (x) => tf.abs(x),
  sqrt: (x) => tf.sqrt(x),
  exp: (x) => tf.exp(x),
  log: (x) => tf.log(x),
  sigmoid: (x) => tf.sigmoid(x),
  tanh: (x) => tf.tanh(x),
  sin: (x) => tf.sin(x),
  sum: (x) => tf.sum(x),
  sumColumns: (x) => tf.sum(x, 0),
  sumRows: (x) => tf.sum(x, 1),
  maxColumns: (x) => tf.max(x, 0),
  maxRows: (x) => tf.max(x, 1),
  argmaxRows: (x) => tf.argMax(x, 1),
  softmax: (x) => tf.softmax(x),
  transpose: (x) => tf.transpose(x),
  transpose0213: (x) => tf.transpose(x, [0, 2, 1, 3]),
  transpose0312: (x) => tf.transpose(x, [0, 3, 1, 2]),
  transpose3210: (x) => tf.transpose(x),
  matmul: (a, b) => tf.matMul(a, b),
  matmulTransposed: (a, b) => tf.matMul(a, b, false, true),
  gather: (x, rows) => tf.gather(x, rows),
  scatterAdd: (x, rows) => tf.scatterND(tf.expandDims(rows, 1), x, [SCATTERED, x.shape[1] ?? 0]),
  sort: (x) => tf.reverse(tf.topk(x, x.shape.at(-1) ?? 0).values, x.shape.length - 1),
  top10: (x) => tf.topk(x, 10).values,
  cumsum: (x) => tf.cumsum(x, -1),
  cumsumColumns: (x) => tf.cumsum(x, 0),
};

/** AᵀB. */
function transposedTimes(a: Tensor, b: Tensor): Tensor {
  const transposed = tf.transpose(a);
  const product = tf.matMul(transposed, b);
  transposed.dispose();
  return product;
}

function prepareStep(work: Step): Prepared {
  const { x, parameters: first } = operandsOf(work);
  const targets = tf.tensor2d(work.oneHot, [work.rows, work.sizes.at(-1)!]);
  const scale = tf.scalar(work.learningRate / work.rows);
  let parameters = first;
  const step = () => {
    const before = parameters;
    parameters = tf.tidy(() => stepped(before, { x, targets, scale }, work.activation));
    tf.dispose(tensorsOf(before));
  };
  return {
    seconds: timed(step),
    result: () => joined(tensorsOf(parameters).map((tensor) => tensor.dataSync())),
    dispose: () => tf.dispose([x, targets, scale, ...tensorsOf(parameters)]),
  };
}

type StepOperands = { readonly x: Tensor; readonly targets: Tensor; readonly scale: Tensor };

/** The parameters after one step. The learning rate goes into the logits' gradient, the smallest of all. */
function stepped(parameters: Parameters, { x, targets, scale }: StepOperands, activation: Step["activation"]) {
  const outputs = forward(x, parameters, activation);
  let dz = tf.mul(tf.sub(tf.softmax(outputs.at(-1)!), targets), scale);
  const updated: { weights: Tensor; bias: Tensor }[] = [];
  for (let l = parameters.length - 1; l >= 0; l--) {
    const { weights, bias } = parameters[l]!;
    const input = l === 0 ? x : outputs[l - 1]!;
    updated.unshift({
      weights: tf.sub(weights, transposedTimes(input, dz)),
      bias: tf.sub(bias, tf.sum(dz, 0)),
    });
    if (l === 0) break;
    const dy = tf.matMul(dz, tf.transpose(weights));
    dz = tf.mul(dy, activation === "relu" ? tf.step(input) : tf.sub(input, tf.mul(input, input)));
  }
  return updated;
}

/** Every layer's output, the logits last. */
function forward(x: Tensor, parameters: Parameters, activation: Step["activation"]): Tensor[] {
  const outputs: Tensor[] = [];
  for (const [l, { weights, bias }] of parameters.entries()) {
    const layer = { a: l === 0 ? x : outputs[l - 1]!, b: weights, bias };
    const isLast = l === parameters.length - 1;
    outputs.push(tf.fused.matMul({ ...layer, activation: isLast ? "linear" : activation }));
  }
  return outputs;
}

function operandsOf({ sizes, layers, rows, x }: Step | Forward): { x: Tensor; parameters: Parameters } {
  return {
    x: tf.tensor2d(x, [rows, sizes[0]!]),
    parameters: layers.map(({ weights, bias }, l) => ({
      weights: tf.tensor2d(weights as Float32Array, [sizes[l]!, sizes[l + 1]!]),
      bias: tf.tensor1d(bias as Float32Array),
    })),
  };
}

function tensorsOf(parameters: Parameters): Tensor[] {
  return parameters.flatMap(({ weights, bias }) => [weights, bias]);
}

function prepared(run: () => Tensor, operands: Tensor[]): Prepared {
  let last: Tensor | undefined;
  return {
    seconds: timed(() => {
      last?.dispose();
      last = tf.tidy(run);
    }),
    result: () => Float32Array.from(last!.dataSync()),
    dispose: () => tf.dispose([...operands, ...(last === undefined ? [] : [last])]),
  };
}
