/**
 * What the rows of table.ts say, as data, and how a call is cut into several. For tests, tools, and what divides work among
 * threads; an engine does without.
 */
import type { PREFIX } from "./abi.ts";
import type { DType, FloatType } from "./dtype.ts";
import { COMMON_TABLE, FLOAT_TABLE, type Row } from "./table.ts";

/** A size by its parameter's name, by that of a size that the kernel is not given, or as a number. */
export type Size = string | number;

/** Along an axis: how many elements, and by how many one is behind another: undefined in dense operands. */
export type Axis = { readonly size: Size; readonly plus: number; readonly stride: string | undefined };

/** The elements of an operand. */
export type Elements = {
  /** `T` is the kernel's float type. */
  readonly dtype: DType | "T";
  readonly axes: readonly Axis[];
  /** How many more lie behind, of which nothing is known. */
  readonly more: number;
  /** They are from 0 to before it. */
  readonly below: Size | undefined;
  /** None is less than the one before, and this is the last. */
  readonly risingTo: Size | undefined;
};

/** An operand. */
export type OperandRole = Elements & {
  readonly kind: "operand";
  readonly access: "in" | "out" | "inout";
  /** 0 means none. */
  readonly isOptional: boolean;
  /** Operands that it may be. */
  readonly aliases: readonly string[];
  /** Other elements, where this flag is 0. */
  readonly otherwise: { readonly flag: string; readonly elements: Elements } | undefined;
};

/** A parameter's role, as the head of table.ts defines them. */
export type Role =
  | { readonly kind: "size" | "stride"; readonly least: Size; readonly most: Size }
  | { readonly kind: "code"; readonly constant: "ACTIVATION" | "BINARY" | "REDUCE" | "UNARY" }
  | { readonly kind: "flag" | "block" }
  | { readonly kind: "place"; readonly size: string }
  | { readonly kind: "scalar"; readonly type: "T" | "f64" | "i32" | "u32" }
  | { readonly kind: "scratch"; readonly bytes: number | readonly [kernel: string, ...sizes: string[]] }
  | OperandRole;

export type Parameter = Role & { readonly name: string };

/** How a call may be cut: by which sizes, or by the first of them that is not 1, and whether that decides about last bits. */
export type Split = {
  readonly by: "any" | "first" | "none";
  readonly sizes: readonly string[];
  readonly isExact: boolean;
};

/** A kernel as WebAssembly exports it: of one float type, or of none. */
export type Signature = {
  readonly name: string;
  readonly parameters: readonly Parameter[];
  readonly result: Row["result"];
  readonly split: Split;
  readonly dtype: FloatType | undefined;
  /** Its name in the table. */
  readonly row: string;
};

const MOST = 2 ** 31 - 1;
const DTYPES: Readonly<Record<string, DType | "T">> = {
  T: "T",
  f32: "float32",
  f64: "float64",
  i32: "int32",
  u16: "uint16",
  u8: "uint8",
};
const LETTERS: { readonly [D in FloatType]: (typeof PREFIX)[D] } = { float32: "s", float64: "d" };

/** Every kernel, by the name that WebAssembly exports it by. */
export function signatures(): ReadonlyMap<string, Signature> {
  const rows: [name: string, row: string, Row, FloatType | undefined][] = [
    ...Object.entries(COMMON_TABLE).map(([row, of]): [string, string, Row, undefined] => [row, row, of, undefined]),
    ...(["float32", "float64"] as const).flatMap((dtype) =>
      Object.entries(FLOAT_TABLE).map(([row, of]): [string, string, Row, FloatType] => [
        LETTERS[dtype] + row,
        row,
        of,
        dtype,
      ]),
    ),
  ];
  return new Map(
    rows.map(([name, row, { parameters, result, split }, dtype]) => [
      name,
      { name, row, dtype, result, parameters: parameters.flatMap(parametersOf), split: splitOf(split) },
    ]),
  );
}

/** @throws {Error} the table has a word that means nothing */
function parametersOf(text: string): Parameter[] {
  const [names = "", role = ""] = text.split(": ", 2);
  return names.split(", ").map((name) => ({ name, ...roleOf(role) }));
}

function roleOf(text: string): Role {
  const [kind = "", word = "", value = ""] = text.split(" ");
  switch (kind) {
    case "size":
    case "stride":
      return { kind, least: word === "from" ? sizeOf(value) : 0, most: word === "to" ? sizeOf(value) : MOST };
    case "code":
      return { kind, constant: word as "BINARY" };
    case "flag":
    case "block":
      return { kind };
    case "place":
      return { kind, size: word };
    case "scalar":
      return { kind, type: word as "T" };
    case "scratch":
      return { kind, bytes: Number(word) || (text.match(/\w+/g)?.slice(1) as [string, ...string[]]) };
    case "in":
    case "out":
    case "inout":
      return operandOf(kind, text.slice(kind.length + 1));
    default:
      throw new Error(`no role: ${text}`);
  }
}

