/** Random graphs of operations on leaves that lie in an arena: shared, broadcast, fusable, sparse, differentiated. */
import { gradientsOf, orderOf } from "../../../src/autodiff/reverse.ts";
import { gelu, leakyRelu, relu, sigmoid, softplus, tanh } from "../../../src/nn/layers/activations.ts";
import { dropout } from "../../../src/nn/layers/dropout.ts";
import { elu, hardSigmoid, hardSwish, mish, prelu, relu6, selu, silu } from "../../../src/ops/activations.ts";
import { affine } from "../../../src/ops/affine.ts";
import { all, any } from "../../../src/ops/any_all.ts";
import { argmax, argmin } from "../../../src/ops/argmax.ts";
import { expandDims, squeeze, stack, tensorSplit, unstack } from "../../../src/ops/axes.ts";
import {
  add,
  div,
  drop,
  equal,
  greater,
  greaterEqual,
  keep,
  maximum,
  minimum,
  mul,
  sub,
} from "../../../src/ops/binary.ts";
import { binaryCrossEntropyWithLogits } from "../../../src/ops/binary_cross_entropy.ts";
import { broadcastTo } from "../../../src/ops/broadcast_to.ts";
import { cast } from "../../../src/ops/cast.ts";
import { clip } from "../../../src/ops/clip.ts";
import * as comparison from "../../../src/ops/comparison.ts";
import { softmaxCrossEntropy } from "../../../src/ops/cross_entropy.ts";
import { cumprod, cumsum } from "../../../src/ops/cumulative.ts";
import { dot, outer } from "../../../src/ops/dot.ts";
import { erf, exp, log, neg, pow, sqrt, square } from "../../../src/ops/elementwise.ts";
import { batchOf } from "../../../src/ops/gather.ts";
import { gather, gatherND, scatter, scatterAdd, takeAlongAxis } from "../../../src/ops/indexing.ts";
import { logSumExp } from "../../../src/ops/log_sum_exp.ts";
import { expm1, log1p, log2, log10, reciprocal, rsqrt } from "../../../src/ops/logarithms.ts";
import { matmul } from "../../../src/ops/matmul.ts";
import { norm } from "../../../src/ops/norm.ts";
import { prod } from "../../../src/ops/prod.ts";
import { max, mean, min } from "../../../src/ops/reduce.ts";
import { abs, ceil, floor, floorDiv, mod, round, sign, trunc } from "../../../src/ops/rounding.ts";
import { concat, reshape } from "../../../src/ops/rows.ts";
import { searchSorted } from "../../../src/ops/search.ts";
import { flip, slice } from "../../../src/ops/slicing.ts";
import { logSoftmax, softmax } from "../../../src/ops/softmax.ts";
import { argSort, sort, topK } from "../../../src/ops/sort.ts";
import { compressed } from "../../../src/ops/sparse.ts";
import { meanSquaredError, squaredError } from "../../../src/ops/squared_error.ts";
import { sum } from "../../../src/ops/sum.ts";
import { pad, repeat, roll, tile } from "../../../src/ops/tiling.ts";
import { transpose } from "../../../src/ops/transpose.ts";
import { acos, asin, atan, atan2, cos, cosh, sin, sinh, tan } from "../../../src/ops/trigonometry.ts";
import { std, variance } from "../../../src/ops/variance.ts";
import { where } from "../../../src/ops/where.ts";
import { broadcastShape } from "../../../src/tensor/broadcast.ts";
import { argument, constant, type Expression, expressionOf, input } from "../../../src/tensor/expression.ts";
import { isSameShape } from "../../../src/tensor/layout.ts";
import type { Tensor } from "../../../src/tensor/tensor.ts";
import type { DType, FloatType } from "../../../src/wasm/dtype.ts";
import type { Draw } from "../draw.ts";
import type { Arena, Region } from "./arena.ts";
import { drawImages, imageStep } from "./image_draw.ts";

type Floats = Expression<FloatType>;
// biome-ignore lint/suspicious/noExplicitAny: every operation takes tensors as it takes expressions
type Any = any;

/** A step that can also be taken at once: the same functions on tensors. */
export type Step = {
  readonly text: string;
  readonly result: Floats;
  readonly operands: readonly Floats[];
  /** Undefined where tensors have another function, or none. */
  readonly atOnce: ((...operands: Any[]) => Any) | undefined;
};

