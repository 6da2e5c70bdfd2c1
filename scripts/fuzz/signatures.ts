/** The public functions on tensors, and what each takes: a table for drawing calls. */

/** What an argument of a function is meant to be. */
export type Kind =
  | "x"
  | "same"
  | "row"
  | "weights"
  | "images"
  | "sequences"
  | "kernel"
  | "depthwise kernel"
  | "sequence kernel"
  | "pair"
  | "labels"
  | "indices"
  | "bytes"
  | "counter"
  | "sparse bytes"
  | "sparse"
  | "number"
  | "integer"
  | "count"
  | "few"
  | "dtype"
  | "widths"
  | "ranges"
  | "shape"
  | "values"
  | "engine"
  | "numbers"
  | readonly string[];

/** Kinds in whose place something else may come. */
export const OPERANDS: ReadonlySet<Kind> = new Set([
  "x",
  "same",
  "row",
  "weights",
  "images",
  "sequences",
  "kernel",
  "depthwise kernel",
  "sequence kernel",
  "labels",
  "indices",
  "bytes",
  "counter",
]);

const INTO = [["out"]] as const;

/** By the function's name, the first word: its arguments; a list is an options object with some of these keys. */
export const SIGNATURES: Readonly<Record<string, readonly Kind[]>> = {
  ...Object.fromEntries(
    ["exp", "log", "sigmoid", "tanh", "relu", "sqrt", "square", "neg", "softplus"].map(
      (name) => [name, ["x", ...INTO]] as const,
    ),
  ),
  ...Object.fromEntries(
    ["softmax", "logSoftmax", "cumsum", "cumprod"].map((name) => [name, ["x", ["out", "axis"]]] as const),
  ),
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
    ].map((name) => [name, ["x", ...INTO]] as const),
  ),
  ...Object.fromEntries(
    [
      "reciprocal",
      "rsqrt",
      "logicalNot",
      "isNaN",
      "isFinite",
      "silu",
      "selu",
      "relu6",
      "hardSigmoid",
      "hardSwish",
      "mish",
    ].map((name) => [name, ["x"]] as const),
  ),
  ...Object.fromEntries(
    ["less", "lessEqual", "notEqual", "logicalAnd", "logicalOr", "mod", "floorDiv", "atan2"].map(
      (name) => [name, ["x", "same", ...INTO]] as const,
    ),
  ),
  ...Object.fromEntries(
    ["add", "sub", "mul", "div", "maximum", "minimum", "greater", "greaterEqual", "equal", "keep", "drop"].map(
      (name) => [name, ["x", "same", ...INTO]] as const,
    ),
  ),
  ...Object.fromEntries(
    ["sigmoidGradient", "tanhGradient", "reluGradient"].map((name) => [name, ["x", "same", ...INTO]] as const),
  ),
  ...Object.fromEntries(
    ["sum", "mean", "max", "min", "prod", "any", "all", "logSumExp"].map(
      (name) => [name, ["x", ["out", "axes", "keepAxes"]]] as const,
    ),
  ),
  matmul: ["x", "weights", ["out", "transpose", "alpha", "beta"]],
  affine: ["x", "weights", "row", ["out", "activation"]],
  addBias: ["x", "row", ["out"]],
  columnSums: ["x", ["out"]],
  conv2d: ["images", "kernel", ["bias", "stride", "padding", "dilation", "groups"]],
  conv1d: ["sequences", "sequence kernel", ["bias", "stride", "padding", "dilation", "groups"]],
  convTranspose2d: ["images", "kernel", ["bias", "stride", "padding", "dilation", "groups", "outputPadding"]],
  depthwiseConv2d: ["images", "depthwise kernel", ["bias", "stride", "padding", "dilation", "out"]],
  maxPool2d: ["images", "pair", ["stride", "padding", "out"]],
  avgPool2d: ["images", "pair", ["stride", "padding", "countIncludePad", "out"]],
  adaptiveAvgPool2d: ["images", "pair", ["out"]],
  globalAvgPool2d: ["images"],
  globalMaxPool2d: ["images"],
  resize: ["images", "pair", ["mode", "alignCorners", "out"]],
  layerNorm: ["x", ["axes", "gain", "bias", "epsilon"]],
  groupNorm: ["images", "count", ["gain", "bias", "epsilon"]],
  where: ["x", "same", "same"],
  broadcastTo: ["x", "shape"],
  reshape: ["x", "shape"],
  transpose: ["x", ["axes"]],
  variance: ["x", ["out", "axes", "keepAxes", "correction"]],
  std: ["x", ["out", "axes", "keepAxes", "correction"]],
  norm: ["x", ["out", "axes", "keepAxes", "order"]],
  dot: ["x", "weights"],
  outer: ["x", "same"],
  slice: ["x", "integer", "integer", ["axis"]],
  "slice by notation": ["x", "ranges"],
  flip: ["x", ["axes"]],
  roll: ["x", "integer", ["axis"]],
  repeat: ["x", "integer", ["axis"]],
  tile: ["x", "shape"],
  pad: ["x", "widths", ["mode", "value"]],
  squeeze: ["x", ["axes"]],
  expandDims: ["x", ["axis"]],
  stack: ["values", ["axis"]],
  unstack: ["x", ["axis"]],
  tensorSplit: ["x", "count", ["axis"]],
  takeAlongAxis: ["x", "indices", ["axis"]],
  gatherND: ["x", "indices"],
  scatter: ["x", "indices", "same", ["axis"]],
  scatterAdd: ["x", "indices", "same", ["axis"]],
  topK: ["x", "integer", ["axis", "largest"]],
  unique: ["x", ["counts", "inverse"]],
  histogram: ["x", ["bins", "range"]],
  cast: ["x", "dtype"],
  gelu: ["x", ["approximate"]],
  "pow of two": ["x", "same"],
  diag: ["x", ["k"]],
  triu: ["x", ["k"]],
  tril: ["x", ["k"]],
  meshgrid: ["values", ["indexing"]],
  oneHot: ["indices", "count", ["dtype"]],
  arange: ["engine", "few", "few", "few", ["dtype"]],
  linspace: ["engine", "number", "number", ["num", "endpoint", "dtype"]],
  eye: ["engine", "count", "count", ["k", "dtype"]],
  solve: ["x", "weights"],
  solveTriangular: ["x", "weights", ["triangle", "transpose"]],
  ...Object.fromEntries(["inverse", "det", "cholesky", "qr", "eigh"].map((name) => [name, ["x"]] as const)),
  svd: ["x", ["fullMatrices"]],
  concat: ["values", ["axis"]],
  gather: ["x", "indices", ["axis"]],
  sort: ["x", ["axis", "descending"]],
  argSort: ["x", ["axis", "descending"]],
  searchSorted: ["row", "x", ["side"]],
  nonzero: ["x"],
  bincount: ["indices", ["minLength"]],
  gatherRows: ["bytes", "indices", "x", "number"],
  gatherIndices: ["indices", "indices", ["out"]],
  batchOf: ["bytes", "indices", ["dtype", "scale"]],
  labelsOf: ["indices", "indices"],
  argmax: ["x", ["axis", "out"]],
  argmin: ["x", ["axis", "out"]],
  countCorrect: ["x", "labels"],
  softmaxCrossEntropy: ["x", "labels", ["gradient"]],
  binaryCrossEntropyWithLogits: ["x", "same"],
  squaredError: ["x", "same", ["gradient"]],
  meanSquaredError: ["x", "same", ["gradient"]],
  dropout: ["x", "counter", ["out", "rate", "stream"]],
  leakyRelu: ["x", ["slope"]],
  pow: ["x", "number"],
  elu: ["x", ["alpha"]],
  clip: ["x", "number", "number"],
  prelu: ["x", "row"],
  axpy: ["number", "x", "same"],
  fill: ["x", "number"],
  copy: ["x", "same"],
  compress: ["bytes"],
  compressed: ["bytes"],
  densityOf: ["bytes"],
  gatherSparseRows: ["sparse bytes", "indices", "sparse", "number"],
  sparseAffine: ["sparse", "weights", "row", ["out"]],
  sparseAxpy: ["number", "sparse", "same", "weights"],
  part: ["x", "integer", "shape"],
  rows: ["x", "integer", "integer"],
  set: ["x", "numbers"],
  toArray: ["x"],
  zeros: ["engine", "shape", ["dtype"]],
  tensor: ["engine", "numbers", ["dtype", "shape"]],
  input: ["engine", "shape", ["dtype"]],
};
