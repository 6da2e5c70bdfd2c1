/**
 * Ctrl-C, SIGTERM, and SIGHUP of a terminal that is closed: the first ends a run after its step, a second one at once. `nohup`
 * changes nothing: Node takes no notice of what it asks for.
 *
 * One Ctrl-C may arrive several times: a terminal sends it to every process in the foreground, and npm and other programs that
 * started this one forward it again, some milliseconds later. So signals within a second of the first are that same request.
 */

/** 129 after SIGHUP, 130 after Ctrl-C, 143 after SIGTERM, 1 after something else. */
type Code = 1 | 129 | 130 | 143;

/** Far more than forwarding takes, also on a busy machine; repeated Ctrl-C waits no longer than this. */
const FORWARDED_MILLISECONDS = 1000;

export type Interruption = {
  readonly signal: AbortSignal;
  /** 0 as long as there was none. */
  readonly exitCode: () => 0 | Code;
  /** Ends the run after its step, and prints why. */
  readonly interrupt: (code: Code, reason: string) => void;
};

/** From here on the process no longer ends by itself when a signal asks it to. */
export function listenForSignals(): Interruption {
  const controller = new AbortController();
  let exitCode: 0 | Code = 0;
  let first = Number.NEGATIVE_INFINITY;
  const interrupt = (code: Code, reason: string): void => {
    if (exitCode === 0 || exitCode === 1) exitCode = code; // Ctrl-C also ends the reader of a pipe, which is noticed first
    if (controller.signal.aborted) return;
    first = performance.now();
    controller.abort();
    process.stderr.write(`\n${reason}: finishing this step; Ctrl-C, after a second, quits at once\n`);
  };
  for (const [signal, code] of [
    ["SIGHUP", 129],
    ["SIGINT", 130],
    ["SIGTERM", 143],
  ] as const) {
    process.on(signal, () => {
      if (controller.signal.aborted && performance.now() - first >= FORWARDED_MILLISECONDS) process.exit(code);
      interrupt(code, signal);
    });
  }
  return { signal: controller.signal, exitCode: () => exitCode, interrupt };
}