const UNARY: Readonly<Record<string, (x: Any) => Any>> = {
  ...{ exp, log, sqrt, sigmoid, tanh, relu, softplus, neg, square, gelu },
  ...{
    abs,
    sign,
    floor,
    ceil,
    trunc,
    round,
    sin,
    cos,
    tan,
    asin,
    acos,
    atan,
    sinh,
    cosh,
    expm1,
    log1p,
    log2,
    log10,
    erf,
  },
  ...{ reciprocal, rsqrt, silu, selu, relu6, hardSigmoid, hardSwish, mish, elu },
  ...{ logicalNot: comparison.logicalNot, isNaN: comparison.isNaN, isFinite: comparison.isFinite },
  clip: (x) => clip(x, -1, 2),
  exactGelu: (x) => gelu(x, { approximate: "none" }),
  leakyRelu: (x) => leakyRelu(x, { slope: 0.25 }),
  cube: (x) => pow(x, 3),
  root: (x) => pow(x, 0.5),
};
const { less, lessEqual, notEqual, logicalAnd, logicalOr } = comparison;
const ACTIVATIONS = ["none", "sigmoid", "tanh", "relu"] as const;
const BINARY = {
  ...{ add, sub, mul, div, maximum, minimum, greater, greaterEqual, equal, keep, drop },
  ...{ less, lessEqual, notEqual, logicalAnd, logicalOr, mod, floorDiv, atan2, pow },
};
const FOLDS = {
  ...{ sum, mean, max, min, prod, any, all, logSumExp, variance, std, norm },
  unbiased: (x: Any, options: object) => variance(x, { ...options, correction: 1 }),
  sizes: (x: Any, options: object) => norm(x, { ...options, order: 1 }),
  largest: (x: Any, options: object) => norm(x, { ...options, order: Number.POSITIVE_INFINITY }),
};
/** Along an axis, as many elements. Indices become floats. */
const ALONG: Readonly<Record<string, (x: Any, options: object) => Any>> = {
  ...{ cumsum, cumprod, softmax, logSoftmax, sort },
  descending: (x, options) => sort(x, { ...options, descending: true }),
  argSort: (x, options) => asFloats(argSort(x, options), x),
  argmax: (x, options) => asFloats(argmax(x, options), x),
  argmin: (x, options) => asFloats(argmin(x, options), x),
};
const NUMBERS = [1, 1, 0, -0, -1, 2, 0.5, -4];
const SPECIAL = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1e-40, 1e30, -1e30];
const MOST_ELEMENTS = 200;

export class GraphDraw {
  readonly #draw: Draw;
  readonly #arena: Arena;
  readonly dtype: FloatType;
  /** Leaves and steps, of the graph's float type. */
  readonly values: Floats[] = [];
  /** Rows that are mostly zero. */
  readonly sparse: Expression[] = [];
  readonly steps: Step[] = [];
  /** Tensors among the leaves, of every dtype. */
  readonly tensors: Tensor[] = [];
  readonly inputs: { readonly leaf: Expression; readonly values: readonly (readonly number[])[] }[] = [];
  readonly arguments: { readonly leaf: Expression; readonly tensors: readonly Tensor[] }[] = [];
  readonly texts: string[] = [];
  readonly #isWild: boolean;
  readonly #isWhole: boolean;
  /** Whether half of the steps are on images. */
  readonly #isOfImages: boolean;

  constructor(draw: Draw, arena: Arena) {
    this.#draw = draw;
    this.#arena = arena;
    this.dtype = draw.pick(["float32", "float64"]);
    this.#isWhole = draw.chance(0.5);
    this.#isWild = draw.chance(0.1);
    this.#isOfImages = draw.chance(0.35);
    const count = draw.between(1, 4);
    for (let i = 0; i < count; i++) this.#leaf();
    if (this.values.length === 0) this.#leaf([]); // the arena had no room for the others
    if (draw.chance(0.25)) this.#rows();
  }

