/** Files of a dataset, under one of several names in a folder. */

import { files as fileStore } from "#platform";
import { IS_FOLDER } from "../platform/reason.ts";
import { DatasetError } from "./dataset_error.ts";
import { locate } from "./location.ts";
import { readFile } from "./read.ts";

/** Bytes of files by name, as a page has them that were chosen or dropped. */
export type NamedFiles = ReadonlyMap<string, Uint8Array>;

/** A folder, or files that are there already. */
export type Place = {
  /** For errors, and to read from. */
  readonly source: string | NamedFiles;
  /** The names in it; undefined where they cannot be listed, as in a browser. */
  readonly names: readonly string[] | undefined;
};

/** A place, with the names in it where they can be listed. */
export async function placeOf(source: string | NamedFiles): Promise<Place> {
  if (typeof source !== "string") return { source, names: [...source.keys()] };
  // What cannot be listed may still be readable; otherwise reading reports why not.
  const names = await fileStore?.names(source).catch(() => undefined);
  return { source, names };
}

/**
 * The names under which a file is kept: as it is published; as some programs unpack it, with a dot; and in a folder of its
 * own name. Each plain or as `.gz`.
 */
export function namesOf(name: string): readonly string[] {
  const dotted = name.replace(/-(idx\d)/, ".$1");
  return [name, `${name}.gz`, dotted, `${dotted}.gz`, `${name}/${name}`, `${name}/${dotted}`, `${dotted}/${dotted}`];
}

/** Whether a place that can be listed has a file under one of its names. */
export function hasFile({ names = [] }: Place, name: string): boolean {
  const wanted = namesOf(name).map(firstOf);
  return names.some((known) => wanted.includes(firstOf(known.toLowerCase())));
}

/**
 * The first file that there is under one of the names of `name`, upper or lower case where names can be listed.
 *
 * @throws {DatasetError} there is none, or it cannot be read
 */
export async function readNamed(
  place: Place,
  name: string,
  maxBytes: number,
): Promise<{ file: string; bytes: Uint8Array }> {
  const { source } = place;
  for (const wanted of namesOf(name)) {
    const known = spelled(place, wanted);
    if (known === undefined) continue;
    const file = typeof source === "string" ? locate(source, known) : known;
    const bytes = typeof source === "string" ? await readUnlessFolder(file, maxBytes) : source.get(file);
    if (bytes !== undefined) return { file, bytes };
  }
  const looked = namesOf(name).map((wanted) => (typeof source === "string" ? locate(source, wanted) : wanted));
  throw new DatasetError({ kind: "missing", file: name, looked });
}

/** A name as the place spells it; undefined where it is known not to be there. */
function spelled({ source, names }: Place, wanted: string): string | undefined {
  if (names === undefined || names.includes(wanted)) return wanted;
  if (typeof source !== "string") return names.find((name) => name.toLowerCase() === wanted);
  const [first, ...rest] = wanted.split("/");
  const known = names.find((name) => name === first) ?? names.find((name) => name.toLowerCase() === first);
  return known === undefined ? undefined : [known, ...rest].join("/");
}

function firstOf(path: string): string {
  return path.split("/", 1)[0] ?? "";
}

/** A folder of the file's name may hold the file. */
async function readUnlessFolder(file: string, maxBytes: number): Promise<Uint8Array | undefined> {
  try {
    return await readFile(file, maxBytes);
  } catch (error) {
    const isFolder =
      error instanceof DatasetError && error.fault.kind === "unreadable" && error.fault.reason === IS_FOLDER;
    if (isFolder) return undefined;
    throw error;
  }
}
