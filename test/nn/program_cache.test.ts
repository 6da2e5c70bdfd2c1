/** Programs that are kept: how many, and which one goes. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { formOf, ProgramCache } from "../../src/nn/program_cache.ts";
import { SparseMatrix } from "../../src/tensor/sparse.ts";
import { zeros } from "../../src/tensor/tensor.ts";
import { loadEngine } from "../support/engine.ts";

const engine = await loadEngine();
const test = suite("program cache");
const ROOM = 16;

/** A cache of programs that only know when they are gone. */
function counted(): { readonly use: (key: number) => void; readonly gone: number[]; readonly dispose: () => void } {
  const cache = new ProgramCache<{ dispose(): void }>();
  const gone: number[] = [];
  const use = (key: number) => void cache.get(`${key}`, () => ({ dispose: () => void gone.push(key) }));
  return { use, gone, dispose: () => cache.dispose() };
}

test("a program is compiled once, and the oldest goes when there is no room", () => {
  const { use, gone, dispose } = counted();
  for (let key = 0; key < ROOM; key++) use(key);
  for (let key = 0; key < ROOM; key++) use(key);
  assert.equal(gone, []);
  use(ROOM);
  use(ROOM + 1);
  assert.equal(gone, [0, 1]);
  dispose();
  assert.equal(gone.length, ROOM + 2);
  dispose();
  assert.equal(gone.length, ROOM + 2);
});

test("one that was just used stays when the next is compiled", () => {
  const { use, gone } = counted();
  for (let key = 0; key < ROOM; key++) use(key);
  use(0);
  use(ROOM);
  assert.equal(gone, [1]);
  for (let key = ROOM + 1; key < 2 * ROOM; key++) {
    use(0);
    use(key);
  }
  assert.not(gone.includes(0));
});

test("operands of other shapes, types and layouts are other forms", () => {
  using sparse = new SparseMatrix(engine, [11, 2], { dtype: "float32", maxRowNonzeros: 2 });
  const shapes = [[11, 2], [1, 12], [112], [1, 1, 2]];
  const tensors = [
    ...shapes.map((shape) => zeros(engine, shape)),
    zeros(engine, [112], { dtype: "int32" }),
    zeros(engine, [112], { dtype: "float64" }),
  ];
  assert.is(new Set([sparse, ...tensors].map(formOf)).size, 1 + tensors.length);
  for (const tensor of tensors) tensor.dispose();
});

test.run();
