/** Convolutional networks of lanegrad: layers, and one compiled program for a forward pass or a step. */
import {
  compile,
  conv2d,
  dense,
  depthwiseConv2d,
  type Engine,
  flatten,
  globalAvgPool2d,
  input,
  type Layer,
  maxPool2d,
  type Network,
  network,
  relu,
  sequential,
  sgd,
  tensor,
} from "lanegrad";
import { type ConvForward, type ConvNetwork, type ConvStep, parametersOf } from "../convnets.ts";
import { type Prepared, timed } from "../engine.ts";
import { joined } from "../work.ts";

export function prepareForward(engine: Engine, work: ConvForward): Prepared {
  const net = networkOf(engine, work);
  const program = compile({
    logits: net.forward(input(engine, [work.rows, net.inputSize], { name: "x" }), "predict").z,
  });
  program.inputs["x"]!.set(work.x);
  return {
    seconds: timed(() => program.run()),
    result: () => Float32Array.from(program.outputs.logits.data),
    dispose: () => {
      program.dispose();
      net.dispose();
    },
  };
}

export function prepareStep(engine: Engine, work: ConvStep): Prepared {
  const net = networkOf(engine, work);
  const state = net.optimize(sgd({ learningRate: work.learningRate }));
  const x = tensor(engine, work.x, { shape: [work.rows, net.inputSize] });
  const labels = tensor(engine, work.labels);
  return {
    seconds: timed(() => net.step(state, x, labels)),
    result: () => joined(Object.values(net.parameters).map(({ data }) => data)),
    dispose: () => {
      for (const each of [labels, x, state, net]) each.dispose();
    },
  };
}

function networkOf(engine: Engine, { shape, layers }: ConvNetwork): Network<"float32"> {
  const firstDense = layers.findIndex(({ kind }) => kind === "dense");
  const net = network(
    engine,
    sequential(
      ...layers.flatMap((layer, i): Layer[] => {
        switch (layer.kind) {
          case "conv":
            return [conv2d(layer.outputs, layer.size, { padding: layer.padding })];
          case "depthwise":
            return [depthwiseConv2d(layer.size, { padding: layer.padding })];
          case "dense":
            return [...(i === firstDense ? [flatten()] : []), dense(layer.outputs)];
          case "maxPool":
            return [maxPool2d(2)];
          case "meanPool":
            return [globalAvgPool2d()];
          default:
            return [relu()];
        }
      }),
    ),
    { inputShape: shape },
  );
  const values = parametersOf(layers);
  for (const [i, { data }] of Object.values(net.parameters).entries()) data.set(values[i]!);
  return net;
}
