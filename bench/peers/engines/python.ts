/**
 * NumPy and PyTorch with one thread, in a `python3` beside this process. It measures its own time, so that the way between the
 * processes is no part of it; operands and results go through temporary files.
 */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";
import { type ChannelsFirst, channelsFirst, imagesFirst } from "../convnets.ts";
import type { Engine, Prepared } from "../engine.ts";
import { joined, type Work } from "../work.ts";

type PythonProcess = ChildProcessByStdio<Writable, Readable, null>;
type Operand = { readonly values: Float32Array; readonly shape: readonly number[] };
type Answer = { readonly error?: string; readonly version?: string; readonly seconds?: number };

/** @throws {Error} (rejects) there is no python3, or it has no NumPy */
export function loadNumpy(): Promise<Engine> {
  return loadPython("python3", "numpy");
}

/**
 * PyTorch of `python3`, or of the system's where that is another one.
 *
 * @throws {Error} (rejects) neither has PyTorch
 */
export function loadTorch(): Promise<Engine> {
  return loadPython("python3", "torch").catch(() => loadPython("/usr/bin/python3", "torch"));
}

const ONE_THREAD = { OPENBLAS_NUM_THREADS: "1", OMP_NUM_THREADS: "1", MKL_NUM_THREADS: "1" };

async function loadPython(program: string, library: "numpy" | "torch"): Promise<Engine> {
  const folder = mkdtempSync(join(tmpdir(), "lanegrad-peers-"));
  const script = fileURLToPath(new URL(`${library}_worker.py`, import.meta.url));
  const python = spawn(program, [script], {
    stdio: ["pipe", "pipe", "ignore"],
    env: { ...kernelsOf(library), ...process.env, ...ONE_THREAD },
  });
  const peer = new Python(python, folder);
  const close = () => {
    python.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { version = "" } = await peer.answer();
    return { version, prepare: (work) => peer.prepare(work), close };
  } catch {
    close();
    throw new Error(`python3 with ${library} is not here`);
  }
}

/** Debian's OpenBLAS, which its PyTorch multiplies with, takes some processors for one without AVX-512 (a quarter of the rate). */
function kernelsOf(library: "numpy" | "torch"): Readonly<Record<string, string>> {
  if (library === "numpy" || !existsSync("/proc/cpuinfo")) return {};
  return /\bavx512f\b/.test(readFileSync("/proc/cpuinfo", "utf8")) ? { OPENBLAS_CORETYPE: "SkylakeX" } : {};
}

class Python {
  readonly #python: PythonProcess;
  readonly #folder: string;
  readonly #waiting: { resolve(answer: Answer): void; reject(error: Error): void }[] = [];

  constructor(python: PythonProcess, folder: string) {
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
    const back = work.kind === "convStep" ? channelsFirst(work) : undefined;
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
        const values = new Float32Array(Uint8Array.from(readFileSync(path)).buffer);
        return back === undefined ? values : asOurs(values, back);
      },
      dispose: () => {},
    };
  }
}

/** Parameters that are one behind the other with channels first, as lanegrad has them. */
function asOurs(values: Float32Array, parameters: readonly ChannelsFirst[]): Float32Array {
  let start = 0;
  const parts = parameters.map(({ values: own, back }) => {
    const part = back(values.subarray(start, start + own.length));
    start += own.length;
    return part;
  });
  return joined(parts);
}

/** The arrays in the order in which the workers take them. */
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
    case "convForward":
    case "convStep": {
      const { rows, shape } = work;
      const [h, w, c] = shape;
      const targets =
        work.kind === "convStep" ? [{ values: work.oneHot, shape: [rows, work.oneHot.length / rows] }] : [];
      return [{ values: imagesFirst(work), shape: [rows, c, h, w] }, ...targets, ...channelsFirst(work)];
    }
    case "operation":
      throw new Error("it is not compared by operations");
  }
}

/** What of the work is text or a number; of convolutional networks, their layers as well. */
function scalarsOf(work: Work): Record<string, unknown> {
  if (work.kind === "convForward" || work.kind === "convStep") {
    const layers = work.layers.map((layer) => ({ ...layer, weights: undefined, bias: undefined }));
    return { kind: work.kind, layers, ...("learningRate" in work ? { learningRate: work.learningRate } : {}) };
  }
  return Object.fromEntries(Object.entries(work).filter(([, value]) => ["number", "string"].includes(typeof value)));
}
