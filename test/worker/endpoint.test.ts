/** Both forms of an endpoint: a browser's, here an `EventTarget`, and Node's, here an `EventEmitter`. */
import { EventEmitter } from "node:events";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type Endpoint, listen, listenForEnd, type WorkerEndpoint } from "../../src/worker/endpoint.ts";

const test = suite("worker: endpoints");

class Page extends EventTarget {
  postMessage(): void {}
  terminate(): void {}
}

class Thread extends EventEmitter {
  postMessage(): void {}
  terminate(): void {}
}

function heard(endpoint: Endpoint): unknown[] {
  const messages: unknown[] = [];
  listen(endpoint, (message) => messages.push(message));
  return messages;
}

function ends(worker: WorkerEndpoint, explain?: () => Promise<string>): string[] {
  const reasons: string[] = [];
  listenForEnd(worker, (reason) => void reasons.push(reason), explain);
  return reasons;
}

test("a message is its content, in either form", () => {
  const [page, thread] = [new Page(), new Thread()];
  const [fromPage, fromThread] = [heard(page), heard(thread)];
  page.dispatchEvent(new MessageEvent("message", { data: { kind: "a" } }));
  page.dispatchEvent(new MessageEvent("message", { data: 2 }));
  thread.emit("message", { kind: "a" });
  thread.emit("message", 2);
  assert.equal(fromPage, [{ kind: "a" }, 2]);
  assert.equal(fromThread, [{ kind: "a" }, 2]);
});

test("a browser's worker ends with what its script threw, and where; without a message, with what is found out", async () => {
  const page = new Page();
  const reasons = ends(page, async () => "not found: HTTP 404");
  page.dispatchEvent(Object.assign(new Event("error"), { message: "x is not defined" }));
  page.dispatchEvent(Object.assign(new Event("error"), { message: "x is not defined", filename: "a.js", lineno: 3 }));
  page.dispatchEvent(new Event("messageerror"));
  page.dispatchEvent(Object.assign(new Event("error"), { message: "" }));
  page.dispatchEvent(new Event("error"));
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(reasons, [
    "x is not defined",
    "x is not defined (a.js:3)",
    "a message could not be read",
    ...["not found: HTTP 404", "not found: HTTP 404"],
  ]);
  const plain = new Page();
  const [reason] = [ends(plain)];
  plain.dispatchEvent(new Event("error"));
  await Promise.resolve();
  await Promise.resolve();
  assert.equal(reason, ["its script did not start"]);
});

test("Node's worker ends with its error, or with its exit code", () => {
  const thread = new Thread();
  const reasons = ends(thread);
  thread.emit("error", new Error("x is not defined"));
  thread.emit("messageerror", new Error("no clone"));
  thread.emit("exit", 3);
  assert.equal(reasons, ["x is not defined", "a message could not be read", "its thread ended with code 3"]);
});

test.run();