  /** One more operation on what there is. */
  step(): Floats | undefined {
    const draw = this.#draw;
    const x = this.any();
    if (this.#isOfImages && draw.chance(0.5)) {
      if (draw.chance(0.1)) this.differentiate();
      return this.#imaged(x);
    }
    const [rank, n] = [x.shape.length, x.shape.at(-1) ?? 1];
    const choice = draw.below(30);
    if (choice < 3) return this.#unary(x);
    if (choice < 7) return this.#binary(x);
    if (choice < 9) return this.#number(x);
    if (choice === 9) return this.#reduced(x);
    if (choice === 10) return this.#where(x);
    if (choice === 11) return this.#joined(x);
    if (choice === 12) return this.#moved(x);
    if (choice === 13) return this.#repeated(x);
    if (choice === 14 && rank > 0) return this.#gathered(x);
    if (choice === 15) return this.#dropped(x);
    if (choice === 16 && this.sparse.length > 0) return this.#sparseProduct();
    if (rank === 2 && n > 0 && choice < 19) return this.#layer(x);
    if (rank === 2 && choice < 21) return this.#product(x);
    if (rank === 2 && n > 0 && x.size > 0 && choice === 21) return this.#loss(x);
    if (choice === 24) return this.#arranged(x);
    if (choice === 25 && rank > 0) return this.#along(x);
    if (choice === 26 && rank > 0 && x.size > 0) return this.#picked(x);
    if (choice === 27) return this.#productOfAny(x);
    if (choice === 28) return this.#parted(x);
    if (choice === 29) return this.#reduced(x);
    if (rank === 2 && n > 0) {
      const f = draw.pick([softmax, logSoftmax]);
      return this.#take(f === softmax ? "softmax" : "logSoftmax", f as Any, [x]);
    }
    return this.#binary(x);
  }

  /** Gradients of something by some leaves or steps. */
  differentiate(): void {
    const draw = this.#draw;
    const last = this.#isOfImages && draw.chance(0.5) ? this.values.filter(isOfImages).at(-1) : undefined;
    const x = last ?? this.any();
    const weighted = draw.chance(0.5) && x.shape.length > 0 ? mul(x, x) : x;
    const loss = x.shape.length === 0 ? x : draw.chance(0.5) ? sum(weighted) : mean(weighted);
    // What it is computed from, and of that more often the leaves.
    const order = new Set<Expression>(draw.chance(0.6) ? orderOf([x]) : []);
    const behind = this.values.filter((value) => value !== x && order.has(value));
    const leaves = behind.filter(({ source }) => source.kind !== "applied");
    const those = leaves.length > 0 && draw.chance(0.7) ? leaves : behind;
    const of = those.length > 0 ? () => draw.pick(those) : () => this.any();
    const wrt = Array.from({ length: draw.between(1, 3) }, of);
    this.texts.push(`gradients of ${this.#name(x)} by ${wrt.map((each) => this.#name(each))}`);
    for (const gradient of gradientsOf(loss, wrt)) this.values.push(gradient);
  }

