/**
 * jax-js on its WebAssembly backend: every piece of work is one compiled function (`jit`). Arrays are lazy, so that a
 * run ends with `blockUntilReady`; the result stays in the backend's memory. An array that is passed on is given
 * away, and `.ref` keeps it.
 *
 * Its products use SIMD only where the rows of the second operand are multiples of 4; 50 hidden units are not.
 */
import { type Engine, type Prepared, timedAsync } from "../engine.ts";
import type { Functions } from "../operations.ts";
import { importPackage, type Jax, type JaxArray } from "../packages.ts";
import { type Forward, joined, type Step, type Work } from "../work.ts";
import * as convnets from "./jax_convnets.ts";

const jax = await importPackage<Jax>("@jax-js/jax");
const { numpy: np, nn, jit } = jax;

export async function loadJax(): Promise<Engine> {
  const devices = await jax.init("wasm");
  if (!devices.includes("wasm")) throw new Error("its wasm backend does not start");
  jax.defaultDevice("wasm");
  return { prepare: async (work) => prepare(work), close: () => {} };
}

function prepare(work: Work): Prepared {
  switch (work.kind) {
    case "gemm": {
      const { layout, m, k, n } = work;
      const a = np.array(work.a, { shape: layout === "nn" ? [m, k] : [k, m] });
      const b = np.array(work.b, { shape: [k, n] });
      const multiply = jit(layout === "nn" ? np.matmul : transposedTimes);
      return prepared(() => multiply(a.ref, b.ref), [a, b]);
    }
    case "map": {
      const x = np.array(work.x);
      const f = jit(work.f === "exp" ? np.exp : nn.sigmoid);
      return prepared(() => f(x.ref), [x]);
    }
    case "softmax": {
      const x = np.array(work.x, { shape: [work.rows, work.columns] });
      const f = jit((z: JaxArray) => nn.softmax(z));
      return prepared(() => f(x.ref), [x]);
    }
    case "step":
      return prepareStep(work);
    case "forward":
      return prepareForward(work);
    case "convForward":
      return convnets.prepareForward(jax, work);
    case "convStep":
      return convnets.prepareStep(jax, work);
    case "operation": {
      const operands = work.operands.map(({ values, shape }) => np.array(values, { shape }));
      const apply = FUNCTIONS[work.f];
      if (apply === undefined) throw new Error(`it has no ${work.f}`);
      const f = jit(apply);
      return prepared(() => f(...operands.map(({ ref }) => ref)), operands);
    }
  }
}

/** Without `cumsum`, which takes seconds for a million elements. */
const FUNCTIONS: Functions<JaxArray> = {
  add: (a, b) => a.add(b),
  addRow: (a, b) => a.add(b),
  mul: (a, b) => a.mul(b),
  div: (a, b) => a.div(b),
  maximum: (a, b) => np.maximum(a, b),
  relu: (x) => nn.relu(x),
  abs: (x) => np.abs(x),
  sqrt: (x) => np.sqrt(x),
  exp: (x) => np.exp(x),
  log: (x) => np.log(x),
  sigmoid: (x) => nn.sigmoid(x),
  tanh: (x) => np.tanh(x),
  sin: (x) => np.sin(x),
  sum: (x) => np.sum(x),
  sumColumns: (x) => np.sum(x, 0),
  sumRows: (x) => np.sum(x, 1),
  maxColumns: (x) => np.max(x, 0),
  maxRows: (x) => np.max(x, 1),
  argmaxRows: (x) => np.argmax(x, 1),
  softmax: (x) => nn.softmax(x),
  transpose: (x) => np.transpose(x),
  transpose0213: (x) => np.transpose(x, [0, 2, 1, 3]),
  transpose0312: (x) => np.transpose(x, [0, 3, 1, 2]),
  transpose3210: (x) => np.transpose(x),
  matmul: (a, b) => np.matmul(a, b),
  matmulTransposed: (a, b) => np.matmul(a, np.transpose(b, [0, 2, 1])),
  gather: (x, rows) => np.take(x, rows, 0),
  sort: (x) => np.sort(x),
};

