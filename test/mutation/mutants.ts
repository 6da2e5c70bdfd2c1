/** That mutation testing changes what it says it does, and that what it lets live is still there. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { argued, nameOf } from "../../scripts/mutation/kernels/argued.ts";
import { readKernels } from "../../scripts/mutation/kernels/compile.ts";
import { mutantsOf } from "../../scripts/mutation/kernels/mutants.ts";
import { testsOf } from "../../scripts/mutation/kernels/tests.ts";

const test = suite("mutants");

/** The bodies that a body becomes. */
function bodiesOf(body: string): string[] {
  const head = "export function f<T>(n: i32, x: usize): v128 { ";
  const mutants = mutantsOf("assembly/f.ts", `${head}${body} }\n`);
  return mutants.map(({ after }) => after.slice(head.length, -2)).sort();
}

test("signs, numbers and names are each put in the place of their like", () => {
  assert.equal(bodiesOf("return a < b && c;"), ["return (a < b || c);", "return a <= b && c;", "return a >= b && c;"]);
  assert.equal(bodiesOf("return a + 16;"), ["return a + 15;", "return a + 17;", "return a - 16;"]);
  assert.equal(bodiesOf("return -2.5;"), [
    "return -(-2.5);",
    "return -0.0;",
    "return -2.500002384185791;",
    "return 2.5;",
  ]);
  assert.equal(bodiesOf("return v128.gt<T>(a, b);"), ["return v128.ge<T>(a, b);", "return v128.lt<T>(a, b);"]);
  assert.equal(bodiesOf("return v128.abs<T>(v128.pmin<T>(a, b));"), [
    "return v128.abs<T>(v128.pmax<T>(a, b));",
    "return v128.pmin<T>(a, b);",
  ]);
  assert.equal(bodiesOf("return v128.bitselect(a, b, c);"), ["return v128.bitselect(b, a, c);"]);
});

test("statements are left out, branches are taken and not taken, loops do not run", () => {
  assert.equal(bodiesOf("if (n) return; store<T>(x, y);"), [
    "if (false) return; store<T>(x, y);",
    "if (n) return; {}",
    "if (n) {} store<T>(x, y);",
    "if (true) return; store<T>(x, y);",
    "{} store<T>(x, y);",
  ]);
  assert.equal(bodiesOf("for (; a; i++) n -= b;"), [
    "for (; a; i++) n += b;",
    "for (; a; i++) {}",
    "for (; a; i--) n -= b;",
    "for (; false; i++) n -= b;",
    "{}",
  ]);
});

test("comments, types and what is only asserted stay as they are", () => {
  assert.equal(bodiesOf("assert(n >= 0); /* a + 1 */ return load<T>(x);"), []);
});

test("a mutant keeps its name when the file grows above it", () => {
  const text = "export function f(a: i32): i32 {\n  return a + 1;\n}\n";
  const names = (source: string) => mutantsOf("assembly/f.ts", source).map(nameOf);
  assert.equal(names(`// More.\n\n${text}`), names(text));
  assert.is(new Set(names(text)).size, 3);
});

test("every kernel has tests that its mutants meet, and every argument a mutant", () => {
  const names = new Set<string>();
  for (const [file, text] of readKernels()) {
    for (const mutant of mutantsOf(file, text)) names.add(nameOf(mutant));
    assert.ok(testsOf(file).wider.length > 0, file);
  }
  for (const name of argued().keys()) assert.ok(names.has(name), `no such mutant: ${name}`);
});

test.run();
