/** What objects of the library are in a console, in strings, in JSON and in loops. */
import { spawnSync } from "node:child_process";
import { inspect } from "node:util";
import { build } from "esbuild";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { SimpleNet } from "../../src/chapter/simple_net.ts";
import { TwoLayerNet } from "../../src/chapter/two_layer_net.ts";
import { Dataset } from "../../src/data/dataset.ts";
import { ShapeError } from "../../src/errors.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { network } from "../../src/nn/network.ts";
import { adam } from "../../src/nn/optimizers/adam.ts";
import { add } from "../../src/ops/binary.ts";
import { compress } from "../../src/ops/sparse.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { expressionOf, input } from "../../src/tensor/expression.ts";
import { type Tensor, tensor, zeros } from "../../src/tensor/tensor.ts";
import { ResidentDataset } from "../../src/train/feeding/resident.ts";
import { Trainer } from "../../src/train/loop/trainer.ts";
import { describeValue } from "../../src/values.ts";
import { Engine } from "../../src/wasm/engine.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";
import { assertThrows } from "../support/throws.ts";

const engine = await loadEngine();
const ended = await Engine.load({ build: BUILD });
const lost = tensor(ended, [1, 2]);
ended.dispose();
const test = suite("shown");

test("a tensor is its name, dtype, shape and numbers, for the console and for strings", () => {
  using matrix = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  const text = "Tensor float32 [2, 2]:\n[[1, 2],\n [3, 4]]";
  assert.is(String(matrix), text);
  assert.is(inspect(matrix), text);
  assert.is(`${matrix}`, text);
  assert.match(inspect({ deep: { deeper: matrix } }), "Tensor float32 [2, 2]");
  using vector = tensor(engine, new Float64Array([0.1 + 0.2, -0, Number.NaN, -Infinity, 1e300, 1 / 3]), { name: "v" });
  assert.is(String(vector), "Tensor v float64 [6]: [0.3, -0, NaN, -Infinity, 1e+300, 0.3333333]");
  using single = tensor(engine, [0.1, 16777217, 123456.7]);
  assert.is(String(single), "Tensor float32 [3]: [0.1, 16777216, 123456.7]");
  using integers = tensor(engine, Int32Array.of(2 ** 31 - 1, -(2 ** 31)));
  assert.is(String(integers), "Tensor int32 [2]: [2147483647, -2147483648]");
  using scalar = tensor(engine, 7);
  assert.is(String(scalar), "Tensor float32 []: 7");
  using nothing = zeros(engine, [0, 3]);
  assert.is(String(nothing), "Tensor float32 [0, 3]:\n[]");
});

test("more than 100 numbers are abbreviated, along each axis", () => {
  using hundred = tensor(
    engine,
    Float64Array.from({ length: 100 }, (_, i) => i),
  );
  assert.not.match(String(hundred), "…");
  using more = tensor(
    engine,
    Float64Array.from({ length: 101 }, (_, i) => i),
  );
  assert.is(String(more), "Tensor float64 [101]: [0, 1, 2, …, 98, 99, 100]");
  using cube = zeros(engine, [1000, 2, 784], { dtype: "uint8" });
  const rows = String(cube).split("\n");
  assert.is(rows.length, 1 + 3 * 2 + 1 + 3 * 2);
  assert.is(rows[1], "[[[0, 0, 0, …, 0, 0, 0],");
  assert.is(rows.at(-1), "  [0, 0, 0, …, 0, 0, 0]]]");
});

test("what was disposed of says so, and nothing throws", () => {
  const x = tensor(engine, [1, 2]);
  using bytes = tensor(engine, [[0, 1]], { dtype: "uint8" });
  const sparse = compress(bytes);
  const program = compile({ y: add(expressionOf(x), 1) });
  const net = network(engine, sequential(dense(2, 3), relu(), dense(3, 2)), { seed: 0 });
  const state = net.optimize(adam({ learningRate: 0.1 }));
  const made = [x, sparse, program, net, state];
  assert.is(String(sparse), "SparseMatrix uint8 [1, 2], nonzeros: [1]");
  for (const one of made) one.dispose();
  assert.is(String(x), "Tensor float32 [2]: disposed");
  assert.is(String(sparse), "SparseMatrix uint8 [1, 2], nonzeros: disposed");
  assert.is(String(program), "Program of 1 instructions: Tensor y float32 [2]: disposed");
  for (const one of [...made, lost, ended]) {
    assert.type(inspect(one), "string");
    assert.type(String(one), "string");
    assert.ok(describeValue(one).length <= 80);
  }
  assert.is(String(lost), "Tensor float32 [2]: disposed");
  assert.throws(() => JSON.stringify(x), /disposed/);
});

