/** The table of a run that has ended: read again, and split as it was. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { FileError, isFolder, relativePath } from "./files.ts";
import { readJsonObject } from "./options.ts";
import {
  columnOf,
  type NamedTable,
  readTable,
  sha256OfTable,
  splitRows,
  type TableSource,
  type Task,
} from "./table.ts";

export type TableRun = {
  readonly table: NamedTable;
  readonly target: number;
  readonly train: NamedTable;
  readonly test: NamedTable;
};

/** The configuration of the run that a path names, by its folder or a file in it, where it is of a table. */
export function tableConfigOf(path: string): Readonly<Record<string, unknown>> | undefined {
  const file = join(isFolder(path) ? path : dirname(path), "config.json");
  if (!existsSync(file)) return undefined;
  const config = readJsonObject(file);
  return typeof config["csv"] === "string" || typeof config["npz"] === "string" ? config : undefined;
}

/**
 * Reads a run's table, from where it was or from where it is now.
 *
 * @throws {FileError} it has changed
 */
export async function readRunTable(config: Readonly<Record<string, unknown>>, moved: TableSource): Promise<TableRun> {
  const isMoved = moved.csv !== undefined || moved.npz !== undefined;
  const source = (isMoved ? { ...config, csv: undefined, npz: undefined, ...moved } : config) as TableSource;
  const table = await readTable(source);
  if (typeof config["dataSha256"] === "string" && config["dataSha256"] !== sha256OfTable(table)) {
    throw new FileError(relativePath(table.file), "another table than that which the run was trained on");
  }
  const target = columnOf(table, String(config["target"]), "target");
  const [share, seed] = [Number(config["test"] ?? 0.2), Number(config["seed"] ?? 0)];
  return { table, target, ...(await splitRows(table, { target, task: config["task"] as Task, share, seed })) };
}
