/**
 * What holds for every operation: who may be written over whom, what is refused and by which name, and that a
 * refusal leaves nothing behind. Results have files of their own.
 */
import { suite } from "uvu";
import * as assert from "uvu/assert";

import { DisposedError, DTypeError, EngineMismatchError, OptionError, ShapeError } from "../../src/errors.ts";
import { batchOf } from "../../src/ops/gather.ts";
import { compressed } from "../../src/ops/sparse.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { countOf, show } from "../../src/tensor/layout.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { Tensor, zeros } from "../../src/tensor/tensor.ts";
import type { FloatType } from "../../src/wasm/dtype.ts";
import type { Engine } from "../../src/wasm/engine.ts";
import { loadEngine } from "../support/engine.ts";
import { assertThrows } from "../support/throws.ts";
import { type Contract, IN_PLACE, type OperandForm, type Operands, WITH_OUTPUT } from "./contracts.ts";
import { MORE_WITH_OUTPUT, WITHOUT_OUTPUT } from "./contracts_more.ts";

const CONTRACTS = [...WITH_OUTPUT, ...MORE_WITH_OUTPUT, ...IN_PLACE, ...WITHOUT_OUTPUT];
/** What computes at once: expressions of it cannot be built. */
const AT_ONCE: ReadonlySet<string> = new Set([
  ...["addBias", "columnSums", "gatherIndices", "sparseAffine"],
  ...IN_PLACE.map(({ op }) => op),
]);

const engine = await loadEngine();
const other = await loadEngine();
const made: { dispose(): void }[] = [];
/** A sparse matrix is three tensors, and errors name the one that they met. */
const SPARSE_PARTS = ["starts", "columns", "values"];
const NO_OPERAND: OperandForm = ["float32", []];
const test = suite("contracts of operations");

test.after.each(() => {
  for (const operand of made.splice(0)) operand.dispose();
});

for (const op of new Set(CONTRACTS.map((contract) => contract.op))) {
  const calls = CONTRACTS.filter((contract) => contract.op === op).flatMap(waysToCall);

  test(`${op} leaves behind only what it returns`, () => {
    for (const { title, operands, call } of calls) {
      const given = make(operands);
      call(given); // scratch is there from now on
      const before = counts(engine);
      const result = call(given);
      const isGiven = Object.values(given).some((operand) => operand === result);
      assert.is(counts(engine).tensors, before.tensors + (isGiven ? 0 : tensorsIn(result)), title);
      if (result instanceof Tensor || result instanceof SparseMatrix) result.dispose();
    }
  });

  test(`${op} refuses a disposed operand by its name, and leaves nothing behind`, () => {
    for (const { title, operands, call, argument } of calls.flatMap(byArgument)) {
      const given = make(operands);
      given[argument]?.dispose();
      const before = counts(engine);
      const error = assertThrows(() => call(given), DisposedError, `${title}: ${argument}`);
      const names = operands[argument]?.[2] === "sparse" ? SPARSE_PARTS : [argument];
      const isNamed = names.some((name) => error.subject.startsWith(`${name} `));
      assert.ok(isNamed, `${title}: ${argument}: ${error.subject}`);
      assert.equal(counts(engine), before, `${title}: ${argument} was disposed`);
    }
  });

  test(`${op} refuses an operand of another dtype, and leaves nothing behind`, () => {
    for (const { operands, call, argument, title, any, castable } of calls.flatMap(byArgument)) {
      if (any?.includes(argument)) continue;
      const [dtype, shape, storage] = operands[argument] ?? NO_OPERAND;
      const wrong = castable?.includes(argument) ? "uint16" : dtype.startsWith("float") ? "uint8" : "float64";
      const given = { ...make(operands), ...make({ [argument]: [wrong, shape, storage] }) };
      const before = counts(engine);
      const error = assertThrows(() => call(given), DTypeError, `${title}: ${argument}`);
      assert.equal([error.op, error.argument, error.found], [op, argument, wrong]);
      assert.is(error.message, `${op}: ${argument}: expected dtype ${error.expected}, found ${wrong}`);
      assert.equal(counts(engine), before, title);
    }
  });

  test(`${op} refuses what is no tensor`, () => {
    for (const { operands, call, argument, title } of calls.flatMap(byArgument)) {
      const given = { ...make(operands), [argument]: { shape: [2, 2] } as unknown as Tensor };
      const error = assertThrows(() => call(given), OptionError, `${title}: ${argument}`);
      assert.is(error.option, `${op}: ${argument}`);
    }
  });

  test(`${op} refuses an expression where it needs memory, and leaves nothing behind`, () => {
    for (const { operands, call, argument, title, output } of calls.flatMap(byArgument)) {
      if (!AT_ONCE.has(op) && argument !== output) continue;
      const given = { ...make(operands), [argument]: expressionLike(operands[argument] ?? NO_OPERAND) as never };
      const before = counts(engine);
      const error = assertThrows(() => call(given), OptionError, `${title}: ${argument}`);
      assert.is(error.option, `${op}: ${argument}`);
      assert.match(error.message, /found (Expression|SparseMatrix) /);
      assert.equal(counts(engine), before, title);
    }
  });

  test(`${op} refuses operands of two engines, and leaves nothing behind in either`, () => {
    for (const { operands, call, argument, title } of calls.flatMap(byArgument)) {
      if (Object.keys(operands).length === 1) continue;
      const given = { ...make(operands), ...make({ [argument]: operands[argument] ?? NO_OPERAND }, other) };
      const before = [counts(engine), counts(other)];
      const error = assertThrows(() => call(given), EngineMismatchError, `${title}: ${argument}`);
      assert.match(error.message, / belongs to another engine; operands of one call must share one memory$/);
      assert.ok(error.message.startsWith(`${op}: `), error.message);
      assert.equal([counts(engine), counts(other)], before, title);
    }
  });
}

