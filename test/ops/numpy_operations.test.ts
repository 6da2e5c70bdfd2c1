/**
 * Operations against NumPy: random calls of test/fixtures/numpy-operations.json, on tensors and in programs. Every function that is
 * exported from src/ops and src/tensor has some, or a reason to have none. `scripts/numerics/numpy_operations.ts` compares many more.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as assert from "uvu/assert";
import { loadEngine } from "../support/engine.ts";
import { leakFreeSuite } from "../support/leaks.ts";
import { ROOT } from "../support/script.ts";
import { compareWithNumpy, describeCall, type NumpyCall, REFUSED, ULPS } from "./numpy_operations.ts";

const CALLS: readonly NumpyCall[] = JSON.parse(readFileSync(join(ROOT, "test/fixtures/numpy-operations.json"), "utf8"));

/** Functions that NumPy does not have, or whose results are random or of no array. */
const NOT_COMPARED: Readonly<Record<string, string>> = {
  conv1d: "NumPy has none; test/ops/convolution.test.ts has an oracle",
  convTranspose2d: "NumPy has none; test/ops/convolution.test.ts has an oracle",
  adaptiveAvgPool2d: "NumPy has none; test/ops/pooling.test.ts has an oracle",
  globalMaxPool2d: "NumPy has none; test/ops/pooling.test.ts has an oracle",
  resize: "NumPy has none; test/ops/resize.test.ts has an oracle",
  apply: "takes operations of a program's own",
  sparseMatrix: "a leaf: copies rows to an engine",
  crossEntropy: "NumPy has none; test/ops/losses.test.ts compares it with PyTorch",
  huber: "NumPy has none; test/ops/losses.test.ts compares it with PyTorch",
  meanAbsoluteError: "NumPy has none; test/ops/losses.test.ts compares it with PyTorch",
  compressed: "batchOf of sparse rows is gatherSparseRows",
  constant: "a number in a graph",
  input: "a leaf of a graph",
  tensor: "what every call is made of",
  tensorGroup: "disposes of tensors",
  zeros: "gatherRows writes to one",
};

const engine = await loadEngine();
const test = leakFreeSuite("NumPy's operations", engine);
const names = new Set(CALLS.map(({ call }) => call));
const refused = new Set<string>();

for (const name of names) {
  test(`${name} is NumPy's`, () => {
    for (const record of CALLS) {
      if (record.call !== name) continue;
      const outcome = compareWithNumpy(engine, record);
      if (outcome.kind === "refused") refused.add(name);
      if (outcome.kind === "different") assert.unreachable(`${describeCall(record)}: ${outcome.text}`);
    }
  });
}

test("every function that is exported is compared, or has a reason not to be", () => {
  const index = readFileSync(join(ROOT, "src/index.ts"), "utf8");
  const linalg = readFileSync(join(ROOT, "src/ops/linalg/index.ts"), "utf8");
  const lists = [
    ...index.matchAll(/export \{([^}]*)\} from "\.\/(?:ops|tensor|nn\/layers\/activations)/g),
    ...linalg.matchAll(/export \{([^}]*)\} from "/g),
  ];
  const all = lists.flatMap(([, list = ""]) => list.split(",").map((name) => name.trim()));
  const functions = all.filter((name) => /^[a-z]\w*$/.test(name));
  assert.ok(functions.length > 120, "or they were not found");
  for (const name of functions) {
    assert.ok(
      names.has(name) !== Object.hasOwn(NOT_COMPARED, name),
      `${name}: calls in numpy-operations.py, or a reason`,
    );
  }
  for (const name of [...Object.keys(NOT_COMPARED), ...Object.keys(ULPS)]) assert.ok(functions.includes(name), name);
});

test("what only the library refuses is refused", () => {
  for (const { call, reason } of REFUSED)
    assert.ok(
      [...refused].some((name) => call.test(name)),
      reason,
    );
});

test("a wrong element, shape, dtype and a missing error are found", () => {
  const [record] = CALLS.filter(({ call, results }) => call === "add" && (results?.[0]?.values.length ?? 0) > 1);
  const [want] = record!.results!;
  const altered = (results: readonly NonNullable<NumpyCall["results"]>[number][]) => ({ ...record!, results });
  const kindOf = (one: NumpyCall) => compareWithNumpy(engine, one).kind;
  assert.is(kindOf(record!), "equal");
  assert.is(
    kindOf(altered([{ ...want!, values: want!.values.map((value, i) => (i === 1 ? 0.3 : value)) }])),
    "different",
  );
  assert.is(kindOf(altered([{ ...want!, shape: [...want!.shape, 1] }])), "different");
  assert.is(kindOf(altered([{ ...want!, dtype: "uint8" }])), "different");
  assert.is(kindOf(altered([])), "different");
  assert.is(kindOf({ call: "add", arguments: record!.arguments, error: "ValueError" }), "different");
});

test.run();
