/** Files of earlier versions: they load, predict the same bits, and their runs resume with the same bits. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { loadModel } from "../../src/estimators/load_model.ts";
import type { NamedArray } from "../../src/formats/arrays.ts";
import { decodeNpy } from "../../src/formats/npy.ts";
import { decodeNpz } from "../../src/formats/npz.ts";
import { decodeSafetensors } from "../../src/formats/safetensors.ts";
import { descriptionOfLoss } from "../../src/nn/described_losses.ts";
import { describeNetwork } from "../../src/nn/files/description.ts";
import { decodeNetwork } from "../../src/nn/files/network_file.ts";
import { loadWeights, setWeights } from "../../src/nn/files/weights.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { CHECKPOINTS, NETWORKS } from "./cases.ts";
import {
  ARRAYS,
  answersOf,
  drawsOf,
  type Expected,
  hexOf,
  networkOfCase,
  predictionsOf,
  resumedRun,
} from "./measure.ts";

const FILES = new URL("../fixtures/files/", import.meta.url);
/** The fused multiply-add of `relaxed` rounds once where the other builds round twice: its files load and run. */
const HAS_THE_SAME_BITS = BUILD !== "relaxed";
const BITS = HAS_THE_SAME_BITS ? "the same bits" : "other bits than without fused multiply-add";

const test = suite("files of earlier versions");
const engine = await loadEngine();

for (const version of readdirSync(FILES, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  const folder = new URL(`${version.name}/`, FILES);
  const read = (name: string) => readFileSync(new URL(name, folder));
  const expected = JSON.parse(read("expected.json").toString()) as Expected;

  for (const [name, predictions] of Object.entries(expected.networks)) {
    test(`${version.name}: the network ${name} predicts ${BITS}`, () => {
      const given = caseOf(NETWORKS, name);
      const described = typeof given.loss === "function" ? descriptionOfLoss(given.loss) : given.loss;
      const custom = described === undefined ? { loss: given.loss } : {};
      using net = decodeNetwork(engine, read(`networks/${name}.safetensors`), { file: name, ...custom });
      assert.is(net.dtype, given.dtype);
      assert.equal(describeNetwork(net).loss, described ?? "custom");
      using fresh = networkOfCase(engine, given);
      assert.equal(net.description.layers, fresh.description.layers);
      const predicted = predictionsOf(net, given.data);
      if (HAS_THE_SAME_BITS) assert.is(predicted, predictions);
      else assert.is(predicted.length, predictions.length);
    });
  }

  for (const [name, end] of Object.entries(expected.checkpoints)) {
    test(`${version.name}: the run of the checkpoint ${name} resumes with ${BITS}`, async () => {
      const resumed = await resumedRun(engine, caseOf(CHECKPOINTS, name), read(`checkpoints/${name}.safetensors`));
      if (HAS_THE_SAME_BITS) assert.equal(resumed, end);
      else assert.is(resumed.iteration, end.iteration);
    });
  }

  for (const [name, answers] of Object.entries(expected.models ?? {})) {
    test(`${version.name}: the model ${name} of a table answers with ${BITS}`, async () => {
      using model = await loadModel(read(`models/${name}.safetensors`), { engine });
      const got = answersOf(model);
      if (HAS_THE_SAME_BITS) assert.equal(got, answers);
      else assert.is(got.length, answers.length);
    });
  }

  for (const [i, { state, draws }] of expected.random.entries()) {
    test(`${version.name}: stream ${i} of random numbers continues with the same draws`, () => {
      const random = new RandomState(9);
      const bytes = new Uint8Array(Buffer.from(state.key, "hex"));
      random.setState({ ...state, key: new Uint32Array(bytes.buffer) });
      assert.is(drawsOf(random), draws);
    });
  }

  if (!existsSync(new URL("arrays.npz", folder))) continue;

  test(`${version.name}: arrays of every type are read from .npz, .npy and safetensors`, async () => {
    assert.equal(shownOf(await decodeNpz(read("arrays.npz"))), shownOf(ARRAYS));
    const { tensors, metadata } = decodeSafetensors(read("arrays.safetensors"));
    assert.equal(shownOf(tensors), shownOf(ARRAYS));
    assert.equal([...metadata], [["note", "one of each type"]]);
    assert.equal(shownOf([{ name: "float32", ...decodeNpy(read("float32.npy")) }]), shownOf(ARRAYS.slice(0, 1)));
  });

  test(`${version.name}: weights without a description, under either naming`, async () => {
    using first = networkOfCase(engine, caseOf(NETWORKS, "naming-lanegrad-float32"));
    using second = networkOfCase(engine, caseOf(NETWORKS, "naming-lanegrad-float32"));
    setWeights(first, await decodeNpz(read("weights-lanegrad.npz")));
    loadWeights(second, read("weights-pytorch.safetensors"), { naming: "pytorch" });
    assert.is(predictionsOf(first, "classes"), predictionsOf(second, "classes"));
  });
}

/** Arrays as text that keeps their bits, by name. */
function shownOf(arrays: readonly NamedArray[]): string[] {
  return arrays.map(({ name, shape, data }) => `${name}: ${data.constructor.name} [${shape}] ${hexOf(data)}`).sort();
}

function caseOf<C extends { readonly name: string }>(cases: readonly C[], name: string): C {
  const found = cases.find((given) => given.name === name);
  if (found === undefined) throw new Error(`no case ${name}`);
  return found;
}

test.run();
