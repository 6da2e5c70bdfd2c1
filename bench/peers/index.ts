/**
 * `npm run bench:peers`: lanegrad beside plain JavaScript, TensorFlow.js, onnxruntime-web, jax-js, NumPy and PyTorch,
 * on the same work with the same numbers, one thread each, in one process (those in Python in a second).
 *
 * How each is timed stands at the top of its file in engines/.
 */
import { writeFileSync } from "node:fs";
import { chosen, readFlags, runCommand, UsageError } from "../command_line.ts";
import { loadDigits } from "../digits.ts";
import { machine } from "../machine.ts";
import { type Comparison, compare, type NamedEngine } from "./compare.ts";
import type { Engine } from "./engine.ts";
import { installPeers, versionOf } from "./install.ts";
import { operationItems } from "./operations.ts";
import { markdownTable, textTable } from "./table.ts";
import { workItems } from "./work.ts";

const USAGE = `usage: npm run bench:peers -- [--filter TEXT] [--rounds N] [--json FILE] [--markdown] [--operations]
  --filter TEXT   the work of that name, else all whose names contain it
  --rounds N      how often each engine is timed, 1 to 1000 (15)
  --json FILE     writes the figures as a JSON array
  --markdown      prints the table as Markdown
  --operations    operations by family, of the engines that have them as functions`;

type Candidate = {
  readonly name: string;
  readonly version: string;
  /** Whether it takes part in --operations. */
  readonly hasOperations?: true;
  readonly load: () => Promise<Engine>;
};

/** Loaded by need, so that one that is missing stops no other. */
const CANDIDATES: readonly Candidate[] = [
  {
    name: "lanegrad",
    version: versionOf("lanegrad"),
    hasOperations: true,
    load: async () => (await import("./engines/lanegrad.ts")).loadLanegrad(),
  },
  { name: "plain JS", version: "", load: async () => (await import("./engines/plain.ts")).loadPlain() },
  {
    name: "tfjs-wasm",
    version: versionOf("@tensorflow/tfjs-backend-wasm"),
    hasOperations: true,
    load: async () => (await import("./engines/tfjs.ts")).loadTfjs(),
  },
  {
    name: "tfjs-cpu",
    version: versionOf("@tensorflow/tfjs-core"),
    load: async () => (await import("./engines/tfjs.ts")).loadTfjsCpu(),
  },
  {
    name: "onnxruntime-web",
    version: versionOf("onnxruntime-web"),
    load: async () => (await import("./engines/onnx.ts")).loadOnnx(),
  },
  {
    name: "jax-js",
    version: versionOf("@jax-js/jax"),
    hasOperations: true,
    load: async () => (await import("./engines/jax.ts")).loadJax(),
  },
  { name: "NumPy", version: "", load: async () => (await import("./engines/python.ts")).loadNumpy() },
  { name: "PyTorch", version: "", load: async () => (await import("./engines/python.ts")).loadTorch() },
];

await runCommand(USAGE, async () => {
  const flags = readFlags({
    filter: { type: "string", default: "" },
    rounds: { type: "string", default: "15" },
    json: { type: "string" },
    markdown: { type: "boolean", default: false },
    operations: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  });
  if (flags.help) return console.log(USAGE);
  const rounds = Number(flags.rounds);
  if (!/^\d+$/.test(flags.rounds) || rounds < 1 || rounds > 1000) {
    throw new UsageError(`--rounds: expected an integer from 1 to 1000, found "${flags.rounds}"`);
  }
  if (flags.json === "") throw new UsageError("--json takes a file's name");
  const all = flags.operations ? operationItems() : workItems(await loadDigits());
  const items = chosen(all, flags.filter);

  installPeers();
  const engines = await loadEngines(CANDIDATES.filter(({ hasOperations }) => !flags.operations || hasOperations));
  const comparisons: Comparison[] = [];
  for (const item of items) {
    console.error(item.name);
    const compared = await compare(item, engines, rounds);
    for (const { engine, problem } of compared) if (problem !== null) console.error(`  ${engine}: ${problem}`);
    comparisons.push(...compared);
  }
  for (const { engine } of engines) engine.close();

  const given = process.argv.slice(2).map((argument) => (argument.includes(" ") ? `"${argument}"` : argument));
  const command = ["npm run bench:peers", ...(given.length > 0 ? ["--"] : []), ...given].join(" ");
  console.log(flags.markdown ? markdownTable(comparisons, command) : `${machine()}\n${textTable(comparisons)}`);
  if (flags.json !== undefined) writeFileSync(flags.json, `${JSON.stringify(comparisons, null, 2)}\n`);
});

/** All that can be loaded here; of each other, a line that says why not. */
async function loadEngines(candidates: readonly Candidate[]): Promise<readonly NamedEngine[]> {
  const engines: NamedEngine[] = [];
  for (const { name, version, load } of candidates) {
    try {
      const engine = await load();
      engines.push({ name, version: engine.version ?? version, engine });
    } catch (error) {
      console.error(`${name} is left out: ${(error as Error).message.split("\n")[0]}`);
    }
  }
  if (engines[0]?.name !== "lanegrad") throw new Error("without lanegrad there is nothing to compare with");
  return engines;
}
