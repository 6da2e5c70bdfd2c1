/** Products, transposes and reductions in any rank, against NumPy: test/fixtures/numpy-rank.py. */
import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";

import { compile } from "../../src/autodiff/program.ts";
import type { Tensor, Value } from "../../src/index.ts";
import * as lanegrad from "../../src/index.ts";
import { input, tensor } from "../../src/index.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import { loadEngine } from "../support/engine.ts";
import { EPS, FLOATS } from "../support/floats.ts";
import { leakFreeSuite } from "../support/leaks.ts";

type Recorded = { readonly shape: readonly number[]; readonly values: readonly (number | string)[] };
type Case = {
  readonly call: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly operands: readonly Recorded[];
  readonly result: Recorded;
};
type Call = (...args: unknown[]) => Value;

const CASES: readonly Case[] = JSON.parse(
  readFileSync(new URL("../fixtures/numpy-rank.json", import.meta.url), "utf8"),
);

/** Roundings of these are counted; all others are exact, of eighths as they are given. */
const ROUNDED = /^(variance|std|logSumExp|norm|softmax|logSoftmax)$/;
/** Products of many eighths, which NumPy rounds in another order. */
const PRODUCTS = /^(prod|cumprod)$/;

const engine = await loadEngine();
const test = leakFreeSuite("any rank", engine);

function numbersOf({ values }: Recorded): number[] {
  return values.map(Number);
}

/** The call on tensors, on expressions, and in a program with one of each. */
function* resultsOf({ call, options, operands }: Case, dtype: FloatType): Generator<[string, Tensor]> {
  const f = Reflect.get(lanegrad, call) as Call;
  const { order, ...others } = options;
  const given = order === undefined ? options : { ...others, order: Number(order) };
  const rest = Object.keys(given).length === 0 ? [] : [given];
  const tensors = operands.map((x) => tensor(engine, Float64Array.from(numbersOf(x)), { shape: x.shape, dtype }));
  const leaves = operands.map(({ shape }, i) => input(engine, shape, { name: `x${i}`, dtype }));
  try {
    using y = f(...tensors, ...rest) as Tensor;
    yield ["tensors", y];
    for (const mixed of operands.length === 1 ? [0] : [0, 1, 2]) {
      const args = leaves.map((leaf, i) => (i + 1 === mixed ? tensors[i] : leaf));
      using program = compile({ y: f(...args, ...rest) as never });
      for (const [name, target] of Object.entries(program.inputs)) {
        (target as Tensor<FloatType>).set(tensors[Number(name.slice(1))]!.data as never);
      }
      program.run();
      yield [`a program, ${mixed}`, (program.outputs as { readonly y: Tensor }).y];
    }
  } finally {
    for (const x of tensors) x.dispose();
  }
}

function assertAs(got: Tensor, { call, operands, result }: Case, dtype: FloatType, label: string): void {
  assert.equal(got.shape, result.shape, `${label}: shape`);
  const want = numbersOf(result);
  const scale = Math.max(1, ...want.filter(Number.isFinite).map(Math.abs));
  const isExact = !ROUNDED.test(call) && !(PRODUCTS.test(call) && (operands[0]?.values.length ?? 0) > 5);
  for (const [i, value] of Array.from(got.data).entries()) {
    const wanted = want[i]!;
    // Of 0 and -0, NumPy takes whichever it meets.
    const isEqual = Object.is(value, wanted) || (/^(min|max)$/.test(call) && value === wanted);
    const isSame = isExact ? isEqual : isEqual || Math.abs(value - wanted) <= 8 * EPS[dtype] * scale;
    assert.ok(isSame, `${label}: element ${i} is ${value}, NumPy's ${wanted}`);
  }
}

for (const dtype of FLOATS) {
  for (const call of new Set(CASES.map((one) => one.call))) {
    test(`${call} is NumPy's, on tensors and in programs, ${dtype}`, () => {
      for (const one of CASES.filter((other) => other.call === call)) {
        const label = `${call} ${one.operands.map(({ shape }) => `[${shape}]`)} ${JSON.stringify(one.options)}`;
        for (const [how, y] of resultsOf(one, dtype)) assertAs(y, one, dtype, `${label}, ${how}`);
      }
    });
  }
}

test.run();
