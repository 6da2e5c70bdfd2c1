/**
 * The chapter as one page: `npm run chapter [-- --data DIR] [--out FILE]`.
 *
 * Runs every section, tells on standard error how far it is, and writes a page that needs nothing else: open it in a
 * browser. Standard output is where the page is.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makePage } from "./page/make.ts";

const USAGE = "usage: npm run chapter [-- --data DIR] [--out FILE]";

type Arguments = { readonly data: string | undefined; readonly out: string };

function readArguments(): Arguments | undefined {
  try {
    const options = { data: { type: "string" }, out: { type: "string", default: "chapter-04.html" } } as const;
    const { values } = parseArgs({ options });
    return { data: values.data ?? (process.env["LANEGRAD_MNIST"] || undefined), out: resolve(values.out) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return undefined;
  }
}

const chosen = readArguments();
if (chosen === undefined) process.exitCode = 2;
else {
  const start = performance.now();
  mkdirSync(dirname(chosen.out), { recursive: true });
  const { page } = await makePage(chosen.data, (line) => console.error(line));
  writeFileSync(chosen.out, page);
  const [megabytes, seconds] = [Buffer.byteLength(page) / 1e6, (performance.now() - start) / 1000];
  console.error(`${megabytes.toFixed(2)} MB in ${seconds.toFixed(1)} s, in English and Korean`);
  console.log(chosen.out);
}
