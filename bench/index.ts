/**
 * `npm run bench`: throughput of the products and of whole training steps, by benchmark.js.
 *
 *   --filter TEXT   only cases whose name contains it
 *   --build B       simd, relaxed or debug (simd)
 */
import { parseArgs } from "node:util";
import Benchmark from "benchmark";
import { type Build, Engine } from "lanegrad";
import { type Case, measureCases } from "./case.ts";
import { gemmCases } from "./gemm.ts";
import { stepCases } from "./step.ts";

const { values } = parseArgs({
  options: { filter: { type: "string", default: "" }, build: { type: "string", default: "simd" } },
});

using engine = await Engine.load({ build: values.build as Build });
const cases: Case[] = [...gemmCases(engine), ...(await stepCases(engine))].filter(({ name }) =>
  name.includes(values.filter),
);
console.log(`build ${engine.build}, ${process.version}, ${Benchmark.platform.description}`);
await measureCases(cases);
