/** The whole chapter: `npx tsx examples/chapter-04/all.ts [FOLDER] [--data MNIST]`. */
import { readArguments, runSections } from "./section.ts";
import { SECTIONS } from "./sections.ts";

await runSections(SECTIONS, readArguments());
