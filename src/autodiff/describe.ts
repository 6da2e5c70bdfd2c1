/**
 * A program as a person reads it: one line for each instruction.
 */
import { checkInstance } from "../arguments.ts";
import { show } from "../tensor/layout.ts";
import type { PerOperand, TensorSpec } from "../tensor/operation.ts";
import { besideOf, type Computed, type Node, operandsOf } from "./graph.ts";
import { bytesOfNode, type Placement } from "./memory_plan.ts";
import { Program } from "./program.ts";

const HEADS = ["#", "instruction", "of", "result", "at", "bytes", "operations"];

/**
 * The instructions of a program as a table: operands, results, places in the block, bytes and floating-point operations.
 * `#3` is the result of instruction 3; a place is an offset in the block, `in #3` where that result's bytes are taken over,
 * or the name of a tensor that outlives the run.
 *
 * @example
 * const x = input(engine, [3], { name: "x" });
 * using program = compile({ loss: sum(square(x)) });
 * console.log(describeProgram(program));
 */
export function describeProgram(program: Program): string {
  checkInstance("describeProgram: program", "a Program", Program, program);
  const {
    instructions,
    plan: { placements, bytes },
    bytes: allBytes,
  } = program;
  const numbers = new Map<Node, string>();
  for (const [i, node] of instructions.entries()) {
    numbers.set(node, `#${i + 1}`);
    const beside = besideOf(node);
    if (beside !== undefined) numbers.set(beside, `#${i + 1}'`);
  }
  /** A view has its operand's name. */
  const nameOf = (node: Node): string => numbers.get(node) ?? leafName(node) ?? nameOf(operandsOf(node)[0] as Node);
  const rows = instructions.map((node, i) => {
    const { operation, operands, attributes } = node.origin as Computed;
    const others = operands.filter((_, at) => at !== operation.changes);
    return [
      `${i + 1}`,
      `${operation.name}${suffixOf(attributes)}`,
      others.map(nameOf).join(", "),
      resultOf(node),
      placeName(node, placements.get(node), nameOf),
      operation.changes === undefined ? count(bytesOfNode(node)) : "",
      count(flopsOf(node)),
    ];
  });
  const flops = rows.reduce((sum, row) => sum + Number(row[6]?.replaceAll(",", "")), 0);
  const separate = instructions.reduce(
    (sum, node) => sum + (placements.get(node)?.kind === "block" ? bytesOfNode(node) : 0),
    0,
  );
  return `${align([HEADS, ...rows])}
block: ${count(bytes)} bytes for values that would take ${count(separate)} side by side, ${count(allBytes - bytes)} of scratch; ${count(flops)} operations a run`;
}

/** Floating-point operations of an instruction. */
export function flopsOf({ spec, origin }: Node): number {
  const { operation, operands, attributes } = origin as Computed;
  const call = {
    specs: operands.map((operand) => operand.spec) as unknown as PerOperand<TensorSpec>,
    result: spec,
    attributes,
  };
  return operation.flops?.(call) ?? spec.shape.reduce((product, extent) => product * extent, 1);
}

function resultOf(node: Node): string {
  const { dtype, shape, maxRowNonzeros } = node.spec;
  const beside = besideOf(node);
  const sparse = maxRowNonzeros === undefined ? "" : ` of up to ${maxRowNonzeros} nonzeros`;
  return `${dtype} ${show(shape)}${sparse}${beside === undefined ? "" : ` and ' ${show(beside.spec.shape)}`}`;
}

/** Symbol for a value that no instruction computes. */
function leafName({ origin, name }: Node): string | undefined {
  if (origin.kind === "constant") return `${origin.value}`;
  if (origin.kind === "computed") return undefined;
  return name ?? (origin.kind === "tensor" && "starts" in origin.tensor ? "sparse rows" : "tensor");
}

function placeName(node: Node, placement: Placement | undefined, nameOf: (node: Node) => string): string {
  if (placement?.kind === "view") return nameOf(placement.of);
  if (placement?.kind === "block") return `${placement.isInPlace ? "in place, " : ""}${count(placement.buffer.offset)}`;
  if (node.into === undefined) return "a tensor";
  return ("name" in node.into ? node.into.name : "sparse rows") ?? "a tensor";
}

/** What distinguishes two calls of one operation. */
function suffixOf(attributes: Readonly<Record<string, unknown>>): string {
  const words = Object.entries(attributes).flatMap(([key, value]) => {
    if (key === "activation" && value !== "none") return [`${value}`];
    if (key === "transpose" && value !== "none") return [value === "both" ? "aᵀbᵀ" : `${value}ᵀ`];
    if (key === "axes") return [`over ${(value as readonly number[]).join(", ")}`];
    return [];
  });
  return words.length === 0 ? "" : ` (${words.join(", ")})`;
}

function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ",");
}

/** Columns, the last two to the right. */
function align(rows: readonly (readonly string[])[]): string {
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return column >= HEADS.length - 2 || column === 0 ? text.padStart(width) : text.padEnd(width);
  };
  return rows.map((row) => row.map(cell).join("  ").trimEnd()).join("\n");
}
