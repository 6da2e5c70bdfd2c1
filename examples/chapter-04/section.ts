/** What a section of the chapter gives, and what runs sections: `npx tsx FILE [FOLDER] [--data MNIST]`. */
import { mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { type Chapter, openChapter } from "./chapter.ts";

/** A figure, and what it shows in words. `name` is also that of its file, and unique in the chapter. */
export type Figure = { readonly name: string; readonly svg: string; readonly alt: string };

export type Section = {
  readonly id: string;
  readonly title: string;
  /** What it prints, line by line. */
  readonly numbers: readonly string[];
  readonly figures: readonly Figure[];
};

export async function figure(name: string, svg: Promise<string>, alt: string): Promise<Figure> {
  return { name, svg: await svg, alt };
}

export type SectionFunction = (chapter: Chapter) => Promise<Section>;

/** Where the figures go, and which digits there are. */
export type Arguments = { readonly folder: string; readonly data: string | undefined };

export function readArguments(): Arguments {
  const { values, positionals } = parseArgs({ options: { data: { type: "string" } }, allowPositionals: true });
  const data = values.data ?? process.env["LANEGRAD_MNIST"];
  return { folder: positionals[0] ?? "runs/chapter-04", data: data === "" ? undefined : data };
}

/** Runs sections in turn: prints what they print, writes their figures, and gives what they gave. */
export async function runSections(
  sections: readonly SectionFunction[],
  { folder, data }: Arguments,
): Promise<Section[]> {
  mkdirSync(folder, { recursive: true });
  using chapter = await openChapter(data);
  const done: Section[] = [];
  for (const section of sections) {
    const made = await section(chapter);
    console.log(`\n${made.title}\n${made.numbers.map((line) => `  ${line}`).join("\n")}`);
    for (const { name, svg } of made.figures) {
      const file = join(folder, `${name}.svg`);
      writeFileSync(file, svg);
      console.log(`  → ${file}`);
    }
    done.push(made);
  }
  return done;
}

/** Runs a section if its file is the program that was started. */
export async function runAlone(url: string, section: SectionFunction): Promise<void> {
  const program = process.argv[1];
  if (program === undefined || pathToFileURL(realpathSync(program)).href !== url) return;
  await runSections([section], readArguments());
}
