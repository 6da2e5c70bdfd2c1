/**
 * The server answers each of many concurrent requests as the network itself would, and holds no more after than before.
 * LANEGRAD_LOAD_ROUNDS=50 makes 200 × 50 requests of 200 × 5.
 */
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { Agent, type ClientRequest, type IncomingMessage, type RequestOptions, request } from "node:http";
import { join } from "node:path";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { encodeNetwork } from "../../src/nn/files/network_file.ts";
import { relu } from "../../src/nn/layers/activations.ts";
import { dense } from "../../src/nn/layers/dense.ts";
import { sequential } from "../../src/nn/layers/sequential.ts";
import { type Network, network } from "../../src/nn/network.ts";
import { RandomState } from "../../src/random/random_state.ts";
import { BUILD, loadEngine } from "../support/engine.ts";
import { type Ended, makeTemporaryFolder, runScript } from "../support/script.ts";

const CONCURRENT = 200;
const ROUNDS = Number(process.env["LANEGRAD_LOAD_ROUNDS"] ?? 5);
const INPUTS = 64;
/** What Node's own heap may grow by under load; a leak of one product's output per request would be in the engine's bytes. */
const MOST_GROWTH_BYTES = 2 ** 26;

type Stats = {
  readonly tensors: number;
  readonly bytes: number;
  readonly memoryBytes: number;
  readonly rssBytes: number;
};
type Answer = { readonly status: number; readonly headers: IncomingMessage["headers"]; readonly body: unknown };
type Server = {
  readonly port: number;
  readonly signal: (name: NodeJS.Signals) => void;
  readonly ended: Promise<Ended>;
};

const test = suite("serve");
const engine = await loadEngine();
const net: Network = network(engine, sequential(dense(INPUTS, 48), relu(), dense(48, 10)), { seed: 3 });
const file = join(makeTemporaryFolder(), "network.safetensors");
writeFileSync(file, encodeNetwork(net));

test("every answer under load is the network's own, and memory stays where it was", async () => {
  await withServer(async ({ port }) => {
    const random = new RandomState(5);
    const agent = new Agent({ keepAlive: true, maxSockets: CONCURRENT });
    const milliseconds: number[] = [];
    let right = 0;
    const round = async () => {
      const asked = Array.from({ length: CONCURRENT }, (_, i) => rowsOf(random, 1 + (i % 3)));
      const wanted = asked.map((rows) => rows.map((row) => predicted(row)));
      const answers = await Promise.all(
        asked.map(async (rows) => {
          const start = performance.now();
          const answer = await post(port, JSON.stringify(rows), { agent });
          milliseconds.push(performance.now() - start);
          return answer;
        }),
      );
      for (const [i, { body }] of answers.entries()) if (JSON.stringify(body) === JSON.stringify(wanted[i])) right++;
    };
    await round(); // sockets and code warm up
    const before = await statsOf(port);
    for (let i = 1; i < ROUNDS; i++) await round();
    const after = await statsOf(port);
    agent.destroy();
    const asked = CONCURRENT * ROUNDS;
    assert.is(right, asked);
    for (const key of ["tensors", "bytes", "memoryBytes"] as const) assert.is(after[key], before[key], key);
    assert.ok(after.rssBytes - before.rssBytes < MOST_GROWTH_BYTES, `${before.rssBytes} → ${after.rssBytes} bytes`);
    const median = milliseconds.sort((a, b) => a - b)[asked >> 1] as number;
    const [from, to] = [before, after].map(({ rssBytes }) => (rssBytes / 2 ** 20).toFixed(1));
    console.log(
      `${right} of ${asked} answers right, ${CONCURRENT} at a time; median ${median.toFixed(1)} ms; RSS ${from} → ${to} MiB`,
    );
  });
});

test("more rows than one product holds come back in their order", async () => {
  await withServer(async ({ port }) => {
    const rows = rowsOf(new RandomState(6), 150);
    const { status, body } = await post(port, JSON.stringify(rows));
    assert.is(status, 200);
    assert.equal(body, rows.map(predicted));
  });
});

