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

function ends(worker: WorkerEndpoint): string[] {
  const reasons: string[] = [];
  listenForEnd(worker, (reason) => reasons.push(reason));
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

test("a browser's worker ends with its error's message, or with what may have kept it from loading", () => {
  const page = new Page();
  const reasons = ends(page);
  page.dispatchEvent(Object.assign(new Event("error"), { message: "x is not defined" }));
  page.dispatchEvent(Object.assign(new Event("error"), { message: "" }));
  page.dispatchEvent(new Event("error"));
  page.dispatchEvent(new Event("messageerror"));
  assert.is(reasons[0], "x is not defined");
  assert.match(reasons[1]!, /^its script could not be loaded.*worker-src/);
  assert.is(reasons[2], reasons[1]);
  assert.is(reasons[3], "a message could not be read");
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
