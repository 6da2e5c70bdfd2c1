/**
 * Every mutant of a file: one small change that makes another program of it, such as `<` for `<=`.
 *
 * A mutant is known by what its lines say before and after, and by the function they stand in, so that it is the same
 * mutant when the file has grown above it.
 */
import { MAPS, NAMES, SIGNS, STEPS } from "./operators.ts";
import { childOf, childrenOf, kindOf, listOf, type Node, statementsOf } from "./source.ts";

export type Mutant = {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The function, or what else stands at the top of the file. */
  readonly within: string;
  /** What kind of change. */
  readonly kind: string;
  /** The lines that change, without indentation and line breaks. */
  readonly before: string;
  readonly after: string;
  /** The whole file, changed. */
  readonly text: string;
};

type Change = { readonly kind: string; readonly start: number; readonly end: number; readonly text: string };

const RELATIVE_STEP = 1 + 2 ** -20;

/** All mutants of a file, in the order of its text, without two that are the same. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const mutants = new Map<string, Mutant>();
  for (const statement of statementsOf(file, text)) {
    if (kindOf(statement) === "Import" || kindOf(statement) === "Export") continue;
    const within = nameOf(statement, text);
    const changes = [...changesBelow(statement, text)].sort((a, b) => a.start - b.start);
    for (const change of changes) {
      const mutant = apply(change, file, text, within);
      if (mutant.text !== text && !mutants.has(mutant.text)) mutants.set(mutant.text, mutant);
    }
  }
  return [...mutants.values()];
}

function apply({ kind, start, end, text: put }: Change, file: string, text: string, within: string): Mutant {
  const changed = text.slice(0, start) + put + text.slice(end);
  const from = text.lastIndexOf("\n", start - 1) + 1;
  const to = endOfLine(text, end);
  const line = text.slice(0, start).split("\n").length;
  return {
    ...{ file, line, column: start - from + 1, within, kind, text: changed },
    before: oneLine(text.slice(from, to)),
    after: oneLine(changed.slice(from, to + changed.length - text.length)),
  };
}

function* changesBelow(node: Node, text: string): Generator<Change> {
  if (kindOf(node) === "Call" && calleeName(node, text) === "assert") return; // not there in what is tested
  yield* changesOf(node, text);
  for (const [name, child] of childrenOf(node)) {
    if (kindOf(child) === "Decorator" || isType(name)) continue;
    if (isStatementList(node, name)) yield* removals(child, text);
    yield* changesBelow(child, text);
  }
}

function changesOf(node: Node, text: string): Generator<Change> | readonly Change[] {
  switch (kindOf(node)) {
    case "Binary":
      return signs(node, text);
    case "UnaryPostfix":
    case "UnaryPrefix":
      return steps(node, text);
    case "Literal":
      return numbers(node, text);
    case "Call":
      return calls(node, text);
    case "If":
    case "Ternary":
      return conditions(node, ["true", "false"]);
    case "For":
    case "While":
      return conditions(node, ["false"]);
    default:
      return [];
  }
}

/** Signs that bind otherwise than those that take their place. */
const BINDS_LOOSELY: ReadonlySet<string> = new Set(["&&", "||", "&", "|"]);

/** `a + b` → `a - b`. */
function* signs(node: Node, text: string): Generator<Change> {
  const [left, right] = [childOf(node, "left"), childOf(node, "right")];
  if (left === undefined || right === undefined) return;
  const between = text.slice(left.range.end, right.range.start);
  const sign = between.trim();
  for (const other of SIGNS.get(sign) ?? []) {
    const put = `${sourceOf(left, text)}${between.replace(sign, other)}${sourceOf(right, text)}`;
    yield { kind: "operator", ...rangeOf(node), text: BINDS_LOOSELY.has(sign) ? `(${put})` : put };
  }
}

/** `i++` → `i--`; `-x` → `x`. */
function* steps(node: Node, text: string): Generator<Change> {
  const operand = childOf(node, "operand");
  if (operand === undefined) return;
  const whole = sourceOf(node, text);
  const inner = sourceOf(operand, text);
  const sign = whole.replace(inner, "").trim();
  const other = STEPS.get(sign);
  if (other !== undefined) yield { kind: "operator", ...rangeOf(node), text: whole.replace(sign, other) };
  else yield { kind: "operator", ...rangeOf(node), text: inner };
}

