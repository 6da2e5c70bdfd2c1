/**
 * A drawn call of any kernel, from its row of the table: sizes around the seams of the SIMD code, strides, scalars, and operands
 * as large as the row says, some of them the same where it allows that.
 */
import { start } from "../../src/reference/index.ts";
import { ABI, ACTIVATION, BINARY, type Heap, REDUCE, UNARY } from "../../src/wasm/abi.ts";
import { bytesPerElement, type DType, type FloatType, viewOf } from "../../src/wasm/dtype.ts";
import {
  type Elements,
  extentsOf,
  type OperandRole,
  type Parameter,
  type Signature,
  type Size,
  signatures,
} from "../../src/wasm/signature.ts";
import { draws } from "../support/floats.ts";

/** What a kernel may do with a byte of an operand. */
export const READ = 0;
export const WRITTEN = 1;
export const ANYTHING = 2;

export type Operand = {
  readonly name: string;
  readonly dtype: DType | "scratch";
  /** Its bytes, and behind them, of some inputs, one more row: a kernel that reads it shows. */
  readonly content: Uint8Array<ArrayBuffer>;
  readonly bytes: number;
  /** Of its address, where that is not an element's or scratch's. */
  readonly alignment?: number;
  /** `out`: what it holds before the call makes no difference. */
  access: "in" | "out" | "inout";
  /** For each of its bytes READ (also what lies between rows), WRITTEN or ANYTHING. */
  uses: Uint8Array;
};

export type Drawn = {
  readonly signature: Signature;
  readonly args: readonly (number | Operand)[];
  /** The arguments of the same call without an operand that is another, where this one has such. */
  readonly apart?: readonly (number | Operand)[] | undefined;
};

export type Wishes = {
  /** How floats are drawn: `tame` ones are normal and small, among `wild` ones is everything that is hard. */
  readonly how?: "tame" | "wild";
  /** Sizes that are not drawn, of those that the kernel is given. */
  readonly sizeOf?: (name: string) => number | undefined;
  /** Whether inputs go on for one row more than is asked for. */
  readonly isLonger?: boolean;
};

/** Numbers that are hard for a kernel. */
export const HARD: { readonly [D in FloatType]: readonly number[] } = {
  float32: [
    ...[0, -0, Infinity, -Infinity, Number.NaN],
    ...[2 ** -149, -(2 ** -149), 2 ** -126, 3.4028234663852886e38, 1, -1, 88.8],
  ],
  float64: [
    ...[0, -0, Infinity, -Infinity, Number.NaN],
    ...[2 ** -1074, -(2 ** -1074), 2 ** -1022, Number.MAX_VALUE, 1, -1, 709.9],
  ],
};

/** Kernels that are called with operands or sizes; the heap has tests of its own. */
export const KERNELS: readonly Signature[] = [...signatures().values()].filter(({ name }) => {
  return !(["alloc", "free", "shortage"] satisfies (keyof Heap)[]).some((other) => other === name);
});

/** Around lanes, pairs and fours of vectors, and the strips of sparse products. */
const SIZES: readonly number[] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 15, 16, 17, 23, 24, 25, 31, 32, 33, 47, 48, 49, 51, 52, 53, 55, 63, 64, 65,
];
const LONG: readonly number[] = [...SIZES, 95, 96, 100, 103, 104, 105, 127, 128, 129, 200, 255, 256, 257, 784, 1000];
const ROWS: readonly number[] = [0, 1, 2, 3, 4, 5, 7, 8, 31, 32, 33, 40, 64, 65, 100];
/** Columns of softmax, 0 where its row allows that: short rows, and those that make blocks of 2048 elements of few rows or one. */
const CLASSES = { n: [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 33, 100, 683, 1024, 1025, 2047, 2048, 2049, 3000] };

