/**
 * A server for pages that is as hard to please as any: a strict policy, no isolation, the wrong type for .wasm.
 *
 *   /page/<row>/…     the files of a row's page
 *   /digits/…         the bundled digits         /kernels/…   the raw kernels
 *   /run              goes through the pages of a tour, and asks /next for each
 *   /result/<row>     takes a page's result
 */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, resolve, sep } from "node:path";
import type { Expectation, Found } from "./outcome.ts";
import { ROOT } from "./tools.ts";
import type { Page, Tour } from "./tour.ts";

const POLICIES: { readonly [E in Expectation]: string } = {
  trains: "script-src 'self' 'wasm-unsafe-eval'",
  "golden table": "script-src 'self' 'wasm-unsafe-eval'",
  "first program": "script-src 'self' 'wasm-unsafe-eval'",
  answers: "script-src 'self' 'wasm-unsafe-eval'",
  forbidden: "script-src 'self'",
};
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".wasm": "text/plain", // wrong, as many servers are
  ".gz": "application/octet-stream",
};
/** Opens each page in a frame: one that does not answer does not stop the others. */
const RUNNER = `<!doctype html><title>lanegrad</title><iframe></iframe><script type="module">
for (let next; (next = await (await fetch("/next")).text()) !== ""; ) document.querySelector("iframe").src = next;
</script>`;

export type PageServer = {
  readonly origin: string;
  /** The same server under another port. */
  readonly otherOrigin: string;
  /** What /run goes through from now on. */
  tour: Tour | undefined;
  close(): void;
};

export async function startServer(): Promise<PageServer> {
  const servers = [0, 1].map(() =>
    createServer((request, response) => {
      answer(pageServer, request, response).catch(() => notFound(response)); // an address that cannot be decoded
    }),
  );
  const [origin = "", otherOrigin = ""] = await Promise.all(servers.map(originOf));
  const pageServer: PageServer = {
    origin,
    otherOrigin,
    tour: undefined,
    close() {
      for (const server of servers) {
        server.closeAllConnections();
        server.close();
      }
    },
  };
  return pageServer;
}

async function originOf(server: Server): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function answer({ origin, tour }: PageServer, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const [, area = "", name = "", ...rest] = decodeURIComponent(new URL(request.url ?? "/", origin).pathname).split("/");
  response.setHeader("access-control-allow-origin", "*"); // for pages of another server
  response.setHeader("cache-control", "no-store");
  switch (area) {
    case "run":
      return send(response, ".html", RUNNER);
    case "next":
      return send(response, ".html", addressOf(await tour?.next(), origin));
    case "result":
      tour?.take(name, JSON.parse(await bodyOf(request)) as Found);
      return send(response, ".html", "");
    case "digits":
      return sendFile(response, join(ROOT, "data"), name);
    case "kernels":
      return sendFile(response, join(ROOT, "build"), name);
    case "page": {
      const page = tour?.pages.find((candidate) => candidate.name === name);
      if (page === undefined || !("folder" in page.from)) return notFound(response);
      return sendFile(response, page.from.folder, rest.join("/") || "index.html", page);
    }
    default:
      return notFound(response);
  }
}

function addressOf(page: Page | undefined, origin: string): string {
  if (page === undefined) return "";
  const query = new URLSearchParams({ server: origin, row: page.name, expect: page.expectation });
  const base = "address" in page.from ? page.from.address : `${origin}/page/${encodeURIComponent(page.name)}/`;
  return `${base}?${query}`;
}

function sendFile(response: ServerResponse, folder: string, file: string, page?: Page): void {
  const path = resolve(folder, file);
  let content: Buffer;
  try {
    if (!path.startsWith(folder + sep)) throw new Error(`${path} is outside of ${folder}`);
    content = readFileSync(path);
  } catch {
    notFound(response);
    return;
  }
  if (page !== undefined) {
    const policy = page.policy ?? [POLICIES[page.expectation], ...hashesOf(file, content)].join(" ");
    response.setHeader("content-security-policy", policy);
  }
  send(response, extname(file), content);
}

/** An import map is a script within the page, which a policy allows by its hash. */
function hashesOf(file: string, content: Buffer): string[] {
  if (!file.endsWith(".html")) return [];
  const maps = content.toString().matchAll(/<script type="?importmap"?>([\s\S]*?)<\/script>/g);
  return [...maps].map(([, map = ""]) => `'sha256-${createHash("sha256").update(map).digest("base64")}'`);
}

function send(response: ServerResponse, extension: string, content: string | Buffer): void {
  response.setHeader("content-type", TYPES[extension] ?? "application/octet-stream").end(content);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404).end();
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const text of request.setEncoding("utf8")) body += text;
  return body;
}
