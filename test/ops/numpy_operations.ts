/** Calls of operations with NumPy's results, made by test/fixtures/numpy-operations.py, and how far the library's are from them. */
import { compile } from "../../src/autodiff/program.ts";
import { LanegradError } from "../../src/errors.ts";
import * as lanegrad from "../../src/index.ts";
import * as linalg from "../../src/ops/linalg/index.ts";
import { Expression, input } from "../../src/tensor/expression.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { DType, FloatType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";

type Plain = number | { readonly number: string };
export type NumpyArray = {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly values: readonly Plain[];
};
type Argument = Plain | NumpyArray | string | boolean | readonly Argument[] | { readonly [option: string]: Argument };

export type NumpyCall = {
  readonly call: string;
  readonly arguments: readonly Argument[];
  /** NumPy's; of functions of one row, and a loss, one. */
  readonly results?: readonly NumpyArray[];
  /** What the error of each element is measured by, where that is not the element itself. */
  readonly scale?: readonly number[];
  /** Of a decomposition: what is decomposed, and NumPy's parts. */
  readonly parts?: readonly NumpyArray[];
  /** What NumPy raises. */
  readonly error?: string;
};

/**
 * The largest distances from NumPy's results, in units in the last place of the result or of its scale; 0 where none is
 * given. NumPy's are rounded once, so that a function within half a unit may be one away.
 */
export const ULPS: Readonly<Record<string, { readonly float32: number; readonly float64: number }>> = {
  ...each(["exp", "log"], 1, 1),
  ...each(["tanh", "sigmoid", "softplus"], 3, 3),
  ...each(["sin", "cos", "log2", "log10"], 1, 1),
  ...each(["asin", "acos", "atan", "atan2", "tan", "sinh", "cosh", "expm1", "log1p", "erf", "pow"], 1, 3),
  ...each(["rsqrt"], 2, 2),
  ...each(["floorDiv"], 0, 1),
  ...each(["silu", "mish", "elu", "selu", "hardSigmoid", "hardSwish", "gelu"], 5, 5),
  ...each(["sigmoidGradient", "tanhGradient"], 4, 4),
  ...each(["sum", "mean", "prod", "columnSums", "cumprod"], 2, 2),
  ...each(["variance", "std", "norm"], 2, 2),
  ...each(["logSumExp", "softmax", "logSoftmax"], 4, 4),
  ...each(["matmul", "dot", "outer", "affine", "einsum"], 2, 2),
  ...each(["squaredError", "meanSquaredError"], 3, 3),
  ...each(["softmaxCrossEntropy", "binaryCrossEntropyWithLogits"], 4, 4),
  ...each(["solve", "inverse", "det", "solveTriangular", "cholesky"], 1, 1),
  ...each(["qr", "svd", "eigh"], 4, 4),
};

/** What the library refuses, and NumPy does not. */
export const REFUSED: readonly { readonly call: RegExp; readonly error: RegExp; readonly reason: string }[] = [
  { call: /^repeat$/, error: /expected an axis of \[\]/, reason: "a scalar has no axis; NumPy takes it for a vector" },
  {
    call: /^repeat$/,
    error: /expected integers ≥ 0/,
    reason: "NumPy repeats what has no elements a negative number of times",
  },
];

/** Where the library's result is another one on purpose. */
export const DIFFERENT: readonly {
  readonly call: RegExp;
  readonly holds: (got: number, want: number) => boolean;
  readonly reason: string;
}[] = [
  {
    call: /^(maximum|minimum|max|min|clip|norm)$/,
    holds: (got, want) => got === 0 && want === 0,
    reason: "0 is larger than -0, in any order; in NumPy the order decides",
  },
  {
    call: /^(matmul|dot|affine|sparseAffine|einsum)$/,
    holds: (got, want) => got === 0 && want === 0,
    reason: "a sum of products begins with 0, which -0 does not change; in NumPy it depends on the sizes",
  },
];

export type Outcome =
  | { readonly kind: "equal" | "refused"; readonly ulps: number }
  | { readonly kind: "different"; readonly ulps: number; readonly text: string };

