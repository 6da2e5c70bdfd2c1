/**
 * The folder of a run:
 *
 *   config.json                   all flags, to run it again: --config, --resume
 *   checkpoint-000000600.…        the last few; best.safetensors: the best by the validation examples
 *   log.txt                       what was said of the steps
 *   history.json, history.csv     every loss and evaluation
 *   weights.safetensors           the network, network.json its description alone
 *   run.lock                      while it runs
 *
 * The holder of the lock reads and writes the others; without it, a checkpoint that is read may be another process's by now.
 */
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type Checkpoint, CheckpointError, CheckpointFolder } from "lanegrad";
import { makeFolder } from "../platform/write_whole.ts";
import { checkNewFolder, runFilesIn } from "./earlier_run.ts";
import {
  FileError,
  isFolder,
  makeOutputFolder,
  OutputError,
  quoted,
  reasonOf,
  relativePath,
  writeFile,
} from "./files.ts";
import { UsageError } from "./flags.ts";
import { type Lock, lock } from "./lock.ts";
import { PROGRAM } from "./program.ts";

const CONFIG = "config.json";
const LOG = "log.txt";
/** What a process that was killed left half written, today or in earlier versions. */
const HALF = new RegExp(
  "^(\\.probe-\\d+|run\\.lock\\.\\d+|" +
    "(config|history|network|weights|report|loss|accuracy|confusion|mistakes|predictions|residuals)\\.\\w+\\.(part-\\d+|[\\da-f-]{36}\\.part))$",
);
const ASIDE = /^checkpoint-\d+\.safetensors\.aside$/;

const MOST_LINES = 200;
const LONGEST_MILLISECONDS = 1000;

type Warn = (line: string) => void;

export type NewRun = {
  /** Undefined for a new folder under runs/. */
  readonly out?: string | undefined;
  /** An earlier run there is replaced. */
  readonly force?: boolean | undefined;
  /** The file that the flags are from, which may be in the folder. */
  readonly config?: string | undefined;
  /** How many of the last checkpoints stay. */
  readonly keep: number;
};

/** A folder that one run writes to. */
export class RunFolder {
  readonly folder: string;
  checkpoints: CheckpointFolder;
  readonly #warn: Warn;
  readonly #lock: Lock;
  #config: string | undefined;
  #lines: string[] = [];
  #written = performance.now();
  #isFailing = false;
  #isLogging = true;

  private constructor(folder: string, warn: Warn) {
    this.folder = folder;
    this.#lock = lock(folder);
    this.checkpoints = new CheckpointFolder(folder);
    this.#warn = warn;
  }

  /**
   * The folder of a new run.
   *
   * @throws {UsageError} an earlier run is there, and is not to be replaced
   * @throws {OutputError} it cannot be written, or another run has it
   */
  static async create({ out, force, config, keep }: NewRun, warn: Warn): Promise<RunFolder> {
    const made = await RunFolder.open(await makeOutputFolder(out, new Date()), warn);
    try {
      if (!force) checkNewFolder(out ?? made.folder, config);
      for (const name of runFilesIn(made.folder)) rmSync(join(made.folder, name));
      made.keepLast(keep);
      return made;
    } catch (error) {
      made.release();
      throw error;
    }
  }

  /**
   * Takes the folder of a run that is to be resumed, and removes what a process that was killed left half written there.
   *
   * @throws {OutputError} it cannot be written, or another run has it
   */
  static async open(folder: string, warn: Warn): Promise<RunFolder> {
    const made = new RunFolder(await makeOutputFolder(folder, new Date()), warn);
    await made.checkpoints.clean();
    for (const name of readdirSync(made.folder)) if (HALF.test(name)) rmSync(join(made.folder, name), { force: true });
    return made;
  }

  /** So many of the last checkpoints stay from now on. */
  keepLast(keep: number): void {
    this.checkpoints = new CheckpointFolder(this.folder, { keep });
  }

