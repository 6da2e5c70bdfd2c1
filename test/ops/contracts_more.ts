/** Operations as a table, continued: functions of one and two operands, folds, and what moves elements. */
import { elu, hardSigmoid, hardSwish, mish, prelu, relu6, selu, silu } from "../../src/ops/activations.ts";
import { all, any } from "../../src/ops/any_all.ts";
import { expandDims, squeeze, stack } from "../../src/ops/axes.ts";
import * as binary from "../../src/ops/binary.ts";
import { broadcastTo } from "../../src/ops/broadcast_to.ts";
import { cast } from "../../src/ops/cast.ts";
import { clip } from "../../src/ops/clip.ts";
import * as comparison from "../../src/ops/comparison.ts";
import { cumprod, cumsum } from "../../src/ops/cumulative.ts";
import { dot, outer } from "../../src/ops/dot.ts";
import { einsum } from "../../src/ops/einsum.ts";
import { erf, gelu, leakyRelu, neg, pow, softplus, sqrt, square } from "../../src/ops/elementwise.ts";
import { gather, gatherND, scatter, scatterAdd, takeAlongAxis } from "../../src/ops/indexing.ts";
import { logSumExp } from "../../src/ops/log_sum_exp.ts";
import * as logarithms from "../../src/ops/logarithms.ts";
import { norm } from "../../src/ops/norm.ts";
import { prod } from "../../src/ops/prod.ts";
import { max, mean, min } from "../../src/ops/reduce.ts";
import * as rounding from "../../src/ops/rounding.ts";
import { concat, reshape } from "../../src/ops/rows.ts";
import { searchSorted } from "../../src/ops/search.ts";
import { flip, slice } from "../../src/ops/slicing.ts";
import { logSoftmax } from "../../src/ops/softmax.ts";
import { argSort, sort } from "../../src/ops/sort.ts";
import { sum } from "../../src/ops/sum.ts";
import { take } from "../../src/ops/take.ts";
import { pad, repeat, roll, tile } from "../../src/ops/tiling.ts";
import { transpose } from "../../src/ops/transpose.ts";
import * as trigonometry from "../../src/ops/trigonometry.ts";
import { std, variance } from "../../src/ops/variance.ts";
import { where } from "../../src/ops/where.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import type { Contract, OperandForm, Operands } from "./contracts.ts";

type Floats = Tensor<"float32">;
type Indices = Tensor<"int32">;

const MATRIX = ["float32", [2, 2]] as const;
const COLUMN = ["float32", [2, 1]] as const;
const ROW = ["float32", [2]] as const;
const INDICES = ["int32", [2]] as const;

type Of<T> = (x: T, options?: { readonly out?: Floats }) => unknown;
const x = (o: Operands) => o["x"] as Floats;
const [a, b] = [(o: Operands) => o["a"] as Floats, (o: Operands) => o["b"] as Floats];
const indices = (o: Operands) => o["indices"] as Indices;
const into = ({ out }: Operands) => (out === undefined ? {} : { out: out as Floats });

const { abs, sign, floor, ceil, trunc, round, mod, floorDiv } = rounding;
const { atan2, ...angles } = trigonometry;
const {
  less,
  lessEqual,
  notEqual,
  logicalAnd,
  logicalOr,
  logicalNot,
  isNaN: isNaNOf,
  isFinite: isFiniteOf,
} = comparison;
const { add, sub, mul, div, maximum, minimum, greater, greaterEqual, equal, keep, drop } = binary;

/** Of one operand, which `out` may be. */
const ONE = {
  ...{ sqrt, softplus, erf, neg, square, abs, sign, floor, ceil, trunc, round, ...angles, ...logarithms },
  ...{ logicalNot, isNaN: isNaNOf, isFinite: isFiniteOf },
  ...{ silu, mish, selu, relu6, hardSigmoid, hardSwish, elu, gelu, leakyRelu },
  clip: (y: Floats, options: object) => clip(y, -1, 1, options),
};

/** Of two operands, either of which `out` may be. */
const TWO = {
  ...{ add, sub, mul, div, maximum, minimum, greater, greaterEqual, equal, keep, drop },
  ...{ less, lessEqual, notEqual, logicalAnd, logicalOr, mod, floorDiv, atan2 },
};

/** Over the first axis. */
const FOLDS = { sum, mean, max, min, prod, logSumExp, variance, std, norm, any, all };
const OF_ANY = ["any", "all"];

const OF_ONE = Object.entries(ONE).map(
  ([op, f]): Contract => ({
    op,
    operands: { x: MATRIX, out: MATRIX },
    output: "out",
    mayBe: ["x"],
    call: (o) => (f as Of<Floats>)(x(o), into(o)),
  }),
);

const OF_TWO = Object.entries(TWO).map(
  ([op, f]): Contract => ({
    op,
    operands: { a: MATRIX, b: MATRIX, out: MATRIX },
    output: "out",
    mayBe: ["a", "b"],
    call: (o) => f(a(o), b(o), into(o)),
  }),
);

const FOLDED = Object.entries(FOLDS).map(
  ([op, f]): Contract => ({
    op,
    operands: { x: MATRIX, out: ROW },
    output: "out",
    ...(OF_ANY.includes(op) && { castable: ["x"] }),
    call: (o) => (f as Of<Floats>)(x(o), { axes: [0], ...into(o) } as object),
  }),
);