/** Exports that are compared, and how they are called where it is not with the arguments as they are. */
type Call = (...args: readonly unknown[]) => unknown;
const CALLS: Readonly<Record<string, (engine: Engine) => Call>> = {
  axpy: () => (alpha, x, y) => changed(y, () => lanegrad.axpy(alpha as number, x as Floats, y as Floats)),
  copy: () => (x, y) => changed(y, () => lanegrad.copy(x as Floats, y as Floats)),
  fill: () => (y, alpha) => changed(y, () => lanegrad.fill(y as Floats, alpha as number)),
  compress: () => (x) => {
    using sparse = lanegrad.compress(x as Tensor<"uint8">);
    return sparse.nonzeros;
  },
  gatherRows: (engine) => (x, indices, options) => {
    const { dtype, scale } = options as { dtype: FloatType; scale: number };
    const [rows, from] = [indices as Tensor<"int32">, x as Tensor<"uint8">];
    const y = lanegrad.zeros(engine, [rows.size, from.shape[1] ?? 0], { dtype });
    lanegrad.gatherRows(from, rows, y, scale);
    return y;
  },
  gatherSparseRows: (engine) => (x, indices, options) => {
    const { dtype, scale } = options as { dtype: FloatType; scale: number };
    using rows = sparseRows(engine, x as Tensor<"uint8">, indices as Tensor<"int32">, dtype, scale);
    const k = rows.shape[1] ?? 0;
    using identity = lanegrad.eye(engine, k, { dtype });
    using nothing = lanegrad.zeros(engine, [k], { dtype });
    return lanegrad.sparseAffine(rows, identity, nothing);
  },
  sparseAffine: (engine) => (x, w, b) => {
    using rows = allRows(engine, x as Tensor<"uint8">, (w as Floats).dtype);
    return lanegrad.sparseAffine(rows, w as Floats, b as Floats);
  },
  sparseAxpy: (engine) => (alpha, x, d, w) => {
    using rows = allRows(engine, x as Tensor<"uint8">, (w as Floats).dtype);
    return changed(w, () => lanegrad.sparseAxpy(alpha as number, rows, d as Floats, w as Floats));
  },
  unique: () => (x, options) => {
    const made = lanegrad.unique(x as Floats, options as object);
    return [made.values, made.counts, made.inverse].filter((each) => each !== undefined);
  },
  histogram: () => (x, options) => {
    const { counts, edges } = lanegrad.histogram(x as Floats, options as object);
    return [counts, edges];
  },
};

/** Those that take no expression. */
const AT_ONCE: ReadonlySet<string> = new Set([
  ...[
    "axpy",
    "copy",
    "fill",
    "compress",
    "densityOf",
    "gatherRows",
    "gatherSparseRows",
    "gatherIndices",
    "sparseAffine",
  ],
  ...[
    "sparseAxpy",
    "unique",
    "histogram",
    "nonzero",
    "bincount",
    "countCorrect",
    "addBias",
    "columnSums",
    "diag",
    "triu",
  ],
  ...["tril", "meshgrid", "oneHot", "eye", "arange", "linspace", "ones", "full"],
]);
/** Those that take nothing else. */
const LATER: ReadonlySet<string> = new Set(["batchOf", "labelsOf"]);

type Floats = Tensor<FloatType>;

/** The call on tensors and in a program, where it has both. */
export function compareWithNumpy(engine: Engine, record: NumpyCall): Outcome {
  let worst: Outcome = { kind: "equal", ulps: 0 };
  for (const how of ["tensors", "program"] as const) {
    if (how === "program" ? AT_ONCE.has(record.call) : LATER.has(record.call)) continue;
    const outcome = compareOne(engine, record, how);
    if (outcome.kind === "different") return { ...outcome, text: `${how}: ${outcome.text}` };
    if (outcome.kind === "refused" || outcome.ulps > worst.ulps) worst = outcome;
  }
  return worst;
}