function operandOf(access: "in" | "out" | "inout", text: string): OperandRole {
  const [, first = text, flag, second = ""] = text.match(/^(.*) if (\w+), else (.*)$/) ?? [];
  const otherwise = flag === undefined ? undefined : { flag, elements: elementsOf(second) };
  const [, aliases = ""] = first.match(/ may be (.*)$/) ?? [];
  return {
    ...{ kind: "operand", access, ...elementsOf(first.replace(/(?: or 0)?(?: may be .*)?$/, "")) },
    ...{ isOptional: / or 0\b/.test(first), aliases: aliases.match(/\w+/g) ?? [], otherwise },
  };
}

function elementsOf(text: string): Elements {
  const match = text.match(/^(\w+)\[(.*)\](?: and (\d+) more)?(?: below (\w+))?(?: rising to (\w+))?$/);
  const [, type = "", axes = "", more, below, rising] = match ?? [];
  const dtype = DTYPES[type];
  if (dtype === undefined) throw new Error(`no elements: ${text}`);
  return {
    ...{ dtype, axes: axes.split(", ").map(axisOf), more: Number(more ?? 0) },
    ...{ below: below && sizeOf(below), risingTo: rising && sizeOf(rising) },
  };
}

function axisOf(text: string): Axis {
  const match = text.match(/^(\w+)(?: \+ (\d+))?(?::(\w+))?$/);
  if (match === null) throw new Error(`no axis: ${text}`);
  const [, size = "", plus, stride] = match;
  return { size: sizeOf(size), plus: Number(plus ?? 0), stride };
}

function sizeOf(text: string): Size {
  return /^\d+$/.test(text) ? Number(text) : text;
}

function splitOf(text: Row["split"]): Split {
  const by = text === "not" ? "none" : text.includes(" else ") ? "first" : "any";
  const sizes = text.replace(/^(?:not|over|in blocks of) ?/, "").match(/\b(?!or\b|else\b)\w+/g) ?? [];
  return { by, sizes, isExact: !text.startsWith("in blocks") };
}

/** How many elements, and how many from one to the next, each axis has, by what parameters are. */
export function extentsOf(
  { axes }: Elements,
  valueFor: (size: Size) => number,
): readonly { readonly size: number; readonly stride: number }[] {
  let dense = 1;
  return axes
    .slice()
    .reverse()
    .map(({ size, plus, stride }) => {
      const length = valueFor(size) + plus;
      const step = stride === undefined ? dense : valueFor(stride);
      dense *= length;
      return { size: length, stride: step };
    })
    .reverse();
}

/** By which sizes this call may be cut. */
export function cutsOf({ parameters, split }: Signature, args: readonly number[]): readonly string[] {
  if (split.by !== "first") return split.sizes;
  const first = split.sizes.find((name) => args[parameters.findIndex((other) => other.name === name)] !== 1);
  return first === undefined ? [] : [first];
}

/**
 * The arguments of a part of a call: of `count` of the size's indices, from `from` on. Scratch is the whole's, and must be
 * another where parts run at the same time.
 *
 * @param bytesOf of one element
 */
export function partOf(
  { parameters, dtype }: Signature,
  args: readonly number[],
  size: string,
  [from, count]: readonly [from: number, count: number],
  bytesOf: (dtype: DType) => number,
): number[] {
  const values = new Map<Size, number>(parameters.map(({ name }, at) => [name, args[at] ?? 0]));
  return parameters.map((parameter, at): number => {
    const whole = args[at] ?? 0;
    if (parameter.name === size) return count;
    if (parameter.kind === "place" && parameter.size === size) return whole + from;
    if (parameter.kind !== "operand" || (parameter.isOptional && whole === 0)) return whole;
    const { otherwise } = parameter;
    const elements = otherwise !== undefined && values.get(otherwise.flag) === 0 ? otherwise.elements : parameter;
    const axis = elements.axes.findIndex((other) => other.size === size);
    if (axis < 0) return whole;
    const { stride } = extentsOf(elements, (name) => (typeof name === "number" ? name : (values.get(name) ?? 1)))[
      axis
    ]!;
    return whole + from * stride * bytesOf(elements.dtype === "T" ? (dtype ?? "float32") : elements.dtype);
  });
}
