/** What a body prints, in this process. */

export type Printed = { stdout: string; stderr: string };

/** Terminal or pipe, and what the environment says of it. */
export type Screen = {
  readonly isTerminal?: boolean;
  readonly columns?: number;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs the body, and gives what it wrote to standard output and standard error meanwhile. */
export async function printedBy(
  body: (printed: Printed) => void | Promise<void>,
  { isTerminal = false, columns, environment = {} }: Screen = {},
): Promise<Printed> {
  const printed: Printed = { stdout: "", stderr: "" };
  const restore: (() => void)[] = [];
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const { write } = stream;
    stream.write = (text: string | Uint8Array) => {
      printed[name] += String(text);
      return true;
    };
    restore.push(() => {
      stream.write = write;
    });
  }
  const { isTTY, columns: before } = process.stderr;
  Object.assign(process.stderr, { isTTY: isTerminal, columns });
  restore.push(() => Object.assign(process.stderr, { isTTY, columns: before }));
  for (const name of ["CI", "TERM"]) {
    const value = process.env[name];
    delete process.env[name];
    if (environment[name] !== undefined) process.env[name] = environment[name];
    restore.push(() => {
      delete process.env[name];
      if (value !== undefined) process.env[name] = value;
    });
  }
  try {
    await body(printed);
  } finally {
    for (const undo of restore) undo();
  }
  return printed;
}

/** Runs the body while the clock says what it is told. */
export async function atClock(body: (set: (milliseconds: number) => void) => void | Promise<void>): Promise<void> {
  const { now } = performance;
  let time = 0;
  performance.now = () => time;
  try {
    await body((milliseconds) => {
      time = milliseconds;
    });
  } finally {
    performance.now = now;
  }
}
