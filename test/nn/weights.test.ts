/** Weights out of a network and into one: copies, and what is not taken. */
import * as assert from "uvu/assert";
import { FormatError } from "../../src/formats/format_error.ts";
import { loadWeights, setWeights, weightsOf } from "../../src/nn/files/weights.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = leakFreeSuite("weights", engine);
const small = (dtype: FloatType) => network(engine, sequential(dense(2, 3), batchNorm()), { dtype, seed: 3 });

test("weights are copies: what is written into them does not reach the network", () => {
  for (const naming of ["lanegrad", "pytorch"] as const) {
    using net = small("float32");
    const before = structuredClone(weightsOf(net, { naming }));
    for (const { data } of weightsOf(net, { naming })) (data as Float32Array).fill(data[0] as never);
    assert.equal(weightsOf(net, { naming }), before, naming);
  }
});

test("matrices lie the other way round under PyTorch's naming, and vectors as they are", () => {
  using net = small("float64");
  net.parameters["W1"]!.set([
    [1, 2, 3],
    [4, 5, 6],
  ]);
  net.parameters["b1"]!.set([7, 8, 9]);
  const [w, b] = weightsOf(net, { naming: "pytorch" });
  assert.equal(
    [w!.shape, [...w!.data]],
    [
      [3, 2],
      [1, 4, 2, 5, 3, 6],
    ],
  );
  assert.equal([b!.shape, [...b!.data]], [[3], [7, 8, 9]]);
});

test("names are the parameters and the statistics; the count of minibatches is PyTorch's alone", () => {
  using net = small("float32");
  const names = (naming: "lanegrad" | "pytorch") => weightsOf(net, { naming }).map(({ name }) => name);
  assert.equal(names("lanegrad"), ["W1", "b1", "gamma1", "beta1", "mean1", "variance1"]);
  const norm = ["1.weight", "1.bias", "1.running_mean", "1.running_var", "1.num_batches_tracked"];
  assert.equal(names("pytorch"), ["0.weight", "0.bias", ...norm]);
});

test("a network takes what either float type can give it, unless a number would have to be rounded", () => {
  for (const to of FLOATS) {
    for (const from of FLOATS) {
      using source = small(from);
      using net = small(to);
      const put = () => setWeights(net, weightsOf(source));
      if (to === "float64" || from === "float32") put();
      else assertThrows(put, FormatError, `${from} into ${to}`);
      setWeights(net, weightsOf(source), { narrowing: "round" });
    }
  }
});

test("what a checkpoint keeps beside the weights is passed over under the names of its own alone", () => {
  using net = small("float32");
  const kept = { name: "training/step", shape: [1], data: new Float32Array(1) };
  setWeights(net, [...weightsOf(net), kept]);
  for (const naming of ["lanegrad", "pytorch"] as const) {
    const other = { ...kept, name: naming === "lanegrad" ? "other/step" : kept.name };
    const put = () => setWeights(net, [...weightsOf(net, { naming }), other], { naming });
    const { fault } = assertThrows(put, FormatError, naming);
    assert.is(fault.kind === "tensor" && fault.tensor, other.name);
  }
});

test("an array of no known type is refused by its name", () => {
  using net = small("float32");
  const [first, ...rest] = weightsOf(net);
  const put = () => setWeights(net, [{ ...first!, data: [1, 2] as never }, ...rest]);
  const { fault } = assertThrows(put, FormatError, "an array");
  assert.equal(fault, { kind: "tensor", tensor: "W1", expected: "float32 [2, 3]", found: "no typed array [2, 3]" });
});

test("a damaged file is refused by its name, where it has one", () => {
  using net = small("float32");
  const load = (options?: { file: string }) => () => loadWeights(net, new Uint8Array(4), options);
  assert.is(assertThrows(load({ file: "a.safetensors" }), FormatError, "named").file, "a.safetensors");
  assert.is(assertThrows(load(), FormatError, "unnamed").file, undefined);
});

test.run();
