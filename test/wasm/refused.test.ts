/**
 * Each allocation of each call is refused in turn: the call throws AllocationError, frees what it had allocated, and works
 * when it is made again.
 */

import { suite } from "uvu";
import * as assert from "uvu/assert";
import { SimpleNet, TwoLayerNet } from "../../src/chapter/index.ts";
import { scoped } from "../../src/disposable.ts";
import {
  AllocationError,
  abs,
  accuracyOf,
  adam,
  add,
  affine,
  any,
  argmax,
  argSort,
  augment,
  batchNorm,
  binaryCrossEntropyWithLogits,
  broadcastTo,
  cast,
  checkpointOf,
  clip,
  columnSums,
  compile,
  compress,
  concat,
  cumsum,
  type Dataset,
  datasetFromArrays,
  decodeNetwork,
  dense,
  dropout,
  einsum,
  elu,
  encodeNetwork,
  evaluate,
  gather,
  gatherIndices,
  gelu,
  gradCheck,
  hardSwish,
  hessianVectorProduct,
  histogram,
  input,
  leakyRelu,
  logSoftmax,
  Minibatch,
  matmul,
  max,
  mean,
  minimum,
  misclassified,
  type Network,
  network,
  numericalGradientOf,
  pow,
  RandomState,
  ResidentDataset,
  relu,
  reshape,
  restore,
  SparseMatrix,
  StagedMinibatch,
  sequential,
  setWeights,
  sgd,
  silu,
  slice,
  softmax,
  softmaxCrossEntropy,
  sort,
  sparseAffine,
  split,
  square,
  squaredError,
  streamDataset,
  sub,
  sum,
  Trainer,
  take,
  tensor,
  tensorGroup,
  topK,
  train,
  transpose,
  unique,
  valueAndGrad,
  weightsOf,
  where,
  zeros,
} from "../../src/index.ts";
import type { Expression } from "../../src/tensor/expression.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { Engine } from "../../src/wasm/engine.ts";
import type { Block } from "../../src/wasm/memory.ts";
import { BUILD, loadEngine } from "../support/engine.ts";

type Disposable = { dispose(): void };

/** What a call made, and what it found. */
type Outcome = { readonly made?: readonly Disposable[]; readonly found?: unknown };
type Call = () => Outcome | Promise<Outcome>;

/**
 * What there is before the call, and the call. An owner may keep what a call made it allocate, and frees it in the end;
 * a call without owners has to leave nothing at once.
 */
type Case = (engine: Engine, own: <T extends Disposable>(owner: T) => T) => Call;

const { module } = await loadEngine();
const test = suite("refused allocations");

const x34 = (engine: Engine): Tensor<"float32"> =>
  tensor(
    engine,
    [1, 2, 3, 4].flatMap((i) => [i / 4, -i / 2, i]),
    { shape: [3, 4] },
  );
const made = (...tensors: Tensor[]): Outcome => ({ made: tensors, found: tensors.map((it) => [...it.data]) });

const drawn = new RandomState(0).rand(600 * 6);
const shaped = <D>(data: D, ...shape: number[]) => ({ data, shape });
const classes = shaped(
  Uint8Array.from({ length: 600 }, (_, i) => i % 2),
  600,
);
const bytesAbove = (least: number) =>
  shaped(
    Uint8Array.from(drawn, (u) => (u < least ? 0 : 255 * u)),
    600,
    6,
  );
const DATA = {
  sparse: datasetFromArrays({ name: "sparse", inputs: bytesAbove(0.8), labels: classes, scale: 1 / 255 }),
  dense: datasetFromArrays({ name: "dense", inputs: bytesAbove(0.1), labels: classes, scale: 1 / 255 }),
  floats: datasetFromArrays({ name: "floats", inputs: shaped(Float32Array.from(drawn), 600, 6), labels: classes }),
  numbers: datasetFromArrays({
    name: "numbers",
    inputs: shaped(Float32Array.from(drawn), 600, 6),
    targets: shaped(Float32Array.from(drawn.slice(0, 1200)), 600, 2),
  }),
};
const images = datasetFromArrays({
  name: "images",
  inputs: shaped(
    Uint8Array.from(drawn.slice(0, 900), (u) => 255 * u),
    100,
    3,
    3,
  ),
  labels: shaped(
    Uint8Array.from({ length: 100 }, (_, i) => i % 2),
    100,
  ),
  scale: 1 / 255,
});

