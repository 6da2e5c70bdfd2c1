/**
 * Compares operations with the NumPy that is installed for python3, over random calls:
 *
 *   npx tsx scripts/numerics/numpy_operations.ts [calls = 100000] [seed = 1]      LANEGRAD_BUILD=js for another build
 *
 * A line for each operation: calls, those that both refuse, those that the library alone refuses (test/ops/numpy_operations.ts has
 * the reasons), calls that differ, the largest distance, and what is allowed. Below the table, the smallest call that differs of each.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { Engine } from "../../src/wasm/engine.ts";
import type { Build } from "../../src/wasm/load.ts";
import { compareWithNumpy, describeCall, type NumpyCall, ULPS } from "../../test/ops/numpy_operations.ts";

const SCRIPT = fileURLToPath(new URL("../../test/fixtures/numpy-operations.py", import.meta.url));

type Count = { calls: number; errors: number; refused: number; different: number; ulps: number; smallest: string };

const [calls = "100000", seed = "1"] = process.argv.slice(2);
const build = (process.env["LANEGRAD_BUILD"] ?? "simd") as Build;
using engine = await Engine.load({ build });
const counts = new Map<string, Count>();
const python = spawn("python3", [SCRIPT, calls, seed], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise<number | null>((resolve, reject) => python.on("close", resolve).on("error", reject));
for await (const line of createInterface({ input: python.stdout })) add(JSON.parse(line) as NumpyCall);
if ((await ended) !== 0) process.exit(1);

console.log("| operation | calls | both refuse | refused here | different | most ulp | allowed |");
console.log("| --------- | ----: | ----------: | -----------: | --------: | -------: | ------: |");
for (const [name, { calls, errors, refused, different, ulps }] of counts) {
  const { float32, float64 } = ULPS[name] ?? { float32: 0, float64: 0 };
  const allowed = float32 === float64 ? `${float32}` : `${float32}, ${float64}`;
  console.log(
    `| \`${name}\` | ${calls} | ${errors} | ${refused} | ${different} | ${Number(ulps.toFixed(2))} | ${allowed} |`,
  );
}
const all = [...counts.values()];
const total = (key: "calls" | "errors" | "refused" | "different") => all.reduce((sum, count) => sum + count[key], 0);
console.log(
  `\n${total("calls")} calls, ${total("errors")} refused by both, ${total("refused")} here, ${total("different")} different`,
);
for (const { smallest } of all) if (smallest !== "") console.log(`\n${smallest}`);
if (total("different") > 0) process.exitCode = 1;

function add(record: NumpyCall): void {
  const { call } = record;
  const count = counts.get(call) ?? { calls: 0, errors: 0, refused: 0, different: 0, ulps: 0, smallest: "" };
  counts.set(call, count);
  const outcome = compareWithNumpy(engine, record);
  count.calls += 1;
  if (record.error !== undefined) count.errors += 1;
  if (outcome.kind === "refused") count.refused += 1;
  if (outcome.kind !== "different") {
    count.ulps = Math.max(count.ulps, outcome.ulps);
    return;
  }
  count.different += 1;
  const text = `${describeCall(record)}\n  ${outcome.text}`;
  if (count.smallest === "" || text.length < count.smallest.length) count.smallest = text;
}
