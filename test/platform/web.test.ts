import { suite } from "uvu";
import * as assert from "uvu/assert";

import { cache, nextTurn, readBytes } from "../../src/platform/web.ts";
import { gzip, ramp } from "../data/files.ts";
import { type Answer, withServer } from "./server.ts";

const test = suite("web");

async function kindAt(answer: Answer, maxBytes: number): Promise<string> {
  const kinds: string[] = [];
  await withServer(answer, async (address) => {
    const fault = await readBytes(`${address}digits`, maxBytes);
    assert.ok(fault !== undefined && "kind" in fault);
    kinds.push(fault.kind);
  });
  return kinds.join();
}

test("fetches a whole file, with a length or without", async () => {
  for (const headers of [{ "content-length": 1000 }, {}, { "content-type": "application/octet-stream" }]) {
    const answer: Answer = (_, response) => {
      response.writeHead(200, headers);
      response.write(ramp(400));
      response.end(ramp(1000).subarray(400));
    };
    await withServer(answer, async (address) => {
      assert.equal(await readBytes(`${address}digits`, 1000), ramp(1000));
    });
  }
});

test("a body that the server has encoded arrives decoded", async () => {
  const body = gzip(new Uint8Array(5000));
  const answer: Answer = (_, response) => {
    response.writeHead(200, { "content-encoding": "gzip", "content-length": body.length }).end(body);
  };
  await withServer(answer, async (address) => {
    assert.equal(await readBytes(address, 5000), new Uint8Array(5000));
  });
  assert.is(await kindAt(answer, 4999), "too-large");
});

test("what is not there is undefined, and so is a page in its place", async () => {
  const answers: readonly Answer[] = [
    (_, response) => response.writeHead(404).end("no"),
    (_, response) => response.writeHead(410).end(),
    (_, response) => response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end("<!doctype html>"),
  ];
  for (const answer of answers) {
    await withServer(answer, async (address) => {
      assert.is(await readBytes(`${address}digits`, 99), undefined);
    });
  }
});

test("refusals and broken transfers are unreadable", async () => {
  assert.is(await kindAt((_, response) => response.writeHead(403).end("no"), 99), "unreadable");
  assert.is(await kindAt((_, response) => response.writeHead(500).end(), 99), "unreadable");
  const half: Answer = (_, response) => {
    response.writeHead(200, { "content-length": 100 });
    response.write(ramp(50), () => response.destroy());
  };
  assert.is(await kindAt(half, 999), "unreadable");
  assert.is(await kindAt((request) => request.socket.destroy(), 99), "unreadable");
});

test("answers without a body are none, empty, or refusals", async () => {
  const { fetch } = globalThis;
  const answer = async (status: number) => {
    globalThis.fetch = async () => new Response(null, { status });
    try {
      return await readBytes("digits", 99);
    } finally {
      globalThis.fetch = fetch;
    }
  };
  assert.is(await answer(404), undefined);
  assert.equal(await answer(204), new Uint8Array(0));
  assert.equal(await answer(500), { kind: "unreadable", reason: "HTTP 500" });
});

test("a server that cannot be reached is told, with the cause", async () => {
  const fault = await readBytes("http://127.0.0.1:1/digits", 99);
  assert.ok(fault !== undefined && "kind" in fault && fault.kind === "unreadable");
  assert.instance(fault.cause, TypeError);
});

test("a body above the limit ends the transfer, announced or not", async () => {
  let sent = 0;
  const endless: Answer = (_, response) => {
    const send = (): void => {
      sent += 65_536;
      response.write(new Uint8Array(65_536), (error) => (error ? undefined : setImmediate(send)));
    };
    send();
  };
  assert.is(await kindAt(endless, 100_000), "too-large");
  assert.ok(sent < 20_000_000, `${sent} bytes were sent`);
  const announced: Answer = (_, response) => {
    response.writeHead(200, { "content-length": 101 });
    response.write(ramp(1));
  };
  assert.is(await kindAt(announced, 100), "too-large");
});

test("a page keeps no downloads", () => {
  assert.is(cache, undefined);
});

test("a turn comes after what was waiting, and does not wait for a timer", async () => {
  const order: string[] = [];
  setImmediate(() => order.push("waiting"));
  void Promise.resolve().then(() => order.push("at once"));
  await nextTurn();
  order.push("turn");
  assert.is(order[0], "at once");
  assert.ok(order.includes("turn"));
  let timers = 0;
  const waiting = (): unknown => setTimeout(() => ++timers < 50 && waiting(), 4); // as long as nested timers wait
  waiting();
  for (let i = 0; i < 50; i++) await nextTurn();
  assert.ok(timers < 50, "fifty turns took as long as fifty nested timers");
});

test.run();
