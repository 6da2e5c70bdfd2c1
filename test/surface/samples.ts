/**
 * Valid calls of everything that the package exports: lists of arguments by name, `Class.method` for methods. The tests of
 * wrong arguments replace one value after another; a new export without an entry fails them.
 */
import * as chapter from "../../src/chapter/index.ts";
import * as csv from "../../src/data/csv.ts";
import * as lanegrad from "../../src/index.ts";
import { cholesky, det, eigh, inverse, qr, solve, solveTriangular, svd } from "../../src/ops/linalg/index.ts";
import * as plot from "../../src/plot/index.ts";
import { NumpyRandomState } from "../../src/random/index.ts";
import type { Engine } from "../../src/wasm/engine.ts";

/** What is called, on what. */
export type Sample = { readonly call: (...args: never[]) => unknown; readonly calls: readonly (readonly unknown[])[] };

/** Arguments of NumPy's draws. */
const NUMPY_DRAWS: Readonly<Record<string, readonly (readonly unknown[])[]>> = {
  randomSample: [[], [[2, 3]]],
  uniform: [
    [0, 1],
    [0, 1, 3],
  ],
  standardNormal: [[3]],
  normal: [[0, 1, [2]]],
  standardExponential: [[3]],
  exponential: [[1, 3]],
  standardGamma: [[2, 3]],
  gamma: [[2, 1, 3]],
  chisquare: [[2, 3]],
  beta: [[1, 2, 3]],
  poisson: [[3, 2]],
  binomial: [[5, 0.5, 2]],
  multinomial: [[5, [0.5, 0.5], 2]],
  choice: [
    [2, 3, { p: [0.5, 0.5], out: new Int32Array(3) }],
    [["a", "b"], [2], { replace: true }],
  ],
  permutation: [[5], [["a", "b"]]],
};

