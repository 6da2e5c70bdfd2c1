/** A training step of a deeper network with relu: 128 of the bundled digits, as sparse rows or as dense ones. */
import { type Dataset, type Engine, type InputLayout, Minibatch, RandomState, ResidentDataset, tensor } from "lanegrad";
import type { Case, Trial } from "./case.ts";
import { pixelsOf } from "./digits.ts";
import { type Layer, PlainNetwork, stepFlops } from "./plain/network.ts";
import { ReluNet } from "./relu_net.ts";
import { gradientDistance, LEARNING_RATE, referenceGradients } from "./step.ts";

const SIZES = [784, 512, 512, 10];
const BATCH = 128;

export function deepStepCases(digits: Dataset): Case[] {
  return (["sparse", "dense"] as const).map((layout) => ({
    name: `step ${SIZES.join("-")}${layout === "dense" ? " dense" : ""}`,
    flops: stepFlops(SIZES, BATCH), // the zeros count as work, too
    dtype: "float32",
    prepare: (engine) => prepare(engine, digits, layout),
  }));
}

function prepare(engine: Engine, digits: Dataset, layout: InputLayout): Trial {
  const net = new ReluNet(engine, SIZES, BATCH, new RandomState(1));
  const pixels = pixelsOf(digits, 0, BATCH);
  const plainLabels = Int32Array.from(digits.labels.subarray(0, BATCH));
  const x = tensor(engine, pixels, { shape: [BATCH, digits.size] });
  const resident = new ResidentDataset(engine, digits, { layout });
  const batch = new Minibatch(resident, BATCH, "float32");
  for (let i = 0; i < BATCH; i++) batch.indices.data[i] = i;
  batch.gather();
  const layers: Layer[] = net.layers.map(({ weights, bias }) => ({
    weights: weights.data.slice(),
    bias: bias.data.slice(),
  }));
  const plain = new PlainNetwork(SIZES, BATCH, "relu");
  plain.set(layers);
  return {
    run: () => net.step(batch.inputs, batch.labels, LEARNING_RATE),
    plain: () => plain.step(pixels, plainLabels, LEARNING_RATE),
    residual: () => {
      net.gradient(x, batch.labels);
      return gradientDistance(
        net.layers.flatMap(({ dWeights, dBias }) => [dWeights.data, dBias.data]),
        referenceGradients(SIZES, "relu", layers, { x: pixels, labels: plainLabels }),
      );
    },
    // A sum that rounding moves across 0 switches a unit of relu on or off: one of 128 × 512 may.
    tolerance: 1e-4,
    owned: [net, x, resident, batch],
  };
}
