/**
 * `uvu` for tests of mutants: the same suites, which end at the first test that fails. What test files use of it is here;
 * a file that uses more does not run at all, and is found when the kernels as they are are tested.
 */
type Body = (state: object) => unknown;

type Suite = {
  (law: string, body: Body): void;
  readonly after: { each(body: Body): void };
  run(): void;
};

type Queued = { readonly name: string; readonly law: string; readonly run: () => Promise<void> };

const queue: Queued[] = [];

export function suite(name: string, state: object = {}): Suite {
  const tests: Queued[] = [];
  const afterEach: Body[] = [];
  const test = (law: string, body: Body): void => {
    const run = async () => {
      await body(state);
      for (const each of afterEach) await each(state);
    };
    tests.push({ name, law, run });
  };
  return Object.assign(test, {
    after: { each: (body: Body) => void afterEach.push(body) },
    run: () => void queue.push(...tests),
  });
}

/** Runs what has been queued, up to the first test that fails: its name, or undefined when all passed. */
export async function firstFailure(begin: (test: string) => void): Promise<string | undefined> {
  for (const { name, law, run } of queue.splice(0)) {
    const test = `${name}: ${law}`;
    begin(test);
    try {
      await run();
    } catch {
      return test;
    }
  }
  return undefined;
}
