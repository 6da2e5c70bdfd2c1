/** The program's end of the wire, with a worker at the other end that says what a test wants it to say. */
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { DisposedError, OptionError, ShapeError } from "../../src/errors.ts";
import { Connection } from "../../src/worker/connection.ts";
import { encodeError } from "../../src/worker/errors.ts";
import type { RunEvent } from "../../src/worker/protocol.ts";
import { WorkerError } from "../../src/worker/worker_error.ts";
import { assertRejects } from "../support/throws.ts";
import { ScriptedWorker } from "../support/workers.ts";

const test = suite("worker: connection");
const EVENT: RunEvent = { kind: "epoch", record: { epoch: 0, iteration: 1 } as never };

function connect(): { readonly connection: Connection; readonly worker: ScriptedWorker } {
  const worker = new ScriptedWorker();
  return { worker, connection: new Connection(worker) };
}

test("each request has its own number, and the answer with that number", async () => {
  const { connection, worker } = connect();
  const [first, second] = [connection.request("save", { network: 7 }), connection.request("save", { network: 8 })];
  assert.equal(worker.posted, [
    { message: { kind: "save", id: first.id, ask: { network: 7 } }, transfer: [] },
    { message: { kind: "save", id: second.id, ask: { network: 8 } }, transfer: [] },
  ]);
  assert.equal([first.id, second.id, connection.number()], [1, 2, 3]);
  worker.emit("message", { kind: "done", id: 99, value: "nobody's" });
  worker.emit("message", { kind: "failed", id: second.id, error: encodeError(new ShapeError("a", "b", "c", "d")) });
  worker.emit("message", { kind: "done", id: first.id, value: "a file" });
  assert.is(await first.answer, "a file");
  assert.is((await assertRejects(() => second.answer, ShapeError, "second")).argument, "b");
});

test("a buffer that two arrays share goes over once", () => {
  const { connection, worker } = connect();
  const buffer = new ArrayBuffer(8);
  connection.call("save", { network: 7 }, { transfer: [buffer, buffer] });
  assert.equal(worker.posted[0]?.transfer, [buffer]);
});

test("a process waits for answers, not for a worker", () => {
  const { connection, worker } = connect();
  assert.equal(worker.said, ["unref"]);
  const ids = [1, 2].map((network) => connection.request("save", { network }).id);
  assert.equal(worker.said, ["unref", "ref"]);
  worker.emit("message", { kind: "done", id: ids[0] });
  worker.emit("message", { kind: "done", id: ids[0] });
  assert.equal(worker.said, ["unref", "ref"]);
  worker.emit("message", { kind: "done", id: ids[1] });
  assert.equal(worker.said, ["unref", "ref", "unref"]);
});

test("a browser's worker, which no process waits for, is asked and ended all the same", async () => {
  const page = Object.assign(new EventTarget(), { postMessage() {}, terminate() {} });
  const connection = new Connection(page);
  const { id, answer } = connection.request("save", { network: 7 });
  page.dispatchEvent(new MessageEvent("message", { data: { kind: "done", id, value: "a file" } }));
  assert.is(await answer, "a file");
  const last = assertRejects(() => connection.call("save", { network: 7 }), WorkerError, "last");
  page.dispatchEvent(new Event("error"));
  await last;
});

test("what a run tells is heard by who asked for it, until it is over", async () => {
  const { connection, worker } = connect();
  const heard: RunEvent[] = [];
  const run = connection.request("pause", { run: 0 }, { onEvent: (event) => void heard.push(event) });
  const other = connection.request("pause", { run: 0 });
  for (const id of [run.id, other.id, 99]) worker.emit("message", { kind: "event", run: id, event: EVENT });
  assert.equal(heard, [EVENT]);
  connection.notice("stop", run.id);
  assert.equal(worker.posted[2], { message: { kind: "stop", run: run.id }, transfer: [] });
  worker.emit("message", { kind: "done", id: run.id });
  await run.answer;
  worker.emit("message", { kind: "event", run: run.id, event: EVENT });
  connection.notice("stop", run.id);
  assert.is(heard.length, 1);
  assert.is(worker.posted.length, 3);
});

test("closing rejects what waits and what comes, each by its own name, and ends the worker once", async () => {
  const { connection, worker } = connect();
  assert.is(connection.isOpen, true);
  const waiting = connection.request("save", { network: 7 });
  const ended = assertRejects(() => waiting.answer, DisposedError, "save");
  await connection.close();
  await connection.close();
  worker.emit("exit", 1);
  assert.is(connection.isOpen, false);
  assert.match((await ended).message, /^save: worker /);
  connection.notice("stop", waiting.id);
  const later = await assertRejects(() => connection.call("stats", undefined), DisposedError, "stats");
  assert.match(later.message, /^stats: worker /);
  assert.is(worker.posted.length, 1);
  assert.equal(worker.said, ["unref", "ref", "terminate"]);
});

test("closing waits until the worker is gone", async () => {
  const { connection, worker } = connect();
  let isGone = false;
  worker.terminate = () =>
    new Promise<void>((resolve) => setTimeout(resolve, 5)).then(() => {
      isGone = true;
    });
  await connection.close();
  assert.is(isGone, true);
});

test("a worker that ends rejects what waits and what comes with one error, and is ended", async () => {
  const { connection, worker } = connect();
  const waiting = ["one", "two"].map((law) =>
    assertRejects(() => connection.call("save", { network: 7 }), WorkerError, law),
  );
  worker.emit("error", new Error("out of stack"));
  worker.emit("exit", 1);
  const [first, second] = await Promise.all(waiting);
  assert.equal(first?.fault, { kind: "ended", reason: "out of stack" });
  assert.is(second, first);
  assert.is(await assertRejects(() => connection.call("stats", undefined), WorkerError, "later"), first);
  assert.is(connection.isOpen, false);
  await connection.close();
  assert.is(worker.posted.length, 2);
  assert.equal(worker.said, ["unref", "ref", "terminate"]);
});

test("a worker that ends before it has started is one that did not start", async () => {
  const { connection, worker } = connect();
  const ask = { protocol: 1, build: "js", wasm: undefined, lifeline: undefined } as const;
  const starting = assertRejects(() => connection.call("start", ask), WorkerError, "start");
  const waiting = assertRejects(() => connection.call("stats", undefined), WorkerError, "stats");
  worker.emit("exit", 1);
  assert.is((await starting).fault.kind, "start");
  await waiting;
});

test("what cannot be posted is refused, and nothing waits for it", async () => {
  const { connection, worker } = connect();
  worker.postMessage = () => {
    throw new DOMException("it is lent", "DataCloneError");
  };
  const error = await assertRejects(() => connection.call("stats", undefined), OptionError, "stats");
  assert.is(error.option, "worker");
  assert.match(error.message, /it is lent/);
  assert.match(error.message, /transfer: "copy"/);
  assert.equal(worker.said, ["unref"]);
});

test.run();