/** An integer, one more and one less; another, a millionth more, its negative, and 0. */
function* numbers(node: Node, text: string): Generator<Change> {
  const literal = sourceOf(node, text);
  const value = Number(literal);
  if (Number.isNaN(value)) return;
  const put = (number: string): Change => ({ kind: "number", ...rangeOf(node), text: number });
  if (/^(\d+|0x[\da-f]+)$/i.test(literal)) {
    const big = BigInt(literal);
    yield put(String(big + 1n));
    yield put(big > 0n ? String(big - 1n) : "(-1)");
    return;
  }
  if (value === 0) {
    yield put("1.0");
    yield put("(-0.0)");
    return;
  }
  const more = value * RELATIVE_STEP;
  yield put(Number.isInteger(more) ? `${more}.0` : String(more));
  yield put(`(-${literal})`);
  yield put("0.0");
}

/** `v128.add(a, b)` → `v128.sub(a, b)`, `v128.abs(a)` → `a`, `v128.bitselect(a, b, c)` → `v128.bitselect(b, a, c)`. */
function* calls(node: Node, text: string): Generator<Change> {
  const name = calleeName(node, text);
  const callee = childOf(node, "expression");
  const [first, second] = listOf(node, "args");
  if (callee === undefined || first === undefined) return;
  const end = callee.range.end;
  for (const other of NAMES.get(name) ?? []) yield { kind: "call", start: end - name.length, end, text: other };
  if (MAPS.has(name)) yield { kind: "call", ...rangeOf(node), text: sourceOf(first, text) };
  if (name !== "bitselect" || second === undefined) return;
  const swapped = `${sourceOf(second, text)}, ${sourceOf(first, text)}`;
  yield { kind: "call", start: first.range.start, end: second.range.end, text: swapped };
}

function* conditions(node: Node, values: readonly string[]): Generator<Change> {
  const condition = childOf(node, "condition");
  if (condition === undefined || kindOf(condition) === "Omitted") return;
  for (const value of values) yield { kind: "condition", ...rangeOf(condition), text: value };
}

/** A statement that is left out: an assignment, a store or another call, a way out, a branch or a loop. */
function* removals(node: Node, text: string): Generator<Change> {
  const statement = sourceOf(node, text);
  const isKept = kindOf(node) === "Variable" || kindOf(node) === "Block" || statement.startsWith("assert(");
  if (isKept || (kindOf(node) === "Return" && childOf(node, "value") !== undefined)) return;
  const { start, end } = node.range;
  yield { kind: "removal", start, end: text[end] === ";" ? end + 1 : end, text: "{}" };
}

function isStatementList(node: Node, name: string): boolean {
  if (name === "statements") return kindOf(node) === "Block" || kindOf(node) === "SwitchCase";
  if (name === "ifTrue" || name === "ifFalse") return kindOf(node) === "If";
  return name === "body" && (kindOf(node) === "For" || kindOf(node) === "While");
}

/** Types say nothing that runs, but for `f64` in `v128.add<f64>`, whose mutants do not compile or are caught at once. */
function isType(name: string): boolean {
  return name === "type" || name === "typeArguments" || name === "toType" || name === "signature";
}

function calleeName(call: Node, text: string): string {
  const callee = childOf(call, "expression");
  return /[\w$]+$/.exec(sourceOf(callee, text))?.[0] ?? "";
}

function nameOf(statement: Node, text: string): string {
  const name = childOf(statement, "name") ?? childOf(listOf(statement, "declarations")[0] ?? statement, "name");
  return sourceOf(name, text);
}

function rangeOf({ range }: Node): { readonly start: number; readonly end: number } {
  return { start: range.start, end: range.end };
}

function sourceOf(node: Node | undefined, text: string): string {
  return node === undefined ? "" : text.slice(node.range.start, node.range.end);
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end < 0 ? text.length : end;
}

function oneLine(lines: string): string {
  return lines.replace(/\s*\n\s*/g, " ").trim();
}