  /** Writes config.json. */
  async configure(config: object): Promise<void> {
    this.#config = `${JSON.stringify(config, undefined, 2)}\n`;
    await writeFile(join(this.folder, CONFIG), this.#config);
  }

  /**
   * Saves a checkpoint. If that fails, training continues: one warning, and the next checkpoint is tried again.
   *
   * @returns whether it is on the disk
   */
  async save(checkpoint: Checkpoint, as: "last" | "best" = "last"): Promise<boolean> {
    try {
      await this.#remake();
      await this.checkpoints.save(checkpoint, { as });
      if (this.#isFailing) this.#warn("checkpoints can be saved again");
      this.#isFailing = false;
      return true;
    } catch (error) {
      if (!this.#isFailing) this.#warn(`no checkpoint saved, training goes on: ${reasonOf(error)}`);
      this.#isFailing = true;
      return false;
    }
  }

  /** Adds a line to log.txt, soon. */
  log(line: string): void {
    this.#lines.push(line);
    const isDue = performance.now() - this.#written > LONGEST_MILLISECONDS;
    if (this.#lines.length >= MOST_LINES || isDue) this.flush();
  }

  /** Writes the lines of the log that wait. */
  flush(): void {
    if (this.#isLogging && this.#lines.length > 0) {
      try {
        append(join(this.folder, LOG), `${this.#lines.join("\n")}\n`);
      } catch (error) {
        this.#isLogging = false;
        this.#warn(`${LOG} ends here: ${reasonOf(error)}`);
      }
    }
    this.#lines = [];
    this.#written = performance.now();
  }

  /**
   * Writes results; where the folder cannot take them, into a new one among the system's temporary files.
   *
   * @returns the folder that has them
   * @throws {OutputError} neither can
   */
  async results(files: ReadonlyMap<string, string | Uint8Array>): Promise<string> {
    this.flush();
    try {
      await this.#remake();
      for (const [name, content] of files) await writeFile(join(this.folder, name), content);
      return this.folder;
    } catch (error) {
      const rescue = rescueFolder();
      for (const [name, content] of files) await writeFile(join(rescue, name), content);
      const line = `cannot write to ${relativePath(this.folder)}: ${reasonOf(error instanceof Error ? error.cause : error)}`;
      this.#warn(`${line}; the results are in ${rescue}`);
      return rescue;
    }
  }

  release(): void {
    this.flush();
    this.#lock.release();
  }

  /**
   * Recreates the run's folder if it was removed: without config.json no run can resume.
   *
   * @throws {OutputError} it cannot be written, or another run has it by now
   */
  async #remake(): Promise<void> {
    if (!existsSync(this.folder)) await makeFolder(this.folder);
    this.#lock.hold();
    const config = join(this.folder, CONFIG);
    if (this.#config !== undefined && !existsSync(config)) await writeFile(config, this.#config);
  }

  [Symbol.dispose](): void {
    this.release();
  }
}

/** Adds to the file itself: a link that came with the folder is not followed to a file elsewhere. */
function append(file: string, text: string): void {
  const { O_APPEND, O_CREAT, O_WRONLY, O_NOFOLLOW = 0 } = constants; // Windows has no such flag
  const descriptor = openSync(file, O_APPEND | O_CREAT | O_WRONLY | O_NOFOLLOW);
  try {
    appendFileSync(descriptor, text);
  } finally {
    closeSync(descriptor);
  }
}

function rescueFolder(): string {
  try {
    return mkdtempSync(join(tmpdir(), "lanegrad-run-"));
  } catch (error) {
    throw new OutputError(tmpdir(), error);
  }
}

/** What --resume names: a run's folder, or one of its checkpoints. */
export type Resumed = {
  /** Whose lock is taken: to be released. */
  readonly run: RunFolder;
  readonly config: string;
  readonly checkpoint: Checkpoint;
};

/**
 * Takes the folder of a run, and reads the checkpoint to resume from.
 *
 * @throws {UsageError} no run is there
 * @throws {FileError} its config.json is missing
 * @throws {OutputError} another run has the folder, or it cannot be written
 * @throws {CheckpointError} it is damaged or of another version; the text has the command that takes the one before it
 */
export async function readResumed(path: string, warn: Warn): Promise<Resumed> {
  const named = resolve(path);
  const folder = isFolder(named) ? named : dirname(named);
  if (!existsSync(named)) throw new FileError(relativePath(named), "no such run");
  const config = join(folder, CONFIG);
  if (!existsSync(config))
    throw new FileError(relativePath(config), "no such file: the folder holds no run of lanegrad train");
  const run = await RunFolder.open(folder, warn);
  try {
    return { run, config, checkpoint: await checkpointIn(folder, folder === named ? undefined : basename(named)) };
  } catch (error) {
    run.release();
    throw error;
  }
}

/** The last checkpoint in a folder, or the one of this name. */
async function checkpointIn(folder: string, name: string | undefined): Promise<Checkpoint> {
  const checkpoints = new CheckpointFolder(relativePath(folder));
  if (name !== undefined) return await checkpoints.read(name);
  try {
    const checkpoint = await checkpoints.latest();
    if (checkpoint !== undefined) return checkpoint;
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.previous === undefined) throw error;
    const command = `${PROGRAM} train --resume ${quoted(error.previous)}`;
    throw new FileError(error.file ?? relativePath(folder), `${textOf(error)}; the one before it is whole: ${command}`);
  }
  throw new UsageError(
    `--resume: ${relativePath(folder)} holds no checkpoint yet; run it again: --config ${quoted(relativePath(join(folder, CONFIG)))}`,
  );
}

function textOf({ message, file }: CheckpointError): string {
  const text = message.slice(file === undefined ? 0 : file.length + 2);
  return text.replace(/; the one before it is whole: .*/, "");
}

/**
 * Renames checkpoints that are newer than the one that a run resumes from, so that its own take their place. Those that were
 * renamed before, for a process that has ended, go.
 */
export function setNewerAside(folder: string, iteration: number): string[] {
  const names = readdirSync(folder);
  for (const name of names) if (ASIDE.test(name)) rmSync(join(folder, name));
  const newer = names.filter((name) => Number(/^checkpoint-(\d+)\.safetensors$/.exec(name)?.[1]) > iteration);
  for (const name of newer) renameSync(join(folder, name), join(folder, `${name}.aside`));
  return newer;
}