for (const { op, operands, output = "", mayBe = [], call } of CONTRACTS) {
  const [dtype, shape] = operands[output] ?? NO_OPERAND;
  if (output === "") continue;
  const inputs = Object.keys(operands).filter((argument) => argument !== output);
  const title = `${op}(${inputs.map((argument) => `${argument} ${operands[argument]?.[0]}`).join(", ")})`;

  test(`${title} writes into ${output}, and returns it where it returns a tensor`, () => {
    const given = make(operands);
    const result = call(given);
    if (result instanceof Tensor) assert.is(result, given[output]);
  });

  test(`${title} refuses an ${output} of another shape, with both shapes`, () => {
    for (const wrong of [
      [...shape.slice(0, -1), 3],
      [...shape, 1],
      [countOf(shape) / 2, 2, 1],
    ]) {
      const error = assertThrows(
        () => call({ ...make(operands), ...make({ [output]: [dtype, wrong] }) }),
        ShapeError,
        op,
      );
      assert.is(error.message, `${op}: ${output}: expected ${show(shape)}, found ${show(wrong)}`);
    }
  });

  for (const argument of inputs) {
    const [inputType, inputShape, storage] = operands[argument] ?? NO_OPERAND;
    if (inputType !== dtype || storage === "sparse") continue; // neither can be a part of the block
    const size = countOf(inputShape);
    /** The argument at element 4 of a block, and the output at element `start` of it. */
    const sharing = (start: number): Operands => {
      const owner = zeros(engine, [16], { dtype });
      made.push(owner);
      const views = { [argument]: owner.part(4, inputShape, argument), [output]: owner.part(start, shape, output) };
      return { ...make(operands), ...views };
    };

    test(`${title} allows ${output} beside ${argument}, and refuses an overlap of one element`, () => {
      for (const start of [4 - countOf(shape), 4 + size]) assert.not.throws(() => call(sharing(start)));
      for (const start of [4 - countOf(shape) + 1, 4 + size - 1]) {
        const error = assertThrows(() => call(sharing(start)), ShapeError, `from ${start}`);
        assert.equal([error.op, error.argument], [op, output]);
        assert.is(error.found, `an overlap with ${argument} ${inputType} ${show(inputShape)}`);
      }
    });

    const isAllowed = mayBe.includes(argument);
    test(`${title} ${isAllowed ? "allows" : "refuses"} ${output} in the place of ${argument}`, () => {
      if (isAllowed) assert.not.throws(() => call(sharing(4)));
      else assertThrows(() => call(sharing(4)), ShapeError, argument);
    });
  }
}

test.run();

type Way = Pick<Contract, "operands" | "call" | "any" | "castable"> & {
  readonly title: string;
  readonly output: string | undefined;
};

/** With an output, and without where the operation then makes one or only returns a number. */
function waysToCall(contract: Contract): Way[] {
  const { op, operands, output, call, any = [], castable = [] } = contract;
  const entries = Object.entries(operands);
  const titled = (list: typeof entries): Way => {
    const title = `${op}(${list.map(([argument, [dtype]]) => `${argument} ${dtype}`).join(", ")})`;
    return { title, operands: Object.fromEntries(list), call, output, any, castable };
  };
  if (output === undefined || IN_PLACE.includes(contract)) return [titled(entries)];
  return [titled(entries), titled(entries.filter(([argument]) => argument !== output))];
}

function byArgument(way: Way): (Way & { readonly argument: string })[] {
  return Object.keys(way.operands).map((argument) => ({ ...way, argument }));
}

/** An expression of an operand's spec. */
function expressionLike([dtype, shape, storage]: OperandForm): Expression {
  if (storage === undefined) return input(engine, shape, { name: "x", dtype });
  const rows = compressed(input(engine, shape, { name: "x", dtype: "uint8" }));
  if (dtype === "uint8") return rows;
  const indices = input(engine, [shape[0] ?? 0], { name: "indices", dtype: "int32" });
  return batchOf(rows, indices, { dtype: dtype as FloatType });
}

/** Operands of zeros for the arguments; tensors are named like them. */
function make(operands: Contract["operands"], where: Engine = engine): Record<string, Tensor | SparseMatrix> {
  const given: Record<string, Tensor | SparseMatrix> = {};
  for (const [name, [dtype, shape, storage]] of Object.entries(operands)) {
    const [m = 0, k = 0] = shape;
    const operand =
      storage === "sparse"
        ? new SparseMatrix(where, [m, k], { dtype, maxRowNonzeros: k })
        : zeros(where, shape, { dtype, name });
    made.push(operand);
    given[name] = operand;
  }
  return given;
}

/** How many tensors a result is. */
function tensorsIn(result: unknown): number {
  if (result instanceof SparseMatrix) return SPARSE_PARTS.length;
  return result instanceof Tensor ? 1 : 0;
}

function counts(where: Engine): { tensors: number; bytes: number } {
  const { tensors, bytes } = where.stats();
  return { tensors, bytes };
}
