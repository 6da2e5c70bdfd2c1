/**
 * NumPy with one BLAS thread, in a `python3` beside this process (`numpy_worker.py`). It measures its own time, so that the
 * way between the processes is no part of it; operands and results go through temporary files.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import type { Engine, Prepared } from "../engine.ts";
import type { Work } from "../work.ts";

type Python = ChildProcessByStdio<Writable, Readable, null>;
type Operand = { readonly values: Float32Array; readonly shape: readonly number[] };
type Answer = { readonly error?: string; readonly version?: string; readonly seconds?: number };

/** @throws {Error} (rejects) there is no python3, or it has no NumPy */
export async function loadNumpy(): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-peers-"));
  const script = fileURLToPath(new URL("numpy_worker.py", import.meta.url));
  const one = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };
  const python = spawn("python3", [script], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...process.env, ...one },
  });
  const numpy = new NumPy(python, folder);
  const close = () => {
    python.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { version = "" } = await numpy.answer();
    return { version, prepare: (work) => numpy.prepare(work), close };
  } catch {
    close();
    throw new Error("python3 with numpy is not here");
  }
}

class NumPy {
  readonly #python: Python;
  readonly #folder: string;
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];

  constructor(python: Python, folder: string) {
    this.#python = python;
    this.#folder = folder;
    createInterface({ input: python.stdout }).on("line", (line) => {
      const answer = JSON.parse(line) as Answer;
      const first = this.#waiting.shift();
      if (answer.error === undefined) first?.resolve(answer);
      else first?.reject(new Error(answer.error));
    });
    const end = () => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error("python3 ended"));
    };
    python.on("error", end).on("close", end);
    python.stdin.on("error", end);
  }

  /** The next line that Python writes. */
  answer(): Promise<Answer> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  #request(command: string, details: Record<string, unknown>): Promise<Answer> {
    this.#python.stdin.write(`${JSON.stringify({ command, ...details })}\n`);
    return this.answer();
  }

  async prepare(work: Work): Promise<Prepared> {
    const arrays = operandsOf(work).map(({ values, shape }, i) => {
      const path = join(this.#folder, `operand-${i}`);
      writeFileSync(path, new Uint8Array(values.buffer, values.byteOffset, values.byteLength));
      return [path, "float32", shape];
    });
    await this.#request("prepare", { work: scalarsOf(work), arrays });
    return {
      seconds: async (runs) => (await this.#request("time", { runs })).seconds ?? Number.NaN,
      result: async () => {
        const path = join(this.#folder, "result");
        await this.#request("result", { path });
        return new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
      },
      dispose: () => {},
    };
  }
}

/** The arrays in the order in which numpy_worker.py takes them. */
function operandsOf(work: Work): Operand[] {
  switch (work.kind) {
    case "gemm": {
      const { layout, m, k, n, a, b } = work;
      return [
        { values: a, shape: layout === "nn" ? [m, k] : [k, m] },
        { values: b, shape: [k, n] },
      ];
    }
    case "map":
      return [{ values: work.x, shape: [work.x.length] }];
    case "softmax":
      return [{ values: work.x, shape: [work.rows, work.columns] }];
    case "step":
    case "forward": {
      const { sizes, rows, x, layers } = work;
      const targets = work.kind === "step" ? [{ values: work.oneHot, shape: [rows, sizes.at(-1)!] }] : [];
      const parameters = layers.flatMap(({ weights, bias }, l) => [
        { values: Float32Array.from(weights), shape: [sizes[l]!, sizes[l + 1]!] },
        { values: Float32Array.from(bias), shape: [sizes[l + 1]!] },
      ]);
      return [{ values: x, shape: [rows, sizes[0]!] }, ...targets, ...parameters];
    }
    case "operation":
      throw new Error("it is not compared by operations");
  }
}

/** What of the work is text or a number. */
function scalarsOf(work: Work): Record<string, unknown> {
  return Object.fromEntries(Object.entries(work).filter(([, value]) => ["number", "string"].includes(typeof value)));
}
