/** Programs of `lanegrad/linalg` allocate nothing in JavaScript's heap, of stacks too. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { compile } from "../../src/autodiff/program.ts";
import { cholesky, det, eigh, inverse, qr, solve, solveTriangular, svd } from "../../src/ops/linalg/index.ts";
import { type Expression, input } from "../../src/tensor/expression.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { bytesPerCall, runAlone } from "../support/heap.ts";
import { draw } from "./matrices.ts";

const CALLS = 20_000;
/** Bytes a run on average: a single number would be 12 or 16. */
const LIMIT = 8;

const engine = await loadEngine();
const test = suite("allocation of linear algebra");

const N = 5;
const PROGRAMS: Readonly<Record<string, (x: Expression<"float32">) => Readonly<Record<string, Expression>>>> = {
  solve: (x) => ({ y: solve(x, x) }),
  inverse: (x) => ({ y: inverse(x) }),
  det: (x) => ({ y: det(x) }),
  cholesky: (x) => ({ y: cholesky(x) }),
  solveTriangular: (x) => ({ y: solveTriangular(x, x) }),
  qr: (x) => ({ ...qr(x) }),
  svd: (x) => ({ ...svd(x) }),
  eigh: (x) => ({ ...eigh(x) }),
};

runAlone(import.meta.url, "allocation of linear algebra", () => {
  for (const [name, build] of Object.entries(PROGRAMS)) {
    test(`a run leaves the heap as it is: ${name}`, async () => {
      if (BUILD !== "simd") return; // the JavaScript is the same for every build
      using program = compile(build(input(engine, [3, N, N], { name: "x" })));
      const values = Float32Array.from(draw(3 * N, N, 1).data, (value, i) => {
        return value + (Math.floor(i / N) % N === i % N ? 8 : 0);
      });
      program.inputs["x"]?.set(values);
      const bytes = await bytesPerCall(() => program.run(), { warmUp: CALLS, calls: CALLS, limit: LIMIT });
      assert.ok(bytes < LIMIT, `${bytes} bytes a run`);
    });
  }
  test.run();
});
