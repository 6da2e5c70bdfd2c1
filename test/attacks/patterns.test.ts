/**
 * Every regular expression of the library, its command line and the page takes time in proportion to the text that it is
 * given: each is tried on long repetitions of what it is made of, behind its own beginning and before what it refuses.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { computingTime } from "../support/clock.ts";
import { BUILD } from "../support/engine.ts";
import { ROOT } from "../support/script.ts";

type Pattern = { readonly file: string; readonly source: string; readonly flags: string };

/** Slow on long texts, and never given one. */
const SHORT_TEXTS: ReadonlyMap<string, string> = new Map([
  ["\\B(?=(\\d{3})+$)", "the digits of one number: at most 22"],
]);
/** How often a part is repeated. A linear pattern takes some 20 µs for the longest text, a quadratic one at least 8 ms. */
const TIMES = [22, 200, 4000] as const;
const SUSPICIOUS_MILLISECONDS = 2;
/** What twice the text takes more than: half-way between a linear pattern's 2 and a quadratic one's 4. */
const GROWTH = 2 * Math.SQRT2;

const test = suite("regular expressions");
const patterns = ["src", "examples/browser/src"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .map((file) => join(folder, file).replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts") && !file.includes("/builds/"))
    .flatMap((file) => patternsIn(readFileSync(join(ROOT, file), "utf8")).map((found) => ({ file, ...found }))),
);

test("the reader finds patterns, and neither comments nor divisions", () => {
  const code = `// a = /no/;\nconst a = b / c / d; /* x = /no/g */ f("/no/", /[/"]+\\/x/gu); \`\${g(/y/)}\``;
  assert.equal(patternsIn(code), [
    { source: '[/"]+\\/x', flags: "gu" },
    { source: "y", flags: "" },
  ]);
  assert.ok(patterns.length > 40, `${patterns.length} patterns`);
  for (const known of ["\\.gz$", "^[+-]?\\d+$"])
    assert.ok(
      patterns.some(({ source }) => source === known),
      known,
    );
});

test("the harness sees quadratic and exponential time, and none in what is linear", () => {
  for (const source of ["\\s+$", "^(a+)+$", "x*y", "^url\\(#(.*.*)\\)$", "(\\d+)\\.(\\d+)e"]) {
    assert.ok(slowText({ file: "", source, flags: "" }) !== undefined, source);
  }
  assert.is(slowText({ file: "", source: "^[+-]?\\d+(\\.\\d*)?$", flags: "" }), undefined);
});

test("no pattern takes more than its text's length", () => {
  if (BUILD !== "simd") return; // seconds, and the same on every build
  const slow = patterns.filter(({ source }) => !SHORT_TEXTS.has(source)).flatMap((pattern) => slowText(pattern) ?? []);
  assert.equal(slow, []);
});

test("what is never given a long text is still there", () => {
  for (const source of SHORT_TEXTS.keys())
    assert.ok(
      patterns.some((pattern) => pattern.source === source),
      source,
    );
});

test.run();

function patternsIn(code: string): { source: string; flags: string }[] {
  const tokens =
    /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|(?<=[=(,:[!&|?{};>]\s*)\/((?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n[])*)\/([dgimsuvy]*)/g;
  return [...code.matchAll(tokens)].flatMap(([, source, flags = ""]) =>
    source === undefined ? [] : { source, flags },
  );
}

/** A text on which a pattern takes more than linear time, and what was measured; undefined where none was found. */
function slowText({ file, source, flags }: Pattern): string | undefined {
  const pattern = new RegExp(source, flags.replace("g", ""));
  for (const prefix of new Set(["", beginningOf(source), "-", "0."])) {
    for (const pump of pumpsFor(source)) {
      for (const suffix of ["", "\u0001"]) {
        // What is exponential is seen in short texts: in a long one it would never end.
        for (const times of TIMES) {
          const text = prefix + pump.repeat(times) + suffix;
          const start = performance.now(); // as long as the computation at least, and sooner asked for
          pattern.lastIndex = 0;
          pattern.exec(text);
          if (performance.now() - start < SUSPICIOUS_MILLISECONDS) continue;
          const longer = prefix + pump.repeat(2 * times) + suffix;
          const [short, long] = [
            leastOf(pattern, text),
            times < TIMES[2] ? Number.POSITIVE_INFINITY : leastOf(pattern, longer),
          ];
          if (short < SUSPICIOUS_MILLISECONDS || long < GROWTH * short) continue; // the machine had other work
          return `${file}: /${source}/ on ${JSON.stringify(prefix + pump)}, ${times} times: ${short} ms`;
        }
      }
    }
  }
  return undefined;
}

/** The least of up to five times. */
function leastOf(pattern: RegExp, text: string): number {
  let least = millisecondsFor(pattern, text);
  for (let i = 0; i < 4 && least < 1000; i++) least = Math.min(least, millisecondsFor(pattern, text));
  return least;
}

function millisecondsFor(pattern: RegExp, text: string): number {
  pattern.lastIndex = 0;
  const computed = computingTime();
  pattern.exec(text);
  return computed();
}

/** The letters that a pattern begins with as they are. */
function beginningOf(source: string): string {
  const [, letters = ""] = /^\^?((?:\\[^\w]|[\w\s#:;@<>!-])*)/.exec(source) ?? [];
  return letters.replaceAll("\\", "");
}

/** Characters and pairs of them: those that the pattern names, and some of every class. */
function pumpsFor(source: string): string[] {
  const named = source.replaceAll(/\\[a-zA-Z]|[\\^$]/g, "");
  const all = [...new Set([..." 0aA-.\t\n\r\"'\\é", ...named])].slice(0, 24);
  return [...all, ...all.flatMap((first) => all.map((second) => first + second))];
}
