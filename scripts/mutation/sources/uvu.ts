/**
 * `uvu` while mutants are tested: suites are kept, so that any of their tests can be run, alone and again.
 *
 * Node resolves "uvu" to this file by the tsconfig.json beside it; "uvu/assert" is uvu's own.
 */
export type Body = () => unknown;

/** The hooks of a suite run around whatever of its tests is run. */
type Hooks = {
  readonly before: Body[];
  readonly after: Body[];
  readonly beforeEach: Body[];
  readonly afterEach: Body[];
};

export type Test = { readonly id: string; readonly file: string; readonly body: Body; readonly hooks: Hooks };

type Hook = ((body: Body) => void) & { each: (body: Body) => void };
type Suite = ((name: string, body: Body) => void) & { before: Hook; after: Hook; skip: () => void; run: () => void };

/** The tests of the files imported so far, in order. */
export const tests: Test[] = [];

let file = "";

/** Imports a test file, whose tests are then in `tests`. */
export async function collect(path: string, url: string): Promise<void> {
  file = path;
  await import(url);
}

export function suite(name = ""): Suite {
  const found: Test[] = [];
  const hooks: Hooks = { before: [], after: [], beforeEach: [], afterEach: [] };
  const own = file;
  const add = (law: string, body: Body) => {
    const twins = found.filter((test) => test.id.startsWith(`${own}: ${name}: ${law}`)).length;
    found.push({ id: `${own}: ${name}: ${law}${twins > 0 ? ` (${twins + 1})` : ""}`, file: own, body, hooks });
  };
  const hook = (once: Body[], each: Body[]): Hook =>
    Object.assign((body: Body) => void once.push(body), { each: (body: Body) => void each.push(body) });
  return Object.assign(add, {
    before: hook(hooks.before, hooks.beforeEach),
    after: hook(hooks.after, hooks.afterEach),
    skip: () => {},
    run: () => void tests.push(...found),
  });
}