/** Windows over small images, and beside them; channels around lanes, panels and cuts of sums; several images in a block. */
const WINDOWS = {
  ...{ n: [0, 1, 1, 1, 1, 2, 2, 3, 3, 20], h: [0, 1, 2, 3, 3, 4, 4, 5, 6, 7], w: [0, 1, 2, 3, 3, 4, 5, 6, 7, 9] },
  ...{ c: [0, 1, 1, 1, 2, 3, 4, 4, 5, 8, 16, 33, 70], groups: [0, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 3] },
  ...{ oh: [0, 1, 2, 3, 3, 4, 4, 5, 6, 7, 18], ow: [0, 1, 2, 3, 4, 4, 5, 6, 7, 8, 17] },
  ...{ oc: [0, 1, 2, 3, 4, 5, 7, 8, 9, 12, 13, 15, 16, 17, 20, 24, 30, 31, 32, 33, 300] },
  ...{ kh: [0, 1, 1, 2, 2, 3, 3, 3, 3, 5], kw: [0, 1, 1, 2, 3, 3, 3, 3, 4, 5], sh: [1, 1, 2, 3], sw: [1, 1, 2, 3] },
  ...{ dh: [1, 1, 1, 2], dw: [1, 1, 2, 3], top: [0, 0, 1, 1, 2, 5], left: [0, 0, 1, 1, 2, 5] },
  taps: [0, 1, 2, 3, 4, 5, 9, 25, 40],
};
/** Of these, a convolution does no more where they are larger. */
const ASIDE: ReadonlySet<Size> = new Set(["h", "w", "sh", "sw", "dh", "dw", "top", "left", "taps"]);
/** Windows over images: any, also beyond the image; more often those of kernels of 3 by 3. */
const POOLS = {
  ...{ n: [0, 1, 1, 2], h: [0, 1, 2, 3, 4, 5, 7], w: [0, 1, 2, 3, 4, 5, 6, 9], c: SIZES },
  ...{ kh: [0, 1, 2, 3, 3, 4, 5], kw: [0, 1, 2, 3, 3, 4, 5], oh: [0, 1, 2, 3, 5], ow: [0, 1, 2, 3, 4, 5, 6, 9] },
  ...{
    sh: [1, 1, 2, 3],
    sw: [1, 1, 2, 3],
    dh: [1, 1, 2, 3],
    dw: [1, 1, 2, 3],
    top: [0, 1, 1, 2, 5],
    left: [0, 1, 1, 2, 5],
  },
};

/** Sizes of matrices that are factored by halves, leaves of 8. */
const HALVED = [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 24, 25, 33, 64, 65, 100, 130];

/** Where a kernel has seams of its own; the last size of the others is one of LONG, the others are of ROWS. */
const SEAMS: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  ...Object.fromEntries(convolutions().map((name) => [name, WINDOWS])),
  // Around MR and MC; NR, its double and NC; KC of both types.
  gemm: {
    m: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 16, 50, 127, 128, 129, 131],
    n: [0, 1, 2, 3, 4, 5, 7, 8, 9, 10, 12, 15, 16, 17, 24, 31, 32, 33, 50, 100, 767, 768, 769, 776],
    k: [0, 1, 2, 3, 4, 5, 7, 8, 31, 64, 100, 191, 192, 193, 255, 256, 257, 383, 384, 385, 511, 512, 513, 784],
  },
  batchedGemm: { d0: [0, 1, 2], d1: [0, 1, 1, 3], m: ROWS, n: ROWS, k: ROWS },
  // Around halves.
  lu: { count: [0, 1, 2], n: HALVED },
  cholesky: { count: [0, 1, 2], n: HALVED },
  solveTriangular: { count: [0, 1, 2], n: HALVED, m: ROWS },
  gemmScratch: { m: [...LONG, 2000], n: [...LONG, 767, 768, 769, 2000], k: [...LONG, 385, 513, 2000] },
  binary: { d0: [1, 1, 2], d1: [1, 1, 3], d2: [0, 1, 2, 5], d3: SIZES },
  reduce: { m: [0, 1, 2, 3], k: LONG, n: [...SIZES.map(() => 1), ...SIZES] }, // rows and columns
  softmax: CLASSES,
  crossEntropyScratch: { n: [...CLASSES.n, 10_000] },
  crossEntropyLabels: CLASSES,
  crossEntropyLabelsGradient: CLASSES,
  crossEntropyTargets: CLASSES,
  crossEntropyTargetsGradient: CLASSES,
  meanCrossEntropy: CLASSES,
  argmax: { m: ROWS, k: CLASSES.n, n: [0, 1, 1, 1, 2, 7] },
  transpose: { d0: [0, 1, 1, 2], d1: [0, 1, 1, 3], m: ROWS, n: LONG },
  scan: { m: [0, 1, 2, 3], k: ROWS, n: [...SIZES.map(() => 1), ...SIZES] }, // rows and columns
  countCorrect: CLASSES,
  firstOutOfRange: { m: LONG, bound: [0, 1, 50] },
  ...Object.fromEntries(
    [
      "maxPool",
      "maxPoolGradient",
      "maxPoolPick",
      "avgPool",
      "avgPoolGradient",
      "depthwise",
      "depthwiseWeights",
      "resize",
      "resizeGradient",
    ].map((name) => [name, POOLS]),
  ),
  compressRows: { m: [0, 1, 2, 5], k: LONG },
};

