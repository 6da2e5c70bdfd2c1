/**
 * Weights from PyTorch, and back. A state of `nn.Sequential` names its tensors by the layer's place, and keeps a matrix
 * as outputs × inputs; lanegrad keeps inputs × outputs, and `naming: "pytorch"` translates.
 *
 * The file is made here, with the names, shapes and types that `nn.Sequential(nn.Linear(3, 3), nn.ReLU(), nn.Linear(3, 2))`
 * has in its `state_dict()`, and with weights set by hand: a full adder, the sum of three bits in two.
 * Expect exact binary sums, and the same bytes again.
 */
import { Buffer } from "node:buffer";
import { dense, Engine, encodeSafetensors, loadWeights, network, relu, sequential, weightsOf } from "lanegrad";

// With s = a + b + c: max(0, s), max(0, s - 1), max(0, s - 2)
const ones = [1, 1, 1];
const file = encodeSafetensors([
  { name: "0.weight", shape: [3, 3], data: Float32Array.from([ones, ones, ones].flat()) },
  { name: "0.bias", shape: [3], data: Float32Array.of(0, -1, -2) },
  { name: "2.weight", shape: [2, 3], data: Float32Array.of(0, 1, -1, 1, -2, 2) }, // twos, then ones
  { name: "2.bias", shape: [2], data: Float32Array.of(0, 0) },
]);

using engine = await Engine.load();
const layers = sequential(dense(3, 3), relu(), dense(3, 2));
using net = network(engine, layers, { random: "none", loss: "meanSquaredError" }); // so that `predict` gives the outputs
loadWeights(net, file, { naming: "pytorch", file: "adder.safetensors" });

for (let bits = 0; bits < 8; bits++) {
  const example = [(bits >> 2) & 1, (bits >> 1) & 1, bits & 1];
  using sum = net.predict(example);
  console.log(`${example.join(" + ")} = ${sum.data.join("")}`);
}

for (const { name, shape } of weightsOf(net)) console.log(`${name}: ${shape.join(" × ")}`);
const again = encodeSafetensors(weightsOf(net, { naming: "pytorch" }));
console.log(
  `back to PyTorch: ${Buffer.compare(again, file) === 0 ? "the same bytes" : "other bytes"}, ${again.length}`,
);
