/**
 * Fuzzing: `npm run fuzz -- --target idx --cases 1000000 --seed 1`.
 *
 * The same seed gives the same cases. A crash prints the flag that runs its case again. Exit code: 0 no crash, 1 a crash,
 * 2 wrong usage.
 */

import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Worker } from "node:worker_threads";
import { runCommand, wholeOf } from "../shared/command.ts";
import { runCase, type Tally } from "./run.ts";
import { TARGETS, targetNamed } from "./targets.ts";
import type { Task } from "./worker.ts";

/** A case that is not done by then never ends. */
const HANG_MILLISECONDS = 20_000;
const LOOK_MILLISECONDS = 500;
const THREAD = JSON.stringify(new URL("./worker.ts", import.meta.url).href);
const HERE = JSON.stringify(import.meta.url);

const HELP = `usage: npm run fuzz -- [options]

  --target NAME   what is fuzzed, or all (all)
  --cases N       cases for each target (10000)
  --seed N        another seed, other cases (1)
  --from N        the first case's number (0): for a crash that needs the cases before it
  --replay T:S:N  runs case N of seed S of target T alone
  --save FILE     with --replay: writes the case's input there
  --help          this page

targets
${TARGETS.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join("\n")}
`;

process.exitCode = await runCommand(HELP, read, main);

async function main({ target, cases, seed, from, replay, save }: ReturnType<typeof read>): Promise<number> {
  if (replay !== undefined) return await again(replay, save);
  let crashed = 0;
  for (const { name } of target === "all" ? TARGETS : [targetNamed(target)]) {
    const start = performance.now();
    const tally = await inThread({ target: name, seed, cases, from });
    print(name, seed, tally, (performance.now() - start) / 1000);
    crashed += tally.crashed;
  }
  return crashed > 0 ? 1 : 0;
}

/** @throws {Error} wrong usage */
function read() {
  const { values } = parseArgs({
    options: {
      target: { type: "string", default: "all" },
      cases: { type: "string", default: "10000" },
      seed: { type: "string", default: "1" },
      from: { type: "string", default: "0" },
      replay: { type: "string" },
      save: { type: "string" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.target !== "all") targetNamed(values.target);
  const [cases, seed] = [
    wholeOf("--cases", values.cases, 0, 2 ** 31 - 1),
    wholeOf("--seed", values.seed, 0, 2 ** 32 - 1),
  ];
  const from = wholeOf("--from", values.from, 0, 2 ** 31 - 1);
  const [target = "", of = "", index = "", ...more] = values.replay?.split(":") ?? [];
  if (more.length > 0) throw new Error("--replay: expected TARGET:SEED:CASE");
  const replay = values.replay === undefined ? undefined : replayOf(target, of, index);
  return { ...values, cases, seed, from, replay };
}

function replayOf(target: string, seed: string, index: string) {
  return {
    target: targetNamed(target),
    seed: wholeOf("--replay: seed", seed, 0, 2 ** 32 - 1),
    index: wholeOf("--replay: case", index, 0, 2 ** 31 - 1),
  };
}

async function again({ target, seed, index }: ReturnType<typeof replayOf>, save: string | undefined): Promise<number> {
  const verdict = await runCase(target, { seed, index }, (input) => {
    console.log(`${target.name}: seed ${seed}, case ${index}, ${input.length} bytes`);
    if (save !== undefined) writeFileSync(save, input);
  });
  const end = {
    accepted: "",
    refused: ` by ${"by" in verdict && verdict.by}`,
    crash: `: ${"reason" in verdict && verdict.reason}`,
  };
  console.log(`${verdict.kind}${end[verdict.kind]}`);
  return verdict.kind === "crash" ? 1 : 0;
}

/** A thread does not know by itself how to read TypeScript. */
async function inThread(parts: Omit<Task, "current">): Promise<Tally> {
  const current = new Int32Array(new SharedArrayBuffer(8));
  const task: Task = { ...parts, current };
  const code = `import("tsx/esm/api").then(({ tsImport }) => tsImport(${THREAD}, ${HERE}));`;
  const worker = new Worker(code, { eval: true, workerData: task });
  let [last, since] = [-1, performance.now()];
  return await new Promise((resolve, reject) => {
    const watch = setInterval(() => {
      const begun = Atomics.load(current, 1);
      if (begun !== last) [last, since] = [begun, performance.now()];
      else if (performance.now() - since > HANG_MILLISECONDS) finish(hung(Atomics.load(current, 0)));
    }, LOOK_MILLISECONDS);
    const finish = (tally: Tally) => {
      clearInterval(watch);
      void worker.terminate();
      resolve(tally);
    };
    worker.once("message", finish);
    worker.once("error", (error) => {
      clearInterval(watch);
      reject(error);
    });
  });
}

function hung(index: number): Tally {
  const reason = `did not end within ${HANG_MILLISECONDS / 1000} s`;
  return {
    ...{ cases: index, accepted: 0, crashed: 1, crashes: [{ index, reason }] },
    ...{ refused: new Map(), slowest: { index, milliseconds: HANG_MILLISECONDS } },
  };
}

function print(name: string, seed: number, tally: Tally, seconds: number): void {
  const { cases, accepted, refused, slowest, crashes, crashed } = tally;
  const refusals = [...refused].sort((a, b) => b[1] - a[1]).map(([by, times]) => `${by} ${times}`);
  const time = `slowest ${slowest.milliseconds.toFixed(1)} ms (case ${slowest.index})`;
  console.log(
    `${name.padEnd(14)}${cases} cases, ${accepted} accepted, refused: ${refusals.join(", ") || "none"}; ${time}; ` +
      `${seconds.toFixed(1)} s; ${crashed === 0 ? "no crash" : `${crashed} CRASHES`}`,
  );
  for (const { index, reason } of crashes) {
    console.log(`  case ${index}: ${reason}\n    npm run fuzz -- --replay ${name}:${seed}:${index} --save FILE`);
  }
}
