/**
 * The work as ONNX graphs. A step is one graph, parameters in and parameters out; the update of a weight is the C of
 * the product that gives its gradient:
 *
 *   W ← W - Xᵀ·dZ    Gemm, transA, α = -1, C = W    with the learning rate in dZ, the smallest of all
 */
import type { ElementMap, Forward, Gemm, Softmax, Step } from "../work.ts";
import type { Constant, Graph, Node, Value } from "./onnx_model.ts";

export function gemmGraph({ layout, m, k, n }: Gemm): Graph {
  const attributes = { transA: { int: layout === "tn" ? 1 : 0 } };
  return {
    nodes: [{ op: "Gemm", inputs: ["a", "b"], output: "c", attributes }],
    inputs: [
      { name: "a", shape: layout === "nn" ? [m, k] : [k, m] },
      { name: "b", shape: [k, n] },
    ],
    outputs: [{ name: "c", shape: [m, n] }],
  };
}

export function mapGraph({ f, x }: ElementMap): Graph {
  const op = f === "exp" ? "Exp" : "Sigmoid";
  return {
    nodes: [{ op, inputs: ["x"], output: "y" }],
    inputs: [{ name: "x", shape: [x.length] }],
    outputs: [{ name: "y", shape: [x.length] }],
  };
}

export function softmaxGraph({ rows, columns }: Softmax): Graph {
  return {
    nodes: [{ op: "Softmax", inputs: ["x"], output: "p", attributes: { axis: { int: 1 } } }],
    inputs: [{ name: "x", shape: [rows, columns] }],
    outputs: [{ name: "p", shape: [rows, columns] }],
  };
}

/** Pixels in as bytes, a quarter of what floats would be; weights are the model's own. */
export function forwardGraph({ sizes, activation, layers, rows, digits }: Forward): Graph {
  const scale: Constant = { name: "scale", shape: [], numbers: Float32Array.of(digits.scale) };
  const parameters = layers.flatMap(({ weights, bias }, l): Constant[] => [
    { name: `W${l}`, shape: [sizes[l]!, sizes[l + 1]!], numbers: Float32Array.from(weights) },
    { name: `b${l}`, shape: [sizes[l + 1]!], numbers: Float32Array.from(bias) },
  ]);
  const last = layers.length - 1;
  return {
    nodes: [
      { op: "Cast", inputs: ["pixels"], output: "bytes", attributes: { to: { int: 1 } } },
      { op: "Mul", inputs: ["bytes", "scale"], output: "x" },
      ...forwardNodes(layers.length, activation),
    ],
    inputs: [{ name: "pixels", shape: [rows, sizes[0]!], element: "uint8" }],
    outputs: [{ name: `a${last}`, shape: [rows, sizes.at(-1)!] }],
    constants: [scale, ...parameters],
  };
}

/** Parameters W0, b0, … in; the same after the step as `W0 after`, … out. */
export function stepGraph({ sizes, activation, rows, learningRate }: Step): Graph {
  const [last, classes] = [sizes.length - 2, sizes.at(-1)!];
  const nodes = [
    ...forwardNodes(last + 1, activation),
    { op: "Softmax", inputs: [`a${last}`], output: "p", attributes: { axis: { int: 1 } } },
    { op: "Sub", inputs: ["p", "targets"], output: "error" },
    { op: "Mul", inputs: ["error", "rate"], output: `dz${last}` },
  ];
  for (let l = last; l >= 0; l--) nodes.push(...backwardNodes(l, activation));
  const parameters = sizes.slice(1).flatMap((n, l): Value[] => [
    { name: `W${l}`, shape: [sizes[l]!, n] },
    { name: `b${l}`, shape: [n] },
  ]);
  return {
    nodes,
    inputs: [{ name: "x", shape: [rows, sizes[0]!] }, { name: "targets", shape: [rows, classes] }, ...parameters],
    outputs: parameters.map(({ name, shape }) => ({ name: `${name} after`, shape })),
    constants: [{ name: "rate", shape: [], numbers: Float32Array.of(learningRate / rows) }],
  };
}

/** aₗ = zₗ₋₁·Wₗ + bₗ, zₗ = activation(aₗ); z before the first is x. */
function forwardNodes(layers: number, activation: Step["activation"]): Node[] {
  const op = activation === "relu" ? "Relu" : "Sigmoid";
  return Array.from({ length: layers }, (_, l) => l).flatMap((l): Node[] => [
    { op: "Gemm", inputs: [inputOf(l), `W${l}`, `b${l}`], output: `a${l}` },
    ...(l < layers - 1 ? [{ op, inputs: [`a${l}`], output: `z${l}` }] : []),
  ]);
}

/** The layer's parameters after the step, and the gradient of the layer below. */
function backwardNodes(l: number, activation: Step["activation"]): Node[] {
  const subtracted = { transA: { int: 1 }, alpha: { float: -1 } };
  const nodes: Node[] = [
    { op: "Gemm", inputs: [inputOf(l), `dz${l}`, `W${l}`], output: `W${l} after`, attributes: subtracted },
    {
      op: "ReduceSum",
      inputs: [`dz${l}`],
      output: `db${l}`,
      attributes: { axes: { ints: [0] }, keepdims: { int: 0 } },
    },
    { op: "Sub", inputs: [`b${l}`, `db${l}`], output: `b${l} after` },
  ];
  if (l === 0) return nodes;
  const [z, dy, slope] = [`z${l - 1}`, `dy${l - 1}`, `slope${l - 1}`];
  nodes.push({ op: "Gemm", inputs: [`dz${l}`, `W${l}`], output: dy, attributes: { transB: { int: 1 } } });
  if (activation === "relu") {
    nodes.push({ op: "Sign", inputs: [z], output: slope });
  } else {
    nodes.push({ op: "Mul", inputs: [z, z], output: `square${l - 1}` });
    nodes.push({ op: "Sub", inputs: [z, `square${l - 1}`], output: slope });
  }
  nodes.push({ op: "Mul", inputs: [dy, slope], output: `dz${l - 1}` });
  return nodes;
}

function inputOf(l: number): string {
  return l === 0 ? "x" : `z${l - 1}`;
}
