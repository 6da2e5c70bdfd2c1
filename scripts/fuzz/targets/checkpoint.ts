/** Checkpoints: what is read (`decodeCheckpoint`), and what a run makes of it (`restore`, and the steps after it). */

import { Dataset } from "../../../src/data/dataset.ts";
import { DivergedError, OptionError } from "../../../src/errors.ts";
import type { ArrayData, NamedArray } from "../../../src/formats/arrays.ts";
import { FormatError } from "../../../src/formats/format_error.ts";
import { decodeSafetensors, encodeSafetensors } from "../../../src/formats/safetensors.ts";
import { relu } from "../../../src/nn/layers/activations.ts";
import { batchNorm } from "../../../src/nn/layers/batch_norm.ts";
import { dense } from "../../../src/nn/layers/dense.ts";
import { dropout } from "../../../src/nn/layers/dropout.ts";
import { sequential } from "../../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../../src/nn/network.ts";
import { adam } from "../../../src/nn/optimizers/adam.ts";
import { checkpointOf, restore } from "../../../src/train/checkpoints/checkpoint.ts";
import { CheckpointError } from "../../../src/train/checkpoints/checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "../../../src/train/checkpoints/checkpoint_file.ts";
import { Trainer } from "../../../src/train/loop/trainer.ts";
import { Engine } from "../../../src/wasm/engine.ts";
import { type Draw, EDGES } from "../draw.ts";
import { damagedJson, type JsonValue, jsonText } from "../json.ts";
import { damaged } from "../mutate.ts";
import { caseOf, type Target, WrongAnswer } from "../target.ts";

const FACTS = "lanegrad.checkpoint";
const NETWORK = "lanegrad.network";
const EXAMPLES = 14; // by 4: batchNorm needs 2 in the last minibatch
const WORDS = [
  ...[
    '\\"version\\":1',
    '\\"plan\\":{}',
    '\\"sampler\\":',
    '\\"watch\\":null',
    "-1",
    "1e308",
    "lanegrad.checkpoint",
    "[",
    "{",
  ],
  ...["training/position", "training/order", "training/random/key", '"I32"', '"F64"', '"I64"', "W1"],
];
const ARRAYS = [Float32Array, Float64Array, Int32Array, Uint32Array, BigInt64Array, Uint8Array] as const;

/** A small run with everything that a checkpoint can hold. */
class Run {
  readonly net: Network<"float32">;
  readonly trainer: Trainer<"float32">;

  constructor(engine: Engine) {
    const inputs = Uint8Array.from({ length: 3 * EXAMPLES }, (_, i) => (37 * i) % 256);
    const labels = Uint8Array.from({ length: EXAMPLES }, (_, i) => i % 2);
    const data = new Dataset({ name: "examples", inputs, labels, shape: [3], classes: 2, scale: 1 / 255 });
    const layers = sequential(dense(3, 4), batchNorm(), relu(), dropout(0.2), dense(4, 2));
    this.net = network(engine, layers, { seed: 1 });
    this.trainer = new Trainer(
      this.net,
      { train: data, validation: data },
      {
        epochs: 1000,
        batchSize: 4,
        optimizer: adam({ learningRate: 1e-3 }),
        earlyStopping: { patience: 500 },
        seed: 1,
      },
    );
  }

  steps(count: number): void {
    for (const _ of this.trainer.steps()) if (--count <= 0) break;
  }

  dispose(): void {
    this.trainer.dispose();
    this.net.dispose();
  }
}

type Ready = { readonly engine: Engine; readonly run: Run; readonly files: readonly Uint8Array[] };

/** Checkpoints before the first step, within an epoch and at its end. */
async function ready(): Promise<Ready> {
  const engine = await Engine.load({ build: "debug" });
  const run = new Run(engine);
  const files = [0, 2, 2, 5].map((steps) => {
    if (steps > 0) run.steps(steps);
    return encodeCheckpoint(checkpointOf(run.trainer));
  });
  return { engine, run, files };
}

/** Words and numbers damaged as values, arrays replaced by others of another length, type or content. */
function rewritten(draw: Draw, file: Uint8Array): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(file);
  const words = Object.fromEntries(metadata);
  if (draw.chance(0.7)) words[FACTS] = jsonText(damagedJson(draw, JSON.parse(words[FACTS] ?? "{}") as JsonValue));
  if (draw.chance(0.1)) words[NETWORK] = jsonText(damagedJson(draw, JSON.parse(words[NETWORK] ?? "{}") as JsonValue));
  const target = draw.below(tensors.length * 2);
  return encodeSafetensors(
    tensors.map((tensor, i) => (i === target ? { ...tensor, ...another(draw, tensor) } : tensor)),
    words,
  );
}

function another(draw: Draw, { data }: NamedArray): Pick<NamedArray, "data" | "shape"> {
  const type = draw.chance(0.5) ? (data.constructor as (typeof ARRAYS)[number]) : draw.pick(ARRAYS);
  const length = draw.chance(0.7) ? data.length : draw.below(9);
  const made = new type(length) as ArrayData;
  for (let i = 0; i < length; i++) {
    const value =
      draw.chance(0.7) && typeof data[i] === "number" ? Number(data[i]) : draw.pick(EDGES) * draw.pick([1, -1]);
    made[i] = (made instanceof BigInt64Array ? BigInt(Math.trunc(value) || 0) : value) as never;
  }
  return { data: made, shape: [length] };
}

const drawn = (draw: Draw, files: readonly Uint8Array[]) =>
  draw.chance(0.3) ? damaged(draw, { files, words: WORDS }) : rewritten(draw, draw.pick(files));

export const checkpoint: Target = {
  name: "checkpoint",
  about: "decodeCheckpoint of bytes",
  refusals: [FormatError, CheckpointError, OptionError],
  bytesPerByte: 64,
  async open() {
    const { engine, run, files } = await ready();
    return {
      next: (draw) => caseOf(drawn(draw, files), (bytes) => decodeCheckpoint(bytes, { file: "run.safetensors" })),
      close() {
        run.dispose();
        engine.dispose();
      },
    };
  },
};

export const restoring: Target = {
  name: "restore",
  about: "restore of what decodeCheckpoint accepts: refused without a change, or three steps more",
  refusals: [FormatError, CheckpointError, DivergedError, OptionError],
  bytesPerByte: 256,
  async open() {
    const { engine, run, files } = await ready();
    const [start] = files as [Uint8Array];
    return {
      next(draw) {
        const bytes = drawn(draw, files);
        return caseOf(bytes, () => {
          const wanted = decodeCheckpoint(bytes);
          restore(run.trainer, decodeCheckpoint(start));
          const before = fingerprint(run);
          try {
            restore(run.trainer, wanted);
          } catch (error) {
            if (fingerprint(run) !== before) throw new WrongAnswer(`refused, and changed: ${error}`);
            throw error;
          }
          encodeCheckpoint(checkpointOf(run.trainer));
          run.steps(3);
        });
      },
      close() {
        run.dispose();
        engine.dispose();
      },
    };
  },
};

/** All that a run consists of. */
function fingerprint({ trainer }: Run): string {
  const { facts, arrays, iteration } = checkpointOf(trainer);
  const history = JSON.stringify([trainer.history.losses, trainer.history.best ?? null]);
  const numbers = [...arrays].map(([name, { data }]) => `${name} ${data.join()}`);
  return [iteration, JSON.stringify(facts), history, ...numbers].join("\n");
}
