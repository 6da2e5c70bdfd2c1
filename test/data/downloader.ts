/**
 * Downloads files until it is killed, and removes them each time: `tsx downloader.ts FOLDER STALL_MILLISECONDS FILES ADDRESS…`,
 * FILES as JSON. Prints "received" for each chunk and "kept" when the files are there.
 */
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { fetchFiles } from "../../src/data/mirrors.ts";
import type { RemoteFile } from "../../src/data/proof.ts";

const [folder = "", stallMilliseconds, text = "", ...mirrors] = process.argv.slice(2);
const files = JSON.parse(text) as readonly RemoteFile[];
for (;;) {
  await fetchFiles(files, {
    ...{ folder, mirrors, stallMilliseconds: Number(stallMilliseconds) },
    onProgress: () => process.stdout.write("received\n"),
  });
  process.stdout.write("kept\n");
  for (const { name } of files) await rm(join(folder, `${name}.gz`));
}
