/**
 * Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed: the first ends a run after its step, the second at once. `nohup`
 * changes nothing: Node takes no notice of what it asks for.
 */

/** 129 after SIGHUP, 130 after Ctrl-C, 143 after SIGTERM, 1 after something else. */
type Code = 1 | 129 | 130 | 143;

export type Interruption = {
  readonly signal: AbortSignal;
  /** 0 as long as there was none. */
  readonly exitCode: () => 0 | Code;
  /** Ends the run after its step, and says why. */
  readonly interrupt: (code: Code, reason: string) => void;
};

/** From here on the process no longer ends by itself when it is told to. */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let exitCode: 0 | Code = 0;
  const interrupt = (code: Code, reason: string): void => {
    if (controller.signal.aborted) return;
    exitCode = code;
    controller.abort();
    process.stderr.write(`\n${reason}: finishing this step; Ctrl-C quits at once\n`);
  };
  for (const [signal, code] of [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted) process.exit(code);
      interrupt(code, signal);
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode, interrupt };
}
