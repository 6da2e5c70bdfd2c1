/** A command in this process, as `lanegrad` runs it, and a folder of digits for it. */
import type { EventEmitter } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "../../src/cli/command.ts";
import { encodeIdx } from "../../src/data/idx.ts";
import { clusters } from "../support/digits.ts";
import { makeTemporaryFolder } from "../support/script.ts";
import { type Printed, printedBy } from "./printed.ts";

export type Ran = Printed & { readonly code: number; readonly rows: readonly Readonly<Record<string, unknown>>[] };

const parent = makeTemporaryFolder();
const EVENTS = ["SIGHUP", "SIGINT", "SIGTERM", "exit"] as const;
let paths = 0;

/** A path that nothing has used yet. */
export function newPath(name = ""): string {
  paths += 1;
  return join(parent, `${paths}${name}`);
}

/** What happens while a command runs: at its start, or as soon as it has printed a text. */
export type Meanwhile = (() => void) | { readonly after: string; readonly act: () => void };

/** Runs a command to its end. */
export async function ran(command: Command, args: readonly string[], meanwhile?: Meanwhile): Promise<Ran> {
  let code = Number.NaN;
  const call = async (output: Printed) => {
    if (typeof meanwhile === "function") meanwhile();
    const look = setInterval(() => {
      if (typeof meanwhile !== "object" || !(output.stdout + output.stderr).includes(meanwhile.after)) return;
      clearInterval(look);
      meanwhile.act();
    }, 1);
    try {
      code = await command.execute(args);
    } finally {
      clearInterval(look);
    }
  };
  const printed = await forgetting(() => printedBy(call));
  const lines = printed.stdout.split("\n").filter((line) => line.startsWith("{"));
  return { ...printed, code, rows: args.includes("--json") ? lines.map((line) => JSON.parse(line)) : [] };
}

/** Runs the body. What it makes this process listen to is forgotten then. */
export async function forgetting<T>(body: () => Promise<T>): Promise<T> {
  const targets: (readonly [EventEmitter, string])[] = [
    ...EVENTS.map((event) => [process, event] as const),
    ...[process.stdout, process.stderr].map((stream) => [stream, "error"] as const),
  ];
  const before = targets.map(([target, event]) => target.listeners(event));
  for (const [target, event] of targets) target.removeAllListeners(event);
  try {
    return await body();
  } finally {
    for (const [i, [target, event]] of targets.entries()) {
      target.removeAllListeners(event);
      for (const listener of before[i] ?? []) target.on(event, listener as () => void);
    }
  }
}

/** MNIST's four files, of 60 and 30 pictures of 4 × 4. */
export function digitsFolder(seed = 1): string {
  const folder = newPath();
  mkdirSync(folder);
  for (const [name, count, of] of [
    ["train", 60, seed],
    ["t10k", 30, seed + 1],
  ] as const) {
    const { inputs, labels } = clusters({ count, size: 16, classes: 10, seed: of });
    const images = encodeIdx({ type: "uint8", shape: [count, 4, 4], data: inputs as Uint8Array });
    writeFileSync(join(folder, `${name}-images-idx3-ubyte`), images);
    const data = Uint8Array.from(labels);
    writeFileSync(join(folder, `${name}-labels-idx1-ubyte`), encodeIdx({ type: "uint8", shape: [count], data }));
  }
  return folder;
}