  /** A product or a sum of columns: what a step of descent becomes one instruction with. */
  gradientLike(): Floats | undefined {
    const x = this.any();
    if (x.shape.length !== 2) return undefined;
    if (this.#draw.chance(0.5)) return this.#product(x);
    return this.#take("sum over 0", (value) => sum(value, { axes: [0] }), [x]);
  }

  /** A value, more often a late one. */
  any(): Floats {
    const draw = this.#draw;
    const from = draw.chance(0.5) ? Math.max(0, this.values.length - 4) : 0;
    return this.values[draw.between(from, this.values.length - 1)] as Floats;
  }

  /** A tensor with random elements; undefined where the arena is full. */
  tensor(dtype: DType, shape: readonly number[], below?: number): Tensor | undefined {
    const region = this.#arena.room(dtype, shape, this.#draw.below(4));
    if (region === undefined) return undefined;
    const made = this.#arena.tensor(region);
    for (let i = 0; i < made.size; i++) made.data[i] = below === undefined ? this.#element() : this.#draw.below(below);
    this.tensors.push(made);
    return made;
  }

  #leaf(shape: readonly number[] = this.#shape()): Floats | undefined {
    const draw = this.#draw;
    const size = shape.reduce((product, each) => product * each, 1);
    const kind = draw.below(10);
    const name = `l${this.values.length}`;
    let leaf: Expression | undefined;
    if (kind === 0) leaf = constant(this.#arena.engine, draw.pick(NUMBERS), this.dtype);
    else if (kind < 3) {
      leaf = input(this.#arena.engine, shape, { name, dtype: this.dtype });
      const values = () => Array.from({ length: size }, () => this.#element());
      this.inputs.push({ leaf, values: [values(), values()] });
    } else if (kind === 3) {
      const [first, second] = [this.tensor(this.dtype, shape), this.tensor(this.dtype, shape)];
      if (first === undefined || second === undefined) return undefined;
      leaf = argument(this.#arena.engine, { dtype: this.dtype, shape }, name);
      this.arguments.push({ leaf, tensors: [first, draw.chance(0.5) ? first : second] });
    } else {
      const tensor = kind === 4 ? this.#part(shape) : this.tensor(this.dtype, shape);
      if (tensor === undefined) return undefined;
      leaf = expressionOf(tensor);
    }
    this.texts.push(`${name}: ${leaf.source.kind} [${leaf.shape}]`);
    this.values.push(leaf as Floats);
    return leaf as Floats;
  }

  /** A tensor upon another one, where there is one that is large enough. */
  #part(shape: readonly number[]): Tensor | undefined {
    const size = shape.reduce((product, each) => product * each, 1);
    const owners = this.tensors.filter((tensor) => tensor.dtype === this.dtype && tensor.size >= size);
    if (owners.length === 0) return this.tensor(this.dtype, shape);
    const { start, dtype, shape: whole } = this.#arena.regionOf(this.#draw.pick(owners));
    const room = whole.reduce((product, each) => product * each, 1) - size;
    const part = this.#arena.tensor({ dtype, shape, start: start + this.#draw.between(0, room) } satisfies Region);
    this.tensors.push(part);
    return part;
  }

  /** Sparse rows, from bytes in the arena, gathered by indices; and the same bytes as dense rows. */
  #rows(): void {
    const draw = this.#draw;
    const [m, k, rows] = [draw.between(1, 4), draw.between(1, 5), draw.between(1, 4)];
    const [bytes, order] = [this.tensor("uint8", [rows, k], 3), this.tensor("int32", [m], rows)];
    if (bytes === undefined || order === undefined) return;
    const options = { dtype: this.dtype, scale: draw.pick([1, 0.5, 1 / 255]) };
    const indices = expressionOf(order) as Expression<"int32">;
    const leaf = expressionOf(bytes) as Expression<"uint8">;
    this.texts.push(`rows ${m} of [${rows}, ${k}]`);
    this.sparse.push(batchOf(compressed(leaf), indices, options));
    this.values.push(batchOf(leaf, indices, options));
  }

  #unary(x: Floats): Floats | undefined {
    const name = this.#draw.pick(Object.keys(UNARY));
    return this.#take(name, UNARY[name] as Any, [x]);
  }

  #binary(x: Floats): Floats | undefined {
    const name = this.#draw.pick(Object.keys(BINARY) as (keyof typeof BINARY)[]);
    if (this.#draw.chance(0.03)) {
      const slopes = this.values.filter(({ shape }) => isSameShape(broadcastShape(x.shape, shape) ?? [-1], x.shape));
      return this.#take("prelu", prelu as Any, [x, this.#draw.pick(slopes)]);
    }
    const fits = this.values.filter(({ shape }) => {
      const both = broadcastShape(x.shape, shape);
      return both !== undefined && both.reduce((product, each) => product * each, 1) <= MOST_ELEMENTS;
    });
    const y = fits.length > 0 ? this.#draw.pick(fits) : x;
    return this.#take(name, BINARY[name], this.#draw.chance(0.5) ? [x, y] : [y, x]);
  }

  #number(x: Floats): Floats | undefined {
    const [name, number] = [this.#draw.pick(["add", "mul", "sub", "maximum"] as const), this.#draw.pick(NUMBERS)];
    const f = BINARY[name] as Any;
    if (this.#draw.chance(0.5)) return this.#take(`${name} ${number}`, (value) => f(value, number), [x]);
    return this.#take(`${number} ${name}`, (value) => f(number, value), [x]);
  }

  #reduced(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const name = draw.chance(0.4) ? draw.pick(["sum", "mean", "max"] as const) : draw.pick(keysOf(FOLDS));
    const f = FOLDS[name] as (value: Any, options: object) => Any;
    const axes = [...x.shape.keys()].filter(() => draw.chance(0.5));
    const keepAxes = draw.chance(0.5);
    return this.#take(`${name} over ${axes}`, (value) => f(value, { axes, keepAxes }), [x]);
  }

