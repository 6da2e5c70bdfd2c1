/**
 * Calls of the public functions on tensors, as plain data: which function, and of each argument what it is, where it lies and
 * what is wrong with it. Most arguments nearly fit, because what fits nowhere is refused by the first check.
 */
import type { DType, FloatType } from "../../src/wasm/dtype.ts";
import type { Draw } from "./draw.ts";
import { type Kind, OPERANDS, SIGNATURES } from "./signatures.ts";

/** An argument as data. */
export type Argument =
  | {
      readonly kind: "tensor";
      readonly dtype: DType;
      readonly shape: readonly number[];
      /** Its first element in the field of its dtype. */
      readonly start: number;
      readonly state: "live" | "disposed" | "in another engine";
      readonly as: "tensor" | "expression" | "input";
      readonly values: readonly number[];
    }
  | {
      readonly kind: "sparse";
      readonly dtype: FloatType | "uint8";
      readonly shape: readonly [number, number];
      readonly state: "live" | "disposed";
    }
  | { readonly kind: "plain"; readonly value: unknown }
  | { readonly kind: "list"; readonly items: readonly Argument[] }
  | { readonly kind: "options"; readonly entries: readonly (readonly [name: string, value: Argument])[] };

export type Call = { readonly name: string; readonly args: readonly Argument[]; readonly isCompiled: boolean };

/** Elements in each field; the margins at its ends are never operands. */
export const FIELD_ELEMENTS = 512;
const MARGIN = 32;

/** Not to be addressed, or truncated to 32 bits small: with an extent of 0 beside them they are shapes all the same. */
const HUGE = [2 ** 30, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 32 + 2, 2 ** 53];
const BAD = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY];
const NUMBERS = [
  0,
  -0,
  1,
  -1,
  2,
  0.5,
  -2.5,
  1e-45,
  1e38,
  -1e38,
  1e308,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  3,
  65,
  1e9,
];
const INDICES = [0, 1, 2, 0, 1, 2, 0, 1, 3, -1, 2 ** 31 - 1, -(2 ** 31), 4];

const RANGES = [
  "",
  ":",
  "::",
  "0",
  "-1",
  "5",
  "1:",
  ":-1",
  "::-1",
  "::0",
  "-9:9:2",
  "...",
  "newaxis",
  "1.5",
  "x",
  "4294967296",
];

const NAMES = Object.keys(SIGNATURES);

/** Draws one call. */
export class CallDraw {
  readonly #draw: Draw;
  readonly #dtype: FloatType;
  readonly #made: Extract<Argument, { kind: "tensor" }>[] = [];
  #end = MARGIN;

  constructor(draw: Draw) {
    this.#draw = draw;
    this.#dtype = draw.pick(["float32", "float64"]);
  }