function prepareForward(work: Forward): Prepared {
  const { x, parameters } = operandsOf(work);
  const f = jit((input: JaxArray, ...layers: JaxArray[]) => {
    const outputs = forward(input, layers, work.activation);
    const logits = outputs.pop()!;
    for (const output of outputs) output.dispose();
    return logits;
  });
  return prepared(() => f(x.ref, ...parameters.map(({ ref }) => ref)), [x, ...parameters]);
}

function prepareStep(work: Step): Prepared {
  const { x, parameters: first } = operandsOf(work);
  const targets = np.array(work.oneHot, { shape: [work.rows, work.sizes.at(-1)!] });
  const rate = work.learningRate / work.rows;
  const f = jit((...inputs: JaxArray[]) => stepped(inputs, rate, work.activation));
  let parameters = first;
  return {
    seconds: timedAsync(async () => {
      parameters = f(x.ref, targets.ref, ...parameters);
      await jax.blockUntilReady(parameters);
    }),
    result: () => joined(parameters.map(({ ref }) => ref.dataSync() as Float32Array)),
    dispose: () => {
      for (const each of [x, targets, ...parameters]) each.dispose();
    },
  };
}

/** The parameters after one step. The learning rate goes into the logits' gradient, the smallest of all. */
function stepped(inputs: readonly JaxArray[], rate: number, activation: Step["activation"]): JaxArray[] {
  const [x, targets, ...parameters] = inputs as [JaxArray, JaxArray, ...JaxArray[]];
  const outputs = forward(
    x.ref,
    parameters.map(({ ref }) => ref),
    activation,
  );
  let dz = nn.softmax(outputs.pop()!).sub(targets).mul(rate);
  const updated: JaxArray[] = [];
  for (let l = parameters.length / 2 - 1; l >= 0; l--) {
    const [weights, bias] = [parameters[2 * l]!, parameters[2 * l + 1]!];
    const input = l === 0 ? x : outputs[l - 1]!;
    const dWeights = transposedTimes(input.ref, dz.ref);
    updated.unshift(weights.ref.sub(dWeights), bias.sub(np.sum(dz.ref, 0)));
    if (l === 0) {
      for (const spent of [input, weights, dz]) spent.dispose();
      break;
    }
    const dy = np.matmul(dz, np.transpose(weights));
    dz = dy.mul(activation === "relu" ? np.sign(input) : input.ref.sub(input.ref.mul(input)));
  }
  return updated;
}

/** Every layer's output, the logits last. */
function forward(x: JaxArray, parameters: readonly JaxArray[], activation: Step["activation"]): JaxArray[] {
  const outputs: JaxArray[] = [];
  const layers = parameters.length / 2;
  for (let l = 0; l < layers; l++) {
    const z = np.matmul(l === 0 ? x : outputs[l - 1]!.ref, parameters[2 * l]!).add(parameters[2 * l + 1]!);
    outputs.push(l === layers - 1 ? z : nn[activation](z));
  }
  return outputs;
}

/** AᵀB, as (BᵀA)ᵀ where only A has rows for SIMD: there some twenty times faster. */
function transposedTimes(a: JaxArray, b: JaxArray): JaxArray {
  if ((b.shape[1] ?? 0) % 4 === 0) return np.matmul(np.transpose(a), b);
  return np.transpose(np.matmul(np.transpose(b), a));
}

function operandsOf({ sizes, layers, rows, x }: Step | Forward): { x: JaxArray; parameters: JaxArray[] } {
  return {
    x: np.array(x, { shape: [rows, sizes[0]!] }),
    parameters: layers.flatMap(({ weights, bias }, l) => [
      np.array(weights as Float32Array, { shape: [sizes[l]!, sizes[l + 1]!] }),
      np.array(bias as Float32Array),
    ]),
  };
}

function prepared(run: () => JaxArray, operands: readonly JaxArray[]): Prepared {
  let last: JaxArray | undefined;
  return {
    seconds: timedAsync(async () => {
      last?.dispose();
      last = run();
      await last.blockUntilReady();
    }),
    result: () => Float32Array.from(last!.ref.dataSync()),
    dispose: () => {
      for (const each of [...operands, ...(last === undefined ? [] : [last])]) each.dispose();
    },
  };
}
