/**
 * Wrong arguments: every public function and method answers a value of the wrong type with one of the library's errors,
 * which names the argument; and an option that it does not have with an `OptionError`.
 *
 * The cases follow from the exports: what has no sample fails.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { Program } from "../../src/autodiff/program.ts";
import * as chapter from "../../src/chapter/index.ts";
import * as csv from "../../src/data/csv.ts";
import { LanegradError, OptionError } from "../../src/errors.ts";
import * as lanegrad from "../../src/index.ts";
import { Accumulation } from "../../src/nn/accumulation.ts";
import { OptimizerState } from "../../src/nn/optimizers/state.ts";
import { TrainingStep } from "../../src/nn/training_step.ts";
import * as linalg from "../../src/ops/linalg/index.ts";
import * as plot from "../../src/plot/index.ts";
import * as numpyRandom from "../../src/random/index.ts";
import * as host from "../../src/worker/host.ts";
import * as worker from "../../src/worker/index.ts";
import { loadEngine } from "../support/engine.ts";
import { MAY_BE, NOT_CALLED, OPAQUE, OPEN } from "./exceptions.ts";
import { type Sample, samplesOf } from "./samples.ts";
import { workerSamples } from "./worker_samples.ts";
import { kindOf, type Variant, variantsOf, WRONG, withUnknownKeys } from "./wrong.ts";

const test = suite("wrong arguments");
const MOST_CHARACTERS = 800;
/** Samples that name a file or an address that is not there: their own errors are not looked at. */
const VALID_BUT_ABSENT: Readonly<Record<string, true>> = {
  ...{ loadNpz: true, loadCsv: true, loadRecords: true, loadModel: true, downloadMnist: true },
};

/** Classes whose instances programs get from functions. */
const RETURNED = { Program, Accumulation, OptimizerState, TrainingStep };

/** Of the entry `lanegrad/chapter`: another entry has a function of one of its names. */
const CHAPTER = Object.fromEntries(Object.entries(chapter).map(([name, exported]) => [`chapter.${name}`, exported]));

/** Of the entry `lanegrad/plot`, which draws what another function of the name computes. */
const PLOT = Object.fromEntries(
  Object.entries(plot).map(([name, exported]) => [name in lanegrad ? `plot.${name}` : name, exported]),
);

/** Functions, and methods of classes, that take arguments. */
function surface(): readonly string[] {
  return Object.entries({
    ...lanegrad,
    ...CHAPTER,
    ...csv,
    ...linalg,
    ...PLOT,
    ...numpyRandom,
    ...worker,
    ...host,
    ...RETURNED,
  }).flatMap(([name, exported]) => {
    if (typeof exported !== "function" || exported === LanegradError || exported.prototype instanceof LanegradError)
      return [];
    const { prototype } = exported as { prototype?: object };
    const methods =
      prototype === undefined || !/^class\b/.test(String(exported)) ? [] : methodsOf(name, exported, prototype);
    return name in RETURNED ? methods : [name, ...methods];
  });
}

function methodsOf(name: string, statics: object, prototype: object): readonly string[] {
  return [statics, prototype].flatMap((owner) =>
    Object.entries(Object.getOwnPropertyDescriptors(owner)).flatMap(([key, { value }]) => {
      const isMethod =
        typeof value === "function" && key !== "constructor" && !/^(async |\*)*\s*\w+\(\)/.test(String(value));
      return isMethod ? [`${name}.${key}`] : [];
    }),
  );
}

/** What a call with wrong arguments did that it should not have; undefined where it was refused well. */
async function fault(call: Sample["call"], args: readonly unknown[]): Promise<"returned" | string | undefined> {
  try {
    await (call as (...args: unknown[]) => unknown)(...args);
    return "returned";
  } catch (error) {
    if (!(error instanceof LanegradError))
      return `threw ${error instanceof Error ? error.stack?.split("\n").slice(0, 4).join(" ") : typeof error}`;
    return error.message.length <= MOST_CHARACTERS ? undefined : `a message of ${error.message.length} characters`;
  }
}

async function faultsOf(name: string, { call, calls }: Sample): Promise<readonly string[]> {
  const faults: string[] = [];
  for (const args of calls) {
    for (const { where, valid, replace } of variantsOf(args)) {
      if (where.includes(".") && OPAQUE.some((opaque) => opaque.test(`${name} ${where}`))) continue;
      for (const [label, make] of WRONG) {
        const wrong = make();
        const found = await fault(call, replace(wrong));
        if (found === undefined || (found === "returned" && isPlausible(`${name} ${where}`, label, valid, wrong)))
          continue;
        faults.push(`${name} ${where} = ${label}: ${found}`);
      }
    }
  }
  return [...new Set(faults)];
}

/** Whether the value may be valid after all: it is of the valid one's kind, or an exception says so. */
function isPlausible(where: string, label: string, valid: unknown, wrong: unknown): boolean {
  if (kindOf(wrong) === kindOf(valid) || label === "undefined") return true;
  return MAY_BE.some(
    ([pattern, kinds]) => pattern.test(where) && (kinds === "anything" || kinds.includes(kindOf(wrong))),
  );
}

const engine = await loadEngine();
const folder = mkdtempSync(join(tmpdir(), "lanegrad-arguments-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
const inWorker = await workerSamples();
const samples = { ...samplesOf(engine, folder, await plot.bars([{ label: "a", value: 1 }])), ...inWorker.samples };

test("every function and method that takes arguments has a sample", () => {
  const missing = surface().filter((name) => !(name in samples) && !(name in NOT_CALLED));
  assert.equal(missing, []);
  const unknown = [...Object.keys(samples), ...Object.keys(NOT_CALLED)].filter((name) => !surface().includes(name));
  assert.equal(unknown, []);
});

for (const [name, sample] of Object.entries(samples)) {
  const variants = sample.calls
    .flatMap((args) => withUnknownKeys(args))
    .filter(({ where }) => ![...OPEN, ...OPAQUE].some((open) => open.test(`${name} ${where}`)));
  test(`${name}: samples are valid, wrong types and unknown options are refused`, async () => {
    for (const args of sample.calls) {
      const found = await fault(sample.call, args);
      if (found !== "returned" && !(name in VALID_BUT_ABSENT))
        assert.unreachable(
          `sample ${JSON.stringify(args.map(kindOf))}: ${found ?? (await message(sample.call, args))}`,
        );
    }
    assert.equal(await faultsOf(name, sample), []);
    for (const { where, replace } of variants) await assertRefused(sample.call, replace(undefined), `${name} ${where}`);
  });
}

test.after(inWorker.close);
test.run();

async function message(call: Sample["call"], args: readonly unknown[]): Promise<string> {
  try {
    await (call as (...args: unknown[]) => unknown)(...args);
    return "";
  } catch (error) {
    return String(error);
  }
}

async function assertRefused(call: Sample["call"], args: ReturnType<Variant["replace"]>, label: string): Promise<void> {
  try {
    await (call as (...args: unknown[]) => unknown)(...args);
  } catch (error) {
    assert.instance(error, OptionError, label);
    assert.match((error as Error).message, /notAnOption: unknown option/, label);
    return;
  }
  assert.unreachable(`${label}: an unknown option was ignored`);
}