  /** The elements in another order, some of them more than once. */
  #arranged(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const rank = x.shape.length;
    const axis = rank === 0 ? undefined : draw.between(-rank, rank - 1);
    const along = axis === undefined || draw.chance(0.3) ? {} : { axis };
    switch (draw.below(8)) {
      case 0: {
        const axes = [...x.shape.keys()].filter(() => draw.chance(0.5));
        return this.#take(`flip ${axes}`, (value) => flip(value, { axes }), [x]);
      }
      case 1: {
        const shift = draw.between(-5, 5);
        return this.#take(`roll ${shift}`, (value) => roll(value, shift, along), [x]);
      }
      case 2: {
        const repeats = draw.between(0, 3);
        return this.#take(`repeat ${repeats}`, (value) => repeat(value, repeats, along), [x]);
      }
      case 3: {
        const reps = Array.from({ length: draw.below(3) }, () => draw.between(1, 2));
        return this.#take(`tile ${reps}`, (value) => tile(value, reps), [x]);
      }
      case 4: {
        const modes = x.size > 0 ? (["constant", "edge", "reflect"] as const) : (["constant"] as const);
        const [mode, widths] = [draw.pick(modes), x.shape.map(() => [draw.below(3), draw.below(3)] as const)];
        return this.#take(`pad ${mode} ${widths.join()}`, (value) => pad(value, widths, { mode }), [x]);
      }
      case 5: {
        const axes = [...x.shape.keys()];
        for (let i = axes.length - 1; i > 0; i--) axes.push(...axes.splice(draw.below(i + 1), 1));
        return this.#take(`transpose ${axes}`, (value) => transpose(value, { axes }), [x]);
      }
      case 6: {
        const ranges = x.shape.map(() => draw.pick([":", "1:", ":-1", "::-1", "::2", "-2::-2", ":0"]));
        const indices = draw.chance(0.2) ? ["newaxis", ...ranges] : ranges;
        return this.#take(`slice ${indices}`, (value) => slice(value, indices.join() || "..."), [x]);
      }
      default:
        if (draw.chance(0.5)) return this.#take("squeeze", (value) => squeeze(value), [x]);
        return this.#take(`expandDims at ${axis ?? 0}`, (value) => expandDims(value, { axis: axis ?? 0 }), [x]);
    }
  }

  #along(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const axis = draw.between(-x.shape.length, x.shape.length - 1);
    const extent = x.shape.at(axis) ?? 0;
    if (extent === 0) return this.#unary(x);
    if (draw.chance(0.2)) {
      const k = draw.between(0, extent);
      const largest = draw.chance(0.5);
      return this.#take(`topK ${k} at ${axis}`, (value) => topValues(value, k, { axis, largest }), [x]);
    }
    if (draw.chance(0.1) && x.shape.length === 1) {
      const values = this.any();
      return this.#take("searchSorted", (a, b) => asFloats(searchSorted(a, b), a), [x, values]);
    }
    const name = draw.pick(keysOf(ALONG));
    return this.#take(`${name} at ${axis}`, (value) => (ALONG[name] as Any)(value, { axis }), [x]);
  }

  /** Elements by indices, and others in their place. */
  #picked(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const { shape } = x;
    const axis = draw.below(shape.length);
    const extent = shape[axis] ?? 0;
    const isEach = draw.chance(0.25);
    const byRows = !isEach && draw.chance(0.25);
    const of = isEach
      ? shape.map((each, at) => (at === axis ? draw.below(4) : each))
      : Array.from({ length: draw.below(3) }, () => draw.between(0, 3));
    const indices = this.tensor("int32", byRows ? [...of, 1] : of, byRows ? (shape[0] ?? 1) : extent);
    if (indices === undefined) return undefined;
    const rows = indices as Tensor<"int32">;
    if (isEach) return this.#take(`takeAlongAxis ${axis}`, (value) => takeAlongAxis(value, rows, { axis }), [x]);
    if (byRows) return this.#take("gatherND", (value) => gatherND(value, rows), [x]);
    if (draw.chance(0.4)) return this.#take(`gather at ${axis}`, (value) => gather(value, rows, { axis }), [x]);
    const values = this.#leaf([...shape.slice(0, axis), ...of, ...shape.slice(axis + 1)]);
    const isLike = values !== undefined && values.size === (x.size / extent) * indices.size && values.shape.length > 0;
    if (!isLike || !isSameShape(values.shape, [...shape.slice(0, axis), ...of, ...shape.slice(axis + 1)]))
      return undefined;
    const [name, f] = draw.pick([["scatter", scatter as Any] as const, ["scatterAdd", scatterAdd as Any] as const]);
    return this.#take(`${name} at ${axis}`, (a, b) => f(a, rows, b, { axis }), [x, values]);
  }

  /** Products of operands of any rank. */
  #productOfAny(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const k = x.shape.at(-1);
    const y = this.any();
    if (k === undefined || draw.chance(0.3)) {
      return x.size * y.size > MOST_ELEMENTS ? undefined : this.#take("outer", outer as Any, [x, y]);
    }
    const fits = this.values.filter(({ shape }) => (shape.length === 1 ? shape[0] : shape.at(-2)) === k);
    if (fits.length === 0) return undefined;
    const other = draw.pick(fits);
    if (draw.chance(0.5) && x.size * other.size <= k * k * MOST_ELEMENTS)
      return this.#take("dot", dot as Any, [x, other]);
    const both = broadcastShape(x.shape.slice(0, -2), other.shape.slice(0, -2));
    if (both === undefined || x.size * other.size > MOST_ELEMENTS * MOST_ELEMENTS) return undefined;
    return this.#take("matmul", (a, b) => matmul(a, b), [x, other]);
  }

  /** Several of one shape together, or one of several parts. */
  #parted(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const rank = x.shape.length;
    if (rank === 0 || draw.chance(0.4)) {
      const y = draw.pick(this.values.filter(({ shape }) => isSameShape(shape, x.shape)));
      const axis = draw.between(-rank - 1, rank);
      return this.#take(`stack at ${axis}`, (a, b) => stack([a, b], { axis }), [x, y]);
    }
    const axis = draw.between(-rank, rank - 1);
    const extent = x.shape.at(axis) ?? 0;
    if (draw.chance(0.5) && extent > 0) {
      const which = draw.below(extent);
      return this.#take(`unstack ${which} at ${axis}`, (value) => only(which, unstack(value, { axis })), [x]);
    }
    const sections = draw.between(1, 3);
    const which = draw.below(sections);
    return this.#take(`tensorSplit ${sections}`, (value) => only(which, tensorSplit(value, sections, { axis })), [x]);
  }

  #where(x: Floats): Floats | undefined {
    const condition = this.#draw.pick(this.values.filter(({ shape }) => isSameShape(shape, x.shape)));
    const number = this.#draw.pick(NUMBERS);
    const isLeft = this.#draw.chance(0.5);
    return this.#take(`where ${number}`, (c, value) => (isLeft ? where(c, number, value) : where(c, value, number)), [
      condition,
      x,
    ]);
  }

  #joined(x: Floats): Floats | undefined {
    const draw = this.#draw;
    if (x.shape.length === 0) return this.#repeated(x);
    const axis = draw.below(x.shape.length);
    const extent = x.shape[axis] ?? 0;
    if (draw.chance(0.5) && x.size * 2 <= MOST_ELEMENTS) {
      const y = draw.pick(this.values.filter(({ shape }) => isSameShape(shape, x.shape)));
      return this.#take(`concat at ${axis}`, (a, b) => concat([a, b], { axis }), [x, y]);
    }
    const start = draw.between(0, extent);
    const end = draw.between(start, extent);
    return this.#take(`slice ${start}..${end} at ${axis}`, (value) => slice(value, start, end, { axis }), [x]);
  }

  #moved(x: Floats): Floats | undefined {
    const draw = this.#draw;
    if (x.shape.length === 2 && draw.chance(0.5)) return this.#take("transpose", transpose as Any, [x]);
    const shape = draw.pick([[x.size], [1, ...x.shape], [...x.shape, 1], [...x.shape].reverse(), [x.size, 1]]);
    return this.#take(`reshape ${shape}`, (value) => reshape(value, shape), [x]);
  }

  #repeated(x: Floats): Floats | undefined {
    const extent = this.#draw.between(1, 3);
    const shape = [extent, ...x.shape.map((each) => (each === 1 ? this.#draw.between(1, 3) : each))];
    if (shape.length > 5 || shape.reduce((product, each) => product * each, 1) > MOST_ELEMENTS) return undefined;
    return this.#take(`broadcastTo ${shape}`, (value) => broadcastTo(value, shape), [x]);
  }

  #gathered(x: Floats): Floats | undefined {
    const [rows = 0] = x.shape;
    if (rows === 0) return this.#unary(x);
    const indices = this.tensor("int32", [this.#draw.between(0, 4)], rows);
    if (indices === undefined) return undefined;
    return this.#take("gather", (value) => gather(value, indices as Tensor<"int32">), [x]);
  }

  #dropped(x: Floats): Floats | undefined {
    const counter = this.tensor("int32", [2], 100);
    if (counter === undefined) return undefined;
    const rate = this.#draw.pick([0, 0.25, 0.5]);
    return this.#take("dropout", (value) => dropout(value, counter as Tensor<"int32">, { rate }), [x]);
  }

  #product(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const sides = { none: [1, 0], a: [0, 0], b: [1, 1], both: [0, 1] } as const;
    const turn = draw.pick(Object.keys(sides) as (keyof typeof sides)[]);
    const [own, other] = sides[turn];
    const fits = this.values.filter(({ shape }) => shape.length === 2 && shape[other] === x.shape[own]);
    const alpha = draw.pick([1, 1, 2, -0.5]);
    if (fits.length === 0) return this.#take("xxᵀ", (a, b) => matmul(a, b, { transpose: "b" }), [x, x]);
    return this.#take(`matmul ${turn}`, (a, b) => matmul(a, b, { transpose: turn, alpha }), [x, draw.pick(fits)]);
  }

  /** A layer: fused where nothing else reads its product. */
  #layer(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const [, k = 0] = x.shape;
    const fits = this.values.filter(({ shape }) => shape.length === 2 && shape[0] === k && (shape[1] ?? 0) > 0);
    const w = fits.length > 0 && draw.chance(0.5) ? draw.pick(fits) : this.#leaf([k, draw.between(1, 5)]);
    if (w === undefined || w.shape.length !== 2) return undefined;
    const biases = this.values.filter(({ shape }) => isSameShape(shape, [w.shape[1] ?? 0]));
    const b = biases.length > 0 && draw.chance(0.5) ? draw.pick(biases) : this.#leaf([w.shape[1] ?? 0]);
    if (b === undefined || b.shape.length !== 1) return undefined;
    const activation = draw.pick(ACTIVATIONS);
    return this.#take(
      `affine ${activation}`,
      (...of) => affine(of[0], of[1], of[2], { activation }),
      [x, w, b],
      "only later",
    );
  }

  #sparseProduct(): Floats | undefined {
    const draw = this.#draw;
    const rows = draw.pick(this.sparse) as Floats;
    const [m = 0, k = 0] = rows.shape;
    const isTurned = draw.chance(0.4);
    const fits = this.values.filter(({ shape }) => shape.length === 2 && shape[0] === (isTurned ? m : k));
    const w = fits.length > 0 ? draw.pick(fits) : this.#leaf([isTurned ? m : k, draw.between(1, 4)]);
    if (w === undefined || w.shape.length !== 2) return undefined;
    const options = { transpose: isTurned ? ("a" as const) : ("none" as const) };
    const product = this.#take("sparse matmul", (a, b) => matmul(a, b, options), [rows, w], "only later");
    const bias = draw.chance(0.5) && product !== undefined ? this.#leaf([product.shape[1] ?? 0]) : undefined;
    if (product === undefined || bias?.shape.length !== 1) return product;
    const layer = this.#take("add", add, [product, bias]);
    return layer !== undefined && draw.chance(0.5) ? this.#unary(layer) : layer;
  }

  /** A step on images: on x, if these are some. */
  #imaged(x: Floats): Floats | undefined {
    const draw = this.#draw;
    const images = this.values.filter(isOfImages);
    const last = draw.chance(0.6) ? images.at(-1) : undefined;
    const others = images.length > 0 && draw.chance(0.8) ? draw.pick(images.slice(-3)) : this.#leaf(drawImages(draw));
    const given = last ?? (isOfImages(x) ? x : others);
    if (given === undefined || !isOfImages(given)) return undefined;
    return imageStep(draw, given, {
      take: (text, f, operands, most) => this.#take(text, f, operands, "at once as well", most),
      operand: (shape) => {
        const alike = this.values.filter((value) => isSameShape(value.shape, shape));
        const operand = alike.length > 0 && draw.chance(0.5) ? draw.pick(alike) : this.#leaf(shape);
        return operand !== undefined && isSameShape(operand.shape, shape) ? operand : undefined;
      },
    });
  }

  #loss(z: Floats): Floats | undefined {
    const draw = this.#draw;
    const [m = 0, n = 0] = z.shape;
    const choice = draw.below(5);
    const same = draw.chance(0.2) ? z : draw.pick(this.values.filter(({ shape }) => isSameShape(shape, z.shape)));
    if (choice === 0) return this.#take("squaredError", squaredError as Any, [z, same], "only later");
    if (choice === 4) return this.#take("meanSquaredError", meanSquaredError as Any, [z, same], "only later");
    if (choice === 1)
      return this.#take("binaryCrossEntropy", binaryCrossEntropyWithLogits as Any, [z, same], "only later");
    const labels = choice === 2 ? this.tensor("int32", [m], n) : undefined;
    const targets = labels ?? same;
    const f = (of: Any) => softmaxCrossEntropy(of, targets as Any);
    const loss = this.#take("softmaxCrossEntropy", f, [z], "only later");
    if (loss !== undefined && draw.chance(0.6)) this.values.push(...gradientsOf(loss, [z, this.any()]));
    return loss;
  }

  #take(
    text: string,
    f: (...operands: Any[]) => Any,
    operands: readonly Floats[],
    when: "at once as well" | "only later" = "at once as well",
    most = 4 * MOST_ELEMENTS,
  ): Floats | undefined {
    const result = f(...operands) as Floats;
    if (result.size > most) return undefined;
    const atOnce = when === "only later" ? undefined : f;
    this.texts.push(
      `v${this.values.length} = ${text} of ${operands.map((each) => this.#name(each))} [${result.shape}]`,
    );
    this.values.push(result);
    this.steps.push({ text, result, operands, atOnce });
    return result;
  }

  #name(value: Floats): string {
    const at = this.values.indexOf(value);
    return at < 0 ? "rows" : `v${at}`;
  }

  #element(): number {
    const draw = this.#draw;
    if (this.#isWild && draw.chance(0.1)) return draw.pick(SPECIAL);
    return this.#isWhole ? draw.between(-3, 3) : (draw.bits() / 2 ** 32 - 0.5) * 4;
  }

  #shape(): readonly number[] {
    const draw = this.#draw;
    const rank = draw.pick([2, 2, 2, 1, 1, 0, 3]);
    return Array.from({ length: rank }, () => (draw.chance(0.95) ? draw.between(1, 5) : draw.pick([0, 9, 17])));
  }
}

function isOfImages({ shape }: Floats): boolean {
  const [n = 0, h = 0, w = 0, c = 0] = shape;
  return shape.length === 4 && n < 9 && h > 0 && w > 0 && c > 0;
}

function keysOf<T extends object>(table: T): (keyof T)[] {
  return Object.keys(table) as (keyof T)[];
}

/** Indices as numbers of x's type. */
function asFloats(indices: Any, x: Any): Any {
  const floats = cast(indices, x.dtype);
  indices.dispose();
  return floats;
}

function topValues(x: Any, k: number, options: object): Any {
  const { values, indices } = topK(x, k, options) as Any;
  indices.dispose();
  return values;
}

/** One of several; the others are not needed. */
function only(which: number, parts: readonly Any[]): Any {
  for (const [i, part] of parts.entries()) if (i !== which) part.dispose();
  return parts[which];
}
