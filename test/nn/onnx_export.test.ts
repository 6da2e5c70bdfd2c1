/** Networks as ONNX models, run by onnxruntime: it must say what the network says. */
import * as ort from "onnxruntime-web";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, OptionError } from "../../src/errors.ts";
import { parseDescription } from "../../src/nn/files/description.ts";
import { encodeOnnx } from "../../src/nn/files/onnx_export.ts";
import {
  elu,
  gelu,
  hardSigmoid,
  hardSwish,
  leakyRelu,
  mish,
  relu,
  relu6,
  selu,
  sigmoid,
  silu,
  softplus,
  tanh,
} from "../../src/nn/layers/activations.ts";
import { batchNorm } from "../../src/nn/layers/batch_norm.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { dropout } from "../../src/nn/layers/dropout.ts";
import type { Layer } from "../../src/nn/layers/layer.ts";
import { prelu } from "../../src/nn/layers/prelu.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import type { LossName } from "../../src/nn/losses.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { squaredError } from "../../src/ops/squared_error.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { assertWithin } from "../support/compare.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const test = suite("onnx export");

const ACTIVATIONS: readonly Layer[] = [
  ...[sigmoid(), tanh(), relu(), leakyRelu(), leakyRelu({ slope: 0.3 }), softplus(), gelu()],
  gelu({ approximate: "none" }),
  ...[silu(), mish(), elu(), elu({ alpha: 0.5 }), selu(), relu6(), hardSigmoid(), hardSwish()],
  ...[prelu({ start: -0.5 }), prelu({ slopes: "each" })],
  ...read([{ kind: "activation", name: "leakyRelu" }]),
];
/** Layers as a file has them. */
function read(layers: readonly object[]): readonly Layer[] {
  const first = { kind: "dense", inputSize: 1, outputSize: 1 };
  const description = { format: "lanegrad network", version: 1, dtype: "float32", loss: "squaredError" };
  return parseDescription({ ...description, layers: [first, ...layers] }).layers.slice(1);
}
const PROBABLE: readonly LossName[] = ["softmaxCrossEntropy", "binaryCrossEntropyWithLogits"];

/** What this runtime has before the first session. */
const { Worker: WORKER } = globalThis;

/** onnxruntime on one thread. Its first session defines `Worker` in Node, which is put back. */
async function openSession(model: Uint8Array): Promise<ort.InferenceSession> {
  ort.env.wasm.numThreads = 1;
  const had = Object.getOwnPropertyDescriptor(globalThis, "Worker");
  try {
    return await ort.InferenceSession.create(model, { executionProviders: ["wasm"] });
  } finally {
    if (had === undefined) Reflect.deleteProperty(globalThis, "Worker");
    else Object.defineProperty(globalThis, "Worker", had);
  }
}

/** Parameters and statistics that matter: none is where it starts, and activations see both signs. */
function fill<D extends FloatType>(net: Network<D>): void {
  const random = new RandomState(3);
  for (const [name, { data }] of Object.entries(net.parameters)) {
    if (/^(b|gamma|beta)\d/.test(name)) data.set(random.randn(data.length) as Float64Array);
  }
  for (const [name, { data }] of Object.entries(net.statistics)) {
    const values = random.randn(data.length) as Float64Array;
    data.set(name.startsWith("variance") ? values.map((value) => value ** 2 + 0.1) : values);
  }
}

/** What onnxruntime makes of the network's model, for several numbers of rows, is what the network says. */
async function assertAgrees<D extends FloatType>(net: Network<D>, model = encodeOnnx(net)): Promise<void> {
  const session = await openSession(model);
  const anyRows = session.inputMetadata.map((value) => value.isTensor && value.shape);
  assert.equal(anyRows, [["N", net.inputSize]]);
  assert.equal(
    session.outputMetadata.map((value) => value.isTensor && value.shape),
    session.outputNames.map(() => ["N", net.outputSize]),
  );
  const isProbable = PROBABLE.includes(net.lossFunction as LossName);
  assert.equal(session.inputNames, ["x"]);
  assert.equal(session.outputNames, isProbable ? ["logits", "probabilities"] : ["logits"]);
  for (const rows of [1, 7]) {
    const x = Float32Array.from(new RandomState(rows).randn(rows, net.inputSize) as Float64Array, (value) => 2 * value);
    const said = await session.run({ x: new ort.Tensor("float32", x, [rows, net.inputSize]) });
    using y = net.predict(x);
    const want = isProbable ? said["probabilities"]! : said["logits"]!;
    assert.equal([...want.dims], [rows, net.outputSize]);
    assertWithin(want.data as Float32Array, y.data, (i) => 1e-5 * Math.max(1, Math.abs(y.data[i]!)), "answers");
    using input = tensor(engine, x, { dtype: net.dtype, shape: [rows, net.inputSize] });
    const z = net.logits(input).data.slice();
    assertWithin(said["logits"]!.data as Float32Array, z, (i) => 1e-5 * Math.max(1, Math.abs(z[i]!)), "logits");
    assert.ok(new Set(z).size > rows, "the answers differ, or nothing was compared");
  }
  await session.release();
}

for (const layer of ACTIVATIONS) {
  const { name, slope } = layer as { name: string; slope?: number };
  test(`${name}${slope === undefined ? "" : ` of slope ${slope}`}`, async () => {
    using net = network(engine, sequential(dense(6, 9), layer, dense(9, 4)), { seed: 1 });
    fill(net);
    await assertAgrees(net);
  });
}

test("batch normalisation, wherever it stands, with running statistics; dropout does nothing", async () => {
  const layers = [
    dropout(0.5),
    ...[dense(6, 9), batchNorm({ epsilon: 0.01 }), relu(), dropout(0.5)],
    ...[dense(9, 5), gelu(), batchNorm()],
    ...[dense(5, 4), dropout(0.2)],
  ];
  using net = network(engine, sequential(...layers), { seed: 2 });
  fill(net);
  await assertAgrees(net);
});

test("every loss, with probabilities where it has them, and any layer as the last or the only one", async () => {
  const losses = [...PROBABLE, "meanSquaredError" as const, "squaredError" as const, custom];
  for (const loss of losses) {
    for (const last of [[], [tanh()], [batchNorm()], [relu(), dropout(0.1)], [sigmoid(), dense(3, 3)]]) {
      using net = network(engine, sequential(dense(4, 3), ...last), { loss });
      fill(net);
      await assertAgrees(net);
    }
  }
});

const custom: typeof squaredError = squaredError;

test("a float64 network is rounded where that is asked for, and refused elsewhere", async () => {
  using net = network(engine, sequential(dense(4, 5), tanh(), dense(5, 3)), { dtype: "float64" });
  fill(net);
  const error = assertThrows(() => encodeOnnx(net), OptionError, "float64");
  assert.match(error.message, /onnx: dtype: expected float32, found "float64"; narrowing: "round"/);
  await assertAgrees(net, encodeOnnx(net, { narrowing: "round" }));
});

test("the model is the same bytes every time, and no network that was disposed is written", () => {
  const net = network(engine, sequential(dense(300, 50), relu(), dense(50, 10)));
  assert.equal(encodeOnnx(net), encodeOnnx(net));
  assertThrows(() => encodeOnnx(net, { narrowing: "yes" as "round" }), OptionError, "narrowing");
  net.dispose();
  assertThrows(() => encodeOnnx(net), DisposedError, "disposed");
});

test("running models leaves no tensors, and no Worker, behind", () => {
  assert.is(engine.stats().tensors, 0);
  assert.is(globalThis.Worker, WORKER);
});

test.run();
