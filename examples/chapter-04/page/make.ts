/** Runs the chapter's sections and makes the page of them. */
import { readFileSync } from "node:fs";
import { openChapter } from "../chapter.ts";
import type { Section } from "../section.ts";
import { SECTIONS } from "../sections.ts";
import { pageOf } from "./build.ts";

export type Made = { readonly page: string; readonly sections: readonly Section[] };

/**
 * @param data a folder with MNIST; undefined for the digits that come with the repository
 * @param tell gets a line for each section, once it ran
 */
export async function makePage(data: string | undefined, tell: (line: string) => void): Promise<Made> {
  using chapter = await openChapter(data);
  tell(`the chapter on ${chapter.digits.name}`);
  const sections: Section[] = [];
  for (const section of SECTIONS) {
    const start = performance.now();
    const made = await section(chapter);
    sections.push(made);
    const seconds = ((performance.now() - start) / 1000).toFixed(1);
    tell(`${String(sections.length).padStart(2)}/${SECTIONS.length} ${made.title}, ${seconds} s`);
  }
  const { version } = JSON.parse(read("package.json")) as { readonly version: string };
  const page = pageOf({
    sections,
    isMnist: chapter.digits.isMnist,
    maker: `lanegrad ${version}, Node ${process.versions.node}, ${new Date().toISOString().slice(0, 10)}`,
    style: read("examples/chapter-04/page/page.css"),
    script: read("examples/chapter-04/page/page.js"),
    read,
  });
  return { page, sections };
}

function read(file: string): string {
  return readFileSync(new URL(`../../../${file}`, import.meta.url), "utf8");
}