/** Those with an `out`. */
export const MORE_WITH_OUTPUT: readonly Contract[] = [
  ...OF_ONE,
  ...OF_TWO,
  ...FOLDED,
  ...Object.entries({ cumsum, cumprod }).map(
    ([op, f]): Contract => ({
      op,
      operands: { x: MATRIX, out: MATRIX },
      output: "out",
      call: (o) => f(x(o), into(o)),
    }),
  ),
  {
    op: "logSoftmax",
    operands: { z: MATRIX, out: MATRIX },
    output: "out",
    mayBe: ["z"],
    call: (o) => logSoftmax(o["z"] as Floats, into(o)),
  },
  {
    op: "pow",
    operands: { a: MATRIX, b: MATRIX, out: MATRIX },
    output: "out",
    mayBe: ["a", "b"],
    call: (o) => pow(a(o), b(o), into(o)),
  },
  {
    op: "prelu",
    operands: { x: MATRIX, slope: ROW, out: MATRIX },
    output: "out",
    mayBe: ["x"],
    call: (o) => prelu(x(o), o["slope"] as Floats, into(o)),
  },
  {
    op: "where",
    operands: { condition: MATRIX, a: MATRIX, b: MATRIX, out: MATRIX },
    output: "out",
    castable: ["condition", "a"],
    call: (o) => where(o["condition"] as Floats, a(o), b(o), into(o)),
  },
  {
    op: "cast",
    operands: { x: MATRIX, out: MATRIX },
    output: "out",
    castable: ["x"],
    call: (o) => cast(x(o), "float32", into(o)),
  },
  ...Object.entries({ dot, outer }).map(
    ([op, f]): Contract => ({
      op,
      operands: { a: op === "dot" ? MATRIX : ROW, b: op === "dot" ? MATRIX : ROW, out: MATRIX },
      output: "out",
      call: (o) => f(a(o), b(o), into(o)),
    }),
  ),
];

const moves = (op: string, f: (x: Floats) => unknown, form: OperandForm = MATRIX): Contract => ({
  op,
  operands: { x: form },
  any: ["x"],
  call: (o) => f(x(o)),
});

/** Those that always make their result. */
export const WITHOUT_OUTPUT: readonly Contract[] = [
  moves("reshape", (y) => reshape(y, [4])),
  moves("transpose", (y) => transpose(y)),
  moves("slice", (y) => slice(y, 0, 1)),
  moves("slice", (y) => slice(y, "::-1, 0")),
  moves("flip", (y) => flip(y)),
  moves("squeeze", (y) => squeeze(y), COLUMN),
  moves("expandDims", (y) => expandDims(y)),
  moves("broadcastTo", (y) => broadcastTo(y, [3, 2, 2])),
  moves("tile", (y) => tile(y, [2])),
  moves("repeat", (y) => repeat(y, 2)),
  moves("roll", (y) => roll(y, 1)),
  moves("pad", (y) => pad(y, 1)),
  moves("pad", (y) => pad(y, 1, { mode: "reflect" })),
  { op: "sort", operands: { x: MATRIX }, castable: ["x"], call: (o) => sort(x(o)) },
  { op: "argSort", operands: { x: MATRIX }, castable: ["x"], call: (o) => argSort(x(o)) },
  {
    op: "concat",
    operands: { "values[0]": MATRIX, "values[1]": MATRIX },
    any: ["values[0]"],
    call: (o) => concat([o["values[0]"], o["values[1]"]] as Floats[]),
  },
  {
    op: "stack",
    operands: { "values[0]": MATRIX, "values[1]": MATRIX },
    any: ["values[0]"],
    call: (o) => stack([o["values[0]"], o["values[1]"]] as Floats[], { axis: -1 }),
  },
  {
    op: "einsum",
    operands: { "operands[0]": MATRIX, "operands[1]": MATRIX, "operands[2]": MATRIX },
    call: (o) =>
      einsum("ij,jk,kk->ki", o["operands[0]"] as Floats, o["operands[1]"] as Floats, o["operands[2]"] as Floats),
  },
  {
    op: "searchSorted",
    operands: { sorted: ROW, values: MATRIX },
    castable: ["sorted"],
    call: (o) => searchSorted(o["sorted"] as Floats, o["values"] as Floats),
  },
  ...Object.entries({ gather, take }).map(
    ([op, f]): Contract => ({
      op,
      operands: { x: MATRIX, indices: INDICES },
      any: ["x"],
      call: (o) => (f as typeof gather)(x(o), indices(o), { axis: 1 }),
    }),
  ),
  {
    op: "takeAlongAxis",
    operands: { x: MATRIX, indices: ["int32", [2, 1]] },
    any: ["x"],
    call: (o) => takeAlongAxis(x(o), indices(o), { axis: 1 }),
  },
  {
    op: "gatherND",
    operands: { x: MATRIX, indices: ["int32", [3, 2]] },
    any: ["x"],
    call: (o) => gatherND(x(o), indices(o)),
  },
  ...Object.entries({ scatter, scatterAdd }).map(
    ([op, f]): Contract => ({
      op,
      operands: { x: MATRIX, indices: INDICES, values: MATRIX },
      ...(op === "scatter" && { any: ["x"] }),
      call: (o) => (f as typeof scatter)(x(o), indices(o), o["values"] as Floats),
    }),
  ),
];
