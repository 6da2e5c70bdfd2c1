/** A web server on the loopback address, for one test. */

import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** Runs `body` with the server's address, which ends in a slash, and closes the server whatever happens. */
export async function withServer(answer: Answer, body: (address: string) => Promise<void>): Promise<void> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  try {
    const address = server.address();
    if (typeof address !== "object" || address === null) throw new Error("expected a port");
    await body(`http://127.0.0.1:${address.port}/`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
