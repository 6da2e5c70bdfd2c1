/**
 * The chapter as one page: `npm run chapter [-- --data DIR] [--out FILE]`.
 *
 * Runs every section, tells on standard error how far it is, and writes a page that needs nothing else: open it in a browser.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { openChapter } from "./chapter.ts";
import { type PageParts, pageOf } from "./page/build.ts";
import type { Section } from "./section.ts";
import { SECTIONS } from "./sections.ts";

const USAGE = "usage: npm run chapter [-- --data DIR] [--out FILE]";

const read = (file: string): string => readFileSync(new URL(`../../${file}`, import.meta.url), "utf8");

type Arguments = { readonly data: string | undefined; readonly out: string };

function readArguments(): Arguments | undefined {
  try {
    const options = { data: { type: "string" }, out: { type: "string", default: "chapter-04.html" } } as const;
    const { values } = parseArgs({ options });
    return { data: values.data ?? (process.env["LANEGRAD_MNIST"] || undefined), out: values.out };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n${USAGE}`);
    return undefined;
  }
}

async function makePage({ data, out }: Arguments): Promise<void> {
  const start = performance.now();
  const secondsSince = (time: number) => `${((performance.now() - time) / 1000).toFixed(1)} s`;
  using chapter = await openChapter(data);
  console.error(`the chapter on ${chapter.digits.name}`);
  const sections: Section[] = [];
  for (const section of SECTIONS) {
    const begun = performance.now();
    const made = await section(chapter);
    sections.push(made);
    console.error(`${String(sections.length).padStart(2)}/${SECTIONS.length} ${made.title}, ${secondsSince(begun)}`);
  }
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  const parts: PageParts = {
    sections,
    isMnist: chapter.digits.isMnist,
    maker: `lanegrad ${version}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
    style: read("examples/chapter-04/page/page.css"),
    script: read("examples/chapter-04/page/page.js"),
    read,
  };
  const page = pageOf(parts);
  writeFileSync(out, page);
  console.error(`${(Buffer.byteLength(page) / 1e6).toFixed(2)} MB in ${secondsSince(start)}, in English and Korean:`);
  console.log(resolve(out));
}

const chosen = readArguments();
if (chosen === undefined) process.exitCode = 2;
else await makePage(chosen);
