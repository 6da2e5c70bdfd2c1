/** The built page on a server of this machine, in a folder of it, which writes down what is asked for. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";

const DEMO = fileURLToPath(new URL("../../scripts/page/demo.ts", import.meta.url));
const FOLDER = "/some/folder/";
const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css",
  ".js": "text/javascript",
  ".gz": "application/gzip",
};

export type Site = {
  readonly address: string;
  /** What was asked for, within the folder, and the bytes that were sent. */
  readonly asked: Map<string, Uint8Array>;
  close(): Promise<void>;
};

/**
 * Builds the page into a temporary folder, and serves it.
 *
 * @param first code that runs before every script, in the page as in its worker
 */
export async function startSite(first = ""): Promise<Site> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-page-"));
  build(folder);
  const asked = new Map<string, Uint8Array>();
  const server = createServer(({ url = "/" }, response) => {
    const { pathname } = new URL(url, "http://site");
    if (!pathname.startsWith(FOLDER)) return notFound(response);
    const file = normalize(pathname.slice(FOLDER.length)) === "." ? "index.html" : pathname.slice(FOLDER.length);
    try {
      const content = readFileSync(join(folder, file));
      const bytes = file.endsWith(".js") ? Buffer.concat([Buffer.from(first), content]) : content;
      asked.set(file, bytes);
      response.setHeader("content-type", TYPES[extname(file)] ?? "application/octet-stream");
      response.setHeader("content-length", bytes.length).end(bytes);
    } catch {
      notFound(response);
    }
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}${FOLDER}`,
    asked,
    async close() {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    },
  };
}

function build(folder: string): void {
  const args = ["--import", "tsx", DEMO, "build", "--outDir", folder, "--logLevel", "warn"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`the page is not built:\n${stdout}${stderr}`);
}

function notFound(response: ServerResponse): void {
  response.writeHead(404).end();
}
