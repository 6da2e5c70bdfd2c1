/**
 * Values, gradients and second derivatives at 0, -0, ±∞, NaN, subnormal numbers and the largest: those of PyTorch
 * (test/fixtures/edge-gradients.json, written by the script beside it), but for the exceptions that edge_gradients.ts
 * gives reasons for. Every operation that is exported has rows, or a reason to have none.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { mul } from "../../src/ops/binary.ts";
import { sum } from "../../src/ops/sum.ts";
import { type Expression, expressionOf } from "../../src/tensor/expression.ts";
import { type Tensor, tensor } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { ROOT } from "../support/script.ts";
import {
  type Difference,
  digitsLostOf,
  EXCEPTIONS,
  operations,
  type Result,
  WITHOUT_GRADIENT,
} from "./edge_gradients.ts";

type Plain = number | string;
type Nested = Plain | readonly Nested[];
type Case = {
  readonly op: string;
  readonly dtype: FloatType;
  readonly inputs: readonly Nested[];
  readonly weights?: Nested;
  readonly value: readonly Plain[];
  readonly gradients: readonly (readonly Plain[])[];
  readonly second?: readonly Plain[];
};

const CASES: readonly Case[] = JSON.parse(readFileSync(join(ROOT, "test/fixtures/edge-gradients.json"), "utf8"));
const SMALLEST = { float32: 2 ** -149, float64: 2 ** -1074 } as const;
const engine = await loadEngine();
const OPERATIONS = operations(engine);
const test = leakFreeSuite("edge gradients", engine);
const met = new Set<Difference>();

for (const op of new Set(CASES.map((row) => row.op))) {
  test(`${op}: value and derivatives at the ends of the numbers`, () => {
    for (const row of CASES) if (row.op === op) checkCase(row);
  });
}

test("every operation that is exported has rows in both types, or a reason to have none", () => {
  const exports = readFileSync(join(ROOT, "src/index.ts"), "utf8").matchAll(/export \{([^}]*)\} from "\.\/ops\//g);
  const names = [...exports].flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  const functions = names.filter((name) => name !== "" && !name.startsWith("type "));
  assert.ok(functions.length > 50, "or they were not found");
  const withRows = new Map(CASES.map(({ op, dtype }) => [`${exportOf(op)} ${dtype}`, true]));
  for (const name of functions) {
    const hasRows = withRows.has(`${name} float32`) && withRows.has(`${name} float64`);
    const hasReason = Object.hasOwn(WITHOUT_GRADIENT, name);
    assert.ok(hasRows !== hasReason, `${name}: a row in test/fixtures/edge-gradients.py, or a reason`);
  }
  for (const name of Object.keys(WITHOUT_GRADIENT)) assert.ok(functions.includes(name), name);
  for (const op of Object.keys(OPERATIONS))
    assert.ok(
      CASES.some((row) => row.op === op),
      op,
    );
});

test("every exception is needed", () => {
  for (const exception of EXCEPTIONS) assert.ok(met.has(exception), exception.reason);
});

test.run();

function exportOf(op: string): string {
  return op.split(/[ ,]/, 1)[0] ?? op;
}

function checkCase(row: Case): void {
  const { op, dtype } = row;
  const f = OPERATIONS[op];
  if (f === undefined) throw new Error(`${op}: no such operation in edge_gradients.ts`);
  const inputs = row.inputs.map((values) => tensor(engine, numbers(values), { dtype }));
  const weights = row.weights === undefined ? undefined : tensor(engine, numbers(row.weights), { dtype });
  try {
    const leaves = inputs.map(expressionOf);
    const y = f(...leaves);
    const total = (x: Expression<FloatType>) => (x.shape.length === 0 ? x : sum(x));
    const gradients = gradientsOf(total(weights === undefined ? y : mul(y, weights)), leaves);
    const second = row.second === undefined ? [] : gradientsOf(total(gradients[0]!), leaves);
    using program = compile(Object.fromEntries([y, ...gradients, ...second].map((x, i) => [`${i}`, x])));
    program.run();
    const got = (i: number) => (program.outputs[`${i}`] as Tensor).data;
    checkNumbers(row, "value", got(0), row.value);
    for (const [i, want] of row.gradients.entries()) checkNumbers(row, `gradient ${i}`, got(1 + i), want);
    if (row.second !== undefined) checkNumbers(row, "second", got(1 + gradients.length), row.second);
  } finally {
    for (const made of inputs) made.dispose();
    weights?.dispose();
  }
}

function checkNumbers(row: Case, result: Result, got: ArrayLike<number>, want: readonly Plain[]): void {
  const { op, dtype } = row;
  const flat = row.inputs.map((values) => [numbers(values)].flat(Number.POSITIVE_INFINITY) as number[]);
  const isByElement = row.inputs.every((values) => !Array.isArray((values as readonly Nested[])[0]));
  const all = flat.flat();
  assert.is(got.length, want.length);
  for (const [i, plain] of want.entries()) {
    const at = (isByElement ? flat.map((values) => values[i]!) : all).map((x) => rounded(x, dtype));
    const [ours, theirs] = [got[i]!, rounded(numbers(plain) as number, dtype)];
    if (isNear(ours, theirs, dtype, digitsLostOf(op, result, at))) continue;
    const exception = EXCEPTIONS.find((known) => known.op.test(op) && known.holds(result, at, ours, theirs));
    assert.ok(
      exception,
      `${op}, ${result} ${i} at ${at.map(shown)}, ${dtype}: ${shown(ours)}, PyTorch ${shown(theirs)}`,
    );
    met.add(exception);
  }
}

/** Within some ulps, to the sign of 0; NaN and ±∞ exactly where they belong. */
function isNear(got: number, want: number, dtype: FloatType, lost: { relative: number; absolute: number }): boolean {
  if (!Number.isFinite(want) || got === 0 || want === 0) {
    if (Object.is(got, want)) return true;
    if (!Number.isFinite(want) || (got === 0 && want === 0)) return false;
  }
  const tolerance = EPS[dtype] * (lost.relative * Math.abs(want) + lost.absolute) + 2 * SMALLEST[dtype];
  return Math.abs(got - want) <= tolerance;
}

function rounded(x: number, dtype: FloatType): number {
  return dtype === "float32" ? Math.fround(x) : x;
}

function shown(x: number): string {
  return Object.is(x, -0) ? "-0" : `${x}`;
}

/** JSON's numbers, and the text that it has for others. */
function numbers(values: Nested): number | (number | number[])[] {
  if (Array.isArray(values)) return values.map((item: Nested) => numbers(item)) as number[];
  if (typeof values === "number") return values;
  const number = { nan: Number.NaN, inf: Number.POSITIVE_INFINITY, "-inf": Number.NEGATIVE_INFINITY, "-0": -0 }[
    values as string
  ];
  if (number === undefined) throw new Error(`the fixture has ${values}`);
  return number;
}
