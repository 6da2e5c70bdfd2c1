/** Networks from files (`decodeNetwork`) and their descriptions (`parseDescription`). */
import { AllocationError, FormatError, OptionError } from "../../../src/errors.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/formats/safetensors.ts";
import { describeNetwork, parseDescription } from "../../../src/nn/description.ts";
import { batchNorm, dense, sequential } from "../../../src/nn/layers.ts";
import { network } from "../../../src/nn/network.ts";
import { decodeNetwork, encodeNetwork } from "../../../src/nn/network_file.ts";
import { dropout } from "../../../src/ops/dropout.ts";
import { leakyRelu, relu } from "../../../src/ops/elementwise.ts";
import { zeros } from "../../../src/tensor/tensor.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import type { Draw } from "../draw.ts";
import { damagedJson, hostileValue, type JsonValue, jsonText } from "../json.ts";
import { damaged } from "../mutate.ts";
import { caseOf, caseOfText, type Target, WrongAnswer } from "../target.ts";

const KEY = "lanegrad.network";
const WORDS = [
  ...[
    '\\"kind\\":',
    '\\"dense\\"',
    '\\"dropout\\"',
    '\\"inputSize\\":',
    "65536",
    "2147483647",
    "-1",
    "1e999",
    "[",
    "{",
  ],
  ...["lanegrad.network", "lanegrad.naming", "pytorch", "custom", "squaredError", "float64", '"F32"', "W1", "b1"],
];

/** The layers that damage starts from: every kind, with every key that it may have. */
const LAYERS = [
  sequential(dense(3, 4), relu(), dense(4, 2)),
  sequential(dense(2, 3, { weights: { std: 0.1 } }), batchNorm(), leakyRelu({ slope: 0.1 }), dropout(0.5), dense(3, 2)),
  sequential(dense(1, 1, { weights: "xavier" })),
];

async function filesOf(engine: Engine): Promise<Uint8Array[]> {
  return LAYERS.flatMap((layers, i) => {
    using net = network(engine, layers, { seed: i, dtype: i === 2 ? "float64" : "float32" });
    return [encodeNetwork(net), encodeNetwork(net, { naming: "pytorch" })];
  });
}

/** The file with another description, which fits its tensors or does not. */
function withDescription(draw: Draw, file: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const words = Object.fromEntries(metadata);
  const text = jsonText(damagedJson(draw, JSON.parse(words[KEY] ?? "{}") as JsonValue));
  const kept = draw.chance(0.7) ? tensors : tensors.filter(() => draw.chance(0.8));
  return encodeSafetensors(kept, { ...words, [KEY]: text });
}

export const networkFile: Target = {
  name: "network",
  about: "decodeNetwork of bytes, and a prediction of what was read",
  refusals: [FormatError, OptionError, AllocationError],
  bytesPerByte: 256, // the engine's memory, programs; a network is as large as its file says twice, in a shape and in bytes
  async open() {
    const engine = await Engine.load({ build: "debug" });
    const files = await filesOf(engine);
    return {
      next(draw) {
        const file = draw.pick(files);
        const bytes = draw.chance(0.5) ? damaged(draw, { files, words: WORDS }) : withDescription(draw, file);
        const loss = draw.chance(0.1) ? ({ loss: "squaredError" } as const) : {};
        return caseOf(bytes, () => {
          const before = engine.stats();
          try {
            using net = decodeNetwork(engine, bytes, { file: "net.safetensors", ...loss });
            using x = zeros(engine, [1, net.inputSize], { dtype: net.dtype });
            net.predict(x).dispose();
          } finally {
            const { tensors, bytes: live } = engine.stats();
            if (tensors !== before.tensors || live !== before.bytes) leaked(tensors - before.tensors);
          }
        });
      },
      close: () => engine.dispose(),
    };
  },
};

function leaked(tensors: number): never {
  throw new WrongAnswer(`${tensors} tensors are left behind`);
}

export const description: Target = {
  name: "description",
  about: "parseDescription of JSON",
  refusals: [FormatError],
  bytesPerByte: 256, // values of two characters take objects
  async open() {
    const engine = await Engine.load({ build: "debug" });
    const descriptions = LAYERS.map((layers) => {
      using net = network(engine, layers, { seed: 1 });
      return JSON.parse(JSON.stringify(describeNetwork(net))) as JsonValue;
    });
    return {
      next(draw) {
        const value = draw.chance(0.95) ? damagedJson(draw, draw.pick(descriptions)) : hostileValue(draw);
        const text = jsonText(value);
        return caseOfText(text, () => parseDescription(JSON.parse(text), { file: "net.json" }));
      },
      close: () => engine.dispose(),
    };
  },
};