function convolutions(): readonly string[] {
  return ["", "Weights", "Input"].flatMap((of) => [`convolution${of}`, `convolution${of}Scratch`]);
}

/** Sizes that a kernel is not given. */
const FREE: Readonly<Record<string, readonly number[]>> = { rows: [1, 2, 3, 5, 9], k: SIZES, width: SIZES };
/** The most that sizes multiply to, and elements that are drawn. */
const [MOST_PRODUCTS, MOST_ELEMENTS] = [2_000_000, 700_000];
const MOST_LOGITS = 40_000;

const CODES = { ACTIVATION, BINARY, REDUCE, UNARY };

type Content = (call: Call, elements: Elements, length: number) => readonly number[];

/** What is said of an operand by more than its row. */
const CONTENTS: Readonly<Record<string, Content>> = {
  "crossEntropyTargets targets": distributions,
  "crossEntropyTargetsGradient targets": distributions,
  "meanCrossEntropy t": (call, elements, length) => {
    return elements.dtype === "T" ? distributions(call, elements, length) : call.numbers(elements, length);
  },
  /** Most are a column. */
  "countCorrect labels": (call, _, length) => call.integers(length, call.pick([call.value("n"), call.value("n") + 2])),
  /** All, most or few are in range. */
  "firstOutOfRange indices": (call, _, length) => {
    const indices = call.integers(length, call.pick([1, 50, 51, 60]));
    return call.pick([true, false]) ? indices : indices.map((index) => (call.whole(0, 99) === 0 ? -index : index));
  },
};

/** Sizes that follow from what operands hold. */
const COUNTED: Readonly<Record<string, (call: Call) => number>> = {
  "compressRows nonzeros": (call) => call.elementsOf("x").filter((value) => value !== 0).length,
  "gatherSparseRows picked": (call) => {
    const starts = call.elementsOf("starts");
    return call
      .elementsOf("indices")
      .slice(0, call.value("m"))
      .reduce((sum, i) => sum + (starts[i + 1] ?? 0) - (starts[i] ?? 0), 0);
  },
};

const { exports: reference } = start(ABI);

/** The call of a kernel that is drawn from this seed. */
export function drawCall(signature: Signature, seed: number, wishes: Wishes = {}): Drawn {
  return new Call(signature, seed, wishes).drawn();
}

/** An operand with these elements. */
export function operandOf(
  dtype: DType,
  elements: ArrayLike<number>,
  access: "in" | "out" | "inout" = "in",
  name: string = access,
): Operand {
  const bytes = elements.length * bytesPerElement(dtype);
  const content = new Uint8Array(bytes);
  viewOf(dtype, content.buffer, 0, elements.length).set(elements);
  return { name, dtype, content, bytes, access, uses: new Uint8Array(bytes).fill(access === "in" ? READ : WRITTEN) };
}

/** Scratch with nothing in it. */
export function scratchOf(bytes: number): Operand {
  const [content, uses] = [new Uint8Array(bytes), new Uint8Array(bytes).fill(ANYTHING)];
  return { name: "scratch", dtype: "scratch", content, bytes, access: "inout", uses };
}

/** Distributions, one-hot rows, and what is neither. */
function distributions(call: Call, _: Elements, length: number): readonly number[] {
  const n = call.value("n");
  const rows = Array.from({ length: length / n }, () => {
    const kind = call.pick(["one-hot", "uniform", "any"]);
    const hot = call.whole(0, n - 1);
    if (kind === "one-hot") return Array.from({ length: n }, (_, j) => Number(j === hot));
    if (kind === "uniform") return Array.from({ length: n }, () => 1 / n);
    return Array.from({ length: n }, () => Math.abs(call.float("tame")));
  });
  return rows.flat();
}

