/** The kind of a file that is not what a command expects, for the end of an error's line. */
import { identifyFile } from "lanegrad";

/** `; this is a Git LFS pointer: run git lfs pull`; nothing where the kind is not known, or is the one that was expected. */
export async function remarkOnKind(bytes: Uint8Array, expected = ""): Promise<string> {
  const kind = await identifyFile(bytes);
  return kind === undefined || kind.name === expected ? "" : `; this is ${kind.name}${kind.cure && `: ${kind.cure}`}`;
}