test("networks, data, programs and the rest: their class and their facts, nothing of the engine's inside", () => {
  using net = network(engine, sequential(dense(2, 3), relu(), dense(3, 2)), { seed: 0 });
  using state = net.optimize(adam({ learningRate: 0.1 }));
  using two = new TwoLayerNet(engine, { inputSize: 2, hiddenSize: 3, outputSize: 2 });
  using simple = new SimpleNet(engine, { random: new RandomState(0) });
  const data = new Dataset({
    name: "few",
    inputs: Float32Array.of(1, 2),
    shape: [2],
    labels: Uint8Array.of(1),
    classes: 2,
  });
  using resident = new ResidentDataset(engine, data);
  using trainer = new Trainer(net, { train: data }, { epochs: 1, learningRate: 0.1 });
  using x = tensor(engine, [1, 2], { name: "x" });
  using program = compile({ y: add(expressionOf(x), 1) });
  program.run();
  for (const [shown, text] of [
    [
      net,
      "Network dtype float32, inputSize 2, outputSize 2, lossFunction softmaxCrossEntropy, 17 parameters: dense, relu, dense",
    ],
    [state, "OptimizerState adam, step 0"],
    [simple, /^SimpleNet of Tensor W float32 \[2, 3\]:\n\[\[/],
    [two, /^TwoLayerNet of Network dtype float32/],
    [data, "Dataset name few, size 2, classes 2, targetWidth 0, scale 1, targets labels, length 1"],
    [resident, /^ResidentDataset length 1, size 2/],
    [trainer, /^Trainer/],
    [program, "Program of 1 instructions: Tensor y float32 [2]: [2, 3]"],
    [input(engine, [2, 3], { name: "z" }), "Expression z float32 [2, 3]"],
    [engine, `Engine build ${BUILD}`],
  ] as const) {
    if (typeof text === "string") assert.is(String(shown), text);
    else assert.match(String(shown), text);
    assert.is(inspect(shown), String(shown));
    assert.not.match(inspect(shown), /kernels|\[Object\]|Memory/);
  }
  assert.is(JSON.stringify({ net }), JSON.stringify({ net: String(net) }));
  assert.is(Object.prototype.toString.call(x), "[object Tensor]");
});

test("JSON has a tensor's numbers, nested, which make the same tensor again", () => {
  using x = tensor(engine, [
    [1, -2.5],
    [3, 4],
  ]);
  assert.is(JSON.stringify({ x }), '{"x":[[1,-2.5],[3,4]]}');
  using again = tensor(engine, JSON.parse(JSON.stringify(x)));
  assert.equal(again.toArray(), x.toArray());
  using odd = tensor(engine, [Number.NaN, Infinity, 1]);
  assert.is(JSON.stringify(odd), "[null,null,1]");
});

test("a tensor is iterated along its first axis: numbers of a vector, views of the rows of a matrix", () => {
  using vector = tensor(engine, [3, 1, 2]);
  assert.equal([...vector], [3, 1, 2]);
  assert.is(Math.max(...(vector as Iterable<number>)), 3);
  using matrix = tensor(engine, [
    [1, 2],
    [3, 4],
  ]);
  const before = engine.stats();
  const rows = [...matrix] as Tensor<"float32">[];
  assert.equal(engine.stats(), before, "nothing is copied");
  assert.equal(
    rows.map((row) => [row.shape, row.toArray()]),
    [
      [[2], [1, 2]],
      [[2], [3, 4]],
    ],
  );
  rows[1]!.data[0] = 5;
  assert.is(matrix.data[2], 5);
  for (const [i, row] of rows.entries()) assert.is([...row].length, 2, `${i}`);
  using nothing = zeros(engine, [0, 2]);
  assert.equal([...nothing], []);
  using scalar = tensor(engine, 1);
  assert.is(
    assertThrows(() => [...scalar], ShapeError, "no axis").message,
    "iterate: tensor float32 []: expected at least one axis, found []",
  );
  vector.dispose();
  assert.throws(() => [...vector], /disposed/);
});

test("class names survive minifying", async () => {
  const publicNames = ["Tensor", "Engine", "Dataset", "Network", "Expression", "SparseMatrix", "Trainer", "Minibatch"];
  const names = [...publicNames, "Program", "OptimizerState", "TrainingStep"];
  const contents = `import { ${publicNames.join()} } from "./src/index.ts";
    import { Program } from "./src/autodiff/program.ts";
    import { OptimizerState } from "./src/nn/optimizers/state.ts";
    import { TrainingStep } from "./src/nn/training_step.ts";
    console.log(JSON.stringify([${names.join()}].map((one) => one.name)));`;
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: ROOT },
    ...{
      absWorkingDir: ROOT,
      bundle: true,
      minify: true,
      format: "esm",
      platform: "node",
      target: "es2022",
      write: false,
      outdir: "out",
    },
    alias: { "#platform": "./src/platform/node.ts", "#spawn": "./src/worker/spawn_node.ts" },
    external: ["@assemblyscript/loader"],
    logLevel: "silent",
  });
  const code = outputFiles.find(({ path }) => path.endsWith("stdin.js"))!.text;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-"], {
    input: code,
    encoding: "utf8",
    cwd: ROOT,
  });
  assert.is(stderr.slice(-500), "");
  assert.equal(JSON.parse(stdout), names);
});

test.run();
