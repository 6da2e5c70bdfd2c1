/** A training step of a deeper network with relu: 128 of the bundled digits, as sparse rows or as dense ones. */
import {
  type Dataset,
  dense,
  type Engine,
  type InputLayout,
  Minibatch,
  type Network,
  network,
  ResidentDataset,
  relu,
  sequential,
  sgd,
  tensor,
} from "lanegrad";
import type { Case, Trial } from "./case.ts";
import { pixelsOf } from "./digits.ts";
import { type Layer, PlainNetwork, stepFlops } from "./plain/network.ts";
import { gradientDistance, LEARNING_RATE, referenceGradients } from "./step.ts";

const SIZES = [784, 512, 512, 10];
const BATCH = 128;

export function deepStepCases(digits: Dataset<Uint8Array>): Case[] {
  return (["sparse", "dense"] as const).map((layout) => ({
    name: `step ${SIZES.join("-")}${layout === "dense" ? " dense" : ""}`,
    flops: stepFlops(SIZES, BATCH), // the zeros count as work, too
    dtype: "float32",
    prepare: (engine) => prepare(engine, digits, layout),
  }));
}

function prepare(engine: Engine, digits: Dataset<Uint8Array>, layout: InputLayout): Trial {
  const net = reluNetwork(engine, SIZES);
  const state = net.optimize(sgd({ learningRate: LEARNING_RATE }));
  const first = net.parameters["W1"]!;
  const pixels = pixelsOf(digits, 0, BATCH);
  const plainLabels = Int32Array.from(digits.labels.subarray(0, BATCH));
  const x = tensor(engine, pixels, { shape: [BATCH, digits.size] });
  const resident = new ResidentDataset(engine, digits, { layout });
  const batch = new Minibatch(resident, BATCH, "float32");
  for (let i = 0; i < BATCH; i++) batch.indices.data[i] = i;
  batch.gather();
  const layers: Layer[] = layersOf(net).map(([weights, bias]) => ({
    weights: weights.data.slice(),
    bias: bias.data.slice(),
  }));
  const plain = new PlainNetwork(SIZES, BATCH, "relu");
  plain.set(layers);
  return {
    run: () => {
      net.step(state, batch.inputs, batch.labels);
      return first.data[0]!;
    },
    plain: () => plain.step(pixels, plainLabels, LEARNING_RATE),
    residual: () => {
      const gradients = net.gradient(x, batch.labels);
      return gradientDistance(
        Object.keys(net.parameters).map((name) => gradients[name]!.data),
        referenceGradients(SIZES, "relu", layers, { x: pixels, labels: plainLabels }),
      );
    },
    // A sum that rounding moves across 0 switches a unit of relu on or off: one of 128 × 512 may.
    tolerance: 1e-4,
    owned: [net, state, x, resident, batch],
  };
}

/** Dense layers with relu between them. */
export function reluNetwork(engine: Engine, sizes: readonly number[]): Network<"float32"> {
  const layers = sizes.slice(1).flatMap((size, l) => [...(l > 0 ? [relu()] : []), dense(sizes[l]!, size)]);
  return network(engine, sequential(...layers), { seed: 1 });
}

/** Weights and bias of each dense layer. */
export function layersOf({ parameters }: Network<"float32">): (readonly [Floats, Floats])[] {
  const count = Object.keys(parameters).length / 2;
  return Array.from({ length: count }, (_, l) => [parameters[`W${l + 1}`]!, parameters[`b${l + 1}`]!] as const);
}

type Floats = Network<"float32">["parameters"][string];