const netOf = (engine: Engine): Network<"float32"> =>
  network(engine, sequential(dense(6, 4), batchNorm(), relu(), dropout(0.5), dense(4, 2)), { seed: 1 });
const plainNet = (engine: Engine): Network<"float64"> =>
  network(engine, sequential(dense(6, 4), relu(), dense(4, 2)), { seed: 1, dtype: "float64" });
const weights = (net: { readonly parameters: Readonly<Record<string, Tensor>> }): unknown =>
  Object.values(net.parameters).map(({ data }) => [...data]);

/** Calls that return a tensor, or a number. */
const EAGER: Readonly<
  Record<string, (x: Tensor<"float32">, y: Tensor<"float32">, w: Tensor<"float32">) => Tensor | number>
> = {
  matmul: (x, _, w) => matmul(x, w),
  "matmul, transposed": (x, y) => matmul(x, y, { transpose: "b" }),
  affine: (x, _, w) => affine(x, w, sliceOf(w)),
  add: (x, y) => add(x, y),
  "sub of a number": (x) => sub(1, x),
  minimum: (x) => minimum(x, 0.5),
  where: (x, y) => where(x, y, 0),
  "where of numbers": (x) => where(x, 1, -1),
  softmax: (x) => softmax(x),
  logSoftmax: (x) => logSoftmax(x),
  sum: (x) => sum(x, { axes: [0] }),
  "sum of all": (x) => sum(x),
  mean: (x) => mean(x),
  max: (x) => max(x, { axes: [1] }),
  gelu: (x) => gelu(x),
  leakyRelu: (x) => leakyRelu(x, { slope: 0.1 }),
  "pow 2.5": (x) => pow(x, 2.5),
  "pow -3": (x) => pow(x, -3),
  "pow 7": (x) => pow(x, 7),
  "pow -0.5": (x) => pow(x, -0.5),
  "pow 65": (x) => pow(x, 65),
  square: (x) => square(x),
  transpose: (x) => transpose(x),
  concat: (x, y) => concat([x, y]),
  slice: (x) => slice(x, 0, 2),
  reshape: (x) => reshape(x, [4, 3]),
  argmax: (x) => argmax(x),
  "argmax of bytes": (x) => scoped((own) => argmax(own(cast(x, "uint8")))),
  "any of bytes": (x) => scoped((own) => any(own(cast(x, "uint8")), { axes: [0] })) as Tensor,
  "where of bytes": (x, y) => scoped((own) => where(x, own(cast(y, "uint8")), 3)) as Tensor,
  "einsum, a product": (x, y, w) => einsum("ij,jk,kk->ki", x, w, own2(y)),
  "einsum, of one": (x) => einsum("ij->j", x),
  take: (x) => scoped((own) => take(x, own(tensor(x.engine, Int32Array.of(-1, 0))))),
  silu: (x) => silu(x),
  elu: (x) => elu(x),
  hardSwish: (x) => hardSwish(x),
  clip: (x) => clip(x, 0, 1),
  "abs of int32": (x) => scoped((own) => abs(own(cast(x, "int32")))) as Tensor,
  "cumsum of int32": (x) => scoped((own) => cumsum(own(cast(x, "int32")))) as Tensor,
  cast: (x) => cast(x, "float64"),
  sort: (x) => sort(x, { axis: 0 }),
  argSort: (x) => argSort(x),
  broadcastTo: (x) => broadcastTo(slice1(x), [3, 4]),
  columnSums: (x) => columnSums(x),
  squaredError: (x, y) => squaredError(x, y),
  softmaxCrossEntropy: (x, y) => softmaxCrossEntropy(x, y),
  binaryCrossEntropyWithLogits: (x, y) => binaryCrossEntropyWithLogits(x, y),
};
/** Views: nothing is allocated for them. */
const sliceOf = (w: Tensor<"float32">) => w.part(0, [w.shape[1] ?? 0]);
const own2 = (y: Tensor<"float32">) => y.part(0, [2, 2]);
const slice1 = (x: Tensor<"float32">) => x.rows(0, 1);

