/** Convolutional networks as ONNX graphs, channels first: images in, logits out. */
import { type ConvForward, channelsFirst, shapesOf } from "../convnets.ts";
import type { Constant, Graph, Node } from "./onnx_model.ts";

export function convForwardGraph(work: ConvForward): Graph {
  const { shape, layers, rows } = work;
  const [h, w, c] = shape;
  const constants = channelsFirst(work).map(
    (each, i): Constant => ({ name: `p${i}`, shape: each.shape, numbers: each.values }),
  );
  const shapes = shapesOf(shape, layers);
  const nodes: Node[] = [];
  let x = "x";
  let next = 0;
  let isFlat = false;
  const add = (op: string, inputs: readonly string[], attributes: Node["attributes"] = {}) => {
    nodes.push({ op, inputs: [x, ...inputs], output: `y${nodes.length}`, attributes });
    x = `y${nodes.length - 1}`;
  };
  for (const layer of layers) {
    const parameters = "weights" in layer ? [`p${next++}`, `p${next++}`] : [];
    switch (layer.kind) {
      case "conv":
      case "depthwise": {
        const { size, padding } = layer;
        const group = layer.kind === "depthwise" ? layer.inputs : 1;
        add("Conv", parameters, {
          kernel_shape: { ints: [size, size] },
          pads: { ints: [padding, padding, padding, padding] },
          group: { int: group },
        });
        break;
      }
      case "dense":
        if (!isFlat) add("Flatten", []);
        isFlat = true;
        add("Gemm", parameters);
        break;
      case "maxPool":
        add("MaxPool", [], { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] } });
        break;
      case "meanPool":
        add("GlobalAveragePool", []);
        break;
      case "relu":
        add("Relu", []);
    }
  }
  return {
    nodes,
    inputs: [{ name: "x", shape: [rows, c, h, w] }],
    outputs: [{ name: x, shape: [rows, shapes.at(-1)![2]] }],
    constants,
  };
}
