/**
 * Compares the library's random draws with those of the NumPy that is installed for python3, over calls with random arguments:
 *
 *   npx tsx scripts/numerics/numpy_random.ts [calls = 100000] [seed = 1]
 *
 * A line for each method: calls that leave another state (key, position, whether a normal draw is cached), calls whose integers or choices
 * differ, calls whose real numbers are more than two doubles away, and the largest distance. The last of these are listed with --all;
 * they are results that enlarge the last bit of a logarithm: a sum near 0, or a power.
 */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compare, EXACT, type NumpyCall } from "../../test/random/numpy_calls.ts";

const MOST_ULPS = 2;
const SCRIPT = fileURLToPath(new URL("../../test/fixtures/numpy-distributions.py", import.meta.url));

type Count = { calls: number; states: number; integers: number; beyond: number; ulps: number; cached: number };

const args = process.argv.slice(2);
const all = args.includes("--all");
const [calls = "100000", seed = "1"] = args.filter((argument) => argument !== "--all");
const counts = new Map<string, Count>();
const python = spawn("python3", [SCRIPT, calls, seed], { stdio: ["ignore", "pipe", "inherit"] });
const ended = new Promise<number | null>((resolve, reject) => python.on("close", resolve).on("error", reject));
for await (const line of createInterface({ input: python.stdout })) add(JSON.parse(line) as NumpyCall);
if ((await ended) !== 0) process.exit(1);

console.log("| method | calls | other states | other integers | beyond 2 ulp | most ulp | most ulp, cached |");
console.log("| ------ | ----- | ------------ | -------------- | ------------ | -------- | ---------------- |");
for (const [name, { calls, states, integers, beyond, ulps, cached }] of counts) {
  console.log(`| ${name} | ${calls} | ${states} | ${integers} | ${beyond} | ${ulps} | ${cached} |`);
}
if ([...counts.values()].some(({ states, integers }) => states + integers > 0)) process.exitCode = 1;

function add(record: NumpyCall): void {
  const { call } = record;
  const count = counts.get(call) ?? { calls: 0, states: 0, integers: 0, beyond: 0, ulps: 0, cached: 0 };
  counts.set(call, count);
  const { ulps, sameState, cachedUlps } = compare(record);
  count.calls += 1;
  if (!sameState) count.states += 1;
  count.cached = Math.max(count.cached, cachedUlps);
  const isEqual = ulps === 0;
  if (EXACT.has(call) && !isEqual) count.integers += 1;
  else if (!(ulps <= MOST_ULPS)) count.beyond += 1;
  count.ulps = Math.max(count.ulps, ulps);
  const isWrong = !sameState || (EXACT.has(call) && !isEqual);
  if (isWrong || (all && !(ulps <= MOST_ULPS))) console.log(`${ulps} ulp, ${JSON.stringify(record)}`);
}