const CASES: Readonly<Record<string, Case>> = {
  ...Object.fromEntries(
    Object.entries(EAGER).map(
      ([name, call]) =>
        [
          name,
          (engine, own) => {
            const [x, y, w] = [
              own(x34(engine)),
              own(x34(engine)),
              own(
                tensor(engine, [
                  [1, 2],
                  [3, 4],
                  [5, 6],
                  [7, 8],
                ]),
              ),
            ];
            return () => {
              const result = call(x, y, w);
              return typeof result === "number" ? { found: result } : made(result);
            };
          },
        ] satisfies [string, Case],
    ),
  ),
  topK: (engine, own) => {
    const x = own(x34(engine));
    return () => made(...Object.values(topK(x, 2)));
  },
  unique: (engine, own) => {
    const x = own(x34(engine));
    return () => made(...Object.values(unique(x, { counts: true, inverse: true })));
  },
  histogram: (engine, own) => {
    const x = own(x34(engine));
    return () => made(...Object.values(histogram(x)));
  },
  gather: (engine, own) => {
    const [x, indices] = [own(x34(engine)), own(tensor(engine, Int32Array.of(2, 0)))];
    return () => made(gather(x, indices));
  },
  gatherIndices: (engine, own) => {
    const [x, indices] = [own(tensor(engine, Int32Array.of(5, 6, 7))), own(tensor(engine, Int32Array.of(2, 0)))];
    return () => made(gatherIndices(x, indices));
  },
  "tensor and zeros": (engine) => () => made(tensor(engine, [1, 2, 3])),
  tensorGroup: (engine) => () => ({ made: [tensorGroup(engine, { W: [2, 3], b: [3] }, "float32").whole] }),
  SparseMatrix: (engine) => () => ({
    made: [new SparseMatrix(engine, [3, 4], { dtype: "float32", maxRowNonzeros: 2 })],
  }),
  compress: (engine, own) => {
    const x = own(tensor(engine, Uint8Array.of(0, 1, 2, 0, 0, 3), { shape: [2, 3] }));
    return () => {
      const y = compress(x);
      return { made: [y], found: y.nonzeros };
    };
  },
  sparseAffine: (engine, own) => {
    const x = own(new SparseMatrix(engine, [2, 3], { dtype: "float32", maxRowNonzeros: 3 }));
    const [w, b] = [own(zeros(engine, [3, 2])), own(tensor(engine, [1, 2]))];
    return () => made(sparseAffine(x, w, b));
  },
  compile: (engine) => () => {
    const x = input(engine, [3, 4], { name: "x" });
    const program = compile({ y: softmax(add(x, x)), loss: sum(square(x)) });
    return { made: [program], found: program.bytes };
  },
  valueAndGrad: (engine, own) => {
    const [x, y] = [own(x34(engine)), own(x34(engine))];
    return () => {
      const { value, gradients } = valueAndGrad<"float32">((a, b) => sum(square(add(a, b as never))) as never)(x, y);
      return { made: gradients, found: [value, ...gradients.map(({ data }) => [...data])] };
    };
  },
  hessianVectorProduct: (engine, own) => {
    const x = own(x34(engine));
    return () => made(hessianVectorProduct<"float32">((a) => sum(pow(a as never, 3)) as never)(x, x));
  },
  gradCheck: (engine, own) => {
    const x = own(tensor(engine, [[1, 2]], { dtype: "float64" }));
    return () => ({ found: gradCheck((a) => square(a), [x]).passed });
  },
  network: (engine) => () => {
    const net = netOf(engine);
    return { made: [net], found: weights(net) };
  },
  TwoLayerNet: (engine) => () => {
    const net = new TwoLayerNet(engine, { inputSize: 3, hiddenSize: 4, outputSize: 2, random: new RandomState(0) });
    return { made: [net], found: weights(net) };
  },
  SimpleNet: (engine) => () => ({ made: [new SimpleNet(engine, { random: new RandomState(0) })] }),
  "SimpleNet: gradient": (engine, own) => {
    const net = own(new SimpleNet(engine, { random: new RandomState(0) }));
    return () => ({ found: [...net.gradient([0.6, 0.9], [0, 0, 1]).W.data] });
  },
  decodeNetwork: (engine, own) => {
    const bytes = encodeNetwork(own(netOf(engine)));
    return () => {
      const net = decodeNetwork(engine, bytes);
      return { made: [net], found: weights(net) };
    };
  },
  "encodeNetwork, weightsOf, setWeights": (engine, own) => {
    const net = own(netOf(engine));
    return () => {
      setWeights(net, weightsOf(net));
      return { found: [...encodeNetwork(net)] };
    };
  },
  predict: (engine, own) => {
    const net = own(netOf(engine));
    return () => made(net.predict(drawn.slice(0, 12) as never));
  },
  "predict, other loss": (engine, own) => {
    const net = own(network(engine, sequential(dense(6, 2)), { seed: 1, loss: "squaredError" }));
    return () => made(net.predict(drawn.slice(0, 12) as never));
  },
  "loss, accuracy and gradient": (engine, own) => {
    const net = own(plainNet(engine));
    const [x, t] = [drawn.slice(0, 12) as never, [0, 1]];
    return () => ({ found: [net.loss(x, t), net.accuracy(x, t), weights({ parameters: net.gradient(x, t) })] });
  },
  "a loss that is a function": (engine, own) => {
    const loss = (z: Expression<"float32">, t: Expression<"float32">) => mean(square(sub(z, t))) as never;
    const net = own(network(engine, sequential(dense(6, 2)), { seed: 1, loss }));
    return () => ({
      found: net.loss(drawn.slice(0, 12) as never, [
        [0, 1],
        [1, 0],
      ]),
    });
  },
  numericalGradientOf: (engine, own) => {
    const net = own(plainNet(engine));
    const [x, t] = [drawn.slice(0, 12) as never, [0, 1]];
    return () => ({ found: weights({ parameters: numericalGradientOf(net, x, t) }) });
  },
  "numericalGradientOf, plain": (engine, own) => {
    const net = own(plainNet(engine));
    const [x, t] = [drawn.slice(0, 12) as never, [0, 1]];
    return () => ({ found: weights({ parameters: numericalGradientOf(net, x, t, { method: "plain" }) }) });
  },
  optimize: (engine, own) => {
    const net = own(netOf(engine));
    return () => ({ made: [net.optimize(adam({ learningRate: 1 }))] });
  },
  step: (engine, own) => {
    const net = own(plainNet(engine));
    const state = own(net.optimize(adam({ learningRate: 0.1, clipNorm: 1 })));
    const [x, t] = [
      own(tensor(engine, drawn.slice(0, 12), { shape: [2, 6], dtype: "float64" })),
      own(tensor(engine, Int32Array.of(0, 1))),
    ];
    return () => {
      net.step(state, x, t);
      return { found: [weights(net), state.step] };
    };
  },
  "trainingStep and accumulation": (engine, own) => {
    const net = own(netOf(engine));
    const state = own(net.optimize(adam({ learningRate: 0.1 })));
    const batch = own(new Minibatch(own(new ResidentDataset(engine, DATA.sparse)), 4, "float32"));
    return () => {
      const outcome: Disposable[] = [];
      try {
        outcome.push(net.trainingStep(state, batch.source));
        const accumulation = net.accumulation(state);
        outcome.push(accumulation);
        outcome.push(accumulation.part(batch.source));
      } catch (error) {
        for (const one of outcome) one.dispose();
        throw error;
      }
      return { made: outcome };
    };
  },
  ...ofData("ResidentDataset", (engine, _, data) => () => ({ made: [new ResidentDataset(engine, data)] })),
  ...ofData("Minibatch", (engine, own, data) => {
    const resident = own(new ResidentDataset(engine, data));
    return () => {
      const batch = new Minibatch(resident, 3, "float32");
      batch.indices.set([2, 0, 1]);
      batch.gather();
      return { made: [batch], found: [...batch.targets.data] };
    };
  }),
  ...ofData("StagedMinibatch", (engine, _, data) => () => {
    const batch = new StagedMinibatch(engine, data, { batchSize: 3, dtype: "float32" });
    batch.load(data, [2, 0, 1]);
    batch.gather();
    return { made: [batch], found: [...batch.targets.data] };
  }),
  ...ofData("evaluate", (engine, own, data) => {
    const net = own(netOf(engine));
    return () => ({ found: evaluate(net, data).loss });
  }),
  "accuracyOf and misclassified": (engine, own) => {
    const net = own(netOf(engine));
    return () => ({ found: [accuracyOf(net, DATA.sparse), misclassified(net, DATA.sparse, { limit: 3 })] });
  },
  ...ofData("train", (engine, own, data) => {
    const net = own(netOf(engine));
    return async () => {
      const [test, rest] = split(data, { share: 0.1, random: new RandomState(0) });
      const { losses } = await train(net, rest, {
        epochs: 1,
        batchSize: 250,
        optimizer: adam({ learningRate: 0.01 }),
        test,
      });
      return { found: losses.length };
    };
  }),
  "Trainer, accumulating, with early stopping": (engine, own) => {
    const net = own(netOf(engine));
    const options = {
      ...{ epochs: 1, batchSize: 200, accumulate: 2, optimizer: sgd({ learningRate: 0.01 }) },
      ...{ evaluateTraining: true, earlyStopping: { patience: 1 } },
    };
    return () => {
      using trainer = new Trainer(net, { train: DATA.dense, validation: DATA.dense }, options);
      for (const _ of trainer.steps());
      return { found: trainer.iteration };
    };
  },
  "Trainer, augmented": (engine, own) => {
    const net = own(network(engine, sequential(dense(9, 2)), { seed: 1 }));
    const options = { epochs: 1, batchSize: 30, learningRate: 0.1, augmentation: augment({ shift: 1 }) };
    return () => {
      using trainer = new Trainer(net, { train: images }, options);
      for (const _ of trainer.steps());
      return { found: trainer.iteration };
    };
  },
  "a stream": (engine, own) => {
    const net = own(netOf(engine));
    return async () => {
      const stream = streamDataset({ chunks: () => [DATA.sparse] } as never);
      const { losses } = await train(net, stream, { epochs: 1, batchSize: 250, learningRate: 0.01 });
      return { found: losses.length };
    };
  },
  restore: (engine, own) => {
    const net = own(netOf(engine));
    const options = { epochs: 2, batchSize: 300, optimizer: adam({ learningRate: 0.01 }) };
    using before = new Trainer(net, { train: DATA.dense }, options);
    before.steps().next();
    const checkpoint = checkpointOf(before);
    return () => {
      using trainer = new Trainer(net, { train: DATA.dense }, options);
      restore(trainer, checkpoint);
      return { found: trainer.iteration };
    };
  },
};

