/**
 * A dense model of TensorFlow.js as a file of lanegrad. `model.save("file://FOLDER")` writes model.json, with the layers and a list
 * of the weights, and a binary file with their elements, one after another. Both libraries keep a matrix as inputs × outputs.
 *
 * The two files are made here, as a `tf.sequential` of two dense layers writes them, with weights set by hand: XOR.
 * Expect its four answers, from the file in safetensors alone.
 */
import * as lg from "lanegrad";

type Layers = { class_name: string; config: { units: number; activation: string } }[];
type ModelJson = {
  modelTopology: { model_config: { config: { layers: Layers } } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[]; dtype: string }[] }[];
};
const ACTIVATIONS: Record<string, lg.Layer[]> = { linear: [], softmax: [], relu: [lg.relu()], tanh: [lg.tanh()] };

/** The layers, and the weights as safetensors: the kernel and the bias of each layer in order. */
function fromTfjs(json: ModelJson, elements: Float32Array): { layers: lg.Layer[]; weights: Uint8Array } {
  const layers = json.modelTopology.model_config.config.layers.flatMap(({ class_name, config }) => {
    const after = ACTIVATIONS[config.activation];
    if (class_name !== "Dense" || after === undefined) throw new Error(`${class_name}, ${config.activation}: unknown`);
    return [lg.dense(config.units), ...after];
  });
  const listed = json.weightsManifest.flatMap(({ weights }) => weights);
  let at = 0;
  const weights = listed.map(({ name, shape, dtype }, i) => {
    if (dtype !== "float32") throw new Error(`${name}: expected float32, found ${dtype}`);
    const start = at;
    at += shape.reduce((count, dim) => count * dim, 1);
    const own = `${name.endsWith("/kernel") ? "W" : "b"}${Math.floor(i / 2) + 1}`;
    return { name: own, shape, data: elements.slice(start, at) };
  });
  return { layers, weights: lg.encodeSafetensors(weights) };
}

const weight = (name: string, ...shape: number[]) => ({ name, shape, dtype: "float32" });
const names = [weight("a/kernel", 2, 2), weight("a/bias", 2), weight("b/kernel", 2, 1), weight("b/bias", 1)];
const layers = [
  { units: 2, activation: "relu" },
  { units: 1, activation: "linear" },
].map((config) => ({ class_name: "Dense", config }));
const json: ModelJson = {
  modelTopology: { model_config: { config: { layers } } },
  weightsManifest: [{ paths: ["weights.bin"], weights: names }],
};
const model = fromTfjs(json, Float32Array.of(1, 1, 1, 1, 0, -1, 1, -2, 0)); // relu(a + b) - 2 relu(a + b - 1)

using engine = await lg.Engine.load();
using net = lg.network(engine, lg.sequential(...model.layers), {
  inputShape: [2],
  loss: "meanSquaredError",
  random: "none",
});
lg.loadWeights(net, model.weights, { file: "model.json" });
using loaded = lg.decodeNetwork(engine, lg.encodeNetwork(net));
for (let row = 0; row < 4; row++) {
  const bits = [row >> 1, row & 1];
  using answer = loaded.predict(bits);
  console.log(`${bits.join(" xor ")} = ${answer.data[0]}`);
}
