/** Test files spread over processes: each takes the next file when it has finished one. */
import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** What the parent sends to a process of scripts/suite/worker.ts. */
export type Order = { readonly file: string };

/** What it answers. */
export type Report = {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What uvu says of each test that failed. */
  readonly errors: string;
};

/** How a file ended. */
export type Result = Report & {
  readonly file: TestFile;
  readonly seconds: number;
  /** What it printed, for failures: the last of it. */
  readonly output: string;
};

export type TestFile = {
  /** Its path. */
  readonly path: string;
  /** For people: `nn/network`. */
  readonly name: string;
  /** `alone`: in a process of its own, because it measures what the process holds. */
  readonly process: "shared" | "alone";
};

export type PoolOptions = {
  /** The Node that runs the tests, and its flags. */
  readonly node: string;
  readonly flags: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: number;
  /** A file in which no test ends and nothing is printed for so long has timed out. */
  readonly limitSeconds: number;
  /** Called when a file has ended. */
  readonly onResult: (result: Result) => void;
};

const WORKER = fileURLToPath(new URL("worker.ts", import.meta.url));
const MOST_OUTPUT = 20_000;

/** Processes that are running: none outlives this one. */
const running = new Set<ChildProcess>();
process.on("exit", () => {
  for (const child of running) kill(child);
});

/** Runs the files, in their order as far as processes are free. Those that run alone come last. */
export async function runFiles(files: readonly TestFile[], options: PoolOptions): Promise<void> {
  const shared = files.filter((file) => file.process === "shared");
  const alone = files.filter((file) => file.process === "alone");
  const takeTurns = async () => {
    await inOneProcess(() => shared.shift(), options);
    for (let file = alone.shift(); file !== undefined; file = alone.shift()) {
      const only = [file];
      await inOneProcess(() => only.shift(), options);
    }
  };
  await Promise.all(Array.from({ length: options.processes }, takeTurns));
}

/** Runs what `next` gives in one process; in another one after a file that has ended its process. */
async function inOneProcess(next: () => TestFile | undefined, options: PoolOptions): Promise<void> {
  let crew: Crew | undefined;
  const done: TestFile[] = [];
  for (let file = next(); file !== undefined; file = next()) {
    crew ??= new Crew(options);
    options.onResult(await crew.run(file));
    if (crew.isOver) crew = undefined;
    done.splice(0, crew === undefined ? done.length : 0);
    if (crew !== undefined) done.push(file);
  }
  const fault = await crew?.end();
  const last = done.at(-1);
  if (fault === undefined || last === undefined) return;
  const name = `${done.map((file) => file.name).join(", ")}: at the end`;
  options.onResult({ passed: 0, failed: 1, skipped: 0, ...fault, file: { ...last, name } });
}

/** One process, with the file that it is at. */
class Crew {
  readonly #child: ChildProcess;
  readonly #options: PoolOptions;
  readonly #exit: Promise<string>;
  #output = "";
  #isOver = false;
  #heard = performance.now();

  constructor(options: PoolOptions) {
    const { node, flags, environment } = options;
    this.#options = options;
    this.#child = fork(WORKER, {
      execPath: node,
      execArgv: [...flags, "--import", import.meta.resolve("tsx")],
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...environment },
      detached: process.platform !== "win32", // a group of its own, which can be killed with all that tests have started
    });
    running.add(this.#child);
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        this.#output = (this.#output + text).slice(-MOST_OUTPUT);
        this.#heard = performance.now();
      });
    }
    this.#exit = new Promise((resolve) => {
      this.#child.once("error", (error) => resolve(error.message));
      this.#child.once("close", (code, signal) => resolve(signal ?? `exit code ${code}`));
    }).then((how) => {
      this.#isOver = true;
      running.delete(this.#child);
      return how as string;
    });
  }

  /** Whether the process has ended, which it should not while there are files. */
  get isOver(): boolean {
    return this.#isOver;
  }

  async run(file: TestFile): Promise<Result> {
    const began = performance.now();
    this.#output = "";
    const report = await this.#report(file);
    return { ...report, file, seconds: (performance.now() - began) / 1000, output: this.#output };
  }

  async #report({ path }: TestFile): Promise<Report> {
    const failed = { passed: 0, failed: 1, skipped: 0 };
    const answer = new Promise<Report>((resolve) => this.#child.once("message", resolve as (report: unknown) => void));
    this.#child.send({ file: path } satisfies Order, () => {}); // where it fails, the process has ended
    const report = await this.#within(Promise.race([answer, this.#exit]));
    if (report === undefined) {
      await this.#kill();
      return { ...failed, errors: `  timed out after ${this.#options.limitSeconds} s in which no test ended\n` };
    }
    if (typeof report !== "string") return report;
    return { ...failed, errors: `  its process ended before its tests had: ${report}\n` };
  }

  /** Ends the process; what went wrong then, such as memory that a kernel has damaged. */
  async end(): Promise<Pick<Result, "errors" | "output" | "seconds"> | undefined> {
    const began = performance.now();
    const fault = (errors: string) => ({
      ...{ errors: `  ${errors}\n`, output: this.#output, seconds: (performance.now() - began) / 1000 },
    });
    this.#output = "";
    this.#child.send("end", () => {});
    const how = await this.#within(this.#exit);
    if (how === "exit code 0") return undefined;
    if (how !== undefined) return fault(`the process ended with ${how}`);
    await this.#kill();
    return fault(`timed out after ${this.#options.limitSeconds} s: something keeps the process alive`);
  }

  /** What comes within the limit from the last sign of life; else undefined. */
  async #within<T>(promise: Promise<T>): Promise<T | undefined> {
    const { limitSeconds } = this.#options;
    this.#heard = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<undefined>((resolve) => {
      timer = setInterval(() => {
        if (performance.now() - this.#heard > 1000 * limitSeconds) resolve(undefined);
      }, 500);
    });
    try {
      return await Promise.race([promise, silence]);
    } finally {
      clearInterval(timer);
    }
  }

  async #kill(): Promise<void> {
    kill(this.#child);
    await this.#exit;
  }
}

/** Ends a process and what it has started. */
function kill(child: ChildProcess): void {
  try {
    if (process.platform === "win32" || child.pid === undefined) child.kill("SIGKILL");
    else process.kill(-child.pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}
