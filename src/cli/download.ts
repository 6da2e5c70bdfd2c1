/** `lanegrad download`: MNIST, into the user's cache folder or another. */
import { type Command, command } from "./command.ts";
import { download } from "./digits.ts";
import { relativePath } from "./files.ts";
import { named, toggle } from "./flags.ts";
import { downloadReporter, print, printJson } from "./report.ts";
import { listenForSignals } from "./signals.ts";

type DownloadValues = {
  readonly out?: string | undefined;
  readonly force?: boolean | undefined;
  readonly json?: boolean | undefined;
  readonly quiet?: boolean | undefined;
};

export const downloadCommand: Command = command<DownloadValues>({
  name: "download",
  about:
    "Downloads MNIST's four files, 53 MB when unpacked, and checks each by its SHA-256. What is there already is kept.",
  usage: "download [options]",
  flags: {
    out: named("DIR", "the folder (the user's cache folder, or LANEGRAD_CACHE)"),
    force: toggle("replaces files of these names in DIR that have other content"),
    json: toggle("one JSON object"),
    quiet: toggle("no progress"),
  },
  examples: ["lanegrad download", "lanegrad download --out data/mnist && lanegrad train --data data/mnist"],
  run: async ({ values: { out, force, json, quiet } }) => {
    const interruption = listenForSignals();
    try {
      const existing = out === undefined || force ? "replace" : "refuse";
      const folder = await download(out, downloadReporter({ json, quiet }), interruption.signal, existing);
      if (json) printJson({ folder });
      else print([`MNIST is in ${relativePath(folder)}`]);
    } catch (error) {
      if (interruption.exitCode() === 0) throw error;
    }
    return interruption.exitCode();
  },
});