/** A case for each kind of dataset. */
function ofData(
  name: string,
  of: (engine: Engine, own: Parameters<Case>[1], data: Dataset) => Call,
): Record<string, Case> {
  return Object.fromEntries(
    Object.entries(DATA).map(
      ([kind, data]) => [`${name}, ${kind}`, (engine, own) => of(engine, own, data)] satisfies [string, Case],
    ),
  );
}

/** Refuses the allocation of this number, from 0 on; returns how many there were, and the end of it. */
function refuse(engine: Engine, which: number): { count: number; stop: () => void } {
  const { memory } = engine;
  const allocate = memory.allocate.bind(memory);
  const state = { count: 0, stop: () => Reflect.deleteProperty(memory, "allocate") };
  const patched = (bytes: number): Block => {
    if (state.count++ !== which) return allocate(bytes);
    throw new AllocationError(bytes, { kind: "block", limit: 0 });
  };
  Object.defineProperty(memory, "allocate", { value: patched, configurable: true });
  return state;
}

for (const [name, setUp] of Object.entries(CASES)) {
  test(name, async () => {
    let expected: unknown;
    for (let which = -1, count = 1; which < count; which++) {
      const label = `${name}, allocation ${which} of ${count}`;
      using engine = await Engine.load({ build: BUILD, wasm: module });
      const owners: Disposable[] = [];
      const call = setUp(engine, (owner) => {
        owners.push(owner);
        return owner;
      });
      const before = engine.stats();
      const refused = refuse(engine, which);
      if (which >= 0) {
        const error = await rejection(call);
        assert.ok(error instanceof AllocationError, `${label}: ${error}`);
        if (owners.length === 0) assert.is(engine.stats().tensors, before.tensors, `${label}: it frees what it had`);
        assert.ok(engine.stats().bytes < before.bytes + 100_000, label);
      }
      const last = refused.count;
      const { made = [], found } = await call();
      refused.stop();
      if (which < 0) {
        count = refused.count;
        expected = found;
      } else {
        assert.ok(last > which);
        assert.equal(found, expected, `${label}: the same when it is called again`);
      }
      for (const one of [...made, ...owners]) one.dispose();
      assert.equal([engine.stats().tensors, engine.stats().bytes], [0, 0], `${label}: nothing stays`);
      engine.checkMemory();
    }
  });
}

async function rejection(call: Call): Promise<unknown> {
  try {
    await call();
  } catch (error) {
    return error;
  }
  return "nothing was thrown";
}

test.run();
