/** Work that is done once before the next picture of the screen, however often it was asked for. */

/** @returns asks for `draw` before the next picture */
export function oncePerFrame(draw: () => void): () => void {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      draw();
    });
  };
}

/** A call that is let through only when `milliseconds` have passed since the last one that was. */
export function atMostEvery(milliseconds: number, call: () => void): () => void {
  let last = Number.NEGATIVE_INFINITY;
  return () => {
    const now = performance.now();
    if (now - last < milliseconds) return;
    last = now;
    call();
  };
}

/**
 * One call at a time of something that takes its time: asked again meanwhile, it is called once more when it is over, so
 * that the last question is always answered.
 */
export function oneAtATime(call: () => Promise<void>): () => void {
  let isBusy = false;
  let isAskedAgain = false;
  const run = async () => {
    isBusy = true;
    do {
      isAskedAgain = false;
      await call().catch((error: unknown) => reportError(error));
    } while (isAskedAgain);
    isBusy = false;
  };
  return () => {
    isAskedAgain = true;
    if (!isBusy) run();
  };
}
