/** A worker's lifeline, with locks that a test gives: real ones are tested in browsers. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { holdLifeline, lifeline } from "../../src/worker/lifeline.ts";

const test = suite("worker: lifeline");

type Held = { readonly name: string } | null;
type Callback = (lock: Held) => unknown;

/** Exclusive locks, as `navigator.locks` has them, as far as they are used. */
class Locks {
  readonly held = new Set<string>();
  readonly #waiting: { readonly name: string; readonly grant: () => void }[] = [];

  async request(
    name: string,
    ...rest: readonly [Callback] | readonly [{ ifAvailable: boolean }, Callback]
  ): Promise<unknown> {
    const [options, callback] = rest.length === 1 ? [{ ifAvailable: false }, rest[0]] : rest;
    if (this.held.has(name)) {
      if (options.ifAvailable) return callback(null);
      await new Promise<void>((grant) => this.#waiting.push({ name, grant }));
    }
    this.held.add(name);
    const result = await callback({ name });
    this.release(name);
    return result;
  }

  /** As when the holder is gone. */
  release(name: string): void {
    this.held.delete(name);
    const next = this.#waiting.findIndex((waiting) => waiting.name === name);
    if (next >= 0) this.#waiting.splice(next, 1)[0]?.grant();
  }
}

/** Runs `body` where these are the locks, and where browsers' workers are. */
async function withLocks<T>(locks: unknown, body: () => Promise<T>): Promise<T> {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  const give = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  give("navigator", { locks });
  give("Worker", class {});
  try {
    return await body();
  } finally {
    Reflect.deleteProperty(globalThis, "Worker");
    Reflect.deleteProperty(globalThis, "navigator");
    if (before !== undefined) Object.defineProperty(globalThis, "navigator", before);
  }
}

const settled = () => new Promise(setImmediate);

test("a worker holds its lock while it lives, and the program hears of its end, once", async () => {
  const locks = new Locks();
  await withLocks(locks, async () => {
    const line = await lifeline();
    assert.ok(line);
    assert.equal([...locks.held], [`${line.name} program`]);
    assert.is(await holdLifeline(line.name), true);
    line.release();
    await settled();
    assert.equal([...locks.held], [line.name]);
    let ends = 0;
    line.watch(() => {
      ends += 1;
    });
    await settled();
    assert.is(ends, 0);
    locks.release(line.name);
    await settled();
    assert.is(ends, 1);
    assert.is.not((await lifeline())?.name, line.name);
  });
});

test("a worker that ends between its answer and the program's watch is heard of, too", async () => {
  const locks = new Locks();
  await withLocks(locks, async () => {
    const line = await lifeline();
    await holdLifeline(line?.name);
    locks.release(line?.name ?? "");
    let ends = 0;
    line?.watch(() => {
      ends += 1;
    });
    await settled();
    assert.is(ends, 1);
  });
});

test("a worker that does not see the program's locks says so, and holds none", async () => {
  const line = await withLocks(new Locks(), lifeline);
  const others = new Locks();
  assert.is(await withLocks(others, () => holdLifeline(line?.name)), false);
  await settled();
  assert.equal([...others.held], []);
});

test("without locks, without a name, and where locks are refused, there is no lifeline and no error", async () => {
  assert.is(await withLocks(undefined, lifeline), undefined);
  assert.is(await withLocks(undefined, () => holdLifeline("a")), false);
  assert.is(await withLocks(new Locks(), () => holdLifeline(undefined)), false);
  const refusing = { request: () => Promise.reject(new DOMException("an opaque origin", "SecurityError")) };
  assert.is(await withLocks(refusing, lifeline), undefined);
  assert.is(await withLocks(refusing, () => holdLifeline("a")), false);
  assert.is(await lifeline(), undefined, "Node's threads need none");
});

test.run();
