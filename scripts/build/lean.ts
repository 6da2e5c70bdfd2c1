import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** What `using` becomes in the library, where everything that is declared so is an `Owner`; esbuild's also awaits. */
const USING = `var __using=(stack,value)=>(stack.push(value),value),__callDispose=(stack,error,hasError)=>{
while(stack.length)try{stack.pop().dispose()}catch(e){if(!hasError)error=e,hasError=!0}if(hasError)throw error};`;
const ESBUILDS_USING = /var __knownSymbol=[\s\S]*?return next\(\)\};/;

/**
 * Makes the library lean for the bundlers of programs:
 *
 *   pure calls    get back the annotations that minifying takes away: without them a bundler keeps every operation that is
 *                 made when the module starts, and what it refers to, whether a program names it or not
 *   powers of 2   become the numbers that they are: a bundler keeps an operation that nobody needs
 *   imports       of nothing go: what is injected above is imported everywhere, also where it is not used
 *   using         gets by with a fifth of esbuild's text
 *
 * @param folder what esbuild wrote; its files are changed
 * @param from the sources that it wrote them from
 */
export function makeLean(folder: string, from: string): void {
  const sources = readdirSync(from, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".ts"));
  const annotated = sources.flatMap((file) =>
    [...readFileSync(join(from, file), "utf8").matchAll(/\/\* @__PURE__ \*\/ (\w+)\(/g)].map(([, name = ""]) => name),
  );
  const call = new RegExp(`([=:]\\s*)((?:${[...new Set(annotated)].join("|")})\\d*\\()`, "g");
  let found = 0;
  for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
    const code = readFileSync(join(folder, file), "utf8");
    if (ESBUILDS_USING.test(code)) found += 1;
    const lean = code
      .replace(ESBUILDS_USING, USING)
      .replaceAll(/(?<=^|;)import"\.\/chunk-\w+\.js";/g, "")
      .replaceAll(/(?<![\w.*])2\s*\*\*\s*(-?\d+)(?![\w.*])/g, (_, power) => String(2 ** power))
      .replaceAll(call, "$1/*@__PURE__*/$2");
    writeFileSync(join(folder, file), lean);
  }
  if (found !== 1) throw new Error(`esbuild's text for \`using\`: expected once, found ${found} times`);
}