function compareOne(engine: Engine, record: NumpyCall, how: "tensors" | "program"): Outcome {
  const { call } = record;
  const made: Tensor[] = [];
  const own = (x: NumpyArray) => {
    const x_ = tensorOf(engine, x);
    made.push(x_);
    return x_;
  };
  const disposed = new Set<Tensor>();
  try {
    const f = CALLS[call]?.(engine) ?? (Reflect.get(call in linalg ? linalg : lanegrad, call) as Call);
    let got: readonly Got[];
    if (how === "tensors") {
      const result = f(...record.arguments.map((argument) => revived(engine, argument, own)));
      const all = tensorsOf(result);
      for (const each of all) if (each instanceof Tensor) disposed.add(each);
      got = all.map(numbersIn);
    } else {
      const leaves: [string, Tensor][] = [];
      const leaf = (x: NumpyArray) => {
        const name = `x${leaves.length}`;
        const { dtype, shape } = own(x);
        leaves.push([name, made.at(-1) as Tensor]);
        return input(engine, shape, { name, dtype });
      };
      const result = f(...record.arguments.map((argument) => revived(engine, argument, leaf)));
      const outputs = tensorsOf(result) as readonly unknown[] as readonly Expression[];
      if (outputs.length === 0) return { kind: "equal", ulps: 0 }; // parts of an axis that has none
      using program = compile(Object.fromEntries(outputs.map((y, i) => [`y${i}`, y])));
      for (const [name, x] of leaves) {
        const at = Reflect.get(program.inputs, name) as Tensor | undefined;
        at?.set(x.data as never);
      }
      program.run();
      got = outputs.map((_, i) => numbersIn(Reflect.get(program.outputs, `y${i}`) as Tensor));
    }
    if (record.error !== undefined) return different(Infinity, `no error; NumPy: ${record.error}`);
    return record.parts === undefined ? closeness(record, got) : decomposition(record, got);
  } catch (error) {
    if (!(error instanceof LanegradError)) return different(Infinity, `${error}`);
    if (record.error !== undefined) return { kind: "equal", ulps: 0 };
    const isKnown = REFUSED.some((known) => known.call.test(call) && known.error.test(error.message));
    return isKnown ? { kind: "refused", ulps: 0 } : different(Infinity, error.message);
  } finally {
    for (const each of new Set([...made, ...disposed])) each.dispose();
  }
}

function different(ulps: number, text: string): Outcome {
  return { kind: "different", ulps, text };
}

type Got = { readonly dtype: DType; readonly shape: readonly number[]; readonly values: readonly number[] };

function numbersIn(x: Tensor | number): Got {
  if (typeof x === "number") return { dtype: "float64", shape: [], values: [x] };
  return { dtype: x.dtype, shape: x.shape, values: Array.from(x.data) };
}

/** Results in the order of NumPy's: one, a list, or an object of named parts. */
function tensorsOf(result: unknown): readonly (Tensor | number)[] {
  if (result instanceof Tensor || result instanceof Expression || typeof result === "number") return [result as Tensor];
  return Object.values(result as object);
}

function closeness({ call, results = [], scale }: NumpyCall, got: readonly Got[]): Outcome {
  if (got.length !== results.length) return different(Infinity, `${got.length} results, NumPy ${results.length}`);
  let most = 0;
  for (const [which, want] of results.entries()) {
    const { dtype, shape, values } = got[which]!;
    if (`${shape}` !== `${want.shape}`) return different(Infinity, `[${shape}], NumPy [${want.shape}]`);
    const isLoss = typeof values[0] === "number" && dtype === "float64" && want.dtype === "float32";
    if (dtype !== want.dtype && !isLoss && !(dtype === "float64" && want.dtype === "int64"))
      return different(Infinity, `${dtype}, NumPy ${want.dtype}`);
    const type = want.dtype === "float32" ? "float32" : "float64";
    for (const [i, value] of values.entries()) {
      const wanted = roundedTo(want.dtype, numberOf(want.values[i]!));
      const ulps = distance(isLoss ? Math.fround(value) : value, wanted, type, scale?.[i] ?? 0);
      if (ulps <= (ULPS[call]?.[type] ?? 0)) {
        most = Math.max(most, ulps);
        continue;
      }
      if (DIFFERENT.some((known) => known.call.test(call) && known.holds(value, wanted))) continue;
      return different(ulps, `element ${i} of result ${which} is ${shown(value)}, NumPy's ${shown(wanted)}`);
    }
  }
  return { kind: "equal", ulps: most };
}