class Call {
  readonly #signature: Signature;
  readonly #wishes: Wishes;
  readonly #draw: () => number;
  #values = new Map<Size, number>();
  readonly #operands = new Map<string, Operand>();
  readonly #extents = new Map<string, Extents>();
  /** An operand that is another, and that other: as two. */
  readonly #apart = new Map<string, Operand>();
  /** Column numbers of sparse rows, ascending in each. */
  #columns: number[] = [];

  constructor(signature: Signature, seed: number, wishes: Wishes) {
    this.#signature = signature;
    this.#wishes = wishes;
    this.#draw = draws(seed);
  }

  drawn(): Drawn {
    const { parameters } = this.#signature;
    do this.#drawSizes();
    while (!this.#isSmall());
    for (const { name, kind } of parameters) if (kind === "flag") this.#values.set(name, this.whole(0, 1));
    for (const parameter of parameters) if (parameter.kind === "operand") this.#drawStrides(parameter);
    const args = parameters.map((parameter) => this.#argument(parameter));
    const apart = args.map((arg, at) => this.#apart.get(parameters[at]?.name ?? "") ?? arg);
    return { signature: this.#signature, args, apart: this.#apart.size > 0 ? apart : undefined };
  }

  /** An integer from `low` to `high`. */
  whole(low: number, high: number): number {
    return low + Math.floor((high - low + 1) * this.#draw());
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)] as T;
  }

  value(size: Size): number {
    if (typeof size === "number") return size;
    const count = COUNTED[`${this.#signature.row} ${size}`];
    if (count !== undefined && !this.#values.has(size)) this.#values.set(size, count(this));
    const value = this.#values.get(size);
    if (value === undefined) throw new Error(`${this.#signature.row}: nothing says what ${size} is`);
    return value;
  }

  elementsOf(name: string): readonly number[] {
    const { dtype, content, bytes } = this.#operands.get(name)!;
    const type = dtype === "scratch" ? "uint8" : dtype;
    return [...viewOf(type, content.buffer, 0, bytes / bytesPerElement(type))];
  }

  /** Integers from 0 to below `bound`, some more often than by chance 0. */
  integers(length: number, bound: number): number[] {
    return Array.from({ length }, () => (this.#draw() < 0.2 ? 0 : this.whole(0, bound - 1)));
  }

  /** One number, exact in the dtype. */
  float(how: "tame" | "wild", dtype: FloatType = this.#float()): number {
    const draw = this.#draw;
    const round = dtype === "float32" ? Math.fround : (x: number) => x;
    const real = 2 * (draw() + draw() / 2 ** 32) - 1;
    if (how === "tame") return round(4 * real);
    if (draw() < 0.06) return this.pick(HARD[dtype]);
    return round(draw() < 0.2 ? real * 2 ** this.whole(-1074, 1000) : real * 2 ** this.whole(-20, 12));
  }

  /** As the row has it. */
  numbers({ dtype, below, risingTo }: Elements, length: number): readonly number[] {
    if (risingTo !== undefined) return this.#starts(risingTo, length);
    if (dtype === "uint16" && this.#columns.length > 0) {
      return Array.from({ length }, (_, at) => this.#columns[at] ?? this.whole(0, 65535));
    }
    if (below !== undefined) return this.integers(length, this.value(below));
    switch (dtype) {
      case "T":
        return Array.from({ length }, () => this.float(this.#how()));
      case "float64":
        return Array.from({ length }, () => this.pick([0, 0.9, 0.999, 1, 1e-3, 1e-8]));
      case "int32":
        return Array.from({ length }, () => {
          return this.pick([0, 7, -1, 2 ** 31 - 1, this.whole(0, 60), this.whole(-(2 ** 31), 2 ** 31 - 1)]);
        });
      default:
        return this.integers(length, this.pick([1, 2, dtype === "uint8" ? 256 : 65536]));
    }
  }

  #float(): FloatType {
    return this.#signature.dtype ?? "float32";
  }

  #how(): "tame" | "wild" {
    return this.#wishes.how ?? "wild";
  }

  /** Of rows of nonzeros, whose columns are drawn with them; one start more, where that is asked for, is an empty row. */
  #starts(risingTo: Size, length: number): readonly number[] {
    const { parameters } = this.#signature;
    const bounded = parameters.find((other) => other.kind === "operand" && other.dtype === "uint16");
    const bound = bounded?.kind === "operand" ? bounded.below : undefined;
    const columns = bound === undefined ? this.pick(LONG) : this.value(bound);
    const starts = [0];
    for (let i = 1; i < length; i++) {
      const share = this.pick([0, 20, 90]);
      const isBeyond = this.#wishes.isLonger === true && i === length - 1;
      if (!isBeyond) for (let j = 0; j < columns; j++) if (this.whole(0, 99) < share) this.#columns.push(j);
      starts.push(this.#columns.length);
    }
    this.#values.set(risingTo, this.#columns.length);
    return starts;
  }

  #drawSizes(): void {
    const { parameters, row } = this.#signature;
    this.#values = new Map();
    const last = parameters.findLast(({ kind }) => kind === "size")?.name;
    for (const parameter of parameters) {
      const { name } = parameter;
      if (parameter.kind === "size") {
        const pool = SEAMS[row]?.[name] ?? (name === last ? LONG : ROWS);
        const wished = this.#wishes.sizeOf?.(name);
        this.#values.set(
          name,
          Math.min(Math.max(wished ?? this.pick(pool), this.value(parameter.least)), this.value(parameter.most)),
        );
      }
    }
    for (const parameter of parameters) {
      if (parameter.kind !== "operand") continue;
      for (const size of [...parameter.axes.map(({ size }) => size), parameter.below ?? 0]) {
        const pool = FREE[size];
        if (pool === undefined || this.#values.has(size)) continue;
        this.#values.set(size, this.pick(pool));
      }
    }
  }

  #isSmall(): boolean {
    if (this.#signature.row === "gemmScratch") return true;
    const product = [...this.#values].reduce((product, [name, size]) => product * (ASIDE.has(name) ? 1 : size), 1);
    let elements = 0;
    for (const parameter of this.#signature.parameters) {
      if (parameter.kind !== "operand") continue;
      const sizes = parameter.axes.map(({ size, plus }) => (this.#values.get(size) ?? 1) + plus);
      elements += sizes.reduce((product, size) => product * size, 1);
    }
    const isProduct = this.#values.size > 2;
    return product <= MOST_PRODUCTS && elements <= (isProduct ? MOST_ELEMENTS : MOST_LOGITS);
  }

  /** Rows or columns one after the other, dense or with something between them; of an input, an axis may be repeated. */
  #drawStrides({ axes, access }: OperandRole): void {
    if (axes.every(({ stride }) => stride === undefined)) return;
    const roles = axes.map(({ stride }) => this.#signature.parameters.find(({ name }) => name === stride));
    const isFree = roles.every((role) => role?.kind === "stride" && role.least === 0 && role.most === 2 ** 31 - 1);
    const isRepeatable = access === "in" && this.pick([true, false]);
    const inwards = isFree && this.pick([true, false]) ? [...axes.keys()] : [...axes.keys()].reverse();
    let next = isFree ? this.pick([1, 1, 1, 2]) : 1;
    for (const [turn, at] of inwards.entries()) {
      const role = roles[at];
      const { size, plus } = axes[at]!;
      const length = this.value(size) + plus;
      let stride = next;
      if (role?.kind === "stride") {
        const least = this.value(role.least);
        const gap = turn === 0 ? 0 : this.pick([0, 0, 1, 5]);
        stride = isRepeatable && least === 0 && this.pick([true, false]) ? 0 : Math.max(next + gap, least);
        this.#values.set(role.name, stride);
      }
      next = Math.max(next, stride * Math.max(length, 1));
    }
  }

  #argument(parameter: Parameter): number | Operand {
    switch (parameter.kind) {
      case "size":
      case "stride":
      case "flag":
        return this.value(parameter.name);
      case "place":
        return this.pick([0, 0, 1, 2, 5, 9]);
      case "code":
        return this.pick(Object.values(CODES[parameter.constant]));
      case "scalar":
        return this.#scalar(parameter.type);
      case "scratch":
        return this.#scratch(parameter.bytes);
      case "block":
        throw new Error("the heap's blocks are not drawn");
      case "operand":
        if (parameter.isOptional && this.pick([true, false, false])) return 0;
        return this.#place(parameter);
    }
  }

  /** α or β, for the most part, which kernels round to their own type. */
  #scalar(type: "T" | "f64" | "i32" | "u32"): number {
    switch (type) {
      case "T":
      case "f64":
        return this.pick([
          ...[0, 1, 1, -1, -0.1, 1 / 255],
          this.float(this.#how(), type === "T" ? this.#float() : "float64"),
        ]);
      case "i32":
        return this.whole(0, 9);
      case "u32":
        return this.pick([0, 1, 2 ** 30, 2 ** 31, 2 ** 32 - 1]);
    }
  }

  #scratch(bytes: number | readonly [kernel: string, ...sizes: string[]]): Operand {
    if (typeof bytes === "number") return scratchOf(bytes);
    const [kernel, ...sizes] = bytes;
    const prefix = this.#signature.name.slice(0, 1);
    const count = reference[prefix + kernel] as (...sizes: number[]) => number;
    return scratchOf(count(...sizes.map((size) => this.value(size))));
  }

  #place(parameter: Parameter & OperandRole): Operand {
    const { name, access, aliases, otherwise } = parameter;
    const elements = otherwise !== undefined && this.value(otherwise.flag) === 0 ? otherwise.elements : parameter;
    const dtype = elements.dtype === "T" ? this.#float() : elements.dtype;
    const extents = extentsOf(elements, (size) => this.value(size));
    const isEmpty = extents.some(({ size }) => size === 0);
    const length = isEmpty ? 0 : extents.reduce((sum, { size, stride }) => sum + (size - 1) * stride, 1);
    const bytes = (length + elements.more) * bytesPerElement(dtype);

    const uses = new Uint8Array(bytes).fill(access === "in" ? READ : ANYTHING);
    if (access !== "in") markWritten(uses.fill(READ, 0, length * bytesPerElement(dtype)), dtype, extents);

    for (const alias of aliases) {
      const other = this.#operands.get(alias);
      if (other === undefined || !isAlike(this.#extents.get(alias), extents) || this.pick([true, false])) continue;
      this.#apart.set(alias, { ...other });
      this.#apart.set(name, { ...other, name, content: other.content.slice(0, bytes), access, uses });
      other.access = "inout";
      other.uses = uses;
      return other;
    }

    const { size, stride } = elements.axes[0]!;
    const isLonger = this.#wishes.isLonger === true && access === "in" && typeof size === "string" && !stride;
    const behind = isLonger ? (extents[0]?.stride ?? 0) : 0;
    const count = length + elements.more + behind;
    const content = new Uint8Array(count * bytesPerElement(dtype));
    const numbers =
      CONTENTS[`${this.#signature.row} ${name}`]?.(this, elements, count) ?? this.numbers(elements, count);
    viewOf(dtype, content.buffer, 0, count).set(numbers);
    const operand = { name, dtype, content, bytes, access, uses };
    this.#operands.set(name, operand);
    this.#extents.set(name, extents);
    return operand;
  }
}

type Extents = ReturnType<typeof extentsOf>;

/** The same elements at the same distances. */
function isAlike(these: Extents | undefined, those: Extents): boolean {
  return (
    these?.length === those.length &&
    these.every(({ size, stride }, at) => size === those[at]!.size && (size < 2 || stride === those[at]!.stride))
  );
}

/** Marks the elements, and not what lies between them. */
function markWritten(uses: Uint8Array, dtype: DType, extents: Extents): void {
  const bytes = bytesPerElement(dtype);
  const mark = (from: number, [axis, ...inner]: Extents): void => {
    if (axis === undefined) uses.fill(WRITTEN, from, from + bytes);
    else if (inner.length === 0 && axis.stride === 1) uses.fill(WRITTEN, from, from + axis.size * bytes);
    else for (let i = 0; i < axis.size; i++) mark(from + i * axis.stride * bytes, inner);
  };
  mark(0, extents);
}
