/**
 * Predictions over HTTP: one process, one engine. `npx tsx examples/serve.ts NETWORK [port]`, a file by `encodeNetwork`.
 *
 * Rows of all requests wait in one queue; up to 64 at a time become one product, of 1, 8 or 64 rows: three programs,
 * whatever clients send. A row's answer does not depend on its neighbours; nothing stays in the engine for a request.
 * Expect POST /predict [[…], …] to give a row of probabilities for each row, GET /stats what the engine holds.
 */
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeNetwork, Engine, zeros } from "lanegrad";

const METHODS = new Map(Object.entries({ "/predict": "POST", "/stats": "GET" }));
const [AT_ONCE, MOST_ROWS, LONGEST] = [64, 1000, 2 ** 20];
const [file = "network.safetensors", port = "0"] = process.argv.slice(2);
const engine = await Engine.load();
const net = decodeNetwork(engine, readFileSync(file), { file });
const inputs = [1, 8, AT_ONCE].map((rows) => zeros(engine, [rows, net.inputSize], { dtype: net.dtype }));
for (const x of inputs) net.predict(x).dispose(); // compiles the programs before the first request
const queue: { readonly row: number[]; readonly answer: (y: number[]) => void }[] = [];

function answerSome(): void {
  const some = queue.splice(0, AT_ONCE);
  const x = inputs.find(({ shape: [rows = 0] }) => rows >= some.length)!; // the last one has room for all
  for (const [i, { row }] of some.entries()) x.data.set(row, i * net.inputSize); // further rows keep what they had
  using y = net.predict(x);
  for (const [i, { answer }] of some.entries()) answer(Array.from(y.rows(i, i + 1).data));
  if (queue.length > 0) setImmediate(answerSome);
}

function predict(row: number[]): Promise<number[]> {
  if (queue.length === 0) setImmediate(answerSome); // when all that has arrived was read
  return new Promise((answer) => queue.push({ row, answer }));
}

async function reply(request: IncomingMessage, method: string | undefined): Promise<readonly [number, unknown]> {
  if (method === undefined) return [404, "there are POST /predict and GET /stats"];
  if (request.method !== method) return [405, `${request.url} takes ${method}`];
  if (method === "GET") return [200, { ...engine.stats(), rssBytes: process.memoryUsage.rss() }];
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text = (text + chunk).slice(0, LONGEST + 1); // no more is kept
  if (text.length > LONGEST) return [413, `at most ${LONGEST} characters`];
  const rows: unknown = JSON.parse(text); // what it throws says where
  const isFloat = (value: unknown) => typeof value === "number" && Number.isFinite(Math.fround(value));
  const isRow = (row: unknown) => Array.isArray(row) && row.length === net.inputSize && row.every(isFloat);
  if (!Array.isArray(rows) || rows.length === 0 || rows.length > MOST_ROWS || !rows.every(isRow))
    return [400, `expected [[…], …]: 1 to ${MOST_ROWS} rows of ${net.inputSize} float32 numbers`];
  const y = await Promise.all(rows.map(predict));
  return y.flat().every(Number.isFinite) ? [200, y] : [400, "numbers too large for this network"];
}

const server = createServer({ requestTimeout: 10_000 }, async (request, response) => {
  const method = METHODS.get(request.url ?? "");
  const [status, body] = await reply(request, method).catch((error: Error) => [400, error.message] as const);
  response.writeHead(status, { "content-type": "application/json", allow: method ?? "" });
  response.end(JSON.stringify(status === 200 ? body : { error: body }));
}).listen(Number(port), "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => server.close()); // when the last was answered
