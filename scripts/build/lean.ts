import { readFileSync } from "node:fs";
import type { Plugin } from "esbuild";

/**
 * Stands for an annotation while esbuild minifies, which takes annotations away. `(PURE______,f)(x)` has as many characters as
 * what it becomes, so that source maps stay as they are.
 */
const MARK = "PURE______";
const MARKED = /\(PURE_{6},(\s*)([\w$.]+)\)/g;
const ANNOTATION = "/*@__PURE__*/";

/** esbuild's text for `using`, minified: a space stands for where a line may end. */
const ESBUILDS_USING = spaced(
  String.raw`var NAME=\( NAME, NAME\)=>\( NAME= Symbol\[[\s\S]*?var (NAME)=\( NAME, NAME, NAME\)=>\{[\s\S]*?return NAME\}, (NAME)=[\s\S]*?return NAME\(\)\};`,
);

/**
 * Makes the library lean for the bundlers of programs. Before esbuild minifies, `marked`:
 *
 *   pure calls    keep their annotations: without them a bundler keeps every operation that is made when the module starts,
 *                 and what it refers to, whether a program names it or not
 *   constants     of a module become the numbers that they are: a bundler keeps an operation that nobody needs
 */
export const marked: Plugin = {
  name: "marked",
  setup({ onLoad }) {
    onLoad({ filter: /[\\/](src|scripts[\\/]build)[\\/].*\.ts$/ }, ({ path }) => {
      const contents = readFileSync(path, "utf8")
        .replaceAll(/\/\* @__PURE__ \*\/ ([\w.]+)(?=[<(])/g, `(${MARK}, $1)`)
        .replaceAll(/(?<![\w.*])2 \*\* (-?\d+)(?![\w.*])/g, (_, power) => String(2 ** power));
      return { contents: withNumbers(contents), loader: "ts" };
    });
  },
};

const CONSTANT = /^((?:export )?const (\w+)(?:: number)? = )([\w\s.()+\-*/]+);/gm;

/** The constants at the margin of a source that follow from numbers and from the constants before them. */
function withNumbers(source: string): string {
  const known = new Map([
    ["Math.PI", Math.PI],
    ["Number.POSITIVE_INFINITY", Number.POSITIVE_INFINITY],
  ]);
  return source.replaceAll(CONSTANT, (statement, before: string, name: string, text: string) => {
    const numbers = text.replaceAll(/[A-Za-z_][\w.]*/g, (word) => `(${known.get(word)})`);
    if (numbers.includes("undefined")) return statement;
    const value: unknown = new Function(`return ${numbers}`)();
    if (typeof value !== "number") return statement;
    known.set(name, value);
    return `${before}${value};`;
  });
}

/**
 * And afterwards, in what esbuild has written: annotations stand in the place of their marks, and `using` gets by with a fifth
 * of esbuild's text. No line and no column moves behind either.
 */
export function lean(code: string): string {
  return code
    .replaceAll(MARKED, (_, space: string, name: string) =>
      space === "" ? `${ANNOTATION}${name}` : `${ANNOTATION}${space}${name} `,
    )
    .replace(ESBUILDS_USING, (text, using: string, dispose: string) => {
      // Everything that is declared so in the library is an `Owner`; esbuild's text also awaits.
      const short =
        `var ${using}=(s,v)=>(s.push(v),v),${dispose}=(s,e,h)=>{` +
        "while(s.length)try{s.pop().dispose()}catch(x){if(!h)e=x,h=!0}if(h)throw e};";
      const lines = text.split("\n");
      return short + "\n".repeat(lines.length - 1) + " ".repeat(lines.at(-1)?.length ?? 0);
    });
}

/** Whether esbuild's text for `using` is in it, or a mark. */
export function isLean(code: string): boolean {
  return !ESBUILDS_USING.test(code) && !code.includes(MARK) && !code.includes("SuppressedError");
}

function spaced(pattern: string): RegExp {
  return new RegExp(pattern.replaceAll(" ", String.raw`(?:\\?\n)? ?`).replaceAll("NAME", String.raw`[\w$]+`));
}
