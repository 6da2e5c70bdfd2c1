/**
 * What a program does in the oldest browser: bundled and run by a test, in a child that has deleted newer built-ins before
 * it loads this. Trains, evaluates, saves, loads, resumes, reads and writes files, and calls every operation on shapes.
 */
import {
  accuracyOf,
  adam,
  augment,
  batchNorm,
  checkpointOf,
  compile,
  concat,
  Dataset,
  decodeCheckpoint,
  decodeNetwork,
  decodeNpy,
  decodeNpz,
  decodeSafetensors,
  dense,
  describeProgram,
  dropout,
  Engine,
  encodeCheckpoint,
  encodeNetwork,
  encodeNpy,
  encodeNpz,
  encodeOnnx,
  encodeSafetensors,
  evaluate,
  gather,
  gradientsOf,
  input,
  loadWeights,
  max,
  mean,
  misclassified,
  mul,
  network,
  numericalGradientOf,
  RandomState,
  relu,
  reportData,
  reportText,
  reshape,
  type Sequential,
  schedule,
  sequential,
  slice,
  split,
  standardize,
  streamDataset,
  sum,
  tensor,
  train,
  transpose,
  weightsOf,
} from "lanegrad";

/** Three classes of 2 × 4 pixels, drawn by the library's own generator. */
function examples(): Dataset<Uint8Array> {
  const random = new RandomState(1);
  const inputs = Uint8Array.from({ length: 90 * 8 }, (_, at) => 60 * (Math.floor(at / 8) % 3) + random.randint(0, 90));
  const labels = Uint8Array.from({ length: 90 }, (_, at) => at % 3);
  return new Dataset({ name: "clusters", inputs, labels, shape: [1, 2, 4], classes: 3, scale: 1 / 255 });
}

const layers = (): Sequential => sequential(dense(8, 6), batchNorm(), relu(), dropout(0.1), dense(6, 3));
const optimizer = adam({ learningRate: schedule({ kind: "cosine", rate: 0.1, to: 0.001 }) });

using engine = await Engine.load();
const data = examples();
const [validation, rest] = split(data, { share: 0.2, random: new RandomState(0), stratify: "classes" });
using net = network(engine, layers(), { seed: 1 });
let bytes: Uint8Array | undefined;
await train(net, rest, {
  ...{ epochs: 6, batchSize: 16, optimizer, test: data, validation, checkpointEvery: 5 },
  augmentation: augment({ shift: 1 }),
  earlyStopping: { patience: 5 },
  onCheckpoint: (trainer) => {
    bytes = encodeCheckpoint(checkpointOf(trainer));
  },
});
const resume = decodeCheckpoint(bytes as Uint8Array);
using again = network(engine, layers(), { seed: 1 });
await train(again, rest, {
  ...{ epochs: 6, batchSize: 16, optimizer, test: data, validation, checkpointEvery: 5, resume },
  augmentation: augment({ shift: 1 }),
  earlyStopping: { patience: 5 },
});
await train(again, data, { validation: 0.1, epochs: 1, learningRate: 0.1 });
await train(
  again,
  streamDataset({
    chunks: async function* () {
      yield data;
    },
  }),
  { epochs: 1, learningRate: 0.01 },
);

const evaluation = evaluate(net, data, { topK: 2 });
reportText(evaluation);
JSON.stringify(reportData(evaluation));
misclassified(net, data, { limit: 3 });
accuracyOf(net, data);
using loaded = decodeNetwork(engine, encodeNetwork(net));
const weights = weightsOf(loaded, { naming: "pytorch" });
loadWeights(loaded, encodeSafetensors(weights), { naming: "pytorch" });
decodeSafetensors(encodeSafetensors(weights));
await decodeNpz(encodeNpz(weights));
decodeNpy(encodeNpy(weights[0] as (typeof weights)[0]));
encodeOnnx(net);
standardize(data);
numericalGradientOf(net, data.batch([0]).inputs, [0]);

using x = tensor(engine, [
  [1, 2, 3],
  [4, 5, 6],
]);
for (const y of [
  slice(x, 0, 1),
  slice(x, 1, 3, { axis: 1 }),
  concat([x, x], { axis: 1 }),
  reshape(x, [3, 2]),
  transpose(x),
])
  y.dispose();
for (const y of [sum(x), mean(x, { axes: [0] }), max(x, { axes: [1] }), gather(x, tensor(engine, Int32Array.of(1)))])
  y.dispose();
const w = input(engine, [2, 3], { name: "w" });
const loss = sum(mul(slice(w, 0, 2, { axis: 1 }), slice(w, 1, 3, { axis: 1 })));
const dw = gradientsOf(loss, [w])[0] as typeof loss;
using program = compile({ loss, dw });
program.inputs["w"]?.set([
  [1, 2, 3],
  [4, 5, 6],
]);
program.run();
describeProgram(program);

export const accuracy: number | undefined = evaluation.accuracy;