/** Samples of everything, on one engine. */
export function samplesOf(engine: Engine, folder: string, svg: string): Readonly<Record<string, Sample>> {
  const L = lanegrad;
  const animals = {
    names: ["size", "animal"],
    rows: [
      [1, "cat"],
      [3, "dog"],
    ],
  };
  const animal = L.fitPreprocessing(animals, { task: "classification", target: "animal" });
  const x = L.tensor(engine, [
    [1, 2, 3],
    [4, 5, 6],
  ]);
  const same = L.tensor(engine, [
    [1, 0, 1],
    [0, 1, 0],
  ]);
  const out = L.zeros(engine, [2, 3]);
  const row = L.tensor(engine, [1, 2, 3]);
  const w = L.tensor(engine, [
    [1, 2],
    [3, 4],
    [5, 6],
  ]);
  const b = L.tensor(engine, [1, 2]);
  const image = L.reshape(x, [1, 2, 3, 1]);
  const lazyImage = L.input(engine, [1, 2, 3, 1], { name: "image" });
  const one = L.tensor(engine, [1]);
  const kernel = L.tensor(engine, [[[[1, 2]], [[3, 4]]]]);
  const spd = L.tensor(engine, [
    [2, 1],
    [1, 3],
  ]);
  const lazySquare = L.input(engine, [2, 2], { name: "square" });
  const labels = L.tensor(engine, Int32Array.of(0, 2));
  const indices = L.tensor(engine, Int32Array.of(1, 0));
  const counter = L.tensor(engine, Int32Array.of(1, 0));
  const bytes = L.tensor(engine, Uint8Array.of(1, 0, 3, 0, 5, 6), { shape: [2, 3] });
  const x64 = L.tensor(engine, Float64Array.of(1, 2, 3));
  const lazy = L.input(engine, [2, 3], { name: "x" });
  const sparse = L.compress(bytes);
  const sparseRows = new L.SparseMatrix(engine, [2, 3], { dtype: "float32", maxRowNonzeros: 3 } as never);
  const description = L.sequential(L.dense(3, 4), L.relu(), L.dense(4, 3));
  const net = L.network(engine, description, { seed: 0 });
  const changed = L.network(engine, description, { seed: 0 }); // by steps with whatever learning rate
  const changedState = changed.optimize(L.sgd({ learningRate: 0.1 }));
  const state = net.optimize(L.sgd({ learningRate: 0.1 }));
  const random = () => new L.RandomState(0);
  const numpyRandom = () => new NumpyRandomState(0);
  const digits = new L.Dataset({
    name: "bytes",
    inputs: new Uint8Array(4 * 4).fill(9),
    shape: [2, 2],
    labels: Uint8Array.of(0, 1, 2, 0),
    classes: 3,
    scale: 1 / 255,
  });
  const table = new L.Dataset({
    name: "table",
    inputs: Float32Array.from({ length: 12 }, (_, i) => i),
    shape: [3],
    labels: Uint8Array.of(0, 1, 2, 0),
    classes: 3,
  });
  const resident = new L.ResidentDataset(engine, table);
  const mostlyZero = L.sparseRows([{ 0: 1 }, { 1: 2 }]);
  const sparseTable = new L.SparseDataset({ name: "s", rows: mostlyZero, labels: [0, 1] });
  const stream = L.streamDataset({ chunks: () => [table], shuffleBuffer: 2, seed: 0 });
  const options = { epochs: 1, batchSize: 2, optimizer: L.adam({ learningRate: 0.01 }), seed: 0 };
  const trainer = new L.Trainer(net, { train: table }, options);
  const checkpoint = L.checkpointOf(trainer);
  const program = L.compile({ y: L.square(L.input(engine, [2], { name: "x" })) });
  const y = (...args: unknown[]) =>
    [
      [x, ...args],
      [lazy, ...args],
    ] as const;
  const sumOf = (value: unknown) => L.sum(L.square(value as typeof lazy));
  const evaluation = L.evaluate(net, table);
  const named = [{ name: "a", shape: [2], data: Float32Array.of(1, 2) }];
  const safetensors = L.encodeSafetensors(named);
  const npy = L.encodeNpy({ shape: [2], data: Float32Array.of(1, 2) });
  const npz = L.encodeNpz(named);
  const idx = L.encodeIdx({ type: "uint8", shape: [2, 2, 2], data: new Uint8Array(8) } as never);
  const networkFile = L.encodeNetwork(net);
  const plain = [
    [0.2, 0.8],
    [0.6, 0.4],
  ];
  const operation = {
    name: "twice",
    spec: ([v]: readonly { shape: readonly number[] }[]) => ({ dtype: "float32", shape: v?.shape ?? [] }),
    bind: () => [],
  };

  const ownOptimizer: lanegrad.OptimizerDefinition<"beta", "mean"> = {
    kind: "test/plain",
    defaults: { learningRate: 0.1, weightDecay: 0.1 },
    weightDecayOf: "gradient",
    hyperparameters: { beta: { default: 0.5, range: "[0, 1)" } },
    averages: ["mean"],
    update: ({ parameter, averages }) => ({ parameter, averages }),
  };
  const own = L.defineOptimizer(ownOptimizer);

  const unary = (f: unknown, ...more: unknown[]): Sample => ({
    call: f as never,
    calls: [...y(...more), [x, ...more, { out }]],
  });
  const binary = (f: unknown): Sample => ({
    call: f as never,
    calls: [
      [x, same],
      [x, 2],
      [lazy, same],
      [x, same, { out }],
    ],
  });
  const of = (call: unknown, ...calls: (readonly unknown[])[]): Sample => ({ call: call as never, calls });
  const make = (Class: new (...args: never[]) => unknown, ...calls: (readonly unknown[])[]): Sample =>
    of((...args: never[]) => new Class(...args), ...calls);
  const rate = { learningRate: 0.1, clipNorm: 1 };

  const spare = net.optimize(L.adam({ learningRate: 0.1 }));
  const accumulation = changed.accumulation(changedState);
  const [rowsIn, labelsIn] = [L.batchOf(bytes, indices, { dtype: "float32" }), L.labelsOf(labels, indices)];
  const part = accumulation.part({ x: rowsIn, t: labelsIn });
  const step = changed.trainingStep(changedState, { x: rowsIn, t: labelsIn });
  const figure = { title: "t", description: "d", name: "n", width: 300 };
  const chart = { ...figure, xLabel: "x", yLabel: "y" };
  const simple = new chapter.SimpleNet(engine, { random: random(), inputSize: 2, outputSize: 3 });
  const convolutional = new chapter.SimpleConvNet(engine, {
    ...{
      inputDim: [1, 4, 4],
      convParam: { filterNum: 2, filterSize: 3 },
      hiddenSize: 3,
      outputSize: 2,
      random: random(),
    },
  });
  const picture = [new Array<number>(16).fill(1)];
  const planes = L.tensor(engine, new Float32Array(9), { shape: [1, 1, 3, 3] });
  const columns = L.tensor(engine, new Float32Array(16), { shape: [4, 4] });
  const record = new Uint8Array(3073);
  const cifar = new Map([
    ["data_batch_1.bin", record],
    ["test_batch.bin", record],
  ]);
  const two = new chapter.TwoLayerNet(engine, { inputSize: 3, hiddenSize: 4, outputSize: 3, random: random() });
  const staged = new L.StagedMinibatch(engine, table, { batchSize: 2, dtype: "float32", layout: "dense" } as never);
  const methods = (
    name: string,
    instance: object,
    args: Readonly<Record<string, readonly unknown[]>>,
  ): Record<string, Sample> =>
    Object.fromEntries(
      Object.entries(args).map(([key, given]) => [
        `${name}.${key}`,
        of((...wrong: never[]) => Reflect.apply(Reflect.get(instance, key), instance, wrong), given),
      ]),
    );

  return {
    ...Object.fromEntries(["exp", "log", "sqrt", "softplus"].map((name) => [name, unary(Reflect.get(L, name))])),
    ...Object.fromEntries(
      [
        "abs",
        "sign",
        "floor",
        "ceil",
        "trunc",
        "round",
        "sin",
        "cos",
        "tan",
        "asin",
        "acos",
        "atan",
        "sinh",
        "cosh",
        "expm1",
        "log1p",
        "log2",
        "log10",
        "erf",
      ].map((name) => [name, unary(Reflect.get(L, name))]),
    ),
    ...Object.fromEntries(
      ["softmax", "logSoftmax", "cumsum", "cumprod"].map((name) => [
        name,
        of(Reflect.get(L, name), [x], [lazy], [x, { axis: 0, out }]),
      ]),
    ),
    ...Object.fromEntries(
      ["argmax", "argmin"].map((name) => [name, of(Reflect.get(L, name), [x], [lazy, { axis: 0 }])]),
    ),
    variance: of(L.variance, [x], [lazy], [x, { axes: [0], keepAxes: true, correction: 1 }]),
    std: of(L.std, [x], [lazy], [x, { axes: [0], keepAxes: true, correction: 1 }]),
    norm: of(L.norm, [x], [lazy], [x, { axes: [0], keepAxes: true, order: 1 }]),
    dot: of(L.dot, [x, w], [lazy, w]),
    outer: of(L.outer, [x, w], [lazy, w]),
    ...Object.fromEntries(
      ["relu", "sigmoid", "tanh"].map((name) => [name, of(Reflect.get(L, name), [], ...y(), [x, { out }])]),
    ),
    ...Object.fromEntries(
      ["add", "sub", "mul", "div", "maximum", "minimum", "greater", "greaterEqual", "equal", "keep", "drop"].map(
        (name) => [name, binary(Reflect.get(L, name))],
      ),
    ),
    ...Object.fromEntries(
      ["less", "lessEqual", "notEqual", "logicalAnd", "logicalOr", "mod", "floorDiv", "atan2"].map((name) => [
        name,
        binary(Reflect.get(L, name)),
      ]),
    ),
    ...Object.fromEntries(
      ["sigmoidGradient", "tanhGradient", "reluGradient"].map((name) => [
        name,
        of(Reflect.get(L, name), [x, same], [x, same, { out }]),
      ]),
    ),
    ...Object.fromEntries(
      ["sum", "mean", "max", "min", "prod", "any", "all", "logSumExp"].map((name) => [
        name,
        of(Reflect.get(L, name), [x], [lazy], [x, { axes: [0], keepAxes: true }]),
      ]),
    ),
    ...Object.fromEntries(
      ["reciprocal", "rsqrt", "logicalNot", "isNaN", "isFinite"].map((name) => [
        name,
        of(Reflect.get(L, name), ...y(), [x, { out }]),
      ]),
    ),
    ...Object.fromEntries(["square", "neg"].map((name) => [name, of(Reflect.get(L, name), ...y(), [x, { out }])])),
    gelu: of(L.gelu, [], [{ approximate: "none" }], ...y(), ...y({ approximate: "tanh" })),
    ...Object.fromEntries(
      ["silu", "selu", "relu6", "hardSigmoid", "hardSwish", "mish"].map((name) => [
        name,
        of(Reflect.get(L, name), [], ...y(), [x, { out }]),
      ]),
    ),
    clip: of(L.clip, [x, 0, 1], [lazy, 0, 1], [x, 0, 1, { out }]),
    elu: of(L.elu, [], [{ alpha: 2 }], ...y(), ...y({ alpha: 0.5 }), [x, { out }]),
    prelu: of(L.prelu as never, [], [{ slopes: "each", start: 0.5 }], [x, row], [lazy, row], [x, row, { out }]),
    leakyRelu: of(L.leakyRelu, [], [{ slope: 0.1 }], [x], [x, { slope: 0.1 }], [x, { out }]),
    pow: of(L.pow, [x, 2], [lazy, 3], [x, same], [2, x], [x, 2, { out }]),
    where: of(L.where, [same, x, x], [same, 1, x], [lazy, x, 0], [same, x, x, { out }]),
    einsum: of(L.einsum, ["ij,jk->ik", x, w], ["ij->j", lazy], ["...j,j", x, row]),
    take: of(L.take, [x, indices], [lazy, indices, { axis: 1, mode: "clip" }]),
    broadcastTo: of(L.broadcastTo, [row, [2, 3]]),
    reshape: of(L.reshape, [x, [3, 2]], [lazy, [6]]),
    transpose: of(L.transpose, [x], [lazy], [x, { axes: [1, 0] }]),
    slice: of(L.slice as never, [x, 0, 1], [lazy, 0, 2, { axis: 1 }], [x, "1:, ::-1"], [lazy, "..., 0"]),
    flip: of(L.flip, [x], [lazy, { axes: [-1] }], [bytes]),
    squeeze: of(L.squeeze, [x], [lazy], [L.zeros(engine, [1, 2]), { axes: [0] }]),
    expandDims: of(L.expandDims, [x], [lazy, { axis: -1 }]),
    stack: of(L.stack, [[x, same]], [[x, lazy], { axis: 1 }]),
    unstack: of(L.unstack, [x], [lazy, { axis: 1 }]),
    tensorSplit: of(L.tensorSplit, [x, 2], [lazy, [1, 2], { axis: 1 }]),
    tile: of(L.tile, [x, [2, 1]], [lazy, [3]]),
    repeat: of(L.repeat, [x, 2], [lazy, 2, { axis: 1 }]),
    roll: of(L.roll, [x, 1], [lazy, -1, { axis: 1 }]),
    pad: of(
      L.pad,
      [x, 1, { value: 2 }],
      [lazy, [1, 2], { mode: "edge" }],
      [
        x,
        [
          [0, 1],
          [1, 0],
        ],
        { mode: "reflect" },
      ],
    ),
    conv2d: of(
      L.conv2d,
      [image, kernel],
      [image, kernel, { bias: b, stride: [1, 2], padding: [0, 1, 0, 1], dilation: 1, groups: 1 }],
      [lazyImage, kernel, { padding: "same" }],
    ),
    conv1d: of(L.conv1d, [
      L.reshape(image, [1, 6, 1]),
      L.reshape(kernel, [2, 1, 2]),
      { bias: b, stride: 2, padding: 1, dilation: 2, groups: 1 },
    ]),
    convTranspose2d: of(
      L.convTranspose2d,
      [image, L.reshape(kernel, [1, 2, 2, 1])],
      [
        ...[image, L.reshape(kernel, [1, 2, 2, 1])],
        { bias: b, stride: 2, padding: [0, 1], outputPadding: 1, dilation: 1, groups: 1 },
      ],
    ),
    ...Object.fromEntries(
      (["maxPool2d", "avgPool2d"] as const).map((name) => [
        name,
        of(
          L[name],
          [image, 1],
          [image, [2, 2], { stride: [1, 2], padding: [1, 1, 1, 1], out: L.zeros(engine, [1, 3, 2, 1]) }],
          [lazyImage, 2, { stride: 1, padding: "same", ...(name === "avgPool2d" ? { countIncludePad: false } : {}) }],
        ),
      ]),
    ),
    adaptiveAvgPool2d: of(L.adaptiveAvgPool2d, [image, 2, { out: L.zeros(engine, [1, 2, 2, 1]) }], [lazyImage, [1, 2]]),
    globalAvgPool2d: of(L.globalAvgPool2d, [image], [lazyImage]),
    globalMaxPool2d: of(L.globalMaxPool2d, [image], [lazyImage]),
    depthwiseConv2d: of(
      L.depthwiseConv2d,
      [image, kernel],
      [
        image,
        kernel,
        { bias: b, stride: [1, 2], padding: [0, 1, 0, 1], dilation: 1, out: L.zeros(engine, [1, 2, 2, 2]) },
      ],
      [lazyImage, kernel, { padding: "same" }],
    ),
    resize: of(
      L.resize,
      [image, 3, { mode: "bilinear", alignCorners: true, out: L.zeros(engine, [1, 3, 3, 1]) }],
      [lazyImage, [1, 2], { mode: "nearest" }],
    ),
    layerNorm: of(
      L.layerNorm,
      [],
      [{ epsilon: 1e-3 }],
      [x, { gain: row, bias: row, epsilon: 1e-3, axes: [-1] }],
      [lazy],
    ),
    groupNorm: of(
      L.groupNorm,
      [2, { epsilon: 1e-3 }],
      [image, 1, { gain: one, bias: one, epsilon: 1e-3 }],
      [lazyImage, 1],
    ),
    concat: of(L.concat, [[x, same]], [[x, lazy], { axis: 1 }]),
    gather: of(L.gather, [x, indices], [lazy, indices, { axis: -1 }]),
    takeAlongAxis: of(L.takeAlongAxis, [row, labels], [lazy, L.zeros(engine, [1, 3], { dtype: "int32" }), { axis: 0 }]),
    gatherND: of(L.gatherND, [x, indices], [lazy, indices]),
    scatter: of(L.scatter, [x, indices, same], [lazy, indices, same]),
    scatterAdd: of(
      L.scatterAdd,
      [x, indices, same],
      [lazy, L.tensor(engine, Int32Array.of(2, 0, 1)), same, { axis: 1 }],
    ),
    cast: of(L.cast, [x, "int32"], [lazy, "float64"], [x, "float32", { out }]),
    sort: of(L.sort, [x], [lazy, { axis: 0, descending: true }]),
    argSort: of(L.argSort, [x], [lazy, { axis: 0, descending: true }]),
    topK: of(L.topK, [x, 2], [lazy, 2, { axis: 0, largest: false }]),
    searchSorted: of(L.searchSorted, [row, x], [row, lazy, { side: "right" }]),
    unique: of(L.unique, [x], [x, { counts: true, inverse: true }]),
    nonzero: of(L.nonzero, [x]),
    bincount: of(L.bincount, [labels], [labels, { minLength: 5 }]),
    histogram: of(L.histogram, [x], [x, { bins: 3, range: [0, 1] }], [x, { bins: [0, 1, 2] }]),
    matmul: of(L.matmul, [x, w], [x, same, { transpose: "b", alpha: 2, beta: 0 }], [lazy, w]),
    affine: of(L.affine, [x, w, b], [lazy, w, b, { activation: "relu" }]),
    addBias: of(L.addBias, [x, row], [x, row, { out }]),
    columnSums: of(L.columnSums, [x]),
    countCorrect: of(L.countCorrect, [x, labels]),
    softmaxCrossEntropy: of(L.softmaxCrossEntropy, [x, labels], [lazy, labels], [x, labels, { gradient: out }]),
    binaryCrossEntropyWithLogits: of(L.binaryCrossEntropyWithLogits, [x, same]),
    squaredError: of(L.squaredError, [x, same], [x, same, { gradient: out }]),
    crossEntropy: of(
      L.crossEntropy,
      [x, labels, { labelSmoothing: 0.1, ignoreLabel: -1, reduction: "sum" }],
      [lazy, labels],
    ),
    meanAbsoluteError: of(L.meanAbsoluteError, [x, same, { reduction: "sum" }], [lazy, same]),
    huber: of(L.huber, [x, same, { delta: 2, reduction: "sum" }], [lazy, same]),
    meanSquaredError: of(L.meanSquaredError, [x, same], [lazy, same], [x, same, { gradient: out }]),
    dropout: of(L.dropout, [0.5], [x, counter, { rate: 0.5, stream: 1 }]),
    gatherRows: of(L.gatherRows, [bytes, indices, out], [bytes, indices, out, 0.5]),
    gatherIndices: of(L.gatherIndices, [labels, indices]),
    batchOf: of(L.batchOf, [bytes, indices, { dtype: "float32", scale: 0.5 }]),
    labelsOf: of(L.labelsOf, [labels, indices]),
    compress: of(L.compress, [bytes]),
    compressed: of(L.compressed, [bytes]),
    densityOf: of(L.densityOf, [bytes]),
    gatherSparseRows: of(L.gatherSparseRows, [sparse, indices, sparseRows], [sparse, indices, sparseRows, 2]),
    sparseAffine: of(L.sparseAffine, [sparseRows, w, b]),
    sparseAxpy: of(L.sparseAxpy, [1, sparseRows, L.zeros(engine, [2, 2]), w]),
    axpy: of(L.axpy, [2, x, out]),
    fill: of(L.fill, [out, 1]),
    copy: of(L.copy, [x, out]),
    apply: of(L.apply, [operation, [x], {}], [operation, [x], {}, { out }]),
    constant: of(L.constant, [engine, 1, "float32"]),
    input: of(L.input, [engine, [2, 3], { name: "x", dtype: "float64" }]),
    tensor: of(
      L.tensor,
      [engine, [1, 2]],
      [engine, [[1, 2]], { dtype: "float64", name: "t" }],
      [engine, Float32Array.of(1, 2), { shape: [2, 1] }],
    ),
    arange: of(L.arange as never, [engine, 5], [engine, 0, 5], [engine, 0, 5, 2, { dtype: "int32", name: "a" }]),
    linspace: of(L.linspace, [engine, 0, 1], [engine, 0, 1, { num: 5, endpoint: false, dtype: "float64", name: "l" }]),
    eye: of(L.eye, [engine, 2], [engine, 2, { m: 3, k: 1, dtype: "uint8", name: "e" }]),
    ones: of(L.ones, [engine, [2]], [engine, [2, 1], { dtype: "uint8", name: "o" }]),
    full: of(L.full, [engine, [2], 3], [engine, [2, 1], 3, { dtype: "uint8", name: "f" }]),
    diag: of(L.diag, [x], [row, { k: -1, name: "d" }]),
    triu: of(L.triu, [x], [x, { k: 1, name: "u" }]),
    tril: of(L.tril, [x], [x, { k: 1, name: "l" }]),
    meshgrid: of(L.meshgrid, [[row, b]], [[row, b], { indexing: "ij" }]),
    oneHot: of(L.oneHot, [labels, 3], [labels, 3, { dtype: "float64", name: "o" }]),
    zeros: of(L.zeros, [engine, [2]], [engine, [2], { dtype: "int32", name: "z" }]),
    tensorGroup: of(L.tensorGroup, [engine, { a: [2], b: [3] }, "float32"]),
    grad: of(L.grad, [sumOf]),
    valueAndGrad: of(L.valueAndGrad, [sumOf]),
    hessianVectorProduct: of(L.hessianVectorProduct, [sumOf]),
    gradientsOf: of(L.gradientsOf, [sumOf(lazy), [lazy]]),
    gradCheck: of(L.gradCheck, [sumOf, [x64]], [sumOf, [x64], { eps: 1e-6, atol: 1e-5, rtol: 1e-3 }]),
    compile: of(
      L.compile,
      [{ y: L.square(lazy) }],
      [{ y: L.square(lazy) }, { into: [[L.square(lazy), out]], effects: [] }],
    ),
    describeProgram: of(L.describeProgram, [program]),
    "Program.bind": of(program.bind.bind(program), [{}]),
    "chapter.numericalDiff": of(
      chapter.numericalDiff,
      [(v: number) => v * v, 3],
      [(v: number) => v * v, 3, { h: 1e-4, method: "central" }],
    ),
    "chapter.tangentLine": of(chapter.tangentLine, [(v: number) => v * v, 3], [(v: number) => v * v, 3, { h: 1e-4 }]),
    "chapter.numericalGradient": of(
      chapter.numericalGradient,
      [([p, q]: number[]) => p! * q!, [1, 2]],
      [([p, q]: number[]) => p! * q!, [1, 2], { h: 1e-4 }],
    ),
    "chapter.gradientDescent": of(chapter.gradientDescent, [
      ([p]: number[]) => p! * p!,
      [1],
      { learningRate: 0.1, steps: 3 },
    ]),
    "chapter.meanSquaredError": of(
      chapter.meanSquaredError,
      [plain, plain],
      [
        [1, 2],
        [1, 3],
      ],
    ),
    "chapter.crossEntropyError": of(chapter.crossEntropyError, [plain, [0, 1]], [plain, plain, { delta: 1e-7 }]),
    dense: of(L.dense, [3, 4], [4, { weights: "he" }], [3, 4, { weights: "he" }], [3, 4, { weights: { std: 0.1 } }]),
    batchNorm: of(L.batchNorm, [], [{ momentum: 0.9, epsilon: 1e-5 }]),
    flatten: of(L.flatten, []),
    freeze: of(L.freeze, [L.dense(3, 3)], [L.sequential(L.dense(3, 3), L.relu())]),
    unfreeze: of(L.unfreeze, [L.dense(3, 3)], [L.freeze(L.dense(3, 3))]),
    residual: of(L.residual, [L.dense(3, 3), L.relu()]),
    model: of(L.model, [
      "acme/one",
      {
        layers: { only: L.dense(3) },
        forward: ((x: never, { only }: { only: (x: never) => never }) =>
          only(x)) as unknown as lanegrad.ModelParts<"only">["forward"],
      },
    ]),
    defineLayer: of(L.defineLayer<{ readonly kind: "acme/none" }>, [
      {
        kind: "acme/none",
        keys: { kind: 1 },
        check() {},
        forward: ((x: never) => x) as unknown as lanegrad.LayerRecord<{ readonly kind: "acme/none" }>["forward"],
      },
    ]),
    sequential: of(L.sequential, [L.dense(3, 4), L.relu(), L.dense(4, 3)]),
    network: of(
      L.network,
      [engine, description],
      [engine, description, { seed: 1, dtype: "float64", loss: "softmaxCrossEntropy", random: random() }],
    ),
    networkOf: of(L.networkOf, [net]),
    describeNetwork: of(L.describeNetwork, [net]),
    parseDescription: of(L.parseDescription, [L.describeNetwork(net)], [L.describeNetwork(net), { file: "a" }]),
    sgd: of(L.sgd, [rate]),
    momentum: of(L.momentum, [{ ...rate, momentum: 0.9 }]),
    nesterov: of(L.nesterov, [{ ...rate, momentum: 0.9 }]),
    adaGrad: of(L.adaGrad, [{ ...rate, epsilon: 1e-7 }]),
    rmsProp: of(L.rmsProp, [{ ...rate, decay: 0.9, epsilon: 1e-7 }]),
    adam: of(L.adam, [{ ...rate, beta1: 0.9, beta2: 0.99, epsilon: 1e-7 }]),
    adamW: of(L.adamW, [{ ...rate, beta1: 0.9, beta2: 0.99, epsilon: 1e-7, weightDecay: 0.01 }]),
    parseOptimizer: of(L.parseOptimizer, [L.adam()], [L.adam(), { optimizers: [own] }]),
    defineOptimizer: of(L.defineOptimizer, [ownOptimizer]),
    schedule: of(L.schedule, [0.1], [{ kind: "cosine", rate: 0.1, to: 0, steps: 10 }]),
    rateAt: of(L.rateAt, [0.1, 3], [{ kind: "cosine", rate: 0.1, to: 0, steps: 10 }, 3]),
    weightsOf: of(L.weightsOf, [net], [net, { naming: "lanegrad" }]),
    setWeights: of(L.setWeights, [net, L.weightsOf(net)], [net, L.weightsOf(net), { naming: "lanegrad" }]),
    loadWeights: of(L.loadWeights, [net, networkFile]),
    encodeNetwork: of(L.encodeNetwork, [net], [net, { naming: "lanegrad" }]),
    decodeNetwork: of(
      L.decodeNetwork,
      [engine, networkFile],
      [engine, networkFile, { file: "f", loss: "squaredError", seed: 1 }],
    ),
    encodeOnnx: of(L.encodeOnnx, [net], [net, { narrowing: "refuse" }]),
    numericalGradientOf: of(
      L.numericalGradientOf,
      [net, [[1, 2, 3]], [0]],
      [net, [[1, 2, 3]], [0], { h: 1e-4, method: "plain" }],
    ),
    "Network.predict": of(net.predict.bind(net), [[[1, 2, 3]]], [x], [Float32Array.of(1, 2, 3)]),
    "Network.logits": of(net.logits.bind(net), [x]),
    "Network.loss": of(net.loss.bind(net), [[[1, 2, 3]], [0]], [x, labels]),
    "Network.accuracy": of(net.accuracy.bind(net), [[[1, 2, 3]], [0]], [x, labels]),
    "Network.countCorrect": of(net.countCorrect.bind(net), [x, labels]),
    "Network.gradient": of(net.gradient.bind(net), [[[1, 2, 3]], [0]], [x, labels]),
    "Network.optimize": of(net.optimize.bind(net), [L.sgd({ learningRate: 0.1 })]),
    "Network.step": of(changed.step.bind(changed), [changedState, x, labels], [changedState, x, labels, 0.1]),
    "Network.trainingStep": of(net.trainingStep.bind(net), [state, { x: lazy, t: L.labelsOf(labels, indices) }]),
    "Network.accumulation": of(net.accumulation.bind(net), [state]),
    "Network.forward": of(net.forward.bind(net), [lazy, "predict"]),
    "Network.lossOf": of(net.lossOf.bind(net), [x, labels], [lazy, labels]),
    "Network.descend": of(changed.descend.bind(changed), [0]),
    "OptimizerState.resume": of(spare.resume.bind(spare), [3]),
    "OptimizerState.advance": of(spare.advance.bind(spare), [0.1]),
    "Accumulation.part": of(accumulation.part.bind(accumulation), [{ x: rowsIn, t: labelsIn }]),
    "Accumulation.update": of(
      (rate: never) => {
        part.run();
        accumulation.update(rate);
      },
      [0.1],
    ),
    "TrainingStep.run": of(step.run.bind(step), [], [0.1]),
    "chapter.SimpleNet": make(chapter.SimpleNet, [
      engine,
      { random: random(), inputSize: 2, outputSize: 3, dtype: "float64" },
    ]),
    "chapter.TwoLayerNet": make(chapter.TwoLayerNet, [
      engine,
      { inputSize: 3, hiddenSize: 4, outputSize: 3, random: random(), dtype: "float64" },
    ]),
    ...methods("chapter.SimpleNet", simple, {
      predict: [[[1, 2]]],
      loss: [[[1, 2]], [0]],
      gradient: [[[1, 2]], [0]],
      numericalGradient: [[[1, 2]], [0], { h: 1e-4 }],
    }),
    ...methods("chapter.TwoLayerNet", two, {
      ...{
        predict: [[[1, 2, 3]]],
        loss: [[[1, 2, 3]], [0]],
        accuracy: [[[1, 2, 3]], [0]],
        gradient: [[[1, 2, 3]], [0]],
      },
      ...{
        countCorrect: [x, labels],
        numericalGradient: [[[1, 2, 3]], [0], { h: 1e-4, method: "plain" }],
        step: [x, labels, 0.1],
      },
      ...{ descend: [0], optimize: [L.sgd({ learningRate: 0.1 })] },
    }),
    "chapter.SimpleConvNet": make(chapter.SimpleConvNet, [
      engine,
      {
        ...{ inputDim: [1, 4, 4], convParam: { filterNum: 2, filterSize: 3, pad: 1, stride: 1 }, hiddenSize: 3 },
        ...{ outputSize: 2, random: random(), weightInitStd: 0.1, dtype: "float64" },
      },
    ]),
    ...methods("chapter.SimpleConvNet", convolutional, {
      ...{ predict: [picture], loss: [picture, [0]], accuracy: [picture, [0]], gradient: [picture, [0]] },
      ...{ numericalGradient: [picture, [0], { h: 1e-4 }], descend: [0] },
    }),
    "chapter.im2col": of(chapter.im2col, [planes, 2, 2], [planes, 2, 2, 1, 1]),
    "chapter.col2im": of(chapter.col2im, [columns, [1, 1, 3, 3], 2, 2], [columns, [1, 1, 3, 3], 2, 2, 1, 0]),
    ...methods("StagedMinibatch", staged, { load: [table, [0, 1]] }),
    ...methods("CheckpointFolder", new L.CheckpointFolder(folder), {
      save: [checkpoint, { as: "best" }],
      read: ["best.safetensors"],
    }),
    SparseMatrix: make(L.SparseMatrix as never, [engine, [2, 3], { dtype: "float32", maxRowNonzeros: 3 }]),
    Dataset: make(
      L.Dataset,
      [
        {
          name: "d",
          inputs: Float32Array.of(1, 2),
          shape: [1],
          labels: Uint8Array.of(0, 1),
          classes: 2,
          classNames: ["a", "b"],
          inputNames: ["p"],
          targets: "labels",
          scale: 1,
        },
      ],
      [{ name: "d", inputs: Float32Array.of(1, 2), shape: [1], targetValues: Float32Array.of(1, 2) }],
    ),
    "Dataset.batch": of(table.batch.bind(table), [[0, 1]]),
    "Dataset.slice": of(table.slice.bind(table), [0, 2]),
    "Dataset.pick": of(table.pick.bind(table), [[0, 1]]),
    sparseRows: of(
      L.sparseRows,
      [[{ 0: 1, 2: 0.5 }, {}], { columns: 3 }],
      [{ shape: [1, 3], starts: [0, 1], columns: [2], values: [5] }],
    ),
    sparseMatrix: of(L.sparseMatrix, [engine, L.sparseRows([{ 0: 1 }]), { dtype: "float32" }]),
    SparseDataset: make(
      L.SparseDataset,
      [{ name: "s", rows: mostlyZero, labels: ["a", "b"], classes: 2, classNames: ["a", "b"], inputNames: ["p", "q"] }],
      [{ name: "s", rows: mostlyZero, targetValues: [1, 2] }],
    ),
    weighted: of(L.weighted, [sparseTable, [1, 2]], [sparseTable, new Float64Array([1, 0])]),
    "SparseDataset.batch": of(sparseTable.batch.bind(sparseTable), [[0, 1]]),
    "SparseDataset.slice": of(sparseTable.slice.bind(sparseTable), [0, 2]),
    "SparseDataset.pick": of(sparseTable.pick.bind(sparseTable), [[0, 1]]),
    "SparseDataset.resident": of(sparseTable.resident.bind(sparseTable), [engine]),
    bagOfWords: of(
      L.bagOfWords,
      [["a good film", "a bad film"]],
      [
        ["a good film", "a bad film"],
        { maxFeatures: 9, ngrams: [1, 2], lowercase: true, stopWords: ["the"], minTexts: 1, weights: "tfidf" },
      ],
    ),
    vectorize: of(L.vectorize, [L.bagOfWords(["a good film"]), ["good"]]),
    DatasetStream: make(L.DatasetStream, [{ chunks: () => [table], shuffleBuffer: 2, seed: 0 }]),
    "DatasetStream.batches": of(
      (o: never) => {
        const all = stream.batches(o);
        return all.next().then(() => all.return());
      },
      [{ batchSize: 2, epoch: 0, dropLast: true }],
    ),
    streamDataset: of(L.streamDataset, [{ chunks: () => [table], shuffleBuffer: 2, seed: 0 }]),
    datasetFromArrays: of(
      L.datasetFromArrays,
      [
        {
          name: "a",
          inputs: { shape: [2, 1], data: Float32Array.of(1, 2) },
          labels: { shape: [2], data: Uint8Array.of(0, 1) },
        },
      ],
      [
        {
          name: "a",
          inputs: { shape: [2, 1], data: Float32Array.of(1, 2) },
          targets: { shape: [2], data: Float32Array.of(0, 1) },
        },
      ],
    ),
    datasetFromNamedArrays: of(L.datasetFromNamedArrays, [
      [
        { name: "x", shape: [2, 1], data: Float32Array.of(1, 2) },
        { name: "y", shape: [2], data: Uint8Array.of(0, 1) },
      ],
      { name: "n", inputs: "x", labels: "y" },
    ]),
    augment: of(L.augment, [{ shift: 1, rotate: 5, scale: 0.1, flip: 0.5, crop: 1, cutout: 1, colour: 0.1 }]),
    augmented: of(L.augmented, [
      digits,
      { shift: 1, rotate: 5, scale: 0.1, flip: 0.5, crop: 1, cutout: 1, colour: 0.1 },
      random(),
    ]),
    batches: of(
      (...args: never[]) => [...(L.batches as (...args: never[]) => Iterable<unknown>)(...args)].length,
      [table, { batchSize: 2, random: random(), dropLast: true }],
    ),
    split: of(L.split, [table, { share: 0.5, random: random(), stratify: "classes" }]),
    recordsOf: of(L.recordsOf, [[[1, "a"]]], [[{ size: 1 }]]),
    fitPreprocessing: of(L.fitPreprocessing, [
      animals,
      { task: "classification", target: "animal", inputs: ["size"], missing: "refuse", unseen: "zeros" },
    ]),
    applyPreprocessing: of(L.applyPreprocessing, [animal, animals, { target: ["cat", "dog"], dtype: "float32" }]),
    preprocessInputs: of(L.preprocessInputs, [animal, animals, { dtype: "float64" }]),
    classifier: of(L.classifier, [
      animals,
      { target: "animal", epochs: 1, batchSize: 2, layers: [2], learningRate: 0.01, seed: 0, dtype: "float32", engine },
    ]),
    regressor: of(L.regressor, [
      Float64Array.of(1, 2, 3, 4),
      { target: [1, 2], shape: [2, 2], epochs: 1, validation: 0, earlyStopping: false, progress: false, engine },
    ]),
    encodeModel: of(L.encodeModel, [net, animal]),
    trainTestSplit: of(L.trainTestSplit, [animals, { testSize: 0.5, stratify: "animal", seed: 0 }]),
    loadModel: of(L.loadModel, ["data/absent.safetensors", { maxBytes: 1e6 }]),
    standardize: of(L.standardize, [table]),
    minMax: of(L.minMax, [table]),
    applyScaling: of(L.applyScaling, [L.standardize(table), table]),
    scaleValues: of(L.scaleValues, [L.standardize(table), [1, 2, 3]]),
    prepareDigit: of(
      L.prepareDigit,
      [{ grey: new Float64Array(9).fill(200), width: 3, height: 3 }],
      [{ grey: new Float64Array(9).fill(200), width: 3, height: 3 }, 28],
    ),
    readIdx: of(L.readIdx, [idx], [idx, { maxBytes: 1000, type: "uint8", rank: 3 }]),
    parseIdx: of(L.parseIdx, [idx], [idx, { type: "uint8", rank: 3 }]),
    encodeIdx: of(L.encodeIdx, [{ type: "uint8", shape: [2], data: Uint8Array.of(1, 2) }]),
    loadMnist: of(L.loadMnist, ["data"], ["data", { maxBytes: 1e8 }]),
    downloadMnist: of(offline(L.downloadMnist), [{ cacheFolder: folder, mirrors: ["http://127.0.0.1:9/"] }]),
    loadCifar: of(L.loadCifar, [cifar], [cifar, { maxBytes: 1e8, normalize: true, oneHotLabel: true }]),
    parseCifar: of(L.parseCifar, [new Uint8Array(3073)], [new Uint8Array(3073), "f"]),
    imageShapeOf: of(L.imageShapeOf, [[32, 32, 3]]),
    loadNpz: of(L.loadNpz, ["data/absent.npz", { inputs: "x", labels: "y" }]),
    parseCsv: of(
      csv.parseCsv,
      ["a,b\n1,2\n3,4\n", { label: "b", name: "t" }],
      ["a,b\nx,2\n,4\n", { label: "b", missing: "mean" }],
    ),
    loadCsv: of(csv.loadCsv, ["data/absent.csv", { label: "b" }]),
    parseRecords: of(
      csv.parseRecords,
      ["a,b\n1,2\n"],
      ["a;b\n1,5;2\n", { delimiter: ";", decimal: ",", header: true }],
    ),
    loadRecords: of(csv.loadRecords, ["data/absent.csv"], ["data/absent.csv", { maxBytes: 1000 }]),
    encodeNpy: of(L.encodeNpy, [{ shape: [2], data: Float32Array.of(1, 2) }]),
    decodeNpy: of(L.decodeNpy, [npy], [npy, { file: "f" }]),
    encodeNpz: of(L.encodeNpz, [named]),
    decodeNpz: of(L.decodeNpz, [npz], [npz, { file: "f", maxBytes: 1000 }]),
    encodeSafetensors: of(L.encodeSafetensors, [named], [named, { key: "value" }]),
    decodeSafetensors: of(L.decodeSafetensors, [safetensors], [safetensors, { file: "f" }]),
    train: of(
      L.train,
      [net, table, options],
      [net, table, { ...options, validation: 0.25, earlyStopping: { patience: 1 } }],
      [net, table, options, L.emptyHistory()],
    ),
    Trainer: make(
      L.Trainer as never,
      [net, { train: table }, options],
      [net, { train: table, test: table, validation: table }, { ...options, evaluateEvery: 1 }],
      [net, { train: table }, options, L.emptyHistory()],
    ),
    runTrainer: of(
      L.runTrainer,
      [trainer],
      [trainer, { onStep: () => {}, onCheckpoint: () => {}, checkpointEvery: 1, signal: new AbortController().signal }],
    ),
    checkpointOf: of(L.checkpointOf, [trainer]),
    restore: of(L.restore, [trainer, checkpoint]),
    encodeCheckpoint: of(L.encodeCheckpoint, [checkpoint]),
    decodeCheckpoint: of(
      L.decodeCheckpoint,
      [L.encodeCheckpoint(checkpoint)],
      [L.encodeCheckpoint(checkpoint), { file: "f" }],
    ),
    evaluate: of(L.evaluate, [net, table], [net, table, { topK: 2 }]),
    accuracyOf: of(L.accuracyOf, [net, table]),
    crossEntropyLoss: of(L.crossEntropyLoss, [
      { classWeights: Float64Array.of(1, 2) as never, labelSmoothing: 0.1, ignoreLabel: 1, reduction: "mean" },
    ]),
    huberLoss: of(L.huberLoss, [{ delta: 2, reduction: "sum" }]),
    meanAbsoluteErrorLoss: of(L.meanAbsoluteErrorLoss, [{ reduction: "sum" }]),
    parseLoss: of(L.parseLoss, [{ kind: "huber", delta: 2 }]),
    summary: of(L.summary, [net]),
    binaryMetrics: of(L.binaryMetrics, [
      Float32Array.of(0.1, 0.4, 0.8, 0.9),
      Int32Array.of(0, 1, 1, 0),
      { threshold: 0.3 },
    ]),
    regressionReport: of(L.regressionReport, [Float32Array.of(1, 2), Float32Array.of(1, 3), { outputs: 2 }]),
    misclassified: of(L.misclassified, [net, table], [net, table, { limit: 3 }]),
    evaluateAsync: of(L.evaluateAsync, [net, table], [net, table, { topK: 2 }]),
    misclassifiedAsync: of(L.misclassifiedAsync, [net, table], [net, table, { limit: 3 }]),
    identifyFile: of(L.identifyFile, [npy]),
    parseLayers: of(L.parseLayers, [[{ kind: "dense", inputSize: 2, outputSize: 3 }]]),
    classReport: of(L.classReport, [evaluation.classes?.confusion]),
    reportData: of(L.reportData, [evaluation], [evaluation, ["a", "b", "c"]]),
    reportText: of(L.reportText, [evaluation], [evaluation, ["a", "b", "c"]]),
    ResidentDataset: make(L.ResidentDataset, [engine, table], [engine, digits, { layout: "dense" }]),
    Minibatch: make(L.Minibatch as never, [resident, 2, "float32"]),
    StagedMinibatch: make(L.StagedMinibatch as never, [
      engine,
      table,
      { batchSize: 2, dtype: "float32", layout: "dense" },
    ]),
    RandomState: make(L.RandomState, [0], [[1, 2]]),
    ...Object.fromEntries(
      ["rand", "randn"].map((name) => [
        `RandomState.${name}`,
        of((...args: never[]) => Reflect.apply(Reflect.get(random(), name), random(), args), [2, 3]),
      ]),
    ),
    "RandomState.randint": of((...args: [never, never]) => random().randint(...args), [0, 5], [0, 5, 3]),
    "RandomState.choice": of(
      (...args: [never, never]) => random().choice(...args),
      [5, 3],
      [5, 3, { replace: false, out: new Int32Array(3) }],
    ),
    "RandomState.permutation": of((n: never) => random().permutation(n), [5]),
    "RandomState.shuffle": of((list: never) => random().shuffle(list), [[1, 2, 3]]),
    "RandomState.setState": of((s: never) => random().setState(s), [random().getState()]),
    ...Object.fromEntries(
      Object.entries({ det, inverse, cholesky, qr, eigh }).map(([name, f]) => [name, of(f, [spd], [lazySquare])]),
    ),
    solve: of(solve, [spd, b], [spd, spd], [lazySquare, b]),
    solveTriangular: of(solveTriangular, [spd, b], [spd, b, { triangle: "upper", transpose: "a" }], [lazySquare, b]),
    svd: of(svd, [x], [x, { fullMatrices: false }], [lazy]),
    NumpyRandomState: make(NumpyRandomState, [0], [[1, 2]]),
    ...Object.fromEntries(
      Object.entries(NUMPY_DRAWS).map(([name, calls]) => [
        `NumpyRandomState.${name}`,
        of((...args: never[]) => Reflect.apply(Reflect.get(numpyRandom(), name), numpyRandom(), args), ...calls),
      ]),
    ),
    "Tensor.set": of(x.set.bind(L.zeros(engine, [2])), [[1, 2]], [Float32Array.of(1, 2)]),
    "Tensor.rows": of(x.rows.bind(x), [0, 1]),
    "Tensor.part": of(x.part.bind(x), [0, [2]], [0, [2], "name"]),
    "Engine.call": of(engine.call.bind(engine), [{ kernel: "firstOutOfRange", args: [0, 0, 1] }]),
    "Engine.callable": of(engine.callable.bind(engine), [{ kernel: "firstOutOfRange", args: [0, 0, 1] }]),
    "Engine.load": of(L.Engine.load, [], [{ build: "simd" }]),
    supports: of(L.supports, ["simd"]),
    kernelsOf: of(L.kernelsOf, ["simd", undefined]),
    accuracyCurves: of(plot.accuracyCurves, [
      { x: [0, 1], train: [0.1, 0.5], test: [0.1, 0.4] },
      { ...chart, height: 200 },
    ]),
    band: of(plot.band, [
      { x: [1, 2], lower: [0, 1], median: [1, 2], upper: [2, 3] },
      { ...chart, xScale: "linear", medianLabel: "m", bandLabel: "b" },
    ]),
    bars: of(plot.bars, [[{ label: "a", value: 1, note: "one" }], { ...figure, unit: "ms" }]),
    confusionMatrix: of(plot.confusionMatrix, [
      [
        [3, 1],
        [0, 4],
      ],
      { ...figure, classes: ["a", "b"] },
    ]),
    digits: of(plot.digits, [
      [{ pixels: [0, 1, 2, 3], caption: "c" }],
      { ...figure, shape: [2, 2], perRow: 1, range: [0, 3] },
    ]),
    "plot.histogram": of(plot.histogram, [[1, 2, 3], { ...chart, bins: 3 }]),
    lines: of(plot.lines, [
      [{ label: "l", x: [0, 1], y: [1, 2], markers: "all" }],
      { ...chart, points: [{ x: 0, y: 1, label: "p" }], yScale: "linear" },
    ]),
    lossCurve: of(plot.lossCurve, [
      [3, 2, 1],
      { ...chart, steps: [0, 1, 2], smoothing: 1, series: [{ label: "l", y: [1, 2] }] },
    ]),
    matrix: of(plot.matrix, [
      [
        [1, 2],
        [3, 4],
      ],
      { ...figure, rows: ["a", "b"], columns: ["c", "d"], decimals: 1 },
    ]),
    quiver: of(plot.quiver, [{ x: [0, 1], y: [0, 1], u: [1, 1], v: [0, 1] }, chart]),
    "plot.scatter": of(plot.scatter, [[0, 1], [1, 2], { ...chart, line: "zero" }]),
    tangents: of(plot.tangents, [(v: number) => v * v, [{ x: 1, slope: 2 }], { ...chart, xDomain: [0, 2] }]),
    toPng: of(plot.toPng, [svg, { width: 20, background: "white", color: "red" }]),
    trajectory: of(plot.trajectory, [
      ([p = 0, q = 0]: Float64Array) => p * p + q * q,
      [
        {
          label: "w",
          points: [
            [1, 1],
            [0, 0],
          ],
        },
      ],
      { ...chart, levels: [1, 2] },
    ]),
    weightImages: of(plot.weightImages, [
      [
        [1, 2],
        [3, 4],
        [5, 6],
        [7, 8],
      ],
      { ...figure, shape: [2, 2], perRow: 2, captions: ["a", "b"] },
    ]),
    CheckpointFolder: make(L.CheckpointFolder, ["runs/absent"], ["runs/absent", { keep: 2, maxBytes: 1e6 }]),
  };
}

/** The call without a network: requests fail. */
function offline(call: (...args: never[]) => Promise<unknown>): (...args: never[]) => Promise<unknown> {
  return async (...args) => {
    const { fetch } = globalThis;
    globalThis.fetch = () => Promise.reject(new TypeError("no network"));
    try {
      return await call(...args);
    } finally {
      globalThis.fetch = fetch;
    }
  };
}