/** Units in the last place of what is wanted, or of its scale. */
function distance(got: number, want: number, type: FloatType, scale: number): number {
  if (Object.is(got, want)) return 0;
  if (!Number.isFinite(got) || !Number.isFinite(want)) return Infinity;
  if (got === want) return scale > 0 ? 0 : Infinity; // 0 and -0
  const [eps, smallest] = type === "float32" ? [2 ** -23, 2 ** -149] : [2 ** -52, 2 ** -1074];
  const size = Math.max(Math.abs(want), scale);
  // Not larger than the unit of `size`, so that no distance is taken for less than it is.
  const unit = Math.max(smallest, scale > 0 ? size * eps : 2 ** Math.floor(Math.log2(size)) * eps);
  return Math.abs(got - want) / unit;
}

/** Parts that multiply to what is decomposed, with orthonormal columns, and NumPy's numbers where those are not arbitrary. */
function decomposition({ call, parts = [], scale = [] }: NumpyCall, got: readonly Got[]): Outcome {
  const [x, ...theirs] = parts as readonly [NumpyArray, ...NumpyArray[]];
  for (const [i, part] of got.entries()) {
    if (`${part.shape}` !== `${theirs[i]!.shape}`)
      return different(Infinity, `part ${i}: [${part.shape}], NumPy [${theirs[i]!.shape}]`);
  }
  const type = got[0]!.dtype as FloatType;
  const unit = (type === "float32" ? 2 ** -23 : 2 ** -52) * Math.max(1, scale[0] ?? 0);
  const [m = 0, n = 0] = x.shape;
  const whole = x.values.map(numberOf);
  const [first, second, third] = got.map(({ values }) => values);
  const residual =
    call === "qr"
      ? furthest(whole, timesRows(m, n, first!, second!, got[0]!.shape[1]!))
      : call === "eigh"
        ? Math.max(furthest(whole, spectral(n, first!, second!)), furthest(theirs[0]!.values.map(numberOf), first!))
        : Math.max(
            furthest(whole, singular(m, n, first!, second!, third!, got[0]!.shape[1]!)),
            furthest(theirs[1]!.values.map(numberOf), second!),
          );
  const bases = call === "eigh" ? [got[1]!] : call === "svd" ? [got[0]!, transposedOf(got[2]!)] : [got[0]!];
  const loss = Math.max(...bases.map(orthogonality));
  const ulps = Math.max(residual, loss) / unit;
  if (ulps <= (ULPS[call]?.[type] ?? 0)) return { kind: "equal", ulps };
  return different(ulps, `residual ${residual}, orthogonality ${loss}`);
}

function furthest(want: readonly number[], got: readonly number[]): number {
  return want.reduce((most, value, i) => (Math.abs(value - got[i]!) <= most ? most : Math.abs(value - got[i]!)), 0);
}

/** AB of A (m × k) and B (k × n). */
function timesRows(m: number, n: number, a: readonly number[], b: readonly number[], k: number): number[] {
  return Array.from({ length: m * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let p = 0; p < k; p++) sum += a[i * k + p]! * b[p * n + j]!;
    return sum;
  });
}

function spectral(n: number, w: readonly number[], v: readonly number[]): number[] {
  const scaled = v.map((value, at) => value * w[at % n]!);
  const turned = Array.from({ length: n * n }, (_, at) => v[(at % n) * n + Math.floor(at / n)]!);
  return timesRows(n, n, scaled, turned, n);
}

function singular(
  m: number,
  n: number,
  u: readonly number[],
  s: readonly number[],
  vh: readonly number[],
  columns: number,
): number[] {
  const scaled = Array.from({ length: m * s.length }, (_, at) => {
    const [i, j] = [Math.floor(at / s.length), at % s.length];
    return u[i * columns + j]! * s[j]!;
  });
  return timesRows(m, n, scaled, vh, s.length);
}

