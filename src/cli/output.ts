/**
 * Standard output may be lost: its reader goes away (EPIPE), its disk is full (ENOSPC), its terminal is closed (EIO).
 */

/** From here on a command quits when its output is lost: quietly where its reader has gone, as `| head` does. */
export function quitWhenLost(): void {
  process.stdout.off("error", quit).on("error", quit);
  process.stderr.off("error", ignore).on("error", ignore);
}

/** Does something else instead, once: for a command that has more to keep than what it prints. */
export function whenLost(act: (reason: string) => void): void {
  let isLost = false;
  process.stdout.off("error", quit).on("error", (error: NodeJS.ErrnoException) => {
    if (isLost) return; // every line after the first fails too
    isLost = true;
    act(error.code === "EPIPE" ? "nobody reads it any more" : error.message);
  });
}

function quit(error: NodeJS.ErrnoException): never {
  if (error.code === "EPIPE") process.exit(0);
  process.stderr.write(`cannot write to standard output: ${error.message}\n`);
  process.exit(1);
}

/** A failure to print progress does not stop the run. */
function ignore(): void {}
