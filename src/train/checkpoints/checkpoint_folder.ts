/**
 * Checkpoints in a folder:
 *
 *   checkpoint-000000600.safetensors    the last few, by the steps that had been made
 *   best.safetensors                    the best by the validation examples
 *
 * Each is written under another name, flushed, and renamed; older ones go only then. Whenever the machine stops, every file
 * under these names is whole, and a checkpoint whose `save` has returned is there.
 */

import { files } from "#platform";
import { checkType } from "../../arguments.ts";
import { readFile } from "../../data/read.ts";
import { OptionError, SaveError } from "../../errors.ts";
import { FormatError } from "../../formats/format_error.ts";
import { knownRecords, type ParseOptimizerOptions } from "../../nn/optimizers/known.ts";
import { checkOptions } from "../../options.ts";
import { PART_SUFFIX } from "../../platform/types.ts";
import type { Checkpoint } from "./checkpoint.ts";
import { CheckpointError } from "./checkpoint_error.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint_file.ts";

/** What stays in the folder, and what is read from it. */
export type CheckpointFolderOptions = ParseOptimizerOptions & {
  /** How many of the last checkpoints stay, from 1 on; default 3. */
  readonly keep?: number;
  /** The most bytes that a checkpoint may have when it is read. Default 2 GiB. */
  readonly maxBytes?: number;
};

const NAME = /^checkpoint-(\d{9,16})\.safetensors$/;
const BEST = "best.safetensors";
const MAX_BYTES = 2 ** 31;

/**
 * A folder of checkpoints. In a browser, where there are no folders, its methods throw.
 *
 * @example
 * const folder = new CheckpointFolder("runs/digits");
 * const options = { iterations: 4, learningRate: 0.1, checkpointEvery: 2 };
 * await train(net, mnist.train, { ...options, onCheckpoint: (trainer) => folder.save(checkpointOf(trainer)) });
 * await train(net, mnist.train, { ...options, iterations: 6, resume: await folder.latest() });
 */
export class CheckpointFolder {
  /** Its path. */
  readonly folder: string;
  readonly #keep: number;
  readonly #maxBytes: number;
  readonly #optimizers: ParseOptimizerOptions;

  /** @throws {OptionError} `keep` is not an integer from 1 on, the folder has no name, or something is not an optimizer */
  constructor(folder: string, options: CheckpointFolderOptions = {}) {
    checkOptions<CheckpointFolderOptions>("CheckpointFolder", options, { keep: 1, maxBytes: 1, optimizers: 1 });
    const { keep = 3, maxBytes = MAX_BYTES, optimizers = [] } = options;
    knownRecords("CheckpointFolder", optimizers);
    checkType("CheckpointFolder: folder", "string", folder);
    if (folder === "") throw new OptionError("folder", "a folder's name", folder);
    if (!Number.isSafeInteger(maxBytes) || maxBytes < 1)
      throw new OptionError("maxBytes", "a positive integer", maxBytes);
    if (!Number.isSafeInteger(keep) || keep < 1) throw new OptionError("keep", "an integer from 1 on", keep);
    this.folder = folder;
    this.#keep = keep;
    this.#maxBytes = maxBytes;
    this.#optimizers = { optimizers };
  }

  /**
   * Writes a checkpoint, and then removes those that are too many.
   *
   * @param options.as the best so far, which stays until there is a better one; default: one of the last
   * @returns the file's name within the folder
   * @throws {OptionError} `as` is neither last nor best
   * @throws {SaveError} it could not be written; earlier checkpoints are kept
   */
  async save(checkpoint: Checkpoint, options: { readonly as?: "last" | "best" } = {}): Promise<string> {
    checkOptions<{ readonly as?: "last" | "best" }>("save", options, { as: 1 });
    const { as = "last" } = options;
    if (as !== "last" && as !== "best") throw new OptionError("save: as", "last or best", as);
    checkType("save: checkpoint", "object", checkpoint);
    const name = as === "best" ? BEST : `checkpoint-${String(checkpoint.iteration).padStart(9, "0")}.safetensors`;
    const store = storeOf();
    try {
      await store.write(this.folder, name, encodeCheckpoint(checkpoint));
    } catch (error) {
      throw new SaveError(this.#pathOf(name), error);
    }
    for (const old of (await this.names()).slice(0, -this.#keep)) await store.remove(this.folder, old);
    return name;
  }

  /** The names of the last checkpoints, oldest first. */
  async names(): Promise<readonly string[]> {
    const found = (await storeOf().names(this.folder)).flatMap((name) => {
      const [, steps] = NAME.exec(name) ?? [];
      return steps === undefined ? [] : [{ name, steps: Number(steps) }];
    });
    return found.sort((a, b) => a.steps - b.steps).map(({ name }) => name);
  }

  /**
   * The newest checkpoint; undefined where there is none.
   *
   * @throws {CheckpointError} the newest one is damaged or of another version: `previous` names the newest whole one
   */
  async latest(): Promise<Checkpoint | undefined> {
    const [newest, ...others] = [...(await this.names())].reverse();
    if (newest === undefined) return undefined;
    try {
      return await this.read(newest);
    } catch (error) {
      const fault = faultOf(error);
      if (fault === undefined) throw error;
      throw new CheckpointError(fault, this.#pathOf(newest), await this.#newestWhole(others));
    }
  }

  /** The best checkpoint; undefined where there is none. Errors as for `read`. */
  async best(): Promise<Checkpoint | undefined> {
    return (await storeOf().names(this.folder)).includes(BEST) ? await this.read(BEST) : undefined;
  }

  /**
   * Reads a checkpoint by its name within the folder.
   *
   * @throws {FormatError} no safetensors file, or damaged
   * @throws {CheckpointError} not there, no checkpoint, or of another version
   * @throws {DatasetError} unreadable
   * @throws {OptionError} a name that leads out of the folder, or an optimizer of one's own that is not among `optimizers`
   */
  async read(name: string): Promise<Checkpoint> {
    checkType("CheckpointFolder.read: name", "string", name);
    if (/[/\\]/.test(name)) throw new OptionError("name", "a file's name within the folder", name);
    const file = this.#pathOf(name);
    const bytes = await readFile(file, this.#maxBytes);
    if (bytes === undefined) throw new CheckpointError({ kind: "damaged", reason: "no such file" }, file);
    return decodeCheckpoint(bytes, { file, ...this.#optimizers });
  }

  /** Removes what a crash left half written. Only for a folder that no other process writes to. */
  async clean(): Promise<void> {
    const store = storeOf();
    for (const name of await store.names(this.folder)) {
      if (name.includes(".safetensors.") && name.endsWith(PART_SUFFIX)) await store.remove(this.folder, name);
    }
  }

  async #newestWhole(names: readonly string[]): Promise<string | undefined> {
    for (const name of names) {
      try {
        await this.read(name);
        return this.#pathOf(name);
      } catch (error) {
        if (faultOf(error) === undefined) throw error;
      }
    }
    return undefined;
  }

  #pathOf(name: string): string {
    return `${this.folder}/${name}`;
  }
}

function faultOf(error: unknown): CheckpointError["fault"] | undefined {
  if (error instanceof CheckpointError) return error.fault;
  return error instanceof FormatError ? { kind: "damaged", reason: error.message } : undefined;
}

function storeOf(): NonNullable<typeof files> {
  if (files !== undefined) return files;
  throw new OptionError("folder", "a browser has none; encodeCheckpoint gives a checkpoint's bytes");
}