function transposedOf({ dtype, shape: [rows = 0, columns = 0], values }: Got): Got {
  const turned = values.map((_, at) => values[(at % rows) * columns + Math.floor(at / rows)]!);
  return { dtype, shape: [columns, rows], values: turned };
}

/** How far the products of columns are from those of orthonormal ones. */
function orthogonality({ shape: [rows = 0, columns = 0], values }: Got): number {
  let most = 0;
  for (let i = 0; i < columns; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = i === j ? -1 : 0;
      for (let p = 0; p < rows; p++) sum += values[p * columns + i]! * values[p * columns + j]!;
      if (!(Math.abs(sum) <= most)) most = Math.abs(sum);
    }
  }
  return most;
}

/** The rows of bytes as sparse floats. */
function allRows(engine: Engine, x: Tensor<"uint8">, dtype: FloatType): SparseMatrix<FloatType> {
  using order = tensor(
    engine,
    Int32Array.from({ length: x.shape[0] ?? 0 }, (_, i) => i),
  );
  return sparseRows(engine, x, order, dtype, 1);
}

function sparseRows(
  engine: Engine,
  x: Tensor<"uint8">,
  indices: Tensor<"int32">,
  dtype: FloatType,
  scale: number,
): SparseMatrix<FloatType> {
  using sparse = lanegrad.compress(x);
  const shape = [indices.size, x.shape[1] ?? 0] as const;
  const rows = new SparseMatrix(engine, shape, { dtype, maxRowNonzeros: sparse.maxRowNonzeros });
  try {
    lanegrad.gatherSparseRows(sparse, indices, rows, scale);
    return rows;
  } catch (error) {
    rows.dispose();
    throw error;
  }
}

function changed(y: unknown, update: () => void): unknown {
  update();
  return y;
}

function tensorOf(engine: Engine, { dtype, shape, values }: NumpyArray): Tensor {
  return tensor(engine, Float64Array.from(values, numberOf), { dtype: dtype as DType, shape });
}

/** An argument with tensors, or leaves, in place of its arrays. */
function revived(engine: Engine, argument: Argument, array: (x: NumpyArray) => unknown): unknown {
  if (argument === "engine") return engine;
  if (typeof argument !== "object") return argument;
  if (Array.isArray(argument)) return argument.map((each) => revived(engine, each, array));
  if (isArray(argument)) return array(argument);
  if ("number" in argument) return numberOf(argument as Plain);
  return Object.fromEntries(Object.entries(argument).map(([key, value]) => [key, revived(engine, value, array)]));
}

function isArray(argument: object): argument is NumpyArray {
  return "values" in argument && "dtype" in argument;
}

/** The shortest digits of a float32 name a double that is near it. */
function roundedTo(dtype: string, value: number): number {
  return dtype === "float32" ? Math.fround(value) : value;
}

function numberOf(written: Plain): number {
  return typeof written === "number" ? written : Number(written.number);
}

function shown(x: number): string {
  return Object.is(x, -0) ? "-0" : `${x}`;
}

function each(
  names: readonly string[],
  float32: number,
  float64: number,
): Readonly<Record<string, { float32: number; float64: number }>> {
  return Object.fromEntries(names.map((name) => [name, { float32, float64 }]));
}

/** A call in a line: shapes, and elements where there are few. */
export function describeCall({ call, arguments: args }: NumpyCall): string {
  return `${call}(${args.map(describeArgument).join(", ")})`;
}

function describeArgument(argument: Argument): string {
  if (typeof argument !== "object") return JSON.stringify(argument);
  if (Array.isArray(argument)) return `[${argument.map(describeArgument).join(", ")}]`;
  if (isArray(argument)) {
    const values = argument.values.length > 24 ? "…" : argument.values.map((value) => shown(numberOf(value))).join(" ");
    return `${argument.dtype} [${argument.shape}] {${values}}`;
  }
  if ("number" in argument) return shown(numberOf(argument as Plain));
  return `{${Object.entries(argument)
    .map(([key, value]) => `${key}: ${describeArgument(value)}`)
    .join(", ")}}`;
}
