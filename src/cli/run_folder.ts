/**
 * The folder of a run:
 *
 *   config.json                   all flags, to run it again: --config, --resume
 *   checkpoint-000000600.…        the last few; best.safetensors: the best by the validation examples
 *   log.txt                       what was said of the steps
 *   history.json, history.csv     every loss and evaluation
 *   weights.safetensors           the network, network.json its description alone
 *   run.lock                      while it runs
 */
import {
  appendFileSync,
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { type Checkpoint, CheckpointError, CheckpointFolder } from "lanegrad";
import { FileError, isFolder, makeOutputFolder, OutputError, quoted, reasonOf, shown, writeWhole } from "./files.ts";
import { UsageError } from "./flags.ts";
import { type Lock, lock } from "./lock.ts";
import { readJsonObject } from "./options.ts";
import { PROGRAM } from "./program.ts";

const CONFIG = "config.json";
const LOG = "log.txt";
/** What a run leaves, and the next one in its place replaces. */
const LEFT = /^(checkpoint-\d+\.safetensors(\.aside)?|best\.safetensors|log\.txt|history\.csv|.*\.svg|report\.html)$/;
/** What a process that was killed left half written. */
const HALF = /^(\.probe-\d+|run\.lock\.\d+|(config|history|network|weights)\.\w+\.part-\d+)$/;

const MOST_LINES = 200;
const LONGEST_MILLISECONDS = 1000;

/** A folder that one run writes to. */
export class RunFolder {
  readonly folder: string;
  readonly checkpoints: CheckpointFolder;
  readonly #warn: (line: string) => void;
  readonly #lock: Lock;
  #config: string | undefined;
  #lines: string[] = [];
  #written = performance.now();
  #isFailing = false;
  #isLogging = true;

  private constructor(folder: string, keep: number, warn: (line: string) => void) {
    this.folder = folder;
    this.#lock = lock(folder);
    this.checkpoints = new CheckpointFolder(folder, { keep });
    this.#warn = warn;
  }

  /**
   * The folder of a new run. What a finished run left there is replaced.
   *
   * @throws {OutputError} it cannot be written, another run has it, or a run in it can go on
   */
  static async create(out: string | undefined, keep: number, warn: (line: string) => void): Promise<RunFolder> {
    const made = new RunFolder(makeOutputFolder(out, new Date()), keep, warn);
    await made.#clean();
    const names = readdirSync(made.folder);
    if (names.some((name) => name.startsWith("checkpoint-")) && !isFinished(made.folder)) {
      made.release();
      const cure = `${PROGRAM} train --resume ${quoted(shown(made.folder))} goes on with it`;
      throw new OutputError(shown(made.folder), `it holds a run that is not finished: ${cure}`);
    }
    for (const name of names) if (LEFT.test(name)) rmSync(join(made.folder, name));
    return made;
  }

  /** The folder of a run that goes on. */
  static async open(folder: string, keep: number, warn: (line: string) => void): Promise<RunFolder> {
    const made = new RunFolder(makeOutputFolder(folder, new Date()), keep, warn);
    await made.#clean();
    return made;
  }

  /** Writes config.json. */
  configure(config: object): void {
    this.#config = `${JSON.stringify(config, undefined, 2)}\n`;
    writeWhole(join(this.folder, CONFIG), this.#config);
  }

  /**
   * Saves a checkpoint. Where that fails, training goes on: one warning, and the next one is tried again.
   *
   * @returns whether it is on the disk
   */
  async save(checkpoint: Checkpoint, as: "last" | "best" = "last"): Promise<boolean> {
    try {
      this.#remake();
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
  results(files: ReadonlyMap<string, string | Uint8Array>): string {
    this.flush();
    try {
      this.#remake();
      for (const [name, content] of files) writeWhole(join(this.folder, name), content);
      return this.folder;
    } catch (error) {
      const rescue = rescueFolder();
      for (const [name, content] of files) writeWhole(join(rescue, name), content);
      const line = `cannot write to ${shown(this.folder)}: ${reasonOf(error instanceof Error ? error.cause : error)}`;
      this.#warn(`${line}; the results are in ${rescue}`);
      return rescue;
    }
  }

  release(): void {
    this.flush();
    this.#lock.release();
  }

  async #clean(): Promise<void> {
    await this.checkpoints.clean();
    for (const name of readdirSync(this.folder)) if (HALF.test(name)) rmSync(join(this.folder, name));
  }

  /**
   * Makes the folder what a run's folder is, where somebody has removed it: without config.json no run goes on.
   *
   * @throws {OutputError} it cannot be written, or another run has it by now
   */
  #remake(): void {
    if (!existsSync(this.folder)) mkdirSync(this.folder, { recursive: true });
    this.#lock.hold();
    const config = join(this.folder, CONFIG);
    if (this.#config !== undefined && !existsSync(config)) writeWhole(config, this.#config);
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

/** Whether the run in a folder has come to its end. */
function isFinished(folder: string): boolean {
  try {
    const { end, outcome } = readJsonObject(join(folder, "history.json"));
    return end !== null && outcome !== "aborted";
  } catch {
    return false;
  }
}

/** What --resume names: a run's folder, or one of its checkpoints. */
export type Resumed = {
  readonly folder: string;
  readonly config: string;
  readonly checkpoint: Checkpoint;
};

/**
 * Reads the checkpoint to go on from.
 *
 * @throws {UsageError} no run is there
 * @throws {FileError} its config.json is missing
 * @throws {CheckpointError} it is damaged or of another version; the text has the command that takes the one before it
 */
export async function readResumed(run: string): Promise<Resumed> {
  const path = resolve(run);
  const folder = isFolder(path) ? path : dirname(path);
  if (!existsSync(path)) throw new FileError(shown(path), "no such run");
  const config = join(folder, CONFIG);
  if (!existsSync(config))
    throw new FileError(shown(config), "no such file: the folder holds no run of lanegrad train");
  const checkpoints = new CheckpointFolder(shown(folder));
  if (folder !== path) return { folder, config, checkpoint: await checkpoints.read(basename(path)) };
  try {
    const checkpoint = await checkpoints.latest();
    if (checkpoint !== undefined) return { folder, config, checkpoint };
  } catch (error) {
    if (!(error instanceof CheckpointError) || error.previous === undefined) throw error;
    const command = `${PROGRAM} train --resume ${quoted(error.previous)}`;
    throw new FileError(error.file ?? shown(folder), `${textOf(error)}; the one before it is whole: ${command}`);
  }
  throw new UsageError(
    `--resume: ${shown(folder)} holds no checkpoint yet; run it again: --config ${quoted(shown(config))}`,
  );
}

function textOf({ message, file }: CheckpointError): string {
  const text = message.slice(file === undefined ? 0 : file.length + 2);
  return text.replace(/; the one before it is whole: .*/, "");
}

/** Renames checkpoints that are newer than the one that a run goes on from, so that its own take their place. */
export function setNewerAside(folder: string, iteration: number): string[] {
  const newer = readdirSync(folder).filter((name) => {
    const [, steps] = /^checkpoint-(\d+)\.safetensors$/.exec(name) ?? [];
    return Number(steps) > iteration;
  });
  for (const name of newer) renameSync(join(folder, name), join(folder, `${name}.aside`));
  return newer;
}
