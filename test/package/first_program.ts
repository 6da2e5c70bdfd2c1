/** The README's first program, as it is pasted, and what it prints. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "./tools.ts";

/** The first block of the README in a language. */
export function firstOf(language: "ts" | "output"): string {
  const page = readFileSync(join(ROOT, "README.md"), "utf8").replaceAll("\r\n", "\n");
  const [, text] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, "m").exec(page) ?? [];
  if (text === undefined) throw new Error(`README.md has no block of ${language}`);
  return text;
}
