/** A program of operations that sort, pick, scatter and fold allocates nothing when it runs: no block, and nothing in JavaScript's heap. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { gradientsOf } from "../../src/autodiff/reverse.ts";
import { all, any } from "../../src/ops/any_all.ts";
import { argmax } from "../../src/ops/argmax.ts";
import { add, mul } from "../../src/ops/binary.ts";
import { cumprod, cumsum } from "../../src/ops/cumulative.ts";
import { einsum } from "../../src/ops/einsum.ts";
import { square } from "../../src/ops/elementwise.ts";
import { gather, gatherND, scatter, scatterAdd, takeAlongAxis } from "../../src/ops/indexing.ts";
import { searchSorted } from "../../src/ops/search.ts";
import { slice } from "../../src/ops/slicing.ts";
import { argSort, sort, topK } from "../../src/ops/sort.ts";
import { sum } from "../../src/ops/sum.ts";
import { take } from "../../src/ops/take.ts";
import { pad } from "../../src/ops/tiling.ts";
import { transpose } from "../../src/ops/transpose.ts";
import { where } from "../../src/ops/where.ts";
import { input } from "../../src/tensor/expression.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { bytesPerCall, runAlone } from "../support/heap.ts";

const WARM_UP = 20_000;
const RUNS = 50_000;
/** Bytes a run, on average: a single number a run would be 12 or 16. */
const LIMIT = 1;

const engine = await loadEngine();
const test = suite("allocation of operations");

runAlone(import.meta.url, "allocation of operations", () => {
  test("a run of sorts, cumulative sums, scatters, gathers and einsums leaves both heaps as they are", async () => {
    if (BUILD !== "simd") return; // the JavaScript is the same for every build
    const x = input(engine, [3, 4], { name: "x" });
    const w = input(engine, [4, 3], { name: "w" });
    const rows = input(engine, [3], { name: "rows", dtype: "int32" });
    const picked = topK(x, 2).values;
    const moved = add(gather(x, rows, { axis: 0 }), scatterAdd(x, rows, cumsum(x)));
    const product = einsum("ij,jk,kk->ik", add(moved, take(x, rows, { axis: 0 })), w, einsum("ij,jk->ik", x, w));
    const chosen = where(
      rows,
      sum(square(product), { axes: [1] }),
      sum(cumprod(scatter(x, rows, sort(x))), { axes: [1] }),
    );
    const loss = add(sum(chosen), sum(mul(picked, picked)));
    const [dx, dw] = gradientsOf(loss, [x, w]);
    using program = compile({
      ...{ loss, dx: dx!, dw: dw! },
      ...{
        order: argSort(x),
        best: argmax(cumsum(rows)),
        total: cumsum(rows),
        places: searchSorted(slice(sort(x), "0"), x),
      },
      ...{ some: any(rows), every: all(x, { axes: [0] }), turned: transpose(pad(x, 1)) },
      each: takeAlongAxis(x, argSort(x), { axis: 1 }),
      named: gatherND(x, transpose(argSort(slice(x, ":2, :2")), { axes: [1, 0] })),
    });
    program.inputs["x"]!.set(Float32Array.from({ length: 12 }, (_, i) => ((7 * i) % 5) / 4 - 0.5));
    program.inputs["w"]!.set(Float32Array.from({ length: 12 }, (_, i) => ((5 * i) % 7) / 6 - 0.5));
    program.inputs["rows"]!.set(Int32Array.of(2, 0, 1));
    program.run();
    const before = engine.stats();
    const bytes = await bytesPerCall(() => program.run(), { warmUp: WARM_UP, calls: RUNS, limit: LIMIT / 2 });
    assert.equal(engine.stats(), before);
    assert.ok(bytes < LIMIT, `${bytes} bytes a run`);
  });
  test.run();
});