test("what cannot be answered is refused, with the reason, and the next request is answered", async () => {
  const row = Array(INPUTS).fill(0);
  await withServer(async ({ port }) => {
    const before = await statsOf(port);
    const cases: readonly (readonly [body: string, status: number, error: RegExp])[] = [
      ["", 400, /JSON/],
      ["[[1, 2", 400, /JSON/],
      ["{}", 400, /1 to 1000 rows of 64 float32 numbers/],
      ["[]", 400, /1 to 1000 rows/],
      [JSON.stringify(row), 400, /rows of 64/],
      [JSON.stringify([row, row.slice(1)]), 400, /rows of 64/],
      [JSON.stringify([[...row.slice(1), null]]), 400, /numbers/],
      [JSON.stringify([[...row.slice(1), "1"]]), 400, /numbers/],
      [`[[${row.slice(1)}, 1e39]]`, 400, /float32/], // finite, but not in float32
      [JSON.stringify([Array.from(row, () => 3e38)]), 400, /too large/],
      [JSON.stringify(Array(1001).fill([0])), 400, /1 to 1000 rows/],
      [" ".repeat(2 ** 20 + 1), 413, /1048576/],
      [" ".repeat(5 * 2 ** 20), 413, /1048576/],
    ];
    for (const [body, status, error] of cases) assertRefused(await post(port, body), status, error);
    const elsewhere = [
      "/../../etc/passwd",
      "/..%2f..%2fetc%2fpasswd",
      "/%2e%2e/package.json",
      "/stats/../x",
      "//stats",
    ];
    for (const path of ["/", "/predict/", "/__proto__", "/constructor", ...elsewhere]) {
      assertRefused(await ask({ port, path }), 404, /POST \/predict/);
    }
    for (const [path, method, allowed] of [
      ["/predict", "GET", "POST"],
      ["/stats", "POST", "GET"],
    ] as const) {
      const answer = await ask({ port, path, method });
      assertRefused(answer, 405, new RegExp(`takes ${allowed}`));
      assert.is(answer.headers.allow, allowed);
    }
    const gone = request({ port, host: "127.0.0.1", path: "/predict", method: "POST" }).on("error", () => {});
    gone.write("[[");
    await once(gone, "socket");
    gone.destroy(); // a client that leaves in the middle
    const { status, body } = await post(port, JSON.stringify([row]));
    assert.is(status, 200);
    assert.equal(body, [predicted(row)]);
    assert.is((await statsOf(port)).tensors, before.tensors);
  });
});

for (const name of ["SIGINT", "SIGTERM"] as const) {
  test(`${name} ends it, after the request that is under way was answered`, async () => {
    await withServer(async ({ port, signal, ended }) => {
      const row = rowsOf(new RandomState(7), 1);
      const agent = new Agent({ keepAlive: true });
      await ask({ port, path: "/stats", agent }); // leaves an idle connection
      const body = JSON.stringify(row);
      const late = request({ ...to(port, "/predict"), method: "POST" });
      late.write(body.slice(0, 10));
      await once(late, "socket");
      await statsOf(port); // by now the server knows of it
      signal(name);
      await refused(port);
      late.end(body.slice(10));
      const { status, body: answer } = await answerOf(late);
      assert.is(status, 200);
      assert.equal(answer, row.map(predicted));
      const { code, signal: by } = await ended;
      assert.equal([code, by], [0, null]);
      agent.destroy();
    });
  });
}

test.run();

/** Runs the body with a server, which ends with it. */
async function withServer(body: (server: Server) => Promise<void>): Promise<void> {
  if (BUILD !== "simd") return; // an example loads what a user gets
  let signal: Server["signal"] = () => {};
  let listening: (port: number) => void = () => {};
  const started = new Promise<number>((resolve) => {
    listening = resolve;
  });
  const ended = runScript("examples/serve.ts", [file], {
    onOutput(text, child) {
      signal = (name) => child.kill(name);
      const [, port] = /^http:\/\/127\.0\.0\.1:(\d+)$/m.exec(text) ?? [];
      if (port !== undefined) listening(Number(port));
    },
  });
  const early = ended.then(({ stderr }): number => assert.unreachable(`it ended at once: ${stderr}`) as never);
  early.catch(() => {});
  const port = await Promise.race([started, early]);
  try {
    await body({ port, signal: (name) => signal(name), ended });
  } finally {
    signal("SIGKILL");
    await ended;
  }
}

/** Rows of float32 numbers. */
function rowsOf(random: RandomState, count: number): number[][] {
  return Array.from({ length: count }, () => Array.from(Float32Array.from(random.randn(INPUTS))));
}

/** The network's own answer for one row alone. */
function predicted(row: readonly number[]): number[] {
  using y = net.predict([...row]);
  return Array.from(y.data);
}

const to = (port: number, path: string): RequestOptions => ({ host: "127.0.0.1", port, path });

function ask(options: RequestOptions, body = ""): Promise<Answer> {
  return answerOf(request({ host: "127.0.0.1", ...options }).end(body));
}

function post(port: number, body: string, options: RequestOptions = {}): Promise<Answer> {
  return ask({ ...to(port, "/predict"), method: "POST", ...options }, body);
}

async function answerOf(asked: ClientRequest): Promise<Answer> {
  const [response] = (await once(asked, "response")) as [IncomingMessage];
  let text = "";
  for await (const chunk of response.setEncoding("utf8")) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, body: JSON.parse(text) };
}

async function statsOf(port: number): Promise<Stats> {
  return (await ask(to(port, "/stats"))).body as Stats;
}

/** Waits until the server takes no more connections. */
async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      await statsOf(port);
    } catch {
      return;
    }
  }
}

function assertRefused({ status, body }: Answer, wanted: number, error: RegExp): void {
  assert.is(status, wanted, JSON.stringify(body));
  assert.match((body as { readonly error: string }).error, error);
}