  call(): Call {
    const draw = this.#draw;
    const name = draw.pick(NAMES);
    const args = (SIGNATURES[name] ?? []).map((kind) => this.#argument(kind));
    return { name, args, isCompiled: draw.chance(0.3) };
  }

  #argument(kind: Kind): Argument {
    const draw = this.#draw;
    if (typeof kind !== "string") return this.#options(kind);
    if (OPERANDS.has(kind) && draw.chance(0.01)) return { kind: "plain", value: draw.pick([{ shape: [2, 2] }, {}]) };
    const shape = this.#made[0]?.shape ?? [];
    const last = shape.at(-1) ?? 2;
    switch (kind) {
      case "x":
        return this.#tensor(this.#dtype, this.#shape(draw.pick([2, 2, 2, 2, 0, 1, 3])));
      case "same":
        return this.#tensor(this.#dtype, draw.chance(0.7) ? shape : this.#broadcasting(shape));
      case "row":
        return this.#tensor(this.#dtype, [this.#made.at(-1)?.shape.at(-1) ?? last]);
      case "weights":
        return this.#tensor(this.#dtype, [draw.chance(0.5) ? last : (shape[0] ?? 2), draw.below(4)]);
      case "images":
        return this.#tensor(this.#dtype, this.#shape(draw.chance(0.95) ? 4 : 3));
      case "sequences":
        return this.#tensor(this.#dtype, this.#shape(draw.chance(0.95) ? 3 : 2));
      case "kernel": {
        const channels = draw.chance(0.8) ? last : draw.between(1, 3);
        const ends = draw.chance(0.7) ? [channels, draw.between(1, 4)] : [draw.between(1, 4), channels];
        return this.#tensor(this.#dtype, [...this.#shape(2), ...ends]);
      }
      case "depthwise kernel":
        return this.#tensor(this.#dtype, [...this.#shape(2), draw.chance(0.9) ? last : 2, draw.between(1, 3)]);
      case "sequence kernel":
        return this.#tensor(this.#dtype, [...this.#shape(1), draw.chance(0.8) ? last : 1, draw.between(1, 4)]);
      case "pair":
        return { kind: "plain", value: this.#pair(1) };
      case "labels":
        return draw.chance(0.3) ? this.#tensor(this.#dtype, shape) : this.#tensor("int32", [shape[0] ?? 1]);
      case "indices":
        return this.#tensor("int32", [draw.below(4)]);
      case "counter":
        return this.#tensor("int32", [2]);
      case "bytes":
        return this.#tensor("uint8", this.#shape(2));
      case "sparse bytes":
      case "sparse": {
        const dtype = kind === "sparse" ? this.#dtype : "uint8";
        const made = this.#made.at(-1)?.shape[0] ?? draw.below(4);
        return { kind: "sparse", dtype, shape: [made, draw.below(4)], state: draw.chance(0.03) ? "disposed" : "live" };
      }
      case "values":
        return {
          kind: "list",
          items: Array.from({ length: draw.below(4) }, () => this.#argument(this.#made.length === 0 ? "x" : "same")),
        };
      case "shape":
        return { kind: "plain", value: this.#wanted(shape) };
      case "integer":
        return { kind: "plain", value: draw.chance(0.8) ? draw.below(4) : draw.pick([...HUGE, ...BAD]) };
      case "count":
        return { kind: "plain", value: draw.chance(0.9) ? draw.below(6) : draw.pick(BAD) };
      case "few":
        return { kind: "plain", value: draw.chance(0.9) ? draw.between(-6, 6) / 2 : draw.pick(BAD) };
      case "dtype":
        return { kind: "plain", value: draw.pick(["float32", "float64", "int32", "uint8", "uint16"]) };
      case "widths":
        return { kind: "plain", value: this.#widths(shape) };
      case "ranges":
        return { kind: "plain", value: Array.from({ length: draw.below(4) }, () => draw.pick(RANGES)).join() };
      case "number":
        return { kind: "plain", value: draw.pick(NUMBERS) };
      case "engine":
        return { kind: "plain", value: "engine" };
      case "numbers":
        return { kind: "plain", value: this.#numbers(shape) };
      default:
        return kind satisfies never;
    }
  }

  #options(keys: readonly string[]): Argument {
    const entries = keys.flatMap((key) =>
      key === "dtype" || this.#draw.chance(0.5) ? [[key, this.#option(key)] as const] : [],
    );
    return { kind: "options", entries };
  }

  #option(key: string): Argument {
    const draw = this.#draw;
    const [first = [], second = []] = this.#made.map(({ shape }) => shape);
    const plain = (value: unknown): Argument => ({ kind: "plain", value });
    switch (key) {
      case "out": {
        const [m = 1, n = 1] = first;
        const shape = draw.pick([
          first,
          first,
          [m, second[1] ?? 1],
          [n, second[1] ?? 1],
          [m],
          [n],
          [],
          this.#broadcasting(first),
        ]);
        return this.#tensor(draw.chance(0.1) ? "int32" : this.#dtype, shape);
      }
      case "gradient":
        return this.#tensor(this.#dtype, first);
      case "bias":
      case "gain": {
        const channels = draw.pick([second.at(-1), second.at(-1), second.at(2), first.at(-1), 1]) ?? 1;
        return this.#tensor(this.#dtype, draw.chance(0.95) ? [channels] : first);
      }
      case "stride":
      case "dilation":
        return plain(this.#pair(1));
      case "outputPadding":
        return plain(this.#pair(0));
      case "padding":
        return plain(this.#padding());
      case "groups":
        return plain(draw.chance(0.95) ? draw.between(1, 4) : draw.pick([...HUGE, ...BAD]));
      case "epsilon":
        return plain(draw.chance(0.8) ? draw.pick([1e-5, 1e-12, 1]) : draw.pick(NUMBERS));
      case "axes":
        return plain(Array.from({ length: draw.below(3) }, () => draw.between(-3, 3)));
      case "keepAxes":
      case "descending":
        return plain(draw.chance(0.5));
      case "axis":
        return plain(draw.chance(0.9) ? draw.between(-3, 3) : draw.pick(BAD));
      case "transpose":
        return plain(draw.pick(["none", "a", "b", "both", "c"]));
      case "activation":
        return plain(draw.pick(["none", "sigmoid", "tanh", "relu", "toString"]));
      case "mode":
        return plain(draw.pick(["constant", "edge", "reflect", "wrap", "nearest", "bilinear"]));
      case "approximate":
        return plain(draw.pick(["tanh", "none", "erf"]));
      case "indexing":
        return plain(draw.pick(["xy", "ij", "yx"]));
      case "side":
        return plain(draw.pick(["left", "right", "both"]));
      case "triangle":
        return plain(draw.pick(["lower", "upper", "both"]));
      case "largest":
      case "counts":
      case "inverse":
      case "endpoint":
      case "fullMatrices":
      case "countIncludePad":
      case "alignCorners":
        return plain(draw.chance(0.95) ? draw.chance(0.5) : draw.pick(BAD));
      case "k":
      case "num":
      case "minLength":
        return plain(draw.chance(0.9) ? draw.between(-2, 9) : draw.pick(BAD));
      case "bins":
        return plain(
          draw.chance(0.5) ? draw.between(0, 9) : Array.from({ length: draw.below(4) }, () => draw.pick(NUMBERS)),
        );
      case "range":
        return plain([draw.pick(NUMBERS), draw.pick(NUMBERS)]);
      case "dtype":
        return plain(draw.pick(["float32", "float64", "int32", "uint8", "uint16"]));
      case "shape":
        return plain(this.#wanted(first));
      default: // rate, stream, alpha, beta, slope, scale
        return plain(draw.chance(0.5) ? draw.pick(NUMBERS) : draw.below(2) / 2);
    }
  }

  /** A tensor in the field of its dtype, now and then upon another one. */
  #tensor(wanted: DType, shape: readonly number[]): Argument {
    const draw = this.#draw;
    const dtype = draw.chance(0.03) ? draw.pick(["float32", "float64", "int32", "uint8", "uint16"] as const) : wanted;
    const size = shape.reduce((product, extent) => product * extent, 1);
    const isOperand = size <= FIELD_ELEMENTS / 8;
    const other = draw.chance(0.2) ? this.#made.findLast((made) => made.dtype === dtype) : undefined;
    const start = Math.max(0, other === undefined ? this.#end : other.start + draw.pick([0, 0, 0, 1, -1, 4]));
    if (isOperand && other === undefined)
      this.#end = Math.min(this.#end + size + draw.between(1, 7), FIELD_ELEMENTS / 2);
    const state = draw.chance(0.95) ? "live" : draw.pick(["disposed", "in another engine"] as const);
    const as = !isOperand ? "input" : draw.chance(0.8) ? "tensor" : draw.pick(["expression", "input"] as const);
    const choices = dtype.startsWith("float") ? NUMBERS : INDICES;
    const length = isOperand ? size : 0;
    const values = Array.from({ length }, () => (draw.chance(0.7) ? draw.below(3) : draw.pick(choices)));
    const made = { kind: "tensor", dtype, shape, start, state, as, values } as const;
    this.#made.push(made);
    return made;
  }

  #shape(rank: number): readonly number[] {
    const draw = this.#draw;
    const shape = Array.from({ length: rank }, () => (draw.chance(0.9) ? draw.between(1, 4) : draw.below(10)));
    if (draw.chance(0.05) && rank > 0) shape[draw.below(rank)] = 0;
    if (draw.chance(0.03) && rank > 0) shape[draw.below(rank)] = draw.pick(HUGE);
    return shape;
  }

  /** A shape that broadcasts with another one, mostly. */
  #broadcasting(shape: readonly number[]): readonly number[] {
    const draw = this.#draw;
    const cut = shape.slice(draw.below(shape.length + 1)).map((extent) => (draw.chance(0.4) ? 1 : extent));
    return draw.chance(0.2) ? [draw.between(1, 4), ...cut] : cut;
  }

  /** A shape that somebody asks for. */
  #wanted(shape: readonly number[]): readonly number[] {
    const draw = this.#draw;
    if (draw.chance(0.3)) return shape;
    if (draw.chance(0.3)) return [...shape].reverse();
    const rank = draw.chance(0.95) ? draw.below(4) : 20;
    const extents = Array.from({ length: rank }, () => (rank < 4 ? draw.below(4) : 1));
    if (draw.chance(0.2)) extents.push(draw.pick([...HUGE, ...BAD]));
    return extents;
  }

  /** What `pad` takes. */
  #widths(shape: readonly number[]): unknown {
    const draw = this.#draw;
    const width = () => (draw.chance(0.95) ? draw.below(6) : draw.pick([...HUGE, ...BAD]));
    if (draw.chance(0.3)) return width();
    if (draw.chance(0.3)) return [width(), width()];
    return shape.map(() => (draw.chance(0.97) ? [width(), width()] : [width()]));
  }

  /** What a window's size, stride or dilation is: a number or two, mostly of `least` or a little more. */
  #pair(least: number): unknown {
    const draw = this.#draw;
    const one = () => (draw.chance(0.97) ? draw.between(least, 3) : draw.pick([0, 65, ...HUGE, ...BAD]));
    if (draw.chance(0.4)) return one();
    return draw.chance(0.97) ? [one(), one()] : draw.pick([[one()], [one(), one(), one()], "1", undefined, null]);
  }

  #padding(): unknown {
    const draw = this.#draw;
    if (draw.chance(0.3)) return draw.pick(["same", "valid", "same", "valid", "full"]);
    if (draw.chance(0.5)) return this.#pair(0);
    const side = () => (draw.chance(0.97) ? draw.below(3) : draw.pick([...HUGE, ...BAD]));
    return [side(), side(), side(), side()];
  }

  #numbers(shape: readonly number[]): unknown {
    const draw = this.#draw;
    const size = shape.reduce((product, extent) => product * extent, 1);
    const flat = Array.from({ length: size < 64 ? size : 3 }, () => draw.pick(NUMBERS));
    switch (draw.below(5)) {
      case 0:
        return Float32Array.from(flat);
      case 1:
        return Uint8Array.from(flat);
      case 2:
        return flat;
      case 3:
        return [flat, draw.chance(0.5) ? flat : flat.slice(1)];
      default:
        return Int32Array.from(flat);
    }
  }
}
