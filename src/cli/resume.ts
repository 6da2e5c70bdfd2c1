/** `--resume`: the flags of the run that is resumed, and the few that may differ. */
import type { Checkpoint } from "lanegrad";
import { relativePath } from "./files.ts";
import { flagOf, UsageError } from "./flags.ts";
import { type Parsed, readConfig, readJsonObject } from "./options.ts";
import { completed } from "./recipe.ts";
import { type Resumed, type RunFolder, readResumed } from "./run_folder.ts";
import { FREE_KEYS, RAISABLE_KEYS, TRAIN_FLAGS, type TrainValues } from "./train_flags.ts";

/** A run that is resumed. */
export type Resuming = {
  /** Whose lock is taken: to be released. */
  readonly run: RunFolder;
  readonly checkpoint: Checkpoint;
  readonly values: TrainValues;
  /** Of the examples that it was trained on. */
  readonly dataSha256: string | undefined;
  /** What else a person should know. */
  readonly remarks: readonly string[];
};

/**
 * Takes the folder of the run that `--resume` names, and reads it, with the flags that are given in addition.
 *
 * @throws {UsageError} a flag that would change the run's bits, or fewer steps than before
 * @throws {FileError} there is no run, or its config.json cannot be read
 * @throws {OutputError} another run has the folder, or it cannot be written
 * @throws {CheckpointError} its checkpoint is damaged or of another version
 */
export async function resumedRun(parsed: Parsed<TrainValues>, warn: (line: string) => void): Promise<Resuming> {
  const { values } = parsed;
  if (values.config !== undefined)
    throw new UsageError("--resume and --config exclude each other: the run has its own");
  if (values.out !== undefined)
    throw new UsageError("--resume and --out exclude each other: the run is resumed in its folder");
  if (values.force) throw new UsageError("--resume and --force exclude each other: the run is not replaced");
  const resumed = await readResumed(values.resume ?? "", warn);
  try {
    return mergedRun(resumed, parsed);
  } catch (error) {
    resumed.run.release();
    throw error;
  }
}

function mergedRun({ run, config, checkpoint }: Resumed, { values, given }: Parsed<TrainValues>): Resuming {
  const recorded = Object.fromEntries(readConfig(TRAIN_FLAGS, config)) as TrainValues;
  const { dataSha256 } = readJsonObject(config);
  const differences = [...given].flatMap((key) => differenceOf(key as keyof TrainValues, values, recorded));
  if (differences.length > 0) {
    throw new UsageError(`--resume ${relativePath(run.folder)}: its bits would change: ${differences.join("; ")}`);
  }
  const { data, dataset, variant, ...others } = recorded;
  const isMoved = values.data !== undefined || values.dataset !== undefined;
  const merged: TrainValues = { ...(isMoved ? {} : { data, dataset, variant }), ...others, ...values } as TrainValues;
  const { schedule = "constant" } = merged;
  const isLonger = merged.epochs !== recorded.epochs || merged.iterations !== recorded.iterations;
  const isStretched = isLonger && schedule !== "constant";
  return {
    run,
    checkpoint,
    remarks: isStretched ? [`the schedule ${schedule} is worked out anew for the longer run`] : [],
    values: completed(merged),
    dataSha256: typeof dataSha256 === "string" ? dataSha256 : undefined,
  };
}

/** What is wrong with a flag given together with --resume, if anything is. */
function differenceOf(key: keyof TrainValues, values: TrainValues, recorded: TrainValues): string[] {
  const [found, before] = [values[key], recorded[key]];
  if (key === "dropLast" && before === undefined) return []; // `restore` knows the runs that may resume with it
  if (FREE_KEYS.has(key) || JSON.stringify(found) === JSON.stringify(before)) return [];
  const flag = flagOf(key);
  if (!RAISABLE_KEYS.has(key)) return [`${flag} ${textOf(before)} there, ${textOf(found)} here`];
  if (typeof before !== "number")
    return [`${flag} is not how the run counts: ${key === "epochs" ? "--iterations" : "--epochs"}`];
  return Number(found) >= before ? [] : [`${flag} ${before} there, ${found} here: it can only be raised`];
}

function textOf(value: unknown): string {
  if (value === undefined) return "not given";
  return typeof value === "string" ? value : JSON.stringify(value);
}
