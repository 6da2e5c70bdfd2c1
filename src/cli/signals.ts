/** Ctrl-C and SIGTERM: the first ends a run after its step, the second at once. */

export type Interruption = {
  readonly signal: AbortSignal;
  /** 0 as long as there was none; 130 after Ctrl-C, 143 after SIGTERM. */
  readonly exitCode: () => 0 | 130 | 143;
};

/** From here on the process no longer ends by itself when it is told to. */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let exitCode: 0 | 130 | 143 = 0;
  for (const [signal, code] of [
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      exitCode = code;
      controller.abort();
      process.stderr.write(`\n${signal}: finishing this step; once more quits at once\n`);
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode };
}
